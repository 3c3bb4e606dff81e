//! Depth-first numbers of the nodes, and what Lengauer and Tarjan's algorithm needs of each edge,
//! noted on the one visit that the search pays it.

use super::bits::BitSet;
use super::control::Control;
use super::edge_rules::EssentialEdges;
use super::graph::{EdgeIndex, Graph, NodeIndex};
use super::words::Word;
use crate::error::Result;

/// Nodes numbered from 1 in the order of a depth-first search; 0 is no node.
pub(super) struct DepthFirst<W> {
    /// Node of a number.
    pub(super) vertex: Vec<W>,
    /// Nodes that only weak edges lead to; searched as if the root led to them.
    pub(super) orphans: Vec<u32>,
    /// What is known of each number.
    pub(super) vertices: Vertices<W>,
}

/// The search tree by numbers, and the essential edges that are not part of it.
pub(super) struct Vertices<W> {
    /// Parent in the tree.
    pub(super) parent: Vec<W>,
    /// The least source of an edge down the tree, which is an ancestor.
    pub(super) lowest: Vec<W>,
    /// First of the edges from a greater number, as a place in `upward` plus one.
    pub(super) first_upward: Vec<W>,
    /// Source of an edge from a greater number, and the next one to the same target.
    pub(super) upward: Vec<Upward<W>>,
    /// One number a node, no longer needed.
    pub(super) spare: Vec<W>,
}

/// An edge from a greater number to a smaller one.
#[derive(Clone, Copy)]
pub(super) struct Upward<W> {
    pub(super) source: W,
    /// As a place plus one; 0 ends the list.
    pub(super) next: W,
}

impl<W: Word> DepthFirst<W> {
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub(super) fn of(graph: &Graph, essential: &EssentialEdges, control: &Control) -> Result<Self> {
        let node_count = graph.node_count();
        let column = || {
            let mut column = Vec::with_capacity(node_count + 1);
            column.push(W::ZERO);
            column
        };
        let mut search = Search {
            graph,
            essential,
            control,
            number: vec![W::ZERO; node_count + 1],
            vertex: column(),
            parent: column(),
            lowest: column(),
            first_upward: column(),
            upward: Vec::new(),
            waiting: Vec::new(),
        };
        search.visit(NodeIndex::ROOT, 0)?;
        let orphans = match search.vertex.len() <= node_count {
            true => search.visit_orphans()?,
            false => Vec::new(),
        };
        Ok(Self {
            vertex: search.vertex,
            orphans,
            vertices: Vertices {
                parent: search.parent,
                lowest: search.lowest,
                first_upward: search.first_upward,
                upward: search.upward,
                spare: search.number,
            },
        })
    }
}

struct Search<'a, W> {
    graph: &'a Graph,
    essential: &'a EssentialEdges,
    control: &'a Control,
    /// Number of a node, 0 before it is met.
    number: Vec<W>,
    vertex: Vec<W>,
    parent: Vec<W>,
    lowest: Vec<W>,
    first_upward: Vec<W>,
    upward: Vec<Upward<W>>,
    /// For each node on the way down to the current one, where its edges go on.
    waiting: Vec<u32>,
}

impl<W: Word> Search<'_, W> {
    fn push(&mut self, node: NodeIndex, parent: u32) -> u32 {
        let number = self.vertex.len() as u32;
        let word = W::new(number);
        self.number[node.get()] = word;
        self.vertex.push(W::new(node.0));
        self.parent.push(W::new(parent));
        self.lowest.push(W::new(parent));
        self.first_upward.push(W::ZERO);
        number
    }

    /// Numbers `from`, as a child of the number `parent`, and all that it leads to.
    fn visit(&mut self, from: NodeIndex, parent: u32) -> Result<()> {
        let graph = self.graph;
        let mut current = self.push(from, parent);
        let mut node = from;
        let mut next = graph.links(node).0;
        debug_assert!(self.waiting.is_empty());
        loop {
            match self.follow(current, node, &mut next) {
                Some(child) => {
                    self.waiting.push(next);
                    current = self.push(child, current);
                    self.control.check_at(current as usize)?;
                    node = child;
                    next = graph.links(node).0;
                }
                None => {
                    let Some(edge) = self.waiting.pop() else {
                        return Ok(());
                    };
                    next = edge;
                    current = self.parent[current as usize].get();
                    node = NodeIndex(self.vertex[current as usize].get());
                }
            }
        }
    }

    /// Looks at the edges of `node` from the edge `next` on, up to one that leads to a new node.
    #[inline]
    fn follow(&mut self, current: u32, node: NodeIndex, next: &mut u32) -> Option<NodeIndex> {
        let (first, links) = self.graph.links(node);
        let essential = self.essential.from(self.graph, node);
        for link in &links[(*next - first) as usize..] {
            let index = EdgeIndex(*next);
            *next += 1;
            if !essential.has(index, *link) {
                continue;
            }
            let target = self.number[link.target() as usize].get();
            if target == 0 {
                let found = NodeIndex(link.target());
                if !self.graph.links(found).1.is_empty() {
                    return Some(found);
                }
                // Nothing is below it, so there is no need to go there and back.
                self.push(found, current);
                continue;
            }
            if target > current {
                // The target was met below this node, so this node is one of its ancestors.
                let lowest = &mut self.lowest[target as usize];
                if current < lowest.get() {
                    *lowest = W::new(current);
                }
            } else {
                let first_upward = &mut self.first_upward[target as usize];
                self.upward.push(Upward {
                    source: W::new(current),
                    next: *first_upward,
                });
                *first_upward = W::new(self.upward.len() as u32);
            }
        }
        None
    }

    /// What only weak edges lead to, with all below it. What is left then are rings of nodes that
    /// hold each other; nothing outside is reached from them alone, so they get no number.
    fn visit_orphans(&mut self) -> Result<Vec<u32>> {
        let graph = self.graph;
        let mut retained = BitSet::new(graph.node_count());
        for node in graph.nodes() {
            self.control.check_at(node.get())?;
            let essential = self.essential.from(graph, node);
            let (first, links) = graph.links(node);
            for (place, &link) in links.iter().enumerate() {
                if essential.has(EdgeIndex(first + place as u32), link) {
                    retained.insert(link.target());
                }
            }
        }
        let mut orphans = Vec::new();
        for node in graph.nodes() {
            if self.number[node.get()].get() == 0 && !retained.contains(node.0) {
                orphans.push(node.0);
                self.visit(node, 1)?;
            }
        }
        Ok(orphans)
    }
}
