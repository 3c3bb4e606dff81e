//! Figures as words for a log line.

use super::leak::{Limit, LimitKind};

/// A size with two or three digits, KB = 1,024 as everywhere: `84 MB`, `1.2 MB`, `2.1 GB`.
pub(super) fn size(bytes: f64) -> String {
    let (value, unit) = scaled(bytes);
    format!("{} {unit}", digits(value))
}

/// A share as whole per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A rate and its interval in the unit of time that gives readable figures:
/// `1.2 MB/s (1.1 to 1.3)`.
pub(super) fn rate(per_second: f64, interval: [f64; 2]) -> String {
    let spans = [(1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "d")];
    let (seconds, name) = spans
        .into_iter()
        .find(|(seconds, _)| per_second.abs() * seconds >= 1e5)
        .unwrap_or((3600.0, "h"));
    let (value, unit) = scaled(per_second * seconds);
    let factor = if per_second == 0.0 {
        0.0
    } else {
        value / per_second
    };
    let [low, high] = interval.map(|end| digits(end * factor));
    format!("{} {unit}/{name} ({low} to {high})", digits(value))
}

/// A span in the largest unit that leaves at least two of it: `27 minutes`, `3 days`.
pub(super) fn span(milliseconds: f64) -> String {
    let minutes = milliseconds / 60_000.0;
    if minutes < 1.0 {
        "less than a minute".into()
    } else if minutes < 2.0 {
        "a minute".into()
    } else if minutes < 120.0 {
        format!("{minutes:.0} minutes")
    } else if minutes < 48.0 * 60.0 {
        format!("{:.0} hours", minutes / 60.0)
    } else {
        format!("{:.0} days", minutes / 1440.0)
    }
}

/// A moment in UTC; with the date when it is more than half a day before `now`.
pub(super) fn moment(epoch_ms: f64, now: f64) -> String {
    let seconds = (epoch_ms / 1000.0).floor() as i64;
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let time = format!("{hour:02}:{minute:02}:{second:02} UTC");
    if (now - epoch_ms).abs() < 12.0 * 3_600_000.0 {
        return time;
    }
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {time}")
}

/// The sentence of a leak, from how it begins. `now` and `since` in epoch ms.
pub(super) fn leak(
    grows: &str,
    per_second: f64,
    interval: [f64; 2],
    growth: u64,
    since: f64,
    limit: &Limit,
    now: f64,
) -> String {
    let mut text = format!(
        "{grows} by {}, {} since {}",
        rate(per_second, interval),
        size(growth as f64),
        moment(since, now)
    );
    if let Some(reached) = limit.reached_at {
        let whose = match limit.kind {
            LimitKind::Heap => "V8's limit",
            LimitKind::Container => "the container's limit",
            LimitKind::System => "the machine's memory",
        };
        let left = span(reached - now);
        let about = if left.starts_with("less") {
            ""
        } else {
            "about "
        };
        text += &format!(
            "; {whose} of {} is reached in {about}{left}",
            size(limit.bytes as f64)
        );
    }
    text + "."
}

fn scaled(bytes: f64) -> (f64, &'static str) {
    const KB: f64 = 1024.0;
    let units = [
        (KB.powi(4), "TB"),
        (KB.powi(3), "GB"),
        (KB.powi(2), "MB"),
        (KB, "KB"),
    ];
    units
        .into_iter()
        // Closer than that, it would round to 1024 of the smaller unit.
        .find(|(unit, _)| bytes.abs() >= unit * 0.9995)
        .map_or((bytes, "B"), |(unit, name)| (bytes / unit, name))
}

fn digits(value: f64) -> String {
    if value.abs() < 9.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// Year, month and day of a count of days since 1970-01-01 (H. Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
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
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0.0, "0.0 B"),
            (16.0, "16 B"),
            (1023.9, "1.0 KB"),
            (84e6, "80 MB"),
            (1_234_567.0, "1.2 MB"),
            (2.147e9, "2.0 GB"),
            (-5e6, "-4.8 MB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn rates_pick_a_readable_unit_of_time() {
        assert_eq!(rate(1.2e6, [1.1e6, 1.3e6]), "1.1 MB/s (1.0 to 1.2)");
        assert_eq!(rate(20_000.0, [1e4, 3e4]), "1.1 MB/min (0.6 to 1.7)");
        assert_eq!(rate(300.0, [250.0, 350.0]), "1.0 MB/h (0.9 to 1.2)");
        assert_eq!(rate(0.0, [0.0, 0.0]), "0.0 B/h (0.0 to 0.0)");
    }

    #[test]
    fn moments_and_spans() {
        assert_eq!(
            moment(1_700_000_000_000.0, 1_700_000_100_000.0),
            "22:13:20 UTC"
        );
        assert_eq!(
            moment(1_700_000_000_000.0, 1_800_000_000_000.0),
            "2023-11-14 22:13:20 UTC"
        );
        assert_eq!(moment(951_782_400_000.0, 0.0), "2000-02-29 00:00:00 UTC");
        assert_eq!(moment(-1000.0, 1e12), "1969-12-31 23:59:59 UTC");
        let spans: Vec<String> = [30e3, 61e3, 27.0 * 60e3, 5.0 * 3.6e6, 86.4e6 * 9.0]
            .map(span)
            .into();
        assert_eq!(
            spans,
            [
                "less than a minute",
                "a minute",
                "27 minutes",
                "5 hours",
                "9 days"
            ]
        );
    }

    #[test]
    fn the_sentence() {
        let limit = Limit {
            kind: LimitKind::Heap,
            bytes: 2_147_483_648,
            reached_at: Some(1_700_000_000_000.0 + 27.0 * 60e3),
        };
        let text = leak(
            "Live heap grows",
            1.2e6,
            [1.1e6, 1.3e6],
            84_000_000,
            1_699_999_930_000.0,
            &limit,
            1_700_000_000_000.0,
        );
        assert_eq!(
            text,
            "Live heap grows by 1.1 MB/s (1.0 to 1.2), 80 MB since 22:12:10 UTC; V8's limit of \
             2.0 GB is reached in about 27 minutes."
        );
    }
}
