//! Says once that a limit is near, and again only after it was clearly left.

use super::leak::{Pressure, PressureKind};
use super::message::{percent, size};
use crate::sample::Sample;

/// A threshold is armed again when the share has fallen this far below it.
const HYSTERESIS: f64 = 0.05;

/// Watches one usage against its limit.
#[derive(Clone, Debug)]
struct Gauge {
    kind: PressureKind,
    /// Shares in rising order, each with whether it was reported and not left since.
    thresholds: Vec<(f64, bool)>,
}

impl Gauge {
    fn new(kind: PressureKind, shares: &[f64]) -> Self {
        let mut shares: Vec<f64> = shares
            .iter()
            .copied()
            .filter(|share| share.is_finite() && *share > 0.0)
            .collect();
        shares.sort_by(f64::total_cmp);
        shares.dedup();
        Self {
            kind,
            thresholds: shares.into_iter().map(|share| (share, false)).collect(),
        }
    }

    /// One report for the highest threshold that was newly crossed.
    fn observe(&mut self, used: u64, limit: u64) -> Option<Pressure> {
        if limit == 0 {
            return None;
        }
        let share = used as f64 / limit as f64;
        let mut crossed = None;
        for (threshold, reported) in &mut self.thresholds {
            if share >= *threshold && !*reported {
                *reported = true;
                crossed = Some(*threshold);
            } else if share < *threshold - HYSTERESIS {
                *reported = false;
            }
        }
        let threshold = crossed?;
        let subject = match self.kind {
            PressureKind::Heap => "Live heap is at",
            PressureKind::Container => "Memory of the container is at",
        };
        let whose = match self.kind {
            PressureKind::Heap => "V8's limit",
            PressureKind::Container => "its limit",
        };
        let message = format!(
            "{subject} {} of {whose}: {} of {}.",
            percent(share),
            size(used as f64),
            size(limit as f64)
        );
        Some(Pressure {
            kind: self.kind,
            share,
            used,
            limit,
            threshold,
            message,
        })
    }
}

/// Watches the heap against V8's limit and the container against its own, never across.
#[derive(Clone, Debug)]
pub(super) struct PressureGauges {
    heap: Gauge,
    container: Gauge,
    live_heap: Option<u64>,
}

impl PressureGauges {
    pub(super) fn new(shares: &[f64]) -> Self {
        Self {
            heap: Gauge::new(PressureKind::Heap, shares),
            container: Gauge::new(PressureKind::Container, shares),
            live_heap: None,
        }
    }

    pub(super) fn observe(&mut self, sample: &Sample) -> Vec<Pressure> {
        let mut reports = Vec::new();
        self.live_heap = sample.live_heap.or(self.live_heap);
        // What V8 holds while the loop is blocked is not known.
        if !sample.loop_blocked {
            // Garbage may fill the heap to its limit without any danger, so it counts only as
            // long as nothing better is known. Live bytes of an older GC cannot exceed what is
            // in use now.
            let used = self
                .live_heap
                .map_or(sample.heap_used, |live| live.min(sample.heap_used));
            reports.extend(self.heap.observe(used, sample.heap_limit));
        }
        if let Some(limit) = sample.system.container_limit {
            let used = sample.system.container_used.unwrap_or(sample.rss);
            reports.extend(self.container.observe(used, limit));
        }
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::SystemMemory;

    fn heap(live: Option<u64>, used: u64) -> Sample {
        Sample {
            live_heap: live,
            heap_used: used,
            heap_limit: 1000,
            ..Sample::default()
        }
    }

    fn thresholds(reports: &[Pressure]) -> Vec<f64> {
        reports.iter().map(|report| report.threshold).collect()
    }

    #[test]
    fn once_per_crossing_and_again_only_after_five_points() {
        let mut gauges = PressureGauges::new(&[0.9, 0.8]);
        let mut told = |live| thresholds(&gauges.observe(&heap(Some(live), 1000)));
        assert!(told(790).is_empty());
        assert_eq!(told(800), vec![0.8]);
        assert!(told(850).is_empty());
        assert!(told(760).is_empty());
        assert!(told(810).is_empty(), "76 % has not re-armed 80 %");
        assert_eq!(told(900), vec![0.9]);
        assert!(told(740).is_empty());
        assert_eq!(told(810), vec![0.8]);
        assert!(told(700).is_empty());
        assert_eq!(told(990), vec![0.9], "one report for a leap over both");
    }

    #[test]
    fn garbage_does_not_press_once_the_live_heap_is_known() {
        let mut gauges = PressureGauges::new(&[0.8]);
        assert_eq!(
            gauges.observe(&heap(None, 950)).len(),
            1,
            "nothing better is known"
        );
        let mut gauges = PressureGauges::new(&[0.8]);
        assert!(gauges.observe(&heap(Some(300), 950)).is_empty());
        assert!(gauges.observe(&heap(None, 990)).is_empty());
    }

    #[test]
    fn container_is_measured_by_its_own_usage() {
        let mut gauges = PressureGauges::new(&[0.8]);
        let sample = |used, rss| Sample {
            rss,
            heap_used: 10,
            heap_limit: 100_000,
            loop_blocked: true,
            system: SystemMemory {
                container_used: used,
                container_limit: Some(1000),
                ..SystemMemory::default()
            },
            ..Sample::default()
        };
        assert!(gauges.observe(&sample(Some(700), 990)).is_empty());
        let reports = gauges.observe(&sample(None, 850));
        assert_eq!(
            (reports[0].kind, reports[0].used),
            (PressureKind::Container, 850)
        );
        assert_eq!(
            reports[0].message,
            "Memory of the container is at 85 % of its limit: 850 B of 1000 B."
        );
    }

    #[test]
    fn a_blocked_loop_says_nothing_of_the_heap() {
        let mut gauges = PressureGauges::new(&[0.8]);
        assert!(
            gauges
                .observe(&Sample {
                    loop_blocked: true,
                    ..heap(None, 990)
                })
                .is_empty()
        );
    }

    #[test]
    fn senseless_thresholds_are_left_out() {
        let mut gauges = PressureGauges::new(&[f64::NAN, -1.0, 0.0]);
        assert!(gauges.observe(&heap(Some(999), 999)).is_empty());
    }
}
