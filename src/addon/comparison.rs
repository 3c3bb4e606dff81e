//! Comparisons, snapshot after snapshot.

use std::path::PathBuf;
use std::sync::Arc;

use napi_derive::napi;
use parking_lot::Mutex;
use serde::Serialize;

use super::capture::{Counts, NativeCapture, Running};
use super::job::{Callback, spawn};
use super::node::{self, call, json, options};
use super::snapshot::{NativeSnapshot, Opened};
use crate::error::{Code, Error, Result};
use crate::heap::{self, Control, Snapshot};
use crate::report::{comparison_text, sampling_text};
use crate::suspects::{Comparator, Comparison, Sources, Survivor, Suspect, join, suspects_of};

/// Two or more snapshots in order of time. Of each but the last only its positions and its class
/// table are kept.
#[napi]
pub struct NativeComparison {
    comparator: Arc<Mutex<Comparator>>,
    mark: Option<String>,
    survivors: Arc<Mutex<Vec<Survivor>>>,
}

#[derive(Serialize)]
struct Progress {
    counts: Counts,
    /// Objects of the class that was marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    instances: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Finished>,
}

#[derive(Serialize)]
struct Finished {
    #[serde(flatten)]
    comparison: Comparison,
    text: String,
}

enum Source {
    File(PathBuf),
    Opened(Arc<Opened>),
    Capture(Running),
}

#[napi]
impl NativeComparison {
    /// An empty comparison; of everything, or of the objects whose prototype some object has as its
    /// property `mark`.
    #[napi(constructor, catch_unwind)]
    pub fn new(mark: Option<String>) -> node::Result<Self> {
        call(|| {
            Ok(Self {
                comparator: Arc::default(),
                mark,
                survivors: Arc::default(),
            })
        })
    }

    /// Takes a file. `work` is what was done until its capture, in seconds or iterations; `base`
    /// is given with each one that may be the last, and the answer then has the result.
    #[napi(catch_unwind)]
    pub fn add_file(
        &self,
        path: String,
        work: f64,
        base: Option<String>,
        callback: Callback,
    ) -> node::Result<()> {
        call(|| self.add(Source::File(PathBuf::from(path)), work, base, callback))
    }

    /// Takes a snapshot that is open.
    #[napi(catch_unwind)]
    pub fn add_snapshot(
        &self,
        snapshot: &NativeSnapshot,
        work: f64,
        base: Option<String>,
        callback: Callback,
    ) -> node::Result<()> {
        call(|| self.add(Source::Opened(snapshot.opened()?), work, base, callback))
    }

    /// Takes a capture that was asked to parse.
    #[napi(catch_unwind)]
    pub fn add_capture(
        &self,
        capture: &NativeCapture,
        work: f64,
        base: Option<String>,
        callback: Callback,
    ) -> node::Result<()> {
        call(|| self.add(Source::Capture(capture.take()?), work, base, callback))
    }

    /// Takes what allocation sampling has found, as JSON, for the result.
    #[napi(catch_unwind)]
    pub fn set_survivors(&self, survivors: String) -> node::Result<()> {
        call(|| {
            *self.survivors.lock() = options(&survivors)?;
            Ok(())
        })
    }

    fn add(
        &self,
        source: Source,
        work: f64,
        base: Option<String>,
        callback: Callback,
    ) -> Result<()> {
        let comparator = Arc::clone(&self.comparator);
        let question = Question {
            work,
            base,
            mark: self.mark.clone(),
            survivors: std::mem::take(&mut *self.survivors.lock()),
        };
        let take = move |snapshot: &Snapshot| take(&comparator, snapshot, &question);
        spawn(callback, move || match source {
            Source::File(path) => {
                let control = Control::default();
                let graph = heap::open_graph(&path, &control)?;
                take(&Snapshot::for_comparison(graph, &control)?)
            }
            Source::Opened(opened) => take(&opened.snapshot),
            Source::Capture(running) => {
                let captured = running.finish()?;
                let graph = captured.graph.ok_or_else(|| {
                    Error::new(Code::Invalid, "This capture was not asked to parse.")
                })?;
                let snapshot = Snapshot::for_comparison(graph, &Control::default())?;
                let mut progress = take(&snapshot)?;
                progress.counts.bytes = captured.bytes;
                Ok(progress)
            }
        })
    }
}

/// What is asked of one snapshot.
struct Question {
    work: f64,
    base: Option<String>,
    mark: Option<String>,
    survivors: Vec<Survivor>,
}

fn take(
    comparator: &Mutex<Comparator>,
    snapshot: &Snapshot,
    question: &Question,
) -> Result<Progress> {
    let Question {
        work,
        base,
        mark,
        survivors,
    } = question;
    let counts = Counts {
        bytes: 0,
        nodes: snapshot.graph().node_count() as u64,
        edges: snapshot.graph().edge_count() as u64,
    };
    let marked = mark
        .as_ref()
        .map(|mark| snapshot.instances_of_marked(mark).unwrap_or_default());
    let instances = marked.as_ref().map(|marked| marked.len() as u64);
    let mut comparator = comparator.lock();
    let Some(base) = base.as_deref() else {
        comparator.add(snapshot, *work);
        return Ok(Progress {
            counts,
            instances,
            result: None,
        });
    };
    let sources = Sources {
        read: &read_script,
        base: Some(base),
    };
    let mut comparison = match &marked {
        Some(marked) => comparator.finish_among(snapshot, *work, sources, marked),
        None => comparator.finish(snapshot, *work, sources),
    };
    join(&mut comparison.suspects, survivors);
    let text = comparison_text(&comparison);
    Ok(Progress {
        counts,
        instances,
        result: Some(Finished { comparison, text }),
    })
}

#[derive(Serialize)]
struct Sampled {
    suspects: Vec<Suspect>,
    text: String,
}

/// Suspects by allocation sampling alone, where there are no snapshots. Takes and gives back JSON;
/// `why` says in a sentence why there are none.
#[napi(catch_unwind)]
pub fn sampled_suspects(survivors: String, base: String, why: String) -> node::Result<String> {
    call(|| {
        let survivors: Vec<Survivor> = options(&survivors)?;
        let suspects = suspects_of(&survivors, Some(&base));
        let text = sampling_text(&suspects, &why);
        json(&Sampled { suspects, text })
    })
}

/// A script that is longer than this was not written by a person.
const MAX_SCRIPT: u64 = 8 << 20;

/// The text of a script, if it still stands where the snapshot says. A snapshot may come from
/// anywhere, so nothing but ordinary files of bearable length is opened.
fn read_script(script: &str) -> Option<String> {
    let path = script.strip_prefix("file://").unwrap_or(script);
    let metadata = std::fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.len() <= MAX_SCRIPT)
        .then(|| std::fs::read_to_string(path).ok())
        .flatten()
}
