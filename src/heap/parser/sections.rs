//! The flat arrays of a snapshot: nodes, edges and locations.

use std::io::Read;

use super::input::Input;
use super::meta::Layout;
use crate::error::{Code, Error, Result};
use crate::heap::columns::{EdgeType, Link, NodeType};
use crate::heap::graph::{Graph, Location, NodeIndex};
use crate::heap::narrow_column::NarrowColumn;

/// Rows that are reserved on a header's word alone, when the length of the source is unknown.
const UNCHECKED_ROWS: u64 = 1 << 22;

/// How many rows to reserve: what the header promises, but no more than the source can hold at two
/// bytes a number, so that a lying header cannot make us ask for the moon.
fn capacity(promised: u64, fields: usize, size: Option<u64>) -> usize {
    let bound = size.map_or(UNCHECKED_ROWS, |bytes| bytes / (2 * fields as u64) + 1);
    promised.min(bound) as usize
}

#[inline(always)]
fn narrow(value: u64, what: &str) -> Result<u32> {
    match u32::try_from(value) {
        Ok(narrow) => Ok(narrow),
        Err(_) => Err(too_large(value, what)),
    }
}

// What fails once a file stays out of what is done for every row of it.
#[cold]
fn too_large(value: u64, what: &str) -> Error {
    Error::new(
        Code::TooLarge,
        format!(
            "The snapshot's {what} of {value} is over {}, the most there can be.",
            u32::MAX
        ),
    )
}

/// Divides many numbers by the same small one: for those of 32 bits by one multiplication, which
/// is exact (Lemire, Kaser and Kurz, "Faster remainder by direct computation", Software: Practice
/// and Experience 49(6), 2019).
struct Divisor {
    number: u64,
    /// 2^64 over the number, rounded up; 0 for the number 1.
    inverse: u64,
}

impl Divisor {
    fn new(number: u64) -> Self {
        Self {
            number,
            inverse: (u64::MAX / number).wrapping_add(1),
        }
    }

    #[inline]
    fn divide(&self, dividend: u64) -> u64 {
        if dividend >> 32 == 0 && self.number > 1 {
            ((u128::from(self.inverse) * u128::from(dividend)) >> 64) as u64
        } else {
            dividend / self.number
        }
    }
}

/// The file breaks its own promises.
#[cold]
pub(super) fn corrupt(problem: String) -> Error {
    Error::new(
        Code::Corrupt,
        format!("The snapshot contradicts itself: {problem}. Capture it again."),
    )
}

#[inline(always)]
fn typed<T: Copy>(types: &[T], number: u64, what: &str) -> Result<T> {
    match types.get(usize::try_from(number).unwrap_or(usize::MAX)) {
        Some(&known) => Ok(known),
        None => Err(unknown_type(number, types.len(), what)),
    }
}

#[cold]
fn unknown_type(number: u64, known: usize, what: &str) -> Error {
    corrupt(format!("{what} type {number} of {known} known"))
}

#[cold]
fn no_node(edge: usize, target: u64) -> Error {
    corrupt(format!(
        "edge {edge} leads to {target}, which is not a node"
    ))
}

/// What is checked when the whole file has been read.
#[derive(Debug, Default)]
pub(super) struct Greatest {
    /// The greatest number of a string that names a node.
    pub(super) node_names: Option<u32>,
    /// The same of the edges that are named by a string.
    pub(super) edge_names: Option<u32>,
    /// Bytes of all nodes, if 64 bits hold so many.
    pub(super) total_size: u64,
}

/// What edges are checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nodes {
    pub(super) count: u64,
    /// How many edges they have.
    pub(super) edges: u64,
}

impl Nodes {
    pub(super) fn of(graph: &Graph) -> Self {
        Self {
            count: graph.node_count() as u64,
            edges: u64::from(graph.first_edges.last().copied().unwrap_or(0)),
        }
    }
}

/// The columns of the edges.
pub(super) struct Edges {
    pub(super) links: Vec<Link>,
    pub(super) names: NarrowColumn,
    pub(super) greatest_name: Option<u32>,
}

