//! Samples in, events out.

use super::asking::{Asking, Left, Need};
use super::between::Between;
use super::clock::Clock;
use super::contexts::Contexts;
use super::handles::{Handles, MoreHandles};
use super::leak::Event;
use super::least::Least;
use super::limits::nearest;
use super::load::Load;
use super::metric::{Change, Growth, Look, Metric};
use super::native::{AfterGc, Outside};
use super::pressure::PressureGauges;
use super::subject::Subject;
use super::telling::{Decision, Held, Place, Track};
use crate::sample::Sample;

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
/// Memory is bounded (about 200 kB); one observation takes 10 to 100 microseconds.
#[derive(Clone, Debug)]
pub struct Judge {
    pub(super) interval_ms: f64,
    pub(super) least: Least,
    pub(super) clock: Clock,
    pub(super) tracks: [Track; 4],
    between: [Between; 2],
    after_gc: AfterGc,
    contexts: Contexts,
    pub(super) handles: Handles,
    /// An alarm of a kind of handles that waits to be told.
    handles_held: Option<(String, Held)>,
    /// Kinds of handles that were told to pile up.
    pub(super) handles_told: Vec<MoreHandles>,
    pressure: PressureGauges,
    asking: Asking,
    load: Load,
    pub(super) latest: Option<Sample>,
    pub(super) live_heap: Option<f64>,
}

impl Judge {
    /// A judge that has seen nothing. An interval below 1 ms, or none, counts as 10 s.
    pub fn new(options: JudgeOptions) -> Self {
        let interval_ms = if options.interval_ms >= 1.0 && options.interval_ms.is_finite() {
            options.interval_ms
        } else {
            10_000.0
        };
        let chosen = options.min_growth.map(|bytes| bytes as f64);
        let least = Least::of_live_memory(chosen);
        let track = |place: Place| {
            let least = match place {
                Place::Heap | Place::External => least,
                Place::Allocated => Least::of_allocated_memory(chosen),
                Place::Resident => Least::of_resident_memory(chosen),
            };
            Track::new(place, Metric::new(interval_ms / 1000.0, least))
        };
        Self {
            interval_ms,
            least,
            clock: Clock::new(interval_ms),
            tracks: Place::ALL.map(track),
            between: Default::default(),
            after_gc: AfterGc::default(),
            contexts: Contexts::new(),
            handles: Handles::new(interval_ms / 1000.0),
            handles_held: None,
            handles_told: Vec::new(),
            pressure: PressureGauges::new(&options.pressure),
            asking: Asking::default(),
            load: Load::new(),
            latest: None,
            live_heap: None,
        }
    }

    /// Judges one more sample and says what is new: almost always nothing. `handles` are the
    /// handles of the event loop by kind, when they were looked at.
    pub fn observe(&mut self, sample: &Sample, handles: Option<&[(String, u32)]>) -> Vec<Event> {
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
        self.load.count(sample.minor_gcs);
        self.live_heap = sample
            .live_heap
            .map(|bytes| bytes as f64)
            .or(self.live_heap);
        if let (Some(count), Some(detached)) = (sample.live_contexts, sample.detached_contexts) {
            self.contexts.collected(now, count, detached);
        }
        for (place, bytes, collected) in self.looks(now, sample) {
            let load = self.load.at(now);
            let look = Look {
                bytes,
                collected,
                load,
            };
            let (_, room) = nearest(place.kind(), sample, self.live_heap);
            let track = &mut self.tracks[place as usize];
            match track.metric.observe(now, &look, room) {
                Some(Change::Leaking(growth)) => {
                    let patience = 0.5 * track.metric.suspicion(now);
                    let hurry = room / growth.slope.slope < 4.0 * patience;
                    let until = if hurry { now } else { now + patience };
                    track.held = Some(Held { growth, until });
                }
                Some(Change::Settled(growth)) => {
                    track.held = None;
                    if let Some(subject) = track.told.take() {
                        events.push(Event::Settled(self.settled(&subject, &growth, sample)));
                    }
                }
                None => {}
            }
        }
        if let Some(counts) = handles {
            self.observe_handles(now, counts, sample, &mut events);
        }
        self.tell(now, sample, &mut events);
        if let (Some(heap), Some(external)) = (sample.live_heap, sample.live_external) {
            let outside = Outside::of(sample);
            let known = |bytes: f64| if sample.forked { f64::NAN } else { bytes };
            let bytes = [
                heap as f64,
                external as f64,
                known(outside.allocated.unwrap_or(0.0)),
                known(outside.resident),
            ];
            let left = Place::ALL.map(|place| {
                let bytes = bytes[place as usize];
                let least = self.tracks[place as usize].metric.least();
                Left {
                    bytes,
                    least: least.growth(bytes),
                }
            });
            self.asking.collected(now, left);
        }
        self.latest = Some(sample.clone());
        events
    }

