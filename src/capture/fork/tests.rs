//! Real children of this very process, each with another way to end.

use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use super::*;
use crate::capture::{Allowance, Ending, Headroom, Pipe};

pub(super) const SIZE: usize = 4 << 20;
const PLENTY: u64 = 1 << 30;

/// A new anonymous mapping, or `MAP_FAILED`.
fn map(bytes: usize) -> *mut libc::c_void {
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing else.
    unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    }
}

/// Memory that a fork leaves out, as V8's heap is.
pub(super) struct Withheld(*mut libc::c_void);

impl Withheld {
    pub(super) fn new(filled_with: u8) -> Self {
        let address = map(SIZE);
        assert_ne!(address, libc::MAP_FAILED);
        // SAFETY: the mapping is that long and belongs to nobody else.
        unsafe { std::ptr::write_bytes(address.cast::<u8>(), filled_with, SIZE) };
        // SAFETY: as above.
        let advised = unsafe { libc::madvise(address, SIZE, libc::MADV_DONTFORK) };
        assert_eq!(advised, 0);
        Self(address)
    }

    pub(super) fn first(&self) -> *const u8 {
        self.0.cast()
    }
}

impl Drop for Withheld {
    fn drop(&mut self) {
        // SAFETY: the mapping is this test's own, and nothing refers to it any more.
        unsafe { libc::munmap(self.0, SIZE) };
    }
}

fn write_byte(pipe: libc::c_int, byte: u8) -> bool {
    // SAFETY: one byte is there.
    unsafe { libc::write(pipe, (&raw const byte).cast(), 1) == 1 }
}

/// Time stands still for a child that runs this.
fn sleep_for_ever() -> bool {
    loop {
        // SAFETY: pause touches no memory.
        unsafe { libc::pause() };
    }
}

struct Outcome {
    ending: Ending,
    output: Vec<u8>,
}

fn run(
    time: Duration,
    headroom: impl FnMut() -> Option<Headroom> + Send + 'static,
    work: impl FnOnce(libc::c_int) -> bool,
) -> Outcome {
    let withheld = Withheld::new(7);
    let outcome = run_prepared(Preparation::new().unwrap(), time, headroom, work);
    drop(withheld);
    outcome
}

fn run_prepared(
    preparation: Preparation,
    time: Duration,
    headroom: impl FnMut() -> Option<Headroom> + Send + 'static,
    work: impl FnOnce(libc::c_int) -> bool,
) -> Outcome {
    let mut pipe = Pipe::new().unwrap();
    let input = pipe.input.as_raw_fd();
    let child = preparation
        .fork(input, PLENTY, Duration::ZERO, || work(input))
        .unwrap();
    drop(pipe.input);
    let process = child.process;
    let output: OwnedFd = pipe.output.try_clone().unwrap().into();
    let allowance = Allowance {
        time,
        cpu: Duration::from_secs(1),
        margin: 64 << 20,
    };
    let watch = Watch::start(child, output, allowance, headroom).unwrap();
    let mut output = Vec::new();
    pipe.output.read_to_end(&mut output).unwrap();
    let ending = watch.finish();
    // Waited for, so not even a zombie is left.
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
    Outcome { ending, output }
}

