//! Which positions grew in every interval, and explain the growth above and below them.

use std::collections::HashMap;

use super::holder::SYMBOL_TABLE;
use super::path_tree::{PathTree, Position, PositionId, ROOT};
use crate::heap::NodeType;

/// A position that grew, in the tree of the last snapshot.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// In the last snapshot's tree.
    pub(super) position: PositionId,
    /// Objects there, per snapshot.
    pub(super) counts: Vec<u64>,
    /// Bytes there and below, per snapshot.
    pub(super) subtree: Vec<u64>,
    /// Whether the objects became more, or only larger.
    pub(super) by_count: bool,
    /// Slowest interval against the fastest, 0 to 1: a leak goes on, a warm-up does not.
    pub(super) steadiness: f64,
}

impl Candidate {
    /// Bytes more in the last snapshot than in the first.
    pub(super) fn growth(&self) -> f64 {
        growth(&self.subtree)
    }

    /// Whether most of what is more here stood elsewhere before: it is more than the whole growth,
    /// and not for there being more objects of the size that they had.
    fn came_from_elsewhere(&self, whole: f64) -> bool {
        let former_size = self.subtree[0] as f64 / self.counts[0] as f64;
        let by_count = growth(&self.counts) * former_size;
        self.growth() > MOVED * whole
            && (self.counts[0] == 0 || by_count < EXPLAINS * self.growth())
    }
}

/// A step explains its growth when that many new objects, as large as those there are, make up this
/// share of it. Otherwise something below grew.
const EXPLAINS: f64 = 0.5;

/// A position whose growth is under this share of the whole is not looked at.
const NEGLIGIBLE: f64 = 0.01;

/// What grew by so many times the whole growth stood elsewhere before.
const MOVED: f64 = 1.5;

/// Where V8's compiler holds what it works on, in the background, for a moment.
const TRANSIENT_ROOTS: &str = "(Strong roots)";

/// Finds the positions that explain the growth from tree to tree: the first ones on the way from
/// the root whose number of objects rose in every interval and accounts for the bytes that came.
///
/// They are looked for below what grew as a whole. If that leaves most of the growth unexplained,
/// they are looked for below the rest, too: a request in flight can be the shortest way to much of a
/// program, and what is left at the old position is smaller than it was. What came to the new one is
/// left out: it is more than the whole growth. A leak can be so, too, while as much is freed elsewhere,
/// but then there are more objects of the same size.
///
/// `work` is what was done up to each snapshot (seconds or iterations); the rates of the intervals
/// are compared by it.
pub(super) fn candidates(trees: &[PathTree], work: &[f64]) -> Vec<Candidate> {
    let Some((last, earlier)) = trees.split_last() else {
        return Vec::new();
    };
    let children = Children::of(last);
    let children_earlier: Vec<Children> = earlier.iter().map(Children::of).collect();
    let series = |at: &Matched, value: &dyn Fn(&Position) -> u64| {
        let mut values: Vec<u64> = earlier
            .iter()
            .zip(&at.earlier)
            .map(|(tree, found)| found.map_or(0, |found| value(&tree.positions[found as usize])))
            .collect();
        values.push(value(&last.positions[at.position as usize]));
        values
    };
    let root = Matched {
        position: ROOT,
        earlier: vec![Some(ROOT); earlier.len()],
    };
    let whole = growth(&series(&root, &|position| position.subtree)).max(0.0);
    let floor = (whole * NEGLIGIBLE).max(64.0);

    let mut found: Vec<Candidate> = Vec::new();
    let mut pending = vec![root];
    let mut passed_over: Option<Vec<Matched>> = Some(Vec::new());
    loop {
        let Some(at) = pending.pop() else {
            let came_here = |candidate: &Candidate| candidate.came_from_elsewhere(whole);
            let own: Vec<f64> = found
                .iter()
                .filter(|candidate| !came_here(candidate))
                .map(Candidate::growth)
                .collect();
            if !own.is_empty() && own.iter().sum::<f64>() >= EXPLAINS * whole {
                found.retain(|candidate| !came_here(candidate));
                return found;
            }
            match passed_over.take() {
                Some(others) => pending = others,
                None => return found,
            }
            continue;
        };
        let position = at.position;
        let parent = last.positions[position as usize].parent;
        let is_transient = |position: PositionId| {
            last.name(last.positions[position as usize].class) == TRANSIENT_ROOTS
        };
        let label = last.name(last.positions[position as usize].label);
        if is_transient(parent) && label != SYMBOL_TABLE {
            continue;
        }
        let subtree = series(&at, &|position| position.subtree);
        let grown = growth(&subtree);
        let is_growing = position == ROOT || grown >= floor;
        let can_have_grown = subtree[subtree.len() - 1] as f64 >= floor;
        if !is_growing && !can_have_grown {
            continue;
        }
        if let (false, Some(others)) = (is_growing, &mut passed_over) {
            others.push(at);
            continue;
        }
        let counts = series(&at, &|position| position.count);
        let shallow = series(&at, &|position| position.shallow);
        let candidate = |by_count: bool, values: &[u64]| Candidate {
            position,
            counts: counts.clone(),
            subtree: subtree.clone(),
            by_count,
            steadiness: steadiness(values, work),
        };
        if position != ROOT && is_growing && rises(&counts) {
            let (now, new) = (counts[counts.len() - 1] as f64, growth(&counts));
            let mean = subtree[subtree.len() - 1] as f64 / now;
            if new * mean >= EXPLAINS * grown {
                found.push(candidate(true, &counts));
                continue;
            }
        }
        if position != ROOT && is_growing && rises(&shallow) && growth(&shallow) >= EXPLAINS * grown
        {
            found.push(candidate(false, &shallow));
            continue;
        }
        let below = children.below(position);
        let matches: Vec<Vec<Option<PositionId>>> = earlier
            .iter()
            .zip(&children_earlier)
            .zip(&at.earlier)
            .map(|((tree, children), &found)| {
                let there = found.map_or(&[][..], |found| children.below(found));
                match_positions(last, below, tree, there)
            })
            .collect();
        pending.extend(below.iter().enumerate().map(|(place, &position)| Matched {
            position,
            earlier: matches.iter().map(|matches| matches[place]).collect(),
        }));
    }
}

