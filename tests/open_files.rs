//! Snapshot files as they lie on a disk: plain, compressed, damaged, or something else.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use leakguard::error::{Code, Error};
use leakguard::heap::{Control, Snapshot, open, open_graph};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tempfile::TempDir;

/// A snapshot that the Node.js on the path takes of itself.
fn real() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("real.heapsnapshot");
        let ran = Command::new("node")
            .args(["-e", "require('v8').writeHeapSnapshot(process.argv[1])"])
            .arg(&path)
            .status()
            .expect("these tests take a snapshot of Node.js: put node on the PATH");
        assert!(ran.success(), "node ended with {ran}");
        fs::read(path).unwrap()
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The real snapshot, compressed; slow enough to do it once.
fn real_in_zstd() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| zstd(real()))
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// A folder with one file in it.
struct OneFile {
    _folder: TempDir,
    path: PathBuf,
}

impl OneFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        Self {
            _folder: folder,
            path,
        }
    }
}

fn open_bytes(name: &str, bytes: &[u8]) -> Result<Snapshot, Error> {
    open(&OneFile::new(name, bytes).path, &Control::default())
}

#[track_caller]
fn assert_fails(bytes: &[u8], code: Code, words: &str) {
    let error = open_bytes("some.file", bytes).map(|_| ()).unwrap_err();
    assert_eq!(error.code, code, "{}", error.message);
    assert!(error.message.contains(words), "{}", error.message);
    assert!(error.message.contains("some.file"), "{}", error.message);
}

#[test]
fn a_file_is_the_same_however_it_is_compressed() {
    let plain = open_bytes("plain.heapsnapshot", real()).unwrap();
    assert!(plain.summary().nodes > 10_000);
    assert!(plain.summary().live_size > 1_000_000);
    let (first, second) = real().split_at(real().len() / 3);
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'a', b'b', b'c'];
    for (how, bytes) in [
        ("gzip", gzip(real())),
        ("gzip in two members", [gzip(first), gzip(second)].concat()),
        ("zstd", real_in_zstd().to_vec()),
        ("zstd in two frames", [zstd(first), zstd(second)].concat()),
        (
            "zstd behind a frame to skip",
            [&skipped[..], real_in_zstd()].concat(),
        ),
        (
            "zstd with an empty frame",
            [real_in_zstd(), &zstd(b"")].concat(),
        ),
    ] {
        // The name says nothing: the first bytes do.
        let snapshot =
            open_bytes("file.bin", &bytes).unwrap_or_else(|error| panic!("{how}: {error}"));
        assert_eq!(snapshot.summary(), plain.summary(), "{how}");
        assert_eq!(snapshot.classes(), plain.classes(), "{how}");
    }
}

#[test]
fn compressed_files_that_were_cut_off_are_truncated() {
    let bytes = &real()[..200_000];
    for compressed in [gzip(real()), real_in_zstd().to_vec()] {
        for length in [5, 12, 100, 10_000, compressed.len() - 1] {
            assert_fails(&compressed[..length], Code::Truncated, "too early");
        }
    }
    for compressed in [gzip(bytes), zstd(bytes)] {
        assert_fails(&compressed, Code::Truncated, "ends after 200000 bytes");
    }
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 30, 0, 0, 0, b'a', b'b', b'c'];
    assert_fails(&skipped, Code::Truncated, "too early");
}

#[test]
fn compressed_files_that_were_damaged_are_corrupt() {
    let mut bytes = gzip(real());
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xff);
    let error = open_bytes("a.gz", &bytes).map(|_| ()).unwrap_err();
    // A damaged stream may also read as other text for a while.
    assert!(
        matches!(error.code, Code::Corrupt | Code::NotJson),
        "{error:?}"
    );

    let mut bytes = gzip(real());
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    assert_fails(&bytes, Code::Corrupt, "is damaged");

    assert_fails(
        &[gzip(real()), b"garbage behind it".to_vec()].concat(),
        Code::Corrupt,
        "is damaged",
    );
    assert_fails(
        &[real_in_zstd(), b"garbage behind it"].concat(),
        Code::Corrupt,
        "is damaged",
    );
    let no_frame = [&[0x28, 0xb5, 0x2f, 0xfd][..], &[0xff; 40]].concat();
    assert_fails(&no_frame, Code::Corrupt, "is damaged");
}

#[test]
fn compressed_files_of_something_else_are_no_snapshot() {
    for compressed in [gzip(b"{\"head\":1}"), zstd(b"{\"head\":1}")] {
        assert_fails(&compressed, Code::NotASnapshot, "\"head\"");
    }
    for compressed in [gzip(b""), zstd(b"")] {
        assert_fails(&compressed, Code::Truncated, "is empty");
    }
}

#[test]
fn files_of_no_more_than_a_few_bytes_are_told_apart() {
    assert_fails(b"", Code::Truncated, "is empty");
    assert_fails(b"{", Code::Truncated, "after 1 bytes");
    assert_fails(b"\x1f\x8b", Code::Truncated, "too early");
    assert_fails(b"\x28\xb5\x2f", Code::NotJson, "'(' at byte 0");
}

#[test]
fn a_missing_file_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.heapsnapshot");
    let error = open(&path, &Control::default()).map(|_| ()).unwrap_err();
    assert_eq!(error.code, Code::NotFound);
    assert!(
        error.message.contains("missing.heapsnapshot"),
        "{}",
        error.message
    );
}

#[test]
fn a_directory_is_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let error = open_graph(folder.path(), &Control::default())
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code, Code::Invalid);
    assert!(
        error.message.contains("is a directory"),
        "{}",
        error.message
    );
}

#[test]
fn progress_counts_the_bytes_of_the_file_itself() {
    for bytes in [real().to_vec(), gzip(real()), real_in_zstd().to_vec()] {
        let control = Control::default();
        open(&OneFile::new("a.heapsnapshot", &bytes).path, &control).unwrap();
        assert_eq!(control.bytes_read(), bytes.len() as u64);
    }
}

#[test]
fn work_given_up_ends() {
    let control = Control::default();
    control.cancel();
    let file = OneFile::new("a.heapsnapshot", real());
    let error = open(&file.path, &control).map(|_| ()).unwrap_err();
    assert_eq!(error.code, Code::Aborted);
}
