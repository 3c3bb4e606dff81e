//! Rows of numbers as V8 writes them, many at a time.
//!
//! Digit after digit: a snapshot's numbers are so regular that the processor foresees where most of
//! them end. To find the ends first, eight bytes at a time, and to multiply the digits of a word
//! together took twice as long on the same files.

use super::input::MAX_FIELDS;
use crate::error::Result;

/// A number of more digits is left to the slow way.
const MAX_DIGITS: usize = 16;

/// The most bytes that a number takes, with what is behind it.
const NUMBER: usize = MAX_DIGITS + 4;

/// Hands on the rows of `N` numbers at the beginning of `window`, and tells how many bytes they and
/// the commas behind them take. Ends at whatever is unusual: white space, an end, a fraction, a number
/// of many digits; and always before the last bytes of the window.
pub(super) fn read_rows<const N: usize>(
    window: &[u8],
    each: &mut impl FnMut(&[u64; MAX_FIELDS]) -> Result<()>,
) -> Result<usize> {
    let mut taken = 0;
    let mut row = [0; MAX_FIELDS];
    while let Some(bytes) = window.get(taken..taken + N * NUMBER) {
        let Some(length) = read_row::<N>(bytes, &mut row) else {
            break;
        };
        each(&row)?;
        taken += length;
    }
    Ok(taken)
}

/// Reads one row, and tells how long it is; `bytes` are as many as it can have.
#[inline(always)]
fn read_row<const N: usize>(bytes: &[u8], row: &mut [u64; MAX_FIELDS]) -> Option<usize> {
    let mut place = 0;
    for (field, number) in row[..N].iter_mut().enumerate() {
        let first = place;
        let mut value = u64::from(digit(bytes[place])?);
        place += 1;
        while let Some(digit) = digit(bytes[place]) {
            if place - first == MAX_DIGITS {
                return None;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            place += 1;
        }
        *number = value;
        if field + 1 < N {
            if bytes[place] != b',' {
                return None;
            }
            place += 1;
        }
    }
    match (bytes[place], bytes[place + 1]) {
        (b'\n', b',') => Some(place + 2),
        (b',', _) => Some(place + 1),
        _ => None,
    }
}

#[inline(always)]
fn digit(byte: u8) -> Option<u8> {
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some(digit)
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
