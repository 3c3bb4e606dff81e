//! Do contexts pile up?
//!
//! A V8 context (vm, jsdom, a realm) keeps a whole set of built-in objects alive, so a leak of contexts
//! is a leak of the heap; their count says what it consists of.

use crate::trend::{Floor, FloorPoint, Point, theil_sen};

/// Points of each width that are kept.
const PER_SCALE: usize = 32;

/// Contexts more than this, and more than half as many again, are no accident.
const LEAST: f64 = 5.0;
const LEAST_SHARE: f64 = 0.5;

/// Contexts that came over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MoreContexts {
    /// More than at its beginning.
    pub count: u64,
    /// Detached ones now: nothing refers to their global object any more, but something to what they
    /// contain.
    pub detached: u64,
}

/// Counts after each major GC: contexts that are garbage are still counted before it.
#[derive(Clone, Debug)]
pub(super) struct Contexts {
    counts: Floor,
    detached: u64,
}

impl Contexts {
    pub(super) fn new() -> Self {
        Self {
            counts: Floor::new(PER_SCALE),
            detached: 0,
        }
    }

    /// A major GC left so many at `now` (seconds).
    pub(super) fn collected(&mut self, now: f64, count: u32, detached: u32) {
        self.counts.push(now, f64::from(count), f64::NAN);
        self.detached = u64::from(detached);
    }

    /// What has piled up since then; `None` when it does not look like it.
    pub(super) fn more_since(&self, since: f64) -> Option<MoreContexts> {
        let more = steady_rise(&self.counts.since(since), LEAST, LEAST_SHARE)?;
        Some(MoreContexts {
            count: more as u64,
            detached: self.detached,
        })
    }

    /// Bytes of memory that it holds.
    pub(super) fn bytes_held(&self) -> usize {
        self.counts.bytes_held()
    }
}

/// How much the counts rise from beginning to end, when they rise throughout, by `least` at least
/// and by this share of what there was.
pub(super) fn steady_rise(counts: &[FloorPoint], least: f64, share: f64) -> Option<f64> {
    let points: Vec<Point> = counts.iter().map(FloorPoint::point).collect();
    let (first, last) = (points.first()?, points.last()?);
    let line = theil_sen(&points, 0.95)?;
    let rise = line.slope * (last.0 - first.0);
    let enough = rise >= least && rise >= share * line.at(first.0).max(0.0);
    (line.low > 0.0 && enough).then_some(rise)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(count: impl Fn(u32) -> u32) -> Option<MoreContexts> {
        let mut contexts = Contexts::new();
        for second in 0..30 {
            contexts.collected(f64::from(second), count(second), 3);
        }
        contexts.more_since(10.0)
    }

    #[test]
    fn contexts_that_pile_up_are_counted() {
        let more = counted(|second| 1 + 2 * second).unwrap();
        assert_eq!((more.count, more.detached), (38, 3));
    }

    #[test]
    fn contexts_that_come_and_go_do_not_pile_up() {
        assert_eq!(counted(|second| 1 + second * 7 % 5), None);
        assert_eq!(counted(|_| 1), None);
        assert_eq!(
            counted(|second| 500 + second),
            None,
            "hardly more than before"
        );
    }
}
