//! Who holds what grew: growth between snapshots, named by the way one reaches it from code.

mod advice;
mod block_scope;
mod class_names;
mod comparison;
mod description;
mod fast_hasher;
mod grouping;
mod growth;
mod holder;
mod lasting;
mod members;
mod message;
mod naming;
mod open_handles;
mod package;
mod path_tree;
mod pattern;
mod sampling;
mod source_lines;
mod suspect;

pub use comparison::{ClassGrowth, Comparator, Comparison};
pub use naming::Sources;
pub use package::{is_core, package_of};
pub use sampling::{Frame, Survivor, join, suspects_of};
pub use suspect::{Holder, Site, Suspect, SuspectKind};
