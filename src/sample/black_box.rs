//! What a process leaves behind that was killed: the file of a [`FlightRecorder`], read.
//!
//! The file is text: slots of the same size, each a JSON object and blanks up to the end of its
//! line. The first one tells whose it is, the next ones hold what was said, the rest samples, the
//! oldest of which are written over. A slot that was being written when the process was killed is
//! no JSON and is passed over.
//!
//! [`FlightRecorder`]: super::FlightRecorder

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::sample::Sample;
use crate::error::{Code, Error, Result};

/// Bytes of a slot, its end of line included.
pub(super) const SLOT_BYTES: usize = 768;
/// Slots for what was said.
pub(super) const NOTES: u64 = 32;
/// Slots for samples.
pub(super) const SAMPLES: u64 = 480;

/// Stands at the beginning of every file.
pub(super) const KIND: &str = "leakguard flight recorder";

/// Whose record it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Origin {
    /// The process's number.
    pub pid: u32,
    /// The thread, as Node numbers them; 0 is the main thread.
    pub thread: u32,
    /// Version of Node.js.
    pub node: String,
    /// The script that was started.
    pub script: String,
    /// When the monitor was started, epoch ms.
    pub started: f64,
    /// Between two samples, ms.
    pub interval_ms: f64,
}

/// How the process ended, where it could still say so.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// When, epoch ms.
    pub time: f64,
    /// Its exit code.
    pub exit_code: i32,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NoteKind {
    /// A leak was found.
    Leak,
    /// A leak has settled.
    Settled,
    /// A limit is near.
    Pressure,
    /// A culprit was named.
    Suspect,
}

/// What was said.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// When, epoch ms.
    pub time: f64,
    /// About what.
    pub kind: NoteKind,
    /// One sentence, or its beginning.
    pub message: String,
}

/// The first slot.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) kind: String,
    #[serde(flatten)]
    pub(super) origin: Origin,
    pub(super) end: Option<End>,
}

/// A flight recorder's file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlackBox {
    /// Whose it is.
    #[serde(flatten)]
    pub origin: Origin,
    /// How the process ended; `None` when it was killed, or is still there.
    pub end: Option<End>,
    /// What was said, oldest first.
    pub notes: Vec<Note>,
    /// Samples of the last hour or more, oldest first.
    pub samples: Vec<Sample>,
}

impl BlackBox {
    /// Reads a file.
    ///
    /// # Errors
    /// What the operating system says of the file; [`Code::Corrupt`] when it is none of a flight
    /// recorder.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let whole = SLOT_BYTES as u64 * (1 + NOTES + SAMPLES);
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(whole).read_to_end(&mut bytes))
            .map_err(|error| Error::io("read", &name, &error))?;
        let mut slots = bytes.chunks(SLOT_BYTES);
        let head: Option<Head> = slots.next().and_then(parse);
        let Some(head) = head.filter(|head| head.kind == KIND) else {
            return Err(Error::new(
                Code::Corrupt,
                format!(
                    "{name} was not written by leakguard's flight recorder. Its files end in \
                     .blackbox."
                ),
            ));
        };
        let mut notes: Vec<Note> = slots
            .by_ref()
            .take(NOTES as usize)
            .filter_map(parse)
            .collect();
        let mut samples: Vec<Sample> = slots.filter_map(parse).collect();
        notes.sort_by(|one, other| one.time.total_cmp(&other.time));
        samples.sort_by(|one, other| one.time.total_cmp(&other.time));
        Ok(Self {
            origin: head.origin,
            end: head.end,
            notes,
            samples,
        })
    }
}

fn parse<T: for<'a> Deserialize<'a>>(slot: &[u8]) -> Option<T> {
    serde_json::from_slice(slot).ok()
}
