//! Dominators and retained sizes.

use std::collections::{HashMap, HashSet};

use super::bits::BitSet;
use super::edge_rules::EssentialEdges;
use super::graph::{Graph, NodeIndex};

/// The dominator tree of a graph, and what each node retains.
///
/// A node dominates another when every way from the root to the other leads through it; so what
/// it dominates would be freed with it.
///
/// Lengauer and Tarjan, "A fast algorithm for finding dominators in a flowgraph", ACM TOPLAS 1(1),
/// 1979, with path compression and without balancing: at most `m log n` steps, and no recursion.
/// Nodes that the root does not reach hang off the root, as in DevTools.
#[derive(Debug)]
pub struct DominatorTree {
    dominators: Vec<u32>,
    retained: Vec<u64>,
    /// Children of `n`: `children[first_child[n]..first_child[n + 1]]`.
    first_child: Vec<u32>,
    children: Vec<u32>,
    /// Nodes that only weak edges lead to.
    orphans: Vec<u32>,
}

impl DominatorTree {
    pub(crate) fn of(
        graph: &Graph,
        essential: &EssentialEdges,
        shallow_size: impl Fn(NodeIndex) -> u64,
    ) -> Self {
        let node_count = graph.node_count();
        let order = DepthFirst::of(graph, essential);
        let dominators = immediate_dominators(graph, essential, &order);
        let mut retained: Vec<u64> = graph.nodes().map(shallow_size).collect();
        for &node in order.vertex[2..].iter().rev() {
            retained[dominators[node as usize] as usize] += retained[node as usize];
        }
        let (first_child, children) = invert(&dominators, node_count);
        Self {
            dominators,
            retained,
            first_child,
            children,
            orphans: order.orphans,
        }
    }

    /// The nodes that only weak edges lead to, from which more may hang; rings are not among them.
    pub(super) fn orphans(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.orphans.iter().map(|&node| NodeIndex(node))
    }

    /// The closest node through which every way to `node` leads; the root's is the root.
    pub fn dominator(&self, node: NodeIndex) -> NodeIndex {
        NodeIndex(self.dominators[node.get()])
    }

    /// Bytes that would be freed with `node`, its own included.
    pub fn retained_size(&self, node: NodeIndex) -> u64 {
        self.retained[node.get()]
    }

    /// The nodes whose closest dominator is `node`, in the order of the file.
    pub fn children(&self, node: NodeIndex) -> impl ExactSizeIterator<Item = NodeIndex> + '_ {
        let range =
            self.first_child[node.get()] as usize..self.first_child[node.get() + 1] as usize;
        self.children[range].iter().map(|&child| NodeIndex(child))
    }

    /// The closest node through which every way to each of `nodes` leads; one of them, or above all
    /// of them. The root where there are none.
    pub(crate) fn common_dominator(&self, nodes: &[NodeIndex]) -> NodeIndex {
        let Some((&first, rest)) = nodes.split_first() else {
            return NodeIndex::ROOT;
        };
        // Depth on the way from the first node to the root; each node is climbed over once.
        let mut chain = HashMap::new();
        let mut node = first;
        for height in 0_u32.. {
            chain.insert(node, height);
            if node == NodeIndex::ROOT {
                break;
            }
            node = self.dominator(node);
        }
        let (mut common, mut common_height) = (first, 0);
        let mut seen = HashSet::new();
        for &start in rest {
            let mut node = start;
            loop {
                if let Some(&height) = chain.get(&node) {
                    if height > common_height {
                        (common, common_height) = (node, height);
                    }
                    break;
                }
                if !seen.insert(node) {
                    break;
                }
                node = self.dominator(node);
            }
        }
        common
    }

    /// Walks the tree from the root, and calls `enter` on the way down and `leave` on the way up.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Visit)) {
        let mut stack = vec![(NodeIndex::ROOT, self.first_child[0])];
        visit(Visit::Enter(NodeIndex::ROOT));
        while let Some((node, next)) = stack.last_mut() {
            if *next == self.first_child[node.get() + 1] {
                visit(Visit::Leave(*node));
                stack.pop();
            } else {
                let child = NodeIndex(self.children[*next as usize]);
                *next += 1;
                visit(Visit::Enter(child));
                stack.push((child, self.first_child[child.get()]));
            }
        }
    }
}

