//! The largest few of many.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Keeps the `most` items with the largest keys; of equal ones, those that compare less.
pub(super) struct Top<T> {
    most: usize,
    heap: BinaryHeap<Reverse<(u64, Reverse<T>)>>,
}

impl<T: Ord> Top<T> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            heap: BinaryHeap::new(),
        }
    }

    pub(super) fn offer(&mut self, key: u64, item: T) {
        if self.most == 0 {
            return;
        }
        let candidate = (key, Reverse(item));
        if self.heap.len() < self.most {
            self.heap.push(Reverse(candidate));
        } else if let Some(mut least) = self.heap.peek_mut()
            && candidate > least.0
        {
            *least = Reverse(candidate);
        }
    }

    /// The largest first.
    pub(super) fn into_sorted(self) -> Vec<T> {
        let sorted = self.heap.into_sorted_vec();
        sorted
            .into_iter()
            .map(|Reverse((_, Reverse(item)))| item)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keeps_what_sorting_would(keys in prop::collection::vec(0_u64..20, 0..60), most in 0_usize..12) {
            let mut top = Top::new(most);
            for (place, &key) in keys.iter().enumerate() {
                top.offer(key, place);
            }
            let mut expected: Vec<usize> = (0..keys.len()).collect();
            expected.sort_by_key(|&place| (Reverse(keys[place]), place));
            expected.truncate(most);
            prop_assert_eq!(top.into_sorted(), expected);
        }
    }
}
