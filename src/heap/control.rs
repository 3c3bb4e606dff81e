//! How a long piece of work is watched and given up from another thread.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Shared between the thread that works and those that watch it.
///
/// Cancellation is cooperative: the work asks between chunks, so it ends at a point where nothing
/// is half built, a few milliseconds after it was told to.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    bytes: AtomicU64,
    analysed: AtomicU64,
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

    /// How much of the analysis that follows reading is done, in per cent.
    pub fn percent_analysed(&self) -> u64 {
        self.analysed.load(Ordering::Relaxed)
    }

    /// Notes how far the analysis is, and fails when the work has been cancelled.
    pub(crate) fn reach(&self, percent: u64) -> Result<()> {
        self.analysed.store(percent, Ordering::Relaxed);
        self.check()
    }

    /// The source is read again from its beginning.
    pub(crate) fn restart(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The same as [`Control::check`], for loops of many short steps: asks once in 65,536 of them.
    pub(crate) fn check_at(&self, step: usize) -> Result<()> {
        if step.is_multiple_of(1 << 16) {
            self.check()
        } else {
            Ok(())
        }
    }

    /// Fails when the work has been cancelled.
    pub(crate) fn check(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::aborted());
        }
        Ok(())
    }
}

/// Counts the bytes of the file itself, which is what its size can be compared with.
pub(super) struct Counted<'a, R> {
    source: R,
    control: &'a Control,
}

impl<'a, R> Counted<'a, R> {
    pub(super) fn new(source: R, control: &'a Control) -> Self {
        Self { source, control }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.control.advance(count as u64);
        Ok(count)
    }
}
