//! When is a major GC worth its price?
//!
//! V8 collects the old generation when it has grown by about half: in a service of 50 MB that leaks
//! 1 MB/s that is twice a minute, too seldom to tell a leak from garbage. Another major GC costs
//! processor time by the size of what is live, so it is wanted only where it can tell something, and
//! the more seldom the more there is to mark and the less the last ones told.

use std::collections::VecDeque;

/// Major GCs in the shortest stretch that is suspected, and as many in its confirmation.
const POINTS: f64 = 12.0;

/// Seconds between two major GCs for each live byte. V8 marks about 1 MB in a millisecond, mostly
/// on other threads: so marking takes 2 % of one processor.
const SECONDS_PER_BYTE: f64 = 50e-9;

/// The share of the least growth by which memory has to have grown since the last major GC.
const NOTABLE: f64 = 0.1;

/// After major GCs that found nothing grown the wait doubles, this often at most.
const MOST_DOUBLINGS: u32 = 5;

/// Major GCs that a new one is compared with.
const REMEMBERED: usize = 4;

/// Kinds of memory.
const KINDS: usize = 4;

/// The share of the least growth by which memory has to stand above what these left, to have grown.
const RISE: f64 = 0.05;

/// What is known when it is asked whether a major GC is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Need {
    /// The shortest rise that is suspected, in seconds.
    pub patience: f64,
    /// Something is suspected or leaks: whether it goes on shall be known, whatever is in use.
    pub open: bool,
    /// Growth since the last major GC, garbage included, as a multiple of the least growth that is
    /// worth a word; the largest of all kinds of memory.
    pub grown: f64,
    /// Live bytes to be marked.
    pub live: f64,
}

/// What a major GC has left of one kind of memory, not a number where that is not known, and the least
/// growth that is worth a word; bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Left {
    pub bytes: f64,
    pub least: f64,
}

/// Remembers what the last major GCs told.
#[derive(Clone, Debug, Default)]
pub(super) struct Asking {
    /// End of the last major GC, or when one was asked for last.
    waiting_since: f64,
    doublings: u32,
    /// Major GCs in a row that found something grown.
    grown: u32,
    levels: VecDeque<[f64; KINDS]>,
}

impl Asking {
    /// A major GC has ended at `now` (seconds) and left so much.
    pub(super) fn collected(&mut self, now: f64, left: [Left; KINDS]) {
        self.waiting_since = now;
        let grown = (0..KINDS).any(|kind| {
            let above = |level: &[f64; KINDS]| left[kind].bytes - level[kind];
            let least = RISE * left[kind].least;
            self.levels.iter().all(|level| above(level) >= least)
        });
        self.grown = if grown { self.grown + 1 } else { 0 };
        self.doublings = match self.grown {
            0 => (self.doublings + 1).min(MOST_DOUBLINGS),
            1 => self.doublings.saturating_sub(1),
            _ => 0,
        };
        if self.levels.len() == REMEMBERED {
            self.levels.pop_front();
        }
        self.levels.push_back(left.map(|left| left.bytes));
    }

    /// Whether a major GC should be asked for at `now`. Who gets a yes is expected to do so.
    pub(super) fn wants(&mut self, now: f64, need: &Need) -> bool {
        let doublings = if need.open { 0 } else { self.doublings };
        let spacing = (need.patience / POINTS).max(need.live * SECONDS_PER_BYTE);
        let due = now - self.waiting_since >= spacing * f64::from(1_u32 << doublings);
        let wanted = due && (need.open || need.grown >= NOTABLE);
        if wanted {
            self.waiting_since = now;
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEED: Need = Need {
        patience: 10.0,
        open: false,
        grown: 0.5,
        live: 10e6,
    };

    /// How many are asked for in so many seconds, where each leaves what `live` says.
    fn asked(seconds: u32, need: Need, live: impl Fn(f64) -> f64) -> usize {
        let mut asking = Asking::default();
        (0..seconds * 4)
            .filter(|step| {
                let now = f64::from(*step) * 0.25;
                let wanted = asking.wants(now, &need);
                if wanted {
                    let least = 1e6;
                    let bytes = live(now);
                    asking.collected(now, [Left { bytes, least }; KINDS]);
                }
                wanted
            })
            .count()
    }

    #[test]
    fn a_rising_floor_is_looked_at_again_and_again_in_the_time_of_a_suspicion() {
        assert_eq!(asked(10, NEED, |now| 10e6 + 1e6 * now), 9);
    }

    #[test]
    fn a_floor_that_does_not_rise_is_looked_at_ever_more_seldom() {
        let steady = asked(640, NEED, |_| 10e6);
        assert!((18..30).contains(&steady), "{steady}");
    }

    #[test]
    fn after_a_quiet_time_two_major_gcs_that_find_growth_are_enough() {
        let late = |now: f64| 10e6 + 1e6 * (now - 600.0).max(0.0);
        let quiet = asked(600, NEED, late);
        let busy = asked(700, NEED, late) - quiet;
        assert!((35..100).contains(&busy), "{busy}");
    }

    #[test]
    fn a_large_heap_is_marked_seldom() {
        let large = Need { live: 1e9, ..NEED };
        assert_eq!(asked(201, large, |now| 1e9 + 1e7 * now), 4);
    }

    #[test]
    fn nothing_is_asked_for_where_nothing_grew_unless_something_is_suspected() {
        let still = Need {
            grown: 0.05,
            ..NEED
        };
        assert_eq!(asked(100, still, |_| 10e6), 0);
        let open = Need {
            open: true,
            ..still
        };
        assert_eq!(asked(100, open, |_| 10e6), 99);
    }
}
