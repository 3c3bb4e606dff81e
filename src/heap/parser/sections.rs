//! The flat arrays of a snapshot: nodes, edges and locations.

use std::io::Read;

use super::input::Input;
use super::meta::Layout;
use crate::error::{Code, Error, Result};
use crate::heap::columns::{EdgeType, NodeType, SizeColumn};
use crate::heap::graph::{Graph, Location, NodeIndex};

/// Rows that are reserved on a header's word alone, when the length of the source is unknown.
const UNCHECKED_ROWS: u64 = 1 << 22;

/// How many rows to reserve: what the header promises, but no more than the source can hold at two
/// bytes a number, so that a lying header cannot make us ask for the moon.
fn capacity(promised: u64, fields: usize, size: Option<u64>) -> usize {
    let bound = size.map_or(UNCHECKED_ROWS, |bytes| bytes / (2 * fields as u64) + 1);
    promised.min(bound) as usize
}

fn narrow(value: u64, what: &str) -> Result<u32> {
    u32::try_from(value).map_err(|_| {
        Error::new(
            Code::TooLarge,
            format!(
                "The snapshot's {what} of {value} is over {}, the most there can be.",
                u32::MAX
            ),
        )
    })
}

/// The file breaks its own promises.
pub(super) fn corrupt(problem: String) -> Error {
    Error::new(
        Code::Corrupt,
        format!("The snapshot contradicts itself: {problem}. Capture it again."),
    )
}

fn typed<T: Copy>(types: &[T], number: u64, what: &str) -> Result<T> {
    types
        .get(usize::try_from(number).unwrap_or(usize::MAX))
        .copied()
        .ok_or_else(|| corrupt(format!("{what} type {number} of {} known", types.len())))
}

pub(super) fn read_nodes<R: Read>(
    input: &mut Input<'_, R>,
    layout: &Layout,
    size: Option<u64>,
    graph: &mut Graph,
) -> Result<()> {
    let rows = capacity(layout.node_count, layout.node_fields, size);
    let mut node_types: Vec<NodeType> = Vec::with_capacity(rows);
    let mut node_names: Vec<u32> = Vec::with_capacity(rows);
    let mut node_ids: Vec<u32> = Vec::with_capacity(rows);
    let mut self_sizes = SizeColumn::with_capacity(rows);
    let mut first_edges: Vec<u32> = Vec::with_capacity(rows + 1);
    let mut attached = Vec::new();
    let mut detached = Vec::new();
    let mut edges = 0_u32;
    first_edges.push(0);
    input.rows(layout.node_fields, |row| {
        let place = node_types.len();
        node_types.push(typed(&layout.node_types, row[layout.node_type], "node")?);
        node_names.push(narrow(row[layout.node_name], "string number")?);
        node_ids.push(narrow(row[layout.node_id], "object id")?);
        self_sizes.push(row[layout.node_self_size]);
        edges = narrow(row[layout.node_edge_count], "count of edges")?
            .checked_add(edges)
            .ok_or_else(|| {
                Error::new(
                    Code::TooLarge,
                    format!(
                        "The snapshot has more than {} edges, the most there can be.",
                        u32::MAX
                    ),
                )
            })?;
        first_edges.push(edges);
        match layout.node_detachedness.map(|field| row[field]) {
            Some(1) => attached.push(narrow(place as u64, "count of nodes")?),
            Some(2) => detached.push(narrow(place as u64, "count of nodes")?),
            _ => {}
        }
        Ok(())
    })?;
    narrow(node_types.len() as u64, "count of nodes")?;
    if layout.node_count != 0 && layout.node_count != node_types.len() as u64 {
        return Err(corrupt(format!(
            "{} nodes where its header promises {}",
            node_types.len(),
            layout.node_count
        )));
    }
    graph.node_types = node_types;
    graph.node_names = node_names;
    graph.node_ids = node_ids;
    graph.self_sizes = self_sizes;
    graph.first_edges = first_edges;
    graph.attached = attached;
    graph.detached = detached;
    Ok(())
}

pub(super) fn read_edges<R: Read>(
    input: &mut Input<'_, R>,
    layout: &Layout,
    size: Option<u64>,
    graph: &mut Graph,
) -> Result<()> {
    let promised = u64::from(graph.first_edges.last().copied().unwrap_or(0));
    let rows = capacity(promised, layout.edge_fields, size);
    let mut edge_types: Vec<EdgeType> = Vec::with_capacity(rows);
    let mut edge_names: Vec<u32> = Vec::with_capacity(rows);
    let mut edge_targets: Vec<u32> = Vec::with_capacity(rows);
    let node_count = graph.node_count() as u64;
    let node_fields = layout.node_fields as u64;
    input.rows(layout.edge_fields, |row| {
        let target = row[layout.edge_target];
        let node = target / node_fields;
        if node >= node_count || node * node_fields != target {
            let place = edge_types.len();
            return Err(corrupt(format!(
                "edge {place} leads to {target}, which is not a node"
            )));
        }
        edge_types.push(typed(&layout.edge_types, row[layout.edge_type], "edge")?);
        edge_names.push(narrow(row[layout.edge_name], "edge name")?);
        edge_targets.push(node as u32);
        Ok(())
    })?;
    if promised != edge_types.len() as u64
        || (layout.edge_count != 0 && layout.edge_count != promised)
    {
        return Err(corrupt(format!(
            "{} edges where its nodes promise {promised} and its header {}",
            edge_types.len(),
            layout.edge_count
        )));
    }
    graph.edge_types = edge_types;
    graph.edge_names = edge_names;
    graph.edge_targets = edge_targets;
    Ok(())
}

pub(super) fn read_locations<R: Read>(
    input: &mut Input<'_, R>,
    layout: &Layout,
    graph: &mut Graph,
) -> Result<()> {
    let Some(fields) = &layout.locations else {
        return super::text::skip_value(input, None);
    };
    let node_fields = layout.node_fields as u64;
    let node_count = graph.node_count() as u64;
    let mut locations = Vec::new();
    input.rows(fields.fields, |row| {
        let object = row[fields.node];
        let node = object / node_fields;
        if node >= node_count || node * node_fields != object {
            return Err(corrupt(format!(
                "a location belongs to {object}, which is not a node"
            )));
        }
        locations.push(Location {
            node: NodeIndex(node as u32),
            script_id: narrow(row[fields.script_id], "script id")?,
            line: narrow(row[fields.line], "line")?,
            column: narrow(row[fields.column], "column")?,
        });
        Ok(())
    })?;
    locations.sort_by_key(|location| location.node);
    locations.shrink_to_fit();
    graph.locations = locations;
    Ok(())
}
