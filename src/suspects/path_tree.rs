//! Positions: where objects stand, as one reaches them from the GC root, without their number or
//! address.
//!
//! Growth is judged by position, never by object id, because forked captures give the same object
//! different ids. The tree of positions of shortest paths is that of BLeak (Vilk and Berger,
//! PLDI 2018) and of LeakCanary's `ObjectGrowthDetector`.

use std::collections::HashMap;

use crate::heap::{
    Edge, EdgeType, Graph, NodeIndex, NodeType, ShortestPaths, Snapshot, StringIndex,
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
#[derive(Debug)]
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

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Step {
    label: Label,
    node_type: NodeType,
    class: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Label {
    Named(u32),
    Element,
    WeakMapEntry,
    Nothing,
}

impl PathTree {
    /// Places every node of a snapshot.
    pub(super) fn of(snapshot: &Snapshot) -> Placed {
        let graph = snapshot.graph();
        let paths = ShortestPaths::of(graph);
        let mut builder = Builder::new(graph);
        let mut of_node = vec![UNPLACED; graph.node_count()];
        for node in paths.order() {
            let position = match paths.step(graph, node) {
                None => ROOT,
                Some((parent, edge)) => {
                    let step = builder.step(parent, edge);
                    builder.child(of_node[parent.get()], step)
                }
            };
            of_node[node.get()] = position;
            let found = &mut builder.positions[position as usize];
            found.count += 1;
            found.shallow += snapshot.shallow_size(node);
        }
        Placed {
            tree: builder.finish(),
            paths,
            of_node,
        }
    }

    pub(super) fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }
}

struct Builder<'a> {
    graph: &'a Graph,
    positions: Vec<Position>,
    steps: Vec<Step>,
    depths: Vec<u16>,
    children: HashMap<(PositionId, Step), PositionId>,
    dictionaries: HashMap<NodeIndex, bool>,
}

impl<'a> Builder<'a> {
    fn new(graph: &'a Graph) -> Self {
        let root = Step {
            label: Label::Nothing,
            node_type: NodeType::Synthetic,
            class: 0,
        };
        Self {
            graph,
            positions: vec![Position::default()],
            steps: vec![root],
            depths: vec![0],
            children: HashMap::new(),
            dictionaries: HashMap::new(),
        }
    }

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
            node_type,
            class,
        }
    }

    fn label(&mut self, source: NodeIndex, edge: Edge) -> Label {
        if edge.edge_type.is_numbered() {
            return Label::Element;
        }
        let text = self.graph.strings().get(StringIndex(edge.name));
        match edge.edge_type {
            EdgeType::Property if self.is_dictionary(source) || is_number(text) => Label::Element,
            EdgeType::Internal if text.starts_with(|first: char| first.is_ascii_digit()) => {
                if text.contains(" / part of key (") {
                    Label::WeakMapEntry
                } else {
                    Label::Element
                }
            }
            _ => Label::Named(edge.name),
        }
    }

    fn is_dictionary(&mut self, node: NodeIndex) -> bool {
        let graph = self.graph;
        *self
            .dictionaries
            .entry(node)
            .or_insert_with(|| graph.is_dictionary(node))
    }

    /// The position of `step` below `parent`, made if it is new.
    fn child(&mut self, parent: PositionId, step: Step) -> PositionId {
        if let Some(&found) = self.children.get(&(parent, step)) {
            return found;
        }
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
        self.children.insert((parent, step), position);
        position
    }

    /// A chain whose links are all alike, such as a linked list, stands in one position however
    /// long it is. A loop is told by two equal turns, one after the other: single steps, such as
    /// from a closure to its context, come again on any long way.
    fn recursion(&self, parent: PositionId, step: Step) -> Option<PositionId> {
        // The way back, from the new position on.
        let mut way = vec![step];
        let mut places = vec![UNPLACED];
        let mut above = parent;
        while above != ROOT && way.len() < 2 * MAX_PERIOD {
            way.push(self.steps[above as usize]);
            places.push(above);
            above = self.positions[above as usize].parent;
        }
        (1..=way.len() / 2)
            .find(|&period| way[..period] == way[period..2 * period])
            .map(|period| places[period])
    }

    fn finish(mut self) -> PathTree {
        let mut names: Vec<String> = Vec::new();
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut number = |text: &str| {
            if let Some(&found) = numbers.get(text) {
                return found;
            }
            names.push(text.to_owned());
            numbers.insert(text.to_owned(), names.len() as u32 - 1);
            names.len() as u32 - 1
        };
        let strings = self.graph.strings();
        for (position, step) in self.positions.iter_mut().zip(&self.steps) {
            position.label = number(match step.label {
                Label::Named(index) => strings.get(StringIndex(index)),
                Label::Element => "[]",
                Label::WeakMapEntry => "(value in WeakMap)",
                Label::Nothing => "",
            });
            let class = match step.class {
                0 => "",
                index => strings.get(StringIndex(index)),
            };
            position.class = number(class);
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
            names,
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
