//! The streaming parser: bytes in, columns out. The JSON text is never held; what is held at any
//! moment is one buffer of 256 KiB and the columns so far.
//!
//! The format is V8's own (`HeapSnapshotJSONSerializer` in `heap-snapshot-generator.cc`): one
//! object whose first member `snapshot` describes the flat arrays of whole numbers that follow.

mod input;
mod meta;
mod sections;
mod text;

#[cfg(test)]
mod tests;

use std::io::Read;

use self::input::Input;
use self::meta::{Layout, foreign};
use self::sections::corrupt;
use super::control::Control;
use super::graph::Graph;
use crate::error::Result;

/// A header is about 1.5 KB; a longer one is not a header.
const MAX_HEADER: usize = 1 << 20;

/// Reads a whole snapshot from `source`.
///
/// `size` is the length of the source in bytes where it is known: it bounds what the header may
/// make us reserve.
///
/// # Errors
/// With the [`Code`](crate::error::Code) `Truncated`, `NotJson`, `NotASnapshot`, `Corrupt`,
/// `TooLarge` or `Aborted`, or with what the source itself fails with.
pub fn parse<R: Read>(source: R, size: Option<u64>, control: &Control) -> Result<Graph> {
    let mut input = Input::new(source, control);
    let mut graph = Graph::default();
    let mut layout: Option<Layout> = None;
    let mut seen = Seen::default();

    match input.peek_token()? {
        None => return Err(input.truncated()),
        Some(b'{') => input.expect(b'{')?,
        Some(b'[' | b'"' | b'0'..=b'9' | b't' | b'f' | b'n' | b'-') => {
            return Err(foreign("it is not an object"));
        }
        Some(other) => {
            input.take()?;
            return Err(input.unexpected(other));
        }
    }
    if input.peek_token()? == Some(b'}') {
        return Err(foreign("it is an empty object"));
    }
    loop {
        input.expect(b'"')?;
        let mut key = Vec::new();
        text::read_string(&mut input, &mut key)?;
        let key = String::from_utf8_lossy(&key).into_owned();
        input.expect(b':')?;
        input.section = format!("\"{}\"", key.chars().take(40).collect::<String>());
        if !seen.insert(&key) {
            return Err(corrupt(format!("{} comes twice", input.section)));
        }
        let known = layout.as_ref().ok_or_else(|| {
            foreign(&format!(
                "{} stands where \"snapshot\" has to come first",
                input.section
            ))
        });
        match key.as_str() {
            "snapshot" => {
                let mut header = Vec::new();
                text::skip_value(&mut input, Some((&mut header, MAX_HEADER)))?;
                let read = Layout::from_json(&header)?;
                graph.extra_native_bytes = read.extra_native_bytes;
                layout = Some(read);
            }
            "nodes" => {
                sections::read_nodes(&mut input, known?, size, &mut graph)?;
            }
            "edges" => {
                if !seen.contains("nodes") {
                    return Err(foreign("its edges come before its nodes"));
                }
                sections::read_edges(&mut input, known?, size, &mut graph)?;
            }
            "locations" => sections::read_locations(&mut input, known?, &mut graph)?,
            "strings" => {
                known?;
                graph.strings = text::read_string_table(&mut input)?;
            }
            _ => {
                // Files of other tools are told by their first member, before a gigabyte is read.
                known?;
                text::skip_value(&mut input, None)?;
            }
        }
        match input.take_token()? {
            b',' => {}
            b'}' => break,
            other => return Err(input.unexpected(other)),
        }
    }
    input.section = "the end".to_owned();
    if let Some(extra) = input.peek_token()? {
        input.take()?;
        return Err(input.unexpected(extra));
    }
    for name in ["nodes", "edges", "strings"] {
        if !seen.contains(name) {
            return Err(foreign(&format!("it has no \"{name}\"")));
        }
    }
    check(&graph)?;
    Ok(graph)
}

/// The sections of the file that have been read. A second one of the same name could contradict
/// what was checked against the first.
#[derive(Default)]
struct Seen([bool; Seen::NAMES.len()]);

impl Seen {
    const NAMES: [&str; 5] = ["snapshot", "nodes", "edges", "locations", "strings"];

    /// Notes the section and tells whether it is the first of its name.
    fn insert(&mut self, name: &str) -> bool {
        match Self::NAMES.iter().position(|&known| known == name) {
            Some(place) => !std::mem::replace(&mut self.0[place], true),
            None => true,
        }
    }

    fn contains(&self, name: &str) -> bool {
        Self::NAMES
            .iter()
            .zip(self.0)
            .any(|(&known, seen)| known == name && seen)
    }
}

/// The largest sum of sizes, in bytes, that JavaScript's numbers hold exactly. No machine has as
/// much, and no later sum overflows.
const MAX_TOTAL_SIZE: u64 = (1 << 53) - 1;

/// What could not be checked while reading: that names lie inside the string table, which comes
/// last, that there is a node to start from, and that the sizes can be added up.
fn check(graph: &Graph) -> Result<()> {
    if graph.node_count() == 0 {
        return Err(corrupt("it has no nodes".to_owned()));
    }
    let strings = graph.strings.len();
    let too_high = |name: u32| name as usize >= strings;
    if let Some(node) = graph.node_names.iter().position(|&name| too_high(name)) {
        let name = graph.node_names[node];
        return Err(corrupt(format!(
            "node {node} is named by string {name} of {strings}"
        )));
    }
    let bad_edge = (0..graph.edge_count())
        .find(|&edge| !graph.edge_types[edge].is_numbered() && too_high(graph.edge_names[edge]));
    if let Some(edge) = bad_edge {
        let name = graph.edge_names[edge];
        return Err(corrupt(format!(
            "edge {edge} is named by string {name} of {strings}"
        )));
    }
    let total: u128 = graph
        .nodes()
        .map(|node| u128::from(graph.self_size(node)))
        .sum::<u128>()
        + u128::from(graph.extra_native_bytes);
    if total > u128::from(MAX_TOTAL_SIZE) {
        return Err(corrupt(format!(
            "its nodes take {total} bytes, over {MAX_TOTAL_SIZE}"
        )));
    }
    Ok(())
}
