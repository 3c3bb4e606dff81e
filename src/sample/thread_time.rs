//! How long a thread has worked.

/// Processor time that the calling thread has taken in all its life, in ms; `None` where the system
/// does not tell.
pub fn thread_cpu_ms() -> Option<f64> {
    #[cfg(unix)]
    {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the place to write to outlives the call.
        let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        (failed == 0).then(|| time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6)
    }
    #[cfg(not(unix))]
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn work_counts_and_sleep_does_not() {
        let begun = thread_cpu_ms().unwrap();
        let slept = Instant::now();
        std::thread::sleep(Duration::from_millis(100));
        let rested = thread_cpu_ms().unwrap();
        let took = slept.elapsed().as_secs_f64() * 1e3;
        assert!(rested - begun < 0.5 * took, "{}", rested - begun);
        while thread_cpu_ms().unwrap() < rested + 5.0 {
            std::hint::spin_loop();
        }
    }
}
