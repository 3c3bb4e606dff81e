//! The parent's watch over a child: it must end, whole or not, before it can hurt.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::child::exit;
use super::process::Activity;
use super::spawn::Child;
use crate::capture::{Allowance, Ending, Headroom};
use crate::error::{Code, Error, Result};

/// Between two looks: the less memory is left, the shorter.
const SHORTEST_LOOK: Duration = Duration::from_millis(2);
const LONGEST_LOOK: Duration = Duration::from_millis(25);

/// More than a child was seen to take, in bytes per second.
const FASTEST_GROWTH: f64 = 4e9;

/// A child that sleeps for so long and through so many looks in a row, without using the processor
/// and without having anything to hand over, waits for a thread that does not exist.
const LONGEST_SLEEP: Duration = Duration::from_millis(600);
const LOOKS_ASLEEP: u32 = 20;

/// More than a child takes between two looks, in bytes.
const UNSEEN_GROWTH: u64 = 32 << 20;

/// A watch under way. Dropped before its end, it has the child killed.
#[derive(Debug)]
pub struct Watch {
    thread: Option<JoinHandle<Ending>>,
    given_up: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch `child`, whose snapshot comes out of `pipe`. `headroom` tells how much
    /// memory is left.
    ///
    /// # Errors
    /// [`Code::CaptureFailed`] when there is no thread for it; the child is gone then.
    pub fn start(
        child: Child,
        pipe: OwnedFd,
        allowance: Allowance,
        headroom: impl FnMut() -> Option<Headroom> + Send + 'static,
    ) -> Result<Self> {
        let given_up = Arc::new(AtomicBool::new(false));
        let child = Arc::new(child);
        let guard = Guard {
            child: Arc::clone(&child),
            pipe,
            allowance,
            headroom,
            given_up: Arc::clone(&given_up),
        };
        let thread = std::thread::Builder::new()
            .name("leakguard-watch".to_owned())
            .spawn(move || guard.watch());
        match thread {
            Ok(thread) => Ok(Self {
                thread: Some(thread),
                given_up,
            }),
            Err(error) => {
                child.withhold_again();
                Handle::of(child.process).kill();
                wait(child.process, true);
                Err(Error::new(
                    Code::CaptureFailed,
                    format!("Could not start a thread to watch the snapshot ({error})."),
                ))
            }
        }
    }

    /// Waits until the child is gone.
    pub fn finish(mut self) -> Ending {
        let ending = self.thread.take().map(JoinHandle::join);
        ending
            .and_then(std::result::Result::ok)
            .unwrap_or(Ending::GivenUp)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Release);
    }
}

struct Guard<H> {
    child: Arc<Child>,
    pipe: OwnedFd,
    allowance: Allowance,
    headroom: H,
    given_up: Arc<AtomicBool>,
}

impl<H: FnMut() -> Option<Headroom>> Guard<H> {
    fn watch(mut self) -> Ending {
        self.child.withhold_again();
        let process = self.child.process;
        let alarm = Handle::of(process);
        let begun = Instant::now();
        let mut sleep = Sleep::new();
        let mut data = Data::default();
        let mut cpu_before = 0;
        loop {
            if let Some(status) = wait(process, false) {
                return match ending(status) {
                    Ending::Crashed(signal) if data.may_be_used_up() && is_surrender(signal) => {
                        Ending::Denied(data.given())
                    }
                    ending => ending,
                };
            }
            data.look(process);
            let activity = Activity::of(process);
            let cpu = activity.map_or(cpu_before, |activity| activity.cpu_nanoseconds);
            let asleep = activity.is_some_and(|activity| activity.asleep);
            sleep.look(asleep && cpu == cpu_before && unread(&self.pipe) == 0);
            cpu_before = cpu;
            let headroom = (self.headroom)();
            let spare = headroom.map(|left| left.bytes.saturating_sub(self.allowance.margin));
            let verdict = if self.given_up.load(Ordering::Acquire) {
                Some(Ending::GivenUp)
            } else if spare == Some(0) {
                Some(Ending::OutOfMemory(headroom))
            } else if sleep.is_for_ever() || u128::from(cpu) > self.allowance.cpu.as_nanos() {
                Some(Ending::Hung)
            } else if begun.elapsed() > self.allowance.time {
                Some(Ending::OutOfTime(begun.elapsed()))
            } else {
                None
            };
            if let Some(verdict) = verdict {
                alarm.kill();
                // It may have ended by itself just before.
                return match wait(process, true) {
                    Some(status) if ending(status) == Ending::Written => Ending::Written,
                    _ => verdict,
                };
            }
            alarm.sleep(pause(spare));
        }
    }
}

/// How long to look away, with so many bytes to spare.
fn pause(spare: Option<u64>) -> Duration {
    let seconds = spare.map_or(f64::INFINITY, |bytes| bytes as f64 / FASTEST_GROWTH);
    Duration::try_from_secs_f64(seconds)
        .unwrap_or(LONGEST_LOOK)
        .clamp(SHORTEST_LOOK, LONGEST_LOOK)
}

/// Bytes that the child has written and nobody has read.
fn unread(pipe: &OwnedFd) -> libc::c_int {
    let mut bytes = 0;
    // SAFETY: FIONREAD writes one int, for which there is room.
    unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
    bytes
}

