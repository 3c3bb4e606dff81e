//! The monitor's memory and judgement, as JavaScript feeds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use napi_derive::napi;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::flight::{Flight, FlightOptions, FlightStatus, Pilot};
use super::node::{self, call, json, options};
use crate::error::Result;
use crate::sample::{NoteKind, Recorder, Sample, V8Figures, Watcher, allocated};
use crate::verdict::{Event, Judge, JudgeOptions, RunVerdict, Rung, Status, judge_run};

/// Samples that are kept.
const HISTORY: usize = 720;

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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    sample: Sample,
    events: Vec<Event>,
    wants_major_gc: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MonitorStatus {
    sample: Option<Sample>,
    samples: usize,
    #[serde(flatten)]
    judged: Status,
    watcher_ms: f64,
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
            })
        })
    }

    /// Takes one look at the process. NaN stands for a figure that is not known; `handles` is JSON, the
    /// kinds of handles with their numbers. Answers with JSON: the sample, what the judge says to it,
    /// and whether it wants a major GC.
    #[napi(catch_unwind)]
    #[allow(
        clippy::too_many_arguments,
        reason = "plain numbers make no garbage in JavaScript"
    )]
    pub fn record(
        &self,
        time: f64,
        rss: f64,
        heap_total: f64,
        heap_used: f64,
        external: f64,
        array_buffers: f64,
        old_generation: f64,
        heap_limit: f64,
        live_heap: f64,
        live_external: f64,
        live_array_buffers: f64,
        major_gcs: u32,
        minor_gcs: u32,
        gc_ms: f64,
        live_contexts: f64,
        detached_contexts: f64,
        handles: Option<String>,
        alone: bool,
    ) -> node::Result<String> {
        call(|| {
            let handles: Option<Vec<(String, u32)>> =
                handles.map(|json| options(&json)).transpose()?;
            let sample = self.recorder.record(V8Figures {
                time,
                rss: bytes(rss),
                heap_total: bytes(heap_total),
                heap_used: bytes(heap_used),
                external: bytes(external),
                array_buffers: bytes(array_buffers),
                old_generation: known(old_generation),
                live_heap: known(live_heap),
                live_external: known(live_external),
                live_array_buffers: known(live_array_buffers),
                major_gcs,
                minor_gcs,
                gc_ms,
                live_contexts: count(live_contexts),
                detached_contexts: count(detached_contexts),
                handles: handles
                    .as_ref()
                    .map(|kinds| kinds.iter().map(|kind| kind.1).sum()),
                alone,
                heap_limit: bytes(heap_limit),
            });
            let mut judge = self.judge.lock();
            // What happened to the container while the loop was blocked can be told only now.
            let blocked = self.recorder.take_blocked();
            let mut events: Vec<Event> = blocked
                .iter()
                .flat_map(|sample| judge.observe(sample, None))
                .collect();
            events.extend(judge.observe(&sample, handles.as_deref()));
            self.flight.note_events(&events);
            let wants_major_gc = judge.wants_major_gc();
            json(&Recorded {
                sample,
                events,
                wants_major_gc,
            })
        })
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
            watcher_ms: spent as f64 / 1e6,
            bytes_held: self.recorder.bytes_held() + judge.bytes_held(),
            black_box: self.flight.status(),
        })
    }
}

fn bytes(value: f64) -> u64 {
    // A cast from a float saturates, and NaN becomes 0.
    value as u64
}

fn count(value: f64) -> Option<u32> {
    (!value.is_nan()).then_some(value as u32)
}

fn known(value: f64) -> Option<u64> {
    (!value.is_nan()).then(|| bytes(value))
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

/// Bytes that are allocated through malloc in this process, as glibc counts them; null where
/// nobody tells.
#[napi(catch_unwind)]
pub fn allocated_bytes() -> node::Result<Option<f64>> {
    call(|| Ok(allocated().map(|bytes| bytes as f64)))
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
