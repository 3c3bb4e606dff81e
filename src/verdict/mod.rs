//! From trends to an answer: is it a leak, of which kind, how fast, and when does it end badly?
//!
//! Judges the floor only (memory in use right after a major GC, and what that lets be known until
//! the next one) and speaks once per leak. That it cannot tell yet is an answer too. Never captures
//! anything.

mod answer;
mod asking;
mod beginning;
mod between;
mod clock;
mod contexts;
mod ending;
mod evidence;
mod growth;
mod growth_run;
#[cfg(test)]
mod growth_tests;
mod handles;
mod judge;
#[cfg(test)]
mod judge_tests;
mod leak;
mod least;
mod limits;
mod load;
mod major_gcs;
mod message;
mod metric;
mod native;
mod patience;
mod pressure;
mod series;
#[cfg(test)]
mod simulation;
mod status;
mod subject;
mod suspicion;
mod telling;

pub use growth::{GrowthVerdict, Rung, judge_growth};
pub use growth_run::{HandleGrowth, RunVerdict, judge_run};
pub use judge::{Judge, JudgeOptions};
pub use leak::{Event, Leak, LeakKind, Limit, LimitKind, Pressure, PressureKind};
pub use status::{MetricState, MetricStatus, Status};
