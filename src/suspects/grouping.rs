//! From positions that grew to suspects in order: one for each holder.

use super::description::describe;
use super::growth::Candidate;
use super::holder::{Found, find_holder};
use super::members::Members;
use super::naming::Namer;
use super::path_tree::{Placed, PositionId};
use super::suspect::Suspect;
use crate::heap::{NodeType, Snapshot};

/// Suspects that are reported.
const MAX_SUSPECTS: usize = 10;
/// A suspect with less growth than this share of the first one's is not reported.
const SHARE_OF_FIRST: f64 = 0.02;

/// How much less growth of V8's bookkeeping counts.
const BOOKKEEPING: f64 = 0.02;

/// Candidates that one holder explains, as one suspect: first the one that grew most, then those
/// of the same class, such as the other half of a list that is linked both ways.
pub(super) struct Group {
    pub(super) found: Found,
    pub(super) alike: Vec<Candidate>,
    score: f64,
}

/// The suspects behind the candidates, the worst first.
pub(super) fn suspects(
    snapshot: &Snapshot,
    placed: &Placed,
    namer: &Namer<'_>,
    candidates: Vec<Candidate>,
) -> Vec<Suspect> {
    let graph = snapshot.graph();
    let mut ranked: Vec<(f64, Candidate)> = candidates
        .into_iter()
        .map(|candidate| (score(placed, &candidate), candidate))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let first = ranked.first().map_or(0.0, |(score, _)| *score);
    // V8 compiles and forgets all the time; that is told only when there is little else to tell.
    ranked.retain(|(score, candidate)| !is_bookkeeping(placed, candidate) || *score * 2.0 >= first);
    ranked.truncate(4 * MAX_SUSPECTS);
    if let Some(end) = ranked
        .iter()
        .position(|&(score, _)| score < first * SHARE_OF_FIRST)
    {
        ranked.truncate(end);
    }
    let members = Members::of(
        placed,
        ranked.iter().map(|(_, candidate)| candidate.position),
    );
    let mut groups: Vec<Group> = Vec::new();
    for (score, candidate) in ranked {
        let position = candidate.position;
        let Some(found) = find_holder(
            graph,
            placed,
            position,
            members.at(position),
            candidate.by_count,
        ) else {
            continue;
        };
        match groups
            .iter_mut()
            .find(|group| group.found.holder == found.holder)
        {
            Some(group) => {
                group.score += score;
                if is_alike(placed, &group.alike[0], &candidate) {
                    group.alike.push(candidate);
                }
            }
            None => groups.push(Group {
                found,
                alike: vec![candidate],
                score,
            }),
        }
    }
    groups.sort_by(|a, b| b.score.total_cmp(&a.score));
    groups.truncate(MAX_SUSPECTS);
    groups
        .into_iter()
        .map(|group| describe(snapshot, placed, namer, &group, &members))
        .collect()
}

fn is_alike(placed: &Placed, one: &Candidate, other: &Candidate) -> bool {
    let key = |candidate: &Candidate| {
        let position = &placed.tree.positions[candidate.position as usize];
        (position.class, position.node_type)
    };
    key(one) == key(other) && one.by_count == other.by_count
}

fn class_above(placed: &Placed, position: PositionId) -> &str {
    let tree = &placed.tree;
    let above = tree.positions[position as usize].parent;
    tree.name(tree.positions[above as usize].class)
}

/// Bytes of growth, less what the growth of V8's own bookkeeping or of a warm-up deserves.
fn score(placed: &Placed, candidate: &Candidate) -> f64 {
    let weight = if is_bookkeeping(placed, candidate) {
        BOOKKEEPING
    } else {
        1.0
    };
    candidate.growth() * weight * (0.25 + candidate.steadiness).min(1.0)
}

/// Whether what grew is V8's and not the program's: code, hidden classes, text that V8 keeps once
/// for everybody (whoever uses it holds it too, and is the better suspect), and what Node.js has to
/// clean up at its end.
fn is_bookkeeping(placed: &Placed, candidate: &Candidate) -> bool {
    let position = &placed.tree.positions[candidate.position as usize];
    match position.node_type {
        Some(NodeType::Code | NodeType::ObjectShape | NodeType::Synthetic) => true,
        Some(NodeType::Hidden) => !placed
            .tree
            .name(position.class)
            .ends_with("PromiseReaction"),
        Some(NodeType::Native) => placed.tree.name(position.class) == "Node / CleanupQueue",
        _ => class_above(placed, candidate.position) == "(Internalized strings)",
    }
}
