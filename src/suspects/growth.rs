//! Which positions grew in every interval, and explain the growth above and below them.

use std::collections::HashMap;

use super::path_tree::{PathTree, PositionId, ROOT};
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
        self.subtree[self.subtree.len() - 1] as f64 - self.subtree[0] as f64
    }
}

/// A step explains its growth when that many new objects, as large as those there are, make up this
/// share of it. Otherwise something below grew.
const EXPLAINS: f64 = 0.5;

/// A position whose growth is under this share of the whole is not looked at.
const NEGLIGIBLE: f64 = 0.01;

/// Where V8's compiler holds what it works on, in the background, for a moment.
const TRANSIENT_ROOTS: &str = "(Strong roots)";

/// Finds the positions that explain the growth from tree to tree: the first ones on the way from
/// the root whose number of objects rose in every interval and accounts for the bytes that came.
///
/// `work` is what was done up to each snapshot (seconds or iterations); the rates of the intervals
/// are compared by it.
pub(super) fn candidates(trees: &[PathTree], work: &[f64]) -> Vec<Candidate> {
    let Some((last, earlier)) = trees.split_last() else {
        return Vec::new();
    };
    let matches: Vec<Vec<Option<PositionId>>> = earlier
        .iter()
        .map(|tree| match_positions(last, tree))
        .collect();
    let series = |position: PositionId, value: &dyn Fn(&PathTree, PositionId) -> u64| {
        let mut values: Vec<u64> = earlier
            .iter()
            .zip(&matches)
            .map(|(tree, found)| found[position as usize].map_or(0, |found| value(tree, found)))
            .collect();
        values.push(value(last, position));
        values
    };
    let children = children_of(last);
    let whole = growth(&series(ROOT, &|tree, at| {
        tree.positions[at as usize].subtree
    }))
    .max(0.0);
    let floor = (whole * NEGLIGIBLE).max(64.0);

    let mut found = Vec::new();
    let mut pending = vec![ROOT];
    while let Some(position) = pending.pop() {
        if last.name(last.positions[position as usize].class) == TRANSIENT_ROOTS {
            continue;
        }
        let subtree = series(position, &|tree, at| tree.positions[at as usize].subtree);
        let grown = growth(&subtree);
        if position != ROOT && grown < floor {
            continue;
        }
        let counts = series(position, &|tree, at| tree.positions[at as usize].count);
        let shallow = series(position, &|tree, at| tree.positions[at as usize].shallow);
        let candidate = |by_count: bool, values: &[u64]| Candidate {
            position,
            counts: counts.clone(),
            subtree: subtree.clone(),
            by_count,
            steadiness: steadiness(values, work),
        };
        if position != ROOT && rises(&counts) {
            let (now, new) = (counts[counts.len() - 1] as f64, growth(&counts));
            let mean = subtree[subtree.len() - 1] as f64 / now;
            if new * mean >= EXPLAINS * grown {
                found.push(candidate(true, &counts));
                continue;
            }
        }
        if position != ROOT && rises(&shallow) && growth(&shallow) >= EXPLAINS * grown {
            found.push(candidate(false, &shallow));
            continue;
        }
        pending.extend(&children[position as usize]);
    }
    found
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
    let before = match_positions(last, first);
    let positions = (ROOT + 1..last.positions.len() as PositionId).filter(|&at| wanted(at));
    positions
        .filter_map(|position| {
            let now = &last.positions[position as usize];
            let then = before[position as usize].map(|at| &first.positions[at as usize]);
            let counts = vec![then.map_or(0, |then| then.count), now.count];
            rises(&counts).then(|| Candidate {
                position,
                counts,
                subtree: vec![then.map_or(0, |then| then.subtree), now.subtree],
                by_count: true,
                steadiness: 1.0,
            })
        })
        .collect()
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

fn children_of(tree: &PathTree) -> Vec<Vec<PositionId>> {
    let mut children = vec![Vec::new(); tree.positions.len()];
    for (index, position) in tree.positions.iter().enumerate().skip(1) {
        children[position.parent as usize].push(index as PositionId);
    }
    children
}

/// For every position of `tree`, the same one in `other`.
fn match_positions(tree: &PathTree, other: &PathTree) -> Vec<Option<PositionId>> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    for (index, name) in other.names.iter().enumerate() {
        numbers.insert(name, index as u32);
    }
    let mut there: HashMap<(PositionId, u32, u32, Option<NodeType>), PositionId> = HashMap::new();
    for (index, position) in other.positions.iter().enumerate().skip(1) {
        let key = (
            position.parent,
            position.label,
            position.class,
            position.node_type,
        );
        there.insert(key, index as PositionId);
    }
    let mut matches = vec![None; tree.positions.len()];
    matches[ROOT as usize] = Some(ROOT);
    // A position's parent always comes before it.
    for (index, position) in tree.positions.iter().enumerate().skip(1) {
        let same = |name: u32| numbers.get(tree.name(name)).copied();
        matches[index] = matches[position.parent as usize].and_then(|parent| {
            let key = (
                parent,
                same(position.label)?,
                same(position.class)?,
                position.node_type,
            );
            there.get(&key).copied()
        });
    }
    matches
}
