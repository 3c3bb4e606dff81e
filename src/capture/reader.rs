//! The thread at the reading end of the pipe.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::thread::JoinHandle;

use super::destination::{Compression, Destination};
use super::outline::Outline;
use super::redact::Redactor;
use crate::error::{Code, Error, Result};
use crate::heap::{Control, Graph, parse};

/// What is wanted of a capture.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The file to write, if one is wanted.
    pub path: Option<PathBuf>,
    /// How to write it.
    pub compression: Compression,
    /// Whether to parse the snapshot as it comes.
    pub parse: bool,
    /// Whether to replace what the snapshot holds of the users' data before anything else sees it.
    pub redact: bool,
}

/// What came out.
#[derive(Debug)]
pub struct Captured {
    /// Bytes of JSON that V8 made.
    pub bytes: u64,
    /// Bytes of the file, when there is one; fewer when it is compressed.
    pub file_bytes: Option<u64>,
    /// Number of nodes, by the snapshot's header.
    pub nodes: u64,
    /// Number of edges, by the snapshot's header.
    pub edges: u64,
    /// The graph, when it was asked for.
    pub graph: Option<Graph>,
}

/// A capture under way.
#[derive(Debug)]
pub struct Reader {
    thread: JoinHandle<Result<Captured>>,
}

impl Reader {
    /// Begins to read. The file is created at once, so a bad path fails before V8 has worked.
    ///
    /// # Errors
    /// What the operating system says of the file, or [`Code::CaptureFailed`] when no thread can
    /// be had.
    pub fn start(source: File, request: Request) -> Result<Self> {
        let destination = Destination::create(request.path.as_deref(), request.compression)?;
        let thread = std::thread::Builder::new()
            .name("leakguard-read".to_owned())
            .spawn(move || read(source, destination, &request))
            .map_err(|error| {
                Error::new(
                    Code::CaptureFailed,
                    format!("Could not start a thread to read the snapshot ({error})."),
                )
            })?;
        Ok(Self { thread })
    }

    /// Waits for the end of the snapshot. `delivered` tells whether V8's side said that it wrote
    /// everything.
    ///
    /// # Errors
    /// Why the snapshot could not be written or read. Nothing half-written is left.
    pub fn finish(self) -> Result<Captured> {
        self.thread.join().unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(Error::new(
                Code::Internal,
                format!("leakguard failed while reading the snapshot ({text}). Please report it."),
            ))
        })
    }
}

fn read(source: File, destination: Destination, request: &Request) -> Result<Captured> {
    let shown = request
        .path
        .as_ref()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let source = if request.redact {
        Source::Redacted(Box::new(Redactor::new(source)))
    } else {
        Source::AsItIs { source, bytes: 0 }
    };
    let mut tee = Tee {
        source,
        destination: Some(destination),
        outline: Outline::default(),
        failed: None,
    };
    let parsed = if request.parse {
        parse(&mut tee, None, &Control::default()).map(Some)
    } else {
        Ok(None)
    };
    // V8 must never wait for a reader that has given up, so the rest is read in any case.
    let drained = io::copy(&mut tee, &mut io::sink());
    if let Some(error) = tee.failed {
        return Err(Error::io("write", &shown, &error));
    }
    let bytes = tee.source.bytes_read();
    if bytes == 0 {
        return Err(Error::new(
            Code::CaptureFailed,
            "V8 wrote no snapshot (0 bytes). It may have been short of memory.",
        ));
    }
    if let Some(error) = tee.source.failure() {
        return Err(error.clone());
    }
    drained.map_err(|error| Error::io("read", "the snapshot's pipe", &error))?;
    let outline = tee.outline;
    let graph = parsed?;
    let counts = outline
        .counts()
        .filter(|_| outline.is_whole())
        .ok_or_else(|| {
            Error::new(
                Code::Truncated,
                format!("V8 stopped after {bytes} bytes, in the middle of the snapshot."),
            )
        })?;
    if let Some(destination) = tee.destination.take() {
        destination.finish(&shown)?;
    }
    let file_bytes = request
        .path
        .as_ref()
        .and_then(|path| Some(std::fs::metadata(path).ok()?.len()));
    Ok(Captured {
        bytes,
        file_bytes,
        nodes: counts.node_count,
        edges: counts.edge_count,
        graph,
    })
}

/// Where bytes come from: V8's pipe, or the stage behind it that hides the program's data. Nothing
/// else sees what V8 wrote.
enum Source {
    AsItIs { source: File, bytes: u64 },
    Redacted(Box<Redactor<File>>),
}

impl Source {
    /// Bytes that V8 has written.
    fn bytes_read(&self) -> u64 {
        match self {
            Source::AsItIs { bytes, .. } => *bytes,
            Source::Redacted(redactor) => redactor.bytes_read(),
        }
    }

    /// Why the data could not be hidden.
    fn failure(&self) -> Option<&Error> {
        match self {
            Source::AsItIs { .. } => None,
            Source::Redacted(redactor) => redactor.failure(),
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::AsItIs { source, bytes } => {
                let count = source.read(buffer)?;
                *bytes += count as u64;
                Ok(count)
            }
            Source::Redacted(redactor) => redactor.read(buffer),
        }
    }
}

