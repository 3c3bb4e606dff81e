//! The one error type of the engine: a stable code and a sentence.

use std::fmt;

use serde::Serialize;

/// What went wrong, as a stable code that programs may compare.
///
/// The text of a code never changes once released; the message may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The file does not exist.
    NotFound,
    /// The operating system refused access.
    Permission,
    /// The disk is full, or a quota is used up.
    DiskFull,
    /// Any other failure of reading or writing.
    Io,
    /// The snapshot ends before its JSON does.
    Truncated,
    /// The bytes are not JSON.
    NotJson,
    /// The bytes are JSON, but not a V8 heap snapshot.
    NotASnapshot,
    /// The snapshot breaks its own promises, such as an edge to a node that does not exist.
    Corrupt,
    /// The snapshot has more nodes, edges or text than the columns can number.
    TooLarge,
    /// An argument is out of its range, or the object asked for does not exist.
    Invalid,
    /// The caller gave the work up.
    Aborted,
    /// Preflight refused a capture: too little memory, too little disk, or another one is running.
    Refused,
    /// This platform, kernel or build cannot do what was asked.
    Unsupported,
    /// V8 or the operating system broke a capture off.
    CaptureFailed,
    /// A forked capture was broken off because the application needs the memory.
    OutOfMemory,
    /// A capture took longer than was allowed.
    TimedOut,
    /// A forked capture failed in a way that another try may well not. Never seen by users.
    Retry,
    /// A defect of leakguard itself: a Rust panic that was caught.
    Internal,
}

impl Code {
    /// The code as JavaScript sees it in `error.code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::NotFound => "ERR_LEAKGUARD_NOT_FOUND",
            Code::Permission => "ERR_LEAKGUARD_PERMISSION",
            Code::DiskFull => "ERR_LEAKGUARD_DISK_FULL",
            Code::Io => "ERR_LEAKGUARD_IO",
            Code::Truncated => "ERR_LEAKGUARD_TRUNCATED",
            Code::NotJson => "ERR_LEAKGUARD_NOT_JSON",
            Code::NotASnapshot => "ERR_LEAKGUARD_NOT_A_SNAPSHOT",
            Code::Corrupt => "ERR_LEAKGUARD_CORRUPT",
            Code::TooLarge => "ERR_LEAKGUARD_TOO_LARGE",
            Code::Invalid => "ERR_LEAKGUARD_INVALID",
            Code::Aborted => "ERR_LEAKGUARD_ABORTED",
            Code::Refused => "ERR_LEAKGUARD_REFUSED",
            Code::Unsupported => "ERR_LEAKGUARD_UNSUPPORTED",
            Code::CaptureFailed => "ERR_LEAKGUARD_CAPTURE_FAILED",
            Code::OutOfMemory => "ERR_LEAKGUARD_OUT_OF_MEMORY",
            Code::TimedOut => "ERR_LEAKGUARD_TIMEOUT",
            Code::Retry => "ERR_LEAKGUARD_RETRY",
            Code::Internal => "ERR_LEAKGUARD_INTERNAL",
        }
    }
}

/// An error that a person can act on: the message says what happened, with the number that was
/// exceeded where there is one, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The stable code.
    pub code: Code,
    /// One or two plain sentences.
    pub message: String,
    /// The numbers of a refusal.
    pub shortage: Option<Box<Shortage>>,
}

/// What there was too little of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shortage {
    /// Of what.
    pub of: Resource,
    /// Whose limit it is, for a person.
    pub limit: String,
    /// Bytes that are needed, by an estimate.
    pub needed: u64,
    /// Bytes that are there.
    pub available: u64,
}

/// What a capture takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// Of the process, its container or the system.
    Memory,
    /// Of the file system that the file is to be on.
    Disk,
}

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The work was given up by its caller.
    pub(crate) fn aborted() -> Self {
        Self::new(Code::Aborted, "The work was given up by its caller.")
    }

    /// An error with this code and message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            shortage: None,
        }
    }

    /// The same, with the numbers.
    pub fn for_want_of(self, shortage: Shortage) -> Self {
        Self {
            shortage: Some(Box::new(shortage)),
            ..self
        }
    }

    /// Translates an operating system error that happened while `doing` something to `subject`,
    /// such as `("read", "a.heapsnapshot")`.
    pub fn io(doing: &str, subject: &str, source: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (code, advice) = match source.kind() {
            ErrorKind::NotFound => (Code::NotFound, "Check the path."),
            ErrorKind::PermissionDenied => (
                Code::Permission,
                "Give this process the right to it, or choose another path.",
            ),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
                Code::DiskFull,
                "Free some space, or choose another directory.",
            ),
            _ => (
                Code::Io,
                "The operating system's own words are in brackets.",
            ),
        };
        Self::new(
            code,
            format!("Could not {doing} {subject} ({source}). {advice}"),
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
