//! What is left before something ends badly.

use super::leak::{LeakKind, Limit, LimitKind};
use crate::sample::Sample;

/// The limit that is reached first by growth of `kind`, and the bytes left to it (infinite when
/// no limit is known).
///
/// Each usage is compared with its own limit: the heap with V8's, the container's memory with the
/// container's, what the machine has left with zero. A heap that grows eats all three.
pub(super) fn nearest(kind: LeakKind, sample: &Sample, live_heap: Option<f64>) -> (Limit, f64) {
    let system = &sample.system;
    let mut left: Vec<(LimitKind, u64, f64)> = Vec::with_capacity(3);
    if kind == LeakKind::Heap && sample.heap_limit > 0 {
        let used = live_heap.unwrap_or(sample.heap_used as f64);
        left.push((
            LimitKind::Heap,
            sample.heap_limit,
            sample.heap_limit as f64 - used,
        ));
    }
    if let Some(limit) = system.container_limit {
        let used = system.container_used.unwrap_or(sample.rss);
        left.push((LimitKind::Container, limit, limit as f64 - used as f64));
    }
    if let (Some(total), Some(available)) = (system.system_total, system.system_available) {
        left.push((LimitKind::System, total, available as f64));
    }
    left.into_iter().min_by(|a, b| a.2.total_cmp(&b.2)).map_or(
        (
            Limit {
                kind: LimitKind::System,
                bytes: 0,
                reached_at: None,
            },
            f64::INFINITY,
        ),
        |(kind, bytes, left)| {
            (
                Limit {
                    kind,
                    bytes,
                    reached_at: None,
                },
                left.max(0.0),
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::SystemMemory;

    fn sample() -> Sample {
        Sample {
            rss: 300,
            heap_used: 200,
            heap_limit: 1000,
            system: SystemMemory {
                container_used: Some(350),
                container_limit: Some(800),
                system_total: Some(9000),
                system_available: Some(5000),
                ..SystemMemory::default()
            },
            ..Sample::default()
        }
    }

    #[test]
    fn the_least_left_counts_and_like_is_compared_with_like() {
        let (limit, left) = nearest(LeakKind::Heap, &sample(), Some(150.0));
        assert_eq!(
            (limit.kind, limit.bytes, left),
            (LimitKind::Container, 800, 450.0)
        );
        let mut free = sample();
        free.system.container_limit = None;
        let (limit, left) = nearest(LeakKind::Heap, &free, Some(150.0));
        assert_eq!((limit.kind, left), (LimitKind::Heap, 850.0));
        let (limit, left) = nearest(LeakKind::External, &free, None);
        assert_eq!(
            (limit.kind, limit.bytes, left),
            (LimitKind::System, 9000, 5000.0)
        );
    }

    #[test]
    fn a_resident_set_stands_in_for_an_unknown_usage() {
        let mut unknown = sample();
        unknown.system.container_used = None;
        assert_eq!(nearest(LeakKind::External, &unknown, None).1, 500.0);
    }

    #[test]
    fn no_limit_leaves_room_without_end() {
        let (limit, left) = nearest(LeakKind::External, &Sample::default(), None);
        assert_eq!((limit.bytes, left), (0, f64::INFINITY));
    }
}
