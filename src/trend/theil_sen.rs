//! The slope of a series as the median of the slopes of all its pairs, with an interval.
//!
//! H. Theil (1950); P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau",
//! *Journal of the American Statistical Association* 63 (1968), whose interval this is. Up to
//! 29 % of the points may be arbitrarily wrong without moving the slope arbitrarily.

use super::Point;
use super::mann_kendall::{KendallTail, ties};
use super::normal::normal_quantile;
use super::order::{median, ranked};

/// Above this many points an evenly spread selection of as many stands for all: the number of
/// pairs grows with the square.
const MOST_POINTS: usize = 300;

/// Up to this many points, all different, the interval comes from the exact distribution.
const EXACT_UP_TO: usize = 20;

/// A line through a series, and how sure its slope is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// y per x.
    pub slope: f64,
    /// Lower end of the interval; minus infinity when the points are too few for the confidence
    /// asked for.
    pub low: f64,
    /// Upper end of the interval; infinity when the points are too few.
    pub high: f64,
    /// y at x = 0: the median of `y - slope * x`.
    pub intercept: f64,
}

impl Slope {
    /// y of the line at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

/// The Theil-Sen slope and its interval at `confidence` (such as 0.95).
///
/// Points with a value that is not finite are left out. `None` when fewer than two different x
/// remain.
pub fn theil_sen(points: &[Point], confidence: f64) -> Option<Slope> {
    theil_sen_widened(points, confidence, 1.0)
}

/// As [`theil_sen`], with the variance behind the interval multiplied by `variance_factor`, for
/// points that are not independent (see [`super::variance_factor`]).
pub fn theil_sen_widened(points: &[Point], confidence: f64, variance_factor: f64) -> Option<Slope> {
    let points = selection(points);
    let mut slopes = pair_slopes(&points);
    let slope = median(&mut slopes)?;
    let (below, above) = interval_ranks(&points, slopes.len(), confidence, variance_factor);
    let low = below.map_or(f64::NEG_INFINITY, |rank| ranked(&mut slopes, rank));
    let high = above.map_or(f64::INFINITY, |rank| ranked(&mut slopes, rank));
    let mut offsets: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    Some(Slope {
        slope,
        low,
        high,
        intercept: median(&mut offsets)?,
    })
}

/// The finite points, or an evenly spread part of them with both ends. The same points in, the
/// same points out.
fn selection(points: &[Point]) -> Vec<Point> {
    let finite: Vec<Point> = points
        .iter()
        .copied()
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    if finite.len() <= MOST_POINTS {
        return finite;
    }
    let last = finite.len() - 1;
    (0..MOST_POINTS)
        .map(|index| finite[index * last / (MOST_POINTS - 1)])
        .collect()
}

fn pair_slopes(points: &[Point]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (index, later) in points.iter().enumerate() {
        for earlier in &points[..index] {
            let run = later.0 - earlier.0;
            if run != 0.0 {
                slopes.push((later.1 - earlier.1) / run);
            }
        }
    }
    slopes
}

/// Ranks (from 0) among the sorted pair slopes that bound the interval; `None` for a bound that
/// the data cannot give.
fn interval_ranks(
    points: &[Point],
    pairs: usize,
    confidence: f64,
    variance_factor: f64,
) -> (Option<usize>, Option<usize>) {
    let tail = (1.0 - confidence.clamp(0.0, 1.0)) / 2.0;
    let count = points.len();
    let n = count as f64;
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let (tie_terms, _) = ties(&values);
    let all_pairs = count * count.saturating_sub(1) / 2;
    let width = if count <= EXACT_UP_TO && tie_terms == 0.0 && pairs == all_pairs {
        // Sen's C is the critical value less 2, S being known in steps of 2.
        match KendallTail::new(count).critical(tail) {
            Some(critical) => (critical - 2.0) * variance_factor.sqrt(),
            None => return (None, None),
        }
    } else {
        let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - tie_terms).max(0.0) / 18.0;
        normal_quantile(1.0 - tail) * (variance * variance_factor).sqrt()
    };
    // Sen: the M1-th smallest and the (M2 + 1)-th smallest, counted from 1.
    let below = ((pairs as f64 - width) / 2.0).floor() - 1.0;
    let above = ((pairs as f64 + width) / 2.0).ceil();
    let inside = |rank: f64| (rank >= 0.0 && rank < pairs as f64).then_some(rank as usize);
    (inside(below), inside(above))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_exact_line() {
        let points: Vec<Point> = (0..10)
            .map(|i| (f64::from(i), 3.0 + 2.0 * f64::from(i)))
            .collect();
        let line = theil_sen(&points, 0.95).unwrap();
        assert_eq!(
            (line.slope, line.low, line.high, line.intercept),
            (2.0, 2.0, 2.0, 3.0)
        );
        assert_eq!(line.at(4.0), 11.0);
    }

