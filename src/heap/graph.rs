//! The graph itself: nodes and edges in columns, edges of a node side by side (compressed sparse
//! rows).

use super::columns::{EdgeType, Link, NodeType};
use super::narrow_column::NarrowColumn;
use super::strings::StringTable;

/// A node, by its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub u32);

/// An edge, by its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeIndex(pub u32);

/// A string, by its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StringIndex(pub u32);

/// An object with more properties than this is a dictionary.
const DICTIONARY: usize = 40;

impl NodeIndex {
    /// The snapshot's first node, from which everything is reached.
    pub const ROOT: NodeIndex = NodeIndex(0);

    pub(crate) fn get(self) -> usize {
        self.0 as usize
    }
}

/// One edge, put together from its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its place in the file.
    pub index: EdgeIndex,
    /// V8's type.
    pub edge_type: EdgeType,
    /// A [`StringIndex`], or the number itself when the type is numbered.
    pub name: u32,
    /// The node that it leads to.
    pub target: NodeIndex,
}

/// Where an object's function or constructor stands in the source. Line and column are zero-based,
/// as in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The object.
    pub node: NodeIndex,
    /// V8's number of the script.
    pub script_id: u32,
    /// Zero-based line.
    pub line: u32,
    /// Zero-based column.
    pub column: u32,
}

/// A parsed heap snapshot. Costs about 13 bytes a node and 7 bytes an edge, and its strings.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Graph {
    pub(super) node_types: Vec<NodeType>,
    pub(super) node_names: NarrowColumn,
    pub(super) node_ids: NarrowColumn,
    pub(super) self_sizes: NarrowColumn,
    /// One more than there are nodes: the edges of `n` are `first_edges[n]..first_edges[n + 1]`.
    pub(super) first_edges: Vec<u32>,
    /// Nodes that the embedder says are in use.
    pub(super) attached: Vec<u32>,
    /// Sorted.
    pub(super) detached: Vec<u32>,
    pub(super) links: Vec<Link>,
    pub(super) edge_names: NarrowColumn,
    pub(super) strings: StringTable,
    /// Memory outside V8's heap that the embedder told V8 of and that belongs to no node.
    pub(super) extra_native_bytes: u64,
    /// Sorted by node.
    pub(super) locations: Vec<Location>,
}

impl Graph {
    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.node_types.len()
    }

    /// Number of edges.
    pub fn edge_count(&self) -> usize {
        self.links.len()
    }

    /// All nodes, in the order of the file.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeIndex> + use<> {
        (0..self.node_count() as u32).map(NodeIndex)
    }

    /// V8's type of a node.
    pub fn node_type(&self, node: NodeIndex) -> NodeType {
        self.node_types[node.get()]
    }

    /// V8's name of a node: the constructor of an object, the text of a string (cut at 1,024
    /// characters by V8), the name of a function.
    pub fn node_name(&self, node: NodeIndex) -> &str {
        self.strings.get(self.node_name_index(node))
    }

    /// The index of that name.
    pub fn node_name_index(&self, node: NodeIndex) -> StringIndex {
        StringIndex(self.node_names.get_u32(node.get()))
    }

    /// V8's id of a node: the same object keeps it in later snapshots of one process.
    pub fn node_id(&self, node: NodeIndex) -> u32 {
        self.node_ids.get_u32(node.get())
    }

    /// Bytes of the node alone, as in the file.
    pub fn self_size(&self, node: NodeIndex) -> u64 {
        self.self_sizes.get(node.get())
    }

    /// Whether the embedder says that the node is detached (`Detachedness` in V8's
    /// `v8-profiler.h`), of itself or, once analysed, of what leads to it.
    pub fn is_detached(&self, node: NodeIndex) -> bool {
        self.detached.binary_search(&node.0).is_ok()
    }

    /// The edges that leave a node.
    pub fn edges(&self, node: NodeIndex) -> impl ExactSizeIterator<Item = Edge> + '_ {
        (self.first_edges[node.get()]..self.first_edges[node.get() + 1])
            .map(|index| self.edge(EdgeIndex(index)))
    }

    /// One edge.
    pub fn edge(&self, index: EdgeIndex) -> Edge {
        let place = index.0 as usize;
        Edge {
            index,
            edge_type: self.links[place].edge_type(),
            name: self.edge_names.get_u32(place),
            target: NodeIndex(self.links[place].target()),
        }
    }

    /// Types and targets of the edges that leave a node, and the place in the file of the first:
    /// what a walk of the whole graph needs, without the names.
    #[inline]
    pub(super) fn links(&self, node: NodeIndex) -> (u32, &[Link]) {
        let (first, end) = (
            self.first_edges[node.get()],
            self.first_edges[node.get() + 1],
        );
        (first, &self.links[first as usize..end as usize])
    }

    /// The name of an edge as text, when it has one; numbered edges have none.
    pub fn edge_text(&self, edge: Edge) -> Option<&str> {
        (!edge.edge_type.is_numbered()).then(|| self.strings.get(StringIndex(edge.name)))
    }

    /// The name of an edge for a person: text, or the number in brackets.
    pub fn edge_label(&self, edge: Edge) -> String {
        match self.edge_text(edge) {
            Some(text) => text.to_owned(),
            None => format!("[{}]", edge.name),
        }
    }

    /// The edge of this name that leaves `node`, if there is one.
    pub fn edge_named(&self, node: NodeIndex, name: &str) -> Option<Edge> {
        self.edges(node)
            .find(|&edge| self.edge_text(edge) == Some(name))
    }

    /// Whether an object has so many properties that their names must be data rather than names.
    pub fn is_dictionary(&self, node: NodeIndex) -> bool {
        let links = self.links(node).1;
        self.node_type(node) == NodeType::Object
            && links.len() > DICTIONARY
            && links
                .iter()
                .filter(|link| link.edge_type() == EdgeType::Property)
                .nth(DICTIONARY)
                .is_some()
    }

    /// The node with V8's id `id`, found by looking at all of them.
    pub fn node_by_id(&self, id: u32) -> Option<NodeIndex> {
        self.nodes().find(|&node| self.node_id(node) == id)
    }

    /// Where a function, or the constructor of an object, stands in the source.
    pub fn location(&self, node: NodeIndex) -> Option<Location> {
        let found = self
            .locations
            .binary_search_by_key(&node, |location| location.node)
            .ok()?;
        Some(self.locations[found])
    }

    /// The string table.
    pub fn strings(&self) -> &StringTable {
        &self.strings
    }

    /// Bytes of memory that the graph holds.
    pub fn bytes_held(&self) -> usize {
        self.node_types.capacity()
            + self.node_names.bytes_held()
            + self.node_ids.bytes_held()
            + self.self_sizes.bytes_held()
            + self.first_edges.capacity() * 4
            + self.attached.capacity() * 4
            + self.detached.capacity() * 4
            + self.links.capacity() * size_of::<Link>()
            + self.edge_names.bytes_held()
            + self.strings.bytes_held()
            + self.locations.capacity() * size_of::<Location>()
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
