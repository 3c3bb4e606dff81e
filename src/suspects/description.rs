//! What is said of one suspect.

use std::collections::HashMap;

use super::advice::{Case, advice};
use super::class_names::{class_name, class_name_of_holder};
use super::grouping::Group;
use super::growth::Candidate;
use super::holder::{Found, outside};
use super::members::Members;
use super::message::{Telling, tell};
use super::naming::{Named, Namer};
use super::open_handles::Subject;
use super::package::{is_core, package_of};
use super::path_tree::{Placed, PositionId};
use super::pattern::{Traits, kind_of};
use super::program_names::ProgramName;
use super::suspect::{Holder, Site, Suspect, SuspectKind};
use crate::heap::{
    Edge, EdgeType, Graph, NodeIndex, NodeType, ShortestPaths, Snapshot, Step, fingerprint, steps,
};

/// Members of a suspect that are looked at for their places in the source.
const MAX_SAMPLED: usize = 200;

/// Describes a group: its members, its holder, the way between them.
pub(super) fn describe(
    snapshot: &Snapshot,
    placed: &Placed,
    namer: &Namer<'_>,
    group: &Group,
    members: &Members,
) -> Suspect {
    let graph = snapshot.graph();
    let candidate = &group.alike[0];
    let Found {
        holder,
        member,
        holders,
    } = group.found;
    let mut members: Vec<NodeIndex> = group
        .alike
        .iter()
        .flat_map(|candidate| members.at(candidate.position))
        .copied()
        .collect();
    members.sort_unstable();
    let subject = group.subject.as_ref();
    let outside = outside(graph, namer.paths, holder);
    let handles = subject.map_or_else(Vec::new, |_| handle_kinds(placed, &group.alike));
    let sum = |of: &dyn Fn(&Candidate) -> u64| group.alike.iter().map(of).sum::<u64>();
    let first = sum(&|candidate| candidate.subtree[0]) as f64;
    let last = sum(&|candidate| candidate.subtree[candidate.subtree.len() - 1]) as f64;
    let mut count_growth = members.len() as i64 - sum(&|candidate| candidate.counts[0]) as i64;
    let mut all = members.clone();
    if let Some(subject) = subject {
        all.extend(&subject.objects);
        members.clone_from(&subject.objects);
        count_growth = subject.count_growth;
    }
    let retained_size = snapshot.retained_size_of(&all);
    let retained_growth = (retained_size as f64 * (1.0 - first / last)).round() as i64;
    let count = members.len() as u64;

    let way = Way::between(graph, namer.paths, holder, member);
    let is_program = |node| {
        let place = namer.scripts.place(graph, node);
        place.is_some_and(|place| !is_core(&place.script))
    };
    let payload = payload(placed, candidate, count_growth, &|position| {
        // What Node.js makes for each handle says nothing more than the handle, and of what a list
        // holds it may be the others' own.
        let is_told =
            |_: &Subject| outside.is_some() && placed.first_at(position).is_some_and(is_program);
        subject.is_none_or(is_told)
    });
    let traits = Traits {
        member_type: graph.node_type(member),
        member_class: graph.node_name(member),
        holder_class: graph.node_name(holder),
        edges: &way.edges,
        classes: &way.classes,
        keeps_contexts: payload.contexts,
    };
    let kind = match (subject, outside) {
        (Some(_), Some(_)) => SuspectKind::Objects,
        _ => kind_of(&traits),
    };
    let class_name = subject.map_or_else(
        || class_name(graph, member),
        |subject| subject.class_name.clone(),
    );
    let sites = sites(snapshot, namer, &members, retained_size);
    let ProgramName {
        mut named,
        is_within,
    } = namer.name_in_program(holder, subject.is_some());
    if let Some(outside) = outside {
        outside.owner().clone_into(&mut named.name);
    }
    let is_by_code = subject.is_some() || is_written_by_hand(kind);
    if is_by_code || outside.is_some() {
        prefer_own_code(&mut named, &sites);
    }
    let package = named
        .script
        .as_deref()
        .filter(|script| !is_core(script))
        .map_or_else(
            || sites.first().and_then(|site| package_of(&site.url)),
            package_of,
        );
    let holder_node = holder;
    let holder = Holder {
        class_name: match handles.first() {
            Some((kind, _)) if outside.is_some() => kind.clone(),
            _ => class_name_of_holder(graph, holder),
        },
        name: named.name,
        script: named.script,
        line: named.line,
        id: u64::from(graph.node_id(holder)),
        retained_size: snapshot.retained_size(holder),
    };
    let owner_class = namer
        .paths
        .parent(holder_node)
        .map_or_else(String::new, |owner| class_name_of_holder(graph, owner));
    let keeps = payload
        .class
        .as_deref()
        .filter(|&class| class != class_name && kind != SuspectKind::Contexts);
    let advice = advice(&Case {
        kind,
        class_name: &class_name,
        holder_class: &holder.class_name,
        holder_name: &holder.name,
        owner_class: &owner_class,
        keeps,
        openable: subject.and_then(|subject| subject.openable),
        outside,
    });
    let telling = Telling {
        holders,
        is_within,
        outside,
        event: (kind == SuspectKind::Listeners)
            .then(|| way.event().map(str::to_owned))
            .flatten(),
        keeps: keeps.map(str::to_owned),
        site: sites.first().filter(|_| is_by_code).cloned(),
        handles,
    };
    let fingerprint = fingerprint(&[
        &format!("{kind:?}"),
        &class_name,
        &holder.class_name,
        &holder.name,
        &portable(holder.script.as_deref()),
        &way.edges.join("/"),
    ]);
    let mut suspect = Suspect {
        kind,
        class_name,
        count,
        count_growth,
        retained_size,
        retained_growth,
        path: path_steps(graph, namer.paths, member),
        sites,
        package,
        fingerprint,
        message: String::new(),
        advice: advice.to_owned(),
        holder,
        telling: Some(telling),
    };
    tell(&mut suspect, namer.sources.base);
    suspect
}

