//! How long a thread has worked, and how long it was kept from it.

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

/// Time in which the calling thread could have worked but other threads had the processors, in all
/// its life, in ms; `None` where the system does not tell. Linux does, unless it was built without
/// (`Documentation/scheduler/sched-stats.rst`).
pub fn thread_waited_ms() -> Option<f64> {
    #[cfg(target_os = "linux")]
    {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
        Some(nanoseconds as f64 / 1e6)
    }
    #[cfg(not(target_os = "linux"))]
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_waits_where_there_are_more_than_processors() {
        use std::sync::atomic::{AtomicBool, Ordering};
        use std::thread;

        let (before, begun) = (thread_waited_ms().unwrap(), Instant::now());
        let crowd = 4 * thread::available_parallelism().unwrap().get();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..crowd {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            let until = thread_cpu_ms().unwrap() + 50.0;
            while thread_cpu_ms().unwrap() < until {
                std::hint::spin_loop();
            }
            done.store(true, Ordering::Relaxed);
        });
        let (waited, took) = (thread_waited_ms().unwrap() - before, begun.elapsed());
        assert!(
            waited > 0.0 && waited <= took.as_secs_f64() * 1e3,
            "{waited}"
        );
    }
}
