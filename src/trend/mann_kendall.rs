//! The Mann-Kendall test: does a series rise or fall, whatever its shape?
//!
//! H. B. Mann, "Nonparametric tests against trend", *Econometrica* 13 (1945); M. G. Kendall,
//! *Rank Correlation Methods* (1975), with his correction of the variance for ties.

use super::Point;
use super::autocorrelation::variance_factor;
use super::normal::normal_upper_tail;

/// Up to this many values without ties the chance is exact instead of normal.
const EXACT_UP_TO: usize = 20;

/// What the Mann-Kendall test says of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Pairs that rise less pairs that fall.
    pub s: f64,
    /// Kendall's tau-b: -1 (always falls) to 1 (always rises); 0 when all values are equal.
    pub tau: f64,
    /// Variance of `s` if there were no trend, corrected for ties and multiplied by the factor
    /// for autocorrelation.
    pub variance: f64,
    /// `s` in standard deviations, with the correction for continuity.
    pub z: f64,
    /// The chance of so much rise without any trend (one-sided). Small means that it rises.
    pub p_rising: f64,
    /// The chance of so much rise or fall without any trend (two-sided).
    pub p: f64,
}

/// The test on values in their order, taken as independent of each other.
///
/// `None` for fewer than three values, or when one of them is not finite.
pub fn mann_kendall(values: &[f64]) -> Option<MannKendall> {
    with_factor(values, 1.0)
}

/// The chance that `points`, ordered by x, rise so much without a trend, with the variance
/// widened for autocorrelation as Hamed and Rao (1998) do. One-sided: small means that they
/// rise. `None` as for [`mann_kendall`].
pub fn rising_chance(points: &[Point]) -> Option<MannKendall> {
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    with_factor(&values, variance_factor(points))
}

fn with_factor(values: &[f64], factor: f64) -> Option<MannKendall> {
    let count = values.len();
    if count < 3 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let s = score(values);
    let pairs = (count * (count - 1) / 2) as f64;
    let (tie_terms, tied_pairs) = ties(values);
    let n = count as f64;
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - tie_terms) / 18.0 * factor;
    if variance <= 0.0 {
        return Some(MannKendall {
            s,
            tau: 0.0,
            variance: 0.0,
            z: 0.0,
            p_rising: 1.0,
            p: 1.0,
        });
    }
    let z = (s - s.signum() * f64::from(u8::from(s != 0.0))) / variance.sqrt();
    let exact = count <= EXACT_UP_TO && tied_pairs == 0.0 && factor == 1.0;
    let (p_rising, p_either) = if exact {
        let tail = KendallTail::new(count);
        (tail.at_least(s), tail.at_least(s.abs()))
    } else {
        (normal_upper_tail(z), normal_upper_tail(z.abs()))
    };
    let tau = s / (pairs * (pairs - tied_pairs)).sqrt();
    Some(MannKendall {
        s,
        tau,
        variance,
        z,
        p_rising,
        p: (2.0 * p_either).min(1.0),
    })
}

/// Pairs that rise less pairs that fall.
fn score(values: &[f64]) -> f64 {
    let mut sum = 0_i64;
    for (index, later) in values.iter().enumerate() {
        for earlier in &values[..index] {
            sum += i64::from(later > earlier) - i64::from(later < earlier);
        }
    }
    sum as f64
}

/// For groups of equal values: what Kendall takes off 18 times the variance, and how many pairs
/// are tied.
pub(super) fn ties(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (mut terms, mut pairs) = (0.0, 0.0);
    for group in sorted.chunk_by(|a, b| a == b) {
        let t = group.len() as f64;
        terms += t * (t - 1.0) * (2.0 * t + 5.0);
        pairs += t * (t - 1.0) / 2.0;
    }
    (terms, pairs)
}

/// The exact distribution of Kendall's S for values without ties and without a trend: every order
/// equally likely. S is the number of pairs less twice the inversions, and the inversions of
/// `n` values are those of `n - 1` plus one of 0 to n - 1 with equal chance.
pub(super) struct KendallTail {
    pairs: usize,
    /// `chance[k]`: the chance of at most k inversions.
    chance: Vec<f64>,
}

impl KendallTail {
    pub(super) fn new(count: usize) -> Self {
        let mut exactly = vec![1.0];
        for n in 2..=count {
            let mut next = vec![0.0; exactly.len() + n - 1];
            for (inversions, chance) in exactly.iter().enumerate() {
                for added in 0..n {
                    next[inversions + added] += chance / n as f64;
                }
            }
            exactly = next;
        }
        let mut sum = 0.0;
        let chance = exactly
            .iter()
            .map(|one| {
                sum += one;
                sum
            })
            .collect();
        Self {
            pairs: count * count.saturating_sub(1) / 2,
            chance,
        }
    }

