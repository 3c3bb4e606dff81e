//! JSON strings, and values that are passed over.

use std::io::Read;

use super::input::Input;
use crate::error::{Code, Error, Result};
use crate::heap::strings::StringTable;

/// Objects and arrays nested deeper than this are refused: V8's files need five levels, a
/// trace tree a few hundred.
const MAX_DEPTH: usize = 100_000;

/// Reads the rest of a string, whose opening quote has been taken, and appends it to `text`.
pub(super) fn read_string<R: Read>(input: &mut Input<'_, R>, text: &mut Vec<u8>) -> Result<()> {
    let begin = text.len();
    let mut ascii = true;
    // A high surrogate waits here for its other half.
    let mut high: Option<u16> = None;
    loop {
        let before = text.len();
        let stop = input.until_quote_or_escape(|piece| {
            ascii &= piece.is_ascii();
            text.extend_from_slice(piece);
        })?;
        if text.len() > before && high.take().is_some() {
            insert_replacement(text, before);
        }
        if stop == b'"' {
            break;
        }
        let unit = match input.take()? {
            b'u' => read_unit(input)?,
            b'n' => u16::from(b'\n'),
            b't' => u16::from(b'\t'),
            b'r' => u16::from(b'\r'),
            b'b' => 8,
            b'f' => 12,
            escaped @ (b'"' | b'\\' | b'/') => u16::from(escaped),
            other => return Err(input.unexpected(other)),
        };
        push_unit(text, unit, &mut high);
    }
    if high.is_some() {
        push_char(text, char::REPLACEMENT_CHARACTER);
    }
    if !ascii && std::str::from_utf8(&text[begin..]).is_err() {
        let repaired = String::from_utf8_lossy(&text[begin..]).into_owned();
        text.truncate(begin);
        text.extend_from_slice(repaired.as_bytes());
    }
    Ok(())
}

fn insert_replacement(text: &mut Vec<u8>, place: usize) {
    let tail = text.split_off(place);
    push_char(text, char::REPLACEMENT_CHARACTER);
    text.extend_from_slice(&tail);
}

fn push_char(text: &mut Vec<u8>, character: char) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn push_unit(text: &mut Vec<u8>, unit: u16, high: &mut Option<u16>) {
    let pending = high.take();
    if let Some(first) = pending {
        if let Some(Ok(character)) = char::decode_utf16([first, unit]).next() {
            push_char(text, character);
            return;
        }
        push_char(text, char::REPLACEMENT_CHARACTER);
    }
    if (0xd800..0xdc00).contains(&unit) {
        *high = Some(unit);
    } else {
        push_char(
            text,
            char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER),
        );
    }
}

fn read_unit<R: Read>(input: &mut Input<'_, R>) -> Result<u16> {
    let mut unit = 0_u16;
    for _ in 0..4 {
        let byte = input.take()?;
        let Some(digit) = (byte as char).to_digit(16) else {
            return Err(input.unexpected(byte));
        };
        unit = unit << 4 | digit as u16;
    }
    Ok(unit)
}

/// Reads the array of strings.
pub(super) fn read_string_table<R: Read>(input: &mut Input<'_, R>) -> Result<StringTable> {
    let mut table = StringTable::default();
    input.expect(b'[')?;
    if input.peek_token()? == Some(b']') {
        input.take()?;
        return Ok(table);
    }
    loop {
        input.expect(b'"')?;
        read_string(input, table.text_mut())?;
        table.finish_string().ok_or_else(|| {
            Error::new(
                Code::TooLarge,
                "The snapshot's strings take more than 4 GiB, which is as much as leakguard can \
                 number. Capture with V8's --heap-snapshot-string-limit lowered.",
            )
        })?;
        match input.take_token()? {
            b',' => {}
            b']' => break,
            other => return Err(input.unexpected(other)),
        }
    }
    table.shrink();
    Ok(table)
}

/// Passes over one value of any kind and depth, keeping its bytes if `kept` is given and the value
/// is shorter than `limit`.
pub(super) fn skip_value<R: Read>(
    input: &mut Input<'_, R>,
    mut kept: Option<(&mut Vec<u8>, usize)>,
) -> Result<()> {
    // One bit of memory a level: whether it is an object. The stack is explicit, so depth costs no
    // machine stack.
    let mut levels: Vec<bool> = Vec::new();
    loop {
        let byte = input.take_token()?;
        keep(&mut kept, &[byte])?;
        match byte {
            b'{' | b'[' => {
                if levels.len() == MAX_DEPTH {
                    return Err(Error::new(
                        Code::TooLarge,
                        format!("The snapshot nests values deeper than {MAX_DEPTH} levels."),
                    ));
                }
                levels.push(byte == b'{');
            }
            b'}' | b']' => match levels.pop() {
                Some(object) if object == (byte == b'}') => {}
                _ => return Err(input.unexpected(byte)),
            },
            b'"' => loop {
                let stop = input.until_quote_or_escape(|piece| {
                    if let Some((bytes, limit)) = &mut kept
                        && bytes.len() + piece.len() <= *limit
                    {
                        bytes.extend_from_slice(piece);
                    }
                })?;
                keep(&mut kept, &[stop])?;
                if stop == b'"' {
                    break;
                }
                let escaped = input.take()?;
                keep(&mut kept, &[escaped])?;
            },
            b',' | b':' if !levels.is_empty() => {}
            b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E' => {
                while let Some(next @ (b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E')) =
                    input.peek()?
                {
                    input.take()?;
                    keep(&mut kept, &[next])?;
                }
            }
            other => return Err(input.unexpected(other)),
        }
        if levels.is_empty() {
            return Ok(());
        }
    }
}

fn keep(kept: &mut Option<(&mut Vec<u8>, usize)>, bytes: &[u8]) -> Result<()> {
    if let Some((held, limit)) = kept {
        if held.len() + bytes.len() > *limit {
            return Err(super::meta::foreign(&format!(
                "its header is longer than {limit} bytes"
            )));
        }
        held.extend_from_slice(bytes);
    }
    Ok(())
}
