//! Heap snapshots made by hand, for tests.
//!
//! A test names the nodes and edges that matter to it; the builder writes them as V8 would
//! (`HeapSnapshotJSONSerializer` in V8's `heap-snapshot-generator.cc`), and what comes out has
//! gone through the real parser:
//!
//! ```ignore
//! let mut heap = HeapBuilder::new();
//! let global = heap.global();
//! let cache = heap.object("Map", 32);
//! heap.property(global, "cache", cache);
//! assert_eq!(heap.snapshot().retained_size(cache), 32);
//! ```

mod json;
pub(crate) mod naive;
pub(crate) mod random;

use std::collections::HashMap;

use super::columns::{EdgeType, NodeType};
use super::{Control, Graph, NodeIndex, Snapshot, parse};

/// A snapshot in the making. Nodes and edges may come in any order; edges of one node keep theirs.
#[derive(Clone, Debug)]
pub(crate) struct HeapBuilder {
    layout: Layout,
    nodes: Vec<Node>,
    strings: Vec<String>,
    string_numbers: HashMap<String, u32>,
    locations: Vec<[u32; 4]>,
    global: Option<NodeIndex>,
}

#[derive(Clone, Debug)]
struct Node {
    node_type: NodeType,
    name: u32,
    id: u64,
    size: u64,
    detachedness: u32,
    edges: Vec<(EdgeType, u32, NodeIndex)>,
}

/// What differs between the versions of V8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// A field of each node.
    trace_node_id: bool,
    /// A field of each node.
    detachedness: bool,
    /// Whether each row ends its line.
    lines: bool,
}

impl Layout {
    /// As Node 12 wrote.
    pub(crate) const NODE_12: Layout = Layout {
        trace_node_id: true,
        detachedness: false,
        lines: true,
    };
    /// As Node 18, 20 and 22 write.
    pub(crate) const NODE_20: Layout = Layout {
        trace_node_id: true,
        detachedness: true,
        lines: true,
    };
    /// As Node 24 and 26 write.
    pub(crate) const NODE_24: Layout = Layout {
        trace_node_id: false,
        detachedness: true,
        lines: false,
    };
    /// All of them.
    pub(crate) const ALL: [Layout; 3] = [Layout::NODE_12, Layout::NODE_20, Layout::NODE_24];
}

/// What an edge is called: a text, or a number for elements and hidden edges.
pub(crate) enum EdgeName<'a> {
    Text(&'a str),
    Number(u32),
}

impl<'a> From<&'a str> for EdgeName<'a> {
    fn from(text: &'a str) -> Self {
        EdgeName::Text(text)
    }
}

impl<'a> From<&'a String> for EdgeName<'a> {
    fn from(text: &'a String) -> Self {
        EdgeName::Text(text)
    }
}

impl From<u32> for EdgeName<'_> {
    fn from(number: u32) -> Self {
        EdgeName::Number(number)
    }
}

impl HeapBuilder {
    /// A snapshot of Node 20's layout that has the root and nothing else.
    pub(crate) fn new() -> Self {
        Self::with_layout(Layout::NODE_20)
    }

    /// The same, with the fields of another V8.
    pub(crate) fn with_layout(layout: Layout) -> Self {
        let mut heap = Self {
            layout,
            nodes: Vec::new(),
            strings: Vec::new(),
            string_numbers: HashMap::new(),
            locations: Vec::new(),
            global: None,
        };
        // V8's first string stands for nothing.
        heap.string("<dummy>");
        heap.node(NodeType::Synthetic, "", 0);
        heap
    }

    /// Writes as another V8 does.
    pub(crate) fn set_layout(&mut self, layout: Layout) {
        self.layout = layout;
    }

    /// The root, which is there from the beginning.
    pub(crate) fn root(&self) -> NodeIndex {
        NodeIndex::ROOT
    }

    /// The program's global object, made at the first call and held by the root as V8 does it: by
    /// a shortcut.
    pub(crate) fn global(&mut self) -> NodeIndex {
        if let Some(global) = self.global {
            return global;
        }
        let global = self.object("global", 0);
        self.shortcut(NodeIndex::ROOT, "1", global);
        self.global = Some(global);
        global
    }

    /// A node of any type. Its id is twice its index and one, as V8 counts.
    pub(crate) fn node(&mut self, node_type: NodeType, name: &str, size: u64) -> NodeIndex {
        let index = NodeIndex(self.nodes.len() as u32);
        let name = self.string(name);
        self.nodes.push(Node {
            node_type,
            name,
            id: u64::from(index.0) * 2 + 1,
            size,
            detachedness: 0,
            edges: Vec::new(),
        });
        index
    }

    /// An object of the class `name`.
    pub(crate) fn object(&mut self, name: &str, size: u64) -> NodeIndex {
        self.node(NodeType::Object, name, size)
    }

    /// A backing store, such as `(object elements)`.
    pub(crate) fn array(&mut self, name: &str, size: u64) -> NodeIndex {
        self.node(NodeType::Array, name, size)
    }

    /// A function.
    pub(crate) fn closure(&mut self, name: &str, size: u64) -> NodeIndex {
        self.node(NodeType::Closure, name, size)
    }

    /// A flat string.
    pub(crate) fn text(&mut self, text: &str, size: u64) -> NodeIndex {
        self.node(NodeType::String, text, size)
    }

    /// Memory outside V8's heap.
    pub(crate) fn native(&mut self, name: &str, size: u64) -> NodeIndex {
        self.node(NodeType::Native, name, size)
    }

