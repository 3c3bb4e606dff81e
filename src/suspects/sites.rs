//! Where the members of a suspect are written.

use std::collections::HashMap;

use super::naming::Namer;
use super::package::is_core;
use super::suspect::Site;
use crate::heap::{NodeIndex, NodeType, Snapshot};

/// Sites of one suspect.
pub(super) const MAX_SITES: usize = 5;

/// Members of a suspect that are looked at for their places in the source.
const MAX_SAMPLED: usize = 200;

/// Where the members, or the functions that they consist of, are written.
pub(super) fn sites(
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
    rank(&mut sites);
    sites.truncate(MAX_SITES);
    sites
}

/// Puts those with the most bytes first; the same in each run.
pub(super) fn rank(sites: &mut [Site]) {
    sites.sort_by(|a, b| {
        b.bytes
            .cmp(&a.bytes)
            .then_with(|| (&a.url, a.line, a.column).cmp(&(&b.url, b.line, b.column)))
    });
}
