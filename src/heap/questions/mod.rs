//! What people ask of a snapshot beyond its nodes and edges, one question a file.
//!
//! Each answer is computed when it is asked for, in time linear in the snapshot or better, and can
//! be given up half-way through [`Control`](super::Control).

mod accumulation_messages;
mod accumulations;
mod closures;
mod collection_tables;
mod collections;
mod contexts;
mod cuts;
mod difference;
mod duplicate_strings;
mod groups;
mod independent_paths;
mod instances;
mod members;
mod names;
mod ownership;
mod property_names;
mod retained_by;
mod statistics;
mod top;

pub use accumulations::{Accumulation, Content};
pub use closures::{ClosureRow, ContextVariable};
pub use collections::{CollectionKind, CollectionOrder, CollectionRow};
pub use contexts::ContextRow;
pub use cuts::CutStep;
pub use difference::{ClassDifference, Difference, Inventory};
pub use duplicate_strings::DuplicateString;
pub(super) use groups::NO_GROUP;
pub use members::{MemberOrder, PathGroup, ShapeRow};
pub use names::Named;
pub use ownership::{OwnedBytes, PackageRow, ScriptRow};
pub(super) use property_names::PropertyNames;
pub use retained_by::RetainedBy;
pub use statistics::{NodeTypeRow, Statistics};
