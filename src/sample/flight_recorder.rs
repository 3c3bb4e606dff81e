//! Samples in a file of fixed size, so that a process that is killed leaves its last hour behind.
//!
//! The file is written with ordinary writes rather than mapped: what is written stays when the
//! process is killed, in either case, but a mapping ends the process with `SIGBUS` when the disk is
//! full or somebody cuts the file, and a write is only refused.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::black_box::{End, Head, KIND, NOTES, Note, Origin, SAMPLES, SLOT_BYTES};
use super::sample::Sample;
use crate::error::{Error, Result};

/// What the samples of one file reach back over, ms: they are joined where they come more often.
const REACH_MS: f64 = 3_600_000.0;

/// Bytes of a slot that are not a note's text.
const NOTE_BYTES: usize = 96;

/// Writes to one file, which it removes unless the process ends badly. See [`BlackBox`] for the
/// layout.
///
/// [`BlackBox`]: super::BlackBox
#[derive(Debug)]
pub struct FlightRecorder {
    file: File,
    path: PathBuf,
    origin: Origin,
    notes: u64,
    samples: u64,
    /// What the newest slot holds, and when its first sample was taken.
    newest: Option<(f64, Sample)>,
}

impl FlightRecorder {
    /// Samples that come more often than this are joined, ms.
    pub const SPACING_MS: f64 = REACH_MS / SAMPLES as f64;

    /// Makes the file, 0600, of at most 400 kB.
    ///
    /// # Errors
    /// What the operating system says of it.
    pub fn create(path: &Path, origin: Origin) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(path)
            .map_err(|error| Error::io("make", &path.display().to_string(), &error))?;
        let mut recorder = Self {
            file,
            path: path.to_owned(),
            origin,
            notes: 0,
            samples: 0,
            newest: None,
        };
        match recorder.write_head(None) {
            Ok(()) => Ok(recorder),
            Err(error) => {
                recorder.remove();
                Err(error)
            }
        }
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a sample, or joins it with the newest one when that is only seconds old.
    ///
    /// # Errors
    /// What the operating system says of the file.
    pub fn record(&mut self, sample: &Sample) -> Result<()> {
        let newest = match self.newest.take() {
            Some((began, before)) if (0.0..Self::SPACING_MS).contains(&(sample.time - began)) => {
                (began, joined(&before, sample))
            }
            before => {
                self.samples += u64::from(before.is_some());
                (sample.time, sample.clone())
            }
        };
        let slot = 1 + NOTES + self.samples % SAMPLES;
        let (_, sample) = self.newest.insert(newest);
        write_slot(&mut self.file, &self.path, slot, sample)
    }

    /// Adds what was said.
    ///
    /// # Errors
    /// What the operating system says of the file.
    pub fn note(&mut self, mut note: Note) -> Result<()> {
        // As it is written: a control character takes six bytes.
        let escaped = |text: &str| serde_json::to_string(text).map_or(0, |json| json.len());
        while escaped(&note.message) > SLOT_BYTES - NOTE_BYTES {
            let shorter = note.message.floor_char_boundary(note.message.len() * 3 / 4);
            note.message.truncate(shorter);
        }
        let slot = 1 + self.notes % NOTES;
        self.notes += 1;
        write_slot(&mut self.file, &self.path, slot, &note)
    }

    /// The process ends by itself, but badly: the file stays, and says so.
    ///
    /// # Errors
    /// What the operating system says of the file.
    pub fn end(mut self, end: End) -> Result<()> {
        self.write_head(Some(end))
    }

    /// All is well: nothing stays. A file that cannot be removed is left.
    pub fn remove(self) {
        let _ = std::fs::remove_file(&self.path);
    }

    fn write_head(&mut self, end: Option<End>) -> Result<()> {
        let head = Head {
            kind: KIND.to_owned(),
            origin: self.origin.clone(),
            end,
        };
        write_slot(&mut self.file, &self.path, 0, &head)
    }
}

