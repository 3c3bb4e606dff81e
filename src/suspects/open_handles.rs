//! What open handles stand for: objects that a program knows, instead of Node's wraps of libuv's.
//!
//! A handle that is open is a root of its own, and what it belongs to hangs on it: `PipeWrap` →
//! `Pipe` → `Socket`, and behind a listener the `ChildProcess`. One object often has several handles.

use std::collections::{HashMap, HashSet, VecDeque};

use super::comparison::ClassGrowth;
use super::growth::Candidate;
use super::members::Members;
use super::package::is_core;
use super::path_tree::{Placed, ROOT, UNPLACED};
use crate::heap::{EdgeType, Graph, NodeIndex, NodeType, Snapshot};

/// Handles of one kind from which what they belong to is looked for.
const MAX_SAMPLED: usize = 96;
/// Objects that are looked at from one handle, and the steps to them.
const MAX_REACHED: usize = 600;
const MAX_STEPS: u8 = 8;
/// Of the handles of one kind, this share must lead to an object for them to belong together. Of
/// connections within one process, half are those of the other side, and so are about half of those
/// that are looked at.
const SHARE: f64 = 0.3;
/// Superclasses that are looked at.
const MAX_SUPERCLASSES: usize = 3;

/// What a program opens, by how it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Openable {
    Worker,
    ChildProcess,
    Watcher,
    Agent,
    ClientRequest,
    ServerResponse,
    MessagePort,
    Socket,
    /// What has a `close()`, and nothing else to know about it.
    Closable,
}

/// Classes of Node.js whose objects are open until somebody ends them, the most telling first: a child
/// process has sockets, an agent has requests.
const OPENABLE: [(&str, Openable); 19] = [
    ("Worker", Openable::Worker),
    ("ChildProcess", Openable::ChildProcess),
    ("FSWatcher", Openable::Watcher),
    ("StatWatcher", Openable::Watcher),
    ("BroadcastChannel", Openable::Closable),
    ("WebSocket", Openable::Closable),
    ("EventSource", Openable::Closable),
    ("Agent", Openable::Agent),
    ("ClientRequest", Openable::ClientRequest),
    ("ServerResponse", Openable::ServerResponse),
    ("ClientHttp2Session", Openable::Closable),
    ("ServerHttp2Session", Openable::Closable),
    ("Http2SecureServer", Openable::Closable),
    ("Http2Server", Openable::Closable),
    ("Server", Openable::Closable),
    ("MessagePort", Openable::MessagePort),
    ("FileHandle", Openable::Closable),
    ("TLSSocket", Openable::Socket),
    ("Socket", Openable::Socket),
];

/// Handles that belong together.
pub(super) struct Opened {
    /// One for each kind of handle, the one that grew most first.
    pub(super) candidates: Vec<Candidate>,
    pub(super) subject: Option<Subject>,
}

/// What handles stand for.
pub(super) struct Subject {
    pub(super) class_name: String,
    pub(super) openable: Option<Openable>,
    /// The closest to the root first; never empty.
    pub(super) objects: Vec<NodeIndex>,
    pub(super) count_growth: i64,
}

impl Subject {
    /// Some of the objects.
    pub(super) fn part(&self, objects: Vec<NodeIndex>) -> Self {
        let share = objects.len() as f64 / self.objects.len() as f64;
        Self {
            class_name: self.class_name.clone(),
            openable: self.openable,
            count_growth: (self.count_growth as f64 * share).round() as i64,
            objects,
        }
    }
}

/// Whether a candidate is held by no object: it is a handle of the event loop, or native code has it.
pub(super) fn is_open(placed: &Placed, candidate: &Candidate) -> bool {
    let tree = &placed.tree;
    let position = &tree.positions[candidate.position as usize];
    let above = tree.name(tree.positions[position.parent as usize].class);
    if position.parent == ROOT {
        let name = tree.name(position.class);
        return position.node_type == Some(NodeType::Synthetic) && name.starts_with("Node / ");
    }
    above == "(Global handles)" && position.node_type == Some(NodeType::Object)
}

