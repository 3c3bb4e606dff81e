//! Where a series changes its slope.

use super::Point;

/// Two straight pieces that meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Break {
    /// x where the pieces meet: one of the series' own.
    pub x: f64,
    /// Index of that point.
    pub index: usize,
    /// Slope before.
    pub before: f64,
    /// Slope after.
    pub after: f64,
    /// Squared error of the two pieces divided by that of one line: 0 (the break explains
    /// everything) to 1 (nothing).
    pub unexplained: f64,
}

/// The best fit of two straight pieces that meet at one of the points, by least squares over all
/// places (D. J. Hudson, "Fitting segmented curves whose join points have to be estimated",
/// *Journal of the American Statistical Association* 61, 1966).
///
/// Each piece has at least `least` points. `None` when there are too few or the series is a
/// straight line already.
pub fn two_pieces(points: &[Point], least: usize) -> Option<Break> {
    let least = least.max(2);
    let count = points.len();
    if count < 2 * least || points.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
        return None;
    }
    let (x0, y0) = points[0];
    let run = points[count - 1].0 - x0;
    let rise = points
        .iter()
        .map(|(_, y)| (y - y0).abs())
        .fold(0.0, f64::max);
    if run <= 0.0 || rise <= 0.0 {
        return None;
    }
    // Scaled to 0..1 both ways, or the normal equations lose their digits.
    let scaled: Vec<Point> = points
        .iter()
        .map(|(x, y)| ((x - x0) / run, (y - y0) / rise))
        .collect();
    let whole = fit(&scaled, None)?;
    if whole.error <= 1e-12 * count as f64 {
        return None;
    }
    let mut best: Option<(usize, Fit)> = None;
    for index in least - 1..=count - least {
        let Some(fit) = fit(&scaled, Some(scaled[index].0)) else {
            continue;
        };
        if best
            .as_ref()
            .is_none_or(|(_, known)| fit.error < known.error)
        {
            best = Some((index, fit));
        }
    }
    let (index, fit) = best?;
    let unit = rise / run;
    Some(Break {
        x: points[index].0,
        index,
        before: fit.slope * unit,
        after: (fit.slope + fit.bend) * unit,
        unexplained: (fit.error / whole.error).clamp(0.0, 1.0),
    })
}

struct Fit {
    slope: f64,
    bend: f64,
    error: f64,
}

/// Least squares of `y = a + slope·x + bend·max(0, x - knot)`; without a knot, of a line.
fn fit(points: &[Point], knot: Option<f64>) -> Option<Fit> {
    let size = if knot.is_some() { 3 } else { 2 };
    let row = |x: f64| [1.0, x, knot.map_or(0.0, |knot| (x - knot).max(0.0))];
    let mut system = [[0.0_f64; 4]; 3];
    for (x, y) in points {
        let terms = row(*x);
        for i in 0..size {
            for j in 0..size {
                system[i][j] += terms[i] * terms[j];
            }
            system[i][3] += terms[i] * y;
        }
    }
    let answer = solve(system, size)?;
    let error = points
        .iter()
        .map(|(x, y)| {
            let terms = row(*x);
            (y - terms[0] * answer[0] - terms[1] * answer[1] - terms[2] * answer[2]).powi(2)
        })
        .sum();
    Some(Fit {
        slope: answer[1],
        bend: answer[2],
        error,
    })
}

/// Gauss elimination with pivots on the first `size` rows; the right-hand side is column 3.
fn solve(mut system: [[f64; 4]; 3], size: usize) -> Option<[f64; 3]> {
    for column in 0..size {
        let pivot = (column..size).max_by(|a, b| {
            system[*a][column]
                .abs()
                .total_cmp(&system[*b][column].abs())
        })?;
        system.swap(column, pivot);
        let lead = system[column];
        if lead[column].abs() < 1e-12 {
            return None;
        }
        for (index, row) in system.iter_mut().enumerate().take(size) {
            if index == column {
                continue;
            }
            let share = row[column] / lead[column];
            for (value, of_lead) in row.iter_mut().zip(lead).skip(column) {
                *value -= share * of_lead;
            }
        }
    }
    let mut answer = [0.0; 3];
    for (index, value) in answer.iter_mut().enumerate().take(size) {
        *value = system[index][3] / system[index][index];
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_knee_is_found_exactly() {
        let points: Vec<Point> = (0..30)
            .map(|i| (f64::from(i), if i < 12 { 5.0 * f64::from(i) } else { 60.0 }))
            .collect();
        let found = two_pieces(&points, 3).unwrap();
        assert_eq!((found.index, found.x), (12, 12.0));
        assert!((found.before - 5.0).abs() < 1e-6 && found.after.abs() < 1e-6);
        assert!(found.unexplained < 1e-9);
    }

    #[test]
    fn a_straight_line_has_no_break() {
        let points: Vec<Point> = (0..30)
            .map(|i| (f64::from(i), 4.0 * f64::from(i)))
            .collect();
        assert_eq!(two_pieces(&points, 3), None);
        assert_eq!(two_pieces(&points[..5], 3), None);
    }

    proptest! {
        #[test]
        fn the_best_break_beats_every_other(
            values in prop::collection::vec(-100..100_i32, 8..30),
        ) {
            let points: Vec<Point> =
                values.iter().enumerate().map(|(i, y)| (i as f64, f64::from(*y))).collect();
            if let Some(found) = two_pieces(&points, 3) {
                let scale = points.len() as f64 - 1.0;
                let rise =
                    points.iter().map(|(_, y)| (y - points[0].1).abs()).fold(0.0, f64::max);
                let scaled: Vec<Point> = points
                    .iter()
                    .map(|(x, y)| (x / scale, (y - points[0].1) / rise))
                    .collect();
                let best = fit(&scaled, Some(scaled[found.index].0)).unwrap().error;
                for knot in &scaled[2..=scaled.len() - 3] {
                    prop_assert!(fit(&scaled, Some(knot.0)).unwrap().error >= best - 1e-9);
                }
            }
        }
    }
}
