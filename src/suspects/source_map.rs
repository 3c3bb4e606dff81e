//! Source maps: from the code that runs to the code that somebody wrote.
//!
//! Revision 3 of the format (ECMA-426), with index maps (`sections`). Positions here are zero-based,
//! columns count UTF-16 units, as in V8.

use std::io::Read;

use serde::Deserialize;

/// A line and a column of the code that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Zero-based.
    pub line: u32,
    /// Zero-based; `None` for whatever is first on the line.
    pub column: Option<u32>,
}

/// What a position was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The script as the map calls it, with the map's `sourceRoot` before it.
    pub source: String,
    /// Zero-based.
    pub line: u32,
    /// Zero-based.
    pub column: u32,
    /// What the author called it, where exactly here something else is written.
    pub name: Option<String>,
}

/// A source map, still encoded: only a few of its positions are ever asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SourceMap {
    source_root: Option<String>,
    sources: Vec<Option<String>>,
    names: Vec<String>,
    mappings: String,
    sections: Vec<Section>,
}

#[derive(Debug, Deserialize)]
struct Section {
    offset: Offset,
    map: SourceMap,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Offset {
    line: u32,
    column: u32,
}

/// One mapping, with the numbers that the format counts on from one to the next.
#[derive(Clone, Copy, Debug, Default)]
struct Segment {
    column: i64,
    source: i64,
    line: i64,
    original_column: i64,
    name: i64,
    /// Numbers that were given: 1, 4 or 5.
    fields: usize,
}

impl SourceMap {
    /// Reads a map; the sources' text in it is skipped, and never held. `None` where it is none.
    pub fn read(from: impl Read) -> Option<Self> {
        serde_json::from_reader(from).ok()
    }

    /// What each of these positions was made from; `None` where the map does not tell.
    pub fn origins(&self, positions: &[Position]) -> Vec<Option<Origin>> {
        if self.sections.is_empty() {
            return self.origins_of_one(positions);
        }
        positions
            .iter()
            .map(|position| {
                let reached = Offset {
                    line: position.line,
                    column: position.column.unwrap_or(u32::MAX),
                };
                let section = self
                    .sections
                    .iter()
                    .rfind(|section| section.offset <= reached)?;
                let Offset { line, column } = section.offset;
                let before = if position.line == line { column } else { 0 };
                let within = Position {
                    line: position.line - line,
                    column: position.column.map(|column| column - before),
                };
                section.map.origins_of_one(&[within]).pop()?
            })
            .collect()
    }

    /// One pass over the mappings, however many positions there are.
    fn origins_of_one(&self, positions: &[Position]) -> Vec<Option<Origin>> {
        let mut found: Vec<Option<Segment>> = vec![None; positions.len()];
        let mut state = Segment::default();
        for (line, text) in self.mappings.split(';').enumerate() {
            let asked: Vec<usize> = (0..positions.len())
                .filter(|&place| positions[place].line as usize == line)
                .collect();
            state.column = 0;
            for segment in text.split(',') {
                // From here on nothing can be counted.
                if !segment.is_empty() && state.advance(segment).is_none() {
                    return vec![None; positions.len()];
                }
                if segment.is_empty() || state.fields == 1 {
                    continue;
                }
                for &place in &asked {
                    let wanted = positions[place].column.map_or(-1, i64::from);
                    if found[place].is_none() || state.column <= wanted {
                        found[place] = Some(state);
                    }
                }
            }
        }
        positions
            .iter()
            .zip(found)
            .map(|(position, segment)| self.origin(*position, segment?))
            .collect()
    }

    fn origin(&self, position: Position, segment: Segment) -> Option<Origin> {
        let source = self
            .sources
            .get(usize::try_from(segment.source).ok()?)?
            .as_deref()?;
        let root = self.source_root.as_deref().unwrap_or_default();
        let slash = if root.is_empty() || root.ends_with('/') {
            ""
        } else {
            "/"
        };
        let is_exact = position.column.map(i64::from) == Some(segment.column);
        let name = (is_exact && segment.fields == 5)
            .then(|| self.names.get(usize::try_from(segment.name).ok()?).cloned())
            .flatten();
        Some(Origin {
            source: format!("{root}{slash}{source}"),
            line: u32::try_from(segment.line).ok()?,
            column: u32::try_from(segment.original_column).ok()?,
            name,
        })
    }
}

impl Segment {
    /// Adds the numbers of the next segment; `None` where they are no numbers.
    fn advance(&mut self, text: &str) -> Option<()> {
        let mut fields = 0;
        let mut value: i64 = 0;
        let mut shift = 0;
        for byte in text.bytes() {
            let digit = i64::from(base64_digit(byte)?);
            // No line is so long that five bits more would be needed.
            if shift > 35 {
                return None;
            }
            value |= (digit & 31) << shift;
            shift += 5;
            if digit & 32 != 0 {
                continue;
            }
            let signed = if value & 1 == 0 {
                value >> 1
            } else {
                -(value >> 1)
            };
            let number = match fields {
                0 => &mut self.column,
                1 => &mut self.source,
                2 => &mut self.line,
                3 => &mut self.original_column,
                4 => &mut self.name,
                _ => return None,
            };
            *number = number.checked_add(signed)?;
            fields += 1;
            (value, shift) = (0, 0);
        }
        self.fields = fields;
        (shift == 0 && matches!(fields, 1 | 4 | 5)).then_some(())
    }
}

/// The bytes of a `data:` URL; `None` where it is none, or is written wrongly.
pub fn data_of(url: &str) -> Option<Vec<u8>> {
    let (head, body) = url.strip_prefix("data:")?.split_once(',')?;
    if !head.ends_with(";base64") {
        return Some(percent_decoded(body));
    }
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in body.trim_end_matches('=').bytes() {
        bits = bits << 6 | u32::from(base64_digit(byte)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 255) as u8);
        }
    }
    Some(bytes)
}

/// A URL's text without its escapes.
pub fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let escaped = (byte == b'%')
            .then(|| text.get(place + 1..place + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        place += if escaped.is_some() { 3 } else { 1 };
    }
    decoded
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
#[path = "source_map_tests.rs"]
mod tests;
