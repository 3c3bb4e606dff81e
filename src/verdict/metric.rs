//! One metric from the first floor point to a leak, and to its end.
//!
//! A leak is found in two steps. A stretch of the floor that passes every test of
//! [`super::evidence`] is only a suspicion: with thousands of looks at many stretches, some pass by
//! accident. The suspicion is a forecast, and it is confirmed by points that came after it was
//! made: they must have gone on rising as forecast.

use super::evidence::{Evidence, LEAST_POINTS, assess, heights, least_growth};
use crate::trend::{
    Floor, FloorPoint, Point, Slope, mann_kendall, median, theil_sen, thin, two_pieces,
};

/// Points of each width that the floor keeps: 24 kB in a month at a GC a second.
const PER_SCALE: usize = 64;

/// Stretches are thinned to this many points before they are judged.
const MOST_JUDGED: usize = 64;

/// No alarm on fewer floor points.
const LEAST_POINTS_OF_A_LEAK: usize = 12;

/// A suspicion needs this many intervals of rise. An interval above a second belongs to a service
/// whose caches take minutes to fill, so that each second above it counts about double: at the
/// usual 10 s it makes 15 minutes.
const SUSPECTED_FOR: Patience = Patience { intervals: 48.0, beyond_a_second: 95.0, seconds: 10.0 };

/// A confirmation takes half as long as the suspicion, and no less than this.
const CONFIRMED_FOR: Patience = Patience { intervals: 40.0, beyond_a_second: 63.0, seconds: 8.0 };

/// A span of time that grows with the interval of the samples.
struct Patience {
    intervals: f64,
    beyond_a_second: f64,
    seconds: f64,
}

impl Patience {
    fn seconds(&self, interval: f64) -> f64 {
        let slow = (interval - 1.0).max(0.0) * self.beyond_a_second;
        (interval.min(1.0) * self.intervals + slow).max(self.seconds)
    }
}

/// The longer a process has run, the longer its bursts may be: this part of its age.
const LEAST_PART_OF_AGE: f64 = 1.0 / 128.0;

/// The share of the forecast rise that confirms, on so many floor points in a row.
const CONFIRMED_BY: f64 = 0.6;
const CONFIRMATIONS: u32 = 3;

/// The share below which a forecast has failed.
const REFUTED_BELOW: f64 = 0.25;

/// A leak that has eaten this share of the room that there was when it began is in a hurry.
const URGENT_SHARE: f64 = 0.25;

/// A rate below this share of the reported one is the end of a leak.
const ENDED_BELOW: f64 = 0.2;

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

#[derive(Clone, Debug)]
enum Phase {
    Watching,
    Suspected { from: f64, found: f64, line: Slope, streak: u32 },
    Leaking { growth: Growth, alarmed: f64 },
}

/// Watches one metric.
#[derive(Clone, Debug)]
pub(super) struct Metric {
    floor: Floor,
    interval: f64,
    chosen_growth: Option<f64>,
    phase: Phase,
    /// Rises before this moment are history: they were a leak that has settled.
    forgotten_before: f64,
    /// A leak that goes on is not measured anew before this moment.
    next_look: f64,
}

impl Metric {
    /// For samples every `interval` seconds and a least growth that the caller chose, if any.
    pub(super) fn new(interval: f64, chosen_growth: Option<f64>) -> Self {
        Self {
            floor: Floor::new(PER_SCALE),
            interval,
            chosen_growth,
            phase: Phase::Watching,
            forgotten_before: f64::NEG_INFINITY,
            next_look: f64::NEG_INFINITY,
        }
    }

    /// Adds a floor point of `bytes` at `now` (seconds), seen under some `load` (not a number
    /// when unknown), with `room` bytes left to the nearest limit.
    pub(super) fn observe(&mut self, now: f64, bytes: f64, load: f64, room: f64) -> Option<Change> {
        self.floor.push(now, bytes, load);
        let points: Vec<FloorPoint> = self.floor.iter().copied().collect();
        let recent = points.partition_point(|point| point.x < self.forgotten_before);
        match self.phase.clone() {
            Phase::Watching => self.watch(&points, recent, now, room),
            Phase::Suspected { from, found, line, streak } => {
                return self.confirm(&points, now, room, (from, found, line, streak));
            }
            Phase::Leaking { growth, alarmed } => {
                return self.follow(&points, now, growth, alarmed);
            }
        }
        None
    }

