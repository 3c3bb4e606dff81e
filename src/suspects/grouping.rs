//! From positions that grew to suspects in order: one for each holder.

use super::comparison::ClassGrowth;
use super::description::describe;
use super::growth::Candidate;
use super::holder::{Found, find_holder};
use super::lasting;
use super::members::Members;
use super::naming::Namer;
use super::open_handles::{Opened, Subject, is_open, opened};
use super::package::is_core;
use super::path_tree::{Placed, PositionId};
use super::suspect::{Suspect, SuspectKind};
use crate::heap::{NodeIndex, NodeType, Snapshot};

/// Suspects that are reported.
const MAX_SUSPECTS: usize = 10;
/// A suspect with less growth than this share of the first one's is not reported.
const SHARE_OF_FIRST: f64 = 0.02;

/// How much less growth of V8's bookkeeping counts.
const BOOKKEEPING: f64 = 0.02;
/// It is told from this share of the first one's on: V8 compiles and forgets all the time.
const BOOKKEEPING_TOLD: f64 = 0.5;

/// Candidates that one holder explains, as one suspect: first the one that grew most, then those
/// of the same class, such as the other half of a list that is linked both ways.
pub(super) struct Group {
    pub(super) found: Found,
    pub(super) alike: Vec<Candidate>,
    /// What they stand for, where they are open handles.
    pub(super) subject: Option<Subject>,
    score: f64,
}

/// The suspects behind the candidates, the worst first.
pub(super) fn suspects(
    snapshot: &Snapshot,
    placed: &Placed,
    namer: &Namer<'_>,
    classes: &[ClassGrowth],
    candidates: Vec<Candidate>,
) -> Vec<Suspect> {
    let graph = snapshot.graph();
    let (mut open, mut candidates): (Vec<Candidate>, Vec<Candidate>) = candidates
        .into_iter()
        .partition(|candidate| is_open(placed, candidate));
    open.sort_by(|a, b| b.growth().total_cmp(&a.growth()));
    open.truncate(MAX_SUSPECTS);
    candidates.sort_by(|a, b| score(placed, b).total_cmp(&score(placed, a)));
    let best = |candidates: &[Candidate]| {
        let scores = candidates.iter().map(|candidate| score(placed, candidate));
        scores.fold(0.0, f64::max)
    };
    let first = best(&candidates).max(best(&open));
    let is_little = |score: f64, candidate: &Candidate| {
        score < first * SHARE_OF_FIRST
            || (is_bookkeeping(placed, candidate) && score < first * BOOKKEEPING_TOLD)
    };
    candidates.retain(|candidate| !is_little(score(placed, candidate), candidate));
    candidates.truncate(4 * MAX_SUSPECTS);
    let all = candidates.iter().chain(&open);
    let members = Members::of(placed, all.map(|candidate| candidate.position));

    let mut groups: Vec<Group> = Vec::new();
    for candidate in candidates {
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
        let score = score(placed, &candidate);
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
                subject: None,
                score,
            }),
        }
    }
    let mut told: Vec<Told> = groups
        .into_iter()
        .map(|group| Told {
            holder: group.found.holder,
            score: group.score,
            growth: group.score,
            is_open: false,
            is_bookkeeping: false,
            suspect: describe(snapshot, placed, namer, &group, &members),
        })
        .collect();
    for opened in opened(snapshot, placed, &members, classes, open) {
        tell_opened(&mut told, snapshot, placed, namer, &members, opened);
    }
    told.sort_by(|a, b| b.score.total_cmp(&a.score));
    put_open_first(&mut told);
    let first = told.first().map_or(0.0, |told| told.score);
    let mut place = 0;
    told.retain(|told| {
        place += 1;
        let share = if told.is_bookkeeping {
            BOOKKEEPING_TOLD
        } else {
            SHARE_OF_FIRST
        };
        place == 1 || !told.is_open || told.score >= share * first
    });
    told.truncate(MAX_SUSPECTS);
    told.into_iter().map(|told| told.suspect).collect()
}

