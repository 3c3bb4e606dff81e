//! The raw bytes as V8 writes them, and the few readers that rewriting needs. They go nowhere
//! from here but through those.

use std::io::{ErrorKind, Read};

use super::layout::MAX_FIELDS;
use crate::error::{Code, Error, Result};

/// Bytes asked of the source at a time.
const CHUNK: usize = 256 * 1024;

/// A number and what follows it never reach further than this. As many zero bytes stand behind
/// the last byte of the file.
const LOOKAHEAD: usize = 32;

/// Bytes that hold any row of numbers without white space.
const ROW: usize = MAX_FIELDS * (MAX_DIGITS + 1);

/// Digits of the largest number that cannot overflow 64 bits.
pub(super) const MAX_DIGITS: usize = 19;

/// The source, and the part of it that has been read but not rewritten yet.
pub(super) struct Input<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that lie before the buffer.
    before: u64,
    finished: bool,
    /// What is being read, for messages.
    pub(super) section: &'static str,
}

impl<R: Read> Input<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; CHUNK + 2 * LOOKAHEAD],
            start: 0,
            end: 0,
            before: 0,
            finished: false,
            section: "the beginning",
        }
    }

    /// Bytes that the source has given.
    pub(super) fn bytes(&self) -> u64 {
        self.before + self.end as u64
    }

    /// Place in the source of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.before + self.start as u64
    }

    /// Reads the rest of the source and keeps nothing of it.
    pub(super) fn drain(&mut self) -> Result<()> {
        while !self.finished {
            self.start = self.end;
            self.fill()?;
        }
        Ok(())
    }

    /// Moves what is left to the front and reads behind it, once at least.
    fn fill(&mut self) -> Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.before += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        let room = self.buffer.len() - LOOKAHEAD;
        while self.end < LOOKAHEAD && !self.finished {
            match self.source.read(&mut self.buffer[self.end..room]) {
                Ok(0) => self.finished = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.finished = true;
                    return Err(Error::io("read", "the snapshot's pipe", &error));
                }
            }
        }
        let end = self.end;
        self.buffer[end..end + LOOKAHEAD].fill(0);
        Ok(())
    }

    /// Makes sure that a whole number is in the buffer, unless the file ends first.
    #[inline]
    fn ensure(&mut self) -> Result<()> {
        if self.end - self.start < LOOKAHEAD && !self.finished {
            self.fill()
        } else {
            Ok(())
        }
    }

    /// The next byte without taking it; `None` at the end of the file.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        self.ensure()?;
        Ok((self.start < self.end).then(|| self.buffer[self.start]))
    }

    /// Takes the next byte, which must exist.
    #[inline]
    pub(super) fn take(&mut self) -> Result<u8> {
        let byte = self.peek()?.ok_or_else(|| self.truncated())?;
        self.start += 1;
        Ok(byte)
    }

    /// The next byte that is not white space, without taking it.
    pub(super) fn peek_token(&mut self) -> Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.start += 1,
                other => return Ok(other),
            }
        }
    }

    /// Takes the next byte that is not white space.
    pub(super) fn take_token(&mut self) -> Result<u8> {
        self.peek_token()?;
        self.take()
    }

    /// Takes `expected`, or fails.
    pub(super) fn expect(&mut self, expected: u8) -> Result<()> {
        let found = self.take_token()?;
        if found == expected {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The next bytes, if enough of them are in the buffer for any row.
    #[inline]
    pub(super) fn whole_row(&self) -> Option<&[u8; ROW]> {
        self.buffer[self.start..self.end].first_chunk()
    }

    /// Passes over bytes of [`Input::whole_row`].
    #[inline]
    pub(super) fn skip(&mut self, count: usize) {
        self.start += count;
    }

    /// Reads a whole number, after white space.
    #[inline]
    pub(super) fn number(&mut self) -> Result<u64> {
        self.ensure()?;
        // The common case: the number starts at once and ends within the look-ahead.
        let digits = &self.buffer[self.start..self.start + LOOKAHEAD];
        let mut value = 0_u64;
        let mut length = 0;
        while length < MAX_DIGITS && digits[length].is_ascii_digit() {
            value = value
                .wrapping_mul(10)
                .wrapping_add(u64::from(digits[length] - b'0'));
            length += 1;
        }
        if length == 0 {
            return self.number_after_space();
        }
        let next = digits[length];
        self.start += length;
        if self.start >= self.end && self.finished {
            return Err(self.truncated());
        }
        if matches!(next, b'.' | b'e' | b'E') || next.is_ascii_digit() {
            self.start += 1;
            return Err(self.unexpected());
        }
        Ok(value)
    }

    #[cold]
    fn number_after_space(&mut self) -> Result<u64> {
        match self.peek()? {
            None => Err(self.truncated()),
            Some(b' ' | b'\n' | b'\r' | b'\t') => {
                self.peek_token()?;
                self.number()
            }
            Some(_) => {
                self.start += 1;
                Err(self.unexpected())
            }
        }
    }

    /// Takes a comma or a closing bracket, after white space, and tells whether it was a comma.
    #[inline]
    pub(super) fn another(&mut self) -> Result<bool> {
        // Nearly always a comma follows at once.
        if self.start < self.end && self.buffer[self.start] == b',' {
            self.start += 1;
            return Ok(true);
        }
        match self.take_token()? {
            b',' => Ok(true),
            b']' => Ok(false),
            _ => Err(self.unexpected()),
        }
    }

    /// Hands on the bytes up to the next `"` or `\`, in one or more pieces, and takes that byte.
    pub(super) fn until_quote_or_escape(&mut self, mut piece: impl FnMut(&[u8])) -> Result<u8> {
        loop {
            let rest = &self.buffer[self.start..self.end];
            if let Some(found) = memchr::memchr2(b'"', b'\\', rest) {
                piece(&rest[..found]);
                let byte = rest[found];
                self.start += found + 1;
                return Ok(byte);
            }
            piece(rest);
            self.start = self.end;
            if self.finished {
                return Err(self.truncated());
            }
            self.fill()?;
        }
    }

    /// Hands on the rest of a string, whose opening quote has been taken, in pieces: an escape is
    /// one by itself, and text without escapes comes in one or more.
    pub(super) fn string(&mut self, mut piece: impl FnMut(&[u8])) -> Result<()> {
        while self.until_quote_or_escape(&mut piece)? == b'\\' {
            let mut escape = [b'\\', self.take()?, 0, 0, 0, 0];
            match escape[1] {
                b'u' => {
                    for place in &mut escape[2..] {
                        *place = self.take()?;
                        if !place.is_ascii_hexdigit() {
                            return Err(self.unexpected());
                        }
                    }
                    piece(&escape);
                }
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => piece(&escape[..2]),
                _ => return Err(self.unexpected()),
            }
        }
        Ok(())
    }

    /// The rest of a string that cannot be long.
    pub(super) fn short_string(&mut self) -> Result<Vec<u8>> {
        const LONGEST: usize = 1000;
        let mut text = Vec::new();
        self.string(|piece| {
            let room = LONGEST - text.len();
            text.extend_from_slice(&piece[..room.min(piece.len())]);
        })?;
        Ok(text)
    }

    /// The file ended where more had to follow.
    pub(super) fn truncated(&self) -> Error {
        Error::new(
            Code::Truncated,
            format!(
                "V8 stopped after {} bytes, in the middle of the snapshot (in {}). Capture it \
                 again.",
                self.bytes(),
                self.section
            ),
        )
    }

    /// A byte stands where it must not. It is not shown: it may be part of a secret.
    #[cold]
    pub(super) fn unexpected(&self) -> Error {
        Error::new(
            Code::NotJson,
            format!(
                "Byte {} of the snapshot does not belong there in JSON (in {}), so it cannot be \
                 redacted. Capture it again.",
                self.position().saturating_sub(1),
                self.section
            ),
        )
    }
}
