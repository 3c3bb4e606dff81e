//! The monitor's memory and judgement, as JavaScript feeds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::Float64ArraySlice;
use napi_derive::napi;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::figures::figures;
use super::flight::{Flight, FlightOptions, FlightStatus, Pilot};
use super::node::{self, call, json, options};
use crate::error::Result;
use crate::sample::{NoteKind, Recorder, Sample, Watcher, allocated};
use crate::verdict::{Event, Judge, JudgeOptions, RunVerdict, Rung, Status, judge_run};

/// Samples that are kept.
const HISTORY: usize = 720;

/// Of an answer to a sample: the judge said something, see [`NativeMonitor::take_events`].
const SAYS: u32 = 1;

/// Of an answer to a sample: a major GC would help.
const WANTS_MAJOR_GC: u32 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MonitorOptions {
    interval_ms: f64,
    min_growth: Option<u64>,
    pressure: Vec<f64>,
    /// Nothing where none is wanted.
    flight_recorder: Option<FlightOptions>,
}

/// Keeps samples, judges them, and watches the process while its event loop is blocked.
#[napi]
pub struct NativeMonitor {
    recorder: Arc<Recorder>,
    judge: Mutex<Judge>,
    watcher: Mutex<Option<Watcher>>,
    flight: Arc<Flight>,
    /// What JavaScript has not yet taken.
    events: Mutex<Vec<Event>>,
    own: Mutex<OwnTime>,
}

/// Time that the monitor has taken on JavaScript's thread.
#[derive(Default)]
struct OwnTime {
    begun: Option<Instant>,
    spent: Duration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MonitorStatus {
    sample: Option<Sample>,
    samples: usize,
    #[serde(flatten)]
    judged: Status,
    own_ms: f64,
    bytes_held: usize,
    black_box: FlightStatus,
}

#[napi]
impl NativeMonitor {
    /// Begins to watch.
    #[napi(constructor, catch_unwind)]
    pub fn new(json: String) -> node::Result<Self> {
        call(|| {
            let wanted: MonitorOptions = options(&json)?;
            let recorder = Arc::new(Recorder::new(HISTORY));
            let interval = Duration::from_secs_f64(wanted.interval_ms / 1000.0);
            let flight = Arc::new(Flight::default());
            let mut pilot = wanted
                .flight_recorder
                .map(|order| Pilot::new(Arc::clone(&flight), order, wanted.interval_ms));
            let watcher = Watcher::start(interval, Arc::clone(&recorder), move |recorder| {
                if let Some(pilot) = &mut pilot {
                    pilot.look(recorder);
                }
            })?;
            let judge = Judge::new(JudgeOptions {
                interval_ms: wanted.interval_ms,
                min_growth: wanted.min_growth,
                pressure: wanted.pressure,
            });
            Ok(Self {
                recorder,
                judge: Mutex::new(judge),
                watcher: Mutex::new(Some(watcher)),
                flight,
                events: Mutex::default(),
                own: Mutex::default(),
            })
        })
    }

    /// Work for the monitor begins on JavaScript's thread: what it takes until [`Self::end_work`] is
    /// counted as the monitor's own cost.
    #[napi(catch_unwind)]
    pub fn begin_work(&self) {
        self.own.lock().begun = Some(Instant::now());
    }

    /// The end of what began with [`Self::begin_work`].
    #[napi(catch_unwind)]
    pub fn end_work(&self) {
        let mut own = self.own.lock();
        if let Some(begun) = own.begun.take() {
            own.spent += begun.elapsed();
        }
    }

    /// Takes one look at the process, with the figures of `lib/figures.js`; `handles` is JSON, the kinds
    /// of handles, and of what else is counted, with their numbers. Answers with [`SAYS`] or
    /// [`WANTS_MAJOR_GC`] or both: almost always 0, so that a sample leaves no garbage.
    #[napi(catch_unwind)]
    pub fn record(
        &self,
        given: Float64ArraySlice<'_>,
        handles: Option<String>,
    ) -> node::Result<u32> {
        call(|| {
            let handles: Option<Vec<(String, u32)>> =
                handles.map(|json| options(&json)).transpose()?;
            let sample = self.recorder.record(figures(&given)?);
            let mut judge = self.judge.lock();
            // What happened to the container while the loop was blocked can be told only now.
            let blocked = self.recorder.take_blocked();
            let mut events: Vec<Event> = blocked
                .iter()
                .flat_map(|sample| judge.observe(sample, None))
                .collect();
            events.extend(judge.observe(&sample, handles.as_deref()));
            self.flight.note_events(&events);
            let mut answer = 0;
            if !events.is_empty() {
                answer |= SAYS;
                self.events.lock().extend(events);
            }
            if judge.wants_major_gc() {
                answer |= WANTS_MAJOR_GC;
            }
            Ok(answer)
        })
    }

