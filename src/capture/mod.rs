//! Getting a heap snapshot out of V8: always through a pipe, so that the text is read as it is
//! made, is never held whole, and reaches the disk only when asked to.
//!
//! V8 writes into one end (`v8.writeHeapSnapshot('/proc/self/fd/N')`); a thread stands at the
//! other. Whoever runs V8's side — the event loop itself, or a forked child — is not this room's
//! business: both give the same bytes.

mod allowance;
mod atomic_file;
mod destination;
mod ending;
#[cfg_attr(not(target_os = "linux"), path = "no_fork.rs")]
mod fork;
mod name;
mod outline;
mod pipe;
mod preflight;
mod reader;
mod redact;
mod retention;
mod zstd_writer;

pub use allowance::Allowance;
pub use atomic_file::write_whole;
pub use destination::{Compression, prepare_directory};
pub use ending::Ending;
pub use fork::{Child, Preparation, Watch};
pub use name::snapshot_name;
pub use pipe::Pipe;
pub use preflight::{
    Headroom, check_disk, check_memory, free_disk, is_in_memory, process_headroom,
};
pub use reader::{Captured, Reader, Request};
pub use retention::{Keep, enforce};