/// Passes bytes on and writes them down on the way.
struct Tee {
    source: Source,
    destination: Option<Destination>,
    outline: Outline,
    /// Why writing stopped. Reading goes on.
    failed: Option<io::Error>,
}

impl Read for Tee {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.outline.watch(&buffer[..count]);
        if let Some(destination) = &mut self.destination
            && let Err(error) = destination.write(&buffer[..count])
        {
            self.failed = Some(error);
            // Dropped here, so that a full disk has its space back at once.
            self.destination = None;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::capture::Pipe;

    const SNAPSHOT: &str = concat!(
        r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"#,
        r#""node_types":[["synthetic"],"string","number","number","number"],"#,
        r#""edge_fields":["type","name_or_index","to_node"],"#,
        r#""edge_types":[["element"],"string_or_number","node"]},"node_count":1,"edge_count":0},"#,
        r#""nodes":[0,0,1,0,0],"edges":[],"strings":["root"]}"#
    );

    fn capture(text: &str, request: Request) -> Result<Captured> {
        let pipe = Pipe::new()?;
        let reader = Reader::start(pipe.output, request)?;
        let mut input = File::from(pipe.input);
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        reader.finish()
    }

    #[test]
    fn a_snapshot_is_written_and_parsed_in_one_go() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.heapsnapshot");
        let request = Request {
            path: Some(path.clone()),
            parse: true,
            ..Request::default()
        };
        let captured = capture(SNAPSHOT, request).unwrap();
        assert_eq!(captured.graph.unwrap().node_count(), 1);
        assert_eq!((captured.nodes, captured.edges), (1, 0));
        assert_eq!(std::fs::read_to_string(path).unwrap(), SNAPSHOT);
    }

    #[test]
    fn a_compressed_snapshot_opens_again() {
        let directory = tempfile::tempdir().unwrap();
        for compression in [Compression::Gzip, Compression::Zstd] {
            let path = directory.path().join(format!("{compression:?}"));
            let request = Request {
                path: Some(path.clone()),
                compression,
                ..Request::default()
            };
            let captured = capture(SNAPSHOT, request).unwrap();
            assert_eq!(captured.bytes, SNAPSHOT.len() as u64);
            assert_eq!(captured.file_bytes, Some(path.metadata().unwrap().len()));
            let graph = crate::heap::open_graph(&path, &Control::default()).unwrap();
            assert_eq!(graph.node_count(), 1);
        }
    }

    #[test]
    fn nothing_but_the_redactor_sees_what_v8_wrote() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.heapsnapshot");
        let secret = SNAPSHOT
            .replace("[\"synthetic\"]", "[\"string\"]")
            .replace("\"root\"", "\"a secret\"");
        let request = Request {
            path: Some(path.clone()),
            parse: true,
            redact: true,
            ..Request::default()
        };
        let captured = capture(&secret, request).unwrap();
        assert_eq!(captured.bytes, secret.len() as u64);
        let graph = captured.graph.unwrap();
        let name = graph.node_name(crate::heap::NodeIndex::ROOT);
        assert!(name.starts_with("***"), "{name}");
        let written = std::fs::read_to_string(path).unwrap();
        assert!(written.contains(name) && !written.contains("secret"));
    }

    #[test]
    fn a_snapshot_that_cannot_be_redacted_is_an_error_and_leaves_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let foreign = SNAPSHOT.replace("\"name\"", "\"title\"");
        // More than a pipe holds: whoever writes must not be left waiting.
        let long = foreign + &" ".repeat(1 << 20);
        for parse in [true, false] {
            let request = Request {
                path: Some(directory.path().join("a.heapsnapshot")),
                parse,
                redact: true,
                ..Request::default()
            };
            let error = capture(&long, request).unwrap_err();
            assert_eq!(error.code, Code::NotASnapshot, "{error}");
            assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_snapshot_that_breaks_off_is_an_error_and_leaves_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let ways = [(true, false), (false, false), (true, true), (false, true)];
        for (parse, redact) in ways {
            for cut in [0, 1, 40, SNAPSHOT.len() - 1] {
                let path = directory.path().join("a.heapsnapshot");
                let request = Request {
                    path: Some(path),
                    parse,
                    redact,
                    ..Request::default()
                };
                let error = capture(&SNAPSHOT[..cut], request).unwrap_err();
                let expected = if cut == 0 {
                    Code::CaptureFailed
                } else {
                    Code::Truncated
                };
                assert_eq!(error.code, expected, "{error}");
                assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
            }
        }
    }

    #[test]
    fn a_full_disk_is_an_error_and_v8_is_not_left_waiting() {
        if !std::path::Path::new("/dev/full").exists() {
            return;
        }
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let error = (&file).write_all(b"x").unwrap_err();
        assert_eq!(Error::io("write", "a", &error).code, Code::DiskFull);
    }
}
