//! Comparisons, snapshot after snapshot.

use std::path::PathBuf;
use std::sync::Arc;

use napi_derive::napi;
use parking_lot::Mutex;
use serde::Serialize;

use super::capture::{Counts, NativeCapture, Running};
use super::job::{Callback, spawn};
use super::node::{self, call, json, options};
use super::scripts::{Scripts, is_file};
use super::snapshot::{NativeSnapshot, Opened};
use crate::error::{Code, Error, Result};
use crate::heap::{self, Control, Snapshot};
use crate::report::{comparison_text, sampling_text};
use crate::suspects::{
    Comparator, Comparison, Originals, Sources, Survivor, Suspect, join, suspects_of,
    tell_originals,
};

/// Two or more snapshots in order of time. Of each but the last only its positions and its class
/// table are kept.
#[napi]
pub struct NativeComparison {
    comparator: Arc<Mutex<Comparator>>,
    mark: Option<String>,
    survivors: Arc<Mutex<Vec<Survivor>>>,
    scripts: Arc<Mutex<Scripts>>,
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
                scripts: Arc::default(),
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

    /// Takes the text of a script as V8 has it, and what its `sourceMappingURL` says, where what lies
    /// on the disk is something else.
    #[napi(catch_unwind)]
    pub fn add_script(&self, script: String, text: String, map: String) -> node::Result<()> {
        call(|| {
            self.scripts.lock().add(&script, text, map);
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
        let scripts = Arc::clone(&self.scripts);
        let question = Question {
            work,
            base,
            mark: self.mark.clone(),
            survivors: std::mem::take(&mut *self.survivors.lock()),
        };
        let take =
            move |snapshot: &Snapshot| take(&comparator, snapshot, &question, &scripts.lock());
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
    scripts: &Scripts,
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
    let texts = scripts.texts();
    let read = |script: &str| texts.read(script);
    let sources = Sources {
        read: &read,
        base: Some(base),
    };
    let mut comparison = match &marked {
        Some(marked) => comparator.finish_among(snapshot, *work, sources, marked),
        None => comparator.finish(snapshot, *work, sources),
    };
    join(&mut comparison.suspects, survivors);
    let originals = Originals {
        read: &read,
        map: &|script| texts.map(script),
        exists: &is_file,
        base: Some(base),
    };
    tell_originals(&mut comparison.suspects, &originals);
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
