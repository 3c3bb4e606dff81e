//! Bytes of a JSON text as they arrive, with the few readers that a snapshot needs.

use std::io::{ErrorKind, Read};

use super::rows::read_rows;
use crate::error::{Code, Error, Result};
use crate::heap::control::Control;

/// Bytes asked of the source at a time.
const CHUNK: usize = 256 * 1024;

/// A number and what stands around it never reach further than this, so that the scanner looks for
/// the end of the buffer once a number instead of once a byte. The same count of zero bytes stands
/// behind the last byte of the file.
const LOOKAHEAD: usize = 32;

/// With less than this in the buffer, more is read before rows are taken many at a time.
const FAST: usize = 1024;

/// Digits of the largest number that cannot overflow 64 bits.
const MAX_DIGITS: usize = 19;

/// The source, and the part of it that has been read but not understood yet.
pub(super) struct Input<'a, R> {
    source: R,
    control: &'a Control,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes that lie before the buffer.
    before: u64,
    finished: bool,
    /// What is being read, for messages.
    pub(super) section: String,
}

impl<'a, R: Read> Input<'a, R> {
    pub(super) fn new(source: R, control: &'a Control) -> Self {
        Self::at(0, source, control)
    }

    /// A source that begins at the byte `position` of something longer.
    pub(super) fn at(position: u64, source: R, control: &'a Control) -> Self {
        Self {
            source,
            control,
            buffer: vec![0; CHUNK + 2 * LOOKAHEAD],
            start: 0,
            end: 0,
            before: position,
            finished: false,
            section: "the beginning".to_owned(),
        }
    }

    /// Place in the source of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.before + self.start as u64
    }

    /// Moves what is left to the front and reads behind it.
    fn fill(&mut self) -> Result<()> {
        self.control.check()?;
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
                Err(error) => return Err(read_error(&error)),
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
    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        self.ensure()?;
        Ok((self.start < self.end).then(|| self.buffer[self.start]))
    }

    /// Takes the next byte, which must exist.
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
            Err(self.unexpected(found))
        }
    }

    /// Reads an array of whole numbers in rows of `fields`, and hands each row on.
    ///
    /// The digits are read by hand: a general JSON reader spends four to five times as long on
    /// the same bytes, and a snapshot is hardly anything else.
    pub(super) fn rows(
        &mut self,
        fields: usize,
        mut each: impl FnMut(&[u64; MAX_FIELDS]) -> Result<()>,
    ) -> Result<()> {
        self.expect(b'[')?;
        if self.peek_token()? == Some(b']') {
            self.start += 1;
            return Ok(());
        }
        // How many rows go the slow way before the fast one is tried again.
        let (mut slow, mut pause) = (0_u32, 1_u32);
        loop {
            if slow == 0 {
                if self.end - self.start < FAST && !self.finished {
                    self.fill()?;
                }
                let window = &self.buffer[self.start..self.end];
                let taken = match fields {
                    3 => read_rows::<3>(window, &mut each)?,
                    4 => read_rows::<4>(window, &mut each)?,
                    5 => read_rows::<5>(window, &mut each)?,
                    6 => read_rows::<6>(window, &mut each)?,
                    7 => read_rows::<7>(window, &mut each)?,
                    _ => 0,
                };
                self.start += taken;
                pause = if taken > 0 {
                    1
                } else {
                    pause.saturating_mul(2)
                };
                slow = pause;
            }
            slow -= 1;
            let (row, more) = self.row(fields)?;
            each(&row)?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Reads one row and what stands behind it, and tells whether more rows follow.
    fn row(&mut self, fields: usize) -> Result<([u64; MAX_FIELDS], bool)> {
        let mut row = [0_u64; MAX_FIELDS];
        for (place, field) in row[..fields].iter_mut().enumerate() {
            *field = self.number()?;
            match self.take_token()? {
                b',' => {}
                b']' if place + 1 == fields => return Ok((row, false)),
                b']' => {
                    return Err(Error::new(
                        Code::Corrupt,
                        format!(
                            "{} of the snapshot ends in the middle of a row: {} of {fields} \
                             numbers. The file was damaged; capture it again.",
                            self.section,
                            place + 1
                        ),
                    ));
                }
                other => return Err(self.unexpected(other)),
            }
        }
        Ok((row, true))
    }

    /// Reads a whole number, after white space.
    fn number(&mut self) -> Result<u64> {
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
        if length > 0 {
            let next = digits[length];
            self.start += length;
            if self.start >= self.end && self.finished {
                return Err(self.truncated());
            }
            if matches!(next, b'.' | b'e' | b'E') || next.is_ascii_digit() {
                self.start += 1;
                return Err(self.unexpected(next));
            }
            return Ok(value);
        }
        match self.peek()? {
            None => Err(self.truncated()),
            Some(b' ' | b'\n' | b'\r' | b'\t') => {
                self.peek_token()?;
                self.number_after_space()
            }
            Some(other) => {
                self.start += 1;
                Err(self.unexpected(other))
            }
        }
    }

    #[cold]
    fn number_after_space(&mut self) -> Result<u64> {
        self.number()
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

    /// The file ended where more had to follow.
    pub(super) fn truncated(&self) -> Error {
        let position = self.before + self.end as u64;
        if position == 0 {
            return Error::new(
                Code::Truncated,
                "The snapshot is empty (0 bytes). Whatever wrote it was stopped before the first \
                 byte; capture it again.",
            );
        }
        Error::new(
            Code::Truncated,
            format!(
                "The snapshot ends after {position} bytes, in the middle of {}. Whatever wrote it \
                 was stopped; capture it again.",
                self.section
            ),
        )
    }

    /// A byte stands where it must not.
    pub(super) fn unexpected(&self, found: u8) -> Error {
        let shown = match found {
            0x21..=0x7e => format!("'{}'", found as char),
            _ => format!("byte 0x{found:02x}"),
        };
        Error::new(
            Code::NotJson,
            format!(
                "Not a heap snapshot: {shown} at byte {} does not belong there in JSON (in {}).",
                self.position().saturating_sub(1),
                self.section
            ),
        )
    }
}

/// More fields than any V8 has; a file with more is refused.
pub(super) const MAX_FIELDS: usize = 16;

/// The source failed: the operating system, or a decompressor that stands before it.
fn read_error(error: &std::io::Error) -> Error {
    if error.raw_os_error().is_some() {
        return Error::io("read", "the snapshot", error);
    }
    if breaks_off(error) {
        return Error::new(
            Code::Truncated,
            format!("The compressed snapshot ends too early ({error}). Capture it again."),
        );
    }
    if matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::Other
    ) {
        return Error::new(
            Code::Corrupt,
            format!("The compressed snapshot is damaged ({error}). Capture it again."),
        );
    }
    Error::io("read", "the snapshot", error)
}

/// Whether a decompressor missed bytes: ruzstd says so only in a source of its error.
fn breaks_off(error: &std::io::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && error.kind() == ErrorKind::UnexpectedEof
        {
            return true;
        }
        cause = error.source();
    }
    false
}
