//! The immediate dominators of a flowgraph.
//!
//! Lengauer and Tarjan, "A fast algorithm for finding dominators in a flowgraph", ACM TOPLAS 1(1),
//! 1979, with path compression and without balancing: at most `m log n` steps, and no recursion.
//!
//! Numbers are treated from the greatest to the smallest, and most of what is kept of a number is
//! needed either before or after its turn, so that four words a number are enough: the three of
//! [`Vertex`], and the dominator, which before its number's turn is the first of its bucket, and then the
//! next in a bucket.

use super::control::Control;
use super::words::Word;
use crate::error::Result;

/// The tree of a depth-first search by numbers, and the edges that are not part of it.
pub(super) struct SearchTree<W> {
    /// The first stands for no number, the second for the root.
    pub(super) vertices: Vec<Vertex<W>>,
    /// The edges from a greater number.
    pub(super) upward: Vec<Upward<W>>,
    /// One word a number at least, of any value.
    pub(super) spare: Vec<W>,
}

/// What is kept of one number; side by side, because who needs one of them mostly needs another.
#[derive(Clone, Copy)]
pub(super) struct Vertex<W> {
    /// Before its turn, its parent in the search tree; then its ancestor in the forest.
    pub(super) ancestor: W,
    /// Before its turn, the least source of an edge down the tree, which is an ancestor of it; then its
    /// semi-dominator.
    pub(super) semi: W,
    /// Before its turn, the first of the edges from a greater number, as a place in
    /// [`SearchTree::upward`] plus one; then its label in the forest.
    pub(super) label: W,
}

impl<W: Word> Vertex<W> {
    /// One that the search has just met.
    pub(super) fn below(parent: u32) -> Self {
        let parent = W::new(parent);
        Self {
            ancestor: parent,
            semi: parent,
            label: W::ZERO,
        }
    }
}

/// An edge from a greater number to a smaller one.
#[derive(Clone, Copy)]
pub(super) struct Upward<W> {
    pub(super) source: W,
    /// The next one to the same number, as a place plus one; 0 ends the list.
    pub(super) next: W,
}

/// The dominator of every number, as a number; 0 and 1 are their own.
///
/// # Errors
/// [`Code::Aborted`](crate::error::Code::Aborted).
pub(super) fn immediate_dominators<W: Word>(
    tree: SearchTree<W>,
    control: &Control,
) -> Result<Vec<W>> {
    counted(tree, control).map(|(dominator, _)| dominator)
}

/// The same, and how many steps the ways through the forest had.
fn counted<W: Word>(tree: SearchTree<W>, control: &Control) -> Result<(Vec<W>, u64)> {
    let SearchTree {
        vertices,
        upward,
        spare: mut dominator,
    } = tree;
    let count = vertices.len();
    dominator.truncate(count);
    dominator.fill(W::ZERO);
    let mut forest = Forest {
        vertices,
        path: Vec::new(),
        steps: 0,
    };
    for current in (2..count as u32).rev() {
        control.check_at(current as usize)?;
        let place = current as usize;
        let vertex = forest.vertices[place];
        let mut semi = vertex.semi.get();
        let mut edge = vertex.label.get();
        while edge != 0 {
            let found = upward[edge as usize - 1];
            edge = found.next.get();
            semi = semi.min(forest.evaluate(found.source.get(), current + 1).1);
        }
        let parent = vertex.ancestor;
        forest.vertices[place] = Vertex {
            ancestor: parent,
            semi: W::new(semi),
            label: W::new(current),
        };
        dominator[place] = match semi == parent.get() {
            // It would be taken out of its parent's bucket at once.
            true => parent,
            false => std::mem::replace(&mut dominator[semi as usize], W::new(current)),
        };
        let first = std::mem::replace(&mut dominator[parent.get() as usize], W::ZERO);
        let mut member = first.get();
        while member != 0 {
            let (best, semi) = forest.evaluate(member, current);
            let earlier = semi < forest.vertices[member as usize].semi.get();
            let above = if earlier { W::new(best) } else { parent };
            member = std::mem::replace(&mut dominator[member as usize], above).get();
        }
    }
    for number in 2..count {
        if dominator[number] != forest.vertices[number].semi {
            dominator[number] = dominator[dominator[number].get() as usize];
        }
    }
    if let Some(root) = dominator.get_mut(1) {
        *root = W::new(1);
    }
    Ok((dominator, forest.steps))
}

/// The forest of the paper's `LINK` and `EVAL`. A number is linked to its parent when its turn has
/// been, so that needs no note.
struct Forest<W> {
    vertices: Vec<Vertex<W>>,
    path: Vec<u32>,
    steps: u64,
}

impl<W: Word> Forest<W> {
    /// The number with the least semi-dominator on the way from `number` up to the root of its tree,
    /// without that root, and that semi-dominator. All numbers from `linked` on are linked, and
    /// `number` is one of them.
    #[inline]
    fn evaluate(&mut self, number: u32, linked: u32) -> (u32, u32) {
        if self.vertices[number as usize].ancestor.get() >= linked {
            self.compress(number, linked);
        }
        let best = self.vertices[number as usize].label.get();
        (best, self.vertices[best as usize].semi.get())
    }

    fn compress(&mut self, number: u32, linked: u32) {
        let mut above = number;
        let mut top = self.vertices[above as usize].ancestor;
        while top.get() >= linked {
            self.path.push(above);
            above = top.get();
            top = self.vertices[above as usize].ancestor;
        }
        self.steps += self.path.len() as u64;
        let mut best = self.vertices[above as usize].label;
        let mut least = self.vertices[best.get() as usize].semi.get();
        while let Some(below) = self.path.pop() {
            let label = self.vertices[below as usize].label;
            let semi = self.vertices[label.get() as usize].semi.get();
            let below = &mut self.vertices[below as usize];
            if least < semi {
                below.label = best;
            } else {
                (best, least) = (label, semi);
            }
            below.ancestor = top;
        }
    }
}

#[cfg(test)]
#[path = "lengauer_tarjan_tests.rs"]
mod tests;
