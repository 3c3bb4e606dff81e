//! Do handles of the event loop pile up, or workers, or listeners, and of which kind?

use super::contexts::steady_rise;
use super::least::Least;
use super::metric::{Change, Growth, Look, Metric};

/// Kinds that are followed at the same time: each takes up to 30 kB.
const MOST_KINDS: usize = 16;

/// A kind is followed from so many on. Node has about forty kinds, and listeners are for some event
/// each; of most there are a few.
const NOTABLE: u32 = 4;

/// The kind of which each is a heap of its own, and threads besides.
const WORKERS: &str = "Worker threads";

/// More than this, and more than half as many again, explain growth of memory.
const LEAST: f64 = 20.0;
const LEAST_SHARE: f64 = 0.5;

/// Handles of a kind that came over a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MoreHandles {
    /// Node's name of the kind, such as `Timeout`; or, in more words than one, what else is counted.
    pub kind: String,
    /// More than at its beginning.
    pub count: u64,
}

impl MoreHandles {
    /// What they are called, as the beginning of a sentence.
    pub(super) fn name(&self) -> String {
        if self.kind.contains(' ') {
            self.kind.clone()
        } else {
            format!("{} handles", self.kind)
        }
    }
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
        for (kind, count) in counts {
            let known = self.kinds.iter().any(|(name, _)| name == kind);
            if !known && *count >= NOTABLE && self.has_room(counts) {
                let least = match kind.as_str() {
                    WORKERS => Least::of_workers(),
                    _ => Least::of_handles(),
                };
                self.kinds
                    .push((kind.clone(), Metric::new(self.interval, least)));
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

    /// Whether one more kind can be followed, if need be in the place of one that there are none left
    /// of.
    fn has_room(&mut self, counts: &[(String, u32)]) -> bool {
        if self.kinds.len() < MOST_KINDS {
            return true;
        }
        let gone = self.kinds.iter().position(|(name, metric)| {
            let left = counts
                .iter()
                .any(|(kind, count)| kind == name && *count > 0);
            !left && metric.leaking().is_none()
        });
        gone.map(|place| self.kinds.swap_remove(place)).is_some()
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
    fn a_few_workers_more_pile_up_where_a_few_timers_do_not() {
        let told = |kind: &str| {
            let mut handles = Handles::new(1.0);
            (0..300)
                .flat_map(|second| {
                    let counts = [(kind.to_owned(), 4 + second / 6)];
                    handles.observe(f64::from(second), &counts, f64::NAN)
                })
                .count()
        };
        assert_eq!((told(WORKERS), told("Timeout")), (1, 0));
    }

    #[test]
    fn kinds_that_are_gone_make_room_for_others() {
        let mut handles = Handles::new(1.0);
        let mut told = Vec::new();
        for second in 0..400 {
            let (gone, there) = (format!("Kind{second}"), format!("Kind{}", second + 1));
            let counts = [(gone, 9), (there, 9), ("Timeout".to_owned(), 3 * second)];
            told.extend(handles.observe(f64::from(second), &counts, f64::NAN));
        }
        assert!(handles.kinds.len() <= MOST_KINDS);
        assert!(
            matches!(&told[..], [(kind, _)] if kind == "Timeout"),
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
