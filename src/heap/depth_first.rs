//! Depth-first numbers of the nodes, and what Lengauer and Tarjan's algorithm needs of each edge,
//! noted on the one visit that the search pays it.
//!
//! Which edges count depends on what the program reaches: what it can is not kept by the debugger or
//! the embedder. So the search begins with the program. All that it meets there is the program's, and
//! what else the program reaches, by edges that do not count, is found from those alone; only then
//! does it go on with the rest of the root's edges. No walk of its own is needed to find out first.

use super::bits::BitSet;
use super::columns::{EdgeType, Link};
use super::control::Control;
use super::edge_rules::{EdgeRules, EdgesFrom, RulesFrom, is_entry};
use super::graph::{EdgeIndex, Graph, NodeIndex};
use super::lengauer_tarjan::{SearchTree, Upward, Vertex};
use super::words::Word;
use crate::error::Result;

/// The number of the root.
const FIRST: u32 = 1;

/// Nodes numbered from 1 in the order of a depth-first search; 0 is no node.
pub(super) struct DepthFirst<W> {
    /// Node of a number.
    pub(super) vertex: Vec<W>,
    /// Nodes that only weak edges lead to; searched as if the root led to them.
    pub(super) orphans: Vec<u32>,
    /// All that the program reaches, by whatever edge that is not weak (`markPageOwnedNodes` in
    /// DevTools' `HeapSnapshot.ts`).
    pub(super) page_owned: BitSet,
    pub(super) tree: SearchTree<W>,
}

impl<W: Word> DepthFirst<W> {
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub(super) fn of(graph: &Graph, rules: &EdgeRules, control: &Control) -> Result<Self> {
        let node_count = graph.node_count();
        let mut search = Search {
            graph,
            control,
            number: vec![W::ZERO; node_count + 1],
            vertex: Vec::with_capacity(node_count + 1),
            vertices: Vec::with_capacity(node_count + 1),
            upward: Vec::new(),
            waiting: Vec::new(),
        };
        search.vertex.push(W::ZERO);
        search.vertices.push(Vertex::below(0));
        search.push(NodeIndex::ROOT, 0);
        let page_owned = search.visit_program(rules)?;
        let mut essential = Essential {
            graph,
            rules,
            page_owned: &page_owned,
        };
        search.visit_rest(&mut essential)?;
        let orphans = match search.vertex.len() <= node_count {
            true => search.visit_orphans(&mut essential)?,
            false => Vec::new(),
        };
        Ok(Self {
            vertex: search.vertex,
            orphans,
            page_owned,
            tree: SearchTree {
                vertices: search.vertices,
                upward: search.upward,
                spare: search.number,
            },
        })
    }
}

/// The edges that a search follows.
trait Edges {
    /// What can be told of all edges of one node.
    type Source: Copy;

    fn from(&self, source: NodeIndex) -> Self::Source;

    fn follows(&mut self, source: Self::Source, index: EdgeIndex, link: Link) -> bool;
}

/// The edges that count among what the program reaches.
struct OfProgram<'a> {
    graph: &'a Graph,
    rules: &'a EdgeRules,
    /// Where else edges lead that do not count, and those to the root.
    aside: Vec<u32>,
}

impl<'a> Edges for OfProgram<'a> {
    type Source = RulesFrom<'a>;

    #[inline]
    fn from(&self, source: NodeIndex) -> RulesFrom<'a> {
        self.rules.from(self.graph, source)
    }

    #[inline]
    fn follows(&mut self, source: RulesFrom<'a>, index: EdgeIndex, link: Link) -> bool {
        if !source.is_strong(link) {
            return false;
        }
        let is_detour = source.is_detour(index, link);
        if is_detour || link.target() == NodeIndex::ROOT.0 {
            self.aside.push(link.target());
        }
        !is_detour
    }
}

/// The edges that count.
struct Essential<'a> {
    graph: &'a Graph,
    rules: &'a EdgeRules,
    page_owned: &'a BitSet,
}

impl<'a> Edges for Essential<'a> {
    type Source = EdgesFrom<'a>;

    #[inline]
    fn from(&self, source: NodeIndex) -> EdgesFrom<'a> {
        EdgesFrom::of(self.rules.from(self.graph, source), self.page_owned)
    }

    #[inline]
    fn follows(&mut self, source: EdgesFrom<'a>, index: EdgeIndex, link: Link) -> bool {
        source.has(index, link)
    }
}