    /// Looks for a stretch up to now that looks like a leak, from short to long.
    fn watch(&mut self, points: &[FloorPoint], recent: usize, now: f64, room: f64) {
        let least = self.least_stretch(now);
        let usable = &points[recent..];
        let heights = heights(points);
        for (start, hurried) in starts(usable, now, least) {
            let stretch = thin(&usable[start..], MOST_JUDGED);
            let height = heights[recent + start];
            let Ok(evidence) = assess(&stretch, height, self.chosen_growth) else { continue };
            let lasted = now - usable[start].x;
            let needed = 1.5 * least + self.least_confirmation(0.0) - lasted;
            if hurried && !urgent(&evidence, room, needed) {
                continue;
            }
            let from = usable[start].x;
            self.phase = Phase::Suspected { from, found: now, line: evidence.slope, streak: 0 };
            return;
        }
    }

    /// Compares what came after the suspicion with what it foretold.
    fn confirm(
        &mut self,
        points: &[FloorPoint],
        now: f64,
        room: f64,
        (from, found, line, streak): (f64, f64, Slope, u32),
    ) -> Option<Change> {
        let begin = points.partition_point(|point| point.x < from);
        let after = points.partition_point(|point| point.x <= found);
        let later = &points[after..];
        let needed = self.least_confirmation(found - from);
        let elapsed = now - found;
        let whole = assess(
            &thin(&points[begin..], MOST_JUDGED),
            heights(points)[begin],
            self.chosen_growth,
        );
        let hurry = whole.is_ok_and(|evidence| urgent(&evidence, room, needed - elapsed));
        let enough = points.len() - begin >= LEAST_POINTS_OF_A_LEAK && later.len() >= 4;
        if !enough || (elapsed < needed && !hurry) {
            return None;
        }
        let share = fulfilled(later, found, &line);
        if let Ok(evidence) = whole
            && share >= CONFIRMED_BY
        {
            let streak = streak + 1;
            if streak >= CONFIRMATIONS || hurry {
                let growth = self.growth(points, begin, &evidence);
                self.phase = Phase::Leaking { growth, alarmed: now };
                return Some(Change::Leaking(growth));
            }
            self.phase = Phase::Suspected { from, found, line, streak };
        } else if share < REFUTED_BELOW || elapsed > 2.0 * needed {
            self.phase = Phase::Watching;
        } else {
            self.phase = Phase::Suspected { from, found, line, streak: 0 };
        }
        None
    }

    /// Keeps the figures of a leak fresh and notices its end.
    fn follow(
        &mut self,
        points: &[FloorPoint],
        now: f64,
        growth: Growth,
        alarmed: f64,
    ) -> Option<Change> {
        if now < self.next_look {
            return None;
        }
        let begin = points.partition_point(|point| point.x < growth.since);
        let stretch = outline(&points[begin..]);
        let fresh = match theil_sen(&stretch, 0.99) {
            Some(slope) => {
                let bytes = (slope.at(now) - slope.at(growth.since)).max(0.0);
                Growth { slope, bytes, ..growth }
            }
            None => growth,
        };
        // As long as it took to alarm, and longer for a leak that went on for long.
        let takes = (alarmed - growth.since).max((now - growth.since) / 8.0);
        self.next_look = now + takes / 32.0;
        let from = alarmed.max(now - takes);
        let after = points.partition_point(|point| point.x < from);
        let tail = &points[after..];
        let long_enough = tail.first().is_some_and(|first| now - first.x >= 0.9 * takes)
            && tail.len() >= LEAST_POINTS_OF_A_LEAK;
        if long_enough && ended(tail, &growth, alarmed) {
            self.phase = Phase::Watching;
            self.forgotten_before = tail[0].x;
            return Some(Change::Settled(fresh));
        }
        // While a leak ebbs away its average rate misleads, so the figures at the alarm stay.
        let shown = if fresh.slope.low > 0.0 { fresh } else { growth };
        self.phase = Phase::Leaking { growth: shown, alarmed };
        None
    }

