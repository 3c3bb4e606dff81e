//! The heap snapshot as a graph: a streaming parser into columns, dominators, retained sizes,
//! distances, retainers, classes and paths.
//!
//! A snapshot never changes, so everything here is read-only once built and may be shared
//! between threads. Figures agree with Chrome DevTools on the same file; where a rule of V8's
//! snapshots decides a figure, the place in DevTools' `HeapSnapshot.ts` is named.

mod bits;
mod classes;
mod columns;
mod control;
mod depth_first;
mod detachedness;
mod distances;
mod dominators;
mod edge_rules;
mod graph;
mod lengauer_tarjan;
mod name_marks;
mod narrow_column;
mod open;
mod parser;
mod paths;
mod queries;
mod questions;
mod read_ahead;
mod retainers;
mod scripts;
mod shallow_sizes;
mod shapes;
mod side_by_side;
mod snapshot;
mod strings;
mod words;
mod zstd_frames;

#[cfg(test)]
pub(crate) mod fixture;

pub use classes::{ClassRow, ClassSize};
pub use columns::{EdgeType, NodeType};
pub use control::Control;
pub use distances::{NO_DISTANCE, SYSTEM_DISTANCE};
pub use dominators::DominatorTree;
pub(crate) use edge_rules::{fingerprint, weak_map_table};
pub use graph::{Edge, EdgeIndex, Graph, Location, NodeIndex, StringIndex};
pub(crate) use name_marks::NameMarks;
pub use narrow_column::NarrowColumn;
pub use open::{open, open_graph};
pub use parser::parse;
pub use paths::ShortestPaths;
pub(crate) use paths::breadth_first;
pub(crate) use queries::steps;
pub use queries::{EdgeRow, NodeRow, Step, TreeRow};
pub use questions::{
    Accumulation, ClassDifference, ClosureRow, CollectionKind, CollectionOrder, CollectionRow,
    Content, ContextRow, ContextVariable, CutStep, Difference, DuplicateString, Inventory,
    MemberOrder, Named, NodeTypeRow, OwnedBytes, PackageRow, PathGroup, RetainedBy, ScriptRow,
    ShapeRow, Statistics,
};
pub use retainers::Retainers;
pub use scripts::{Place, Scripts};
pub use shapes::{class_name_of, shape_of};
pub(crate) use side_by_side::side_by_side;
pub use snapshot::{Snapshot, Summary};
pub use strings::StringTable;
