//! The bounded history of samples.

use std::collections::VecDeque;

use super::sample::Sample;

/// The newest samples, oldest first; a new one pushes the oldest out when it is full.
#[derive(Clone, Debug)]
pub struct History {
    samples: VecDeque<Sample>,
    capacity: usize,
}

impl History {
    /// An empty history of at most `capacity` samples (at least one). Memory is taken as it
    /// fills, not at once.
    pub fn new(capacity: usize) -> Self {
        Self {
            samples: VecDeque::new(),
            capacity: capacity.max(1),
        }
    }

    /// Adds the newest sample.
    pub fn push(&mut self, sample: Sample) {
        if self.samples.len() == self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// The samples, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Sample> + ExactSizeIterator {
        self.samples.iter()
    }

    /// The newest sample.
    pub fn latest(&self) -> Option<&Sample> {
        self.samples.back()
    }

    /// Samples held.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Bytes of memory that it holds.
    pub fn bytes_held(&self) -> usize {
        size_of::<Self>() + self.samples.capacity() * size_of::<Sample>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(time: f64) -> Sample {
        Sample {
            time,
            ..Sample::default()
        }
    }

    #[test]
    fn the_oldest_goes_first() {
        let mut history = History::new(3);
        assert!(history.is_empty() && history.latest().is_none());
        for time in 0..5 {
            history.push(at(f64::from(time)));
        }
        let times: Vec<f64> = history.iter().map(|sample| sample.time).collect();
        assert_eq!(times, vec![2.0, 3.0, 4.0]);
        assert_eq!(history.latest().unwrap().time, 4.0);
    }

    #[test]
    fn no_capacity_still_keeps_the_newest() {
        let mut history = History::new(0);
        history.push(at(1.0));
        history.push(at(2.0));
        assert_eq!(history.len(), 1);
        assert_eq!(history.latest().unwrap().time, 2.0);
    }

    proptest! {
        #[test]
        fn memory_is_bounded(capacity in 1..200_usize, count in 0..1000_usize) {
            let mut history = History::new(capacity);
            for index in 0..count {
                history.push(at(index as f64));
            }
            prop_assert_eq!(history.len(), capacity.min(count));
            // A growing buffer doubles, so it may reserve up to twice what is used.
            let bound = size_of::<History>() + (2 * capacity).max(4) * size_of::<Sample>();
            prop_assert!(history.bytes_held() <= bound);
        }
    }
}
