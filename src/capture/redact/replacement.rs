//! What stands in the place of a text that is hidden.
//!
//! A replacement tells nothing of the text but a rough length, and whether two texts of one
//! process are the same: it is a keyed hash (SipHash, as in the standard library's hash maps),
//! whose key is made once per process and never written down.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// Characters of the shortest replacement.
const SHORTEST: usize = 16;

/// Characters of the longest one. V8 cuts texts at 1,024 characters unless told otherwise.
const LONGEST: usize = 64 * 1024;

/// What a replacement begins with, so that a reader sees what it is.
const MARK: u8 = b'*';

/// Marks before the hash, which takes 13 characters of five bits: all 64 bits of it.
const LEADING_MARKS: usize = SHORTEST - 13;

/// Smallest number that replaces the index of an element; it is shown with nine digits or more,
/// like every index that is hidden.
pub(super) const LEAST_INDEX: u64 = 100_000_000;

/// Largest index of an element in JavaScript, and one.
const INDEX_END: u64 = u32::MAX as u64;

/// The key of this process.
pub(super) fn key() -> &'static RandomState {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new)
}

/// A hash of a text that comes in pieces.
pub(super) struct TextHash(std::hash::DefaultHasher);

impl TextHash {
    pub(super) fn new(key: &RandomState) -> Self {
        Self(key.build_hasher())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(super) fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// The hash of a whole text.
pub(super) fn hash(key: &RandomState, bytes: &[u8]) -> u64 {
    let mut hash = TextHash::new(key);
    hash.write(bytes);
    hash.finish()
}

/// The hash of a text, as [`hash_of_json`] makes it of the same text in JSON.
pub(super) fn hash_of_text(key: &RandomState, text: &str) -> u64 {
    let mut plain = Vec::with_capacity(text.len());
    push_plain(&mut plain, text.as_bytes());
    hash(key, &plain)
}

/// The hash of a text from between the quotes of a valid JSON string, whatever is escaped in it:
/// that of its UTF-16 units, each by itself in UTF-8.
pub(super) fn hash_of_json(key: &RandomState, raw: &[u8]) -> u64 {
    if raw.iter().all(|&byte| byte != b'\\' && byte < FOUR_BYTES) {
        return hash(key, raw);
    }
    let mut plain = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(place) = memchr::memchr(b'\\', rest) {
        push_plain(&mut plain, &rest[..place]);
        let escape = &rest[place + 1..];
        let digits = escape
            .get(1..5)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let (unit, length) = match (escape.first(), digits) {
            (Some(b'u'), Some(digits)) => (u16::from_str_radix(digits, 16).unwrap_or(0), 5),
            (Some(b'b'), _) => (8, 1),
            (Some(b'f'), _) => (12, 1),
            (Some(b'n'), _) => (10, 1),
            (Some(b'r'), _) => (13, 1),
            (Some(b't'), _) => (9, 1),
            (other, _) => (u16::from(other.copied().unwrap_or(0)), 1),
        };
        push_unit(&mut plain, unit);
        rest = escape.get(length..).unwrap_or_default();
    }
    push_plain(&mut plain, rest);
    hash(key, &plain)
}

/// The least byte that begins a character of two UTF-16 units.
const FOUR_BYTES: u8 = 0xf0;

/// Appends text without escapes.
fn push_plain(plain: &mut Vec<u8>, text: &[u8]) {
    match std::str::from_utf8(text) {
        Ok(text) if text.bytes().any(|byte| byte >= FOUR_BYTES) => {
            for unit in text.encode_utf16() {
                push_unit(plain, unit);
            }
        }
        _ => plain.extend_from_slice(text),
    }
}

/// Appends a UTF-16 unit as UTF-8 would have it, halves of characters too.
fn push_unit(plain: &mut Vec<u8>, unit: u16) {
    match unit {
        0..0x80 => plain.push(unit as u8),
        0x80..0x800 => plain.extend([0xc0 | (unit >> 6) as u8, 0x80 | (unit & 0x3f) as u8]),
        _ => plain.extend([
            0xe0 | (unit >> 12) as u8,
            0x80 | (unit >> 6 & 0x3f) as u8,
            0x80 | (unit & 0x3f) as u8,
        ]),
    }
}

/// Characters of the replacement of a text that has `units` UTF-16 units: the power of two below,
/// so that exactly 1,024, V8's mark of a text that was cut, stays 1,024.
fn length(units: usize) -> usize {
    match units {
        0 => 0,
        units => (1 << units.ilog2()).clamp(SHORTEST, LONGEST),
    }
}

/// Appends the replacement of a text: printable ASCII that JSON need not escape.
pub(super) fn push(out: &mut Vec<u8>, hash: u64, units: usize) {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let end = out.len() + length(units);
    if units == 0 {
        return;
    }
    out.extend([MARK; LEADING_MARKS]);
    for place in (0..13).rev() {
        out.push(DIGITS[(hash >> (5 * place) & 31) as usize]);
    }
    out.resize(end, MARK);
}

/// Appends the replacement of a text that begins with a digit, and does so itself: names of
/// properties that count or number are told by that.
pub(super) fn push_after_digit(out: &mut Vec<u8>, hash: u64, units: usize) {
    let start = out.len();
    push(out, hash, units);
    if let Some(first) = out.get_mut(start) {
        *first = b'0';
    }
}

/// Appends the replacement of a text of digits only: 20 of them.
pub(super) fn push_digits(out: &mut Vec<u8>, hash: u64) {
    out.extend_from_slice(format!("{hash:020}").as_bytes());
}

/// What replaces the index of an element. Too few bits remain to tell all indices apart.
pub(super) fn index(key: &RandomState, index: u64) -> u64 {
    LEAST_INDEX + hash(key, &index.to_le_bytes()) % (INDEX_END - LEAST_INDEX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> String {
        let mut out = Vec::new();
        push(&mut out, hash(key(), text.as_bytes()), text.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_length_is_the_power_of_two_below() {
        for (units, expected) in [
            (0, 0),
            (1, 16),
            (16, 16),
            (31, 16),
            (32, 32),
            (1023, 512),
            (1024, 1024),
            (1 << 20, LONGEST),
        ] {
            assert_eq!(replaced(&"x".repeat(units)).len(), expected, "{units}");
        }
    }

    #[test]
    fn equal_stays_equal_and_different_stays_different() {
        assert_eq!(replaced("secret"), replaced("secret"));
        let all: std::collections::HashSet<String> = (0..20_000)
            .map(|number| replaced(&number.to_string()))
            .collect();
        assert_eq!(all.len(), 20_000);
    }

    #[test]
    fn a_text_has_one_hash_however_it_is_escaped() {
        let text = "\u{1f600} gr\u{f6}\u{df}e \"\\/\u{8}\u{c}\n\r\t\u{1} \u{2603}";
        let expected = hash_of_text(key(), text);
        for raw in [
            r#"\ud83d\ude00 gr\u00f6\u00DFe \"\\/\b\f\n\r\t\u0001 \u2603"#,
            r#"😀 gr\u00F6ße \u0022\u005c\/\u0008\u000c\u000a\u000d\u0009\u0001 ☃"#,
        ] {
            assert_eq!(hash_of_json(key(), raw.as_bytes()), expected, "{raw}");
        }
        assert_eq!(hash_of_json(key(), b"plain"), hash_of_text(key(), "plain"));
        // Half a character is none of these.
        let halves = [r"\ud83d", r"\\ud83d", r"\ufffd", r"\ude00"];
        let hashes = halves.map(|raw| hash_of_json(key(), raw.as_bytes()));
        let different: std::collections::HashSet<u64> = hashes.into_iter().collect();
        assert_eq!(different.len(), halves.len());
    }

    #[test]
    fn every_bit_of_the_hash_shows() {
        let show = |hash| {
            let mut out = Vec::new();
            push(&mut out, hash, 16);
            out
        };
        for bit in 0..64 {
            assert_ne!(show(0), show(1 << bit), "{bit}");
        }
    }

    #[test]
    fn a_replacement_is_printable_and_needs_no_escape() {
        let text = replaced(&"y".repeat(100));
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
        );
        assert!(text.starts_with("***") && text.len() == 64, "{text}");
    }

    #[test]
    fn another_process_makes_other_replacements() {
        assert_ne!(
            hash(&RandomState::new(), b"secret"),
            hash(&RandomState::new(), b"secret")
        );
    }

    #[test]
    fn numbers_stay_numbers() {
        let mut out = Vec::new();
        push_digits(&mut out, hash(key(), b"4915112345678"));
        assert!(out.len() == 20 && out.iter().all(u8::is_ascii_digit));
        out.clear();
        push_after_digit(&mut out, hash(key(), b"3f2504e0"), 8);
        assert!(out[0].is_ascii_digit() && out.len() == 16);
        for number in [LEAST_INDEX, 123_456_789, INDEX_END - 1] {
            assert!((LEAST_INDEX..INDEX_END).contains(&index(key(), number)));
            assert_ne!(index(key(), number), number);
        }
    }
}