pub(super) fn read_nodes<R: Read>(
    input: &mut Input<'_, R>,
    layout: &Layout,
    size: Option<u64>,
    graph: &mut Graph,
    greatest: &mut Greatest,
) -> Result<()> {
    let rows = capacity(layout.node_count, layout.node_fields, size);
    let mut node_types: Vec<NodeType> = Vec::with_capacity(rows);
    let mut node_names = NarrowColumn::with_capacity(3, rows);
    let mut node_ids = NarrowColumn::with_capacity(3, rows);
    let mut self_sizes = NarrowColumn::with_capacity(2, rows);
    let mut first_edges: Vec<u32> = Vec::with_capacity(rows + 1);
    let mut attached = Vec::new();
    let mut detached = Vec::new();
    let mut edges = 0_u32;
    let (mut greatest_name, mut total_size) = (0, 0_u64);
    first_edges.push(0);
    input.rows(
        layout.node_fields,
        #[inline(always)]
        |row| {
            let place = node_types.len();
            node_types.push(typed(&layout.node_types, row[layout.node_type], "node")?);
            let name = narrow(row[layout.node_name], "string number")?;
            greatest_name = greatest_name.max(name);
            node_names.push(name.into());
            node_ids.push(narrow(row[layout.node_id], "object id")?.into());
            let size = row[layout.node_self_size];
            total_size = total_size.saturating_add(size);
            self_sizes.push(size);
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
        },
    )?;
    if node_types.len() as u64 > Link::MOST_NODES {
        return Err(Error::new(
            Code::TooLarge,
            format!(
                "The snapshot has {} nodes, over {}, the most that leakguard can number.",
                node_types.len(),
                Link::MOST_NODES
            ),
        ));
    }
    if layout.node_count != 0 && layout.node_count != node_types.len() as u64 {
        return Err(corrupt(format!(
            "{} nodes where its header promises {}",
            node_types.len(),
            layout.node_count
        )));
    }
    greatest.node_names = (!node_types.is_empty()).then_some(greatest_name);
    greatest.total_size = total_size;
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
    nodes: Nodes,
) -> Result<Edges> {
    let rows = capacity(nodes.edges, layout.edge_fields, size);
    let mut links: Vec<Link> = Vec::with_capacity(rows);
    let mut names = NarrowColumn::with_capacity(3, rows);
    // One more, and 0 where there is none.
    let mut greatest_name = 0;
    let node_fields = Divisor::new(layout.node_fields as u64);
    input.rows(
        layout.edge_fields,
        #[inline(always)]
        |row| {
            let target = row[layout.edge_target];
            let node = node_fields.divide(target);
            if node >= nodes.count || node * node_fields.number != target {
                return Err(no_node(links.len(), target));
            }
            let edge_type: EdgeType = typed(&layout.edge_types, row[layout.edge_type], "edge")?;
            let name = narrow(row[layout.edge_name], "edge name")?;
            let counted = match edge_type.is_numbered() {
                true => 0,
                false => u64::from(name) + 1,
            };
            greatest_name = greatest_name.max(counted);
            names.push(name.into());
            links.push(Link::new(edge_type, node as u32));
            Ok(())
        },
    )?;
    if nodes.edges != links.len() as u64
        || (layout.edge_count != 0 && layout.edge_count != nodes.edges)
    {
        return Err(corrupt(format!(
            "{} edges where its nodes promise {} and its header {}",
            links.len(),
            nodes.edges,
            layout.edge_count
        )));
    }
    Ok(Edges {
        links,
        names,
        greatest_name: greatest_name.checked_sub(1).map(|name| name as u32),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_by_multiplication_is_exact() {
        for number in 1..=16 {
            let divisor = Divisor::new(number);
            let near = [
                0,
                1,
                number,
                1 << 31,
                (1 << 32) / number * number,
                1 << 32,
                1 << 53,
            ];
            for dividend in near
                .into_iter()
                .flat_map(|near| near.saturating_sub(20)..near + 20)
            {
                assert_eq!(
                    divisor.divide(dividend),
                    dividend / number,
                    "{dividend}/{number}"
                );
            }
        }
    }
}
