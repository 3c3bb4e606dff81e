//! Samples in, events out.

use super::asking::{Asking, Need};
use super::between::Between;
use super::clock::Clock;
use super::evidence::least_growth;
use super::leak::{Event, Leak, LeakKind};
use super::limits::nearest;
use super::message;
use super::metric::{Change, Growth, Look, Metric};
use super::pressure::PressureGauges;
use super::status::{MetricState, MetricStatus, Status};
use crate::sample::Sample;
use crate::trend::forecast;

/// How a [`Judge`] judges.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgeOptions {
    /// Time between samples, ms. Patience is counted in it.
    pub interval_ms: f64,
    /// Growth below this many bytes is never reported; `None` for 5 % of the level at which the
    /// growth began and at least 1 MB.
    pub min_growth: Option<u64>,
    /// Shares of V8's and of the container's limit that raise [`Event::Pressure`].
    pub pressure: Vec<f64>,
}

/// Judges samples as they come and remembers what it has said.
///
/// Memory is bounded (about 80 kB); one observation takes 10 to 100 microseconds.
#[derive(Clone, Debug)]
pub struct Judge {
    interval_ms: f64,
    min_growth: Option<f64>,
    clock: Clock,
    heap: Metric,
    external: Metric,
    between: [Between; 2],
    pressure: PressureGauges,
    asking: Asking,
    load: Load,
    latest: Option<Sample>,
    live_heap: Option<f64>,
}

/// Minor GCs per second since the floor point before: what the load was while the floor moved.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    minor_gcs: u64,
    since: Option<f64>,
    /// Whether minor GCs are counted at all.
    known: bool,
}

impl Load {
    fn take(&mut self, now: f64) -> f64 {
        let span = self.since.map_or(0.0, |since| now - since);
        let rate = self.minor_gcs as f64 / span;
        let usable = self.known && span > 0.0;
        (self.minor_gcs, self.since) = (0, Some(now));
        if usable { rate } else { f64::NAN }
    }
}

impl Judge {
    /// A judge that has seen nothing. An interval below 1 ms, or none, counts as 10 s.
    pub fn new(options: JudgeOptions) -> Self {
        let interval_ms = if options.interval_ms >= 1.0 && options.interval_ms.is_finite() {
            options.interval_ms
        } else {
            10_000.0
        };
        let min_growth = options.min_growth.map(|bytes| bytes as f64);
        Self {
            interval_ms,
            min_growth,
            clock: Clock::new(interval_ms),
            heap: Metric::new(interval_ms / 1000.0, min_growth),
            external: Metric::new(interval_ms / 1000.0, min_growth),
            between: Default::default(),
            pressure: PressureGauges::new(&options.pressure),
            asking: Asking::default(),
            load: Load::default(),
            latest: None,
            live_heap: None,
        }
    }

