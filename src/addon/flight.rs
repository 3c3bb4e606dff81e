//! The flight recorder of a monitor: where its file lies, and what becomes of it at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use napi_derive::napi;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::files::now;
use super::job::{Callback, spawn};
use super::node::{self, call};
use crate::capture::{Keep, enforce, prepare_directory, snapshot_name};
use crate::error::Result;
use crate::sample::{BlackBox, End, FlightRecorder, Note, NoteKind, Origin, Recorder};
use crate::verdict::{Event, Judge, JudgeOptions, Leak, Status};

/// What the names of all such files end in.
const ENDING: &str = ".blackbox";

/// A file that was written to so short a time ago may be that of a process that lives: twice the
/// longest interval between samples.
const ALIVE: Duration = Duration::from_secs(600);

/// Notes that wait for the watcher's next look.
const MOST_WAITING: usize = 32;

/// What our own JavaScript says of a monitor's flight recorder.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlightOptions {
    directory: String,
    thread: u32,
    node: String,
    script: String,
    /// Files that the directory may hold, and their bytes.
    keep: (usize, u64),
}

/// What both threads know of it.
#[derive(Default)]
pub(super) struct Flight {
    waiting: Mutex<Vec<Note>>,
    exit_code: Mutex<Option<i32>>,
    status: Mutex<FlightStatus>,
}

/// Where the file is, or why there is none.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct FlightStatus {
    path: Option<PathBuf>,
    error: Option<String>,
}

impl Flight {
    /// Has something written down at the watcher's next look.
    pub(super) fn note(&self, kind: NoteKind, message: &str) {
        let mut waiting = self.waiting.lock();
        if waiting.len() < MOST_WAITING {
            waiting.push(Note {
                time: now(),
                kind,
                message: message.to_owned(),
            });
        }
    }

    /// Writes down what a judge has said.
    pub(super) fn note_events(&self, events: &[Event]) {
        for event in events {
            match event {
                Event::Leak(leak) => self.note(NoteKind::Leak, &leak.message),
                Event::Settled(leak) => self.note(NoteKind::Settled, &leak.message),
                Event::Pressure(pressure) => self.note(NoteKind::Pressure, &pressure.message),
            }
        }
    }

    /// How the process ends, if not well.
    pub(super) fn set_exit_code(&self, code: i32) {
        *self.exit_code.lock() = Some(code);
    }

    pub(super) fn status(&self) -> FlightStatus {
        self.status.lock().clone()
    }
}

/// The watcher thread's half. Dropped, it ends the file.
pub(super) struct Pilot {
    flight: Arc<Flight>,
    options: FlightOptions,
    origin: Origin,
    recorder: Option<FlightRecorder>,
    /// Whether the directory was not there before.
    made_directory: bool,
    /// The newest sample that was written, epoch ms.
    written: f64,
}

impl Pilot {
    pub(super) fn new(flight: Arc<Flight>, options: FlightOptions, interval_ms: f64) -> Self {
        let origin = Origin {
            pid: std::process::id(),
            thread: options.thread,
            node: options.node.clone(),
            script: options.script.clone(),
            started: now(),
            interval_ms,
        };
        Self {
            flight,
            options,
            origin,
            recorder: None,
            made_directory: false,
            written: f64::NEG_INFINITY,
        }
    }

    /// Writes what is new. After a failure there is no file any more, and the status says why.
    pub(super) fn look(&mut self, recorder: &Recorder) {
        if self.flight.status.lock().error.is_some() {
            return;
        }
        if let Err(error) = self.write(recorder) {
            self.remove();
            *self.flight.status.lock() = FlightStatus {
                path: None,
                error: Some(error.message),
            };
        }
    }

    /// Leaves nothing, not even an empty directory.
    fn remove(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            recorder.remove();
        }
        if self.made_directory {
            // What is not empty stays.
            let _ = std::fs::remove_dir(&self.options.directory);
        }
    }

    fn write(&mut self, recorder: &Recorder) -> Result<()> {
        let samples = recorder.samples_after(self.written);
        // A process that is over before the first sample leaves not even a directory.
        let Some(last) = samples.last() else {
            return Ok(());
        };
        self.written = last.time;
        let file = match &mut self.recorder {
            Some(file) => file,
            empty => {
                self.made_directory = !Path::new(&self.options.directory).exists();
                let file = create(&self.options, &self.origin)?;
                self.flight.status.lock().path = Some(file.path().to_owned());
                empty.insert(file)
            }
        };
        for sample in &samples {
            file.record(sample)?;
        }
        let waiting = std::mem::take(&mut *self.flight.waiting.lock());
        for note in waiting {
            file.note(note)?;
        }
        Ok(())
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        let exit_code = self.flight.exit_code.lock().filter(|&code| code != 0);
        match (exit_code, self.recorder.take()) {
            (Some(exit_code), Some(recorder)) => {
                let end = End {
                    time: now(),
                    exit_code,
                };
                // Nobody is left to be told.
                let _ = recorder.end(end);
            }
            (_, recorder) => {
                self.recorder = recorder;
                self.remove();
            }
        }
        self.flight.status.lock().path = None;
    }
}

fn create(options: &FlightOptions, origin: &Origin) -> Result<FlightRecorder> {
    let directory = Path::new(&options.directory);
    prepare_directory(directory)?;
    let name = snapshot_name(origin.started, options.thread, &ENDING[1..]);
    let recorder = FlightRecorder::create(&directory.join(name), origin.clone())?;
    let (count, bytes) = options.keep;
    enforce(directory, Keep { count, bytes }, |name| {
        name.starts_with("leakguard.") && name.ends_with(ENDING) && !is_alive(&directory.join(name))
    });
    Ok(recorder)
}

fn is_alive(path: &Path) -> bool {
    let age = std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| SystemTime::now().duration_since(time).ok());
    age.is_none_or(|age| age < ALIVE)
}

#[derive(Serialize)]
struct Recovered {
    #[serde(flatten)]
    record: BlackBox,
    /// How things stood at the end, by the samples that are left.
    status: Status,
    /// Leaks that these samples show, in the order in which they are seen.
    leaks: Vec<Leak>,
}

/// Reads a flight recorder's file and judges its samples. Answers with JSON.
#[napi(catch_unwind)]
pub fn read_black_box(path: String, callback: Callback) -> node::Result<()> {
    call(|| {
        spawn(callback, move || {
            let record = BlackBox::read(Path::new(&path))?;
            let mut judge = Judge::new(JudgeOptions {
                interval_ms: record.origin.interval_ms.max(FlightRecorder::SPACING_MS),
                min_growth: None,
                pressure: Vec::new(),
            });
            let mut leaks = Vec::new();
            for sample in &record.samples {
                for event in judge.observe(sample, None) {
                    if let Event::Leak(leak) = event {
                        leaks.push(leak);
                    }
                }
            }
            let status = judge.status();
            Ok(Recovered {
                record,
                status,
                leaks,
            })
        })
    })
}
