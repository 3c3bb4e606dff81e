//! The immediate dominators of a flowgraph.
//!
//! Lengauer and Tarjan, "A fast algorithm for finding dominators in a flowgraph", ACM TOPLAS 1(1),
//! 1979, with path compression and without balancing: at most `m log n` steps, and no recursion.
//!
//! Numbers are treated from the greatest to the smallest, and most of what is kept of a number is
//! needed either before or after its turn, so that four words a number are enough:
//!
//! | | before its turn | after it |
//! |---|---|---|
//! | `ancestor` | parent in the search tree | ancestor in the forest |
//! | `semi` | least source of an edge down the tree | semi-dominator |
//! | `label` | first edge from a greater number | label in the forest |
//! | `dominator` | first of its bucket | next in a bucket; then the dominator |

use super::control::Control;
use super::depth_first::Vertices;
use super::words::Word;
use crate::error::Result;

/// The dominator of every number, as a number; 0 and 1 are their own.
///
/// # Errors
/// [`Code::Aborted`](crate::error::Code::Aborted).
pub(super) fn immediate_dominators<W: Word>(
    vertices: Vertices<W>,
    control: &Control,
) -> Result<Vec<W>> {
    counted(vertices, control).map(|(dominator, _)| dominator)
}

/// The same, and how many steps the ways through the forest had.
fn counted<W: Word>(vertices: Vertices<W>, control: &Control) -> Result<(Vec<W>, u64)> {
    let Vertices {
        parent: ancestor,
        lowest: semi,
        first_upward: label,
        upward,
        spare: mut dominator,
    } = vertices;
    let count = ancestor.len();
    dominator.truncate(count);
    dominator.fill(W::ZERO);
    let mut forest = Forest {
        ancestor,
        label,
        semi,
        path: Vec::new(),
        steps: 0,
    };
    for current in (2..count as u32).rev() {
        control.check_at(current as usize)?;
        let place = current as usize;
        let mut semi = forest.semi[place].get();
        let mut edge = forest.label[place].get();
        while edge != 0 {
            let found = upward[edge as usize - 1];
            edge = found.next.get();
            semi = semi.min(forest.evaluate(found.source.get(), current + 1).1);
        }
        forest.semi[place] = W::new(semi);
        forest.label[place] = W::new(current);
        let parent = forest.ancestor[place];
        dominator[place] = match semi == parent.get() {
            // It would be taken out of its parent's bucket at once.
            true => parent,
            false => std::mem::replace(&mut dominator[semi as usize], W::new(current)),
        };
        let first = std::mem::replace(&mut dominator[parent.get() as usize], W::ZERO);
        let mut member = first.get();
        while member != 0 {
            let (best, semi) = forest.evaluate(member, current);
            let earlier = semi < forest.semi[member as usize].get();
            let above = if earlier { W::new(best) } else { parent };
            member = std::mem::replace(&mut dominator[member as usize], above).get();
        }
    }
    for number in 2..count {
        if dominator[number] != forest.semi[number] {
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
    ancestor: Vec<W>,
    label: Vec<W>,
    semi: Vec<W>,
    path: Vec<u32>,
    steps: u64,
}

impl<W: Word> Forest<W> {
    /// The number with the least semi-dominator on the way from `number` up to the root of its tree,
    /// without that root, and that semi-dominator. All numbers from `linked` on are linked, and
    /// `number` is one of them.
    #[inline]
    fn evaluate(&mut self, number: u32, linked: u32) -> (u32, u32) {
        if self.ancestor[number as usize].get() >= linked {
            self.compress(number, linked);
        }
        let best = self.label[number as usize].get();
        (best, self.semi[best as usize].get())
    }

    fn compress(&mut self, number: u32, linked: u32) {
        let mut above = number;
        let mut top = self.ancestor[above as usize];
        while top.get() >= linked {
            self.path.push(above);
            above = top.get();
            top = self.ancestor[above as usize];
        }
        self.steps += self.path.len() as u64;
        let mut best = self.label[above as usize];
        let mut least = self.semi[best.get() as usize].get();
        while let Some(below) = self.path.pop() {
            let below = below as usize;
            let label = self.label[below];
            let semi = self.semi[label.get() as usize].get();
            if least < semi {
                self.label[below] = best;
            } else {
                (best, least) = (label, semi);
            }
            self.ancestor[below] = top;
        }
    }
}

#[cfg(test)]
#[path = "lengauer_tarjan_tests.rs"]
mod tests;
