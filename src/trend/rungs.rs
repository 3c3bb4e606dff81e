//! A series cut into equal parts, so that a slope can be told from a step.

use super::Point;
use super::order::median;

/// The medians of equal parts of a series, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Staircase {
    /// Median x and median y of each part.
    pub rungs: Vec<Point>,
}

impl Staircase {
    /// The slowest rise between two rungs by the rate of the whole: 1 for an even slope, 0 where
    /// it stands still, negative where it falls. 0 when there is no rise at all.
    pub fn slowest_part(&self) -> f64 {
        let (Some(first), Some(last)) = (self.rungs.first(), self.rungs.last()) else {
            return 0.0;
        };
        let rate = (last.1 - first.1) / (last.0 - first.0);
        if !rate.is_finite() || rate <= 0.0 {
            return 0.0;
        }
        let slowest = self
            .rungs
            .windows(2)
            .map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0))
            .fold(f64::INFINITY, f64::min);
        slowest / rate
    }

    /// The largest single rise as a share of the whole rise, divided by its share of the whole
    /// run when that is more than an equal one: 1 means that everything happened at once. A long
    /// pause between two points may hold much growth without being a step. 1 when there is no
    /// rise at all.
    pub fn largest_share(&self) -> f64 {
        let (Some(first), Some(last)) = (self.rungs.first(), self.rungs.last()) else {
            return 1.0;
        };
        let (run, rise) = (last.0 - first.0, last.1 - first.1);
        if run <= 0.0 || rise <= 0.0 {
            return 1.0;
        }
        let equal = 1.0 / (self.rungs.len() - 1) as f64;
        self.rungs
            .windows(2)
            .map(|pair| {
                let share = (pair[1].1 - pair[0].1) / rise;
                let time = (pair[1].0 - pair[0].0) / run;
                share * (equal / time.max(equal))
            })
            .fold(0.0, f64::max)
            .min(1.0)
    }
}

/// Cuts `points`, ordered by x, into `parts` of equal size (the last may be larger).
///
/// `None` when a part would have fewer than two points.
pub fn staircase(points: &[Point], parts: usize) -> Option<Staircase> {
    if parts < 2 || points.len() < 2 * parts {
        return None;
    }
    let mut rungs = Vec::with_capacity(parts);
    for part in 0..parts {
        let from = part * points.len() / parts;
        let to = (part + 1) * points.len() / parts;
        let mut xs: Vec<f64> = points[from..to].iter().map(|point| point.0).collect();
        let mut ys: Vec<f64> = points[from..to].iter().map(|point| point.1).collect();
        rungs.push((median(&mut xs)?, median(&mut ys)?));
    }
    Some(Staircase { rungs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shape: impl Fn(f64) -> f64) -> Staircase {
        let points: Vec<Point> = (0..40)
            .map(|i| (f64::from(i), shape(f64::from(i))))
            .collect();
        staircase(&points, 5).unwrap()
    }

    #[test]
    fn a_slope_rises_evenly() {
        let slope = of(|x| 3.0 * x);
        assert!((slope.slowest_part() - 1.0).abs() < 1e-9);
        assert!((slope.largest_share() - 0.25).abs() < 1e-9);
    }

    #[test]
    fn a_step_rises_once() {
        let step = of(|x| if x < 20.0 { 0.0 } else { 9.0 });
        assert_eq!(step.slowest_part(), 0.0);
        assert!(step.largest_share() > 0.45);
        assert_eq!(
            of(|x| if x < 16.0 { 0.0 } else { 9.0 }).largest_share(),
            1.0
        );
    }

    #[test]
    fn a_pause_is_not_a_step() {
        // Rungs at 0, 1, 2 and, after a long pause, 10: an even slope all the same.
        let paused = Staircase {
            rungs: vec![(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (10.0, 10.0)],
        };
        assert!((paused.largest_share() - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_that_rises_is_all_step() {
        assert_eq!(
            (of(|x| -x).largest_share(), of(|x| -x).slowest_part()),
            (1.0, 0.0)
        );
        let dip = Staircase {
            rungs: vec![(0.0, 0.0), (1.0, 3.0), (2.0, 2.0), (3.0, 6.0)],
        };
        assert_eq!(dip.slowest_part(), -0.5);
        assert!(staircase(&[(0.0, 0.0); 9], 5).is_none());
    }
}
