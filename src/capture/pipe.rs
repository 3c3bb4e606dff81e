//! The pipe between V8 and the thread that reads.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::error::{Code, Error, Result};

/// Bytes that the pipe is asked to hold, so that writer and reader change places less often. The
/// kernel's usual limit for a process without privileges is 1 MiB.
#[cfg(target_os = "linux")]
const CAPACITY: libc::c_int = 1 << 20;

/// Both ends of a pipe that no child process inherits.
#[derive(Debug)]
pub struct Pipe {
    /// Where the snapshot comes out.
    pub output: File,
    /// Where V8 writes. The reader sees the end when this, and what V8 opened, are closed.
    pub input: OwnedFd,
}

impl Pipe {
    /// Makes one.
    ///
    /// # Errors
    /// [`Code::CaptureFailed`] when the process has no descriptor left.
    pub fn new() -> Result<Self> {
        let mut ends = [0; 2];
        if open_pipe(&mut ends) != 0 {
            let error = io::Error::last_os_error();
            return Err(Error::new(
                Code::CaptureFailed,
                format!(
                    "Could not make a pipe for the snapshot ({error}). The process may be out of \
                     file descriptors (ulimit -n)."
                ),
            ));
        }
        // SAFETY: the call above succeeded, so this is an open descriptor that nobody else owns.
        let output = unsafe { File::from_raw_fd(ends[0]) };
        // SAFETY: as above.
        let input = unsafe { OwnedFd::from_raw_fd(ends[1]) };
        #[cfg(target_os = "linux")]
        {
            // SAFETY: F_SETPIPE_SZ takes an int and touches no memory. Failing is fine: the pipe
            // then keeps its usual 64 KiB.
            unsafe { libc::fcntl(input.as_raw_fd(), libc::F_SETPIPE_SZ, CAPACITY) };
        }
        Ok(Self { output, input })
    }

    /// The path under which V8 can open the writing end.
    pub fn path(&self) -> String {
        let descriptor = self.input.as_raw_fd();
        if cfg!(target_os = "linux") {
            format!("/proc/self/fd/{descriptor}")
        } else {
            format!("/dev/fd/{descriptor}")
        }
    }
}

#[cfg(target_os = "linux")]
fn open_pipe(ends: &mut [libc::c_int; 2]) -> libc::c_int {
    // SAFETY: `ends` has room for the two descriptors that pipe2 writes.
    unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }
}

#[cfg(not(target_os = "linux"))]
fn open_pipe(ends: &mut [libc::c_int; 2]) -> libc::c_int {
    // SAFETY: `ends` has room for the two descriptors that pipe writes.
    let result = unsafe { libc::pipe(ends.as_mut_ptr()) };
    for end in ends.iter().filter(|_| result == 0) {
        // SAFETY: F_SETFD takes an int and touches no memory.
        unsafe { libc::fcntl(*end, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    result
}
