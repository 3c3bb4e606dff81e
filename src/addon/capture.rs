//! Captures, as JavaScript drives them.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use napi_derive::napi;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::files::now;
use super::job::{Callback, spawn};
use super::node::{self, call, options};
use crate::capture::{
    Captured, Compression, Headroom, Pipe, Reader, Request, check_disk, check_memory, free_disk,
    prepare_directory, snapshot_name,
};
use crate::error::{Code, Error, Result};
use crate::sample::SystemReader;

/// One capture at a time in a process, whatever thread or monitor wants it: two would need twice
/// the memory at the worst moment.
static BUSY: AtomicBool = AtomicBool::new(false);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CaptureOptions {
    /// The file; made up when only a directory is given; none is written when neither is.
    path: Option<String>,
    directory: Option<String>,
    thread: u32,
    gzip: bool,
    parse: bool,
    force: bool,
    heap_used: u64,
    /// Bytes that this process may still use by V8's or the operator's own limit; absent when
    /// nobody set one.
    constrained: Option<u64>,
}

/// The counts of a capture that has ended.
#[derive(Serialize)]
pub(super) struct Counts {
    pub(super) bytes: u64,
    pub(super) nodes: u64,
    pub(super) edges: u64,
}

/// A pipe for V8 to write a snapshot into, and the thread that reads it.
#[napi]
pub struct NativeCapture {
    input: Mutex<Option<OwnedFd>>,
    running: Mutex<Option<Running>>,
    path: String,
    file: String,
}

/// A capture under way. While it lives, there is no other one.
pub(super) struct Running {
    reader: Reader,
    busy: Busy,
}

impl Running {
    /// Waits for the end; only then may another capture begin.
    pub(super) fn finish(self) -> Result<Captured> {
        let captured = self.reader.finish();
        drop(self.busy);
        captured
    }
}

impl CaptureOptions {
    fn file(&self) -> Option<PathBuf> {
        let extension = if self.gzip {
            "heapsnapshot.gz"
        } else {
            "heapsnapshot"
        };
        self.path.as_ref().map(PathBuf::from).or_else(|| {
            let directory = self.directory.as_ref()?;
            Some(PathBuf::from(directory).join(snapshot_name(now(), self.thread, extension)))
        })
    }
}

struct Busy;

impl Busy {
    fn take() -> Result<Self> {
        if BUSY.swap(true, Ordering::AcqRel) {
            return Err(Error::new(
                Code::Refused,
                "Another snapshot of this process is being taken. Try again when it has ended.",
            ));
        }
        Ok(Busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.store(false, Ordering::Release);
    }
}

#[napi]
impl NativeCapture {
    /// Checks what the capture will cost, and makes the pipe and the file.
    #[napi(constructor, catch_unwind)]
    pub fn new(json: String) -> node::Result<Self> {
        call(|| {
            let wanted: CaptureOptions = options(&json)?;
            let busy = Busy::take()?;
            let path = wanted.file();
            let directory = path.as_deref().and_then(std::path::Path::parent);
            if let Some(directory) = directory.filter(|path| !path.as_os_str().is_empty()) {
                prepare_directory(directory)?;
            }
            if !wanted.force {
                check_memory(wanted.heap_used, headroom(wanted.constrained))?;
                if path.is_some() {
                    let directory = directory
                        .filter(|path| !path.as_os_str().is_empty())
                        .unwrap_or(std::path::Path::new("."));
                    let shown = directory.display().to_string();
                    check_disk(wanted.heap_used, free_disk(directory), &shown)?;
                }
            }
            let pipe = Pipe::new()?;
            let path_of_pipe = pipe.path();
            let compression = if wanted.gzip {
                Compression::Gzip
            } else {
                Compression::None
            };
            let file = path
                .as_ref()
                .map(|path| path.display().to_string())
                .unwrap_or_default();
            let request = Request {
                path,
                compression,
                parse: wanted.parse,
            };
            let reader = Reader::start(pipe.output, request)?;
            Ok(Self {
                input: Mutex::new(Some(pipe.input)),
                running: Mutex::new(Some(Running { reader, busy })),
                path: path_of_pipe,
                file,
            })
        })
    }

    /// The path that V8 has to write to.
    #[napi(getter, catch_unwind)]
    pub fn target(&self) -> node::Result<String> {
        call(|| Ok(self.path.clone()))
    }

    /// The file that is written, or empty.
    #[napi(getter, catch_unwind)]
    pub fn file(&self) -> node::Result<String> {
        call(|| Ok(self.file.clone()))
    }

    /// Tells the reader that V8 will write no more.
    #[napi(catch_unwind)]
    pub fn end(&self) -> node::Result<()> {
        call(|| {
            self.input.lock().take();
            Ok(())
        })
    }

    /// Gives the capture up. Nothing is left of its file.
    #[napi(catch_unwind)]
    pub fn abort(&self) -> node::Result<()> {
        call(|| {
            self.input.lock().take();
            self.running.lock().take();
            Ok(())
        })
    }

    /// Waits, away from the event loop, until the file is whole, and answers with the counts.
    #[napi(catch_unwind)]
    pub fn finish(&self, callback: Callback) -> node::Result<()> {
        call(|| {
            let running = self.take()?;
            spawn(callback, move || {
                let captured = running.finish()?;
                Ok(Counts {
                    bytes: captured.file_bytes.unwrap_or(captured.bytes),
                    nodes: captured.nodes,
                    edges: captured.edges,
                })
            })
        })
    }
}

impl NativeCapture {
    pub(super) fn take(&self) -> Result<Running> {
        self.input.lock().take();
        self.running
            .lock()
            .take()
            .ok_or_else(|| Error::new(Code::Invalid, "This capture has ended already."))
    }
}

/// The tightest of the limits that would end the process.
fn headroom(constrained: Option<u64>) -> Option<Headroom> {
    let memory = SystemReader::new().read();
    let container = memory.container_limit.map(|limit| Headroom {
        limit: "the container",
        bytes: limit.saturating_sub(memory.container_used.unwrap_or(0)),
    });
    let system = memory.system_available.map(|bytes| Headroom {
        limit: "the system",
        bytes,
    });
    let constrained = constrained.map(|bytes| Headroom {
        limit: "the process",
        bytes,
    });
    [container, system, constrained]
        .into_iter()
        .flatten()
        .min_by_key(|headroom| headroom.bytes)
}
