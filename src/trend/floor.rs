//! The whole life of a series in bounded memory: near in detail, far in outline.

use std::collections::VecDeque;

use super::Point;

/// Doublings that are kept apart; with 64 points each, enough for 2^45 values.
const MOST_SCALES: usize = 40;

/// One point of a floor: the lowest of the values that it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorPoint {
    /// x of the lowest value.
    pub x: f64,
    /// The lowest value.
    pub y: f64,
    /// Mean of what was recorded beside the values; not a number when nothing was.
    pub beside: f64,
    /// Values that this point stands for.
    pub weight: u64,
}

impl FloorPoint {
    fn merge(self, later: Self) -> Self {
        let weight = self.weight + later.weight;
        let lowest = if later.y < self.y { later } else { self };
        let beside =
            (self.beside * self.weight as f64 + later.beside * later.weight as f64) / weight as f64;
        Self {
            beside,
            weight,
            ..lowest
        }
    }

    /// The point without its companions.
    pub fn point(&self) -> Point {
        (self.x, self.y)
    }
}

/// A series that never grows beyond its bounds and still reaches back to its first value.
///
/// The newest values are kept as they are. When there are too many of one width, the two oldest
/// of them become one of double width that keeps the lower value. So the width of a point is
/// always about the same share of its age (the exponential histograms of M. Datar, A. Gionis,
/// P. Indyk and R. Motwani, *SIAM Journal on Computing* 31, 2002). Keeping the lower value makes
/// it a floor: what stands above for a short while vanishes, what stays is seen.
#[derive(Clone, Debug)]
pub struct Floor {
    /// `scales[k]`: points that stand for 2^k values each, oldest first.
    scales: Vec<VecDeque<FloorPoint>>,
    per_scale: usize,
    pushed: u64,
}

impl Floor {
    /// An empty floor that keeps up to `per_scale` points (at least 4) of each width.
    pub fn new(per_scale: usize) -> Self {
        Self {
            scales: vec![VecDeque::new()],
            per_scale: per_scale.max(4),
            pushed: 0,
        }
    }

    /// Adds a value, with something recorded `beside` it (not a number for nothing). `x` must not
    /// be lower than the one before.
    pub fn push(&mut self, x: f64, y: f64, beside: f64) {
        self.pushed += 1;
        let mut carried = FloorPoint {
            x,
            y,
            beside,
            weight: 1,
        };
        for scale in 0..MOST_SCALES {
            if scale == self.scales.len() {
                self.scales.push(VecDeque::new());
            }
            let points = &mut self.scales[scale];
            points.push_back(carried);
            if points.len() <= self.per_scale {
                return;
            }
            let (Some(oldest), Some(next)) = (points.pop_front(), points.pop_front()) else {
                return;
            };
            carried = oldest.merge(next);
        }
    }

    /// All points, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &FloorPoint> {
        self.scales.iter().rev().flatten()
    }

    /// The points with `x` of at least `from`, oldest first.
    pub fn since(&self, from: f64) -> Vec<FloorPoint> {
        self.iter()
            .filter(|point| point.x >= from)
            .copied()
            .collect()
    }

    /// The oldest point.
    pub fn first(&self) -> Option<&FloorPoint> {
        self.iter().next()
    }

    /// The newest point.
    pub fn last(&self) -> Option<&FloorPoint> {
        self.scales[0].back()
    }

    /// Points that are kept.
    pub fn len(&self) -> usize {
        self.scales.iter().map(VecDeque::len).sum()
    }

    /// Whether nothing was pushed yet.
    pub fn is_empty(&self) -> bool {
        self.pushed == 0
    }

    /// Values pushed in all its life.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Bytes of memory that it holds.
    pub fn bytes_held(&self) -> usize {
        let points: usize = self.scales.iter().map(VecDeque::capacity).sum();
        size_of::<Self>()
            + self.scales.capacity() * size_of::<VecDeque<FloorPoint>>()
            + points * size_of::<FloorPoint>()
    }
}

