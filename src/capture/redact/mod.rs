//! Redaction: a snapshot is rewritten as it passes, so that what a program keeps in strings never
//! leaves this stage.
//!
//! The string table comes last in a snapshot, and one entry may be both the name of a property and
//! the text of a string. So every reference is rewritten on the way: string `i` becomes the three
//! strings `3i`, `3i + 1` and `3i + 2`, for its use as a label, as content, and as the name of a
//! primitive value. When the table comes, each is written as its use allows, or empty if there is
//! none. What is held is a byte for each string and one buffer.
//!
//! What is hidden: texts of strings, sources of regular expressions, names of primitive values, and
//! labels that hold data (see [`label`]). Everything else of a snapshot is a number, and is written
//! anew from the number that was read; the header is V8's own. Sections that this version does
//! not know are left out.

mod data_like;
mod input;
mod label;
mod layout;
mod replacement;
mod sections;
mod symbols;
mod table;
mod uses;

#[cfg(test)]
mod tests;

use std::hash::RandomState;
use std::io::{self, Read};

use self::input::Input;
use self::layout::{Layout, foreign};
use self::sections::Section;
use self::uses::Uses;
use crate::error::{Code, Error, Result};

/// Bytes that one step makes, more or less, before they are handed on.
const ENOUGH: usize = 256 * 1024;

/// A reader of the redacted text of the snapshot that `source` gives.
///
/// When the snapshot cannot be redacted, the rest of the source is read and dropped, reading fails,
/// and [`Redactor::failure`] tells why.
pub(super) struct Redactor<R> {
    input: Input<R>,
    key: &'static RandomState,
    uses: Uses,
    layout: Option<Layout>,
    /// Sections that have been begun.
    seen: Vec<&'static str>,
    state: State,
    /// What has been rewritten, and how much of it has been handed on.
    out: Vec<u8>,
    given: usize,
    failure: Option<Error>,
}

/// Where in the snapshot the next byte stands.
enum State {
    Beginning,
    /// Before the name of a section.
    Name,
    Inside(Box<Section>),
    /// After a section.
    Behind,
    End,
}

impl<R: Read> Redactor<R> {
    /// Redacts what `source` gives.
    pub(super) fn new(source: R) -> Self {
        Self {
            input: Input::new(source),
            key: replacement::key(),
            uses: Uses::default(),
            layout: None,
            seen: Vec::new(),
            state: State::Beginning,
            out: Vec::with_capacity(ENOUGH + ENOUGH / 4),
            given: 0,
            failure: None,
        }
    }

    /// Bytes that the source has given.
    pub(super) fn bytes_read(&self) -> u64 {
        self.input.bytes()
    }

    /// Why the snapshot cannot be redacted.
    pub(super) fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Rewrites a piece.
    fn step(&mut self) -> Result<()> {
        match &mut self.state {
            State::Beginning => {
                self.input.expect(b'{')?;
                self.out.push(b'{');
                self.state = State::Name;
            }
            State::Name => self.begin_section()?,
            State::Inside(section) => {
                let done =
                    section.advance(&mut self.input, &mut self.uses, self.key, &mut self.out)?;
                if done {
                    if let Section::Header(header) = section.as_mut() {
                        self.layout = Some(Layout::from_json(header)?);
                        self.out.append(header);
                    }
                    self.state = State::Behind;
                }
            }
            State::Behind => match self.input.take_token()? {
                b',' => self.state = State::Name,
                b'}' => self.finish()?,
                _ => return Err(self.input.unexpected()),
            },
            State::End => {}
        }
        Ok(())
    }

    fn begin_section(&mut self) -> Result<()> {
        self.input.expect(b'"')?;
        let name = self.input.short_string()?;
        self.input.expect(b':')?;
        let Some((name, section)) = Section::called(&name, self.layout.as_ref())? else {
            self.input.section = "a section of a newer version";
            self.state = State::Inside(Box::new(Section::skipped()));
            return Ok(());
        };
        self.input.section = name;
        if self.seen.contains(&name) {
            return Err(corrupt(&format!("{name} comes twice")));
        }
        if self.seen.contains(&"strings") {
            return Err(foreign(&format!("its strings come before its {name}")));
        }
        if name == "strings" {
            self.check_sections(&["nodes", "edges"])?;
        }
        if !self.seen.is_empty() {
            self.out.extend_from_slice(b",\n");
        }
        self.seen.push(name);
        self.out
            .extend_from_slice(format!("\"{name}\":").as_bytes());
        self.state = State::Inside(Box::new(section));
        Ok(())
    }

    fn check_sections(&self, needed: &[&'static str]) -> Result<()> {
        match needed.iter().find(|name| !self.seen.contains(name)) {
            Some(missing) => Err(foreign(&format!(
                "it has no {missing} where they have to come"
            ))),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<()> {
        self.check_sections(&["strings"])?;
        self.input.section = "the end";
        if self.input.peek_token()?.is_some() {
            self.input.take()?;
            return Err(self.input.unexpected());
        }
        self.out.push(b'}');
        self.state = State::End;
        Ok(())
    }
}

impl<R: Read> Read for Redactor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Ok(0);
        }
        while self.given == self.out.len() {
            if matches!(self.state, State::End) || buffer.is_empty() {
                return Ok(0);
            }
            self.out.clear();
            self.given = 0;
            if let Err(error) = self.step() {
                self.out.clear();
                self.failure = Some(error.clone());
                // V8 must not wait for a reader that has given up.
                let _ = self.input.drain();
                return Err(io::Error::other(error));
            }
        }
        let rest = &self.out[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

/// The file breaks its own promises.
fn corrupt(problem: &str) -> Error {
    Error::new(
        Code::Corrupt,
        format!("The snapshot contradicts itself: {problem}. Capture it again."),
    )
}
