//! The threads beside the JavaScript thread: V8's collectors and compilers among them.
//!
//! A child has only the thread that forked. What another one was in the middle of, it waits for in
//! vain. V8's threads work on what the JavaScript thread gives them and then sleep; so while that
//! thread stands still, they come to rest within some milliseconds.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// Threads that are looked at, the oldest first: V8's are made before any program's.
const MOST_THREADS: usize = 64;

/// Between two looks.
const LOOK: Duration = Duration::from_micros(200);

/// The head of `stat`, up to the state: a number, a name of 15 bytes in brackets, a letter.
const HEAD_BYTES: usize = 48;

/// The threads of this process, except for the one that lists them.
#[derive(Debug)]
pub(super) struct Helpers {
    /// `stat` of each, open: a look is one call.
    threads: Vec<(libc::pid_t, File)>,
}

impl Helpers {
    /// Never fails: threads that cannot be seen are not waited for.
    pub(super) fn list() -> Self {
        let own = current_thread();
        let mut numbers: Vec<libc::pid_t> = fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|&number| number != own)
            .collect();
        numbers.sort_unstable();
        numbers.truncate(MOST_THREADS);
        let open = |number| File::open(format!("/proc/self/task/{number}/stat")).ok();
        let threads = numbers
            .into_iter()
            .filter_map(|number| Some((number, open(number)?)))
            .collect();
        Self { threads }
    }

    /// Stands still until all the other threads are asleep, but no longer than `patience`: a worker
    /// thread of the application may never be. Whether they are.
    pub(super) fn rest(&self, patience: Duration) -> bool {
        let own = current_thread();
        let begun = Instant::now();
        loop {
            let busy = |(number, stat): &(libc::pid_t, File)| *number != own && is_busy(stat);
            if !self.threads.iter().any(busy) {
                return true;
            }
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(LOOK.min(left));
        }
    }
}

fn current_thread() -> libc::pid_t {
    // SAFETY: gettid touches no memory.
    unsafe { libc::gettid() }
}

/// Whether a thread works, or would if there were a processor for it, or waits for the disk. One
/// that is gone does not.
fn is_busy(stat: &File) -> bool {
    let mut head = [0; HEAD_BYTES];
    let Ok(length) = stat.read_at(&mut head, 0) else {
        return false;
    };
    state(&head[..length]).is_some_and(|state| matches!(state, b'R' | b'D'))
}

/// The state in the head of a `stat`: the name in brackets may itself hold brackets and blanks.
fn state(head: &[u8]) -> Option<u8> {
    let end = head.iter().rposition(|&byte| byte == b')')?;
    head.get(end + 2).copied()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        assert_eq!(state(b"4242 (a) R (c) S 1 4242 4242"), Some(b'S'));
        assert_eq!(state(b"4242 (node) R 1"), Some(b'R'));
        assert_eq!(state(b"4242 (node)"), None);
        assert_eq!(state(b""), None);
    }

    #[test]
    fn a_thread_that_works_is_waited_for_and_no_longer() {
        let done = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&done);
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            tell.send(current_thread()).unwrap();
            while !flag.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
            // Until it is joined, it sleeps.
            std::thread::sleep(Duration::from_millis(300));
        });
        let number = told.recv().unwrap();
        let mut helpers = Helpers::list();
        // The other tests have threads, too.
        helpers.threads.retain(|(listed, _)| *listed == number);
        assert_eq!(helpers.threads.len(), 1);
        assert!(!helpers.rest(Duration::from_millis(5)));
        done.store(true, Ordering::Relaxed);
        assert!(helpers.rest(Duration::from_secs(60)));
        thread.join().unwrap();
        assert!(helpers.rest(Duration::ZERO), "a thread that is gone rests");
    }
}
