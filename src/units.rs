//! Numbers as a person reads them.

/// Bytes with three significant digits, such as `12.4 MB`. KB, MB and GB are powers of 1024, as V8
/// and Node's own documentation count them.
pub fn bytes(count: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut value = count;
    let mut unit = 0;
    while value.abs() >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = match (unit, value.abs()) {
        (0, _) => 0,
        (_, size) if size < 9.995 => 2,
        (_, size) if size < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A whole number with its thousands apart, such as `12,345`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A span of time in one or two units, such as `3 h 20 min`, from milliseconds.
pub fn duration(milliseconds: f64) -> String {
    let seconds = (milliseconds / 1000.0).max(0.0);
    if seconds < 1.0 {
        return format!("{milliseconds:.0} ms");
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => two_units(whole / 60, "min", whole % 60, "s", 10),
        3600..86_400 => two_units(whole / 3600, "h", whole / 60 % 60, "min", 24),
        _ => two_units(whole / 86_400, "days", whole / 3600 % 24, "h", 10),
    }
}

/// Leaves the small unit out where the large one says enough.
fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str, enough: u64) -> String {
    let large_unit = if large == 1 && large_unit == "days" {
        "day"
    } else {
        large_unit
    };
    if small == 0 || large >= enough {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// A moment in UTC, such as `2026-11-23 14:15:02 UTC`, from epoch milliseconds.
pub fn date_time(epoch_milliseconds: f64) -> String {
    let seconds = (epoch_milliseconds / 1000.0).max(0.0) as u64;
    let (year, month, day) = date_of(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a number of days since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms", `civil_from_days`).
pub(crate) fn date_of(days: u64) -> (u64, u64, u64) {
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
    fn bytes_keep_three_digits() {
        let cases = [
            (0.0, "0 B"),
            (999.0, "999 B"),
            (1024.0, "1.00 KB"),
            (12_700.0, "12.4 KB"),
            (1_048_576.0, "1.00 MB"),
            (5e9, "4.66 GB"),
            (-2048.0, "-2.00 KB"),
            (1023.9 * 1024.0, "1.00 MB"),
        ];
        for (given, expected) in cases {
            assert_eq!(bytes(given), expected, "{given}");
        }
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        for (given, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "-1,234,567"),
        ] {
            assert_eq!(count(given), expected);
        }
    }

    #[test]
    fn durations_use_the_units_that_matter() {
        let cases = [
            (12.0, "12 ms"),
            (1500.0, "1.5 s"),
            (42_000.0, "42 s"),
            (90_000.0, "1 min 30 s"),
            (12_000_000.0, "3 h 20 min"),
            (86_400_000.0, "1 day"),
            (200_000_000.0, "2 days 7 h"),
        ];
        for (given, expected) in cases {
            assert_eq!(duration(given), expected);
        }
    }

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
}
