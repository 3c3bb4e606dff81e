//! From trends to an answer: is it a leak, of which kind, how fast, and when does it end badly?
//!
//! Judges the floor only (memory in use right after a major GC, and what that lets be known until
//! the next one) and speaks once per leak. That it cannot tell yet is an answer too. Never captures
//! anything.

mod asking;
mod beginning;
mod between;
mod clock;
mod ending;
mod evidence;
mod growth;
#[cfg(test)]
mod growth_tests;
mod handles;
mod judge;
#[cfg(test)]
mod judge_tests;
mod leak;
mod limits;
mod message;
mod metric;
mod patience;
mod pressure;
mod series;
#[cfg(test)]
mod simulation;
mod status;

pub use growth::{GrowthVerdict, Rung, judge_growth};
pub use handles::{HandleGrowth, RunVerdict, judge_run};
pub use judge::{Judge, JudgeOptions};
pub use leak::{Event, Leak, LeakKind, Limit, LimitKind, Pressure, PressureKind};
pub use status::{MetricState, MetricStatus, Status};
