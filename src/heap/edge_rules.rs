//! Which edges keep their target alive, by the rules of Chrome DevTools
//! (`computeIsEssentialEdge` and `markPageOwnedNodes` in `HeapSnapshot.ts`).

use std::collections::{HashMap, HashSet};

use super::bits::BitSet;
use super::columns::Link;
use super::columns::{EdgeType, NodeType};
use super::graph::{Edge, EdgeIndex, Graph, NodeIndex};

/// One half of what V8 writes for an entry of a WeakMap: the value is kept by key and table
/// together, and the file has an edge from each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ephemeron {
    /// V8's id of the table.
    pub(super) table: u32,
    /// The same for both halves of one entry, and different for different entries: the string that
    /// both names share, by its place in the text `"12 / part of key …"` after the number.
    pub(super) pair: u64,
}

/// Every edge name that describes a WeakMap's entry.
#[derive(Debug)]
pub(super) struct Ephemerons {
    by_name: HashMap<u32, Ephemeron>,
    /// The names again: nearly every edge has another one, and is told so by a single bit.
    names: BitSet,
}

impl Ephemerons {
    pub(super) fn of(graph: &Graph) -> Self {
        let strings = graph.strings();
        let mut names = BitSet::new(strings.len());
        let mut by_name = HashMap::new();
        for index in strings.containing(PART_OF_KEY) {
            if let Some(half) = parse_ephemeron(strings.get(index)) {
                names.insert(index.0);
                by_name.insert(index.0, half);
            }
        }
        Self { by_name, names }
    }

    /// What the name of an internal edge says of a WeakMap's entry.
    pub(super) fn get(&self, name: u32) -> Option<&Ephemeron> {
        if self.names.has(name) {
            self.by_name.get(&name)
        } else {
            None
        }
    }

    /// The nodes that are tables of WeakMaps.
    fn tables(&self, graph: &Graph) -> BitSet {
        let mut tables = BitSet::new(if self.by_name.is_empty() {
            0
        } else {
            graph.node_count()
        });
        if self.by_name.is_empty() {
            return tables;
        }
        let ids: HashSet<u32> = self.by_name.values().map(|half| half.table).collect();
        // A few bits of an id tell nearly every node that it is none, without the set.
        const SIEVE: u32 = 1 << 16;
        let mut sieve = BitSet::new(SIEVE as usize);
        for id in &ids {
            sieve.insert(id / 2 % SIEVE);
        }
        for node in graph.nodes() {
            let id = graph.node_id(node);
            if sieve.contains(id / 2 % SIEVE) && ids.contains(&id) {
                tables.insert(node.0);
            }
        }
        tables
    }
}

/// V8's id of the table of a WeakMap, when `edge_name` stands for one of its entries.
pub(crate) fn weak_map_table(edge_name: &str) -> Option<u32> {
    parse_ephemeron(edge_name).map(|half| half.table)
}

/// Stands in the name of every half.
const PART_OF_KEY: &str = " / part of key (";

/// Reads `12 / part of key (Foo @34) -> value (Bar @56) pair in WeakMap (table @78)`.
///
/// Like the pattern of DevTools, whose dots do not match an end of line
/// (`tryParseWeakMapEdgeName`): a name of V8's that is longer than 1,024 bytes is cut, and then
/// both edges stay.
fn parse_ephemeron(name: &str) -> Option<Ephemeron> {
    const ENDS_OF_LINE: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];
    let rest = name.trim_start_matches(|character: char| character.is_ascii_digit());
    if rest.len() == name.len() || rest.contains(ENDS_OF_LINE) {
        return None;
    }
    let (pair, table) = rest
        .strip_prefix(PART_OF_KEY)?
        .strip_suffix(')')?
        .rsplit_once(") pair in WeakMap (table @")?;
    if !is_number(table) || !ends_in_id(pair) {
        return None;
    }
    let two_sides = |(place, _)| ends_in_id(&pair[..place]);
    if !pair.match_indices(") -> value (").any(two_sides) {
        return None;
    }
    Some(Ephemeron {
        table: table.parse().ok()?,
        pair: fnv1a(rest.as_bytes()),
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a name and an id, such as `Foo @34`.
fn ends_in_id(text: &str) -> bool {
    text.rsplit_once(" @").is_some_and(|(_, id)| is_number(id))
}

/// A short hash of `parts` that is the same in every run and version.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    format!("{:016x}", fnv1a(parts.join("\0").as_bytes()))
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What can be said of an edge from itself and its ends alone, whatever the program reaches.
#[derive(Debug)]
pub(super) struct EdgeRules {
    /// Nodes with edges that are one half of a WeakMap's entry, the one that does not count.
    tables: BitSet,
    ephemerons: Ephemerons,
}

impl EdgeRules {
    pub(super) fn of(graph: &Graph) -> Self {
        let ephemerons = Ephemerons::of(graph);
        let tables = ephemerons.tables(graph);
        Self { tables, ephemerons }
    }

    pub(super) fn ephemerons(&self) -> &Ephemerons {
        &self.ephemerons
    }

    /// The rules for all edges that leave `source`.
    #[inline]
    pub(super) fn from<'a>(&'a self, graph: &'a Graph, source: NodeIndex) -> RulesFrom<'a> {
        RulesFrom {
            rules: self,
            graph,
            source,
            is_table: self.tables.has(source.0),
        }
    }
}

/// [`EdgeRules`] for the edges of one node.
#[derive(Clone, Copy)]
pub(super) struct RulesFrom<'a> {
    rules: &'a EdgeRules,
    graph: &'a Graph,
    source: NodeIndex,
    is_table: bool,
}

impl RulesFrom<'_> {
    /// Whether an edge leads somewhere else, and is more than a hint.
    #[inline]
    pub(super) fn is_strong(&self, link: Link) -> bool {
        link.edge_type() != EdgeType::Weak && link.target() != self.source.0
    }

    /// Whether a strong edge stands for a longer way, or for half of one.
    #[inline]
    pub(super) fn is_detour(&self, index: EdgeIndex, link: Link) -> bool {
        let edge_type = link.edge_type();
        // From the root, a shortcut marks the global objects.
        (edge_type == EdgeType::Shortcut && self.source != NodeIndex::ROOT)
            || (self.is_table && edge_type == EdgeType::Internal && self.is_half(index))
    }

    /// Of the two edges to a WeakMap's value, the one from the key says more.
    #[cold]
    fn is_half(&self, index: EdgeIndex) -> bool {
        let name = self.graph.edge(index).name;
        let half = self.rules.ephemerons.get(name);
        half.is_some_and(|half| half.table == self.graph.node_id(self.source))
    }
}

