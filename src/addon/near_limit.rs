//! What is left behind when V8 comes near its heap limit.

use std::path::{Path, PathBuf};

use napi_derive::napi;
use serde::Serialize;

use super::capture_order::Memory;
use super::files::now;
use super::job::{Callback, spawn};
use super::node::{self, call};
use crate::capture::{
    Keep, check_disk, check_memory, enforce, free_disk, prepare_directory, snapshot_name,
    write_whole,
};

/// The end of the name of evidence that is no snapshot.
const EVIDENCE: &str = ".near-limit.json";

#[derive(Serialize)]
struct Written {
    path: String,
}

/// Refuses, with the numbers, where memory or the disk of `directory` cannot bear that V8 writes a
/// snapshot of a heap of `heapBytes` in this very process.
#[napi(catch_unwind)]
pub fn check_inline_capture(heap_bytes: f64, directory: String) -> node::Result<()> {
    call(|| {
        let heap = heap_bytes as u64;
        check_memory(heap, false, Memory::new().headroom())?;
        check_disk(heap, free_disk(Path::new(&directory)), &directory)
    })
}

/// Writes evidence that is no snapshot, given as JSON: to `path`, or, where that is empty, under a
/// new name in `directory`, which is made if it is not there. At most `keepCount` such files of at
/// most `keepBytes` bytes stay. Answers with the path.
#[napi(catch_unwind)]
pub fn write_near_limit(
    directory: String,
    path: String,
    thread: u32,
    document: String,
    keep_count: u32,
    keep_bytes: f64,
    callback: Callback,
) -> node::Result<()> {
    call(|| {
        spawn(callback, move || {
            let directory = PathBuf::from(directory);
            prepare_directory(&directory)?;
            let path = if path.is_empty() {
                let name = snapshot_name(now(), thread, "near-limit.json");
                directory.join(name)
            } else {
                PathBuf::from(path)
            };
            write_whole(&path, document.as_bytes())?;
            let keep = keep(keep_count, keep_bytes);
            enforce(&directory, keep, |name| {
                name.starts_with("leakguard.") && name.ends_with(EVIDENCE)
            });
            Ok(Written {
                path: path.display().to_string(),
            })
        })
    })
}

/// Removes the oldest snapshots of leakguard's own naming from `directory`, as after a capture.
#[napi(catch_unwind)]
pub fn tidy_snapshots(directory: String, keep_count: u32, keep_bytes: f64) -> node::Result<()> {
    call(|| {
        enforce(
            Path::new(&directory),
            keep(keep_count, keep_bytes),
            |name| name.starts_with("leakguard.") && name.contains(".heapsnapshot"),
        );
        Ok(())
    })
}

fn keep(count: u32, bytes: f64) -> Keep {
    Keep {
        count: count as usize,
        bytes: bytes as u64,
    }
}
