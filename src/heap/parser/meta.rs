//! The header of a snapshot: how many fields a node, an edge and a location have, and in what
//! order. V8 versions differ, so nothing is assumed.

use serde::Deserialize;

use super::input::MAX_FIELDS;
use crate::error::{Code, Error, Result};
use crate::heap::columns::{EdgeType, NodeType};

#[derive(Deserialize)]
struct Header {
    meta: Meta,
    #[serde(default)]
    node_count: u64,
    #[serde(default)]
    edge_count: u64,
    #[serde(default)]
    extra_native_bytes: serde_json::Value,
}

#[derive(Deserialize)]
struct Meta {
    node_fields: Vec<String>,
    node_types: Vec<serde_json::Value>,
    edge_fields: Vec<String>,
    edge_types: Vec<serde_json::Value>,
    #[serde(default)]
    location_fields: Vec<String>,
}

/// Places of the fields that leakguard reads, and the meaning of the type numbers.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) node_count: u64,
    pub(super) edge_count: u64,
    pub(super) extra_native_bytes: u64,
    pub(super) node_fields: usize,
    pub(super) node_type: usize,
    pub(super) node_name: usize,
    pub(super) node_id: usize,
    pub(super) node_self_size: usize,
    pub(super) node_edge_count: usize,
    pub(super) node_detachedness: Option<usize>,
    pub(super) node_types: Vec<NodeType>,
    pub(super) edge_fields: usize,
    pub(super) edge_type: usize,
    pub(super) edge_name: usize,
    pub(super) edge_target: usize,
    pub(super) edge_types: Vec<EdgeType>,
    pub(super) locations: Option<LocationLayout>,
}

#[derive(Debug)]
pub(super) struct LocationLayout {
    pub(super) fields: usize,
    pub(super) node: usize,
    pub(super) script_id: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Layout {
    pub(super) fn from_json(json: &[u8]) -> Result<Self> {
        let header: Header = serde_json::from_slice(json)
            .map_err(|error| foreign(&format!("its \"snapshot\" header does not fit ({error})")))?;
        let Header {
            meta,
            node_count,
            edge_count,
            extra_native_bytes,
        } = header;
        let node = |name: &str| field(&meta.node_fields, "node_fields", name);
        let edge = |name: &str| field(&meta.edge_fields, "edge_fields", name);
        let node_type = node("type")?;
        let edge_type = edge("type")?;
        for (fields, section) in [
            (&meta.node_fields, "node_fields"),
            (&meta.edge_fields, "edge_fields"),
            (&meta.location_fields, "location_fields"),
        ] {
            if fields.len() > MAX_FIELDS {
                let count = fields.len();
                return Err(foreign(&format!(
                    "{section} has {count} fields, over {MAX_FIELDS}"
                )));
            }
        }
        Ok(Self {
            node_count,
            edge_count,
            extra_native_bytes: extra_native_bytes.as_u64().unwrap_or(0),
            node_fields: meta.node_fields.len(),
            node_type,
            node_name: node("name")?,
            node_id: node("id")?,
            node_self_size: node("self_size")?,
            node_edge_count: node("edge_count")?,
            node_detachedness: node("detachedness").ok(),
            node_types: names(&meta.node_types, node_type, "node_types")?
                .map(NodeType::from_name)
                .collect(),
            edge_fields: meta.edge_fields.len(),
            edge_type,
            edge_name: edge("name_or_index")?,
            edge_target: edge("to_node")?,
            edge_types: names(&meta.edge_types, edge_type, "edge_types")?
                .map(EdgeType::from_name)
                .collect(),
            locations: LocationLayout::from_fields(&meta.location_fields),
        })
    }
}

impl LocationLayout {
    fn from_fields(fields: &[String]) -> Option<Self> {
        let place = |name: &str| fields.iter().position(|field| field == name);
        Some(Self {
            fields: fields.len(),
            node: place("object_index")?,
            script_id: place("script_id")?,
            line: place("line")?,
            column: place("column")?,
        })
    }
}

fn field(fields: &[String], section: &str, name: &str) -> Result<usize> {
    fields
        .iter()
        .position(|field| field == name)
        .ok_or_else(|| foreign(&format!("{section} has no field \"{name}\"")))
}

fn names<'a>(
    types: &'a [serde_json::Value],
    place: usize,
    section: &str,
) -> Result<impl Iterator<Item = &'a str> + use<'a>> {
    let list = types
        .get(place)
        .and_then(serde_json::Value::as_array)
        .ok_or_else(|| foreign(&format!("{section} does not list the names of the types")))?;
    Ok(list.iter().map(|name| name.as_str().unwrap_or("")))
}

/// The text may be JSON, but of something else.
pub(super) fn foreign(why: &str) -> Error {
    Error::new(
        Code::NotASnapshot,
        format!(
            "This is not a V8 heap snapshot: {why}. A snapshot comes from \
             leakguard.takeSnapshot(), v8.writeHeapSnapshot() or DevTools."
        ),
    )
}
