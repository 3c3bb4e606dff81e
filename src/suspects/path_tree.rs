//! Positions: where objects stand, as one reaches them from the GC root, without their number or
//! address.
//!
//! Growth is judged by position, never by object id, because forked captures give the same object
//! different ids. The tree of positions of shortest paths is that of BLeak (Vilk and Berger,
//! PLDI 2018) and of LeakCanary's `ObjectGrowthDetector`.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use super::fast_hasher::BuildFastHasher;
use crate::heap::{
    Edge, EdgeType, Graph, NameMarks, NodeIndex, NodeType, ShortestPaths, Snapshot, StringIndex,
    StringTable, breadth_first,
};

/// A position's number in its tree.
pub(super) type PositionId = u32;

/// The position of the GC root.
pub(super) const ROOT: PositionId = 0;

/// Positions of one tree; what stands deeper or comes later belongs to the position above it.
const MAX_POSITIONS: usize = 2_000_000;
const MAX_DEPTH: u16 = 200;

/// Steps of the longest loop that is recognised.
const MAX_PERIOD: usize = 12;

/// One position: every object that is reached by the same names through the same classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Position {
    pub(super) parent: PositionId,
    /// Name of the edge that leads here, or `[]` for elements and keys.
    pub(super) label: u32,
    /// Class of the objects here.
    pub(super) class: u32,
    pub(super) node_type: Option<NodeType>,
    pub(super) count: u64,
    /// Bytes of the objects here alone.
    pub(super) shallow: u64,
    /// Bytes of the objects here and of all that is reached through them first.
    pub(super) subtree: u64,
}

/// The positions of one snapshot.
#[derive(Debug, Default)]
pub(super) struct PathTree {
    pub(super) positions: Vec<Position>,
    /// Text of labels and classes.
    pub(super) names: Vec<String>,
}

/// The positions of one snapshot, and which node stands where.
pub(super) struct Placed {
    pub(super) tree: PathTree,
    pub(super) paths: ShortestPaths,
    /// Position of every node; [`UNPLACED`] for what nothing reaches.
    pub(super) of_node: Vec<PositionId>,
}

impl Placed {
    /// The object at a position that is the closest to the root.
    pub(super) fn first_at(&self, position: PositionId) -> Option<NodeIndex> {
        self.paths
            .order()
            .find(|node| self.of_node[node.get()] == position)
    }

    /// Whether `node` stands at the position of `above` or further down: what an object holds
    /// refers back to it by names that are not its own.
    pub(super) fn is_below(&self, node: NodeIndex, above: NodeIndex) -> bool {
        let above = self.of_node[above.get()];
        let mut position = self.of_node[node.get()];
        while position != UNPLACED && position > above {
            position = self.tree.positions[position as usize].parent;
        }
        position == above
    }
}

/// The position of a node that nothing reaches.
pub(super) const UNPLACED: PositionId = u32::MAX;

/// One step of a way: the name of an edge, and what it leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Step {
    /// A string, or one of those below.
    label: u32,
    /// A string, or 0 where the name of a node is its own text.
    class: u32,
    node_type: NodeType,
}

// No string table is that long.
const ELEMENT: u32 = u32::MAX;
const WEAK_MAP_ENTRY: u32 = u32::MAX - 1;
const NO_LABEL: u32 = u32::MAX - 2;

/// A step below a position.
#[derive(PartialEq, Eq)]
struct Way(PositionId, Step);

impl Hash for Way {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self(parent, step) = self;
        state.write_u64(u64::from(*parent) << 32 | u64::from(step.label));
        state.write_u64(u64::from(step.class) << 8 | step.node_type as u64);
    }
}

