//! Opened snapshots, as JavaScript asks them.

use std::path::PathBuf;
use std::sync::Arc;

use napi_derive::napi;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::job::{Callback, spawn};
use super::node::{self, call, json, options};
use crate::error::{Code, Error, Result};
use crate::heap::{self, ClassRow, Control, EdgeRow, NodeIndex, NodeRow, Snapshot, Step};

/// A snapshot with its class table, which is made once, off the event loop.
pub(super) struct Opened {
    pub(super) snapshot: Snapshot,
    classes: Vec<ClassRow>,
}

/// A snapshot that is being opened, or is open.
#[napi]
#[derive(Default)]
pub struct NativeSnapshot {
    opened: Arc<Mutex<Option<Arc<Opened>>>>,
    control: Arc<Control>,
}

#[derive(Deserialize)]
#[serde(tag = "question", rename_all = "camelCase")]
enum Question {
    Summary,
    Classes {
        top: usize,
        sort: Sort,
        filter: Option<String>,
    },
    Dominated {
        id: Option<u32>,
        top: usize,
    },
    Node {
        id: u32,
    },
    Retainers {
        id: u32,
    },
    Paths {
        id: u32,
        count: usize,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Sort {
    Retained,
    Shallow,
    Count,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Reply {
    Summary(heap::Summary),
    Classes(Vec<ClassRow>),
    Nodes(Vec<NodeRow>),
    Node(NodeWithEdges),
    Edges(Vec<EdgeRow>),
    Paths(Vec<Vec<Step>>),
}

#[derive(Serialize)]
struct NodeWithEdges {
    #[serde(flatten)]
    node: NodeRow,
    edges: Vec<EdgeRow>,
}

#[napi]
impl NativeSnapshot {
    /// An empty handle.
    #[napi(constructor, catch_unwind)]
    pub fn new() -> node::Result<Self> {
        call(|| Ok(Self::default()))
    }

    /// Opens a file off the event loop and answers with its summary.
    #[napi(catch_unwind)]
    pub fn open(&self, path: String, callback: Callback) -> node::Result<()> {
        let slot = Arc::clone(&self.opened);
        let control = Arc::clone(&self.control);
        call(|| {
            spawn(callback, move || {
                let snapshot = heap::open(&PathBuf::from(path), &control)?;
                let classes = snapshot.classes();
                let summary = snapshot.summary();
                *slot.lock() = Some(Arc::new(Opened { snapshot, classes }));
                Ok(summary)
            })
        })
    }

    /// Bytes of the file read so far.
    #[napi(catch_unwind)]
    pub fn bytes_read(&self) -> node::Result<f64> {
        call(|| Ok(self.control.bytes_read() as f64))
    }

    /// Gives the opening up; it ends with `ERR_LEAKGUARD_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) -> node::Result<()> {
        call(|| {
            self.control.cancel();
            Ok(())
        })
    }

    /// Answers one question; both are JSON.
    #[napi(catch_unwind)]
    pub fn ask(&self, question: String) -> node::Result<String> {
        call(|| json(&answer(&*self.opened()?, options(&question)?)?))
    }

    /// Frees the memory.
    #[napi(catch_unwind)]
    pub fn close(&self) -> node::Result<()> {
        call(|| {
            self.opened.lock().take();
            Ok(())
        })
    }
}

impl NativeSnapshot {
    pub(super) fn opened(&self) -> Result<Arc<Opened>> {
        self.opened.lock().clone().ok_or_else(|| {
            Error::new(
                Code::Invalid,
                "This snapshot is closed. Open it again with openSnapshot().",
            )
        })
    }
}

fn answer(opened: &Opened, question: Question) -> Result<Reply> {
    let snapshot = &opened.snapshot;
    Ok(match question {
        Question::Summary => Reply::Summary(snapshot.summary()),
        Question::Classes { top, sort, filter } => {
            Reply::Classes(classes(&opened.classes, top, sort, filter.as_deref()))
        }
        Question::Dominated { id, top } => {
            let node = id.map_or(Ok(NodeIndex::ROOT), |id| snapshot.find(id))?;
            Reply::Nodes(snapshot.dominated(node, top))
        }
        Question::Node { id } => {
            let node = snapshot.find(id)?;
            Reply::Node(NodeWithEdges {
                node: snapshot.node_row(node),
                edges: snapshot.edges_of(node),
            })
        }
        Question::Retainers { id } => Reply::Edges(snapshot.retainers_of(snapshot.find(id)?)),
        Question::Paths { id, count } => Reply::Paths(snapshot.paths(snapshot.find(id)?, count)),
    })
}

fn classes(rows: &[ClassRow], top: usize, sort: Sort, filter: Option<&str>) -> Vec<ClassRow> {
    let mut rows: Vec<&ClassRow> = rows
        .iter()
        .filter(|row| filter.is_none_or(|text| row.class_name.contains(text)))
        .collect();
    rows.sort_by_key(|row| {
        std::cmp::Reverse(match sort {
            Sort::Retained => row.retained_size,
            Sort::Shallow => row.shallow_size,
            Sort::Count => row.count,
        })
    });
    rows.into_iter().take(top).cloned().collect()
}
