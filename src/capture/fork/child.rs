//! What a forked child does before it lets V8 work: everything that keeps it from hurting its
//! parent.

use std::os::fd::RawFd;

use super::descriptors::{Descriptors, limit};
use super::imports::Imports;

/// The exit codes by which a child tells how it ended.
pub(super) mod exit {
    /// V8 said that it wrote everything.
    pub(in super::super) const WRITTEN: i32 = 0;
    /// V8 threw.
    pub(in super::super) const THREW: i32 = 3;
    /// The system did not let the child make itself harmless.
    pub(in super::super) const NOT_CONFINED: i32 = 4;
}

/// How much less often the child gets the processor than its parent, when both want it: about a
/// third as often. At a ninth, a heap of 55 MB took 27 s on a machine that was busy with requests,
/// and those were answered no faster.
const NICENESS: libc::c_int = 5;

/// What a child is given.
#[derive(Debug)]
pub(super) struct Confinement<'a> {
    pub(super) parent: libc::pid_t,
    pub(super) pipe: RawFd,
    pub(super) imports: &'a Imports,
    pub(super) descriptors: &'a Descriptors,
    /// Bytes of private writable memory that it may have, those included that it was born with.
    pub(super) data_bytes: u64,
}

impl Confinement<'_> {
    /// Makes this process harmless. Whether all of it worked; if not, it has to leave.
    ///
    /// # Safety
    /// Only in a forked child that has one thread and leaves by `_exit`.
    pub(super) unsafe fn take_effect(&self) -> bool {
        be_first_to_go();
        die_with(self.parent)
            && reset_signals()
            // SAFETY: as the caller promised.
            && unsafe { self.descriptors.leave_only(self.pipe) }
            // No regular file can be written, whatever the program has asked V8 or Node to do
            // when memory is short.
            && limit(libc::RLIMIT_FSIZE, 0)
            && limit(libc::RLIMIT_DATA, self.data_bytes)
            && leave_no_core()
            // SAFETY: as the caller promised.
            && unsafe { self.imports.silence() }
            && {
                // SAFETY: the call touches no memory. Failing changes nothing but speed.
                unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) };
                unblock_signals()
            }
    }
}

/// Makes this process the first that the kernel ends when memory runs out. Raising one's own figure
/// needs no right; where it fails all the same, the parent's watch is still there.
fn be_first_to_go() {
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}

/// Has the kernel kill this process when the thread that made it ends.
fn die_with(parent: libc::pid_t) -> bool {
    // SAFETY: the call touches no memory.
    let armed = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } == 0;
    // SAFETY: the name has fewer than 16 bytes and ends with a zero byte.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"leakguard-child".as_ptr()) };
    // A parent that was gone before the line above kills nobody.
    // SAFETY: getppid touches no memory.
    armed && unsafe { libc::getppid() } == parent
}

fn reset_signals() -> bool {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: the default action runs no code. Some signals cannot be set, which is fine:
        // those always have it.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // A reader that has gone ends the child, by this signal, at the next byte that it writes.
    true
}

/// The memory of a child is its parent's: a core file would hold all its secrets and fill a disk.
fn leave_no_core() -> bool {
    // SAFETY: the call touches no memory.
    limit(libc::RLIMIT_CORE, 0) && unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) } == 0
}

fn unblock_signals() -> bool {
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `none` has room for the set that the call writes.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: the set was written by the call above.
    let result =
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut()) };
    result == 0
}
