//! One series of a growth test, whatever it counts: does it grow with the iterations?

use crate::trend::{Point, Slope, growth_ratio, spread, theil_sen, two_pieces};

/// Confidence of the interval of the growth per iteration.
const CONFIDENCE: f64 = 0.95;

/// The exact distribution cannot give an interval at 95 % on fewer.
pub(super) const LEAST_RUNGS: usize = 5;

/// A rise stands out when it is this many times the noise.
const STANDS_OUT: f64 = 6.0;

/// Any two points lie on a line.
pub(super) const FEWEST_RUNGS: usize = 3;

/// With fewer rungs than [`LEAST_RUNGS`], the noise is at least this share of the rise: a few
/// points lie on a line by chance.
const FEW_RUNGS_NOISE: f64 = 0.02;

/// A late rate below this share of the early one dies away.
const LEAST_RATIO: f64 = 0.5;

/// What is small for a kind of figure.
pub(super) struct Scale {
    /// Growth per iteration below this cannot be one thing left behind each time. It bounds how
    /// exactly a clean result must be measured, not what counts as a leak.
    pub(super) resolution: f64,
    /// A total rise below this is never a leak.
    pub(super) least_rise: f64,
    /// What a healthy program may come to, over thousands of iterations.
    pub(super) own_rise: f64,
}

/// What is known of a series.
pub(super) struct Judged {
    pub(super) leaking: bool,
    pub(super) clean: bool,
    pub(super) rate: f64,
    pub(super) interval: [f64; 2],
    pub(super) noise: f64,
}

/// Judges a series against a limit per iteration.
pub(super) fn judge_series(points: &[Point], limit: f64, scale: &Scale) -> Judged {
    let points = without_warm_up(points);
    let Some(line) = theil_sen(points, CONFIDENCE) else {
        return Judged {
            leaking: false,
            clean: false,
            rate: 0.0,
            interval: [0.0; 2],
            noise: 0.0,
        };
    };
    let residuals: Vec<f64> = points.iter().map(|(x, y)| y - line.at(*x)).collect();
    let noise = spread(&residuals).unwrap_or(0.0);
    let interval = ends(points, &line);
    let run = points[points.len() - 1].0 - points[0].0;
    let rise = line.slope * run;
    let enough = points.len() >= LEAST_RUNGS;
    let lasting = lasts(points);
    // Growth that is over leaves a flat end, however steep its beginning.
    let over = lasting == Some(false) && flat_end(points, limit.max(scale.resolution));
    let irregular = if enough {
        noise
    } else {
        noise.max(FEW_RUNGS_NOISE * rise)
    };
    Judged {
        leaking: points.len() >= FEWEST_RUNGS
            && interval[0] > limit
            && stands_out(rise, irregular, scale)
            && lasting.unwrap_or(true),
        clean: enough && (interval[1] <= limit.max(scale.resolution) || over),
        rate: line.slope,
        interval,
        noise,
    }
}

fn stands_out(rise: f64, noise: f64, scale: &Scale) -> bool {
    rise > scale.least_rise && rise > STANDS_OUT * noise * (scale.own_rise / rise).max(1.0).powi(2)
}

/// Leaves out a first part that grows more than twice as fast as the rest, as long as enough rungs
/// remain to judge.
fn without_warm_up(points: &[Point]) -> &[Point] {
    match two_pieces(points, 2) {
        Some(bend)
            if points.len() - bend.index >= LEAST_RUNGS
                && bend.unexplained < 0.5
                && bend.before > 0.0
                && bend.after < LEAST_RATIO * bend.before =>
        {
            &points[bend.index..]
        }
        _ => points,
    }
}

/// Whether the late half grows at least half as fast as the early one; `None` when there are too
/// few rungs for halves.
fn lasts(points: &[Point]) -> Option<bool> {
    growth_ratio(points, CONFIDENCE, 1.0).map(|growth| growth.ratio >= LEAST_RATIO)
}

fn flat_end(points: &[Point], most: f64) -> bool {
    let late = &points[points.len() / 2..];
    theil_sen(late, CONFIDENCE).is_some_and(|line| line.slope <= most)
}

fn ends(points: &[Point], line: &Slope) -> [f64; 2] {
    if line.low.is_finite() && line.high.is_finite() {
        return [line.low, line.high];
    }
    let mut ends = [f64::INFINITY, f64::NEG_INFINITY];
    for (index, later) in points.iter().enumerate() {
        for earlier in &points[..index] {
            if later.0 != earlier.0 {
                let slope = (later.1 - earlier.1) / (later.0 - earlier.0);
                ends = [ends[0].min(slope), ends[1].max(slope)];
            }
        }
    }
    ends
}
