//! How much less a series says than as many independent values would.

use super::Point;
use super::theil_sen::theil_sen;

/// The factor by which the variance of Mann-Kendall's S grows because values resemble the ones
/// before them; at least 1.
///
/// K. H. Hamed and A. R. Rao, "A modified Mann-Kendall trend test for autocorrelated data",
/// *Journal of Hydrology* 204 (1998): autocorrelation of the ranks of the series without its
/// trend, lags that are significant at 95 %. Two deviations, both towards caution: only positive
/// correlations count, and the sum ends at the first lag that is not significant, because on a
/// short series the far lags are noise. So the factor never makes a trend look surer.
pub fn variance_factor(points: &[Point]) -> f64 {
    let count = points.len();
    if count < 5 {
        return 1.0;
    }
    let Some(line) = theil_sen(points, 0.95) else {
        return 1.0;
    };
    let residuals: Vec<f64> = points.iter().map(|(x, y)| y - line.at(*x)).collect();
    let ranks = ranks(&residuals);
    let n = count as f64;
    let mean = (n + 1.0) / 2.0;
    let total: f64 = ranks.iter().map(|rank| (rank - mean).powi(2)).sum();
    if total <= 0.0 {
        return 1.0;
    }
    let significant = 1.96 / n.sqrt();
    let mut sum = 0.0;
    for lag in 1..count - 2 {
        let products: f64 = ranks
            .iter()
            .zip(&ranks[lag..])
            .map(|(a, b)| (a - mean) * (b - mean))
            .sum();
        let correlation = products / total;
        if correlation < significant {
            break;
        }
        let left = n - lag as f64;
        sum += left * (left - 1.0) * (left - 2.0) * correlation;
    }
    1.0 + 2.0 / (n * (n - 1.0) * (n - 2.0)) * sum
}

/// Ranks from 1; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for group in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let shared = before as f64 + (group.len() as f64 + 1.0) / 2.0;
        for index in group {
            ranks[*index] = shared;
        }
        before += group.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn series(values: impl IntoIterator<Item = f64>) -> Vec<Point> {
        values
            .into_iter()
            .enumerate()
            .map(|(index, value)| (index as f64, value))
            .collect()
    }

    #[test]
    fn ranks_by_hand() {
        assert_eq!(ranks(&[10.0, 30.0, 20.0, 20.0]), vec![1.0, 4.0, 2.5, 2.5]);
    }

    #[test]
    fn a_line_and_a_zigzag_are_not_widened() {
        assert_eq!(variance_factor(&series((0..30).map(f64::from))), 1.0);
        assert_eq!(
            variance_factor(&series((0..30).map(|i| f64::from(i % 2)))),
            1.0
        );
    }

    #[test]
    fn one_lag_by_hand() {
        // Without trend (median pair slope 0), ranks 1.5 1.5 3.5 3.5 | repeated so that lag 1 is
        // positive: values 0 0 1 1 0 0 1 1 0 0 1 1 0 0 1 1.
        let points = series((0..16).map(|i| f64::from((i / 2) % 2)));
        // Ranks are 4.5 or 12.5, mean 8.5, each deviation 4: total 256. Lag 1: 8 equal pairs
        // and 7 unequal: (8 - 7) · 16 / 256 = 0.0625, below 1.96/4, so nothing counts.
        assert_eq!(variance_factor(&points), 1.0);
    }

    #[test]
    fn slow_waves_widen_much() {
        let wave = series((0..60).map(|i| (f64::from(i) / 10.0).sin()));
        assert!(variance_factor(&wave) > 3.0, "{}", variance_factor(&wave));
    }

    proptest! {
        #[test]
        fn never_below_one_and_blind_to_a_trend(
            values in prop::collection::vec(-100..100_i32, 5..40),
            tilt in -30..30_i32,
        ) {
            let flat = series(values.iter().map(|value| f64::from(*value)));
            let tilted: Vec<Point> =
                flat.iter().map(|(x, y)| (*x, y + f64::from(tilt) * x)).collect();
            let factor = variance_factor(&flat);
            prop_assert!(factor >= 1.0 && factor.is_finite());
            prop_assert!(variance_factor(&tilted) >= 1.0);
        }
    }
}
