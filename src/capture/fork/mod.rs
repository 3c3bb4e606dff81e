//! A heap snapshot of a forked child, while the parent goes on.
//!
//! [`Preparation`] looks at the process from another thread; [`Preparation::fork`] stops the
//! JavaScript thread for little more than the fork itself; the [`Child`] lets V8 write into the
//! pipe and is gone; a [`Watch`] sees to it that it cannot hurt its parent meanwhile. A fork can
//! catch a thread of V8 with a lock in its hands; such a child hangs or crashes, and another one
//! is tried.

mod child;
mod descriptors;
mod helpers;
mod imports;
mod mappings;
mod process;
mod spawn;
mod watch;

#[cfg(test)]
mod tests;

pub use spawn::{Child, Preparation};
pub use watch::Watch;
