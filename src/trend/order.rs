//! Medians and spreads.

/// The value with `rank` (0 is the smallest), found without sorting the whole. The slice is
/// reordered. Panics when `rank` is out of range.
pub(super) fn ranked(values: &mut [f64], rank: usize) -> f64 {
    *values.select_nth_unstable_by(rank, f64::total_cmp).1
}

/// The median; the mean of the two middle values when there is an even number of them. `None`
/// for an empty slice. The slice is reordered.
pub fn median(values: &mut [f64]) -> Option<f64> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let upper = ranked(values, count / 2);
    if count % 2 == 1 {
        return Some(upper);
    }
    // Everything left of the middle is not larger, so the lower middle is its maximum.
    let lower = values[..count / 2]
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    Some(0.5 * (lower + upper))
}

/// A spread that outliers do not move: the median distance from the median, scaled so that it is
/// the standard deviation for normal noise (Hampel 1974). `None` for an empty slice.
pub fn spread(values: &[f64]) -> Option<f64> {
    let middle = median(&mut values.to_vec())?;
    let mut distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    Some(1.4826 * median(&mut distances)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn medians_by_hand() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&mut [5.0, 1.0, 3.0, 4.0]), Some(3.5));
    }

    #[test]
    fn an_outlier_does_not_move_the_spread() {
        // Distances from the median 3: 2, 1, 0, 1, 997; their median is 1.
        assert_eq!(spread(&[1.0, 2.0, 3.0, 4.0, 1000.0]), Some(1.4826));
    }

    proptest! {
        #[test]
        fn median_agrees_with_sorting(mut values in prop::collection::vec(-1e9..1e9_f64, 1..60)) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let count = sorted.len();
            let expected = 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
            prop_assert!((median(&mut values).unwrap() - expected).abs() < 1e-6);
        }
    }
}