    /// Finds the beginning of a rise that is known from `begin` on, and measures it from there.
    fn growth(&self, points: &[FloorPoint], begin: usize, evidence: &Evidence) -> Growth {
        let now = points[points.len() - 1].x;
        let (mut begin, mut evidence) = (begin, *evidence);
        let recent = points.partition_point(|point| point.x < self.forgotten_before);
        // Longer stretches that still pass, then the bend just before them.
        let mut length = now - points[begin].x;
        let mut bend_from = begin;
        let heights = heights(points);
        while bend_from > recent {
            length *= 1.5;
            bend_from = points.partition_point(|point| point.x < now - length).max(recent);
            let stretch = thin(&points[bend_from..], MOST_JUDGED);
            match assess(&stretch, heights[bend_from], self.chosen_growth) {
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
        Growth { slope, confidence: evidence.confidence(), since, bytes }
    }

    fn least_stretch(&self, now: f64) -> f64 {
        let age = self.floor.first().map_or(0.0, |first| now - first.x);
        SUSPECTED_FOR.seconds(self.interval).max(LEAST_PART_OF_AGE * age)
    }

    fn least_confirmation(&self, suspected_for: f64) -> f64 {
        CONFIRMED_FOR.seconds(self.interval).max(0.5 * suspected_for)
    }

    /// The leak that is going on.
    pub(super) fn leaking(&self) -> Option<Growth> {
        match &self.phase {
            Phase::Leaking { growth, .. } => Some(*growth),
            _ => None,
        }
    }

    /// Whether something is suspected, or the recent half of what is known grows by more than is
    /// worth a word and it is not known yet whether that ends.
    pub(super) fn undecided(&self) -> bool {
        if let Phase::Suspected { .. } = self.phase {
            return true;
        }
        let now = self.floor.last().map_or(0.0, |last| last.x);
        self.trend().is_some_and(|(slope, since)| {
            let growth = slope.slope * (now - since);
            slope.low > 0.0 && growth >= least_growth(self.chosen_growth, slope.at(since))
        })
    }

    /// Whether there is too little yet to say anything.
    pub(super) fn warming(&self) -> bool {
        let (Some(first), Some(last)) = (self.floor.first(), self.floor.last()) else {
            return true;
        };
        self.floor.len() < LEAST_POINTS_OF_A_LEAK || last.x - first.x < self.least_stretch(last.x)
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

/// Where stretches begin that end now: the shortest that patience allows, then each half as long
/// again, up to all. First come a few that are too short but for a leak in a hurry (`true`).
fn starts(points: &[FloorPoint], now: f64, least: f64) -> Vec<(usize, bool)> {
    let mut starts = Vec::new();
    for count in [LEAST_POINTS, 12, 18] {
        if let Some(start) = points.len().checked_sub(count)
            && now - points[start].x < least
        {
            starts.push((start, true));
        }
    }
    let Some(first) = points.first() else { return starts };
    let mut length = least;
    let mut before = points.len();
    while now - first.x >= least {
        let start = points.partition_point(|point| point.x < now - length);
        // The stretch must fill its length but for one step, or it is shorter than it seems.
        let start = start.min(points.partition_point(|point| point.x <= now - least).max(1) - 1);
        if start < before && points.len() - start >= LEAST_POINTS {
            starts.push((start, false));
            before = start;
        }
        if start == 0 {
            break;
        }
        length *= 1.5;
    }
    starts
}

/// Whether a leak reaches its limit before patience is over, and has eaten so much of the room
/// already that waiting is worse than being wrong.
fn urgent(evidence: &Evidence, room: f64, patience: f64) -> bool {
    let eaten = evidence.growth / (evidence.growth + room);
    eaten >= URGENT_SHARE && room / evidence.slope.slope < 2.0 * patience
}

/// The rise since `found` as a share of what the line foretold, by the median of the later half of
/// the points since.
fn fulfilled(later: &[FloorPoint], found: f64, line: &Slope) -> f64 {
    let half = &later[later.len() / 2..];
    let mut xs: Vec<f64> = half.iter().map(|point| point.x).collect();
    let mut ys: Vec<f64> = half.iter().map(|point| point.y).collect();
    match (median(&mut xs), median(&mut ys)) {
        (Some(x), Some(y)) if x > found => (y - line.at(found)) / (line.slope * (x - found)),
        _ => 0.0,
    }
}

/// Whether `tail` shows that the leak is over: flat, or fallen back by half of what had grown at
/// the alarm.
fn ended(tail: &[FloorPoint], growth: &Growth, alarmed: f64) -> bool {
    let points = outline(tail);
    let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let Some(line) = theil_sen(&points, 0.95) else { return false };
    let rises = mann_kendall(&values).is_some_and(|test| test.p_rising < 0.01);
    let flat = !rises && line.slope < ENDED_BELOW * growth.slope.slope && line.low <= 0.0;
    let half = 0.5 * (growth.slope.at(growth.since) + growth.slope.at(alarmed));
    let fallen = median(&mut values).is_some_and(|level| level < half);
    flat || fallen
}

/// The points without what is beside them, few enough to be judged.
fn outline(points: &[FloorPoint]) -> Vec<Point> {
    thin(points, MOST_JUDGED).iter().map(FloorPoint::point).collect()
}
