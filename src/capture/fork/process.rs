//! What `/proc` tells about a child: whether it works, waits or is over.

use std::fs;

/// A moment in the life of a process with one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Activity {
    /// Whether it sleeps until somebody wakes it (state `S`), which is neither waiting for the
    /// disk nor being held up.
    pub(super) asleep: bool,
    /// Processor time that it has used, in nanoseconds; exact only where the kernel keeps
    /// scheduling statistics, else in steps of 10 ms.
    pub(super) cpu_nanoseconds: u64,
}

const NANOSECONDS_PER_TICK: u64 = 10_000_000;

impl Activity {
    /// `None` when the process is gone, or `/proc` is not to be had.
    pub(super) fn of(process: libc::pid_t) -> Option<Self> {
        let text = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}")).ok();
        let mut activity = Self::parse(&text("stat")?)?;
        if let Some(exact) = text("schedstat").and_then(|text| run_time(&text)) {
            activity.cpu_nanoseconds = exact;
        }
        Some(activity)
    }

    /// Reads `stat`: the name in brackets may itself hold brackets and blanks.
    fn parse(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        let asleep = fields.next()? == "S";
        let mut fields = fields.skip(10);
        let user: u64 = fields.next()?.parse().ok()?;
        let system: u64 = fields.next()?.parse().ok()?;
        Some(Self {
            asleep,
            cpu_nanoseconds: (user + system) * NANOSECONDS_PER_TICK,
        })
    }
}

/// The first figure of `schedstat`; zero where the kernel keeps none.
fn run_time(text: &str) -> Option<u64> {
    let value = text.split_ascii_whitespace().next()?.parse().ok()?;
    (value > 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat = "4242 (a) b (c) S 1 4242 4242 0 -1 4194560 100 0 0 0 150 50 0 0 30 10 1 0";
        assert_eq!(
            Activity::parse(stat),
            Some(Activity {
                asleep: true,
                cpu_nanoseconds: 2_000_000_000
            })
        );
        assert_eq!(Activity::parse("4242 (node"), None);
        assert_eq!(Activity::parse(""), None);
    }

    #[test]
    fn a_thread_that_works_uses_the_processor() {
        // SAFETY: gettid touches no memory.
        let own = unsafe { libc::gettid() };
        let before = Activity::of(own).unwrap();
        let mut sum = 0_u64;
        while Activity::of(own).unwrap().cpu_nanoseconds < before.cpu_nanoseconds + 20_000_000 {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(Activity::of(-1).is_none());
    }
}
