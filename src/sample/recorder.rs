//! The one place where both threads meet: history and the newest word of the operating system.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::ring::History;
use super::sample::{Sample, V8Figures};
use super::system::{SystemMemory, SystemReader};

/// Samples that the watcher took are kept for [`Recorder::take_blocked`] up to this many.
const MOST_BLOCKED: usize = 64;

/// Joins V8's figures, which JavaScript's thread brings, with those of the operating system,
/// which the watcher thread brings, into a bounded history.
///
/// Locks are held for the copying of one sample, never over a read of a file.
#[derive(Debug)]
pub struct Recorder {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    history: History,
    system: SystemMemory,
    /// What was allocated besides external memory, and when.
    native: Option<(i64, Instant)>,
    recorded: Instant,
    figures: Option<V8Figures>,
    blocked: History,
}

/// A figure that is older than this is not known any more.
const FRESH: Duration = Duration::from_secs(60);

impl Inner {
    fn native(&self) -> Option<i64> {
        let (bytes, at) = self.native?;
        (at.elapsed() < FRESH).then_some(bytes)
    }
}

impl Recorder {
    /// A recorder that keeps up to `capacity` samples. Reads the operating system once, so that
    /// the first sample is whole.
    pub fn new(capacity: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                history: History::new(capacity),
                system: SystemReader::new().read(),
                native: None,
                recorded: Instant::now(),
                figures: None,
                blocked: History::new(MOST_BLOCKED),
            }),
        }
    }

    /// Adds what JavaScript's thread saw and gives back the whole sample.
    pub fn record(&self, figures: V8Figures) -> Sample {
        let mut inner = self.inner.lock();
        let sample = Sample {
            native: inner.native(),
            ..figures.clone().with(inner.system)
        };
        inner.recorded = Instant::now();
        inner.figures = Some(figures);
        inner.history.push(sample.clone());
        sample
    }

    /// Takes the newest word of the operating system; the next sample carries it.
    pub fn update_system(&self, system: SystemMemory) {
        let mut inner = self.inner.lock();
        inner.system = system;
        // Both at the same time: what Buffers come to is much, and changes quickly.
        if let (Some(allocated), Some(figures)) = (system.allocated, &inner.figures) {
            let native = allocated as i64 - figures.external as i64;
            inner.native = Some((native, Instant::now()));
        }
    }

    /// Adds a sample with `loop_blocked` when JavaScript's thread has recorded before, but not
    /// for longer than `patience`; `time` is now in epoch ms.
    pub fn record_blocked(&self, time: f64, patience: Duration) -> Option<Sample> {
        let mut inner = self.inner.lock();
        let figures = inner.figures.clone()?;
        if inner.recorded.elapsed() <= patience {
            return None;
        }
        // Nothing is known of GCs since, and the resident set of JavaScript's figures is old.
        let stale = V8Figures {
            time,
            rss: inner.system.resident.unwrap_or(figures.rss),
            live_heap: None,
            forked: false,
            live_external: None,
            live_array_buffers: None,
            live_contexts: None,
            detached_contexts: None,
            handles: None,
            major_gcs: 0,
            minor_gcs: 0,
            gc_ms: 0.0,
            ..figures
        };
        let sample = Sample {
            loop_blocked: true,
            native: inner.native(),
            ..stale.with(inner.system)
        };
        inner.history.push(sample.clone());
        inner.blocked.push(sample.clone());
        Some(sample)
    }

    /// The samples that the watcher took since the last call, oldest first: for a judge that
    /// runs on JavaScript's thread.
    pub fn take_blocked(&self) -> Vec<Sample> {
        let mut inner = self.inner.lock();
        std::mem::replace(&mut inner.blocked, History::new(MOST_BLOCKED))
            .iter()
            .cloned()
            .collect()
    }

    /// The newest word of the operating system.
    pub fn system(&self) -> SystemMemory {
        self.inner.lock().system
    }

    /// The newest sample.
    pub fn latest(&self) -> Option<Sample> {
        self.inner.lock().history.latest().cloned()
    }

    /// The history, oldest first.
    pub fn samples(&self) -> Vec<Sample> {
        self.inner.lock().history.iter().cloned().collect()
    }

    /// What was recorded later than `time`, epoch ms; oldest first.
    pub fn samples_after(&self, time: f64) -> Vec<Sample> {
        let inner = self.inner.lock();
        let newest = inner.history.iter().rev();
        let mut later: Vec<Sample> = newest
            .take_while(|sample| sample.time > time)
            .cloned()
            .collect();
        later.reverse();
        later
    }

    /// Samples in the history.
    pub fn len(&self) -> usize {
        self.inner.lock().history.len()
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory that it holds.
    pub fn bytes_held(&self) -> usize {
        let inner = self.inner.lock();
        size_of::<Self>() + inner.history.bytes_held() + inner.blocked.bytes_held()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(time: f64) -> V8Figures {
        V8Figures {
            time,
            heap_used: 40,
            live_heap: Some(30),
            major_gcs: 2,
            ..V8Figures::default()
        }
    }

    #[test]
    fn a_sample_carries_the_newest_word_of_the_system() {
        let recorder = Recorder::new(10);
        let system = SystemMemory {
            resident: Some(9),
            container_limit: Some(99),
            ..Default::default()
        };
        recorder.update_system(system);
        let sample = recorder.record(figures(1.0));
        assert_eq!(
            (sample.rss, sample.system, sample.loop_blocked),
            (9, system, false)
        );
        assert_eq!(recorder.samples(), vec![sample.clone()]);
        assert_eq!(recorder.latest(), Some(sample));
    }

    #[test]
    fn what_is_allocated_is_compared_with_the_external_memory_of_its_time() {
        let recorder = Recorder::new(10);
        let allocated = |allocated| SystemMemory {
            allocated,
            ..Default::default()
        };
        let external = |external| V8Figures {
            external,
            ..figures(1.0)
        };
        recorder.record(external(100));
        recorder.update_system(allocated(Some(130)));
        assert_eq!(recorder.record(external(900)).native, Some(30));
        recorder.update_system(allocated(None));
        assert_eq!(recorder.record(external(900)).native, Some(30));
        recorder.update_system(allocated(Some(920)));
        assert_eq!(recorder.record(external(900)).native, Some(20));
    }

    #[test]
    fn a_blocked_loop_leaves_samples_with_old_heap_and_fresh_memory() {
        let recorder = Recorder::new(10);
        assert_eq!(
            recorder.record_blocked(1.0, Duration::ZERO),
            None,
            "nothing known yet"
        );
        recorder.record(V8Figures {
            rss: 500,
            ..figures(1.0)
        });
        assert_eq!(
            recorder.record_blocked(2.0, Duration::from_secs(3600)),
            None,
            "not blocked"
        );
        recorder.update_system(SystemMemory {
            resident: Some(800),
            ..Default::default()
        });
        std::thread::sleep(Duration::from_millis(2));
        let sample = recorder.record_blocked(2.0, Duration::ZERO).unwrap();
        assert!(sample.loop_blocked);
        assert_eq!((sample.time, sample.rss, sample.heap_used), (2.0, 800, 40));
        assert_eq!((sample.live_heap, sample.major_gcs), (None, 0));
        assert_eq!(recorder.take_blocked(), vec![sample]);
        assert!(recorder.take_blocked().is_empty());
        assert_eq!(recorder.len(), 2);
    }
}
