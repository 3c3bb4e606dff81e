//! One metric from the first floor point to a leak, and to its end.
//!
//! A leak is found in two steps: a stretch of the floor that passes every test of [`super::evidence`]
//! is suspected, and what comes after confirms it or does not, see [`super::suspicion`].

use super::beginning::measured;
use super::ending::{ended, idle};
use super::evidence::{LEAST_POINTS, assess, heights, outline, thinned};
use super::least::Least;
use super::major_gcs::MajorGcs;
use super::patience::{Patience, Stretch, stretches, urgent};
use super::suspicion::{LEAST_POINTS_OF_A_LEAK, Newest, Suspicion, Weight};
use crate::trend::{Floor, FloorPoint, Slope, median, theil_sen};

/// Points of each width that the floor keeps: 24 kB in a month at a GC a second.
const PER_SCALE: usize = 64;

/// A suspicion needs this many major GCs in its stretch: what an estimate between two of them says
/// is only what the ones before said.
const LEAST_GCS: usize = 3;

/// What a metric has to say, once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    /// A leak was found.
    Leaking(Growth),
    /// It has ended.
    Settled(Growth),
}

/// Growth of one metric, in its own clock's seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growth {
    /// Bytes per second with the interval.
    pub slope: Slope,
    /// 0 to 1.
    pub confidence: f64,
    /// When it began.
    pub since: f64,
    /// Bytes since then.
    pub bytes: f64,
}

/// A point of the floor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// Live bytes.
    pub bytes: f64,
    /// Whether a major GC has just ended, so that they are known and not estimated.
    pub collected: bool,
    /// Load at that time; not a number when it is not known.
    pub load: f64,
}

#[derive(Clone, Debug)]
enum Phase {
    Watching,
    Suspected(Suspicion),
    /// `reported` at the moment `alarmed`; `shown` is what is known now.
    Leaking {
        reported: Growth,
        shown: Growth,
        alarmed: f64,
    },
}

/// Watches one metric.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    floor: Floor,
    patience: Patience,
    least: Least,
    phase: Phase,
    /// Rises before this moment are history: they were a leak that has settled.
    forgotten_before: f64,
    /// A leak that goes on is not measured anew before this moment.
    next_look: f64,
    gcs: MajorGcs,
}

impl Metric {
    /// For samples every `interval` seconds and a least growth.
    pub(super) fn new(interval: f64, least: Least) -> Self {
        Self {
            floor: Floor::new(PER_SCALE),
            patience: Patience::new(interval),
            least,
            phase: Phase::Watching,
            forgotten_before: f64::NEG_INFINITY,
            next_look: f64::NEG_INFINITY,
            gcs: MajorGcs::new(),
        }
    }

    /// Adds a point of the floor at `now` (seconds), with `room` bytes left to the nearest limit.
    pub(super) fn observe(&mut self, now: f64, look: &Look, room: f64) -> Option<Change> {
        self.floor.push(now, look.bytes, look.load);
        if look.collected {
            self.gcs.ended(now, look.bytes);
        }
        if matches!(self.phase, Phase::Leaking { .. }) && now < self.next_look {
            return None;
        }
        let points: Vec<FloorPoint> = self.floor.iter().copied().collect();
        let recent = points.partition_point(|point| point.x < self.forgotten_before);
        match self.phase.clone() {
            Phase::Watching => self.watch(&points, recent, now, room),
            Phase::Suspected(suspicion) => {
                return self.confirm(&points, now, look.collected, room, suspicion);
            }
            Phase::Leaking {
                reported,
                shown,
                alarmed,
            } => {
                return self.follow(&points, now, reported, shown, alarmed);
            }
        }
        None
    }

    /// Looks for a stretch up to now that looks like a leak, from short to long.
    fn watch(&mut self, points: &[FloorPoint], recent: usize, now: f64, room: f64) {
        let age = self.age(now);
        let least = self.suspicion(now);
        let usable = &points[recent..];
        let started = self.started();
        let mut known_heights = None;
        for Stretch { start, hurried } in stretches(usable, now, least) {
            if self.gcs.since(usable[start].x) < LEAST_GCS {
                continue;
            }
            // The longer a stretch, the less does one point change: look at each once in a
            // sixteenth of its points, and only when its ends are apart at all.
            let turn = 1 + (usable.len() - start) as u64 / 16;
            if !self.floor.pushed().is_multiple_of(turn) || !self.higher_now(&usable[start..]) {
                continue;
            }
            let stretch = thinned(&usable[start..]);
            let height =
                known_heights.get_or_insert_with(|| heights(points, started))[recent + start];
            let Ok(evidence) = assess(&stretch, height, self.least) else {
                continue;
            };
            let left = self.patience.left(age, now - usable[start].x);
            if hurried && !urgent(&evidence, room, left) {
                continue;
            }
            self.phase = Phase::Suspected(Suspicion {
                from: usable[start].x,
                found: now,
                line: evidence.slope,
                streak: 0,
            });
            return;
        }
    }

    /// Whether the newest points stand at least half the least growth above the oldest.
    fn higher_now(&self, stretch: &[FloorPoint]) -> bool {
        let ends = |three: &[FloorPoint]| three.iter().map(|point| point.y).collect::<Vec<f64>>();
        let (Some(first), Some(last)) = (stretch.first_chunk::<3>(), stretch.last_chunk::<3>())
        else {
            return false;
        };
        let bottom = ends(first).into_iter().fold(f64::INFINITY, f64::min);
        let top = median(&mut ends(last)).unwrap_or(f64::NAN);
        top - bottom >= 0.5 * self.least.growth(bottom)
    }

