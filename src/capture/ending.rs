//! How a forked child ended.

use std::time::Duration;

use super::Headroom;
use crate::error::{Code, Error};
use crate::units;

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// V8 wrote everything.
    Written,
    /// V8 threw.
    Threw,
    /// The system did not let the child make itself harmless.
    NotConfined,
    /// A signal that nobody sent on purpose: the fork caught V8 in the middle of something.
    Crashed(i32),
    /// It waited for a thread that does not exist, and was killed.
    Hung,
    /// It took memory that its parent needs, and was killed: what was left then, where we did it;
    /// nothing where the kernel did.
    OutOfMemory(Option<Headroom>),
    /// It wanted more than the bytes of memory that it was given, and gave up.
    Denied(u64),
    /// It took too long, and was killed.
    OutOfTime(Duration),
    /// It was given up, and was killed.
    GivenUp,
}

impl Ending {
    /// The error that this ending is; `None` for the good one. [`Code::Retry`] says that another
    /// try may well succeed.
    pub fn error(&self) -> Option<Error> {
        let (code, message) = match self {
            Ending::Written => return None,
            Ending::Threw => (
                Code::CaptureFailed,
                "V8 could not write the heap snapshot in a forked child.".to_owned(),
            ),
            Ending::NotConfined => (
                Code::Unsupported,
                "The system does not let a forked child make itself harmless (close_range, \
                 setrlimit, mprotect or prctl was refused), so none was used."
                    .to_owned(),
            ),
            Ending::Crashed(signal) => (
                Code::Retry,
                format!("The forked child that took the snapshot was ended by signal {signal}."),
            ),
            Ending::Hung => (
                Code::Retry,
                "The forked child that took the snapshot stood still, and was ended.".to_owned(),
            ),
            Ending::OutOfMemory(Some(left)) => (
                Code::OutOfMemory,
                format!(
                    "The snapshot was broken off: it took so much memory that {} had {} left. \
                     The application was not affected. Capture earlier, while the heap is small, \
                     or raise the limit.",
                    left.limit,
                    units::bytes(left.bytes as f64)
                ),
            ),
            Ending::OutOfMemory(None) => (
                Code::OutOfMemory,
                "The system was short of memory and ended the forked child that took the \
                 snapshot. Capture earlier, while the heap is small, or raise the limit."
                    .to_owned(),
            ),
            Ending::Denied(given) => (
                Code::OutOfMemory,
                format!(
                    "The snapshot was broken off: it needed more than the {} of memory that the \
                     application could spare. The application was not affected. Capture earlier, \
                     while the heap is small, or raise the limit.",
                    units::bytes(*given as f64)
                ),
            ),
            Ending::OutOfTime(time) => (
                Code::TimedOut,
                format!(
                    "The snapshot was broken off after {:.1} s, the timeout. The application was \
                     not affected. Allow for more with {{ timeout }}.",
                    time.as_secs_f64()
                ),
            ),
            Ending::GivenUp => (Code::Aborted, "The snapshot was given up.".to_owned()),
        };
        Some(Error::new(code, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_fork_may_do_by_bad_luck_is_tried_again() {
        let left = Headroom {
            limit: "the container",
            bytes: 20 << 20,
        };
        let code = |ending: Ending| ending.error().map(|error| error.code);
        assert_eq!(code(Ending::Written), None);
        assert_eq!(code(Ending::Crashed(11)), Some(Code::Retry));
        assert_eq!(code(Ending::Hung), Some(Code::Retry));
        let full = Ending::OutOfMemory(Some(left)).error().unwrap();
        assert_eq!(full.code, Code::OutOfMemory);
        assert!(
            full.message.contains("the container had 20.0 MB left"),
            "{full}"
        );
        let denied = Ending::Denied(156 << 20).error().unwrap();
        assert_eq!(denied.code, Code::OutOfMemory);
        assert!(
            denied.message.contains("more than the 156 MB of memory"),
            "{denied}"
        );
        let late = Ending::OutOfTime(Duration::from_millis(2500))
            .error()
            .unwrap();
        assert!(late.message.contains("2.5 s"), "{late}");
    }
}
