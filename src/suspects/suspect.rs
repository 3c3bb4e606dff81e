//! What an analysis says in the end: who holds what, and how it grew.

use serde::{Deserialize, Serialize};

use super::message::Telling;
use crate::heap::Step;

/// The pattern behind a suspect, each with its own way of being mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuspectKind {
    /// A Map, Set, array or dictionary that only grows.
    Collection,
    /// Listeners on an emitter, an EventTarget or an AbortSignal.
    Listeners,
    /// Timers that are never cleared.
    Timers,
    /// Closures whose contexts hold each other.
    Closure,
    /// Reactions on a promise that does not settle.
    Promise,
    /// Buffers, ArrayBuffers and typed arrays.
    Buffers,
    /// V8 contexts (vm, jsdom, realms).
    Contexts,
    /// Strings.
    Strings,
    /// Anything else.
    Objects,
}

/// The object that keeps growing, named by the way one reaches it from code.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// Constructor of the holder, such as `Map`.
    pub class_name: String,
    /// Variable or property that names it, such as `requests`; of what Node.js keeps for a program,
    /// the variable that leads to it, as far as code can reach it: `shutdown.signal`.
    pub name: String,
    /// URL or path of the script where that name is declared, when the snapshot tells.
    pub script: Option<String>,
    /// One-based line in `script`, when that is known, too.
    pub line: Option<u32>,
    /// V8's object id in the last snapshot.
    pub id: u64,
    /// Bytes that would be freed with the holder, in the last snapshot.
    pub retained_size: u64,
}

/// Where survivors were allocated, or where functions among them are written.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// Name of the allocating function, empty when anonymous.
    pub function_name: String,
    /// Script of the function.
    pub url: String,
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
    /// Live bytes that are put down to it.
    pub bytes: u64,
    /// Whether allocation sampling saw survivors being allocated there; else functions that pile
    /// up, or that members hold, are written there.
    #[serde(default)]
    pub sampled: bool,
}

/// A group of objects of one class, under one holder, that grew in every interval.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspect {
    /// The pattern.
    pub kind: SuspectKind,
    /// Constructor, or shape such as `{id, body}`, of what piles up.
    pub class_name: String,
    /// Members of the group in the last snapshot.
    pub count: u64,
    /// Members more than in the first snapshot.
    pub count_growth: i64,
    /// Bytes that only the group keeps alive, in the last snapshot.
    pub retained_size: u64,
    /// The same, less that of the first snapshot.
    pub retained_growth: i64,
    /// What keeps growing.
    pub holder: Holder,
    /// From the GC root to one member.
    pub path: Vec<Step>,
    /// Where members were allocated, when allocation sampling was on, and then where functions
    /// among them are written.
    pub sites: Vec<Site>,
    /// The npm package that owns the holder, or `None` for the application and Node itself.
    pub package: Option<String>,
    /// A stable hash of holder and path without counts, indices or addresses: the same leak has
    /// the same fingerprint in two runs.
    pub fingerprint: String,
    /// One sentence for a person.
    pub message: String,
    /// What usually mends it; one sentence or two, without a capital.
    #[serde(default)]
    pub advice: String,
    /// What else the message is made of, as long as names and places may still be replaced.
    #[serde(skip)]
    pub(super) telling: Option<Telling>,
}
