//! Who holds what grew: growth between snapshots, named by the way one reaches it from code.

mod suspect;

pub use suspect::{Holder, PathStep, Site, Suspect, SuspectKind};
