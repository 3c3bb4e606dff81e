//! Which fields of a snapshot refer to strings, and what for, by the file's own header.

use serde::Deserialize;

use super::uses::Use;
use crate::error::{Code, Error, Result};

/// More fields than any V8 has; a file with more is refused.
pub(super) const MAX_FIELDS: usize = 16;

#[derive(Deserialize)]
struct Header {
    meta: Meta,
    #[serde(default)]
    node_count: u64,
    #[serde(default)]
    edge_count: u64,
}

#[derive(Deserialize)]
struct Meta {
    node_fields: Vec<String>,
    node_types: Vec<serde_json::Value>,
    edge_fields: Vec<String>,
    edge_types: Vec<serde_json::Value>,
    #[serde(default)]
    trace_function_info_fields: Vec<String>,
}

/// What the name of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A string.
    Text(Use),
    /// A string of V8's, which may quote the name of the node that the edge leads to.
    Quote,
    /// A number that a program may have chosen: the index of an element.
    Index,
    /// A number of V8's.
    Number,
}

/// The rows of one array.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Numbers of a row.
    pub(super) fields: usize,
    /// How many rows the header promises; 0 when it promises nothing.
    pub(super) count: u64,
    /// Where the names stand in it.
    pub(super) names: Vec<usize>,
    /// Where its type stands, which tells what the name is; nowhere when all are alike.
    pub(super) type_field: Option<usize>,
    /// What the names of each type are.
    pub(super) by_type: Vec<Name>,
    /// What the rows stand for.
    pub(super) kind: Kind,
}

/// What rows stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nodes,
    /// Edges, with the field that has their target, and the numbers of a node's row, in which
    /// targets are counted.
    Edges {
        target: usize,
        node_fields: u64,
    },
    Functions,
}

impl Rows {
    /// What the names of a row are.
    #[inline]
    pub(super) fn name(&self, row: &[u64; MAX_FIELDS]) -> Option<Name> {
        let row_type = self.type_field.map_or(0, |field| row[field]);
        self.by_type.get(usize::try_from(row_type).ok()?).copied()
    }
}

/// How the arrays of a snapshot are to be read.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) nodes: Rows,
    pub(super) edges: Rows,
    /// Functions of an allocation timeline, when the header describes them.
    pub(super) functions: Option<Rows>,
}

impl Layout {
    pub(super) fn from_json(json: &[u8]) -> Result<Self> {
        let Header {
            meta,
            node_count,
            edge_count,
        } = serde_json::from_slice(json)
            .map_err(|error| foreign(&format!("its \"snapshot\" header does not fit ({error})")))?;
        let functions = &meta.trace_function_info_fields;
        let function_names: Vec<usize> = ["name", "script_name"]
            .iter()
            .filter_map(|name| functions.iter().position(|field| field == name))
            .collect();
        Ok(Self {
            nodes: Rows {
                count: node_count,
                kind: Kind::Nodes,
                ..typed_rows(&meta.node_fields, "name", &meta.node_types, node_name)?
            },
            edges: Rows {
                count: edge_count,
                kind: Kind::Edges {
                    target: place(&meta.edge_fields, "to_node")?,
                    node_fields: meta.node_fields.len() as u64,
                },
                ..typed_rows(
                    &meta.edge_fields,
                    "name_or_index",
                    &meta.edge_types,
                    edge_name,
                )?
            },
            functions: match function_names.len() {
                2 => Some(Rows {
                    fields: checked(functions.len())?,
                    count: 0,
                    names: function_names,
                    type_field: None,
                    by_type: vec![Name::Text(Use::Code)],
                    kind: Kind::Functions,
                }),
                _ => None,
            },
        })
    }
}

fn typed_rows(
    fields: &[String],
    name: &str,
    types: &[serde_json::Value],
    of_type: fn(&str) -> Name,
) -> Result<Rows> {
    let type_field = place(fields, "type")?;
    let by_type = types
        .get(type_field)
        .and_then(serde_json::Value::as_array)
        .ok_or_else(|| foreign("its header does not list the names of the types"))?
        .iter()
        .map(|name| of_type(name.as_str().unwrap_or("")))
        .collect();
    Ok(Rows {
        fields: checked(fields.len())?,
        count: 0,
        names: vec![place(fields, name)?],
        type_field: Some(type_field),
        by_type,
        kind: Kind::Nodes,
    })
}

fn place(fields: &[String], wanted: &str) -> Result<usize> {
    fields
        .iter()
        .position(|field| field == wanted)
        .ok_or_else(|| foreign(&format!("its header has no field \"{wanted}\"")))
}

fn checked(fields: usize) -> Result<usize> {
    if fields <= MAX_FIELDS {
        return Ok(fields);
    }
    Err(foreign(&format!(
        "its rows have {fields} fields, over {MAX_FIELDS}"
    )))
}

/// What the name of a node is (`V8HeapExplorer::AddEntry` in V8's `heap-snapshot-generator.cc`). A
/// type that is not known here may have anything for its name.
fn node_name(node_type: &str) -> Name {
    Name::Text(match node_type {
        "code" | "closure" | "hidden" | "array" | "native" | "synthetic" | "object shape" => {
            Use::Code
        }
        // A class may have a name that was computed (`Symbol.toStringTag`).
        "object" | "wasm object" => Use::Label,
        "concatenated string" | "sliced string" | "symbol" | "number" | "bigint" => Use::Primitive,
        _ => Use::Content,
    })
}

fn edge_name(edge_type: &str) -> Name {
    match edge_type {
        "element" => Name::Index,
        "hidden" => Name::Number,
        "internal" => Name::Quote,
        // Variables, and other names that V8 gives.
        "context" | "shortcut" | "weak" => Name::Text(Use::Code),
        _ => Name::Text(Use::Label),
    }
}

/// The text is not a snapshot, or one that nobody can redact.
pub(super) fn foreign(why: &str) -> Error {
    Error::new(
        Code::NotASnapshot,
        format!("This snapshot cannot be redacted: {why}. Capture it again, or without redaction."),
    )
}
