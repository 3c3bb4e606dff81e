//! The string table: three strings for each of the original.

use std::hash::RandomState;
use std::io::Read;

use super::input::Input;
use super::label::{self, Origin};
use super::replacement::{self, TextHash};
use super::uses::{Use, Uses};
use super::{ENOUGH, corrupt};
use crate::error::Result;

/// Bytes of a text that are held at once. V8 cuts texts at 1,024 characters unless told otherwise,
/// and each character may be written as six bytes; a longer text is no label.
const MOST_HELD: usize = 16 * 1024;

/// What V8 calls primitive values whose value it does not show.
const PLACEHOLDERS: [&[u8]; 7] = [
    b"(concatenated string)",
    b"(sliced string)",
    b"symbol",
    b"private symbol",
    b"heap number",
    b"smi number",
    b"bigint",
];

/// The table, being rewritten.
#[derive(Default)]
pub(super) struct Table {
    begun: bool,
    /// Strings of the original so far.
    count: usize,
    /// The text that is being read, escapes and all.
    text: Vec<u8>,
}

impl Table {
    /// Rewrites strings until there is enough, and tells whether they were the last ones.
    pub(super) fn advance<R: Read>(
        &mut self,
        input: &mut Input<R>,
        uses: &Uses,
        key: &RandomState,
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        if !self.begun {
            self.begun = true;
            input.expect(b'[')?;
            out.push(b'[');
            if input.peek_token()? == Some(b']') {
                input.take()?;
                return self.end(uses, out);
            }
        }
        while out.len() < ENOUGH {
            input.expect(b'"')?;
            if self.count > 0 {
                out.extend_from_slice(b",\n");
            }
            self.rewrite(input, uses, key, out)?;
            self.count += 1;
            if !input.another()? {
                return self.end(uses, out);
            }
        }
        Ok(false)
    }

    fn end(&self, uses: &Uses, out: &mut Vec<u8>) -> Result<bool> {
        if uses.len() > self.count {
            let (last, count) = (uses.len() - 1, self.count);
            return Err(corrupt(&format!("it refers to string {last} of {count}")));
        }
        out.push(b']');
        Ok(true)
    }

    fn rewrite<R: Read>(
        &mut self,
        input: &mut Input<R>,
        uses: &Uses,
        key: &RandomState,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let text = &mut self.text;
        text.clear();
        let mut hash = TextHash::new(key);
        let mut is_held = true;
        let mut units = 0;
        input.string(|piece| {
            units += units_of(piece);
            for part in piece.chunks(MOST_HELD) {
                if text.len() + part.len() > MOST_HELD {
                    hash.write(text);
                    text.clear();
                    is_held = false;
                }
                text.extend_from_slice(part);
            }
        })?;
        let hash = if is_held {
            replacement::hash_of_json(key, text)
        } else {
            hash.write(text);
            hash.finish()
        };
        let used = |wanted| uses.has(self.count, wanted);

        out.push(b'"');
        if used(Use::Label) || used(Use::Code) {
            if is_held {
                let origin = Origin {
                    is_code: used(Use::Code),
                    may_quote: used(Use::Quote),
                };
                label::push(out, key, text, origin);
            } else {
                replacement::push(out, hash, units);
            }
        }
        out.extend_from_slice(b"\",\"");
        if used(Use::Content) {
            replacement::push(out, hash, units);
        }
        out.extend_from_slice(b"\",\"");
        if used(Use::Primitive) {
            if is_held && PLACEHOLDERS.contains(&text.as_slice()) {
                out.extend_from_slice(text);
            } else {
                replacement::push(out, hash, units);
            }
        }
        out.push(b'"');
        Ok(())
    }
}

/// UTF-16 units of a piece of a JSON string: an escape, or text without one.
fn units_of(piece: &[u8]) -> usize {
    if piece.first() == Some(&b'\\') {
        return 1;
    }
    let first_bytes = piece.iter().filter(|&&byte| byte & 0xc0 != 0x80);
    first_bytes
        .map(|&byte| if byte >= 0xf0 { 2 } else { 1 })
        .sum()
}
