//! The streaming parser: bytes in, columns out. The JSON text is never held; what is held at any
//! moment is one buffer of 256 KiB and the columns so far. A plain file is read on two threads.
//!
//! The format is V8's own (`HeapSnapshotJSONSerializer` in `heap-snapshot-generator.cc`): one
//! object whose first member `snapshot` describes the flat arrays of whole numbers that follow.

mod input;
mod meta;
mod rows;
mod sections;
mod split;
mod text;

#[cfg(test)]
mod tests;

use std::io::Read;

use self::input::Input;
use self::meta::{Layout, foreign};
use self::sections::{Edges, Greatest, Nodes, corrupt};
pub(super) use self::split::parse_file;
use super::control::Control;
use super::graph::{EdgeIndex, Graph};
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
    let mut reading = Reading::new(size);
    reading.begin(&mut input)?;
    reading.members(&mut input, Until::End)?;
    reading.finish()
}

/// Where the reading of members ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    End,
    /// Before the value of `edges`, or at the end.
    Edges,
}

/// A snapshot that has been read in part.
struct Reading {
    size: Option<u64>,
    graph: Graph,
    layout: Option<Layout>,
    seen: Seen,
    greatest: Greatest,
}

impl Reading {
    fn new(size: Option<u64>) -> Self {
        Self {
            size,
            graph: Graph::default(),
            layout: None,
            seen: Seen::default(),
            greatest: Greatest::default(),
        }
    }

    /// Reads the opening brace.
    fn begin<R: Read>(&mut self, input: &mut Input<'_, R>) -> Result<()> {
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
        Ok(())
    }

    /// Reads members of the outermost object, with its closing brace, and tells whether it met
    /// `until`.
    fn members<R: Read>(&mut self, input: &mut Input<'_, R>, until: Until) -> Result<bool> {
        loop {
            let key = self.key(input)?;
            if until == Until::Edges && key == "edges" {
                return Ok(true);
            }
            self.member(input, &key)?;
            if self.is_last(input)? {
                break;
            }
        }
        input.section = "the end".to_owned();
        match input.peek_token()? {
            None => Ok(until == Until::End),
            Some(other) => {
                input.take()?;
                Err(input.unexpected(other))
            }
        }
    }

    fn key<R: Read>(&mut self, input: &mut Input<'_, R>) -> Result<String> {
        input.expect(b'"')?;
        let mut key = Vec::new();
        text::read_string(input, &mut key)?;
        let key = String::from_utf8_lossy(&key).into_owned();
        input.expect(b':')?;
        input.section = format!("\"{}\"", key.chars().take(40).collect::<String>());
        if !self.seen.insert(&key) {
            return Err(corrupt(format!("{} comes twice", input.section)));
        }
        Ok(key)
    }

    fn member<R: Read>(&mut self, input: &mut Input<'_, R>, key: &str) -> Result<()> {
        let known = self.layout.as_ref().ok_or_else(|| {
            foreign(&format!(
                "{} stands where \"snapshot\" has to come first",
                input.section
            ))
        });
        let graph = &mut self.graph;
        match key {
            "snapshot" => {
                let mut header = Vec::new();
                text::skip_value(input, Some((&mut header, MAX_HEADER)))?;
                let read = Layout::from_json(&header)?;
                graph.extra_native_bytes = read.extra_native_bytes;
                self.layout = Some(read);
            }
            "nodes" => {
                sections::read_nodes(input, known?, self.size, graph, &mut self.greatest)?;
            }
            "edges" => {
                if !self.seen.contains("nodes") {
                    return Err(foreign("its edges come before its nodes"));
                }
                let nodes = Nodes::of(graph);
                let edges = sections::read_edges(input, known?, self.size, nodes)?;
                self.take_edges(edges);
            }
            "locations" => sections::read_locations(input, known?, graph)?,
            "strings" => {
                known?;
                graph.strings = text::read_string_table(input)?;
            }
            _ => {
                // Files of other tools are told by their first member, before a gigabyte is read.
                known?;
                text::skip_value(input, None)?;
            }
        }
        Ok(())
    }

    fn take_edges(&mut self, edges: Edges) {
        self.graph.links = edges.links;
        self.graph.edge_names = edges.names;
        self.greatest.edge_names = edges.greatest_name;
    }

    /// Reads what stands behind a member.
    fn is_last<R: Read>(&self, input: &mut Input<'_, R>) -> Result<bool> {
        match input.take_token()? {
            b',' => Ok(false),
            b'}' => Ok(true),
            other => Err(input.unexpected(other)),
        }
    }

    fn finish(self) -> Result<Graph> {
        for name in Seen::NAMES {
            if name != "locations" && !self.seen.contains(name) {
                return Err(foreign(&format!("it has no \"{name}\"")));
            }
        }
        check(&self.graph, &self.greatest)?;
        Ok(self.graph)
    }
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
fn check(graph: &Graph, greatest: &Greatest) -> Result<()> {
    if graph.node_count() == 0 {
        return Err(corrupt("it has no nodes".to_owned()));
    }
    let strings = graph.strings.len();
    let too_high = |name: u32| name as usize >= strings;
    let mut names = graph.nodes().map(|node| graph.node_name_index(node).0);
    // The greatest are known from reading, so hardly ever has all to be looked at again.
    if greatest.node_names.is_some_and(too_high)
        && let Some(node) = names.position(too_high)
    {
        let name = graph.node_names.get_u32(node);
        return Err(corrupt(format!(
            "node {node} is named by string {name} of {strings}"
        )));
    }
    let mut edges = (0..graph.edge_count() as u32).map(|place| graph.edge(EdgeIndex(place)));
    if greatest.edge_names.is_some_and(too_high)
        && let Some(edge) = edges.find(|edge| !edge.edge_type.is_numbered() && too_high(edge.name))
    {
        return Err(corrupt(format!(
            "edge {} is named by string {} of {strings}",
            edge.index.0, edge.name
        )));
    }
    if greatest.total_size.saturating_add(graph.extra_native_bytes) > MAX_TOTAL_SIZE {
        let sizes = graph.nodes().map(|node| u128::from(graph.self_size(node)));
        let total = sizes.sum::<u128>() + u128::from(graph.extra_native_bytes);
        return Err(corrupt(format!(
            "its nodes take {total} bytes, over {MAX_TOTAL_SIZE}"
        )));
    }
    Ok(())
}
