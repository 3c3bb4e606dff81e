//! The members of a snapshot, each rewritten piece by piece.

use std::hash::RandomState;
use std::io::Read;

use super::input::{Input, MAX_DIGITS};
use super::label::is_data_like_index;
use super::layout::{Kind, Layout, MAX_FIELDS, Name, Rows, foreign};
use super::table::Table;
use super::uses::{Use, Uses};
use super::{ENOUGH, corrupt, replacement};
use crate::error::{Code, Error, Result};

/// A header is about 1.5 KB; a longer one is not a header.
const MAX_HEADER: usize = 1 << 20;

/// Arrays nested deeper than this are refused: a trace tree has a few hundred levels.
const MAX_DEPTH: usize = 100_000;

/// A section that is being rewritten.
pub(super) enum Section {
    /// The header, which is held whole.
    Header(Vec<u8>),
    Rows(Box<RowsInProgress>),
    /// Numbers that refer to no string, in arrays of any depth.
    Numbers {
        depth: usize,
    },
    Strings(Table),
    /// A value that is left out.
    Skipped {
        depth: usize,
    },
}

pub(super) struct RowsInProgress {
    rows: Rows,
    row: [u64; MAX_FIELDS],
    /// Rows so far.
    count: u64,
    place: Place,
}

enum Place {
    /// Before the array.
    Beginning,
    /// Before the first row.
    First,
    /// Before a number that must come.
    Number,
}

impl Section {
    /// The section called `name`; nothing when this version does not know it.
    pub(super) fn called(
        name: &[u8],
        layout: Option<&Layout>,
    ) -> Result<Option<(&'static str, Self)>> {
        if name == b"snapshot" {
            return Ok(Some(("snapshot", Section::Header(Vec::new()))));
        }
        let Some(layout) = layout else {
            return Err(foreign("it does not begin with \"snapshot\""));
        };
        Ok(Some(match name {
            b"nodes" => ("nodes", Section::rows(&layout.nodes)),
            b"edges" => ("edges", Section::rows(&layout.edges)),
            b"trace_function_infos" => match &layout.functions {
                Some(functions) => ("trace_function_infos", Section::rows(functions)),
                None => return Ok(None),
            },
            b"trace_tree" => ("trace_tree", Section::Numbers { depth: 0 }),
            b"samples" => ("samples", Section::Numbers { depth: 0 }),
            b"locations" => ("locations", Section::Numbers { depth: 0 }),
            b"strings" => ("strings", Section::Strings(Table::default())),
            _ => return Ok(None),
        }))
    }

    /// A section to be left out.
    pub(super) fn skipped() -> Self {
        Section::Skipped { depth: 0 }
    }

    fn rows(rows: &Rows) -> Self {
        Section::Rows(Box::new(RowsInProgress {
            rows: rows.clone(),
            row: [0; MAX_FIELDS],
            count: 0,
            place: Place::Beginning,
        }))
    }

    /// Rewrites a piece, and tells whether it was the last one.
    pub(super) fn advance<R: Read>(
        &mut self,
        input: &mut Input<R>,
        uses: &mut Uses,
        key: &RandomState,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        match self {
            Section::Header(header) => read_header(input, header).map(|()| true),
            Section::Rows(rows) => rows.advance(input, uses, key, out),
            Section::Numbers { depth } => copy_numbers(input, depth, out),
            Section::Strings(table) => table.advance(input, uses, key, out),
            Section::Skipped { depth } => skip(input, depth),
        }
    }
}

impl RowsInProgress {
    fn advance<R: Read>(
        &mut self,
        input: &mut Input<R>,
        uses: &mut Uses,
        key: &RandomState,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        if matches!(self.place, Place::Beginning) {
            input.expect(b'[')?;
            out.push(b'[');
            self.place = Place::First;
        }
        if matches!(self.place, Place::First) && input.peek_token()? == Some(b']') {
            input.take()?;
            return self.end(input.section, out);
        }
        while out.len() < ENOUGH {
            if !matches!(self.place, Place::First) {
                out.push(b',');
            }
            if !self.copy_row(input, uses, key, out)? {
                self.read_row(input)?;
                self.rewrite(input.position(), uses, key)?;
                push_row(out, &self.row[..self.rows.fields]);
            }
            self.place = Place::Number;
            self.count += 1;
            if !input.another()? {
                return self.end(input.section, out);
            }
        }
        Ok(false)
    }

    /// Rows that slipped would show contents as names, so they are counted before any text comes.
    fn end(&self, section: &str, out: &mut Vec<u8>) -> Result<bool> {
        let (count, promised) = (self.count, self.rows.count);
        if promised != 0 && promised != count {
            return Err(corrupt(&format!(
                "{count} {section} where its header promises {promised}"
            )));
        }
        out.push(b']');
        Ok(true)
    }

