//! From the objects that became more to the one object that holds them.

use std::collections::{BTreeMap, HashMap};

use super::fast_hasher::BuildFastHasher;
use super::path_tree::{Placed, PositionId};
use crate::heap::{EdgeType, Graph, NodeIndex, NodeType, ShortestPaths};

/// Of the objects, this share must be reached through one node for it to be their holder.
/// Eclipse MAT follows the branch with 80 %; a little less allows for objects in flight.
const SHARE: f64 = 0.7;

/// How far above the objects a common holder is looked for. Further up is the program itself.
const MAX_STEPS: usize = 12;

/// The holder of a group of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The object, as a program knows it.
    pub(super) holder: NodeIndex,
    /// One of the group, behind that holder.
    pub(super) member: NodeIndex,
    /// How many such holders share the group; one in most cases.
    pub(super) holders: usize,
}

/// Who holds something that no object of the program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// Node.js, for the event loop: what is open or in progress.
    EventLoop,
    /// Node.js or an addon, by a handle of V8's.
    NativeCode,
    /// V8, in a table of its own.
    Engine,
}

impl Outside {
    /// A name for it.
    pub(super) fn owner(self) -> &'static str {
        match self {
            Self::EventLoop => "Node.js",
            Self::NativeCode => "native code",
            Self::Engine => "V8",
        }
    }
}

/// What V8 calls its table of the symbols that `Symbol.for` made.
pub(super) const SYMBOL_TABLE: &str = "public_symbol_table";

/// Who holds it in the program's place; `None` where the program does.
pub(super) fn outside(graph: &Graph, paths: &ShortestPaths, holder: NodeIndex) -> Option<Outside> {
    if graph.node_type(holder) == NodeType::Array {
        let step = paths.step(graph, holder);
        let is_table = step.is_some_and(|(_, edge)| graph.edge_text(edge) == Some(SYMBOL_TABLE));
        return is_table.then_some(Outside::Engine);
    }
    if graph.node_type(holder) != NodeType::Synthetic {
        return None;
    }
    Some(match graph.node_name(holder) {
        handle if handle.is_empty() || handle.starts_with("Node / ") => Outside::EventLoop,
        "(Internalized strings)" | "(Strong roots)" => Outside::Engine,
        _ => Outside::NativeCode,
    })
}

/// Finds what holds `members`, the objects at `position`; `by_count`: they became more, not only
/// larger.
pub(super) fn find_holder(
    graph: &Graph,
    placed: &Placed,
    position: PositionId,
    members: &[NodeIndex],
    by_count: bool,
) -> Option<Found> {
    if let (&[member], false) = (members, by_count) {
        // What became larger by itself, such as a Map from numbers to numbers, holds what it grew by.
        let alone = Anchor {
            count: 1,
            member,
            chained: false,
        };
        return Some(Found {
            holder: owner(graph, &placed.paths, member, alone),
            member,
            holders: 1,
        });
    }
    let anchors = anchors(placed, position, members);
    let total: usize = anchors.values().map(|anchor| anchor.count).sum();
    let (&largest, group) = anchors
        .iter()
        .max_by_key(|(node, anchor)| (anchor.count, node.0))?;
    let direct = Found {
        holder: owner(graph, &placed.paths, largest, *group),
        member: group.member,
        holders: 1,
    };
    if group.count as f64 >= SHARE * total as f64 {
        return Some(direct);
    }
    // No single node holds most of them: look for one further up that holds their holders.
    // In order of nodes, so that the same snapshot always shows the same member.
    let mut level: BTreeMap<NodeIndex, Anchor> = anchors
        .iter()
        .map(|(&node, &anchor)| (node, anchor))
        .collect();
    for _ in 0..MAX_STEPS {
        let mut above: BTreeMap<NodeIndex, Anchor> = BTreeMap::new();
        for (node, anchor) in level {
            let parent = placed.paths.parent(node)?;
            let merged = above.entry(parent).or_insert(Anchor { count: 0, ..anchor });
            merged.count += anchor.count;
        }
        level = above;
        let (&node, anchor) = level
            .iter()
            .max_by_key(|(node, anchor)| (anchor.count, node.0))?;
        if anchor.count as f64 >= SHARE * total as f64 {
            if is_program_object(graph, node) {
                let holder = owner(graph, &placed.paths, node, *anchor);
                return Some(Found {
                    holder,
                    member: anchor.member,
                    holders: 1,
                });
            }
            break;
        }
    }
    Some(Found {
        holders: anchors.len(),
        ..direct
    })
}

/// The object that a program knows at `node` or above, which leads to `member` by these paths;
/// `None` where that is no object of the program.
pub(super) fn holder_above(
    graph: &Graph,
    paths: &ShortestPaths,
    node: NodeIndex,
    member: NodeIndex,
) -> Option<NodeIndex> {
    let group = Anchor {
        count: 1,
        member,
        chained: false,
    };
    is_program_object(graph, node).then(|| owner(graph, paths, node, group))
}

#[derive(Clone, Copy)]
struct Anchor {
    count: usize,
    member: NodeIndex,
    /// Whether members hang on each other.
    chained: bool,
}

