//! Does growth hold up, or does it die away?
//!
//! A program that warms up grows fast and then ever slower; one that leaks goes on. Users who
//! measured it found late over early at 0.40 to 0.42 for clean programs and 0.89 for leaking ones,
//! stable to two decimals, where the total growth told nothing.

use super::Point;
use super::theil_sen::{Slope, theil_sen_widened};

/// Growth in the later half of a series against the earlier half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrowthRatio {
    /// Slope of the first half.
    pub early: Slope,
    /// Slope of the second half.
    pub late: Slope,
    /// Late over early; infinity when the early half does not grow and the late one does, 0 when
    /// the late half does not grow.
    pub ratio: f64,
}

impl GrowthRatio {
    /// Whether the late half is slower than `share` of the early half beyond doubt: even the
    /// upper end of its interval is below that share of the lower end of the early one.
    pub fn surely_below(&self, share: f64) -> bool {
        self.early.low > 0.0 && self.late.high < share * self.early.low
    }
}

/// The slopes of both halves, by number of points, with intervals at `confidence` whose variance
/// is widened by `variance_factor`.
///
/// `None` for fewer than six points, or when a half has no slope.
pub fn growth_ratio(
    points: &[Point],
    confidence: f64,
    variance_factor: f64,
) -> Option<GrowthRatio> {
    if points.len() < 6 {
        return None;
    }
    let (first, second) = points.split_at(points.len() / 2);
    let early = theil_sen_widened(first, confidence, variance_factor)?;
    let late = theil_sen_widened(second, confidence, variance_factor)?;
    let ratio = if late.slope <= 0.0 {
        0.0
    } else if early.slope <= 0.0 {
        f64::INFINITY
    } else {
        late.slope / early.slope
    };
    Some(GrowthRatio { early, late, ratio })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shape: impl Fn(f64) -> f64) -> GrowthRatio {
        let points: Vec<Point> = (0..40)
            .map(|i| (f64::from(i), shape(f64::from(i))))
            .collect();
        growth_ratio(&points, 0.95, 1.0).unwrap()
    }

    #[test]
    fn a_line_keeps_its_rate_and_a_filling_cache_does_not() {
        assert!((of(|x| 7.0 * x).ratio - 1.0).abs() < 1e-9);
        // 1 - exp(-x/10) over 40: the second half grows by exp(-2) of the first.
        let cache = of(|x| 100.0 * (1.0 - (-x / 10.0).exp()));
        assert!(cache.ratio < 0.2, "{cache:?}");
        assert!(cache.surely_below(0.5));
    }

    #[test]
    fn growth_that_begins_late_counts_as_holding_up() {
        assert_eq!(of(|x| (x - 20.0).max(0.0)).ratio, f64::INFINITY);
        assert_eq!(of(|x| x.min(20.0)).ratio, 0.0);
        assert_eq!(of(|x| -x).ratio, 0.0);
    }

    #[test]
    fn doubt_is_not_certainty() {
        let noisy = of(|x| 10.0 * x + (x as i64 * 7919 % 1009) as f64);
        assert!(!noisy.surely_below(0.5));
    }

    #[test]
    fn too_few_points_have_no_ratio() {
        assert_eq!(growth_ratio(&[(0.0, 0.0); 5], 0.95, 1.0), None);
        assert_eq!(growth_ratio(&[(0.0, 0.0); 8], 0.95, 1.0), None);
    }
}