    /// Rewrites the next row if it stands in the buffer as V8 writes it. Such a row is copied but
    /// for its name, after each byte was found to be a digit or a comma.
    #[inline]
    fn copy_row<R: Read>(
        &mut self,
        input: &mut Input<R>,
        uses: &mut Uses,
        key: &RandomState,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        let ([name], Some(bytes)) = (self.rows.names.as_slice(), input.whole_row()) else {
            return Ok(false);
        };
        let mut place = 0;
        let mut name_at = 0..0;
        for field in 0..self.rows.fields {
            let start = place;
            let mut value = 0_u64;
            while let Some(digit) = bytes.get(place).map(|byte| byte.wrapping_sub(b'0'))
                && digit < 10
            {
                value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
                place += 1;
            }
            let length = place - start;
            if length == 0 || length >= MAX_DIGITS || (length > 1 && bytes[start] == b'0') {
                return Ok(false);
            }
            if field == *name {
                name_at = start..place;
            }
            self.row[field] = value;
            if field + 1 < self.rows.fields {
                if bytes.get(place) != Some(&b',') {
                    return Ok(false);
                }
                place += 1;
            }
        }
        // What follows decides whether the last number ends here.
        if !bytes.get(place).is_some_and(|next| b",]\n".contains(next)) {
            return Ok(false);
        }
        let before = self.row[*name];
        let (name, position) = (*name, input.position());
        self.rewrite(position, uses, key)?;
        let after = self.row[name];
        if after == before {
            out.extend_from_slice(&bytes[..place]);
        } else {
            out.extend_from_slice(&bytes[..name_at.start]);
            push_row(out, &[after]);
            out.extend_from_slice(&bytes[name_at.end..place]);
        }
        input.skip(place);
        Ok(true)
    }

    fn read_row<R: Read>(&mut self, input: &mut Input<R>) -> Result<()> {
        for field in 0..self.rows.fields {
            if field > 0 && !input.another()? {
                let section = input.section;
                return Err(corrupt(&format!("{section} ends in the middle of a row")));
            }
            self.row[field] = input.number()?;
        }
        Ok(())
    }

    #[inline]
    fn rewrite(&mut self, position: u64, uses: &mut Uses, key: &RandomState) -> Result<()> {
        let name = self
            .rows
            .name(&self.row)
            .ok_or_else(|| corrupt("it has a type that its header does not list"))?;
        if let (Kind::Nodes, Name::Text(used)) = (self.rows.kind, name) {
            uses.note_node(used);
        }
        for &field in &self.rows.names {
            let value = self.row[field];
            self.row[field] = match name {
                Name::Text(used) => uses.note(value, used, position)?,
                Name::Quote => {
                    if self.leads_to_content(uses) {
                        uses.note(value, Use::Quote, position)?;
                    }
                    uses.note(value, Use::Code, position)?
                }
                Name::Index if is_data_like_index(value) => replacement::index(key, value),
                Name::Index | Name::Number => value,
            };
        }
        Ok(())
    }

    /// Whether the edge in hand leads to content.
    #[inline]
    fn leads_to_content(&self, uses: &Uses) -> bool {
        match self.rows.kind {
            Kind::Edges {
                target,
                node_fields,
            } => uses.is_content(self.row[target] / node_fields),
            Kind::Nodes | Kind::Functions => true,
        }
    }
}

/// Appends numbers with commas between them.
#[inline]
fn push_row(out: &mut Vec<u8>, row: &[u64]) {
    // A number of 64 bits has 20 digits at most.
    let mut text = [0_u8; MAX_FIELDS * 21];
    let mut end = text.len();
    for (place, &number) in row.iter().enumerate().rev() {
        let mut rest = number;
        loop {
            end -= 1;
            text[end] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if place > 0 {
            end -= 1;
            text[end] = b',';
        }
    }
    out.extend_from_slice(&text[end..]);
}

fn read_header<R: Read>(input: &mut Input<R>, header: &mut Vec<u8>) -> Result<()> {
    let mut depth = 0_usize;
    loop {
        let byte = input.take_token()?;
        header.push(byte);
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                input.string(|piece| header.extend_from_slice(piece))?;
                header.push(b'"');
            }
            _ => {}
        }
        if header.len() > MAX_HEADER {
            return Err(foreign(&format!(
                "its header is longer than {MAX_HEADER} bytes"
            )));
        }
        if depth == 0 {
            return Ok(());
        }
    }
}

/// Copies arrays of whole numbers. Nothing that is not part of a number gets through.
fn copy_numbers<R: Read>(
    input: &mut Input<R>,
    depth: &mut usize,
    out: &mut Vec<u8>,
) -> Result<bool> {
    while out.len() < ENOUGH {
        let byte = input.take_token()?;
        match byte {
            b'[' if *depth == MAX_DEPTH => {
                return Err(Error::new(
                    Code::TooLarge,
                    format!("The snapshot nests values deeper than {MAX_DEPTH} levels."),
                ));
            }
            b'[' => *depth += 1,
            b']' if *depth > 0 => *depth -= 1,
            b',' | b'-' | b'0'..=b'9' if *depth > 0 => {}
            _ => return Err(input.unexpected()),
        }
        out.push(byte);
        if *depth == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Passes over a value of any kind.
fn skip<R: Read>(input: &mut Input<R>, depth: &mut usize) -> Result<bool> {
    match input.peek_token()? {
        None => return Err(input.truncated()),
        // The end of the object that a number or a word stands in.
        Some(b',' | b'}') if *depth == 0 => return Ok(true),
        Some(_) => {}
    }
    match input.take()? {
        b'{' | b'[' => *depth += 1,
        b'}' | b']' if *depth > 0 => *depth -= 1,
        b'}' | b']' => return Err(input.unexpected()),
        b'"' => input.string(|_| {})?,
        _ => {}
    }
    Ok(false)
}
