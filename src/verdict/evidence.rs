//! Does a stretch of the floor look like a leak? Each objection is a way in which others raised
//! false alarms.

use super::least::Least;
use crate::trend::{
    FloorPoint, Point, Slope, growth_ratio, mann_kendall, median, rising_chance, staircase,
    theil_sen, theil_sen_widened, thin, variance_factor,
};

/// Stretches are thinned to this many points before they are judged.
const MOST_POINTS: usize = 64;

/// A stretch is judged on at least this many points.
pub(super) const LEAST_POINTS: usize = 8;

/// A rise that would come by chance this often is none.
const CHANCE: f64 = 0.001;

/// Confidence of the interval of the rate.
const CONFIDENCE: f64 = 0.99;

/// A late rate below this share of the early one is a warm-up that dies away. Clean programs were
/// seen at 0.40 to 0.42, leaking ones at 0.89.
const LEAST_RATIO: f64 = 0.5;

/// The same, for when the measurements are so exact that there is no doubt: a cache on its way to
/// being full bends long before its rate has halved.
const LEAST_SURE_RATIO: f64 = 0.8;

/// More of the rise than this within one rung is a step.
const MOST_IN_ONE_RUNG: f64 = 0.6;

/// Between every two rungs it rises at least at this share of the whole rate: a flat part, whose
/// tiny rise is noise, between two steps does not.
const LEAST_IN_EACH_RUNG: f64 = 0.2;

/// A load that would seem to rise by chance this often does not rise.
const LOAD_CHANCE: f64 = 0.01;

/// Growth that the load explains is believed to be the load's up to this many times the least
/// growth that is worth a word.
const LOAD_EXPLAINS_UP_TO: f64 = 10.0;

/// Why a stretch is not (or not yet) a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// Too few floor points.
    TooFew,
    /// It does not rise, or might by chance.
    NoTrend,
    /// It rises by less than is worth a word.
    TooSmall,
    /// The process has been as high before, and came down again.
    SeenBefore,
    /// It rises, and ever more slowly.
    Slowing,
    /// It rises, but most of it at once, or not throughout.
    Step,
    /// It rises as the load does.
    Load,
}

/// A stretch that looks like a leak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    /// Bytes per second, with its interval.
    pub slope: Slope,
    /// The chance of such a rise without a trend.
    pub chance: f64,
    /// Late rate by early rate.
    pub ratio: f64,
    /// Bytes that the line rises over the stretch.
    pub growth: f64,
}

impl Evidence {
    /// See [`super::Leak::confidence`].
    pub(super) fn confidence(&self) -> f64 {
        let sure = (self.slope.low / self.slope.slope).clamp(0.0, 1.0);
        let lasting = self.ratio.clamp(0.0, 1.0);
        ((1.0 - self.chance) * (1.0 + sure + lasting) / 3.0).clamp(0.0, 1.0)
    }
}

/// Judges a stretch, ordered by time. `height` is a level that the process held before the
/// stretch, `least` the least growth that is worth a word.
pub(super) fn assess(
    stretch: &[FloorPoint],
    height: Option<f64>,
    least: Least,
) -> Result<Evidence, Objection> {
    if stretch.len() < LEAST_POINTS {
        return Err(Objection::TooFew);
    }
    let points: Vec<Point> = stretch.iter().map(FloorPoint::point).collect();
    // From cheap to dear: almost every look at almost every program ends at the first question.
    let parts = if points.len() < 20 { 4 } else { 5 };
    let stairs = staircase(&points, parts).ok_or(Objection::TooFew)?;
    let (bottom, top) = (stairs.rungs[0].1, stairs.rungs[parts - 1].1);
    if top - bottom < 0.5 * least.growth(bottom) {
        return Err(Objection::TooSmall);
    }
    if stairs.slowest_part() < LEAST_IN_EACH_RUNG || stairs.largest_share() > MOST_IN_ONE_RUNG {
        return Err(Objection::Step);
    }
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    // Not widened for autocorrelation, the test is quick and the more lenient one.
    if mann_kendall(&values).is_none_or(|test| test.p_rising >= CHANCE) {
        return Err(Objection::NoTrend);
    }
    let factor = variance_factor(&points);
    let chance = rising_chance(&points).map_or(1.0, |test| test.p_rising);
    let slope = theil_sen_widened(&points, CONFIDENCE, factor).ok_or(Objection::NoTrend)?;
    if chance >= CHANCE || slope.low <= 0.0 {
        return Err(Objection::NoTrend);
    }
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let growth = slope.slope * (last - first);
    let least = least.growth(slope.at(first));
    if growth < least {
        return Err(Objection::TooSmall);
    }
    let recent = (values.len() / 4).max(3);
    let level = median(&mut values[values.len() - recent..].to_vec()).unwrap_or(f64::NAN);
    if height.is_some_and(|height| level - height < least) {
        return Err(Objection::SeenBefore);
    }
    let ratio = growth_ratio(&points, 0.95, factor).ok_or(Objection::TooFew)?;
    if ratio.ratio < LEAST_RATIO || ratio.surely_below(LEAST_SURE_RATIO) {
        return Err(Objection::Slowing);
    }
    let share = growth / slope.at(first);
    if growth < LOAD_EXPLAINS_UP_TO * least && load_rises_by(stretch) >= share {
        return Err(Objection::Load);
    }
    Ok(Evidence {
        slope,
        chance,
        ratio: ratio.ratio,
        growth,
    })
}

