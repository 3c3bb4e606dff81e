//! How a long piece of work is watched and given up from another thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Code, Error, Result};

/// Shared between the thread that works and those that watch it.
///
/// Cancellation is cooperative: the work asks between chunks, so it ends at a point where nothing
/// is half built, a few milliseconds after it was told to.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    bytes: AtomicU64,
}

impl Control {
    /// Asks the work to stop; it ends with [`Code::Aborted`].
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Bytes of the source read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Fails when the work has been cancelled.
    pub(crate) fn check(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(
                Code::Aborted,
                "The work was given up by its caller.",
            ));
        }
        Ok(())
    }
}
