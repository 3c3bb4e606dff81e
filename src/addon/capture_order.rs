//! What JavaScript wants captured, and whether it can be afforded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::files::now;
use crate::capture::{
    Allowance, Compression, Headroom, Keep, Request, check_disk, check_memory, enforce, free_disk,
    prepare_directory, process_headroom, snapshot_name,
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

/// Memory that stays free for the application while a child works: this share of what is free at
/// the beginning, and no less than this, in bytes.
const MARGIN_SHARE: f64 = 0.1;
const LEAST_MARGIN: u64 = 32 << 20;

/// Processor time that V8 takes for a byte of live heap: 70 ms per MB is the most that was seen,
/// on a quiet machine. Far more than that means a child that spins.
const CPU_PER_BYTE: f64 = 0.6 / (1 << 20) as f64;
const LEAST_CPU: Duration = Duration::from_secs(30);

/// What a child may take where nobody knows how much there is, for a byte of live heap.
const BLIND_MEMORY_PER_BYTE: u64 = 16;

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
    pub(super) fn check(&self) -> Result<()> {
        let headroom = Memory::new().headroom();
        if !self.force {
            check_memory(self.heap_used, headroom)?;
        }
        let Some(path) = &self.path else {
            return Ok(());
        };
        let directory = Path::new(path)
            .parent()
            .filter(|directory| !directory.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        prepare_directory(directory)?;
        if !self.force {
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
    pub(super) fn allowance(&self, headroom: Option<Headroom>) -> (Allowance, u64) {
        let cpu = Duration::from_secs_f64(self.heap_used as f64 * CPU_PER_BYTE);
        let margin = headroom.map_or(0, |left| (left.bytes as f64 * MARGIN_SHARE) as u64);
        let allowance = Allowance {
            time: Duration::from_secs_f64(self.timeout_ms / 1000.0),
            cpu: cpu.max(LEAST_CPU),
            margin: margin.max(LEAST_MARGIN),
        };
        let memory = headroom.map_or(
            self.heap_used.saturating_mul(BLIND_MEMORY_PER_BYTE),
            |left| left.bytes.saturating_sub(allowance.margin),
        );
        (allowance, memory)
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