    /// What is known or estimated to be live now, place by place, and whether a major GC tells.
    fn looks(&mut self, now: f64, sample: &Sample) -> Vec<(Place, f64, bool)> {
        let mut looks = Vec::with_capacity(4);
        let external = (sample.live_external, Some(sample.external));
        let heap = (sample.live_heap, sample.old_generation);
        for (place, (live, used)) in [(Place::Heap, heap), (Place::External, external)] {
            let between = &mut self.between[place as usize];
            if let Some(live) = live {
                let left = used.filter(|_| sample.forked).unwrap_or(live);
                between.collected(now, live as f64, left as f64);
                looks.push((place, live as f64, true));
            } else if let Some(bytes) = used.and_then(|used| between.estimate(now, used as f64)) {
                looks.push((place, bytes, false));
            }
        }
        if let Some(outside) = self.after_gc.look(sample) {
            looks.extend(
                outside
                    .allocated
                    .map(|bytes| (Place::Allocated, bytes, true)),
            );
            looks.push((Place::Resident, outside.resident, true));
        }
        looks
    }

    fn observe_handles(
        &mut self,
        now: f64,
        counts: &[(String, u32)],
        sample: &Sample,
        events: &mut Vec<Event>,
    ) {
        for (kind, change) in self.handles.observe(now, counts, self.load.newest()) {
            match change {
                Change::Leaking(growth) => {
                    let until = now + 0.5 * self.heap().metric.suspicion(now);
                    self.handles_held = Some((kind, Held { growth, until }));
                }
                Change::Settled(growth) => {
                    self.handles_held = self.handles_held.take().filter(|(held, _)| *held != kind);
                    if let Some(place) = self.handles_told.iter().position(|it| it.kind == kind) {
                        let subject = Subject::Handles(self.handles_told.remove(place));
                        let growth = self.memory_since(growth);
                        events.push(Event::Settled(self.settled(&subject, &growth, sample)));
                    }
                }
            }
        }
    }

    /// Tells of the alarms that need not wait any longer.
    fn tell(&mut self, now: f64, sample: &Sample, events: &mut Vec<Event>) {
        for place in Place::ALL {
            let track = &self.tracks[place as usize];
            let Some(held) = track.held else { continue };
            match track.decide(&held, &self.tracks, now) {
                Decision::Wait => continue,
                Decision::Drop => {}
                Decision::Tell => {
                    let subject = self.subject(place, &held.growth);
                    let told_by_its_handles = matches!(&subject, Subject::Handles(more)
                        if self.handles_told.iter().any(|told| told.kind == more.kind));
                    if !told_by_its_handles {
                        events.push(Event::Leak(self.leak(&subject, &held.growth, sample)));
                        self.tracks[place as usize].told = Some(subject);
                    }
                }
            }
            self.tracks[place as usize].held = None;
        }
        let Some((kind, held)) = self.handles_held.clone() else {
            return;
        };
        let told = self.tracks.iter().any(|track| track.told.is_some());
        let open = self.tracks.iter().any(|track| track.metric.undecided());
        if !told && open && now < held.until {
            return;
        }
        self.handles_held = None;
        if told {
            return;
        }
        let more = MoreHandles {
            kind,
            count: held.growth.bytes as u64,
        };
        let growth = self.memory_since(held.growth);
        let subject = Subject::Handles(more.clone());
        events.push(Event::Leak(self.leak(&subject, &growth, sample)));
        self.handles_told.push(more);
    }

    /// What the growth of memory in a place consists of.
    fn subject(&self, place: Place, growth: &Growth) -> Subject {
        if place != Place::External {
            if let Some(more) = self.contexts.more_since(growth.since) {
                return Subject::Contexts(more);
            }
            if let Some(more) = self.handles.more_since(growth.since) {
                return Subject::Handles(more);
            }
        }
        match place {
            Place::Heap => Subject::Heap,
            Place::External => Subject::External,
            Place::Allocated => Subject::Allocated,
            Place::Resident => Subject::Resident {
                known: self.tracks[Place::Allocated as usize].metric.gcs().count() > 0,
            },
        }
    }

    /// Whether a major GC should be asked for now, because without it nothing can be judged for
    /// long. Who gets a yes is expected to ask.
    pub fn wants_major_gc(&mut self) -> bool {
        let Some(sample) = self.latest.as_ref().filter(|sample| !sample.loop_blocked) else {
            return false;
        };
        let now = self.clock.now();
        let outside = Outside::of(sample);
        // The young generation included: in a quiet program what leaks may stay there for long.
        let used = sample.heap_used as f64;
        let in_use = [
            Some(used),
            Some(sample.external as f64),
            outside.allocated.filter(|_| sample.alone),
            Some(outside.resident).filter(|_| sample.alone),
        ];
        let grown = self.tracks.iter().zip(in_use).filter_map(|(track, used)| {
            // What the last major GC left of native memory is known a moment later.
            let level = match track.metric.gcs().left() {
                Some(level) => level,
                None if track.place.is_native() => return None,
                None => 0.0,
            };
            Some((used? - level) / track.metric.least().growth(level))
        });
        let need = Need {
            patience: self.heap().metric.suspicion(now),
            open: self.tracks.iter().any(|track| track.metric.open()),
            grown: grown.fold(0.0, f64::max),
            live: self.live_heap.unwrap_or(used),
        };
        self.asking.wants(now, &need)
    }

    /// Bytes of memory that it holds.
    pub fn bytes_held(&self) -> usize {
        let floors: usize = self
            .tracks
            .iter()
            .map(|track| track.metric.floor().bytes_held())
            .sum();
        size_of::<Self>() + floors + self.contexts.bytes_held() + self.handles.bytes_held()
    }

    pub(super) fn heap(&self) -> &Track {
        &self.tracks[Place::Heap as usize]
    }
}