/// Two samples in one: what happened in either, and how things stood at the end.
fn joined(before: &Sample, sample: &Sample) -> Sample {
    Sample {
        live_heap: sample.live_heap.or(before.live_heap),
        forked: match sample.live_heap {
            Some(_) => sample.forked,
            None => before.forked,
        },
        live_external: sample.live_external.or(before.live_external),
        live_array_buffers: sample.live_array_buffers.or(before.live_array_buffers),
        live_contexts: sample.live_contexts.or(before.live_contexts),
        detached_contexts: sample.detached_contexts.or(before.detached_contexts),
        handles: sample.handles.or(before.handles),
        native: sample.native.or(before.native),
        major_gcs: sample.major_gcs.saturating_add(before.major_gcs),
        minor_gcs: sample.minor_gcs.saturating_add(before.minor_gcs),
        gc_ms: sample.gc_ms + before.gc_ms,
        ..sample.clone()
    }
}

/// Writes one slot with one call, so that a kill leaves it as it was or as it should be. A text
/// that is too long for its slot is left out: a cut one would be no JSON.
fn write_slot(file: &mut File, path: &Path, slot: u64, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    if text.len() >= SLOT_BYTES {
        text.clear();
    }
    text.resize(SLOT_BYTES - 1, b' ');
    text.push(b'\n');
    file.seek(SeekFrom::Start(slot * SLOT_BYTES as u64))
        .and_then(|_| file.write_all(&text))
        .map_err(|error| Error::io("write", &path.display().to_string(), &error))
}

#[cfg(test)]
mod tests {
    use super::super::{BlackBox, NoteKind};
    use super::*;
    use crate::error::Code;

    fn origin() -> Origin {
        Origin {
            pid: 42,
            node: "v20.0.0".into(),
            script: "server.js".into(),
            started: 1000.0,
            interval_ms: 10_000.0,
            ..Origin::default()
        }
    }

    fn sample(time: f64) -> Sample {
        Sample {
            time,
            rss: u64::MAX,
            heap_used: time as u64,
            ..Sample::default()
        }
    }

    fn recorder(directory: &Path) -> FlightRecorder {
        FlightRecorder::create(&directory.join("a.blackbox"), origin()).unwrap()
    }

    fn note(time: f64, message: &str) -> Note {
        Note {
            time,
            kind: NoteKind::Leak,
            message: message.to_owned(),
        }
    }

    #[test]
    fn what_was_written_is_there_without_an_end() {
        let directory = tempfile::tempdir().unwrap();
        let mut flight = recorder(directory.path());
        for count in 0..10 {
            flight.record(&sample(10_000.0 * f64::from(count))).unwrap();
        }
        flight.note(note(5.0, "It leaks.")).unwrap();
        let read = BlackBox::read(flight.path()).unwrap();
        assert_eq!(read.origin, origin());
        assert_eq!(read.end, None);
        let expected: Vec<Sample> = (0..10)
            .map(|count| sample(10_000.0 * f64::from(count)))
            .collect();
        assert_eq!(read.samples, expected);
        assert_eq!(read.notes, [note(5.0, "It leaks.")]);
        let end = End {
            time: 7.0,
            exit_code: 134,
        };
        let path = flight.path().to_owned();
        flight.end(end).unwrap();
        assert_eq!(BlackBox::read(&path).unwrap().end, Some(end));
    }

    #[test]
    fn a_sample_with_every_figure_at_its_largest_fits() {
        let mut json = serde_json::to_value(Sample::default()).unwrap();
        fill(&mut json);
        json["loopBlocked"] = true.into();
        for count in [
            "majorGcs",
            "minorGcs",
            "liveContexts",
            "detachedContexts",
            "handles",
        ] {
            json[count] = u32::MAX.into();
        }
        let full: Sample = serde_json::from_value(json).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut flight = recorder(directory.path());
        flight.record(&full).unwrap();
        assert_eq!(BlackBox::read(flight.path()).unwrap().samples, [full]);
    }

