//! The engine of leakguard: finds out what leaks in a Node.js process, who holds it and how fast
//! it grows.
//!
//! One room per idea, and arrows run one way: [`sample`] feeds [`trend`], which feeds [`verdict`];
//! [`capture`] feeds [`heap`], which feeds [`suspects`]; both end in [`report`]. Only `addon` knows
//! Node-API; only [`capture`] and [`sample`] know the operating system.

pub mod capture;
pub mod error;
pub mod heap;
pub mod report;
pub mod sample;
pub mod suspects;
pub mod trend;
pub mod units;
pub mod verdict;

mod addon;
