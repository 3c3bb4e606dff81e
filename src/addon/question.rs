//! The questions that JavaScript asks of a snapshot, and their answers.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::node::json;
use super::snapshot::Opened;
use crate::error::{Code, Error, Result};
use crate::heap::{
    ClassRow, CollectionKind, CollectionOrder, Control, Inventory, MemberOrder, NodeIndex, NodeRow,
    RetainedBy, Snapshot,
};
use crate::suspects::{is_core, package_of};

/// A question, in the form that `lib/snapshot.js` gives it.
#[derive(Deserialize)]
#[serde(
    tag = "question",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Question {
    Summary,
    Statistics,
    Classes {
        top: usize,
        sort: Sort,
        filter: Option<String>,
        retained_by: Option<RetainedBy>,
    },
    Dominators {
        id: Option<u32>,
        top: usize,
    },
    LargestObjects {
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
    RetainedSize {
        ids: Vec<u32>,
    },
    Shapes {
        class_name: String,
        top: usize,
    },
    Objects {
        class_name: String,
        top: usize,
        sort: MemberOrder,
    },
    CommonPaths {
        class_name: String,
        top: usize,
    },
    DuplicateStrings {
        top: usize,
    },
    Collections {
        top: usize,
        sort: CollectionOrder,
        kind: Option<CollectionKind>,
    },
    Closures {
        top: usize,
    },
    Contexts,
    Scripts {
        top: usize,
    },
    Packages {
        top: usize,
    },
    Accumulations {
        top: usize,
        share: f64,
    },
    Difference {
        top: usize,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Sort {
    Retained,
    Shallow,
    Count,
}

#[derive(Serialize)]
struct NodeWithEdges<E: Serialize> {
    #[serde(flatten)]
    node: NodeRow,
    dominator: Option<NodeRow>,
    edges: E,
}

/// What a difference is asked to.
#[derive(Clone)]
pub(super) enum Base {
    Opened(Arc<Opened>),
    Inventory(Arc<Mutex<Inventory>>),
}

/// Answers in JSON. An inventory is used up by it.
pub(super) fn answer(
    opened: &Opened,
    base: Option<&Base>,
    question: Question,
    control: &Control,
) -> Result<String> {
    let snapshot = &opened.snapshot;
    match question {
        Question::Summary => json(&snapshot.summary()),
        Question::Statistics => json(&snapshot.statistics()),
        Question::Classes {
            top,
            sort,
            filter,
            retained_by,
        } => {
            let chosen = retained_by
                .map(|by| snapshot.classes_retained_by(by, control))
                .transpose()?;
            let rows = chosen.as_deref().unwrap_or(&opened.classes);
            json(&classes(rows, top, sort, filter.as_deref()))
        }
        Question::Dominators { id, top } => {
            let node = id.map_or(Ok(NodeIndex::ROOT), |id| snapshot.find(id))?;
            json(&snapshot.dominated(node, top))
        }
        Question::LargestObjects { top } => json(&snapshot.largest_objects(top)),
        Question::Node { id } => json(&node(snapshot, id)?),
        Question::Retainers { id } => json(&snapshot.retainers_of(snapshot.find(id)?)),
        Question::Paths { id, count } => json(&snapshot.paths(snapshot.find(id)?, count)),
        Question::RetainedSize { ids } => {
            json(&snapshot.retained_size_of(&snapshot.find_all(&ids)?))
        }
        Question::Shapes { class_name, top } => {
            json(&snapshot.shapes(&class_name, top, control)?)
        }
        Question::Objects {
            class_name,
            top,
            sort,
        } => json(&snapshot.objects(&class_name, top, sort, control)?),
        Question::CommonPaths { class_name, top } => {
            json(&snapshot.common_paths(&class_name, top, control)?)
        }
        Question::DuplicateStrings { top } => json(&snapshot.duplicate_strings(top, control)?),
        Question::Collections { top, sort, kind } => {
            json(&snapshot.collections(top, sort, kind, control)?)
        }
        Question::Closures { top } => json(&snapshot.closures(top, control)?),
        Question::Contexts => json(&snapshot.native_contexts()),
        Question::Scripts { top } => json(&first(snapshot.bytes_by_script(control)?, top)),
        Question::Packages { top } => json(&first(
            snapshot.bytes_by_package(package_name, control)?,
            top,
        )),
        Question::Accumulations { top, share } => {
            json(&first(snapshot.accumulations(share, control)?, top))
        }
        Question::Difference { top } => {
            let inventory = match base {
                Some(Base::Opened(base)) => Inventory::of(&base.snapshot, control)?,
                Some(Base::Inventory(inventory)) => std::mem::take(&mut *inventory.lock()),
                None => {
                    return Err(Error::new(
                        Code::Invalid,
                        "A difference needs a second snapshot.",
                    ));
                }
            };
            let mut difference = snapshot.difference_since(inventory, control)?;
            difference.classes.truncate(top);
            json(&difference)
        }
    }
}

fn node(snapshot: &Snapshot, id: u32) -> Result<impl Serialize + use<>> {
    let node = snapshot.find(id)?;
    let dominator = snapshot.dominators().dominator(node);
    Ok(NodeWithEdges {
        node: snapshot.node_row(node),
        dominator: (node != NodeIndex::ROOT).then(|| snapshot.node_row(dominator)),
        edges: snapshot.edges_of(node),
    })
}

/// The npm package of a script; `(node)` for Node.js itself, `(application)` for the rest.
fn package_name(script: &str) -> String {
    package_of(script).unwrap_or_else(|| {
        let name = if is_core(script) {
            "(node)"
        } else {
            "(application)"
        };
        name.to_owned()
    })
}

fn first<T>(mut rows: Vec<T>, top: usize) -> Vec<T> {
    rows.truncate(top);
    rows
}

fn classes<'a>(
    rows: &'a [ClassRow],
    top: usize,
    sort: Sort,
    filter: Option<&str>,
) -> Vec<&'a ClassRow> {
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
    rows.truncate(top);
    rows
}
