//! What a diagnosis says, as it is written down.

use serde::Deserialize;

use crate::heap::Step;
use crate::suspects::{ClassGrowth, Site, Suspect};
use crate::units;

/// A whole diagnosis.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// When it was made, epoch ms.
    pub time: f64,
    /// The process.
    pub pid: u32,
    /// The leak that was explained, if there was one.
    pub leak: Option<LeakLine>,
    /// Why there is no snapshot, and so the suspects come from allocation sampling alone.
    #[serde(default)]
    pub no_snapshot_because: Option<String>,
    /// Who is to blame.
    pub suspects: Vec<Suspect>,
    /// How the classes grew.
    pub classes: Vec<ClassGrowth>,
    /// What was seen before, oldest first.
    pub samples: Vec<SamplePoint>,
}

/// The part of a leak that a report shows.
#[derive(Debug, Deserialize)]
pub struct LeakLine {
    /// One sentence.
    pub message: String,
}

/// The part of a sample that a report draws.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SamplePoint {
    /// Epoch ms.
    pub time: f64,
    /// Resident set, bytes.
    pub rss: f64,
    /// Heap in use, bytes.
    pub heap_used: f64,
    /// Live heap after a major GC, bytes.
    pub live_heap: Option<f64>,
}

/// What allocation sampling says of a site: its function, its place, how much.
pub(super) fn allocation(site: &Site) -> [String; 3] {
    let name = match site.function_name.as_str() {
        "" => "(anonymous)",
        name => name,
    };
    [
        name.to_owned(),
        format!("{}:{}", site.url, site.line),
        units::bytes(site.bytes as f64),
    ]
}

/// How a person reads the edge that leaves a step of a path.
pub(super) fn edge_phrase(step: &Step) -> String {
    match step.edge_type.as_str() {
        "context" => format!("variable {}", step.edge),
        "property" if step.edge != "[…]" => format!(".{}", step.edge),
        _ => step.edge.clone(),
    }
}