    /// A thousand terabytes everywhere.
    fn fill(json: &mut serde_json::Value) {
        match json {
            serde_json::Value::Object(fields) => fields.values_mut().for_each(fill),
            serde_json::Value::Bool(_) => {}
            other => *other = 1_000_000_000_000_000_u64.into(),
        }
    }

    #[test]
    fn the_oldest_are_written_over_and_the_file_does_not_grow() {
        let directory = tempfile::tempdir().unwrap();
        let mut flight = recorder(directory.path());
        let all = 3 * SAMPLES as u32;
        for count in 0..all {
            flight.record(&sample(10_000.0 * f64::from(count))).unwrap();
            flight
                .note(note(f64::from(count), &"\u{1}é".repeat(1000)))
                .unwrap();
        }
        let read = BlackBox::read(flight.path()).unwrap();
        let times: Vec<f64> = read.samples.iter().map(|sample| sample.time).collect();
        let kept = all - SAMPLES as u32..all;
        let expected: Vec<f64> = kept.map(|count| 10_000.0 * f64::from(count)).collect();
        assert_eq!(times, expected);
        assert_eq!(read.notes.len() as u64, NOTES);
        let length = std::fs::metadata(flight.path()).unwrap().len();
        assert_eq!(length, SLOT_BYTES as u64 * (1 + NOTES + SAMPLES));
        assert!(length < 400_000);
        let path = flight.path().to_owned();
        flight.remove();
        assert!(!path.exists());
    }

    #[test]
    fn frequent_samples_are_joined_and_reach_back_an_hour() {
        let directory = tempfile::tempdir().unwrap();
        let mut flight = recorder(directory.path());
        let interval = 100.0;
        for count in 0..36_000_u32 {
            let collected = count % 50 == 7;
            let one = Sample {
                live_heap: collected.then_some(u64::from(count)),
                major_gcs: u32::from(collected),
                minor_gcs: 1,
                ..sample(interval * f64::from(count))
            };
            flight.record(&one).unwrap();
        }
        let samples = BlackBox::read(flight.path()).unwrap().samples;
        assert_eq!(samples.last().unwrap().time, interval * 35_999.0);
        let reach = samples.last().unwrap().time - samples[0].time;
        assert!(reach > 0.95 * REACH_MS, "{reach}");
        let whole: u32 = samples.iter().map(|sample| sample.minor_gcs).sum();
        assert_eq!(whole, 36_000);
        assert!(samples.iter().all(|sample| sample.live_heap.is_some()));
    }

    #[test]
    fn a_slot_that_is_not_whole_is_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let mut flight = recorder(directory.path());
        for count in 0..3 {
            flight.record(&sample(10_000.0 * f64::from(count))).unwrap();
        }
        let mut bytes = std::fs::read(flight.path()).unwrap();
        let place = SLOT_BYTES * (2 + NOTES as usize) + 20;
        bytes[place..place + 30].fill(0);
        let path = directory.path().join("b.blackbox");
        for length in [bytes.len(), bytes.len() - 100, bytes.len() - SLOT_BYTES - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let times: Vec<f64> = BlackBox::read(&path)
                .unwrap()
                .samples
                .iter()
                .map(|s| s.time)
                .collect();
            let whole = [0.0, 20_000.0];
            assert_eq!(times, whole[..times.len()], "{length}");
        }
    }

    #[test]
    fn another_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other");
        for text in ["", "{}", "{\"kind\":\"other\",\"end\":null}", "\0\0"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(
                BlackBox::read(&path).unwrap_err().code,
                Code::Corrupt,
                "{text}"
            );
        }
        assert!(BlackBox::read(&directory.path().join("none")).is_err());
        let file = recorder(directory.path());
        assert!(
            FlightRecorder::create(file.path(), origin()).is_err(),
            "never written over"
        );
    }
}
