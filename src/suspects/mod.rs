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
mod originals;
mod package;
mod path_tree;
mod pattern;
mod payload;
mod program_names;
mod sampling;
mod sites;
mod source_lines;
mod source_map;
mod suspect;
mod way;
mod whereabouts;

pub use comparison::{ClassGrowth, Comparator, Comparison};
pub use originals::{Originals, path_of, tell_originals};
pub use package::{is_core, package_of};
pub use sampling::{Frame, Survivor, join, suspects_of};
pub use source_map::{SourceMap, data_of, percent_decoded};
pub use suspect::{Holder, Site, Suspect, SuspectKind};
pub use whereabouts::Sources;
