//! A time that only goes forward, in seconds, made of wall-clock samples that may not.

use std::collections::VecDeque;

/// Corrections that are remembered, to translate back to wall-clock time.
const MOST_JUMPS: usize = 64;

/// Seconds of observed running time.
///
/// A clock that was set back, or a sample at the same moment, counts as one interval. A gap (a
/// suspended machine, a clock set forward, a blocked event loop) counts as eight intervals at
/// most: while JavaScript does not run nothing leaks, and a rate must not be diluted by it.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    interval: f64,
    longest_step: f64,
    seconds: f64,
    last: Option<f64>,
    /// From these seconds on, wall-clock time is this much: seconds, epoch ms.
    jumps: VecDeque<(f64, f64)>,
}

impl Clock {
    /// A clock for samples that come every `interval_ms`.
    pub(super) fn new(interval_ms: f64) -> Self {
        let interval = interval_ms / 1000.0;
        let longest_step = (8.0 * interval).max(5.0);
        Self {
            interval,
            longest_step,
            seconds: 0.0,
            last: None,
            jumps: VecDeque::new(),
        }
    }

    /// Moves on to a sample taken at `epoch_ms` and gives its seconds.
    pub(super) fn tick(&mut self, epoch_ms: f64) -> f64 {
        let Some(last) = self.last else {
            self.jump(epoch_ms);
            return self.seconds;
        };
        let step = (epoch_ms - last) / 1000.0;
        if step > 0.0 && step <= self.longest_step {
            self.seconds += step;
            self.last = Some(epoch_ms);
        } else {
            self.seconds += if step > 0.0 {
                self.longest_step
            } else {
                self.interval
            };
            self.jump(epoch_ms);
        }
        self.seconds
    }

    fn jump(&mut self, epoch_ms: f64) {
        // Not a number would poison every later step.
        let epoch_ms = if epoch_ms.is_finite() {
            epoch_ms
        } else {
            self.last.unwrap_or(0.0)
        };
        if self.jumps.len() == MOST_JUMPS {
            self.jumps.pop_front();
        }
        self.jumps.push_back((self.seconds, epoch_ms));
        self.last = Some(epoch_ms);
    }

    /// The newest seconds.
    pub(super) fn now(&self) -> f64 {
        self.seconds
    }

    /// Epoch ms of `seconds`; before the oldest correction that is remembered, as if the clock
    /// had run evenly.
    pub(super) fn epoch(&self, seconds: f64) -> f64 {
        let jump = self.jumps.iter().rev().find(|(from, _)| *from <= seconds);
        let (from, epoch_ms) = jump.or(self.jumps.front()).copied().unwrap_or((0.0, 0.0));
        epoch_ms + (seconds - from) * 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn even_time_is_kept_and_translated_back() {
        let mut clock = Clock::new(1000.0);
        assert_eq!(clock.tick(50_000.0), 0.0);
        assert_eq!(clock.tick(51_000.0), 1.0);
        assert_eq!(clock.tick(52_500.0), 2.5);
        assert_eq!(clock.epoch(1.0), 51_000.0);
    }

    #[test]
    fn back_and_gap_by_hand() {
        let mut clock = Clock::new(1000.0);
        clock.tick(100_000.0);
        clock.tick(101_000.0);
        assert_eq!(clock.tick(40_000.0), 2.0, "set back: one interval");
        assert_eq!(clock.tick(41_000.0), 3.0);
        assert_eq!(clock.tick(9_000_000.0), 11.0, "a gap: eight intervals");
        assert_eq!((clock.epoch(1.0), clock.epoch(2.5)), (101_000.0, 40_500.0));
        assert_eq!(clock.epoch(12.0), 9_001_000.0);
        assert_eq!(clock.tick(f64::NAN), 12.0);
        assert_eq!(clock.tick(9_001_000.0), 13.0);
    }

    proptest! {
        #[test]
        fn only_forward_and_never_in_leaps(
            times in prop::collection::vec(-1e15..1e15_f64, 1..200),
            interval in 100.0..300_000.0_f64,
        ) {
            let mut clock = Clock::new(interval);
            let mut before = None;
            for time in times {
                let now = clock.tick(time);
                if let Some(before) = before {
                    prop_assert!(now > before && now - before <= clock.longest_step + 1e-6);
                }
                prop_assert!(clock.epoch(now).is_finite());
                before = Some(now);
            }
            prop_assert!(clock.jumps.len() <= MOST_JUMPS);
        }
    }
}