impl PathTree {
    /// Places every node of a snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self::build(snapshot, |_, _, _| {})
    }

    /// `note` is told of every node but the root: the node before it, the edge between them, and
    /// its position.
    fn build(snapshot: &Snapshot, mut note: impl FnMut(NodeIndex, Edge, PositionId)) -> Self {
        let graph = snapshot.graph();
        let marks = NameMarks::of(graph);
        let mut builder = Builder::new(graph, &marks);
        builder.count(ROOT, snapshot.shallow_size(NodeIndex::ROOT));
        breadth_first(graph, &marks, ROOT, |source, above, edge| {
            let step = builder.step(source, edge);
            let position = builder.child(above, step);
            builder.count(position, snapshot.shallow_size(edge.target));
            note(source, edge, position);
            position
        });
        builder.finish()
    }

    pub(super) fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }

    /// Bytes of all that the root reaches by edges that are not weak.
    pub(super) fn live_size(&self) -> u64 {
        self.positions[ROOT as usize].subtree
    }
}

impl Placed {
    /// Places every node of a snapshot, and keeps where.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let graph = snapshot.graph();
        let mut paths = ShortestPaths::unreached(graph);
        let mut of_node = vec![UNPLACED; graph.node_count()];
        of_node[NodeIndex::ROOT.get()] = ROOT;
        let tree = PathTree::build(snapshot, |source, edge, position| {
            paths.reach(source, edge);
            of_node[edge.target.get()] = position;
        });
        Placed {
            tree,
            paths,
            of_node,
        }
    }
}

struct Builder<'a> {
    graph: &'a Graph,
    marks: &'a NameMarks,
    positions: Vec<Position>,
    steps: Vec<Step>,
    depths: Vec<u16>,
    children: HashMap<Way, PositionId, BuildFastHasher>,
    /// The step that was taken last, and where it led: most elements of an array are alike.
    last: Option<(Way, PositionId)>,
    /// Whether the object that was asked about last is a dictionary.
    dictionary: (NodeIndex, bool),
}

impl<'a> Builder<'a> {
    fn new(graph: &'a Graph, marks: &'a NameMarks) -> Self {
        let root = Step {
            label: NO_LABEL,
            class: 0,
            node_type: NodeType::Synthetic,
        };
        Self {
            graph,
            marks,
            positions: vec![Position::default()],
            steps: vec![root],
            depths: vec![0],
            children: HashMap::default(),
            last: None,
            dictionary: (NodeIndex::ROOT, false),
        }
    }

    fn count(&mut self, position: PositionId, shallow_size: u64) {
        let position = &mut self.positions[position as usize];
        position.count += 1;
        position.shallow += shallow_size;
    }

    #[inline]
    fn step(&mut self, source: NodeIndex, edge: Edge) -> Step {
        let graph = self.graph;
        let node_type = graph.node_type(edge.target);
        let class = match node_type {
            NodeType::String
            | NodeType::ConcatenatedString
            | NodeType::SlicedString
            | NodeType::Number
            | NodeType::BigInt
            | NodeType::RegExp
            | NodeType::Code
            | NodeType::Symbol => 0,
            _ => graph.node_name_index(edge.target).0,
        };
        Step {
            label: self.label(source, edge),
            class,
            node_type,
        }
    }

    #[inline]
    fn label(&mut self, source: NodeIndex, edge: Edge) -> u32 {
        let name = StringIndex(edge.name);
        match edge.edge_type {
            edge_type if edge_type.is_numbered() => ELEMENT,
            EdgeType::Property if self.marks.is_number(name) || self.is_dictionary(source) => {
                ELEMENT
            }
            EdgeType::Internal if self.marks.is_weak_map_entry(name) => WEAK_MAP_ENTRY,
            EdgeType::Internal if self.marks.begins_with_digit(name) => ELEMENT,
            _ => edge.name,
        }
    }

    fn is_dictionary(&mut self, node: NodeIndex) -> bool {
        if self.dictionary.0 != node {
            self.dictionary = (node, self.graph.is_dictionary(node));
        }
        self.dictionary.1
    }