/// The status of a child that is gone. One that somebody else has waited for counts as gone with
/// no sign of trouble: whether its snapshot is whole shows by itself.
fn wait(process: libc::pid_t, block: bool) -> Option<libc::c_int> {
    let options = if block { 0 } else { libc::WNOHANG };
    loop {
        let mut status = 0;
        // SAFETY: `status` has room for the answer. Only this child is waited for, so that Node's
        // own children are left to Node.
        let result = unsafe { libc::waitpid(process, &raw mut status, options) };
        let interrupted =
            || std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted;
        match result {
            0 => return None,
            -1 if interrupted() => {}
            -1 => return Some(0),
            _ => return Some(status),
        }
    }
}

fn ending(status: libc::c_int) -> Ending {
    if libc::WIFSIGNALED(status) {
        return match libc::WTERMSIG(status) {
            // Not from us, or it would not be asked: the kernel, which was short of memory.
            libc::SIGKILL => Ending::OutOfMemory(None),
            signal => Ending::Crashed(signal),
        };
    }
    match libc::WEXITSTATUS(status) {
        exit::WRITTEN => Ending::Written,
        exit::NOT_CONFINED => Ending::NotConfined,
        _ => Ending::Threw,
    }
}

/// The signals by which V8 and the C++ library end a process that they deny more memory.
fn is_surrender(signal: libc::c_int) -> bool {
    [libc::SIGABRT, libc::SIGTRAP, libc::SIGILL].contains(&signal)
}

/// Private writable memory of a child, in bytes: what `RLIMIT_DATA` counts.
#[derive(Debug, Default)]
struct Data {
    /// What it was born with.
    first: Option<u64>,
    most: u64,
    limit: u64,
}

impl Data {
    fn look(&mut self, process: libc::pid_t) {
        let Some(now) = data_bytes(process) else {
            return;
        };
        self.first.get_or_insert(now);
        self.most = self.most.max(now);
        // Read each time: the child sets it when it has begun to run.
        self.limit = data_limit(process);
    }

    /// Whether a child that died just after the last look may have been denied memory. The tables
    /// of V8 double as they grow, so that one allocation can be as large as all that went before.
    fn may_be_used_up(&self) -> bool {
        let Some(first) = self.first else {
            return false;
        };
        let taken = self.most.saturating_sub(first);
        let next = taken.saturating_add(UNSEEN_GROWTH);
        self.limit.saturating_sub(self.most) <= next
    }

    /// What it could have, beyond what it was born with.
    fn given(&self) -> u64 {
        self.limit.saturating_sub(self.first.unwrap_or(0))
    }
}

fn data_bytes(process: libc::pid_t) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    let pages: u64 = text.split_ascii_whitespace().nth(5)?.parse().ok()?;
    // SAFETY: sysconf only reads a constant of the system.
    let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.checked_mul(u64::try_from(page_size).ok()?)
}

/// The limit that a child has set for itself; the highest number while there is none.
fn data_limit(process: libc::pid_t) -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: `limit` has room for the answer, and nothing is set.
    unsafe { libc::prlimit(process, libc::RLIMIT_DATA, std::ptr::null(), &raw mut limit) };
    limit.rlim_cur
}

/// A child by its descriptor, where the kernel has that (Linux 5.3): it cannot be mistaken for a
/// process that gets the same number later, and it tells at once when the child is gone.
struct Handle {
    process: libc::pid_t,
    descriptor: Option<OwnedFd>,
}

impl Handle {
    fn of(process: libc::pid_t) -> Self {
        // SAFETY: the call touches no memory.
        let descriptor = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
        let descriptor = (descriptor >= 0).then(|| {
            // SAFETY: the descriptor was just opened and belongs to nobody else.
            unsafe { OwnedFd::from_raw_fd(descriptor as libc::c_int) }
        });
        Self {
            process,
            descriptor,
        }
    }

    fn kill(&self) {
        match &self.descriptor {
            Some(descriptor) => {
                let (descriptor, nothing) = (descriptor.as_raw_fd(), std::ptr::null::<()>());
                // SAFETY: without information to pass on the call touches no memory.
                unsafe {
                    libc::syscall(
                        libc::SYS_pidfd_send_signal,
                        descriptor,
                        libc::SIGKILL,
                        nothing,
                        0,
                    )
                };
            }
            None => {
                // SAFETY: kill touches no memory. The child has not been waited for, so its
                // number is still its own.
                unsafe { libc::kill(self.process, libc::SIGKILL) };
            }
        }
    }

    /// Sleeps, but not beyond the child's end.
    fn sleep(&self, time: Duration) {
        let Some(descriptor) = &self.descriptor else {
            return std::thread::sleep(time);
        };
        let mut entry = libc::pollfd {
            fd: descriptor.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: one entry is there for the call to read and write.
        unsafe { libc::poll(&raw mut entry, 1, milliseconds) };
    }
}

/// How long a child has been asleep.
struct Sleep {
    since: Instant,
    looks: u32,
}

impl Sleep {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            looks: 0,
        }
    }

    fn look(&mut self, asleep: bool) {
        if asleep {
            self.looks += 1;
        } else {
            *self = Self::new();
        }
    }

    fn is_for_ever(&self) -> bool {
        self.looks >= LOOKS_ASLEEP && self.since.elapsed() >= LONGEST_SLEEP
    }
}
