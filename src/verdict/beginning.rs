//! When did growth begin?

use super::evidence::{Evidence, assess, heights, outline, thinned};
use super::least::Least;
use super::metric::Growth;
use crate::trend::{FloorPoint, theil_sen, two_pieces};

/// Finds the beginning of a rise that is known from index `begin` on, and measures the rise from
/// there: the longest stretch that still passes for a leak, or the bend just before it. Looks no
/// further back than index `recent`. For `started` see [`heights`].
pub(super) fn measured(
    points: &[FloorPoint],
    recent: usize,
    begin: usize,
    evidence: &Evidence,
    least: Least,
    started: f64,
) -> Growth {
    let now = points[points.len() - 1].x;
    let (mut begin, mut evidence) = (begin, *evidence);
    // Longer stretches that still pass, then the bend just before them.
    let mut length = now - points[begin].x;
    let mut bend_from = begin;
    let heights = heights(points, started);
    while bend_from > recent {
        length *= 1.5;
        bend_from = points
            .partition_point(|point| point.x < now - length)
            .max(recent);
        let stretch = thinned(&points[bend_from..]);
        match assess(&stretch, heights[bend_from], least) {
            Ok(longer) => (begin, evidence) = (bend_from, longer),
            Err(_) => break,
        }
    }
    if let Some(bend) = two_pieces(&outline(&points[bend_from..]), 4)
        && bend.unexplained < 0.5
        && bend.before < 0.25 * bend.after
        && now - bend.x >= 0.25 * length
    {
        begin = points.partition_point(|point| point.x < bend.x);
    }
    let measured = theil_sen(&outline(&points[begin..]), 0.99).filter(|slope| slope.low > 0.0);
    let slope = measured.unwrap_or(evidence.slope);
    let since = points[begin].x;
    let bytes = (slope.slope * (now - since)).max(0.0);
    Growth {
        slope,
        confidence: evidence.confidence(),
        since,
        bytes,
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    fn began(shape: impl Fn(f64) -> f64, known_from: usize) -> Growth {
        let points: Vec<FloorPoint> = (0..400)
            .map(|x| {
                let x = f64::from(x);
                let y = 50e6 + shape(x) + x * 7919.0 % 1009.0 * 100.0;
                FloorPoint {
                    x,
                    y,
                    beside: f64::NAN,
                    weight: 1,
                }
            })
            .collect();
        let least = Least::of_live_memory(None);
        let evidence = assess(&thinned(&points[known_from..]), None, least).unwrap();
        measured(&points, 0, known_from, &evidence, least, 0.0)
    }

    #[test]
    fn a_leak_from_the_start_began_at_the_start() {
        let growth = began(|x| 1e6 * x, 350);
        assert_eq!(growth.since, 0.0);
        assert!((growth.slope.slope / 1e6 - 1.0).abs() < 0.01);
        assert!((growth.bytes / 399e6 - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_late_leak_began_at_its_bend() {
        let growth = began(|x| 1e6 * (x - 220.0).max(0.0), 330);
        assert!((200.0..240.0).contains(&growth.since), "{growth:?}");
        assert!((growth.bytes / 179e6 - 1.0).abs() < 0.15, "{growth:?}");
    }
}
