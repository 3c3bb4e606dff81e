//! What the process uses, and when: looks at it, remembers a bounded history, never judges.

mod allocator;
mod black_box;
#[cfg(any(target_os = "linux", test))]
mod cgroup;
mod flight_recorder;
#[cfg(any(target_os = "linux", test))]
mod parse;
mod recorder;
mod ring;
#[expect(
    clippy::module_inception,
    reason = "the room is named after the thing that it makes"
)]
mod sample;
mod system;
mod thread_time;
mod watcher;

pub use allocator::{Allocated, allocated};
pub use black_box::{BlackBox, End, Note, NoteKind, Origin};
pub use flight_recorder::FlightRecorder;
pub use recorder::Recorder;
pub use ring::History;
pub use sample::{Sample, V8Figures};
pub use system::{SystemMemory, SystemReader};
pub use thread_time::thread_waited_ms;
pub use watcher::Watcher;
