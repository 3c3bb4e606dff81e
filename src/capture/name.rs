//! Names of snapshot files that cannot collide.

use std::sync::atomic::{AtomicU32, Ordering};

static SEQUENCE: AtomicU32 = AtomicU32::new(0);

/// A name such as `leakguard.20261123.141502.4242.0.001.heapsnapshot`: date and time (UTC), process,
/// thread, number within the process. Node names its own files in the same way, after `Heap`
/// (`DiagnosticFilename` in Node's `src/util.cc`); ours begin with our name, so that retention
/// never touches anybody else's.
pub fn snapshot_name(epoch_milliseconds: f64, thread: u32, extension: &str) -> String {
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed) + 1;
    let seconds = (epoch_milliseconds / 1000.0).max(0.0) as u64;
    let (year, month, day) = date_of(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let process = std::process::id();
    format!(
        "leakguard.{year:04}{month:02}{day:02}.{hour:02}{minute:02}{second:02}.{process}.{thread}.\
         {sequence:03}.{extension}"
    )
}

/// Year, month and day of a number of days since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms", `civil_from_days`).
fn date_of(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_780, (2026, 11, 23)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date_of(days), date);
        }
    }

    #[test]
    fn two_names_of_the_same_moment_differ() {
        let name = || snapshot_name(1_795_443_302_000.0, 0, "heapsnapshot");
        let (first, second) = (name(), name());
        assert_ne!(first, second);
        assert!(first.starts_with("leakguard.20261123.141502."), "{first}");
    }
}