fn plenty() -> Option<Headroom> {
    Some(Headroom {
        limit: "the system",
        bytes: PLENTY,
    })
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_child_reads_what_forks_leave_out_and_the_next_fork_leaves_it_out_again() {
    let withheld = Withheld::new(42);
    let first = withheld.first();
    let outcome = run_prepared(Preparation::new().unwrap(), LONG, plenty, |pipe| {
        // SAFETY: the fork has brought this mapping along.
        write_byte(pipe, unsafe { first.read_volatile() })
    });
    assert_eq!(outcome.ending, Ending::Written);
    assert_eq!(outcome.output, [42]);
    let mappings = super::mappings::Mappings::read().unwrap();
    let start = first as usize;
    let mut still = mappings.withheld.iter();
    assert!(still.any(|range| range.start <= start && start < range.end));
}

#[test]
fn memory_that_was_mapped_after_the_preparation_is_there_too() {
    let before = Withheld::new(1);
    let preparation = Preparation::new().unwrap();
    // A large one lies at a multiple of V8's unit somewhere within.
    let after = Withheld::new(99);
    let unit = 256 * 1024;
    let first = (after.first() as usize).next_multiple_of(unit);
    let aligned = first == after.first() as usize;
    let outcome = run_prepared(preparation, LONG, plenty, move |pipe| {
        // SAFETY: reads the mapping, or dies of not having it, which the test tells apart.
        write_byte(pipe, unsafe { (first as *const u8).read_volatile() })
    });
    if aligned {
        assert_eq!(outcome.ending, Ending::Written);
        assert_eq!(outcome.output, [99]);
    } else {
        // Memory that begins elsewhere is not V8's, and is left alone.
        assert_eq!(outcome.ending, Ending::Crashed(libc::SIGSEGV));
    }
    drop(before);
}

#[test]
fn a_child_that_crashes_is_worth_another_try() {
    let outcome = run(LONG, plenty, |_| {
        // SAFETY: ends the child, as V8 does when it finds itself in a state that cannot be.
        unsafe { libc::abort() }
    });
    assert_eq!(outcome.ending, Ending::Crashed(libc::SIGABRT));
}

#[test]
fn a_child_that_gives_up_for_want_of_memory_is_not_worth_another_try() {
    let outcome = run(LONG, plenty, |pipe| {
        let take = |bytes: usize| map(bytes) != libc::MAP_FAILED;
        // Written one by one, so that the watch has looked meanwhile.
        let taken = (0..8).all(|_| {
            std::thread::sleep(Duration::from_millis(60));
            take(PLENTY as usize / 12) && write_byte(pipe, 1)
        });
        if taken && !take(PLENTY as usize) {
            // SAFETY: ends the child, as V8 does when it has no memory.
            unsafe { libc::abort() }
        }
        true
    });
    assert_eq!(outcome.output, [1; 8]);
    let Ending::Denied(given) = outcome.ending else {
        panic!("{:?}", outcome.ending);
    };
    assert!(given <= PLENTY && given > PLENTY - (64 << 20), "{given}");
}

#[test]
fn a_child_that_panics_does_not_come_back() {
    // To unwind takes the loader's lock, which the thread of another test may hold at the fork: that
    // child hangs, and another one is tried, as for a snapshot.
    let outcome = (0..7)
        .map(|_| run(LONG, plenty, |_| std::panic::resume_unwind(Box::new(()))))
        .find(|outcome| outcome.ending != Ending::Hung);
    assert_eq!(outcome.map(|outcome| outcome.ending), Some(Ending::Threw));
}

#[test]
fn a_child_that_sleeps_for_ever_is_seen_and_ended() {
    let outcome = run(LONG, plenty, |pipe| write_byte(pipe, 1) && sleep_for_ever());
    assert_eq!(outcome.ending, Ending::Hung);
}

#[test]
fn a_child_that_spins_is_seen_and_ended() {
    let outcome = run(LONG, plenty, |_| {
        loop {
            std::hint::spin_loop();
        }
    });
    assert_eq!(outcome.ending, Ending::Hung);
}

#[test]
fn a_child_that_takes_too_long_is_ended() {
    let outcome = run(Duration::from_millis(50), plenty, |_| sleep_for_ever());
    assert!(matches!(outcome.ending, Ending::OutOfTime(_)));
}

#[test]
fn a_child_is_ended_before_its_parent_has_no_memory_left() {
    let mut left = PLENTY;
    let sinking = move || {
        left = left.saturating_sub(100 << 20);
        Some(Headroom {
            limit: "the container",
            bytes: left,
        })
    };
    let outcome = run(LONG, sinking, |_| sleep_for_ever());
    let Ending::OutOfMemory(Some(left)) = outcome.ending else {
        panic!("{:?}", outcome.ending);
    };
    assert!(left.bytes <= 64 << 20);
}

#[test]
fn a_child_cannot_have_more_memory_than_it_was_given() {
    let outcome = run(LONG, plenty, |pipe| {
        let address = map(2 * PLENTY as usize);
        write_byte(pipe, u8::from(address == libc::MAP_FAILED))
    });
    assert_eq!(outcome.output, [1]);
}

#[test]
fn a_child_writes_no_file_and_handles_no_signal_of_its_parent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("left.heapsnapshot");
    let outcome = run(LONG, plenty, |pipe| {
        // The first may still be opened, as V8 does with the pipe; a second may not.
        let first = std::fs::File::open("/dev/null");
        let second = std::fs::File::create(&path);
        write_byte(pipe, u8::from(first.is_ok() && second.is_err()))
    });
    assert_eq!((outcome.ending, outcome.output), (Ending::Written, vec![1]));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_watch_that_nobody_wants_any_more_ends_the_child() {
    let withheld = Withheld::new(7);
    let mut pipe = Pipe::new().unwrap();
    let input = pipe.input.as_raw_fd();
    let preparation = Preparation::new().unwrap();
    let child = preparation
        .fork(input, PLENTY, Duration::ZERO, sleep_for_ever)
        .unwrap();
    drop(pipe.input);
    let output: OwnedFd = pipe.output.try_clone().unwrap().into();
    let allowance = Allowance {
        time: LONG,
        cpu: LONG,
        margin: 0,
    };
    drop(Watch::start(child, output, allowance, plenty).unwrap());
    // The end of the pipe is the end of the child.
    assert_eq!(pipe.output.read_to_end(&mut Vec::new()).unwrap(), 0);
    drop(withheld);
}
