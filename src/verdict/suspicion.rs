//! A forecast, and what came of it.
//!
//! With thousands of looks at many stretches, some pass every test by accident. So a stretch that
//! passes is only a suspicion, and a suspicion is a forecast: the points that come after it must go on
//! rising as it says.

use super::evidence::Evidence;
use super::patience::urgent;
use crate::trend::{FloorPoint, Point, Slope, median, theil_sen};

/// No alarm on fewer points, known and estimated together.
pub(super) const LEAST_POINTS_OF_A_LEAK: usize = 12;

/// Nor on fewer that came after the suspicion.
const LEAST_POINTS_SINCE: usize = 4;

/// The share of the forecast rise that confirms, on so many floor points in a row.
const CONFIRMED_BY: f64 = 0.7;
const CONFIRMATIONS: u32 = 3;

/// The share that the newest point, known from a major GC, must show by itself.
const KNOWN_BY: f64 = 0.5;

/// The same, as a part of the share that the points before it show: the middle ones of a cache that has
/// just become full have risen as forecast, the newest one no longer.
const STEADY_BY: f64 = 0.8;

/// The share below which a forecast has failed.
const REFUTED_BELOW: f64 = 0.25;

/// Over this last part of the whole rise the rate must still be at least this share of the whole one.
const LATELY: f64 = 0.2;
const LATELY_BY: f64 = 0.4;

/// A rise that may be a leak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Suspicion {
    /// Where the rise begins, in seconds.
    pub from: f64,
    /// When it was suspected.
    pub found: f64,
    /// The forecast.
    pub line: Slope,
    /// Floor points in a row that confirm it.
    pub streak: u32,
}

/// What is known of the newest moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Newest {
    /// Seconds.
    pub now: f64,
    /// Whether a major GC has just ended.
    pub collected: bool,
    /// Bytes to the nearest limit.
    pub room: f64,
    /// Seconds that a confirmation takes.
    pub needed: f64,
}

/// What becomes of a suspicion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Weight {
    /// It is too early to tell, or in between.
    Open,
    /// It was wrong.
    Refuted,
    /// It was right.
    Confirmed(Evidence),
}

impl Suspicion {
    /// Compares what came after it with what it foretold. `whole` is the evidence of all points from its
    /// beginning on, if they still look like a leak.
    pub(super) fn weigh(
        &mut self,
        points: &[FloorPoint],
        newest: &Newest,
        whole: Option<&Evidence>,
    ) -> Weight {
        let begin = points.partition_point(|point| point.x < self.from);
        let later = &points[points.partition_point(|point| point.x <= self.found)..];
        let elapsed = newest.now - self.found;
        let hurry =
            whole.is_some_and(|evidence| urgent(evidence, newest.room, newest.needed - elapsed));
        let enough =
            points.len() - begin >= LEAST_POINTS_OF_A_LEAK && later.len() >= LEAST_POINTS_SINCE;
        if !enough || (elapsed < newest.needed && !hurry) {
            return Weight::Open;
        }
        let share = self.fulfilled(later);
        if let Some(evidence) = whole.filter(|_| share >= CONFIRMED_BY) {
            self.streak += 1;
            // An estimate says what the last major GCs said, and in a process that filled its caches
            // until then it goes on rising: only what a major GC leaves after the suspicion
            // confirms it.
            let shown = self.fulfilled(&later[later.len() - 1..]);
            let known = newest.collected && shown >= KNOWN_BY.max(STEADY_BY * share);
            let known = known && self.rises_lately(later, newest.now, evidence);
            if known && (self.streak >= CONFIRMATIONS || hurry) {
                return Weight::Confirmed(*evidence);
            }
            return Weight::Open;
        }
        self.streak = 0;
        if share < REFUTED_BELOW || (newest.collected && elapsed > 2.0 * newest.needed) {
            return Weight::Refuted;
        }
        Weight::Open
    }

    /// Whether the last points rise, as far as there are enough of them to tell.
    fn rises_lately(&self, later: &[FloorPoint], now: f64, whole: &Evidence) -> bool {
        let from = now - LATELY * (now - self.from);
        let last = &later[later.partition_point(|point| point.x < from)..];
        let last: Vec<Point> = last.iter().map(FloorPoint::point).collect();
        last.len() < LEAST_POINTS_SINCE
            || theil_sen(&last, 0.95).is_none_or(|line| line.slope >= LATELY_BY * whole.slope.slope)
    }

    /// The rise since it was found as a share of what the line foretold, by the median of the later half
    /// of the points since.
    fn fulfilled(&self, later: &[FloorPoint]) -> f64 {
        let half = &later[later.len() / 2..];
        let mut xs: Vec<f64> = half.iter().map(|point| point.x).collect();
        let mut ys: Vec<f64> = half.iter().map(|point| point.y).collect();
        match (median(&mut xs), median(&mut ys)) {
            (Some(x), Some(y)) if x > self.found => {
                (y - self.line.at(self.found)) / (self.line.slope * (x - self.found))
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Slope = Slope {
        slope: 10.0,
        low: 9.0,
        high: 11.0,
        intercept: 0.0,
    };

    const EVIDENCE: Evidence = Evidence {
        slope: LINE,
        chance: 0.0,
        ratio: 1.0,
        growth: 300.0,
    };

    /// What is made, second by second, of a rise that was suspected at 10 s and is to be confirmed after
    /// another 20.
    fn told(shape: impl Fn(f64) -> f64, whole: Option<&Evidence>) -> Option<(f64, Weight)> {
        let mut suspicion = Suspicion {
            from: 0.0,
            found: 10.0,
            line: LINE,
            streak: 0,
        };
        let mut points = Vec::new();
        for second in 0..100 {
            let now = f64::from(second);
            points.push(FloorPoint {
                x: now,
                y: shape(now),
                beside: f64::NAN,
                weight: 1,
            });
            if now <= 10.0 {
                continue;
            }
            let newest = Newest {
                now,
                collected: true,
                room: f64::INFINITY,
                needed: 20.0,
            };
            match suspicion.weigh(&points, &newest, whole) {
                Weight::Open => {}
                weight => return Some((now, weight)),
            }
        }
        None
    }

    #[test]
    fn what_goes_on_as_forecast_is_confirmed_in_time() {
        let (second, weight) = told(|x| 10.0 * x, Some(&EVIDENCE)).unwrap();
        assert_eq!((second, weight), (32.0, Weight::Confirmed(EVIDENCE)));
    }

    #[test]
    fn what_has_just_stopped_is_not_confirmed() {
        for full in [14.0, 20.0, 26.0, 27.0] {
            let told = told(|x| 10.0 * x.min(full), Some(&EVIDENCE));
            assert!(matches!(told, Some((_, Weight::Refuted))), "{told:?}");
        }
    }

    #[test]
    fn what_no_longer_looks_like_a_leak_is_given_up() {
        let told = told(|x| 10.0 * x, None);
        assert!(
            matches!(told, Some((50.0..52.0, Weight::Refuted))),
            "{told:?}"
        );
    }
}