/// The dominator tree's nodes numbered in the order of a walk, so that whether one dominates the
/// other is told by two comparisons. Eight bytes a node.
#[derive(Debug)]
pub(crate) struct Ancestry {
    entered: Vec<u32>,
    left: Vec<u32>,
}

impl Ancestry {
    pub(super) fn of(tree: &DominatorTree) -> Self {
        let mut ancestry = Self {
            entered: vec![0; tree.dominators.len()],
            left: vec![0; tree.dominators.len()],
        };
        let mut number = 0;
        tree.walk(|visit| match visit {
            Visit::Enter(node) => {
                ancestry.entered[node.get()] = number;
                number += 1;
            }
            Visit::Leave(node) => ancestry.left[node.get()] = number,
        });
        ancestry
    }

    /// Whether every way from the root to `below` leads through `above`; so it is of a node itself.
    pub(crate) fn is_above(&self, above: NodeIndex, below: NodeIndex) -> bool {
        let number = self.entered[below.get()];
        (self.entered[above.get()]..self.left[above.get()]).contains(&number)
    }
}

/// One event of [`DominatorTree::walk`].
pub(crate) enum Visit {
    Enter(NodeIndex),
    Leave(NodeIndex),
}

/// Nodes numbered from 1 in the order of a depth-first search; 0 is no node.
struct DepthFirst {
    /// Node of a number.
    vertex: Vec<u32>,
    /// Number of a node.
    number: Vec<u32>,
    /// Number of the parent of a number in the search tree.
    parent: Vec<u32>,
    /// Nodes that only weak edges lead to.
    orphans: Vec<u32>,
}

impl DepthFirst {
    fn of(graph: &Graph, essential: &EssentialEdges) -> Self {
        let node_count = graph.node_count();
        let mut search = DepthFirst {
            vertex: Vec::with_capacity(node_count + 1),
            number: vec![0; node_count],
            parent: Vec::with_capacity(node_count + 1),
            orphans: Vec::new(),
        };
        search.vertex.push(u32::MAX);
        search.parent.push(0);
        search.visit(graph, essential, NodeIndex::ROOT, 0);
        if search.vertex.len() <= node_count {
            search.visit_orphans(graph, essential);
        }
        search
    }

    fn push(&mut self, node: NodeIndex, parent: u32) -> u32 {
        let number = self.vertex.len() as u32;
        self.number[node.get()] = number;
        self.vertex.push(node.0);
        self.parent.push(parent);
        number
    }

    fn visit(&mut self, graph: &Graph, essential: &EssentialEdges, from: NodeIndex, parent: u32) {
        let number = self.push(from, parent);
        let mut stack = vec![(number, graph.edges(from))];
        while let Some((number, edges)) = stack.last_mut() {
            let number = *number;
            let next =
                edges.find(|&edge| essential.contains(edge) && self.number[edge.target.get()] == 0);
            match next {
                Some(edge) => {
                    let child = self.push(edge.target, number);
                    stack.push((child, graph.edges(edge.target)));
                }
                None => {
                    stack.pop();
                }
            }
        }
    }

    /// First what only weak edges lead to, with all below it; then what is left, which are rings
    /// of nodes that hold each other.
    fn visit_orphans(&mut self, graph: &Graph, essential: &EssentialEdges) {
        let mut retained = BitSet::new(graph.node_count());
        for node in graph.nodes() {
            for edge in graph.edges(node).filter(|&edge| essential.contains(edge)) {
                retained.insert(edge.target.0);
            }
        }
        for node in graph.nodes() {
            if self.number[node.get()] == 0 && !retained.contains(node.0) {
                self.orphans.push(node.0);
                self.visit(graph, essential, node, 1);
            }
        }
        for node in graph.nodes() {
            if self.number[node.get()] == 0 {
                self.push(node, 1);
            }
        }
    }
}

/// The forest of the paper's `LINK` and `EVAL`.
struct Forest {
    ancestor: Vec<u32>,
    label: Vec<u32>,
    semi: Vec<u32>,
    stack: Vec<u32>,
}