    /// The position of `step` below `parent`, made if it is new.
    #[inline]
    fn child(&mut self, parent: PositionId, step: Step) -> PositionId {
        let way = Way(parent, step);
        if let Some((last, position)) = &self.last
            && *last == way
        {
            return *position;
        }
        let position = match self.children.get(&way) {
            Some(&found) => found,
            None => self.new_child(parent, step),
        };
        self.last = Some((way, position));
        position
    }

    fn new_child(&mut self, parent: PositionId, step: Step) -> PositionId {
        let position = self.recursion(parent, step).unwrap_or_else(|| {
            let depth = self.depths[parent as usize];
            if self.positions.len() >= MAX_POSITIONS || depth >= MAX_DEPTH {
                return parent;
            }
            self.positions.push(Position {
                parent,
                ..Position::default()
            });
            self.steps.push(step);
            self.depths.push(depth + 1);
            self.positions.len() as PositionId - 1
        });
        self.children.insert(Way(parent, step), position);
        position
    }

    /// A chain whose links are all alike, such as a linked list, stands in one position however
    /// long it is. A loop is told by two equal turns, one after the other: single steps, such as
    /// from a closure to its context, come again on any long way.
    fn recursion(&self, parent: PositionId, step: Step) -> Option<PositionId> {
        // The way back begins with the step itself, so a turn ends above where it comes again.
        let mut above = parent;
        for period in 1..=MAX_PERIOD {
            if above == ROOT {
                return None;
            }
            if self.steps[above as usize] == step && self.is_turn(parent, above, period) {
                return Some(above);
            }
            above = self.positions[above as usize].parent;
        }
        None
    }

    /// Whether the `period - 1` steps that end at `one` are those that end above `other`.
    fn is_turn(&self, mut one: PositionId, other: PositionId, period: usize) -> bool {
        let mut other = other;
        for _ in 1..period {
            other = self.positions[other as usize].parent;
            if other == ROOT || self.steps[one as usize] != self.steps[other as usize] {
                return false;
            }
            one = self.positions[one as usize].parent;
        }
        true
    }

    fn finish(mut self) -> PathTree {
        let strings = self.graph.strings();
        let mut names = Names::new(strings);
        for (position, step) in self.positions.iter_mut().zip(&self.steps) {
            position.label = match step.label {
                ELEMENT => names.number("[]"),
                WEAK_MAP_ENTRY => names.number("(value in WeakMap)"),
                NO_LABEL => names.number(""),
                index => names.number_of(StringIndex(index)),
            };
            position.class = match step.class {
                0 => names.number(""),
                index => names.number_of(StringIndex(index)),
            };
            position.node_type = Some(step.node_type);
        }
        for index in (0..self.positions.len()).rev() {
            let position = &mut self.positions[index];
            position.subtree += position.shallow;
            let (subtree, parent) = (position.subtree, position.parent as usize);
            if index > 0 {
                self.positions[parent].subtree += subtree;
            }
        }
        PathTree {
            positions: self.positions,
            names: names.texts,
        }
    }
}

/// Numbers for texts, in the order in which they come.
struct Names<'a> {
    strings: &'a StringTable,
    texts: Vec<String>,
    numbers: HashMap<&'a str, u32>,
    /// The same by string, for those that came before.
    of_string: HashMap<u32, u32, BuildFastHasher>,
}

impl<'a> Names<'a> {
    fn new(strings: &'a StringTable) -> Self {
        Self {
            strings,
            texts: Vec::new(),
            numbers: HashMap::new(),
            of_string: HashMap::default(),
        }
    }

    fn number(&mut self, text: &'a str) -> u32 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text.to_owned());
            self.texts.len() as u32 - 1
        })
    }

    fn number_of(&mut self, index: StringIndex) -> u32 {
        if let Some(&found) = self.of_string.get(&index.0) {
            return found;
        }
        let found = self.number(self.strings.get(index));
        self.of_string.insert(index.0, found);
        found
    }
}