    /// What the judge said since this was asked for last, as JSON.
    #[napi(catch_unwind)]
    pub fn take_events(&self) -> node::Result<String> {
        call(|| json(&std::mem::take(&mut *self.events.lock())))
    }

    /// The newest sample as JSON.
    #[napi(catch_unwind)]
    pub fn latest(&self) -> node::Result<String> {
        call(|| json(&self.recorder.latest()))
    }

    /// The bounded history as JSON, oldest first.
    #[napi(catch_unwind)]
    pub fn samples(&self) -> node::Result<String> {
        call(|| json(&self.recorder.samples()))
    }

    /// Everything that is known now, as JSON.
    #[napi(catch_unwind)]
    pub fn status(&self) -> node::Result<String> {
        call(|| self.status_json())
    }

    /// Has the flight recorder write down whom a diagnosis has named.
    #[napi(catch_unwind)]
    pub fn note_suspect(&self, message: String) -> node::Result<()> {
        call(|| {
            self.flight.note(NoteKind::Suspect, &message);
            Ok(())
        })
    }

    /// As `stop`, at the end of the process: what the flight recorder has written stays if that is
    /// a bad one.
    #[napi(catch_unwind)]
    pub fn end(&self, exit_code: i32) -> node::Result<()> {
        self.flight.set_exit_code(exit_code);
        self.stop()
    }

    /// Ends the watching thread; what was kept can still be asked for.
    #[napi(catch_unwind)]
    pub fn stop(&self) -> node::Result<()> {
        call(|| {
            self.watcher.lock().take();
            Ok(())
        })
    }
}

impl NativeMonitor {
    fn status_json(&self) -> Result<String> {
        let judge = self.judge.lock();
        let spent = self
            .watcher
            .lock()
            .as_ref()
            .map_or(0, Watcher::nanoseconds_spent);
        json(&MonitorStatus {
            sample: self.recorder.latest(),
            samples: self.recorder.len(),
            judged: judge.status(),
            own_ms: spent as f64 / 1e6 + self.own.lock().spent.as_secs_f64() * 1000.0,
            bytes_held: self.recorder.bytes_held() + judge.bytes_held(),
            black_box: self.flight.status(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrowthQuestion {
    rungs: Vec<RungFigures>,
    /// Kind to how many were open after each rung.
    handles: BTreeMap<String, Vec<f64>>,
    limit: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RungFigures {
    iterations: u64,
    heap_used: f64,
    external: f64,
    array_buffers: f64,
    native: Option<f64>,
    resident: f64,
}

/// What malloc holds in this process, as glibc counts it: bytes in use, and bytes that are kept for
/// later; null where nobody tells.
#[napi(catch_unwind)]
pub fn allocated_bytes() -> node::Result<Option<Vec<f64>>> {
    call(|| Ok(allocated().map(|held| vec![held.in_use as f64, held.kept as f64])))
}

/// Judges growth over rungs of iterations; question and answer are JSON.
#[napi(catch_unwind)]
pub fn judge_rungs(question: String) -> node::Result<String> {
    call(|| {
        let question: GrowthQuestion = options(&question)?;
        let rungs: Vec<Rung> = question
            .rungs
            .iter()
            .map(|rung| Rung {
                iterations: rung.iterations,
                heap_used: rung.heap_used,
                external: rung.external,
                array_buffers: rung.array_buffers,
                native: rung.native,
                resident: rung.resident,
            })
            .collect();
        let verdict: RunVerdict = judge_run(&rungs, &question.handles, question.limit);
        json(&verdict)
    })
}