    /// Something of V8's own, such as `system / Context`.
    pub(crate) fn hidden(&mut self, name: &str, size: u64) -> NodeIndex {
        self.node(NodeType::Hidden, name, size)
    }

    /// Compiled code and what belongs to it, such as `system / Context` or a script's URL.
    pub(crate) fn code(&mut self, name: &str, size: u64) -> NodeIndex {
        self.node(NodeType::Code, name, size)
    }

    /// Something that the snapshot makes up, such as `(GC roots)`.
    pub(crate) fn synthetic(&mut self, name: &str) -> NodeIndex {
        self.node(NodeType::Synthetic, name, 0)
    }

    /// Gives a node another id.
    pub(crate) fn set_id(&mut self, node: NodeIndex, id: u64) {
        self.nodes[node.get()].id = id;
    }

    /// What the embedder says of a node: 0 nothing, 1 attached, 2 detached.
    pub(crate) fn set_detachedness(&mut self, node: NodeIndex, detachedness: u32) {
        self.nodes[node.get()].detachedness = detachedness;
    }

    /// Says where the function of a node stands; line and column are zero-based.
    pub(crate) fn location(&mut self, node: NodeIndex, script_id: u32, line: u32, column: u32) {
        self.locations.push([node.0, script_id, line, column]);
    }

    /// An edge of any type.
    pub(crate) fn edge<'a>(
        &mut self,
        edge_type: EdgeType,
        source: NodeIndex,
        name: impl Into<EdgeName<'a>>,
        target: NodeIndex,
    ) {
        let name = match name.into() {
            EdgeName::Text(text) => self.string(text),
            EdgeName::Number(number) => number,
        };
        let edges = &mut self.nodes[source.get()].edges;
        edges.push((edge_type, name, target));
    }

    /// A named property.
    pub(crate) fn property(&mut self, source: NodeIndex, name: &str, target: NodeIndex) {
        self.edge(EdgeType::Property, source, name, target);
    }

    /// An element of an array.
    pub(crate) fn element(&mut self, source: NodeIndex, number: u32, target: NodeIndex) {
        self.edge(EdgeType::Element, source, number, target);
    }

    /// A variable in a function's context.
    pub(crate) fn context(&mut self, source: NodeIndex, name: &str, target: NodeIndex) {
        self.edge(EdgeType::Context, source, name, target);
    }

    /// A link that JavaScript cannot see, such as `elements`.
    pub(crate) fn internal(&mut self, source: NodeIndex, name: &str, target: NodeIndex) {
        self.edge(EdgeType::Internal, source, name, target);
    }

    /// The same, numbered.
    pub(crate) fn hidden_edge(&mut self, source: NodeIndex, number: u32, target: NodeIndex) {
        self.edge(EdgeType::Hidden, source, number, target);
    }

    /// A link that keeps nothing alive.
    pub(crate) fn weak(&mut self, source: NodeIndex, name: &str, target: NodeIndex) {
        self.edge(EdgeType::Weak, source, name, target);
    }

    /// A link that only helps a reader; from the root, it leads to a global object.
    pub(crate) fn shortcut(&mut self, source: NodeIndex, name: &str, target: NodeIndex) {
        self.edge(EdgeType::Shortcut, source, name, target);
    }

    /// An entry of a WeakMap, as V8 writes it: an edge from the table and one from the key, each
    /// to the value, with names that differ only in the number before them.
    pub(crate) fn ephemeron(&mut self, table: NodeIndex, key: NodeIndex, value: NodeIndex) {
        let id = |node: NodeIndex| self.nodes[node.get()].id;
        let rest = format!(
            " / part of key ({} @{}) -> value ({} @{}) pair in WeakMap (table @{})",
            self.name_of(key),
            id(key),
            self.name_of(value),
            id(value),
            id(table)
        );
        let from_key = format!("{}{rest}", self.nodes[key.get()].edges.len() + 1);
        let from_table = format!("{}{rest}", self.nodes[table.get()].edges.len() + 1);
        self.internal(key, &from_key, value);
        self.internal(table, &from_table, value);
    }

    fn name_of(&self, node: NodeIndex) -> &str {
        &self.strings[self.nodes[node.get()].name as usize]
    }

    /// The number of `text` in the string table, which it is put into if it is new.
    fn string(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.string_numbers.get(text) {
            return number;
        }
        let number = self.strings.len() as u32;
        self.strings.push(text.to_owned());
        self.string_numbers.insert(text.to_owned(), number);
        number
    }

    /// The snapshot as the parser reads it.
    pub(crate) fn graph(&self) -> Graph {
        let json = self.json();
        parse(
            json.as_bytes(),
            Some(json.len() as u64),
            &Control::default(),
        )
        .unwrap_or_else(|error| panic!("the fixture does not parse: {error}"))
    }

    /// The snapshot, analysed.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.graph())
    }
}

/// A snapshot that the Node.js on the path takes of itself after running `script`.
pub(crate) fn real_snapshot(script: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("real.heapsnapshot");
    let ran = std::process::Command::new("node")
        .args([
            "-e",
            &format!("{script};require('v8').writeHeapSnapshot(process.argv[1])"),
        ])
        .arg(&path)
        .status()
        .expect("these tests take a snapshot of Node.js: put node on the PATH");
    assert!(ran.success(), "node ended with {ran}");
    std::fs::read(path).unwrap()
}