/// The share by which the load rises over the stretch; 0 when it does not, or is not known. Memory
/// that serves requests in flight or sessions grows by that share at most, so a rise that is no
/// larger need not be a leak. (A partial Mann-Kendall test, which asks whether load leaves anything
/// unexplained, was tried: the load is known too roughly for it.)
fn load_rises_by(stretch: &[FloorPoint]) -> f64 {
    let load: Vec<Point> = stretch
        .iter()
        .filter(|point| point.beside.is_finite())
        .map(|point| (point.x, point.beside))
        .collect();
    let values: Vec<f64> = load.iter().map(|point| point.1).collect();
    if load.len() < LEAST_POINTS
        || mann_kendall(&values).is_none_or(|test| test.p_rising >= LOAD_CHANCE)
    {
        return 0.0;
    }
    let (first, last) = (load[0].0, load[load.len() - 1].0);
    let Some(line) = theil_sen(&load, CONFIDENCE) else {
        return 0.0;
    };
    let (from, to) = (line.at(first), line.at(last));
    if from <= 0.0 {
        f64::INFINITY
    } else {
        (to - from) / from
    }
}

/// For every point, the highest level that the process held before it: for at least three
/// neighbouring points, so that a short spike does not count and, as old points grow wide, is
/// forgotten the sooner the shorter it was.
///
/// What stood before `started` is none: a program that has just begun holds what it began with, and
/// V8 gives that up when it has not been used for a few major GCs (bytecode, source positions): live
/// heaps of 6 MB were seen to fall by 0.9 MB ten seconds after the start. A leak would have to make
/// up for that before it is one.
pub(super) fn heights(points: &[FloorPoint], started: f64) -> Vec<Option<f64>> {
    let mut highest: Option<f64> = None;
    (0..points.len())
        .map(|index| {
            if index >= 3 && points[index - 3].x >= started {
                let three = points[index - 3..index].iter().map(|point| point.y);
                let held = three.fold(f64::INFINITY, f64::min);
                highest = Some(highest.map_or(held, |known| known.max(held)));
            }
            highest
        })
        .collect()
}

/// A stretch as it is judged: the lowest points, at even times.
pub(super) fn thinned(points: &[FloorPoint]) -> Vec<FloorPoint> {
    thin(points, MOST_POINTS)
}

