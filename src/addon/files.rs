//! Reports.

use std::path::PathBuf;

use napi_derive::napi;
use serde::Serialize;

use super::job::{Callback, spawn};
use super::node::{self, call, options};
use crate::capture::{Keep, enforce, prepare_directory, snapshot_name, write_whole};
use crate::report::{Document, html};

#[derive(Serialize)]
struct Written {
    json: String,
    html: String,
}

/// Writes a diagnosis, given as JSON, into `directory`, which is made if it is not there: as it is,
/// and as a web page. At most `keepCount` files of each kind and `keepBytes` bytes of it stay.
/// Answers with both paths.
#[napi(catch_unwind)]
pub fn write_diagnosis(
    directory: String,
    document: String,
    keep_count: u32,
    keep_bytes: f64,
    callback: Callback,
) -> node::Result<()> {
    call(|| {
        spawn(callback, move || {
            let directory = PathBuf::from(directory);
            prepare_directory(&directory)?;
            let page = html(&options::<Document>(&document)?);
            let name = snapshot_name(now(), 0, "diagnosis");
            let keep = Keep {
                count: keep_count as usize,
                bytes: keep_bytes as u64,
            };
            let write = |extension: &str, text: &str| {
                let path = directory.join(format!("{name}.{extension}"));
                write_whole(&path, text.as_bytes())?;
                let ending = format!(".diagnosis.{extension}");
                enforce(&directory, keep, |name| {
                    name.starts_with("leakguard.") && name.ends_with(&ending)
                });
                Ok(path.display().to_string())
            };
            Ok(Written {
                json: write("json", &document)?,
                html: write("html", &page)?,
            })
        })
    })
}

/// The time in epoch milliseconds.
pub(super) fn now() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}