/// The positions in the last tree of which `wanted` is true and where there are more objects than
/// there were, whatever that comes to in bytes.
pub(super) fn candidates_at(
    trees: &[PathTree],
    wanted: impl Fn(PositionId) -> bool,
) -> Vec<Candidate> {
    let [first, .., last] = trees else {
        return Vec::new();
    };
    let (children, children_before) = (Children::of(last), Children::of(first));
    let mut found = Vec::new();
    let mut pending = vec![(ROOT, Some(ROOT))];
    while let Some((position, before)) = pending.pop() {
        if position != ROOT && wanted(position) {
            let now = &last.positions[position as usize];
            let then = before.map(|at| &first.positions[at as usize]);
            let counts = vec![then.map_or(0, |then| then.count), now.count];
            if rises(&counts) {
                found.push(Candidate {
                    position,
                    counts,
                    subtree: vec![then.map_or(0, |then| then.subtree), now.subtree],
                    by_count: true,
                    steadiness: 1.0,
                });
            }
        }
        let below = children.below(position);
        let there = before.map_or(&[][..], |before| children_before.below(before));
        let matches = match_positions(last, below, first, there);
        pending.extend(below.iter().copied().zip(matches));
    }
    found.sort_by_key(|candidate| candidate.position);
    found
}

fn growth(values: &[u64]) -> f64 {
    values[values.len() - 1] as f64 - values[0] as f64
}

fn rises(values: &[u64]) -> bool {
    values.windows(2).all(|pair| pair[1] > pair[0])
}

fn steadiness(values: &[u64], work: &[f64]) -> f64 {
    let rates: Vec<f64> = values
        .windows(2)
        .zip(work.windows(2))
        .map(|(value, work)| (value[1] as f64 - value[0] as f64) / (work[1] - work[0]).max(1e-9))
        .collect();
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    if fastest > 0.0 {
        (slowest / fastest).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// One position in every tree that has it.
struct Matched {
    /// In the last tree.
    position: PositionId,
    earlier: Vec<Option<PositionId>>,
}

/// For every position of a tree, those right below it: `positions[first[n]..first[n + 1]]`.
struct Children {
    first: Vec<u32>,
    positions: Vec<PositionId>,
}

impl Children {
    fn of(tree: &PathTree) -> Self {
        let mut first = vec![0; tree.positions.len() + 1];
        for position in tree.positions.iter().skip(1) {
            first[position.parent as usize] += 1;
        }
        let mut total = 0;
        for slot in &mut first {
            total += *slot;
            *slot = total;
        }
        let mut positions = vec![ROOT; total as usize];
        for (index, position) in tree.positions.iter().enumerate().skip(1).rev() {
            let slot = &mut first[position.parent as usize];
            *slot -= 1;
            positions[*slot as usize] = index as PositionId;
        }
        Self { first, positions }
    }

    fn below(&self, position: PositionId) -> &[PositionId] {
        let place = position as usize;
        &self.positions[self.first[place] as usize..self.first[place + 1] as usize]
    }
}

/// For each of some positions of `tree`, the same one among `candidates` of `other`, if what is
/// above them is the same.
fn match_positions(
    tree: &PathTree,
    positions: &[PositionId],
    other: &PathTree,
    candidates: &[PositionId],
) -> Vec<Option<PositionId>> {
    let mut there: HashMap<(&str, &str, Option<NodeType>), PositionId> = HashMap::new();
    if !positions.is_empty() {
        let keys = candidates
            .iter()
            .map(|&candidate| (key(other, candidate), candidate));
        there.extend(keys);
    }
    let find = |&position: &PositionId| there.get(&key(tree, position)).copied();
    positions.iter().map(find).collect()
}

fn key(tree: &PathTree, position: PositionId) -> (&str, &str, Option<NodeType>) {
    let position = &tree.positions[position as usize];
    (
        tree.name(position.label),
        tree.name(position.class),
        position.node_type,
    )
}