/// The same without what is beside the points.
pub(super) fn outline(points: &[FloorPoint]) -> Vec<Point> {
    thinned(points).iter().map(FloorPoint::point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: f64 = 1e6;

    fn least() -> Least {
        Least::of_live_memory(None)
    }

    fn stretch(count: usize, shape: impl Fn(f64) -> f64) -> Vec<FloorPoint> {
        (0..count)
            .map(|index| FloorPoint {
                x: index as f64,
                // A little noise that never repeats, so that no two values tie.
                y: shape(index as f64) + (index * 7919 % 1009) as f64 * 50.0,
                beside: f64::NAN,
                weight: 1,
            })
            .collect()
    }

    fn judged(count: usize, shape: impl Fn(f64) -> f64) -> Result<Evidence, Objection> {
        assess(&stretch(count, shape), None, least())
    }

    #[test]
    fn steady_growth_is_a_leak() {
        let found = judged(30, |x| 50.0 * MB + x * MB).unwrap();
        assert!((found.slope.slope - MB).abs() < 0.02 * MB);
        assert!((found.growth - 29.0 * MB).abs() < MB);
        assert!(found.confidence() > 0.9 && found.confidence() <= 1.0);
    }

    #[test]
    fn each_objection_has_its_shape() {
        assert_eq!(judged(7, |x| x * MB), Err(Objection::TooFew));
        assert_eq!(judged(30, |_| 50.0 * MB), Err(Objection::TooSmall));
        assert_eq!(judged(30, |x| (90.0 - x) * MB), Err(Objection::TooSmall));
        let zigzag = |x: f64| 50.0 * MB + x * MB + 40.0 * MB * (x % 2.0);
        assert_eq!(judged(16, zigzag), Err(Objection::NoTrend));
        assert_eq!(
            judged(30, |x| 500.0 * MB + 0.2 * x * MB),
            Err(Objection::TooSmall)
        );
        let cache = |x: f64| 50.0 * MB + 40.0 * MB * (1.0 - (-x / 12.0).exp());
        assert_eq!(judged(30, cache), Err(Objection::Slowing));
        let step = |x: f64| if x < 10.0 { 50.0 * MB } else { 90.0 * MB };
        assert!(judged(30, step).is_err());
    }

    #[test]
    fn two_steps_are_not_a_slope() {
        let steps =
            |x: f64| 50.0 * MB + 20.0 * MB * f64::from(u8::from(x > 9.0) + u8::from(x > 21.0));
        assert!(judged(30, steps).is_err());
    }

    #[test]
    fn a_height_that_was_held_before_is_no_news() {
        let rise = stretch(30, |x| 50.0 * MB + x * MB);
        assert!(assess(&rise, Some(60.0 * MB), least()).is_ok());
        assert_eq!(
            assess(&rise, Some(90.0 * MB), least()),
            Err(Objection::SeenBefore)
        );
        let spike = stretch(20, |x| {
            if (5.0..7.0).contains(&x) {
                99.0 * MB
            } else {
                MB
            }
        });
        let heights = heights(&spike, 0.0);
        assert_eq!((heights.len(), heights[2]), (20, None));
        assert!(heights[19].unwrap() < 2.0 * MB, "two points are not held");
        let held = stretch(20, |x| {
            if (5.0..8.0).contains(&x) {
                99.0 * MB
            } else {
                MB
            }
        });
        let known = super::heights(&held, 0.0);
        assert!(known[7].unwrap() < 2.0 * MB && known[8].unwrap() > 98.0 * MB);
        let later = super::heights(&held, 8.0);
        assert!(later[10].is_none() && later[19].unwrap() < 2.0 * MB);
    }

    #[test]
    fn growth_that_follows_the_load_is_the_loads_until_it_is_large() {
        let loaded = |growth: f64, load: fn(f64) -> f64| {
            let mut points = stretch(30, |x| 50.0 * MB + growth * x * MB);
            for point in &mut points {
                point.beside = load(point.x);
            }
            assess(&points, None, least())
        };
        // The heap rises by 29 %, the load doubles or rises by 10 % or is steady.
        assert_eq!(loaded(0.5, |x| 100.0 + 4.0 * x), Err(Objection::Load));
        assert!(loaded(0.5, |x| 100.0 + 0.34 * x).is_ok());
        assert!(loaded(0.5, |x| 100.0 + x % 3.0).is_ok());
        assert!(loaded(5.0, |x| 100.0 + 10.0 * x).is_ok());
    }

    #[test]
    fn the_callers_least_growth_is_taken_as_it_is() {
        let rise = stretch(30, |x| 500.0 * MB + 0.2 * x * MB);
        assert!(assess(&rise, None, Least::of_live_memory(Some(2.0 * MB))).is_ok());
    }
}
