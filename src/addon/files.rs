//! Small files: reports.

use std::path::PathBuf;

use napi_derive::napi;

use super::job::{Callback, spawn};
use super::node::{self, call};
use crate::capture::{Keep, enforce, prepare_directory, snapshot_name, write_whole};

/// Writes `text` to a new file in `directory`, which is made if it is not there, and answers with
/// its path. At most `keepCount` files and `keepBytes` bytes of ours stay there.
#[napi(catch_unwind)]
pub fn write_report(
    directory: String,
    extension: String,
    text: String,
    keep_count: u32,
    keep_bytes: f64,
    callback: Callback,
) -> node::Result<()> {
    call(|| {
        spawn(callback, move || {
            let directory = PathBuf::from(directory);
            prepare_directory(&directory)?;
            let path = directory.join(snapshot_name(now(), 0, &extension));
            write_whole(&path, text.as_bytes())?;
            let keep = Keep {
                count: keep_count as usize,
                bytes: keep_bytes as u64,
            };
            enforce(&directory, keep, |name| {
                name.starts_with("leakguard.") && name.ends_with(&extension)
            });
            Ok(path.display().to_string())
        })
    })
}

/// The time in epoch milliseconds.
pub(super) fn now() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}
