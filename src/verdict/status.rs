//! How things stand now.

use serde::Serialize;

use super::leak::Leak;

/// What can be said of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MetricState {
    /// Too short a time to say anything.
    Warming,
    /// It grows, and whether that ends cannot be told yet; or there were too few major GCs to say
    /// whether it grows.
    NotSettled,
    /// It does not leak, as far as can be seen.
    Clean,
    /// It leaks.
    Leaking,
}

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricStatus {
    /// What can be said.
    pub state: MetricState,
    /// Floor points (values after a major GC) seen in all.
    pub points: u64,
    /// Rate of the leak, or else of the recent half of what is known; bytes per second.
    pub bytes_per_second: Option<f64>,
    /// Where that rate lies with 99 % confidence; `None` also when the points are too few for it.
    pub interval: Option<[f64; 2]>,
    /// Bytes that the line grew since `since`; negative when it fell.
    pub growth: Option<f64>,
    /// Beginning of the stretch that these figures are about, epoch ms.
    pub since: Option<f64>,
}

/// All metrics, and the leaks that were reported and have not settled.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Live heap.
    pub heap: MetricStatus,
    /// External memory of live objects.
    pub external: MetricStatus,
    /// Native memory outside of V8 after major GCs: what is allocated, or where nobody tells, what
    /// is resident. `None` before the first look.
    pub native: Option<MetricStatus>,
    /// Leaks going on, with fresh figures.
    pub leaks: Vec<Leak>,
    /// The heap has grown by much since the last major GC, which is so long ago that nothing can
    /// be judged: only another major GC can tell a leak from garbage.
    pub needs_major_gc: bool,
}