/// The nodes directly above the position's objects, with the number of objects that each one
/// leads to. A chain of links hangs, as a whole, on what holds its first link.
fn anchors(
    placed: &Placed,
    position: PositionId,
    members: &[NodeIndex],
) -> HashMap<NodeIndex, Anchor, BuildFastHasher> {
    let positions = &placed.tree.positions;
    let mut inside = vec![false; positions.len()];
    inside[position as usize] = true;
    for index in position as usize + 1..positions.len() {
        inside[index] = inside[positions[index].parent as usize];
    }
    let is_inside = |node: NodeIndex| inside[placed.of_node[node.get()] as usize];
    // Of links that were passed on the way up from others.
    let mut known: HashMap<NodeIndex, NodeIndex, BuildFastHasher> = HashMap::default();
    let mut passed: Vec<NodeIndex> = Vec::new();
    let mut anchors: HashMap<NodeIndex, Anchor, BuildFastHasher> = HashMap::default();
    for &member in members {
        let Some(parent) = placed.paths.parent(member) else {
            continue;
        };
        let mut anchor = parent;
        while is_inside(anchor) {
            if let Some(&found) = known.get(&anchor) {
                anchor = found;
                break;
            }
            passed.push(anchor);
            let Some(above) = placed.paths.parent(anchor) else {
                break;
            };
            anchor = above;
        }
        known.extend(passed.drain(..).map(|link| (link, anchor)));
        let first = Anchor {
            count: 0,
            member,
            chained: false,
        };
        let found = anchors.entry(anchor).or_insert(first);
        found.count += 1;
        found.chained |= anchor != parent;
    }
    anchors
}

/// Whether a node is something that a program made, as opposed to a root or a global.
fn is_program_object(graph: &Graph, node: NodeIndex) -> bool {
    !matches!(
        graph.node_type(node),
        NodeType::Synthetic | NodeType::Native
    ) && graph.node_name(node) != "system / NativeContext"
        && !graph.node_name(node).starts_with("global")
}

/// Climbs from backing stores, links and listener lists to the object that a program knows.
fn owner(graph: &Graph, paths: &ShortestPaths, from: NodeIndex, group: Anchor) -> NodeIndex {
    let mut node = from;
    let mut below = group.member;
    for _ in 0..MAX_STEPS {
        let Some((parent, edge)) = paths.step(graph, node) else {
            break;
        };
        // The first links of a chain are not what holds it.
        let is_link = group.chained && is_alike(graph, node, group.member);
        let technical = match graph.node_type(node) {
            NodeType::Array | NodeType::Hidden | NodeType::Code => true,
            // What a method closes over belongs to the object that has the method.
            NodeType::Closure => {
                is_context(graph, below)
                    && edge.edge_type == EdgeType::Property
                    && graph.node_type(parent) == NodeType::Object
            }
            NodeType::Object => {
                is_context(graph, node)
                    || graph.node_name(node).ends_with("PromiseReaction")
                    || graph.node_name(node) == "system / Cell"
                    || graph.edge_text(edge) == Some("_events")
                    || is_within_event_target(graph, paths, node)
                    || is_listener_list(graph, paths, parent, edge.edge_type)
            }
            _ => false,
        };
        // A chain that begins in a variable is its own holder: above is only the scope.
        let leaves_chain = is_link && !technical && is_context(graph, parent);
        if !(technical || is_link) || leaves_chain || !is_program_object(graph, parent) {
            break;
        }
        below = node;
        node = parent;
    }
    node
}

/// Under this symbol an EventTarget, such as an AbortSignal, keeps a Map from each event to the first
/// link of a list (Node's `lib/internal/event_target.js`).
const TARGET_EVENTS: &str = "<symbol kEvents>";

/// Whether an object is that Map, or what it leads to for one event.
fn is_within_event_target(graph: &Graph, paths: &ShortestPaths, node: NodeIndex) -> bool {
    let mut node = node;
    for _ in 0..3 {
        let Some((parent, edge)) = paths.step(graph, node) else {
            return false;
        };
        if edge.edge_type == EdgeType::Property {
            return graph.edge_text(edge) == Some(TARGET_EVENTS);
        }
        node = parent;
    }
    false
}

fn is_alike(graph: &Graph, one: NodeIndex, other: NodeIndex) -> bool {
    graph.node_type(one) == graph.node_type(other)
        && graph.node_name_index(one) == graph.node_name_index(other)
}

/// Whether an object reached from `parent` is the list of listeners of one event: `parent` is the
/// `_events` of an emitter.
fn is_listener_list(
    graph: &Graph,
    paths: &ShortestPaths,
    parent: NodeIndex,
    edge_type: EdgeType,
) -> bool {
    edge_type == EdgeType::Property
        && paths
            .step(graph, parent)
            .is_some_and(|(_, edge)| graph.edge_text(edge) == Some("_events"))
}

/// Whether a node is a function's context.
pub(super) fn is_context(graph: &Graph, node: NodeIndex) -> bool {
    let name = graph.node_name(node);
    name == "system / Context" || name.starts_with("system / Context / ")
}
