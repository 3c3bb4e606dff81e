//! What JavaScript wants captured, and whether it can be afforded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::files::now;
use crate::capture::{
    Allowance, Compression, Headroom, Keep, Request, check_disk, check_memory, enforce, free_disk,
    is_in_memory, prepare_directory, process_headroom, snapshot_name,
};
use crate::error::Result;
use crate::sample::SystemReader;

/// The options of a capture, completed by our own JavaScript.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    /// The file; made up when only a directory is given; none is written when neither is.
    path: Option<String>,
    directory: Option<String>,
    thread: u32,
    compress: Codec,
    redact: bool,
    parse: bool,
    force: bool,
    heap_used: u64,
    timeout_ms: f64,
    /// Snapshots of leakguard's own naming that the directory may hold, and their bytes.
    keep: Option<(usize, u64)>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Codec {
    None,
    Gzip,
    Zstd,
}

impl Order {
    /// The name of the file, for good: a second try writes the same one.
    pub(super) fn settle_name(&mut self) {
        let extension = match self.compress {
            Codec::None => "heapsnapshot",
            Codec::Gzip => "heapsnapshot.gz",
            Codec::Zstd => "heapsnapshot.zst",
        };
        if self.path.is_none()
            && let Some(directory) = &self.directory
        {
            let name = snapshot_name(now(), self.thread, extension);
            let path = Path::new(directory).join(name);
            self.path = Some(path.display().to_string());
        }
    }

    /// The file that is written, or nothing.
    pub(super) fn file(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Refuses what cannot be afforded, and makes the directory.
    pub(super) fn check(&self, headroom: Option<Headroom>) -> Result<()> {
        let Some(path) = &self.path else {
            return match self.force {
                true => Ok(()),
                false => check_memory(self.heap_used, false, headroom),
            };
        };
        let directory = Path::new(path)
            .parent()
            .filter(|directory| !directory.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        prepare_directory(directory)?;
        if !self.force {
            check_memory(self.heap_used, is_in_memory(directory), headroom)?;
            let shown = directory.display().to_string();
            check_disk(self.heap_used, free_disk(directory), &shown)?;
        }
        Ok(())
    }

    /// What the reading thread has to do.
    pub(super) fn request(&self) -> Request {
        Request {
            path: self.path.as_ref().map(PathBuf::from),
            compression: match self.compress {
                Codec::None => Compression::None,
                Codec::Gzip => Compression::Gzip,
                Codec::Zstd => Compression::Zstd,
            },
            parse: self.parse,
            redact: self.redact,
        }
    }

    /// What a forked child may use, and how many bytes of memory it may have of its own.
    ///
    /// # Errors
    /// [`crate::error::Code::Refused`], with the numbers, where there is no hope for it.
    pub(super) fn allowance(&self, headroom: Option<Headroom>) -> Result<(Allowance, u64)> {
        let time = Duration::from_secs_f64(self.timeout_ms / 1000.0);
        Allowance::of(self.heap_used, time, headroom)
    }

    /// Removes the oldest snapshots in the directory, where it was said how many to keep.
    pub(super) fn tidy(&self) {
        let (Some((count, bytes)), Some(directory)) = (self.keep, &self.directory) else {
            return;
        };
        enforce(Path::new(directory), Keep { count, bytes }, |name| {
            name.starts_with("leakguard.") && name.contains(".heapsnapshot")
        });
    }
}

/// The memory that is left to this process.
pub(super) struct Memory(SystemReader);

impl Memory {
    pub(super) fn new() -> Self {
        Self(SystemReader::new())
    }

    /// The tightest of the limits that would end the process.
    pub(super) fn headroom(&mut self) -> Option<Headroom> {
        let memory = self.0.read();
        let container = memory.container_limit.map(|limit| Headroom {
            limit: "the container",
            bytes: limit.saturating_sub(memory.container_used.unwrap_or(0)),
        });
        let system = memory.system_available.map(|bytes| Headroom {
            limit: "the system",
            bytes,
        });
        [container, system, process_headroom()]
            .into_iter()
            .flatten()
            .min_by_key(|headroom| headroom.bytes)
    }
}
