//! The thread that goes on looking while the event loop is blocked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex};

use super::allocator::AllocatorReader;
use super::recorder::Recorder;
use super::system::{SystemMemory, SystemReader};
use crate::error::{Code, Error, Result};

/// However often it samples, a loop that was away for less than this is only busy.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// Reads the operating system's figures at an interval on a thread of its own, and leaves a
/// sample in the recorder when JavaScript's thread does not. Ends when dropped.
#[derive(Debug)]
pub struct Watcher {
    control: Arc<Control>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Control {
    stopped: Mutex<bool>,
    wake: Condvar,
    nanoseconds: AtomicU64,
}

impl Watcher {
    /// Starts the thread, named `leakguard-watch`. An interval below 10 ms counts as 10 ms.
    /// `looked` is called on that thread after each look.
    ///
    /// Fails with [`Code::Unsupported`] when the operating system gives no more threads.
    pub fn start(
        interval: Duration,
        recorder: Arc<Recorder>,
        looked: impl FnMut(&Recorder) + Send + 'static,
    ) -> Result<Self> {
        let interval = interval.max(Duration::from_millis(10));
        let control = Arc::new(Control::default());
        let shared = Arc::clone(&control);
        let thread = Builder::new()
            .name("leakguard-watch".into())
            // The default of 2 MB is address space that this thread never needs.
            .stack_size(256 * 1024)
            .spawn(move || watch(interval, &recorder, &shared, looked))
            .map_err(|source| {
                let message = format!(
                    "Could not start the thread that watches memory ({source}). Raise the limit \
                     of threads; until then a blocked event loop leaves a gap in the samples."
                );
                Error::new(Code::Unsupported, message)
            })?;
        Ok(Self {
            control,
            thread: Some(thread),
        })
    }

    /// Nanoseconds that the thread has worked, waiting for the disk or the scheduler included:
    /// an upper bound of its CPU time.
    pub fn nanoseconds_spent(&self) -> u64 {
        self.control.nanoseconds.load(Ordering::Relaxed)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        *self.control.stopped.lock() = true;
        self.control.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; if it did, there would be nothing left to do about it.
            drop(thread.join());
        }
    }
}

fn watch(
    interval: Duration,
    recorder: &Recorder,
    control: &Control,
    mut looked: impl FnMut(&Recorder),
) {
    let patience = interval.saturating_mul(2).max(LEAST_PATIENCE);
    let mut reader = SystemReader::new();
    let mut allocator = AllocatorReader::default();
    loop {
        let started = Instant::now();
        recorder.update_system(SystemMemory {
            allocated: allocator.read(),
            ..reader.read()
        });
        recorder.record_blocked(epoch_ms(), patience);
        looked(recorder);
        let spent = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        control.nanoseconds.fetch_add(spent, Ordering::Relaxed);
        let mut stopped = control.stopped.lock();
        let due = started + interval;
        while !*stopped {
            if control.wake.wait_until(&mut stopped, due).timed_out() {
                break;
            }
        }
        if *stopped {
            return;
        }
    }
}

fn epoch_ms() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::V8Figures;

    fn wait_for(what: impl Fn() -> bool) {
        // Bounded, so that a defect is a failure and not a hang.
        for _ in 0..3000 {
            if what() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it never happened");
    }

    #[test]
    fn it_refreshes_the_system_and_counts_its_cost() {
        let recorder = Arc::new(Recorder::new(10));
        recorder.update_system(SystemMemory {
            resident: Some(1),
            ..Default::default()
        });
        let watcher =
            Watcher::start(Duration::from_millis(10), Arc::clone(&recorder), |_| {}).unwrap();
        wait_for(|| recorder.system().resident != Some(1));
        wait_for(|| watcher.nanoseconds_spent() > 0);
        drop(watcher);
        assert_eq!(Arc::strong_count(&recorder), 1, "the thread is gone");
    }

    #[test]
    fn a_silent_loop_leaves_blocked_samples() {
        let recorder = Arc::new(Recorder::new(100));
        recorder.record(V8Figures {
            time: 5.0,
            heap_used: 7,
            ..V8Figures::default()
        });
        let _watcher =
            Watcher::start(Duration::from_millis(10), Arc::clone(&recorder), |_| {}).unwrap();
        wait_for(|| recorder.len() >= 3);
        let blocked: Vec<_> = recorder
            .samples()
            .into_iter()
            .filter(|s| s.loop_blocked)
            .collect();
        assert!(
            blocked
                .iter()
                .all(|sample| sample.heap_used == 7 && sample.time > 1e12)
        );
        assert!(blocked.windows(2).all(|pair| pair[0].time <= pair[1].time));
    }

    #[test]
    fn it_stops_long_before_its_interval_is_over() {
        let recorder = Arc::new(Recorder::new(10));
        drop(Watcher::start(Duration::from_secs(24 * 3600), recorder, |_| {}).unwrap());
    }
}