/// Puts candidates together that lead to the same objects, and finds out what these are.
pub(super) fn opened(
    snapshot: &Snapshot,
    placed: &Placed,
    members: &Members,
    classes: &[ClassGrowth],
    mut candidates: Vec<Candidate>,
) -> Vec<Opened> {
    candidates.sort_by(|a, b| b.growth().total_cmp(&a.growth()));
    let search = Search::of(snapshot, placed, classes, &candidates);
    let reached: Vec<Reached> = candidates
        .iter()
        .map(|candidate| search.reached_by(members.at(candidate.position)))
        .collect();
    let mut together: Vec<usize> = (0..candidates.len()).collect();
    for (one, reached) in reached.iter().enumerate() {
        for &other in &reached.candidates {
            let (from, to) = (together[one], together[other]);
            let first = from.min(to);
            for group in &mut together {
                if *group == from || *group == to {
                    *group = first;
                }
            }
        }
    }
    let mut groups: Vec<Opened> = Vec::new();
    for group in 0..candidates.len() {
        let own: Vec<usize> = (0..candidates.len())
            .filter(|&place| together[place] == group)
            .collect();
        if own.is_empty() {
            continue;
        }
        let best = own
            .iter()
            .flat_map(|&place| &reached[place].classes)
            .min_by_key(|(name, rank)| (*rank, name.as_str()));
        let subject = match best {
            Some((name, rank)) => search.subject(name, *rank, &own),
            None => own
                .first()
                .and_then(|&place| behind(snapshot.graph(), &candidates[place], members)),
        };
        let candidates = own.iter().map(|&place| candidates[place].clone());
        groups.push(Opened {
            candidates: candidates.collect(),
            subject,
        });
    }
    groups
}

/// What is reached from most handles of one kind.
struct Reached {
    /// Classes of what may be open, and their place in [`OPENABLE`].
    classes: Vec<(String, usize)>,
    /// Handles of these other kinds.
    candidates: Vec<usize>,
}

struct Search<'a> {
    snapshot: &'a Snapshot,
    placed: &'a Placed,
    classes: HashMap<&'a str, &'a ClassGrowth>,
    /// For each position, the candidate above it.
    candidate_of: Vec<usize>,
}

const NONE: usize = usize::MAX;

impl<'a> Search<'a> {
    fn of(
        snapshot: &'a Snapshot,
        placed: &'a Placed,
        classes: &'a [ClassGrowth],
        candidates: &[Candidate],
    ) -> Self {
        let positions = &placed.tree.positions;
        let mut candidate_of = vec![NONE; positions.len()];
        for (place, candidate) in candidates.iter().enumerate() {
            candidate_of[candidate.position as usize] = place;
        }
        for index in 1..positions.len() {
            if candidate_of[index] == NONE {
                candidate_of[index] = candidate_of[positions[index].parent as usize];
            }
        }
        let classes = classes
            .iter()
            .map(|class| (class.class_name.as_str(), class));
        Self {
            snapshot,
            placed,
            classes: classes.collect(),
            candidate_of,
        }
    }

    fn candidate_above(&self, node: NodeIndex) -> usize {
        match self.placed.of_node[node.get()] {
            UNPLACED => NONE,
            position => self.candidate_of[position as usize],
        }
    }

    fn reached_by(&self, handles: &[NodeIndex]) -> Reached {
        let mut classes: HashMap<(String, usize), usize> = HashMap::new();
        let mut candidates: HashMap<usize, usize> = HashMap::new();
        let sampled = handles.len().min(MAX_SAMPLED);
        // Two sides of connections may take turns: not every second one, or every fourth.
        let stride = handles.len() / sampled.max(1);
        for place in 0..sampled {
            let handle = handles[place * handles.len() / sampled + place % stride];
            let (own_classes, own_candidates) = self.reached_by_one(handle);
            for class in own_classes {
                *classes.entry(class).or_default() += 1;
            }
            for candidate in own_candidates {
                *candidates.entry(candidate).or_default() += 1;
            }
        }
        let is_common = |count: usize| count as f64 >= SHARE * sampled as f64;
        Reached {
            classes: classes
                .into_iter()
                .filter(|&(_, count)| is_common(count))
                .map(|(class, _)| class)
                .collect(),
            candidates: candidates
                .into_iter()
                .filter(|&(_, count)| is_common(count))
                .map(|(candidate, _)| candidate)
                .collect(),
        }
    }

