//! How long to look before speaking.

use super::evidence::{Evidence, LEAST_POINTS};
use crate::trend::FloorPoint;

/// A suspicion needs this many intervals of rise. An interval above a second belongs to a service
/// whose caches take minutes to fill, so that each second above it counts about double: at the
/// usual 10 s it makes 15 minutes.
const SUSPECTED_FOR: Span = Span {
    intervals: 48.0,
    beyond_a_second: 95.0,
    seconds: 10.0,
};

/// A confirmation takes half as long as the suspicion, and no less than this.
const CONFIRMED_FOR: Span = Span {
    intervals: 40.0,
    beyond_a_second: 63.0,
    seconds: 8.0,
};

/// Both together take no less than this, in seconds, however often it is looked at: a cache that fills
/// at a steady rate looks like a leak until it is full, and small ones were seen to take 26 seconds
/// from the start of a program.
const LEAST_IN_ALL: f64 = 30.0;

/// The longer a process has run, the longer its bursts may be: this part of its age.
const LEAST_PART_OF_AGE: f64 = 1.0 / 128.0;

/// A leak that has eaten this share of the room that there was when it began is in a hurry.
const URGENT_SHARE: f64 = 0.25;

/// A span of time that grows with the interval of the samples.
struct Span {
    intervals: f64,
    beyond_a_second: f64,
    seconds: f64,
}

impl Span {
    fn seconds(&self, interval: f64) -> f64 {
        let slow = (interval - 1.0).max(0.0) * self.beyond_a_second;
        (interval.min(1.0) * self.intervals + slow).max(self.seconds)
    }
}

/// Patience with samples that come at an interval. All spans in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    interval: f64,
}

impl Patience {
    pub(super) fn new(interval: f64) -> Self {
        Self { interval }
    }

    /// The shortest rise that is suspected, in a process of this age.
    pub(super) fn suspicion(&self, age: f64) -> f64 {
        SUSPECTED_FOR
            .seconds(self.interval)
            .max(LEAST_PART_OF_AGE * age)
    }

    /// How long a rise that was suspected after this long has to go on.
    pub(super) fn confirmation(&self, suspected_after: f64) -> f64 {
        CONFIRMED_FOR
            .seconds(self.interval)
            .max(0.5 * suspected_after)
            .max(LEAST_IN_ALL - suspected_after)
    }

    /// What is left of both for a rise that has lasted this long.
    pub(super) fn left(&self, age: f64, lasted: f64) -> f64 {
        let suspicion = self.suspicion(age);
        suspicion + self.confirmation(suspicion) - lasted
    }
}

/// Whether a leak reaches its limit, `room` bytes away, before `patience` is over, and has eaten so
/// much of the room already that waiting is worse than being wrong.
pub(super) fn urgent(evidence: &Evidence, room: f64, patience: f64) -> bool {
    let eaten = evidence.growth / (evidence.growth + room);
    eaten >= URGENT_SHARE && room / evidence.slope.slope < 2.0 * patience
}

/// A stretch of points that ends with the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Index of its first point.
    pub start: usize,
    /// Whether it is too short for all but a leak in a hurry.
    pub hurried: bool,
}

/// The stretches to look at: a few hurried ones, then the shortest of at least `least` seconds up
/// to `now`, then each half as long again, up to all points.
pub(super) fn stretches(points: &[FloorPoint], now: f64, least: f64) -> Vec<Stretch> {
    let hurried = [LEAST_POINTS, 12, 18].into_iter().filter_map(|count| {
        let start = points.len().checked_sub(count)?;
        (now - points[start].x < least).then_some(Stretch {
            start,
            hurried: true,
        })
    });
    let mut stretches: Vec<Stretch> = hurried.collect();
    // The newest point from which on a stretch is long enough.
    let newest = points.partition_point(|point| point.x <= now - least);
    let Some(newest) = newest.checked_sub(1) else {
        return stretches;
    };
    let (mut length, mut before) = (least, points.len());
    loop {
        let start = points
            .partition_point(|point| point.x < now - length)
            .min(newest);
        if start < before && points.len() - start >= LEAST_POINTS {
            stretches.push(Stretch {
                start,
                hurried: false,
            });
            before = start;
        }
        if start == 0 {
            return stretches;
        }
        length *= 1.5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trend::Slope;

    #[test]
    fn patience_by_hand() {
        let quick = Patience::new(0.25);
        assert_eq!(
            (quick.suspicion(0.0), quick.confirmation(0.0)),
            (12.0, 30.0)
        );
        assert_eq!(quick.suspicion(12_800.0), 100.0);
        assert_eq!(quick.confirmation(12.0), 18.0);
        assert_eq!(quick.confirmation(25.0), 12.5);
        assert_eq!(quick.confirmation(100.0), 50.0);
        assert_eq!(quick.left(0.0, 5.0), 25.0);
        let usual = Patience::new(10.0);
        assert_eq!(
            (usual.suspicion(0.0), usual.confirmation(0.0)),
            (903.0, 607.0)
        );
        assert_eq!(Patience::new(0.1).suspicion(0.0), 10.0);
    }

    #[test]
    fn only_a_leak_that_has_eaten_much_and_is_near_its_limit_is_urgent() {
        let slope = Slope {
            slope: 1.0,
            low: 0.9,
            high: 1.1,
            intercept: 0.0,
        };
        let found = |growth| Evidence {
            slope,
            chance: 0.0,
            ratio: 1.0,
            growth,
        };
        assert!(urgent(&found(100.0), 300.0, 151.0));
        assert!(!urgent(&found(100.0), 300.0, 149.0), "there is time");
        assert!(!urgent(&found(99.0), 300.0, 151.0), "it has hardly begun");
        assert!(
            !urgent(&found(1e12), f64::INFINITY, 1e12),
            "no limit is known"
        );
    }

    #[test]
    fn stretches_grow_by_half_up_to_everything() {
        let points: Vec<FloorPoint> = (0..=100)
            .map(|x| FloorPoint {
                x: f64::from(x),
                y: 0.0,
                beside: f64::NAN,
                weight: 1,
            })
            .collect();
        let starts = |points: &[FloorPoint], least, hurried| -> Vec<usize> {
            stretches(points, 100.0, least)
                .into_iter()
                .filter(|stretch| stretch.hurried == hurried)
                .map(|stretch| stretch.start)
                .collect()
        };
        assert_eq!(starts(&points, 40.0, false), vec![60, 40, 10, 0]);
        assert_eq!(starts(&points, 40.0, true), vec![93, 89, 83]);
        assert_eq!(starts(&points, 101.0, false), Vec::<usize>::new());
        assert!(starts(&points, 3.0, true).is_empty());
        assert!(stretches(&[], 100.0, 10.0).is_empty());
        // With points only now and then, none is looked at twice.
        let rare: Vec<FloorPoint> = points.iter().step_by(10).copied().collect();
        assert_eq!(starts(&rare, 40.0, false), vec![1, 0]);
    }
}