    /// The chance that S is `s` or more.
    pub(super) fn at_least(&self, s: f64) -> f64 {
        let inversions = ((self.pairs as f64 - s) / 2.0).floor();
        if inversions < 0.0 {
            return 0.0;
        }
        self.chance
            .get(inversions as usize)
            .copied()
            .unwrap_or(1.0)
            .min(1.0)
    }

    /// The smallest S whose upper tail is not above `chance`; `None` when even the largest S is
    /// too likely.
    pub(super) fn critical(&self, chance: f64) -> Option<f64> {
        let most_inversions = self.chance.iter().take_while(|sum| **sum <= chance).count();
        let inversions = most_inversions.checked_sub(1)?;
        Some(self.pairs as f64 - 2.0 * inversions as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rising_row_by_hand() {
        // Five rising values: all ten pairs rise; variance 5·4·15/18.
        let result = mann_kendall(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(result.s, 10.0);
        assert_eq!(result.tau, 1.0);
        assert!((result.variance - 300.0 / 18.0).abs() < 1e-12);
        // One order of 120 is all rising.
        assert!((result.p_rising - 1.0 / 120.0).abs() < 1e-12);
        assert!((result.p - 2.0 / 120.0).abs() < 1e-12);
    }

    #[test]
    fn ties_by_hand() {
        // 1 2 2 3: rising pairs 5, one tied. Variance (4·3·13 − 2·1·9)/18 = 138/18.
        let result = mann_kendall(&[1.0, 2.0, 2.0, 3.0]).unwrap();
        assert_eq!(result.s, 5.0);
        assert!((result.variance - 138.0 / 18.0).abs() < 1e-12);
        assert!((result.tau - 5.0 / (6.0_f64 * 5.0).sqrt()).abs() < 1e-12);
        assert!((result.z - 4.0 / (138.0_f64 / 18.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn equal_values_have_no_trend() {
        let result = mann_kendall(&[7.0; 9]).unwrap();
        assert_eq!((result.s, result.tau, result.p_rising), (0.0, 0.0, 1.0));
    }

    #[test]
    fn too_little_or_not_a_number_is_no_answer() {
        assert_eq!(mann_kendall(&[1.0, 2.0]), None);
        assert_eq!(mann_kendall(&[1.0, f64::NAN, 3.0]), None);
    }

    #[test]
    fn critical_values_agree_with_printed_tables() {
        // Hollander and Wolfe, table A.30: n = 5: P(S >= 8) = 0.042, P(S >= 10) = 0.0083;
        // n = 10: P(S >= 23) = 0.023.
        let five = KendallTail::new(5);
        assert_eq!(five.critical(0.05), Some(8.0));
        assert_eq!(five.critical(0.025), Some(10.0));
        assert_eq!(KendallTail::new(4).critical(0.025), None);
        let ten = KendallTail::new(10);
        assert_eq!(ten.critical(0.025), Some(23.0));
        assert!((ten.at_least(23.0) - 0.023).abs() < 5e-4);
    }

    proptest! {
        #[test]
        fn reversal_changes_only_the_sign(values in prop::collection::vec(-50..50_i32, 3..40)) {
            let forward: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            let backward: Vec<f64> = forward.iter().rev().copied().collect();
            let (one, other) = (mann_kendall(&forward).unwrap(), mann_kendall(&backward).unwrap());
            prop_assert_eq!(one.s, -other.s);
            prop_assert_eq!(one.variance, other.variance);
            prop_assert!((one.p - other.p).abs() < 1e-12);
        }

        #[test]
        fn exact_tail_is_near_the_normal_one(s in 0..60_i32) {
            // n = 20: parity of S is that of 190, even.
            let s = f64::from(s * 2);
            let exact = KendallTail::new(20).at_least(s);
            let variance = 20.0 * 19.0 * 45.0 / 18.0_f64;
            let normal = normal_upper_tail((s - 1.0) / variance.sqrt());
            prop_assert!((exact - normal).abs() < 0.005, "{exact} {normal}");
        }

        #[test]
        fn a_monotone_transformation_changes_nothing(
            values in prop::collection::vec(-8.0..8.0_f64, 3..40),
        ) {
            let bent: Vec<f64> = values.iter().map(|value| value.exp()).collect();
            prop_assert_eq!(mann_kendall(&values).unwrap().s, mann_kendall(&bent).unwrap().s);
        }
    }
}