    /// Classes and candidates that one handle leads to.
    fn reached_by_one(&self, handle: NodeIndex) -> (HashSet<(String, usize)>, HashSet<usize>) {
        let graph = self.snapshot.graph();
        let mut seen = HashSet::from([handle]);
        let mut pending = VecDeque::from([(handle, 0)]);
        let (mut classes, mut candidates) = (HashSet::new(), HashSet::new());
        while let Some((node, steps)) = pending.pop_front() {
            candidates.insert(self.candidate_above(node));
            if let Some(place) = self.place_in_openable(node)
                && self.is_growing(graph.node_name(node))
            {
                classes.insert((graph.node_name(node).to_owned(), place));
            }
            if steps == MAX_STEPS {
                continue;
            }
            for edge in graph.edges(node) {
                let follow = !matches!(edge.edge_type, EdgeType::Weak | EdgeType::Shortcut)
                    && graph.edge_text(edge) != Some("__proto__")
                    && is_made_by_program(graph.node_type(edge.target))
                    && self.candidate_above(edge.target) != NONE;
                if follow && seen.len() < MAX_REACHED && seen.insert(edge.target) {
                    pending.push_back((edge.target, steps + 1));
                }
            }
        }
        (classes, candidates)
    }

    /// The place of an object's class or superclass in [`OPENABLE`].
    fn place_in_openable(&self, node: NodeIndex) -> Option<usize> {
        let graph = self.snapshot.graph();
        if graph.node_type(node) != NodeType::Object {
            return None;
        }
        let find = |node: NodeIndex| {
            let name = graph.node_name(node);
            OPENABLE.iter().position(|&(class, _)| class == name)
        };
        let own = || {
            let place = self.snapshot.scripts().place(graph, node);
            place.is_none_or(|place| is_core(&place.script))
        };
        if let Some(found) = find(node) {
            // A program may have an Agent or a Worker of its own that has nothing to do with these.
            return own().then_some(found);
        }
        // V8 calls a prototype by the class above.
        let prototype =
            |node: &NodeIndex| graph.edge_named(*node, "__proto__").map(|edge| edge.target);
        std::iter::successors(prototype(&node), prototype)
            .take(MAX_SUPERCLASSES)
            .find_map(find)
    }

    fn is_growing(&self, class: &str) -> bool {
        let growth = self.classes.get(class);
        growth.is_some_and(|class| class.counts.windows(2).all(|pair| pair[1] > pair[0]))
    }

    /// All objects of a class that hang on handles of these candidates.
    fn subject(&self, class: &str, place: usize, candidates: &[usize]) -> Option<Subject> {
        let graph = self.snapshot.graph();
        let all: Vec<NodeIndex> = self
            .placed
            .paths
            .order()
            .filter(|&node| {
                graph.node_type(node) == NodeType::Object
                    && graph.node_name(node) == class
                    && candidates.contains(&self.candidate_above(node))
            })
            .collect();
        // A worker and its handle are called alike.
        let (handles, objects): (Vec<NodeIndex>, Vec<NodeIndex>) =
            all.iter().partition(|&&node| is_handle(graph, node));
        let objects = if objects.is_empty() { handles } else { objects };
        let growth = self.classes.get(class)?.count_growth;
        let share = objects.len() as f64 / all.len() as f64;
        (!objects.is_empty()).then(|| Subject {
            class_name: class.to_owned(),
            openable: Some(OPENABLE[place].1),
            count_growth: ((growth as f64 * share).round() as i64).min(objects.len() as i64),
            objects,
        })
    }
}

/// The objects right behind handles: those that Node.js calls their owners, else their own in
/// JavaScript.
fn behind(graph: &Graph, candidate: &Candidate, members: &Members) -> Option<Subject> {
    let members = members.at(candidate.position);
    let follow = |node: NodeIndex, name: &str| graph.edge_named(node, name).map(|edge| edge.target);
    let objects: Vec<NodeIndex> = members
        .iter()
        .filter_map(|&member| {
            let own = follow(member, "native_to_javascript").unwrap_or(member);
            let owner = follow(own, "<symbol owner_symbol>").unwrap_or(own);
            (graph.node_type(owner) == NodeType::Object).then_some(owner)
        })
        .collect();
    let name = graph.node_name(*objects.first()?);
    let alike = objects
        .iter()
        .filter(|&&object| graph.node_name(object) == name)
        .count();
    let is_new = objects.first() != members.first();
    let counts = &candidate.counts;
    (is_new && alike * 2 > members.len()).then(|| Subject {
        class_name: name.to_owned(),
        openable: None,
        count_growth: counts[counts.len() - 1] as i64 - counts[0] as i64,
        objects,
    })
}

fn is_handle(graph: &Graph, node: NodeIndex) -> bool {
    graph.edge_named(node, "javascript_to_native").is_some()
}

fn is_made_by_program(node_type: NodeType) -> bool {
    matches!(
        node_type,
        NodeType::Object | NodeType::Closure | NodeType::Array
    )
}