/// Kinds of handles, and how many more there are of each.
fn handle_kinds(placed: &Placed, candidates: &[Candidate]) -> Vec<(String, i64)> {
    let tree = &placed.tree;
    candidates
        .iter()
        .map(|candidate| {
            let class = tree.positions[candidate.position as usize].class;
            let name = tree.name(class).trim_start_matches("Node / ");
            let counts = &candidate.counts;
            let growth = counts[counts.len() - 1] as i64 - counts[0] as i64;
            (name.to_owned(), growth)
        })
        .collect()
}

/// The path to a member. A report may be passed on, so the keys of dictionaries, which are somebody's
/// data, are left out of it.
fn path_steps(graph: &Graph, paths: &ShortestPaths, member: NodeIndex) -> Vec<Step> {
    let path = paths.path(graph, member);
    steps(graph, &path, member, |source, edge| {
        if is_key(graph, source, edge) {
            "[…]".to_owned()
        } else if is_weak_map_entry(graph, edge) {
            // V8's own words for it quote the key and the value.
            "value of a WeakMap".to_owned()
        } else {
            graph.edge_label(edge)
        }
    })
}

/// Whether a property is an entry of a dictionary. The listeners of an emitter are none, though an
/// emitter with as many properties as `process` looks like one.
fn is_key(graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
    edge.edge_type == EdgeType::Property
        && graph.is_dictionary(source)
        && graph.edge_text(edge) != Some("_events")
}

fn is_weak_map_entry(graph: &Graph, edge: Edge) -> bool {
    edge.edge_type == EdgeType::Internal
        && graph
            .edge_text(edge)
            .is_some_and(|text| text.contains("part of key ("))
}

/// Kinds whose members are functions of the program, so that their place is the culprit's.
fn is_written_by_hand(kind: SuspectKind) -> bool {
    matches!(
        kind,
        SuspectKind::Listeners
            | SuspectKind::Timers
            | SuspectKind::Promise
            | SuspectKind::Closure
            | SuspectKind::Contexts
    )
}

/// When the holder belongs to Node itself, the place of what the program gave it says more. That is
/// so of functions and of what is open; where the class of a Map's values stands is no place of the
/// Map.
fn prefer_own_code(named: &mut Named, sites: &[Site]) {
    let own = named
        .script
        .as_deref()
        .is_some_and(|script| !is_core(script));
    if let (false, Some(site)) = (own, sites.first()) {
        named.script = Some(site.url.clone());
        named.line = Some(site.line);
    }
}

/// The way from a holder down to one of its members.
struct Way {
    edges: Vec<String>,
    classes: Vec<String>,
}

impl Way {
    fn between(graph: &Graph, paths: &ShortestPaths, holder: NodeIndex, member: NodeIndex) -> Self {
        let mut way = Way {
            edges: Vec::new(),
            classes: Vec::new(),
        };
        let mut node = member;
        while node != holder && way.edges.len() < 32 {
            let Some((parent, edge)) = paths.step(graph, node) else {
                break;
            };
            // A key of a dictionary is data, and another one in the next run; but the names of
            // events are code, though what holds them is a dictionary, too.
            let is_key = is_key(graph, parent, edge) && !is_called(graph, paths, parent, "_events");
            let label = match graph.edge_text(edge) {
                Some(text)
                    if !is_key && !text.starts_with(|first: char| first.is_ascii_digit()) =>
                {
                    text
                }
                _ => "[]",
            };
            way.edges.push(label.to_owned());
            way.classes
                .push(graph.node_name(parent).chars().take(80).collect());
            node = parent;
        }
        way.edges.reverse();
        way.classes.reverse();
        // A chain's length changes from run to run.
        way.edges.dedup();
        way
    }

