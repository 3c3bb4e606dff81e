//! Names of snapshot files that cannot collide.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::units;

static SEQUENCE: AtomicU32 = AtomicU32::new(0);

/// A name such as `leakguard.20261123.141502.4242.0.001.heapsnapshot`: date and time (UTC), process,
/// thread, number within the process. Node names its own files in the same way, after `Heap`
/// (`DiagnosticFilename` in Node's `src/util.cc`); ours begin with our name, so that retention
/// never touches anybody else's.
pub fn snapshot_name(epoch_milliseconds: f64, thread: u32, extension: &str) -> String {
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed) + 1;
    let seconds = (epoch_milliseconds / 1000.0).max(0.0) as u64;
    let (year, month, day) = units::date_of(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let process = std::process::id();
    format!(
        "leakguard.{year:04}{month:02}{day:02}.{hour:02}{minute:02}{second:02}.{process}.{thread}.\
         {sequence:03}.{extension}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_of_the_same_moment_differ() {
        let name = || snapshot_name(1_795_443_302_000.0, 0, "heapsnapshot");
        let (first, second) = (name(), name());
        assert_ne!(first, second);
        assert!(first.starts_with("leakguard.20261123.141502."), "{first}");
    }
}