struct Search<'a, W> {
    graph: &'a Graph,
    control: &'a Control,
    /// Number of a node, 0 before it is met.
    number: Vec<W>,
    vertex: Vec<W>,
    vertices: Vec<Vertex<W>>,
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
        self.vertices.push(Vertex::below(parent));
        number
    }

    /// Numbers all that the program's global objects and documents lead to, and tells what the
    /// program reaches at all.
    fn visit_program(&mut self, rules: &EdgeRules) -> Result<BitSet> {
        let graph = self.graph;
        let mut edges = OfProgram {
            graph,
            rules,
            aside: Vec::new(),
        };
        for edge in graph.edges(NodeIndex::ROOT) {
            if !is_entry(graph, edge) {
                continue;
            }
            if edge.target == NodeIndex::ROOT {
                edges.aside.push(NodeIndex::ROOT.0);
            } else if self.number[edge.target.get()] == W::ZERO {
                self.visit(&mut edges, edge.target)?;
            }
        }
        let mut owned = BitSet::new(graph.node_count());
        for node in &self.vertex[FIRST as usize + 1..] {
            owned.insert(node.get());
        }
        let mut pending = edges.aside;
        pending.retain(|&node| owned.insert(node));
        while let Some(node) = pending.pop() {
            for link in graph.links(NodeIndex(node)).1 {
                if link.edge_type() != EdgeType::Weak && owned.insert(link.target()) {
                    pending.push(link.target());
                }
            }
        }
        Ok(owned)
    }

    /// Numbers what the root leads to and has no number yet.
    fn visit_rest(&mut self, edges: &mut Essential<'_>) -> Result<()> {
        let graph = self.graph;
        let rule = edges.from(NodeIndex::ROOT);
        let (first, links) = graph.links(NodeIndex::ROOT);
        for (place, &link) in links.iter().enumerate() {
            if !edges.follows(rule, EdgeIndex(first + place as u32), link) {
                continue;
            }
            let target = self.number[link.target() as usize];
            if target == W::ZERO {
                self.visit(edges, NodeIndex(link.target()))?;
            } else {
                self.vertices[target.get() as usize].semi = W::new(FIRST);
            }
        }
        Ok(())
    }

    /// Numbers `from`, as a child of the root, and all that it leads to.
    fn visit<E: Edges>(&mut self, edges: &mut E, from: NodeIndex) -> Result<()> {
        let graph = self.graph;
        let mut current = self.push(from, FIRST);
        let mut node = from;
        let mut next = graph.links(node).0;
        debug_assert!(self.waiting.is_empty());
        loop {
            match self.follow(edges, current, node, &mut next) {
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
                    current = self.vertices[current as usize].ancestor.get();
                    node = NodeIndex(self.vertex[current as usize].get());
                }
            }
        }
    }

    /// Looks at the edges of `node` from the edge `next` on, up to one that leads to a new node.
    #[inline]
    fn follow<E: Edges>(
        &mut self,
        edges: &mut E,
        current: u32,
        node: NodeIndex,
        next: &mut u32,
    ) -> Option<NodeIndex> {
        let (first, links) = self.graph.links(node);
        let source = edges.from(node);
        for link in &links[(*next - first) as usize..] {
            let index = EdgeIndex(*next);
            *next += 1;
            if !edges.follows(source, index, *link) {
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
                let semi = &mut self.vertices[target as usize].semi;
                if current < semi.get() {
                    *semi = W::new(current);
                }
            } else {
                let first = &mut self.vertices[target as usize].label;
                self.upward.push(Upward {
                    source: W::new(current),
                    next: *first,
                });
                *first = W::new(self.upward.len() as u32);
            }
        }
        None
    }

    /// What only weak edges lead to, with all below it. What is left then are rings of nodes that
    /// hold each other; nothing outside is reached from them alone, so they get no number.
    fn visit_orphans(&mut self, edges: &mut Essential<'_>) -> Result<Vec<u32>> {
        let graph = self.graph;
        let unmet = graph
            .nodes()
            .filter(|node| self.number[node.get()] == W::ZERO);
        let unmet: Vec<NodeIndex> = unmet.collect();
        // Only they can hold one another: what is held by a node with a number has one too.
        let mut held = BitSet::new(graph.node_count());
        for &node in &unmet {
            let source = edges.from(node);
            let (first, links) = graph.links(node);
            for (place, &link) in links.iter().enumerate() {
                if edges.follows(source, EdgeIndex(first + place as u32), link) {
                    held.insert(link.target());
                }
            }
        }
        let mut orphans = Vec::new();
        for node in unmet {
            if self.number[node.get()] == W::ZERO && !held.contains(node.0) {
                orphans.push(node.0);
                self.visit(edges, node)?;
            }
        }
        Ok(orphans)
    }
}
