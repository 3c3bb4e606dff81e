//! What is said of one suspect.

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
use super::path_tree::Placed;
use super::pattern::{Traits, kind_of};
use super::payload::payload;
use super::program_names::ProgramName;
use super::sites::sites;
use super::suspect::{Holder, Site, Suspect, SuspectKind};
use super::way::{Way, path_steps};
use crate::heap::{NodeIndex, Snapshot, fingerprint};

/// Describes a group: its members, its holder, the way between them.
pub(super) fn describe(
    snapshot: &Snapshot,
    placed: &Placed,
    namer: &Namer<'_>,
    group: &Group,
    members: &Members,
) -> Suspect {
    let graph = snapshot.graph();
    let Found {
        holder,
        member,
        holders,
    } = group.found;
    let subject = group.subject.as_ref();
    let outside = outside(graph, namer.paths, holder);
    let handles = subject.map_or_else(Vec::new, |_| handle_kinds(placed, &group.alike));
    let Grown {
        members,
        count_growth,
        retained_size,
        retained_growth,
    } = Grown::of(snapshot, group, members);

    let way = Way::between(graph, namer.paths, holder, member);
    let is_program = |node| {
        let place = namer.scripts.place(graph, node);
        place.is_some_and(|place| !is_core(&place.script))
    };
    let payload = payload(placed, &group.alike[0], count_growth, &|position| {
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
    let is_by_code = subject.is_some() || is_written_by_hand(kind);
    let ProgramName {
        mut named,
        is_within,
    } = namer.name_in_program(holder, subject.is_some());
    if let Some(outside) = outside {
        outside.owner().clone_into(&mut named.name);
    }
    if is_by_code || outside.is_some() {
        prefer_own_code(&mut named, &sites);
    }
    let package = package(&named, &sites);
    let owner_class = namer
        .paths
        .parent(holder)
        .map_or_else(String::new, |owner| class_name_of_holder(graph, owner));
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
        count: members.len() as u64,
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

/// What a group has come to.
struct Grown {
    /// The objects that are told of, in the order of the file.
    members: Vec<NodeIndex>,
    count_growth: i64,
    retained_size: u64,
    retained_growth: i64,
}

impl Grown {
    fn of(snapshot: &Snapshot, group: &Group, members: &Members) -> Self {
        let alike = &group.alike;
        let mut members: Vec<NodeIndex> = alike
            .iter()
            .flat_map(|candidate| members.at(candidate.position))
            .copied()
            .collect();
        members.sort_unstable();
        let sum = |of: &dyn Fn(&Candidate) -> u64| alike.iter().map(of).sum::<u64>();
        let first = sum(&|candidate| candidate.subtree[0]) as f64;
        let last = sum(&|candidate| candidate.subtree[candidate.subtree.len() - 1]) as f64;
        let mut count_growth = members.len() as i64 - sum(&|candidate| candidate.counts[0]) as i64;
        let mut all = members.clone();
        if let Some(subject) = &group.subject {
            all.extend(&subject.objects);
            members.clone_from(&subject.objects);
            count_growth = subject.count_growth;
        }
        let retained_size = snapshot.retained_size_of(&all);
        Self {
            members,
            count_growth,
            retained_size,
            retained_growth: (retained_size as f64 * (1.0 - first / last)).round() as i64,
        }
    }
}

/// The package of the program's code that has to do with it.
fn package(named: &Named, sites: &[Site]) -> Option<String> {
    let own = named.script.as_deref().filter(|script| !is_core(script));
    own.or_else(|| sites.first().map(|site| site.url.as_str()))
        .and_then(package_of)
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

/// A script's path without what differs between machines.
fn portable(script: Option<&str>) -> String {
    let script = script.unwrap_or("").replace('\\', "/");
    let tail = match script.rsplit_once("node_modules/") {
        Some((_, tail)) => tail,
        None => script.rsplit('/').next().unwrap_or(""),
    };
    tail.to_owned()
}
