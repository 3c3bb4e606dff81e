//! Where the bytes of a snapshot go: a file, compressed or not, or nowhere.

use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;

use super::atomic_file::AtomicFile;
use super::zstd_writer::ZstdWriter;
use crate::error::{Error, Result};

/// How a snapshot's file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// As V8 makes it.
    #[default]
    None,
    /// With gzip, at the fastest level: a sixth of the size for a little time of another thread.
    Gzip,
    /// With Zstandard, as fast as can be.
    Zstd,
}

/// A file being written.
pub(super) enum Destination {
    Nowhere,
    Plain(AtomicFile),
    Gzip(GzEncoder<AtomicFile>),
    Zstd(Box<ZstdWriter<AtomicFile>>),
}

impl Destination {
    pub(super) fn create(path: Option<&Path>, compression: Compression) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Destination::Nowhere);
        };
        let file = AtomicFile::create(path)?;
        Ok(match compression {
            Compression::None => Destination::Plain(file),
            Compression::Gzip => {
                Destination::Gzip(GzEncoder::new(file, flate2::Compression::fast()))
            }
            Compression::Zstd => Destination::Zstd(Box::new(ZstdWriter::new(file))),
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Destination::Nowhere => Ok(()),
            Destination::Plain(file) => file.write_all(bytes),
            Destination::Gzip(encoder) => encoder.write_all(bytes),
            Destination::Zstd(writer) => writer.write_all(bytes),
        }
    }

    pub(super) fn finish(self, path: &str) -> Result<()> {
        match self {
            Destination::Nowhere => Ok(()),
            Destination::Plain(file) => file.finish(),
            Destination::Gzip(encoder) => encoder
                .finish()
                .map_err(|error| Error::io("write", path, &error))?
                .finish(),
            Destination::Zstd(writer) => writer
                .finish()
                .map_err(|error| Error::io("write", path, &error))?
                .finish(),
        }
    }
}

/// Makes a directory that only its owner can look into, with its parents, unless it is there.
///
/// # Errors
/// What the operating system says, as [`Error::io`] words it.
pub fn prepare_directory(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| Error::io("make the directory", &path.display().to_string(), &error))
}
