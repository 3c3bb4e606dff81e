//! Do handles of the event loop pile up, and of which kind?

use super::contexts::steady_rise;
use super::least::Least;
use super::metric::{Change, Growth, Look, Metric};

/// Kinds that are told apart. Node has about forty; a program uses a few.
const MOST_KINDS: usize = 16;

/// More than this, and more than half as many again, explain growth of memory.
const LEAST: f64 = 20.0;
const LEAST_SHARE: f64 = 0.5;

/// Handles of a kind that came over a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MoreHandles {
    /// Node's name of the kind, such as `Timeout`.
    pub kind: String,
    /// More than at its beginning.
    pub count: u64,
}

/// Follows the number of handles of each kind.
#[derive(Clone, Debug)]
pub(super) struct Handles {
    interval: f64,
    kinds: Vec<(String, Metric)>,
}

impl Handles {
    /// For samples every `interval` seconds.
    pub(super) fn new(interval: f64) -> Self {
        Self {
            interval,
            kinds: Vec::new(),
        }
    }

    /// So many there are at `now` (seconds), by kind, under this load. Kinds that are not named have
    /// none. Says which kinds began or ceased to pile up.
    pub(super) fn observe(
        &mut self,
        now: f64,
        counts: &[(String, u32)],
        load: f64,
    ) -> Vec<(String, Change)> {
        for (kind, _) in counts {
            let known = self.kinds.iter().any(|(name, _)| name == kind);
            if !known && self.kinds.len() < MOST_KINDS {
                let metric = Metric::new(self.interval, Least::of_handles());
                self.kinds.push((kind.clone(), metric));
            }
        }
        let mut changes = Vec::new();
        for (kind, metric) in &mut self.kinds {
            let count = counts.iter().find(|(name, _)| name == kind);
            let look = Look {
                bytes: count.map_or(0.0, |(_, count)| f64::from(*count)),
                // Handles are counted, not collected.
                collected: true,
                load,
            };
            let change = metric.observe(now, &look, f64::INFINITY);
            changes.extend(change.map(|change| (kind.clone(), change)));
        }
        changes
    }

    /// The kind that has piled up most since then; `None` when none looks like it.
    pub(super) fn more_since(&self, since: f64) -> Option<MoreHandles> {
        self.kinds
            .iter()
            .filter_map(|(kind, metric)| {
                let more = steady_rise(&metric.floor().since(since), LEAST, LEAST_SHARE)?;
                Some((more, kind))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(more, kind)| MoreHandles {
                kind: kind.clone(),
                count: more as u64,
            })
    }

    /// The growth of a kind that piles up.
    pub(super) fn leaking(&self, kind: &str) -> Option<Growth> {
        let (_, metric) = self.kinds.iter().find(|(name, _)| name == kind)?;
        metric.leaking()
    }

    /// Bytes of memory that it holds.
    pub(super) fn bytes_held(&self) -> usize {
        self.kinds
            .iter()
            .map(|(_, metric)| size_of::<Metric>() + metric.floor().bytes_held())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds at which kinds began to pile up or ceased to.
    fn watched(count: impl Fn(u32) -> u32) -> Vec<(u32, String)> {
        let mut handles = Handles::new(1.0);
        (0..400)
            .flat_map(|second| {
                let counts = [
                    ("TCPSocketWrap".to_owned(), 5),
                    ("Timeout".to_owned(), count(second)),
                ];
                let changes = handles.observe(f64::from(second), &counts, f64::NAN);
                changes.into_iter().map(move |(kind, _)| (second, kind))
            })
            .collect()
    }

    #[test]
    fn a_kind_that_piles_up_is_told_once() {
        let told = watched(|second| 10 + 3 * second);
        assert!(
            matches!(&told[..], [(..200, kind)] if kind == "Timeout"),
            "{told:?}"
        );
    }

    #[test]
    fn handles_that_come_and_go_do_not_pile_up() {
        assert!(watched(|second| second * 7919 % 300).is_empty());
        assert!(
            watched(|second| 10 * second.min(40)).is_empty(),
            "a pool that fills"
        );
        assert!(watched(|second| 10 + second / 6).is_empty(), "too few");
    }

    #[test]
    fn what_piled_up_explains_growth_of_memory() {
        let mut handles = Handles::new(1.0);
        for second in 0..60 {
            let counts = [
                ("Timeout".to_owned(), 2 * second),
                ("TCPSocketWrap".to_owned(), 40),
            ];
            handles.observe(f64::from(second), &counts, f64::NAN);
        }
        let more = handles.more_since(20.0).unwrap();
        assert_eq!((more.kind.as_str(), more.count), ("Timeout", 78));
        assert_eq!(handles.more_since(55.0), None);
    }
}
