//! Snapshot files, plain or compressed.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use super::control::{Control, Counted};
use super::graph::Graph;
use super::parser::{parse, parse_file};
use super::read_ahead::read_ahead;
use super::snapshot::Snapshot;
use super::zstd_frames::ZstdFrames;
use crate::error::{Code, Error, Result};

/// Opens a `.heapsnapshot` or `.heaptimeline` file, which may be compressed with gzip or
/// Zstandard, and analyses it. The kind is told by the first bytes, not by the name.
///
/// # Errors
/// Those of [`parse`], and what the operating system says of the file.
pub fn open(path: &Path, control: &Control) -> Result<Snapshot> {
    Snapshot::analyse(open_graph(path, control)?, control)
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
    let graph = match magic.as_slice() {
        [0x1f, 0x8b, ..] => {
            let whole = begin_again(&magic, file, control);
            parse_ahead(flate2::read::MultiGzDecoder::new(whole), control)
        }
        // A frame of content, or one to be skipped before it.
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
            let whole = begin_again(&magic, file, control);
            parse_ahead(ZstdFrames::new(whole), control)
        }
        _ if metadata.is_file() => parse_file(path, file, control),
        _ => parse(begin_again(&magic, file, control), None, control),
    };
    graph.map_err(|error| Error::new(error.code, format!("{name}: {}", error.message)))
}

/// The file, of which the first bytes have been taken.
fn begin_again<'a>(magic: &[u8], file: File, control: &'a Control) -> impl Read + use<'a> {
    Counted::new(Cursor::new(magic.to_vec()).chain(file), control)
}

/// Decompresses on one thread and parses on the other.
fn parse_ahead(source: impl Read + Send, control: &Control) -> Result<Graph> {
    read_ahead(source, |source| parse(source, None, control))
}
