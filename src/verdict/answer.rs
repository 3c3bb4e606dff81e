//! How the judge puts what it knows.

use super::judge::Judge;
use super::leak::Leak;
use super::limits::nearest;
use super::message;
use super::metric::{Growth, Metric};
use super::status::{MetricState, MetricStatus, Status};
use super::subject::Subject;
use super::telling::Place;
use crate::sample::Sample;
use crate::trend::forecast;

impl Judge {
    /// How things stand.
    pub fn status(&self) -> Status {
        let mut leaks = Vec::new();
        if let Some(sample) = &self.latest {
            for track in &self.tracks {
                if let (Some(subject), Some(growth)) = (&track.told, track.metric.leaking()) {
                    leaks.push(self.leak(subject, &growth, sample));
                }
            }
            for more in &self.handles_told {
                if let Some(growth) = self.handles.leaking(&more.kind) {
                    let growth = self.memory_since(growth);
                    leaks.push(self.leak(&Subject::Handles(more.clone()), &growth, sample));
                }
            }
        }
        let native = [Place::Allocated, Place::Resident]
            .map(|place| &self.tracks[place as usize].metric)
            .into_iter()
            .find(|metric| metric.gcs().count() > 0);
        Status {
            heap: self.metric_status(&self.heap().metric),
            external: self.metric_status(&self.tracks[Place::External as usize].metric),
            native: native.map(|metric| self.metric_status(metric)),
            leaks,
            needs_major_gc: self.needs_major_gc(),
        }
    }

    /// The leak that `subject` is.
    pub(super) fn leak(&self, subject: &Subject, growth: &Growth, sample: &Sample) -> Leak {
        let (mut limit, room) = nearest(subject.memory(), sample, self.live_heap);
        let rate = growth.slope.slope;
        let reached = forecast(&growth.slope, 0.0, 0.0, room);
        limit.reached_at = reached.map(|reached| sample.time + reached.at * 1000.0);
        let interval = bounds(growth);
        let since = self.clock.epoch(growth.since);
        let bytes = growth.bytes.max(0.0) as u64;
        let message = if rate > 0.0 {
            let grows = subject.grows();
            message::leak(&grows, rate, interval, bytes, since, &limit, sample.time)
        } else {
            let since = message::moment(since, sample.time);
            format!("{} since {since}.", subject.piles_up())
        };
        Leak {
            kind: subject.kind(),
            bytes_per_second: rate,
            interval,
            confidence: growth.confidence,
            since,
            growth: bytes,
            limit,
            message,
        }
    }

    /// The same, when it is over.
    pub(super) fn settled(&self, subject: &Subject, growth: &Growth, sample: &Sample) -> Leak {
        let mut leak = self.leak(subject, growth, sample);
        leak.limit.reached_at = None;
        leak.message = format!(
            "{} had grown by {} since {}.",
            subject.settled(),
            message::size(leak.growth as f64),
            message::moment(leak.since, sample.time)
        );
        leak
    }

    fn metric_status(&self, metric: &Metric) -> MetricStatus {
        let leaking = metric.leaking();
        let state = if leaking.is_some() {
            MetricState::Leaking
        } else if metric.warming(self.clock.now()) {
            MetricState::Warming
        } else if metric.starved() || metric.undecided() {
            MetricState::NotSettled
        } else {
            MetricState::Clean
        };
        let now = metric.floor().last().map_or(0.0, |last| last.x);
        let figures = leaking
            .map(|growth| (growth.slope, growth.since, growth.bytes))
            .or_else(|| {
                let (slope, since) = metric.trend()?;
                Some((slope, since, slope.slope * (now - since)))
            });
        MetricStatus {
            state,
            points: metric.gcs().count(),
            bytes_per_second: figures.map(|(slope, ..)| slope.slope),
            interval: figures
                .map(|(slope, ..)| [slope.low, slope.high])
                .filter(|ends| ends.iter().all(|end| end.is_finite())),
            growth: figures.map(|(_, _, bytes)| bytes),
            since: figures.map(|(_, since, _)| self.clock.epoch(since)),
        }
    }

    fn needs_major_gc(&self) -> bool {
        let Some(sample) = &self.latest else {
            return false;
        };
        // Two intervals per point that a suspicion needs are patience enough.
        let patience = 16.0 * self.interval_ms / 1000.0;
        let waited = self.clock.now() - self.heap().metric.gcs().last().unwrap_or(0.0);
        let level = self.live_heap.unwrap_or(0.0);
        let grown = sample.heap_used as f64 - level;
        waited > patience && grown > self.least.growth(level)
    }

    /// Growth of handles as growth of the memory that the heap and native code use meanwhile.
    pub(super) fn memory_since(&self, handles: Growth) -> Growth {
        let mut growth = handles;
        growth.slope.slope = 0.0;
        (growth.slope.low, growth.slope.high) = (0.0, 0.0);
        for place in [Place::Heap, Place::Allocated] {
            if let Some((slope, _)) = self.tracks[place as usize].metric.trend()
                && slope.low > 0.0
            {
                growth.slope.slope += slope.slope;
                growth.slope.low += slope.low;
                growth.slope.high += slope.high;
            }
        }
        growth.bytes = growth.slope.slope * (self.clock.now() - growth.since);
        growth
    }
}

fn bounds(growth: &Growth) -> [f64; 2] {
    let slope = growth.slope;
    let or_slope = |end: f64| if end.is_finite() { end } else { slope.slope };
    [or_slope(slope.low), or_slope(slope.high)]
}
