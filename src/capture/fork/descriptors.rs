//! The descriptors that a child inherits, and how it gets rid of them.
//!
//! A child that kept its parent's sockets would keep connections open that the parent has ended.
//! But libuv aborts when it cannot write to the descriptor that wakes its loop
//! (`uv__async_send` in libuv's `src/unix/async.c`), and V8 makes Node write there whenever it
//! posts a task. So those are not closed but made to lead nowhere: the parent's loop must not be
//! woken by the child either.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};

/// How the C library numbers what can be limited.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// What the child needs to know of its parent's descriptors, found before the fork.
#[derive(Debug)]
pub(super) struct Descriptors {
    null: File,
    /// Event and pipe descriptors: what event loops are woken by.
    wakers: Vec<RawFd>,
    highest: RawFd,
}

impl Descriptors {
    /// Looks through `/proc/self/fd`, a few µs for each descriptor.
    pub(super) fn list() -> io::Result<Self> {
        let null = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?;
        let mut highest = null.as_raw_fd();
        let mut wakers = Vec::new();
        for entry in fs::read_dir("/proc/self/fd")?.flatten() {
            let Some(descriptor) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            highest = highest.max(descriptor);
            let target = fs::read_link(entry.path()).unwrap_or_default();
            let target = target.to_string_lossy();
            if descriptor > 2 && (target == "anon_inode:[eventfd]" || target.starts_with("pipe:")) {
                wakers.push(descriptor);
            }
        }
        Ok(Self {
            null,
            wakers,
            highest,
        })
    }

    /// Leaves this process nothing but `kept`, and standard streams and wakers that lead nowhere;
    /// then lets it open a single one more. Whether that worked.
    ///
    /// # Safety
    /// Only for a forked child that leaves by `_exit`: every owner of a descriptor but that of
    /// `kept` is left with a number that means something else or nothing.
    pub(super) unsafe fn leave_only(&self, kept: RawFd) -> bool {
        if kept <= 2 {
            return false;
        }
        for standard in 0..=2 {
            // SAFETY: dup2 touches no memory; what it closes is the child's copy.
            if unsafe { libc::dup2(self.null.as_raw_fd(), standard) } < 0 {
                return false;
            }
        }
        // SAFETY: as the caller promised.
        unsafe { close_between(3, kept - 1, self.highest) };
        // SAFETY: as the caller promised.
        unsafe { close_between(kept + 1, RawFd::MAX, self.highest) };
        for &waker in self.wakers.iter().filter(|&&waker| waker != kept) {
            // SAFETY: dup2 touches no memory; 0 leads to /dev/null by now.
            unsafe { libc::dup2(0, waker) };
        }
        // SAFETY: dup touches no memory.
        let next = unsafe { libc::dup(0) };
        if next < 0 {
            return false;
        }
        // SAFETY: `next` was just opened and belongs to nobody else.
        unsafe { libc::close(next) };
        limit(libc::RLIMIT_NOFILE, next as u64 + 1)
    }
}

/// # Safety
/// As [`Descriptors::leave_only`].
unsafe fn close_between(first: RawFd, last: RawFd, highest: RawFd) {
    if first > last {
        return;
    }
    // SAFETY: close_range touches no memory; the caller answers for the descriptors.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if result == 0 {
        return;
    }
    // Linux before 5.9. What was opened since the list was made is left open there.
    for descriptor in first..=last.min(highest) {
        // SAFETY: as above.
        unsafe { libc::close(descriptor) };
    }
}

/// Sets both limits of a resource of this process, but never above what it was allowed before;
/// whether that worked.
pub(super) fn limit(resource: Resource, value: u64) -> bool {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` has room for the answer.
    if unsafe { libc::getrlimit(resource, &raw mut limit) } != 0 {
        return false;
    }
    let value = value.min(limit.rlim_max);
    limit = libc::rlimit {
        rlim_cur: value,
        rlim_max: value,
    };
    // SAFETY: the call only reads `limit`.
    unsafe { libc::setrlimit(resource, &raw const limit) == 0 }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::FromRawFd;

    use super::*;
    use crate::capture::Pipe;

    #[test]
    fn a_child_keeps_one_descriptor_and_cannot_wake_its_parent() {
        let mut pipe = Pipe::new().unwrap();
        // SAFETY: eventfd touches no memory.
        let waker = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        // SAFETY: the descriptor was just opened and belongs to nobody else.
        let mut waker = unsafe { File::from_raw_fd(waker) };
        let other = tempfile::tempfile().unwrap();
        let descriptors = Descriptors::list().unwrap();
        let kept = pipe.input.as_raw_fd();
        let woken = waker.as_raw_fd();
        // SAFETY: the child calls only what is safe after a fork.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: the child ends in the next lines.
            let left = unsafe { descriptors.leave_only(kept) };
            // SAFETY: the bytes are there, and the calls touch nothing else.
            let wakes = unsafe { libc::write(woken, [1_u64].as_ptr().cast(), 8) } == 8;
            // SAFETY: fcntl with F_GETFD touches no memory.
            let closed = unsafe { libc::fcntl(other.as_raw_fd(), libc::F_GETFD) } < 0;
            // SAFETY: the path ends with a zero byte.
            let one = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) } >= 0;
            // SAFETY: as above.
            let two = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) } >= 0;
            let good = left && wakes && closed && one && !two;
            let told: &[u8] = if good { b"good" } else { b"bad!" };
            // SAFETY: four bytes are there.
            unsafe { libc::write(kept, told.as_ptr().cast(), 4) };
            // SAFETY: ends the child without touching what it shares with its parent.
            unsafe { libc::_exit(0) };
        }
        drop(pipe.input);
        let mut told = String::new();
        pipe.output.read_to_string(&mut told).unwrap();
        // SAFETY: the child is this test's own, and nobody asks for its status.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        assert_eq!(told, "good");
        let unread = waker.read(&mut [0; 8]).unwrap_err();
        assert_eq!(unread.kind(), io::ErrorKind::WouldBlock);
        (&other).write_all(b"still open here").unwrap();
    }
}
