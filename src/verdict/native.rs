//! Memory outside of V8, right after garbage collection.
//!
//! Much native memory is owned by JavaScript objects and given back when these are collected, and the
//! resident set holds garbage of every kind. So neither is looked at before a major GC has ended and
//! what it sets free is freed.

use crate::sample::Sample;

/// What is outside of V8, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outside {
    /// Allocated through malloc and not counted as external memory; `None` where nobody tells.
    pub allocated: Option<f64>,
    /// Resident, and neither V8's heap nor external memory: what is allocated, and what allocators keep
    /// for later.
    pub resident: f64,
}

impl Outside {
    fn or_less(self, other: Self) -> Self {
        Self {
            allocated: match (self.allocated, other.allocated) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            },
            resident: self.resident.min(other.resident),
        }
    }

    /// Figures of now, garbage included.
    pub(super) fn of(sample: &Sample) -> Self {
        Self {
            allocated: sample.native.map(|bytes| bytes as f64),
            resident: sample.rss as f64 - sample.heap_total as f64 - sample.external as f64,
        }
    }
}

/// Waits for the right moment to look.
#[derive(Clone, Debug, Default)]
pub(super) struct AfterGc {
    /// Samples to go; `None` when no major GC has ended.
    left: Option<u32>,
    least: Option<Outside>,
}

/// Finalizers run in the turns of the event loop after a major GC, and what the operating system says
/// is up to one sample old.
const SAMPLES: u32 = 2;

impl AfterGc {
    /// What the last major GC has left outside of V8, a little later: the least of a few samples.
    pub(super) fn look(&mut self, sample: &Sample) -> Option<Outside> {
        // The heap of another thread, garbage and all, would pass for native memory.
        if !sample.alone {
            *self = Self::default();
            return None;
        }
        // A child's garbage collection sets nothing free here.
        let again = sample.live_heap.is_some() && !sample.forked;
        let looked = self.left.map(|left| {
            let now = Outside::of(sample);
            (
                left - 1,
                self.least.map_or(now, |before| before.or_less(now)),
            )
        });
        let (left, least) = looked.unzip();
        // Where one major GC follows the other, the next one must not make us wait again.
        let done = left == Some(0) || (again && least.is_some());
        (self.left, self.least) = if again {
            (Some(SAMPLES), None)
        } else if done {
            (None, None)
        } else {
            (left, least)
        };
        least.filter(|_| done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rss: u64, native: Option<i64>, collected: bool) -> Sample {
        Sample {
            rss,
            heap_total: 100,
            external: 10,
            live_heap: collected.then_some(50),
            native,
            alone: true,
            ..Sample::default()
        }
    }

    #[test]
    fn it_looks_once_after_each_major_gc_and_takes_the_least() {
        let mut after = AfterGc::default();
        assert_eq!(after.look(&sample(900, Some(50), false)), None, "no GC yet");
        assert_eq!(after.look(&sample(900, Some(50), true)), None, "too early");
        assert_eq!(after.look(&sample(400, None, false)), None);
        let seen = after.look(&sample(500, Some(30), false));
        let expected = Outside {
            allocated: Some(30.0),
            resident: 290.0,
        };
        assert_eq!(seen, Some(expected));
        assert_eq!(after.look(&sample(500, Some(30), false)), None, "only once");
    }

    #[test]
    fn beside_other_heaps_nothing_is_native_for_certain() {
        let mut after = AfterGc::default();
        let beside = |collected| Sample {
            alone: false,
            ..sample(900, Some(50), collected)
        };
        assert_eq!(after.look(&beside(true)), None);
        assert_eq!(after.look(&beside(true)), None);
    }

    #[test]
    fn one_major_gc_after_the_other_does_not_put_it_off() {
        let mut after = AfterGc::default();
        assert_eq!(after.look(&sample(900, None, true)), None);
        assert!(after.look(&sample(900, None, true)).is_some());
        assert!(after.look(&sample(900, None, true)).is_some());
    }
}
