//! Where a process cannot be forked for a snapshot: everywhere but on Linux. macOS allows almost
//! nothing in the child of a process with threads, and Windows has no fork.

use std::convert::Infallible;
use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

use super::{Allowance, Ending, Headroom};
use crate::error::{Code, Error, Result};

/// Never made here.
#[derive(Debug)]
pub struct Preparation(Infallible);

/// Never made here.
#[derive(Debug)]
pub struct Child {
    /// How long the JavaScript thread stood still for it.
    pub pause: Duration,
    never: Infallible,
}

/// Never made here.
#[derive(Debug)]
pub struct Watch(Infallible);

impl Preparation {
    /// Refuses.
    ///
    /// # Errors
    /// [`Code::Unsupported`].
    pub fn new() -> Result<Self> {
        Err(Error::new(
            Code::Unsupported,
            "Snapshots by a forked child need Linux.",
        ))
    }

    /// Never called here.
    ///
    /// # Errors
    /// None.
    pub fn fork(
        self,
        _pipe: RawFd,
        _memory: u64,
        _patience: Duration,
        _work: impl FnOnce() -> bool,
    ) -> Result<Child> {
        match self.0 {}
    }
}

impl Child {
    /// Never called here.
    pub fn withhold_again(&self) {
        match self.never {}
    }
}

impl Watch {
    /// Never called here.
    ///
    /// # Errors
    /// None.
    pub fn start(
        child: Child,
        _pipe: OwnedFd,
        _allowance: Allowance,
        _headroom: impl FnMut() -> Option<Headroom> + Send + 'static,
    ) -> Result<Self> {
        match child.never {}
    }

    /// Never called here.
    pub fn finish(self) -> Ending {
        match self.0 {}
    }
}