impl Forest {
    fn evaluate(&mut self, vertex: u32) -> u32 {
        if self.ancestor[vertex as usize] == 0 {
            return vertex;
        }
        let mut current = vertex;
        while self.ancestor[self.ancestor[current as usize] as usize] != 0 {
            self.stack.push(current);
            current = self.ancestor[current as usize];
        }
        while let Some(below) = self.stack.pop() {
            let below = below as usize;
            let above = self.ancestor[below] as usize;
            if self.semi[self.label[above] as usize] < self.semi[self.label[below] as usize] {
                self.label[below] = self.label[above];
            }
            self.ancestor[below] = self.ancestor[above];
        }
        self.label[vertex as usize]
    }
}

fn immediate_dominators(graph: &Graph, essential: &EssentialEdges, order: &DepthFirst) -> Vec<u32> {
    let count = order.vertex.len() as u32;
    let (first_predecessor, predecessors) = essential_predecessors(graph, essential, order);
    let identity: Vec<u32> = (0..count).collect();
    let mut forest = Forest {
        ancestor: vec![0; count as usize],
        label: identity.clone(),
        semi: identity,
        stack: Vec::new(),
    };
    let mut dominator = vec![0_u32; count as usize];
    // Each vertex is in one bucket at a time, so the buckets are lists through one array.
    let mut bucket = vec![0_u32; count as usize];
    let mut next_in_bucket = vec![0_u32; count as usize];
    for vertex in (2..count).rev() {
        let w = vertex as usize;
        let range = first_predecessor[w] as usize..first_predecessor[w + 1] as usize;
        if range.is_empty() {
            forest.semi[w] = 1;
        }
        for &predecessor in &predecessors[range] {
            let best = forest.evaluate(predecessor) as usize;
            forest.semi[w] = forest.semi[w].min(forest.semi[best]);
        }
        let semi = forest.semi[w] as usize;
        next_in_bucket[w] = std::mem::replace(&mut bucket[semi], vertex);
        let parent = order.parent[w];
        forest.ancestor[w] = parent;
        let mut member = std::mem::take(&mut bucket[parent as usize]);
        while member != 0 {
            let best = forest.evaluate(member);
            let earlier = forest.semi[best as usize] < forest.semi[member as usize];
            dominator[member as usize] = if earlier { best } else { parent };
            member = next_in_bucket[member as usize];
        }
    }
    let mut by_node = vec![0_u32; graph.node_count()];
    for vertex in 2..count as usize {
        if dominator[vertex] != forest.semi[vertex] {
            dominator[vertex] = dominator[dominator[vertex] as usize];
        }
        // The root's own number, 1, is the dominator of whatever is left at 0.
        let above = order.vertex[dominator[vertex].max(1) as usize];
        by_node[order.vertex[vertex] as usize] = above;
    }
    by_node
}

/// For every number, the numbers of the nodes with an essential edge to it.
fn essential_predecessors(
    graph: &Graph,
    essential: &EssentialEdges,
    order: &DepthFirst,
) -> (Vec<u32>, Vec<u32>) {
    let count = order.vertex.len();
    let mut first = vec![0_u32; count + 1];
    for node in graph.nodes() {
        for edge in graph.edges(node).filter(|&edge| essential.contains(edge)) {
            first[order.number[edge.target.get()] as usize] += 1;
        }
    }
    let mut total = 0;
    for slot in &mut first {
        total += *slot;
        *slot = total;
    }
    // Filled from the back, after which each slot points at the beginning of its own.
    let mut predecessors = vec![0_u32; total as usize];
    for node in graph.nodes() {
        for edge in graph.edges(node).filter(|&edge| essential.contains(edge)) {
            let slot = &mut first[order.number[edge.target.get()] as usize];
            *slot -= 1;
            predecessors[*slot as usize] = order.number[node.get()];
        }
    }
    (first, predecessors)
}

/// Children of every node in the tree that `parents` describes; the root is no child.
fn invert(parents: &[u32], node_count: usize) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0_u32; node_count + 1];
    for &parent in &parents[1..] {
        first[parent as usize + 1] += 1;
    }
    for index in 0..node_count {
        first[index + 1] += first[index];
    }
    let mut place = first.clone();
    let mut children = vec![0_u32; node_count - 1];
    for (node, &parent) in parents.iter().enumerate().skip(1) {
        children[place[parent as usize] as usize] = node as u32;
        place[parent as usize] += 1;
    }
    (first, children)
}

#[cfg(test)]
#[path = "dominators_tests.rs"]
mod tests;
