//! What becomes of a label: a name that V8 gives to an edge or a node.
//!
//! Labels come from code, and stay. Three kinds hold data nevertheless: names that quote a text
//! (`<symbol …>`, entries of a WeakMap, tags of a document), names that look like data, and URLs
//! with parameters.

use std::hash::RandomState;

use super::data_like::{LONGEST_NUMBER, has_long_number, is_data_like, is_data_url, is_path};
use super::replacement;
use super::symbols::is_platform_symbol;
use crate::heap::weak_map_table;

/// A piece of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Keep(&'a str),
    Hide(&'a str),
}

use Piece::{Hide, Keep};

/// Where a label comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// It stands in the source or is V8's own, and so is no data.
    pub(super) is_code: bool,
    /// It leads to content, whose text it may quote.
    pub(super) may_quote: bool,
}

/// Appends a label as it may be seen. `raw` is the text between the quotes of a JSON string,
/// escapes and all.
pub(super) fn push(out: &mut Vec<u8>, key: &RandomState, raw: &[u8], origin: Origin) {
    // Most labels are names like any other.
    if raw.is_ascii()
        && raw.len() < LONGEST_NUMBER
        && raw
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(byte))
    {
        out.extend_from_slice(raw);
        return;
    }
    let decoded = decode(raw);
    let Some(text) = decoded.as_deref() else {
        // Half a character: no name of code has that.
        push_hidden(out, key, &String::from_utf8_lossy(raw));
        return;
    };
    let pieces = pieces(text, origin);
    if pieces.iter().all(|piece| matches!(piece, Keep(_))) {
        out.extend_from_slice(raw);
        return;
    }
    for piece in pieces {
        match piece {
            Keep(text) => push_escaped(out, text),
            Hide(text) => push_hidden(out, key, text),
        }
    }
}

/// The text of a JSON string; nothing when it has half a character, which UTF-8 cannot hold.
fn decode(raw: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    if raw.contains(&b'\\') {
        let quoted = [b"\"", raw, b"\""].concat();
        return serde_json::from_slice(&quoted)
            .ok()
            .map(std::borrow::Cow::Owned);
    }
    std::str::from_utf8(raw)
        .ok()
        .map(std::borrow::Cow::Borrowed)
}

fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let quoted = serde_json::Value::from(text).to_string();
    out.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
}

fn push_hidden(out: &mut Vec<u8>, key: &RandomState, text: &str) {
    let hash = replacement::hash_of_text(key, text);
    let first = text.bytes().next();
    if !first.is_some_and(|byte| byte.is_ascii_digit()) {
        replacement::push(out, hash, text.encode_utf16().count());
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        replacement::push_digits(out, hash);
    } else {
        replacement::push_after_digit(out, hash, text.encode_utf16().count());
    }
}

fn pieces(text: &str, origin: Origin) -> Vec<Piece<'_>> {
    if let Some(pieces) = weak_map_entry(text, origin.may_quote) {
        return pieces;
    }
    let accessor = ["get ", "set "]
        .iter()
        .find(|&&kind| text.starts_with(kind));
    let (kind, name) = text.split_at(accessor.map_or(0, |kind| kind.len()));
    let mut pieces = vec![Keep(kind)];
    if let Some(quoted) = symbol(name).or_else(|| tag(name)) {
        pieces.extend(quoted);
    } else if origin.is_code {
        pieces.extend(script_or_function(name));
    } else if is_data_like(name) {
        pieces.push(Hide(name));
    } else {
        pieces.push(Keep(name));
    }
    pieces
}

/// `<symbol description>`, as V8 calls a property with a symbol for its key.
fn symbol(name: &str) -> Option<[Piece<'_>; 3]> {
    let rest = name.strip_prefix("<symbol ")?;
    // A name that V8 cut has no end.
    let description = rest.strip_suffix('>').unwrap_or(rest);
    let end = &rest[description.len()..];
    let shown = if is_platform_symbol(description) {
        Keep(description)
    } else {
        Hide(description)
    };
    Some([Keep("<symbol "), shown, Keep(end)])
}

/// `<div class="…">`, as an embedder calls an element of a document.
fn tag(name: &str) -> Option<[Piece<'_>; 3]> {
    let tag = name
        .strip_prefix("Detached ")
        .unwrap_or(name)
        .strip_prefix('<')?;
    let (element, _) = tag.split_once(' ')?;
    if element.is_empty()
        || !element
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return None;
    }
    let (kept, attributes) = name.split_at(name.len() - tag.len() + element.len() + 1);
    let hidden = attributes.strip_suffix('>').unwrap_or(attributes);
    Some([Keep(kept), Hide(hidden), Keep(&attributes[hidden.len()..])])
}

/// Names that stand in the source are kept whatever they look like, but a script may be loaded
/// from a URL with data in it.
fn script_or_function(name: &str) -> [Piece<'_>; 2] {
    let has_user = name.split_once("://").is_some_and(|(_, rest)| {
        rest.split('/')
            .next()
            .is_some_and(|host| host.contains('@'))
    });
    if name.chars().any(char::is_control) || is_data_url(name) || has_user {
        return [Keep(""), Hide(name)];
    }
    match name.find('?') {
        Some(place) if is_path(name) || name.contains("://") => {
            let (kept, parameters) = name.split_at(place + 1);
            [Keep(kept), Hide(parameters)]
        }
        _ => [Keep(name), Keep("")],
    }
}

/// `12 / part of key (Foo @34) -> value (Bar @56) pair in WeakMap (table @78)`: V8 quotes the
/// names of key and value, and that of a string is the string. A key is never one. What analysers
/// take for an entry is one afterwards, and nothing else is.
fn weak_map_entry(label: &str, may_quote: bool) -> Option<Vec<Piece<'_>>> {
    const KEY: &str = " / part of key (";
    const VALUE: &str = ") -> value (";
    let number = label.bytes().take_while(u8::is_ascii_digit).count();
    label[number..].strip_prefix(KEY)?;
    let (start, rest) = label.split_at(number + KEY.len());
    let Some(end) = weak_map_table(label).and_then(|_| rest.rfind(") pair in WeakMap (table @"))
    else {
        return Some(vec![Keep(start), Hide(rest)]);
    };
    let (pair, end) = rest.split_at(end);
    let key_and_value = pair.match_indices(VALUE).find_map(|(place, _)| {
        let key = name_and_id(&pair[..place])?;
        let value = name_and_id(&pair[place + VALUE.len()..])?;
        Some((key, value))
    });
    let Some((key, value)) = key_and_value else {
        return Some(vec![Keep(start), Hide(rest)]);
    };
    let quoted = |name| {
        if may_quote || is_data_like(name) || name.contains(VALUE) {
            Hide(name)
        } else {
            Keep(name)
        }
    };
    Some(vec![
        Keep(start),
        quoted(key.0),
        Keep(key.1),
        Keep(VALUE),
        quoted(value.0),
        Keep(value.1),
        Keep(end),
    ])
}

/// Splits `Foo @34` before the last space.
fn name_and_id(text: &str) -> Option<(&str, &str)> {
    let place = text.rfind(" @")?;
    let id = &text[place + 2..];
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.split_at(place))
}

/// Whether an index of an element looks like data: it has as many digits as a property's name
/// would need for that.
pub(super) fn is_data_like_index(index: u64) -> bool {
    index >= replacement::LEAST_INDEX && has_long_number(&index.to_string())
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
