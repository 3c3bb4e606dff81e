//! The parser against serde_json, against damage, and against files that are something else.

mod agreement;
mod damage;
mod foreign;
mod promises;
mod strings;

use std::io::Read;

use super::parse;
use crate::error::{Error, Result};
use crate::heap::control::Control;
use crate::heap::fixture::HeapBuilder;
use crate::heap::graph::Graph;

/// Parses a text of known length.
fn read(json: &str) -> Result<Graph> {
    read_bytes(json.as_bytes())
}

fn read_bytes(json: &[u8]) -> Result<Graph> {
    parse(json, Some(json.len() as u64), &Control::default())
}

/// What a text fails with.
#[track_caller]
fn failure(json: &str) -> Error {
    read(json).map(|_| ()).expect_err(json)
}

/// A small snapshot with something of everything.
fn small() -> HeapBuilder {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let map = heap.object("Map", 32);
    let table = heap.array("", 128);
    let function = heap.closure("on\"Finish\\", 64);
    let string = heap.text("snow\u{2603}man \u{1f600}\n", 40);
    heap.property(global, "cache", map);
    heap.internal(map, "table", table);
    heap.element(table, 7, function);
    heap.context(function, "message", string);
    heap.weak(string, "back", map);
    heap.location(function, 12, 3, 4);
    heap
}

/// A source that hands out pieces of the given lengths, over and over.
struct Pieces<'a> {
    bytes: &'a [u8],
    lengths: Vec<usize>,
    next: usize,
}

impl<'a> Pieces<'a> {
    fn new(bytes: &'a [u8], lengths: &[usize]) -> Self {
        Self {
            bytes,
            lengths: lengths.to_vec(),
            next: 0,
        }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.lengths[self.next % self.lengths.len()];
        self.next += 1;
        let length = length.clamp(1, buffer.len());
        self.bytes.read(&mut buffer[..length])
    }
}
