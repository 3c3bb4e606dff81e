//! One capture at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Code, Error, Result};

/// In a process, whatever thread or monitor wants it: two captures would need twice the memory at
/// the worst moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The right to capture. Nobody else has it until this is dropped.
#[derive(Debug)]
pub(super) struct Turn(());

impl Turn {
    /// # Errors
    /// [`Code::Refused`] while somebody else has it.
    pub(super) fn take() -> Result<Self> {
        if TAKEN.swap(true, Ordering::AcqRel) {
            return Err(Error::new(
                Code::Refused,
                "Another snapshot of this process is being taken. Try again when it has ended.",
            ));
        }
        Ok(Turn(()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        TAKEN.store(false, Ordering::Release);
    }
}
