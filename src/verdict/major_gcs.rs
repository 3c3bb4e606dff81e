//! When the newest major GCs ended, and what the last one left.

use std::collections::VecDeque;

/// Major GCs whose time is remembered; more than are ever asked for.
const REMEMBERED: usize = 16;

/// Remembers them in a few bytes.
#[derive(Clone, Debug)]
pub(super) struct MajorGcs {
    ended: VecDeque<f64>,
    count: u64,
    left: Option<f64>,
}

impl MajorGcs {
    pub(super) fn new() -> Self {
        Self {
            ended: VecDeque::with_capacity(REMEMBERED),
            count: 0,
            left: None,
        }
    }

    /// One has ended at `now` (seconds) and left so many bytes.
    pub(super) fn ended(&mut self, now: f64, bytes: f64) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(now);
        self.count += 1;
        self.left = Some(bytes);
    }

    /// How many ended since `from`; sixteen stands for more.
    pub(super) fn since(&self, from: f64) -> usize {
        self.ended.iter().filter(|ended| **ended >= from).count()
    }

    /// How many ended in all.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The end of the newest one.
    pub(super) fn last(&self) -> Option<f64> {
        self.ended.back().copied()
    }

    /// Bytes that the newest one left.
    pub(super) fn left(&self) -> Option<f64> {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_newest_remembered() {
        let mut gcs = MajorGcs::new();
        assert_eq!((gcs.count(), gcs.last(), gcs.left()), (0, None, None));
        for second in 0..100 {
            gcs.ended(f64::from(second), f64::from(second) * 10.0);
        }
        assert_eq!(
            (gcs.count(), gcs.last(), gcs.left()),
            (100, Some(99.0), Some(990.0))
        );
        assert_eq!((gcs.since(97.0), gcs.since(0.0)), (3, 16));
    }
}