    /// The event, when the way leads through an emitter's `_events`.
    fn event(&self) -> Option<&str> {
        let place = self.edges.iter().position(|edge| edge == "_events")?;
        self.edges
            .get(place + 1)
            .map(String::as_str)
            .filter(|name| *name != "[]")
    }
}

fn is_called(graph: &Graph, paths: &ShortestPaths, node: NodeIndex, name: &str) -> bool {
    let step = paths.step(graph, node);
    step.is_some_and(|(_, edge)| graph.edge_text(edge) == Some(name))
}

/// Steps below a member that its payload is looked for.
const PAYLOAD_DEPTH: u8 = 6;

struct Payload {
    class: Option<String>,
    contexts: bool,
}

/// The class of the program that became more beneath the members, one for each.
fn payload(
    placed: &Placed,
    candidate: &Candidate,
    count_growth: i64,
    is_worth_telling: &dyn Fn(PositionId) -> bool,
) -> Payload {
    let positions = &placed.tree.positions;
    // Steps below the candidate, and one more; 0 for what stands elsewhere.
    let mut depth = vec![0_u8; positions.len()];
    depth[candidate.position as usize] = 1;
    let mut found = Payload {
        class: None,
        contexts: false,
    };
    let mut largest = 0;
    let below = positions
        .iter()
        .enumerate()
        .skip(candidate.position as usize + 1);
    for (index, position) in below {
        let above = depth[position.parent as usize];
        if above == 0 || above == PAYLOAD_DEPTH + 1 {
            continue;
        }
        depth[index] = above + 1;
        let one_each = position.count as i64 * 2 >= count_growth;
        let name = placed.tree.name(position.class);
        if !one_each || count_growth == 0 {
            continue;
        }
        found.contexts |= name == "system / NativeContext";
        let own = position.node_type == Some(NodeType::Object)
            && !name.starts_with("system / ")
            && !matches!(
                name,
                "Object" | "Array" | "Map" | "Set" | "Promise" | "" | "Function"
            );
        if own && position.subtree > largest && is_worth_telling(index as PositionId) {
            largest = position.subtree;
            found.class = Some(name.to_owned());
        }
    }
    found
}

/// Where the members, or the functions that they consist of, are written.
fn sites(
    snapshot: &Snapshot,
    namer: &Namer<'_>,
    members: &[NodeIndex],
    retained_size: u64,
) -> Vec<Site> {
    let graph = snapshot.graph();
    let mut found: HashMap<(String, u32, u32, String), u64> = HashMap::new();
    let step = members.len().div_ceil(MAX_SAMPLED).max(1);
    let sampled: Vec<NodeIndex> = members.iter().copied().step_by(step).collect();
    for &member in &sampled {
        let own = |node: NodeIndex| {
            let place = namer
                .scripts
                .place(graph, node)
                .filter(|place| !is_core(&place.script))?;
            Some((node, place))
        };
        let two_steps_down = || {
            let near = graph.edges(member).map(|edge| edge.target);
            let further = graph
                .edges(member)
                .flat_map(|edge| graph.edges(edge.target))
                .map(|edge| edge.target);
            near.chain(further)
                .take(400)
                .filter(|&node| graph.node_type(node) == NodeType::Closure)
                .find_map(own)
        };
        if let Some((node, place)) = own(member).or_else(two_steps_down) {
            let name = graph.node_name(node).chars().take(120).collect();
            *found
                .entry((place.script, place.line, place.column, name))
                .or_default() += 1;
        }
    }
    let mut sites: Vec<Site> = found
        .into_iter()
        .map(|((url, line, column, function_name), count)| Site {
            function_name,
            url,
            line,
            column,
            bytes: retained_size * count / sampled.len() as u64,
            sampled: false,
        })
        .collect();
    sites.sort_by(|a, b| {
        b.bytes
            .cmp(&a.bytes)
            .then_with(|| (&a.url, a.line, a.column).cmp(&(&b.url, b.line, b.column)))
    });
    sites.truncate(5);
    sites
}

/// A script's path without what differs between machines.
fn portable(script: Option<&str>) -> String {
    let script = script.unwrap_or("").replace('\\', "/");
    let tail = match script.rsplit_once("node_modules/") {
        Some((_, tail)) => tail,
        None => script.rsplit('/').next().unwrap_or(""),
    };
    tail.to_owned()
}
