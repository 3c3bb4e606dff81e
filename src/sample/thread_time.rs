//! How long a thread was kept from its work.

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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::hint::spin_loop;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_thread_waits_where_there_are_more_than_processors() {
        let (before, begun) = (thread_waited_ms().unwrap(), Instant::now());
        let crowd = 4 * thread::available_parallelism().unwrap().get();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..crowd {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        spin_loop();
                    }
                });
            }
            while begun.elapsed() < Duration::from_millis(300) {
                spin_loop();
            }
            done.store(true, Ordering::Relaxed);
        });
        let waited = thread_waited_ms().unwrap() - before;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        assert!(waited > 0.0 && waited <= took, "{waited} of {took} ms");
    }
}