/// The edges that count for dominators and retained sizes. Tells of an edge when asked, at the
/// price of a bit or two, rather than keep the answer for all of them.
#[derive(Debug)]
pub(crate) struct EssentialEdges {
    rules: EdgeRules,
    page_owned: BitSet,
}

impl EssentialEdges {
    /// `page_owned` is what the program reaches, as [`super::depth_first`] finds it.
    pub(super) fn new(rules: EdgeRules, page_owned: BitSet) -> Self {
        Self { rules, page_owned }
    }

    pub(crate) fn contains(&self, graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
        let link = Link::new(edge.edge_type, edge.target.0);
        self.from(graph, source).has(edge.index, link)
    }

    /// The rule for all edges that leave `source`.
    #[inline]
    pub(super) fn from<'a>(&'a self, graph: &'a Graph, source: NodeIndex) -> EdgesFrom<'a> {
        EdgesFrom::of(self.rules.from(graph, source), &self.page_owned)
    }
}

/// What of the rule depends on the source alone.
#[derive(Clone, Copy)]
pub(super) struct EdgesFrom<'a> {
    rules: RulesFrom<'a>,
    page_owned: &'a BitSet,
    /// Whether its edges count wherever they lead.
    to_all: bool,
}

impl<'a> EdgesFrom<'a> {
    #[inline]
    pub(super) fn of(rules: RulesFrom<'a>, page_owned: &'a BitSet) -> Self {
        let source = rules.source;
        Self {
            rules,
            page_owned,
            to_all: source == NodeIndex::ROOT || page_owned.contains(source.0),
        }
    }

    /// Whether an edge of this source is essential.
    #[inline]
    pub(super) fn has(&self, index: EdgeIndex, link: Link) -> bool {
        // What the program can reach is not kept by the debugger or the embedder.
        self.rules.is_strong(link)
            && !self.rules.is_detour(index, link)
            && (self.to_all || !self.page_owned.contains(link.target()))
    }
}

/// Whether a node that hangs on the root belongs to the program: a global object, or the
/// documents of a page (`isUserRoot`).
pub(super) fn is_user_root(graph: &Graph, node: NodeIndex) -> bool {
    graph.node_type(node) != NodeType::Synthetic || is_root_of_documents(graph, node)
}

/// Whether a node is the embedder's root of all documents (`isDocumentDOMTreesRoot`), and not a
/// program's own text that reads the same.
fn is_root_of_documents(graph: &Graph, node: NodeIndex) -> bool {
    graph.node_type(node) == NodeType::Synthetic && graph.node_name(node) == "(Document DOM trees)"
}

/// Whether an edge of the root leads to what belongs to the program: its global objects, and the
/// documents of a page (`markPageOwnedNodes`).
pub(super) fn is_entry(graph: &Graph, edge: Edge) -> bool {
    match edge.edge_type {
        EdgeType::Shortcut => true,
        EdgeType::Element => is_root_of_documents(graph, edge.target),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_halves_of_an_entry_share_their_pair() {
        let tail = " / part of key (Foo @34) -> value (Bar @56) pair in WeakMap (table @78)";
        let from_table = parse_ephemeron(&format!("3{tail}")).unwrap();
        let from_key = parse_ephemeron(&format!("12{tail}")).unwrap();
        assert_eq!(from_table, from_key);
        assert_eq!(from_table.table, 78);
    }

    #[test]
    fn a_name_may_look_like_a_part_of_the_pattern() {
        let odd = "1 / part of key (a) -> value (b @1) -> value (@) pair in WeakMap (table @2) @3) \
                   pair in WeakMap (table @9)";
        assert_eq!(parse_ephemeron(odd).unwrap().table, 9);
    }

    #[test]
    fn other_names_are_not_ephemerons() {
        for name in [
            "",
            "12",
            " / part of key (a @1) -> value (b @2) pair in WeakMap (table @3)",
            "1 / part of key (a) -> value (b @2) pair in WeakMap (table @3)",
            "1 / part of key (a @1) -> value (b) pair in WeakMap (table @3)",
            "1 / part of key (a @1) -> value (b @2) pair in WeakMap (table @)",
            "1 / part of key (a @1) -> value (b @2) pair in WeakMap (table @3",
            "1 / part of key (a @1) -> value (two\nlines @2) pair in WeakMap (table @3)",
            "x",
        ] {
            assert_eq!(parse_ephemeron(name), None, "{name}");
        }
    }
}

#[cfg(test)]
#[path = "essential_edges_tests.rs"]
mod essential_edges_tests;
