//! Snapshot files, plain or compressed.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use super::control::Control;
use super::graph::Graph;
use super::parser::parse;
use super::snapshot::Snapshot;
use crate::error::{Code, Error, Result};

/// Opens a `.heapsnapshot` or `.heaptimeline` file, which may be compressed with gzip or
/// Zstandard, and analyses it. The kind is told by the first bytes, not by the name.
///
/// # Errors
/// Those of [`parse`], and what the operating system says of the file.
pub fn open(path: &Path, control: &Control) -> Result<Snapshot> {
    Ok(Snapshot::of(open_graph(path, control)?))
}

/// Like [`open`], without the analysis.
///
/// # Errors
/// As for [`open`].
pub fn open_graph(path: &Path, control: &Control) -> Result<Graph> {
    let name = path.display().to_string();
    let mut file = File::open(path).map_err(|error| Error::io("open", &name, &error))?;
    let metadata = file
        .metadata()
        .map_err(|error| Error::io("look at", &name, &error))?;
    if metadata.is_dir() {
        return Err(Error::new(
            Code::Invalid,
            format!("{name} is a directory. Give the path of a .heapsnapshot file."),
        ));
    }
    let mut magic = Vec::with_capacity(4);
    (&mut file)
        .take(4)
        .read_to_end(&mut magic)
        .map_err(|error| Error::io("read", &name, &error))?;
    let whole = Cursor::new(magic.clone()).chain(file);
    let graph = match magic.as_slice() {
        [0x1f, 0x8b, ..] => parse(flate2::read::MultiGzDecoder::new(whole), None, control),
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(whole).map_err(|error| {
                Error::new(
                    Code::Corrupt,
                    format!("{name} is not whole Zstandard data ({error}). Capture it again."),
                )
            })?;
            parse(decoder, None, control)
        }
        _ => parse(whole, Some(metadata.len()), control),
    };
    graph.map_err(|error| Error::new(error.code, format!("{name}: {}", error.message)))
}
