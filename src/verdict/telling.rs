//! One alarm per leak, though a leak shows in more than one place.
//!
//! Buffers that are kept have wrappers in the heap, objects in the heap keep native memory, and all of
//! it is resident. Each kind of memory is judged by itself; what is told is the one that the leak is
//! about.

use super::leak::LeakKind;
use super::metric::{Growth, Metric};
use super::subject::Subject;

/// Kinds of memory that are judged by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Heap,
    External,
    Allocated,
    Resident,
}

impl Place {
    pub(super) const ALL: [Self; 4] = [Self::Heap, Self::External, Self::Allocated, Self::Resident];

    /// Whether it is memory that V8 does not account for.
    pub(super) fn is_native(self) -> bool {
        matches!(self, Self::Allocated | Self::Resident)
    }

    pub(super) fn kind(self) -> LeakKind {
        match self {
            Self::Heap => LeakKind::Heap,
            Self::External => LeakKind::External,
            Self::Allocated | Self::Resident => LeakKind::Native,
        }
    }

    /// Growth here is a side of growth `there` when its rate is below this multiple of the other's.
    fn aside_below(self, there: Self) -> f64 {
        match (self.is_native(), there.is_native()) {
            // What is allocated is resident.
            (true, true) => f64::INFINITY,
            // What JavaScript keeps may keep several times as much of native memory.
            (true, false) => 4.0,
            (false, _) => 0.25,
        }
    }
}

/// An alarm that waits until it is known what the leak is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub growth: Growth,
    /// Not longer than this, in seconds.
    pub until: f64,
}

/// One kind of memory and what was told of it.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub place: Place,
    pub metric: Metric,
    pub held: Option<Held>,
    /// As what the leak that is going on was told.
    pub told: Option<Subject>,
}

/// What is to be done with an alarm that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Tell,
    Wait,
    /// It is a side of a leak that was told already.
    Drop,
}

impl Track {
    pub(super) fn new(place: Place, metric: Metric) -> Self {
        Self {
            place,
            metric,
            held: None,
            told: None,
        }
    }

    /// What to do with the alarm of this track at `now`, in view of all the tracks.
    pub(super) fn decide(&self, held: &Held, tracks: &[Self], now: f64) -> Decision {
        let rate = held.growth.slope.slope;
        let mut decision = Decision::Tell;
        for other in tracks.iter().filter(|other| other.place != self.place) {
            let least = self.place.aside_below(other.place);
            let aside = |theirs: f64| theirs > 0.0 && rate < least * theirs;
            if other.told.is_some()
                && let Some(growth) = other.metric.leaking()
            {
                if aside(growth.slope.slope) {
                    return Decision::Drop;
                }
                continue;
            }
            // What is resident says less than any of the others, so none waits for it.
            if now >= held.until || other.place == Place::Resident {
                continue;
            }
            let alarmed = other.held.map(|theirs| theirs.growth.slope.slope);
            let rising = || {
                let (slope, _) = other.metric.trend()?;
                other.metric.undecided().then_some(slope.slope)
            };
            if alarmed.or_else(rising).is_some_and(aside) {
                decision = Decision::Wait;
            }
        }
        decision
    }
}
