//! The fork itself: everything that has to happen on the JavaScript thread.

use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use super::child::{Confinement, exit};
use super::descriptors::Descriptors;
use super::helpers::Helpers;
use super::imports::Imports;
use super::mappings::{Mappings, Range};
use crate::error::{Code, Error, Result};

/// What can be found out before the fork, away from the JavaScript thread.
#[derive(Debug)]
pub struct Preparation {
    mappings: Mappings,
    imports: Imports,
    descriptors: Descriptors,
    helpers: Helpers,
    /// Room for `/proc/self/maps`, so that the JavaScript thread need not find it.
    buffer: Vec<u8>,
}

/// A child that writes a snapshot.
#[derive(Debug)]
pub struct Child {
    pub(super) process: libc::pid_t,
    /// Memory whose `MADV_DONTFORK` is to be set again.
    withheld: Vec<Range>,
    /// How long the JavaScript thread stood still for it.
    pub pause: Duration,
}

impl Preparation {
    /// Looks at this process. Takes some milliseconds, never on a JavaScript thread.
    ///
    /// # Errors
    /// [`Code::Unsupported`], with the reason, where this process cannot be forked.
    pub fn new() -> Result<Self> {
        let unsupported = |reason: String| {
            Error::new(
                Code::Unsupported,
                format!("This process cannot be forked for a snapshot: {reason}."),
            )
        };
        let unreadable = |name: &'static str| {
            move |error: io::Error| unsupported(format!("{name} cannot be read ({error})"))
        };
        if traced() {
            return Err(unsupported("a debugger is attached to it".to_owned()));
        }
        // Before the descriptors are listed: the child must not keep these.
        let helpers = Helpers::list();
        let descriptors = Descriptors::list().map_err(unreadable("/proc/self/fd or /dev/null"))?;
        let imports = Imports::find();
        if imports.len() == 0 {
            return Err(unsupported(
                "its calls of pthread_cond_signal cannot be reached".to_owned(),
            ));
        }
        let mappings = Mappings::read().map_err(unreadable("/proc/self/smaps"))?;
        if mappings.withheld.is_empty() {
            return Err(unsupported(
                "/proc/self/smaps does not tell which memory V8 withholds from a child".to_owned(),
            ));
        }
        Ok(Self {
            mappings,
            imports,
            descriptors,
            helpers,
            buffer: Vec::with_capacity(256 * 1024),
        })
    }

    /// Forks. The child runs `work` and is gone with its end; the parent goes on at once.
    ///
    /// `pipe` is the one descriptor that the child keeps; `memory` is what it may use beyond what
    /// it is born with, in bytes. Up to `patience` this thread waits for V8's other threads, which
    /// a child might wait for in vain.
    ///
    /// # Errors
    /// [`Code::Unsupported`] when the system does not allow it.
    pub fn fork(
        mut self,
        pipe: RawFd,
        memory: u64,
        patience: Duration,
        work: impl FnOnce() -> bool,
    ) -> Result<Child> {
        let begun = Instant::now();
        self.helpers.rest(patience);
        let added = self
            .mappings
            .added_since(&mut self.buffer)
            .unwrap_or_default();
        let confinement = Confinement {
            // SAFETY: getpid touches no memory.
            parent: unsafe { libc::getpid() },
            pipe,
            imports: &self.imports,
            descriptors: &self.descriptors,
            data_bytes: self.mappings.data_bytes.saturating_add(memory),
        };
        for &range in self.mappings.withheld.iter().chain(&added) {
            advise(range, libc::MADV_DOFORK);
        }
        let signals = Signals::block();
        // SAFETY: the child runs on the copy of this thread's stack, does only what the next
        // lines say, and never returns from them.
        let process = unsafe { libc::fork() };
        if process == 0 {
            // SAFETY: this is the forked child, with one thread, and it leaves by `_exit`.
            let confined = unsafe { confinement.take_effect() };
            let code = match confined {
                false => exit::NOT_CONFINED,
                // A panic must not unwind into the parent's JavaScript, of which this is a copy.
                true => match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
                    Ok(true) => exit::WRITTEN,
                    _ => exit::THREW,
                },
            };
            // SAFETY: ends the child without running anything that was registered for the
            // parent's end.
            unsafe { libc::_exit(code) };
        }
        let error = io::Error::last_os_error();
        drop(signals);
        let withheld = std::mem::take(&mut self.mappings.withheld);
        let child = Child {
            process,
            withheld,
            pause: begun.elapsed(),
        };
        if process < 0 {
            child.withhold_again();
            return Err(Error::new(
                Code::Unsupported,
                format!(
                    "This process could not be forked for a snapshot ({error}). A limit of \
                     processes (pids.max, ulimit -u) or of memory may forbid it."
                ),
            ));
        }
        Ok(child)
    }
}

impl Child {
    /// Sets again what the fork had to lift, so that programs which the application starts are
    /// started as fast as before. Memory that V8 took during the preparation stays lifted: whether
    /// it was marked cannot be known, and it costs a copy of page tables at most.
    ///
    /// V8 may have given a range back meanwhile, and somebody else may have got it. To withhold
    /// that does no harm either: nobody in Node reads memory between fork and exec.
    pub fn withhold_again(&self) {
        for &range in &self.withheld {
            advise(range, libc::MADV_DONTFORK);
        }
    }
}

fn advise(range: Range, advice: libc::c_int) {
    // SAFETY: both kinds of advice change only what a later fork copies. A range that is gone by
    // now is an error that changes nothing.
    unsafe { libc::madvise(range.start as *mut libc::c_void, range.len(), advice) };
}

/// Whether somebody traces this process: a fork would stop in the debugger's hands.
fn traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"))
        .is_some_and(|process| process.trim() != "0")
}

/// Holds signals back, so that none is handled in the child by the parent's handlers.
struct Signals(libc::sigset_t);

impl Signals {
    fn block() -> Self {
        let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: `all` has room for the set that the call writes.
        unsafe { libc::sigfillset(all.as_mut_ptr()) };
        // SAFETY: the first set was just written, the second has room for the answer.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
        // SAFETY: zeroed before, so it is a set even if the call failed.
        Self(unsafe { before.assume_init() })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // SAFETY: the set came from the same call.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut())
        };
    }
}
