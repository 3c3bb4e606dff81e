//! Does a series rise by more than another series explains?

use super::autocorrelation::ranks;
use super::mann_kendall::{score, ties};
use super::normal::normal_upper_tail;

/// The chance (one-sided) that `values` rise so much without a trend of their own, given that
/// `explanation`, measured at the same moments, rises as it does. 1 when the explanation accounts
/// for everything.
///
/// C. Libiseller and A. Grimvall, "Performance of partial Mann-Kendall tests for trend detection
/// in the presence of covariates", *Environmetrics* 13 (2002); the covariance of the two scores
/// after Dietz and Killeen (1981). `None` for fewer than four values, unequal lengths or values
/// that are not finite.
pub fn partial_mann_kendall(values: &[f64], explanation: &[f64]) -> Option<f64> {
    let count = values.len();
    let finite = |row: &[f64]| row.iter().all(|value| value.is_finite());
    if count < 4 || explanation.len() != count || !finite(values) || !finite(explanation) {
        return None;
    }
    let n = count as f64;
    let variance_of = |row: &[f64]| (n * (n - 1.0) * (2.0 * n + 5.0) - ties(row).0) / 18.0;
    let (variance, explained_variance) = (variance_of(values), variance_of(explanation));
    if variance <= 0.0 {
        return Some(1.0);
    }
    if explained_variance <= 0.0 {
        return Some(normal_upper_tail(score(values) / variance.sqrt()));
    }
    let correlation = (covariance(values, explanation) / (variance * explained_variance).sqrt())
        .clamp(-1.0, 1.0);
    // Both scores in their own standard deviations, so that ties weigh the same in both.
    let own = score(values) / variance.sqrt();
    let explained = correlation * score(explanation) / explained_variance.sqrt();
    let left = 1.0 - correlation * correlation;
    if left < 1e-6 {
        return Some(1.0);
    }
    Some(normal_upper_tail((own - explained) / left.sqrt()))
}

fn covariance(one: &[f64], other: &[f64]) -> f64 {
    let n = one.len() as f64;
    let mut agreement = 0_i64;
    for j in 0..one.len() {
        for i in 0..j {
            agreement += sign(one[j] - one[i]) * sign(other[j] - other[i]);
        }
    }
    let products: f64 = ranks(one).iter().zip(ranks(other)).map(|(a, b)| a * b).sum();
    (agreement as f64 + 4.0 * products - n * (n + 1.0).powi(2)) / 3.0
}

fn sign(value: f64) -> i64 {
    i64::from(value > 0.0) - i64::from(value < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wobble(index: usize) -> f64 {
        (index * 7919 % 101) as f64
    }

    #[test]
    fn covariance_of_a_series_with_itself_is_its_variance() {
        let values: Vec<f64> = (0..12).map(wobble).collect();
        let n = 12.0;
        let variance = n * (n - 1.0) * (2.0 * n + 5.0) / 18.0;
        assert!((covariance(&values, &values) - variance).abs() < 1e-9);
    }

    #[test]
    fn what_follows_its_explanation_has_no_trend_of_its_own() {
        let load: Vec<f64> = (0..40).map(|i| 10.0 * i as f64 + wobble(i)).collect();
        let heap: Vec<f64> = load.iter().map(|load| 1000.0 + 3.0 * load).collect();
        assert_eq!(partial_mann_kendall(&heap, &load), Some(1.0));
    }

    #[test]
    fn a_steady_explanation_explains_nothing() {
        let load: Vec<f64> = (0..40).map(wobble).collect();
        let heap: Vec<f64> = (0..40).map(|i| i as f64).collect();
        assert!(partial_mann_kendall(&heap, &load).unwrap() < 1e-6);
        assert!(partial_mann_kendall(&heap, &[5.0; 40]).unwrap() < 1e-6);
    }

    #[test]
    fn unequal_or_short_rows_have_no_answer() {
        assert_eq!(partial_mann_kendall(&[1.0; 5], &[1.0; 4]), None);
        assert_eq!(partial_mann_kendall(&[1.0; 3], &[1.0; 3]), None);
        assert_eq!(partial_mann_kendall(&[1.0; 5], &[f64::NAN; 5]), None);
    }
}