/// At most `most` points: the lowest of each of `most` equal stretches of x. Fewer points than
/// that are returned as they are; stretches without a point give none.
pub fn thin(points: &[FloorPoint], most: usize) -> Vec<FloorPoint> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let run = last.x - first.x;
    if points.len() <= most || most == 0 || run <= 0.0 {
        return points.to_vec();
    }
    let stretch =
        |point: &FloorPoint| (((point.x - first.x) / run * most as f64) as usize).min(most - 1);
    points
        .chunk_by(|a, b| stretch(a) == stretch(b))
        .filter_map(|group| group.iter().copied().reduce(FloorPoint::merge))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn floor_of(values: &[f64], per_scale: usize) -> Floor {
        let mut floor = Floor::new(per_scale);
        for (index, value) in values.iter().enumerate() {
            floor.push(index as f64, *value, f64::NAN);
        }
        floor
    }

    #[test]
    fn merging_by_hand() {
        // Four of width 1 are kept; the fifth makes one of width 2 of the two oldest.
        let floor = floor_of(&[5.0, 3.0, 8.0, 9.0, 7.0], 4);
        let seen: Vec<(f64, f64, u64)> = floor.iter().map(|p| (p.x, p.y, p.weight)).collect();
        assert_eq!(
            seen,
            vec![(1.0, 3.0, 2), (2.0, 8.0, 1), (3.0, 9.0, 1), (4.0, 7.0, 1)]
        );
    }

    #[test]
    fn a_short_spike_fades_and_a_long_one_stays() {
        let mut values = vec![10.0; 4000];
        values[100] = 99.0;
        for value in &mut values[2000..2600] {
            *value = 50.0;
        }
        let floor = floor_of(&values, 64);
        assert!(floor.iter().all(|point| point.y < 99.0));
        assert!(floor.iter().filter(|point| point.y == 50.0).count() >= 3);
    }

    #[test]
    fn what_is_beside_is_averaged() {
        let mut floor = Floor::new(4);
        for index in 0..5 {
            floor.push(f64::from(index), 1.0, f64::from(index));
        }
        assert_eq!(floor.first().unwrap().beside, 0.5);
    }

    #[test]
    fn thinning_by_hand() {
        let floor = floor_of(&[4.0, 2.0, 6.0, 1.0, 9.0, 8.0, 7.0, 5.0, 3.0], 64);
        let points: Vec<FloorPoint> = floor.iter().copied().collect();
        // x 0 to 8 in four stretches of 2 (the last holds both ends): 0-1, 2-3, 4-5, 6-8.
        let lows: Vec<Point> = thin(&points, 4).iter().map(FloorPoint::point).collect();
        assert_eq!(lows, vec![(1.0, 2.0), (3.0, 1.0), (5.0, 8.0), (8.0, 3.0)]);
        assert_eq!(thin(&points, 9).len(), 9);
        assert!(thin(&[], 9).is_empty());
    }

    proptest! {
        #[test]
        fn bounded_ordered_and_complete(
            values in prop::collection::vec(0.0..1e6_f64, 1..3000),
            per_scale in 4..40_usize,
        ) {
            let floor = floor_of(&values, per_scale);
            let doublings = (values.len() as f64 / per_scale as f64).log2().max(0.0) as usize + 2;
            prop_assert!(floor.len() <= per_scale * doublings);
            prop_assert_eq!(floor.iter().map(|p| p.weight).sum::<u64>(), values.len() as u64);
            let points: Vec<FloorPoint> = floor.iter().copied().collect();
            prop_assert!(points.windows(2).all(|pair| pair[0].x < pair[1].x));
            // Each point is the minimum of exactly the values that it stands for.
            let mut from = 0;
            for point in &points {
                let to = from + point.weight as usize;
                let low = values[from..to].iter().copied().fold(f64::INFINITY, f64::min);
                prop_assert_eq!(point.y, low);
                prop_assert_eq!(values[point.x as usize], low);
                from = to;
            }
        }

        #[test]
        fn thinning_keeps_the_lowest(values in prop::collection::vec(0.0..1e6_f64, 1..500)) {
            let points: Vec<FloorPoint> = floor_of(&values, 600).iter().copied().collect();
            let thinned = thin(&points, 40);
            prop_assert!(thinned.len() <= 40 && thinned.len() <= points.len());
            let lowest = |points: &[FloorPoint]| {
                points.iter().map(|point| point.y).fold(f64::INFINITY, f64::min)
            };
            prop_assert_eq!(lowest(&thinned), lowest(&points));
        }
    }
}