    #[test]
    fn the_example_of_sen() {
        // The paper's own data: the median of the 21 slopes is 4.
        let points = [
            (1.0, 9.0),
            (2.0, 15.0),
            (3.0, 19.0),
            (4.0, 20.0),
            (10.0, 45.0),
            (12.0, 55.0),
            (18.0, 78.0),
        ];
        let line = theil_sen(&points, 0.95).unwrap();
        let mut slopes = pair_slopes(&points);
        slopes.sort_by(f64::total_cmp);
        assert_eq!(slopes.len(), 21);
        assert_eq!(line.slope, 4.0);
        // n = 7: P(S >= 15) = 0.015 and P(S >= 13) = 0.035, so C = 13, M1 = 4, M2 = 17.
        assert_eq!(line.low, slopes[3]);
        assert_eq!(line.high, slopes[17]);
        assert_eq!(line.intercept, 6.0);
    }

    #[test]
    fn a_quarter_of_outliers_is_borne() {
        let points: Vec<Point> = (0..40)
            .map(|i| {
                let x = f64::from(i);
                (x, if i % 4 == 0 { 1e9 } else { 5.0 * x })
            })
            .collect();
        assert!((theil_sen(&points, 0.95).unwrap().slope - 5.0).abs() < 1.0);
    }

    #[test]
    fn too_few_points_leave_the_interval_open() {
        let line = theil_sen(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.5)], 0.95).unwrap();
        assert_eq!((line.low, line.high), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!(theil_sen(&[(1.0, 5.0), (1.0, 6.0)], 0.95), None);
        assert_eq!(theil_sen(&[], 0.95), None);
    }

    #[test]
    fn many_points_are_thinned_and_keep_their_slope() {
        let points: Vec<Point> = (0..20_000)
            .map(|i| {
                (
                    f64::from(i),
                    0.25 * f64::from(i) + f64::from(i * 7919 % 101),
                )
            })
            .collect();
        let line = theil_sen(&points, 0.99).unwrap();
        assert!((line.slope - 0.25).abs() < 0.01, "{line:?}");
        assert!(line.low < 0.25 && 0.25 < line.high);
        assert_eq!(theil_sen(&points, 0.99), Some(line));
    }

    #[test]
    fn the_interval_covers_as_often_as_it_says() {
        // Noise from a fixed linear congruential generator, slope 1.
        let mut state = 12_345_u64;
        let mut noise = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 40) as f64 / f64::from(1_u32 << 24) - 0.5
        };
        let rounds = 1000;
        let covered = (0..rounds)
            .filter(|_| {
                let points: Vec<Point> = (0..15)
                    .map(|i| (f64::from(i), f64::from(i) + 10.0 * noise()))
                    .collect();
                let line = theil_sen(&points, 0.9).unwrap();
                line.low <= 1.0 && 1.0 <= line.high
            })
            .count();
        assert!((870..=960).contains(&covered), "{covered} of {rounds}");
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_median(
            ys in prop::collection::vec(-1000..1000_i32, 2..40),
        ) {
            let points: Vec<Point> =
                ys.iter().enumerate().map(|(i, y)| (i as f64, f64::from(*y))).collect();
            let mut slopes = Vec::new();
            for i in 0..points.len() {
                for j in i + 1..points.len() {
                    slopes.push((points[j].1 - points[i].1) / (points[j].0 - points[i].0));
                }
            }
            slopes.sort_by(f64::total_cmp);
            let middle = 0.5 * (slopes[(slopes.len() - 1) / 2] + slopes[slopes.len() / 2]);
            let line = theil_sen(&points, 0.95).unwrap();
            prop_assert!((line.slope - middle).abs() < 1e-9);
            prop_assert!(line.low <= line.slope && line.slope <= line.high);
        }

        #[test]
        fn scales_and_shifts_with_its_data(
            ys in prop::collection::vec(-1000..1000_i32, 3..30),
            scale in 1..50_i32,
            shift in -1000..1000_i32,
            tilt in -20..20_i32,
        ) {
            let points: Vec<Point> =
                ys.iter().enumerate().map(|(i, y)| (i as f64, f64::from(*y))).collect();
            let moved: Vec<Point> = points
                .iter()
                .map(|(x, y)| (*x, f64::from(scale) * y + f64::from(shift) + f64::from(tilt) * x))
                .collect();
            let (one, other) = (theil_sen(&points, 0.9).unwrap(), theil_sen(&moved, 0.9).unwrap());
            prop_assert!(
                (other.slope - (f64::from(scale) * one.slope + f64::from(tilt))).abs() < 1e-6
            );
        }

        #[test]
        fn a_wider_variance_never_narrows_the_interval(
            ys in prop::collection::vec(-1000..1000_i32, 8..40),
            factor in 1.0..20.0_f64,
        ) {
            let points: Vec<Point> =
                ys.iter().enumerate().map(|(i, y)| (i as f64, f64::from(*y))).collect();
            let narrow = theil_sen(&points, 0.95).unwrap();
            let wide = theil_sen_widened(&points, 0.95, factor).unwrap();
            prop_assert!(wide.low <= narrow.low && wide.high >= narrow.high);
            prop_assert_eq!(wide.slope, narrow.slope);
        }
    }
}
