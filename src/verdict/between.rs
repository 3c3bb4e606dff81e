//! The live heap between two major GCs.
//!
//! V8 collects the old generation each time it has grown by about half, so a heap that grows
//! steadily has ever fewer major GCs: a server that leaks 2 MB/s was seen with four in its first
//! minute. What the old generation holds in between is live memory and garbage; how much of it is
//! live, the next major GC tells. The share that survived the last ones is a fair guess for a
//! while: long enough to judge, and no longer than they let it be known.

use std::collections::VecDeque;

/// Major GCs that are remembered: two stretches between them.
const REMEMBERED: usize = 3;

/// An estimate is made for this many times the span of the remembered major GCs. Where a leak
/// makes them rarer, each stretch was seen to be 1.5 to 2 times as long as the two before it.
const REACH: f64 = 2.0;

/// Growth below this share of the floor says nothing about what survives.
const LEAST_GROWTH: f64 = 0.01;

/// Follows one kind of memory from major GC to major GC.
#[derive(Clone, Debug, Default)]
pub(super) struct Between {
    floors: VecDeque<Floor>,
    /// Most bytes in use since the last major GC.
    peak: f64,
}

#[derive(Clone, Copy, Debug)]
struct Floor {
    time: f64,
    bytes: f64,
    /// Bytes in use from then on, garbage included.
    used: f64,
    /// Of what had been added since the major GC before, the share that survived.
    survived: f64,
}

impl Between {
    /// A major GC left `bytes` at `time` (seconds). Where it was a forked child's, `used` is still in
    /// use here.
    pub(super) fn collected(&mut self, time: f64, bytes: f64, used: f64) {
        let survived = self.floors.back().map_or(0.0, |before| {
            let added = self.peak.max(used) - before.used;
            let known = added > LEAST_GROWTH * before.bytes;
            if known {
                ((bytes - before.bytes) / added).clamp(0.0, 1.0)
            } else {
                0.0
            }
        });
        if self.floors.len() == REMEMBERED {
            self.floors.pop_front();
        }
        self.floors.push_back(Floor {
            time,
            bytes,
            used,
            survived,
        });
        self.peak = used;
    }

    /// How much of `used` is live at `time`, when the last major GCs allow a guess. Of two shares
    /// that survived, the lower one counts.
    pub(super) fn estimate(&mut self, time: f64, used: f64) -> Option<f64> {
        self.peak = self.peak.max(used);
        let (first, last) = (self.floors.front()?, self.floors.back()?);
        let span = last.time - first.time;
        if self.floors.len() < REMEMBERED || time - last.time > REACH * span {
            return None;
        }
        let survives = self
            .floors
            .iter()
            .skip(1)
            .map(|floor| floor.survived)
            .fold(1.0, f64::min);
        Some(last.bytes + survives * (used - last.used).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Floors at 0, 10 and 30 s; between them the memory in use rises to `peaks`.
    fn after(floors: [f64; 3], peaks: [f64; 2]) -> Between {
        let mut between = Between::default();
        between.collected(0.0, floors[0], floors[0]);
        for (place, time) in [10.0, 30.0].into_iter().enumerate() {
            between.estimate(time - 1.0, peaks[place]);
            between.collected(time, floors[place + 1], floors[place + 1]);
        }
        between
    }

    #[test]
    fn what_survived_before_is_expected_to_survive_again() {
        let mut leak = after([100.0, 200.0, 400.0], [200.0, 410.0]);
        let estimate = leak.estimate(40.0, 505.0).unwrap();
        assert!((estimate - 500.0).abs() < 1.0, "{estimate}");
    }

    #[test]
    fn garbage_that_waits_for_a_major_gc_is_not_live() {
        let mut healthy = after([100.0, 100.0, 100.0], [180.0, 190.0]);
        assert_eq!(healthy.estimate(40.0, 170.0), Some(100.0));
    }

    #[test]
    fn the_lower_of_two_shares_counts() {
        let mut filled = after([100.0, 200.0, 200.0], [200.0, 300.0]);
        assert_eq!(filled.estimate(31.0, 290.0), Some(200.0));
    }

    #[test]
    fn what_a_child_told_is_not_free_here() {
        // Half of what is added survives; the garbage stays until the end.
        let mut between = Between::default();
        between.collected(0.0, 100.0, 100.0);
        between.collected(10.0, 150.0, 200.0);
        between.collected(30.0, 200.0, 300.0);
        assert_eq!(between.estimate(40.0, 320.0), Some(210.0));
        // V8 collects at last.
        between.collected(50.0, 210.0, 210.0);
        assert_eq!(between.estimate(60.0, 230.0), Some(220.0));
    }

    #[test]
    fn there_is_no_estimate_far_from_what_is_known() {
        let mut leak = after([100.0, 200.0, 400.0], [200.0, 400.0]);
        assert!(leak.estimate(89.0, 900.0).is_some());
        assert!(leak.estimate(91.0, 900.0).is_none());
        let mut young = Between::default();
        young.collected(0.0, 100.0, 100.0);
        young.collected(1.0, 200.0, 200.0);
        assert!(young.estimate(1.5, 300.0).is_none());
    }
}