    /// Judges one more sample and says what is new: almost always nothing.
    pub fn observe(&mut self, sample: &Sample) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .pressure
            .observe(sample)
            .into_iter()
            .map(Event::Pressure)
            .collect();
        // While the loop is blocked V8's figures stand still; a trend must not see that.
        if sample.loop_blocked {
            return events;
        }
        let now = self.clock.tick(sample.time);
        self.load.minor_gcs += u64::from(sample.minor_gcs);
        self.load.known |= sample.minor_gcs > 0;
        self.live_heap = sample
            .live_heap
            .map(|bytes| bytes as f64)
            .or(self.live_heap);
        let looks = [
            (LeakKind::Heap, sample.live_heap, sample.old_generation),
            (
                LeakKind::External,
                sample.live_external,
                Some(sample.external),
            ),
        ];
        let mut load = None;
        for (place, (kind, live, used)) in looks.into_iter().enumerate() {
            let between = &mut self.between[place];
            let bytes = match live {
                Some(live) => {
                    between.collected(now, live as f64);
                    Some(live as f64)
                }
                None => used.and_then(|used| between.estimate(now, used as f64)),
            };
            let Some(bytes) = bytes else { continue };
            let load = *load.get_or_insert_with(|| self.load.take(now));
            let look = Look {
                bytes,
                collected: live.is_some(),
                load,
            };
            let (_, room) = nearest(kind, sample, self.live_heap);
            let change = self.metric(kind).observe(now, &look, room);
            events.extend(change.map(|change| match change {
                Change::Leaking(growth) => Event::Leak(self.leak(kind, &growth, sample)),
                Change::Settled(growth) => Event::Settled(self.settled(kind, &growth, sample)),
            }));
        }
        if let (Some(heap), Some(external)) = (sample.live_heap, sample.live_external) {
            self.asking.collected(now, heap as f64 + external as f64);
        }
        self.latest = Some(sample.clone());
        events
    }

    /// Whether a major GC should be asked for now, because without it nothing can be judged for
    /// long. Who gets a yes is expected to ask.
    pub fn wants_major_gc(&mut self) -> bool {
        let Some(sample) = self.latest.as_ref().filter(|sample| !sample.loop_blocked) else {
            return false;
        };
        let now = self.clock.now();
        let used = sample.old_generation.unwrap_or(sample.heap_used) as f64;
        let grown = [(&self.heap, used), (&self.external, sample.external as f64)]
            .into_iter()
            .map(|(metric, used)| {
                let level = metric.last_collected().unwrap_or(0.0);
                (used - level) / least_growth(self.min_growth, level)
            })
            .fold(0.0, f64::max);
        let need = Need {
            patience: self.heap.suspicion(now),
            open: self.heap.open() || self.external.open(),
            grown,
            live: self.live_heap.unwrap_or(used),
        };
        self.asking.wants(now, &need)
    }

    /// How things stand.
    pub fn status(&self) -> Status {
        let mut leaks = Vec::new();
        if let Some(sample) = &self.latest {
            for (kind, metric) in [
                (LeakKind::Heap, &self.heap),
                (LeakKind::External, &self.external),
            ] {
                leaks.extend(
                    metric
                        .leaking()
                        .map(|growth| self.leak(kind, &growth, sample)),
                );
            }
        }
        Status {
            heap: self.metric_status(&self.heap),
            external: self.metric_status(&self.external),
            leaks,
            needs_major_gc: self.needs_major_gc(),
        }
    }

    /// Bytes of memory that it holds.
    pub fn bytes_held(&self) -> usize {
        size_of::<Self>() + self.heap.floor().bytes_held() + self.external.floor().bytes_held()
    }

    fn metric(&mut self, kind: LeakKind) -> &mut Metric {
        if kind == LeakKind::External {
            &mut self.external
        } else {
            &mut self.heap
        }
    }

    fn leak(&self, kind: LeakKind, growth: &Growth, sample: &Sample) -> Leak {
        let (mut limit, room) = nearest(kind, sample, self.live_heap);
        let rate = growth.slope.slope;
        let reached = forecast(&growth.slope, 0.0, 0.0, room);
        limit.reached_at = reached.map(|reached| sample.time + reached.at * 1000.0);
        let interval = bounds(growth);
        let since = self.clock.epoch(growth.since);
        let bytes = growth.bytes.max(0.0) as u64;
        let message = message::leak(kind, rate, interval, bytes, since, &limit, sample.time);
        Leak {
            kind,
            bytes_per_second: rate,
            interval,
            confidence: growth.confidence,
            since,
            growth: bytes,
            limit,
            message,
        }
    }

    fn settled(&self, kind: LeakKind, growth: &Growth, sample: &Sample) -> Leak {
        let mut leak = self.leak(kind, growth, sample);
        leak.limit.reached_at = None;
        let subject = if kind == LeakKind::External {
            "External memory"
        } else {
            "Live heap"
        };
        leak.message = format!(
            "{subject} no longer grows; it had grown by {} since {}.",
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
            points: metric.gc_count(),
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
        let waited = self.clock.now() - self.heap.last_gc().unwrap_or(0.0);
        let level = self.live_heap.unwrap_or(0.0);
        let grown = sample.heap_used as f64 - level;
        waited > patience && grown > least_growth(self.min_growth, level)
    }
}

fn bounds(growth: &Growth) -> [f64; 2] {
    let slope = growth.slope;
    let or_slope = |end: f64| if end.is_finite() { end } else { slope.slope };
    [or_slope(slope.low), or_slope(slope.high)]
}
