//! Has a leak ended?

use super::evidence::outline;
use super::metric::Growth;
use crate::trend::{FloorPoint, mann_kendall, median, theil_sen};

/// A rate below this share of the reported one is the end of a leak.
const ENDED_BELOW: f64 = 0.2;

/// Less load than this share of what there was while it leaked tells nothing about its end.
const IDLE_BELOW: f64 = 0.5;

/// Whether `tail` shows that the leak is over: flat, or fallen back by half of what had grown when
/// it was reported, at `alarmed`.
pub(super) fn ended(tail: &[FloorPoint], growth: &Growth, alarmed: f64) -> bool {
    let points = outline(tail);
    let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let Some(line) = theil_sen(&points, 0.95) else {
        return false;
    };
    let rises = mann_kendall(&values).is_some_and(|test| test.p_rising < 0.01);
    let flat = !rises && line.slope < ENDED_BELOW * growth.slope.slope && line.low <= 0.0;
    let half = 0.5 * (growth.slope.at(growth.since) + growth.slope.at(alarmed));
    let fallen = median(&mut values).is_some_and(|level| level < half);
    flat || fallen
}

/// Whether the load is known, and so much lower than `while_leaking` that a leak would pause.
pub(super) fn idle(tail: &[FloorPoint], while_leaking: &[FloorPoint]) -> bool {
    load_of(tail)
        .zip(load_of(while_leaking))
        .is_some_and(|(now, usual)| now < IDLE_BELOW * usual)
}

fn load_of(points: &[FloorPoint]) -> Option<f64> {
    let mut loads: Vec<f64> = points
        .iter()
        .map(|point| point.beside)
        .filter(|load| load.is_finite())
        .collect();
    median(&mut loads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trend::Slope;

    /// A leak of 10 bytes a second from 1,000 bytes at 0 s, reported at 100 s.
    const GROWTH: Growth = Growth {
        slope: Slope {
            slope: 10.0,
            low: 9.0,
            high: 11.0,
            intercept: 1000.0,
        },
        confidence: 0.9,
        since: 0.0,
        bytes: 1000.0,
    };

    fn tail(shape: impl Fn(f64) -> f64, load: f64) -> Vec<FloorPoint> {
        (100..200)
            .map(|x| {
                let x = f64::from(x);
                FloorPoint {
                    x,
                    y: shape(x) + x * 7919.0 % 13.0,
                    beside: load,
                    weight: 1,
                }
            })
            .collect()
    }

    #[test]
    fn flat_or_fallen_is_over_and_growing_is_not() {
        let over = |shape: fn(f64) -> f64| ended(&tail(shape, f64::NAN), &GROWTH, 100.0);
        assert!(over(|_| 2000.0));
        assert!(over(|x| 2000.0 - 10.0 * (x - 100.0)));
        assert!(!over(|x| 1000.0 + 10.0 * x));
        assert!(!over(|x| 2000.0 + 3.0 * (x - 100.0)), "slower is not over");
        assert!(
            over(|x| 1200.0 + 3.0 * (x - 100.0)),
            "but it has given back more than half"
        );
    }

    #[test]
    fn only_a_known_load_can_be_idle() {
        let with = |load| tail(|_| 0.0, load);
        assert!(idle(&with(4.0), &with(10.0)));
        assert!(!idle(&with(6.0), &with(10.0)));
        assert!(!idle(&with(f64::NAN), &with(10.0)));
        assert!(!idle(&with(1.0), &with(f64::NAN)));
    }
}