/// A suspect, and what its place among the others goes by.
struct Told {
    holder: NodeIndex,
    score: f64,
    /// Bytes, without regard to what they are.
    growth: f64,
    /// Whether nothing but open handles hold it.
    is_open: bool,
    /// Whether it is told only when there is little else to tell.
    is_bookkeeping: bool,
    suspect: Suspect,
}

/// Adds what open handles stand for: with the program's list that holds it, if there is one.
fn tell_opened(
    told: &mut Vec<Told>,
    snapshot: &Snapshot,
    placed: &Placed,
    namer: &Namer<'_>,
    members: &Members,
    opened: Opened,
) {
    let graph = snapshot.graph();
    let Opened {
        candidates,
        subject,
    } = opened;
    let sum = |of: &dyn Fn(&Candidate) -> f64| candidates.iter().map(of).sum::<f64>();
    let score = sum(&|candidate| score(placed, candidate));
    let growth = sum(&|candidate| candidate.growth() * settled(candidate));
    let handles: Vec<NodeIndex> = candidates
        .iter()
        .flat_map(|candidate| members.at(candidate.position))
        .copied()
        .collect();
    let (Some(parent), Some(&first)) = (
        handles
            .first()
            .and_then(|&handle| placed.paths.parent(handle)),
        handles.first(),
    ) else {
        return;
    };
    let mut group = Group {
        found: Found {
            holder: parent,
            member: subject.as_ref().map_or(first, |subject| subject.objects[0]),
            holders: 1,
        },
        alike: candidates,
        subject,
        score,
    };
    let directly = describe(snapshot, placed, namer, &group, members);
    if let Some(subject) = &group.subject {
        let paths = lasting::paths_without(graph, &handles);
        if let Some((found, held)) = lasting::holder(graph, &paths, &subject.objects) {
            group.found = found;
            group.subject = Some(subject.part(held));
            let namer = Namer {
                paths: &paths,
                ..*namer
            };
            let suspect = describe(snapshot, placed, &namer, &group, members);
            // Listeners and reactions refer to an object, but it is not theirs to end.
            if suspect.kind == SuspectKind::Collection {
                let holder = found.holder;
                match told.iter_mut().find(|other| other.holder == holder) {
                    Some(other) => {
                        if growth > other.growth {
                            other.suspect = suspect;
                        }
                        other.score += growth;
                        other.growth += growth;
                    }
                    None => told.push(Told {
                        holder,
                        score: growth,
                        growth,
                        is_open: false,
                        is_bookkeeping: false,
                        suspect,
                    }),
                }
                return;
            }
        }
    }
    told.push(Told {
        holder: parent,
        score,
        growth,
        is_open: true,
        is_bookkeeping: group.alike.iter().all(|one| is_bookkeeping(placed, one)),
        suspect: directly,
    });
}

/// Before a list of Node's own, in which nothing of the program stands, come handles that hold
/// more: such a list only refers to what is open.
fn put_open_first(told: &mut Vec<Told>) {
    let is_of_node = |suspect: &Suspect| suspect.holder.script.as_deref().is_some_and(is_core);
    let Some(first) = told.first() else { return };
    if first.is_open || !is_of_node(&first.suspect) {
        return;
    }
    let largest = (0..told.len())
        .filter(|&place| told[place].is_open && told[place].growth > first.growth)
        .max_by(|&a, &b| told[a].growth.total_cmp(&told[b].growth));
    if let Some(place) = largest {
        let open = told.remove(place);
        told.insert(0, open);
    }
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
    candidate.growth() * weight * settled(candidate)
}

/// What is left of a candidate's weight where its growth may be a warm-up.
fn settled(candidate: &Candidate) -> f64 {
    (0.25 + candidate.steadiness).min(1.0)
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