    /// Compares what came after the suspicion with what it foretold.
    fn confirm(
        &mut self,
        points: &[FloorPoint],
        now: f64,
        collected: bool,
        room: f64,
        mut suspicion: Suspicion,
    ) -> Option<Change> {
        let recent = points.partition_point(|point| point.x < self.forgotten_before);
        let needed = self.patience.confirmation(suspicion.found - suspicion.from);
        let begin = points.partition_point(|point| point.x < suspicion.from);
        let whole = assess(
            &thinned(&points[begin..]),
            heights(points, self.started())[begin],
            self.least,
        );
        let newest = Newest {
            now,
            collected,
            room,
            needed,
        };
        self.phase = match suspicion.weigh(points, &newest, whole.as_ref().ok()) {
            Weight::Open => Phase::Suspected(suspicion),
            Weight::Refuted => Phase::Watching,
            Weight::Confirmed(evidence) => {
                let growth = measured(points, recent, begin, &evidence, self.least, self.started());
                self.next_look = now;
                self.phase = Phase::Leaking {
                    reported: growth,
                    shown: growth,
                    alarmed: now,
                };
                return Some(Change::Leaking(growth));
            }
        };
        None
    }

    /// Keeps the figures of a leak fresh and notices its end.
    fn follow(
        &mut self,
        points: &[FloorPoint],
        now: f64,
        reported: Growth,
        shown: Growth,
        alarmed: f64,
    ) -> Option<Change> {
        let since = reported.since;
        // As long as it took to alarm, and longer for a leak that went on for long.
        let takes = (alarmed - since).max((now - since) / 8.0);
        self.next_look = now + takes / 32.0;
        let from = alarmed.max(now - takes);
        let tail = &points[points.partition_point(|point| point.x < from)..];
        let long_enough = tail
            .first()
            .is_some_and(|first| now - first.x >= 0.9 * takes)
            && tail.len() >= LEAST_POINTS_OF_A_LEAK
            && self.gcs.since(from) >= LEAST_GCS;
        let begin = points.partition_point(|point| point.x < since);
        let leaking = &points[begin..points.partition_point(|point| point.x <= alarmed)];
        if long_enough && !idle(tail, leaking) && ended(tail, &reported, alarmed) {
            self.phase = Phase::Watching;
            self.forgotten_before = tail[0].x;
            let top = heights(&points[begin..], since).last().copied().flatten();
            let bytes = top.map_or(shown.bytes, |top| (top - reported.slope.at(since)).max(0.0));
            return Some(Change::Settled(Growth { bytes, ..reported }));
        }
        // While a leak ebbs away its mean rate misleads, so the last good figures stay.
        let fresh = theil_sen(&outline(&points[begin..]), 0.99).filter(|slope| slope.low > 0.0);
        if let Some(slope) = fresh {
            let bytes = slope.slope * (now - since);
            let shown = Growth {
                slope,
                bytes,
                ..shown
            };
            self.phase = Phase::Leaking {
                reported,
                shown,
                alarmed,
            };
        }
        None
    }

    /// The shortest rise that is suspected at `now`, in seconds.
    pub(super) fn suspicion(&self, now: f64) -> f64 {
        self.patience.suspicion(self.age(now))
    }

    /// When the program was no longer at its beginning, as far as is known: after the first span in which
    /// nothing could be told.
    fn started(&self) -> f64 {
        let first = self.floor.first().map_or(0.0, |first| first.x);
        first + self.patience.suspicion(0.0)
    }

    fn age(&self, now: f64) -> f64 {
        self.floor.first().map_or(0.0, |first| now - first.x)
    }

    /// The leak that is going on.
    pub(super) fn leaking(&self) -> Option<Growth> {
        match &self.phase {
            Phase::Leaking { shown, .. } => Some(*shown),
            _ => None,
        }
    }

    /// The least growth that is worth a word.
    pub(super) fn least(&self) -> Least {
        self.least
    }

    /// Whether a rise is suspected, or has been told and has not ended.
    pub(super) fn open(&self) -> bool {
        !matches!(self.phase, Phase::Watching)
    }

    /// Whether something is suspected, or the recent half of what is known grows by more than is
    /// worth a word and it is not known yet whether that ends.
    pub(super) fn undecided(&self) -> bool {
        if let Phase::Suspected(_) = self.phase {
            return true;
        }
        let now = self.floor.last().map_or(0.0, |last| last.x);
        self.trend().is_some_and(|(slope, since)| {
            let growth = slope.slope * (now - since);
            slope.low > 0.0 && growth >= self.least.growth(slope.at(since))
        })
    }

    /// Whether `now` is too early to say anything.
    pub(super) fn warming(&self, now: f64) -> bool {
        now < self.suspicion(now)
    }

    /// Whether too few major GCs have ended to say anything.
    pub(super) fn starved(&self) -> bool {
        self.gcs.count() < LEAST_GCS as u64
    }

    /// The major GCs that were seen.
    pub(super) fn gcs(&self) -> &MajorGcs {
        &self.gcs
    }

    /// The line through the recent half of what is known, and where that begins.
    pub(super) fn trend(&self) -> Option<(Slope, f64)> {
        let last = self.floor.last()?.x;
        let first = self.floor.first()?.x.max(self.forgotten_before);
        let points = outline(&self.floor.since(0.5 * (first + last)));
        if points.len() < LEAST_POINTS {
            return None;
        }
        Some((theil_sen(&points, 0.99)?, points[0].0))
    }

    /// Values seen, the newest one and its time.
    pub(super) fn floor(&self) -> &Floor {
        &self.floor
    }
}
