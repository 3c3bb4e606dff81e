//! Dominators and retained sizes.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::bits::BitSet;
use super::control::Control;
use super::depth_first::DepthFirst;
use super::edge_rules::EdgeRules;
use super::graph::{Graph, NodeIndex};
use super::lengauer_tarjan::immediate_dominators;
use super::narrow_column::NarrowColumn;
use super::side_by_side::{TWO_THREADS, side_by_side};
use super::words::{ThreeBytes, Word};
use crate::error::Result;

/// The dominator tree of a graph, and what each node retains.
///
/// A node dominates another when every way from the root to the other leads through it; so what
/// it dominates would be freed with it. Nodes that the root does not reach hang off the root, as in
/// DevTools.
#[derive(Debug)]
pub struct DominatorTree {
    dominators: Vec<u32>,
    retained: NarrowColumn,
    /// Listed at the first call: retained sizes do without.
    children: OnceLock<Children>,
    /// Nodes that only weak edges lead to.
    orphans: Vec<u32>,
}

/// Children of `n`: `nodes[first[n]..first[n + 1]]`.
#[derive(Debug)]
struct Children {
    first: Vec<u32>,
    nodes: Vec<u32>,
}

impl DominatorTree {
    /// The tree, and what the program reaches. `sizes` are those of the nodes; they are asked for
    /// when the tree stands, so that another thread may work them out meanwhile.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted), and those of `sizes`.
    pub(super) fn of<'a>(
        graph: &Graph,
        rules: &EdgeRules,
        sizes: impl FnOnce() -> Result<&'a NarrowColumn>,
        control: &Control,
    ) -> Result<(Self, BitSet)> {
        let greatest = graph.node_count().max(graph.edge_count()) as u64;
        if greatest < u64::from(ThreeBytes::MAX) {
            Self::in_words::<ThreeBytes>(graph, rules, sizes, control)
        } else {
            Self::in_words::<u32>(graph, rules, sizes, control)
        }
    }

    /// The same, in words that can hold one more than the number of nodes and that of edges.
    fn in_words<'a, W: Word>(
        graph: &Graph,
        rules: &EdgeRules,
        sizes: impl FnOnce() -> Result<&'a NarrowColumn>,
        control: &Control,
    ) -> Result<(Self, BitSet)> {
        let DepthFirst::<W> {
            vertex,
            orphans,
            page_owned,
            tree,
        } = DepthFirst::of(graph, rules, control)?;
        let above = immediate_dominators(tree, control)?;
        let sizes = sizes()?;
        let (retained, dominators) = side_by_side(
            graph.node_count() >= TWO_THREADS,
            || retained_sizes(graph, sizes, &vertex, &above),
            || by_node(graph.node_count(), &vertex, &above),
        );
        let tree = Self {
            dominators,
            retained,
            children: OnceLock::new(),
            orphans,
        };
        Ok((tree, page_owned))
    }

    fn child_lists(&self) -> &Children {
        self.children.get_or_init(|| invert(&self.dominators))
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
        self.retained.get(node.get())
    }

    /// The nodes whose closest dominator is `node`, in the order of the file.
    pub fn children(&self, node: NodeIndex) -> impl ExactSizeIterator<Item = NodeIndex> + '_ {
        let Children { first, nodes } = self.child_lists();
        let range = first[node.get()] as usize..first[node.get() + 1] as usize;
        nodes[range].iter().map(|&child| NodeIndex(child))
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
        let Children { first, nodes } = self.child_lists();
        let mut stack = vec![(NodeIndex::ROOT, first[0])];
        visit(Visit::Enter(NodeIndex::ROOT));
        while let Some((node, next)) = stack.last_mut() {
            if *next == first[node.get() + 1] {
                visit(Visit::Leave(*node));
                stack.pop();
            } else {
                let child = NodeIndex(nodes[*next as usize]);
                *next += 1;
                visit(Visit::Enter(child));
                stack.push((child, first[child.get()]));
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

/// The dominator of every node. `vertex` and `above` are the nodes and the dominators of the numbers.
fn by_node<W: Word>(node_count: usize, vertex: &[W], above: &[W]) -> Vec<u32> {
    // Rings of nodes that hold each other have no number, and hang off the root.
    let mut dominators = vec![NodeIndex::ROOT.0; node_count];
    for (&node, &above) in vertex.iter().zip(above).skip(2) {
        dominators[node.get() as usize] = vertex[above.get() as usize].get();
    }
    dominators
}

/// Bytes that each node dominates, its own included. `vertex` and `above` are the nodes and the
/// dominators of the numbers.
fn retained_sizes<W: Word>(
    graph: &Graph,
    own: &NarrowColumn,
    vertex: &[W],
    above: &[W],
) -> NarrowColumn {
    let mut sizes = vec![0_u64; vertex.len()];
    let mut numbered = 0;
    for (size, &node) in sizes.iter_mut().zip(vertex).skip(1) {
        *size = own.get(node.get() as usize);
        numbered += *size;
    }
    // A dominator has a smaller number than what it dominates.
    for number in (2..sizes.len()).rev() {
        sizes[above[number].get() as usize] += sizes[number];
    }
    let mut retained = NarrowColumn::zeros(3, graph.node_count());
    if vertex.len() <= graph.node_count() {
        let mut all = 0;
        for node in graph.nodes() {
            let size = own.get(node.get());
            retained.set(node.get(), size);
            all += size;
        }
        sizes[1] += all - numbered;
    }
    for (&size, &node) in sizes.iter().zip(vertex).skip(1) {
        retained.set(node.get() as usize, size);
    }
    retained
}

/// Children of every node in the tree that `parents` describes; the root is no child.
fn invert(parents: &[u32]) -> Children {
    let node_count = parents.len();
    let mut first = vec![0_u32; node_count + 1];
    for &parent in &parents[1..] {
        first[parent as usize + 1] += 1;
    }
    for index in 0..node_count {
        first[index + 1] += first[index];
    }
    let mut place = first.clone();
    let mut nodes = vec![0_u32; node_count - 1];
    for (node, &parent) in parents.iter().enumerate().skip(1) {
        nodes[place[parent as usize] as usize] = node as u32;
        place[parent as usize] += 1;
    }
    Children { first, nodes }
}

#[cfg(test)]
#[path = "dominators_tests.rs"]
mod tests;
