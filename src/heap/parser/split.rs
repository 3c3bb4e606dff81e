//! A plain file on two threads: one reads the edges, the other all the rest.
//!
//! This is only ever a shorter way. Where the edges begin and end is found by looking at the shape of
//! a few lines; if that was wrong, or if anything at all is the matter with the file, it is read again
//! from its beginning, and that reading says what is wrong.

use std::fs::{File, Metadata};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use super::super::control::{Control, Counted};
use super::super::side_by_side::side_by_side;
use super::input::Input;
use super::meta::Layout;
use super::sections::{Edges, Nodes, read_edges};
use super::{Graph, Reading, Until, parse};
use crate::error::{Code, Error, Result};

/// Below this length, the second thread costs more than it saves.
const WORTHWHILE: u64 = 4 << 20;

/// The header lies within this many bytes, or the file is none of V8's.
const HEADER: usize = 64 * 1024;

/// Enough for two whole lines of any section.
const SAMPLE: usize = 1024;

/// The border between two sections is sought in so many bytes.
const WINDOW: u64 = 8 * 1024;

/// Reads a whole snapshot from the plain file `file`, which stands at `path`.
///
/// # Errors
/// As for [`parse`].
pub(in crate::heap) fn parse_file(path: &Path, mut file: File, control: &Control) -> Result<Graph> {
    let io = |error| Error::io("read", "the snapshot", &error);
    let metadata = file.metadata().map_err(io)?;
    let length = metadata.len();
    if length >= WORTHWHILE
        && let Some(graph) = on_two_threads(path, &metadata, control)?
    {
        return Ok(graph);
    }
    control.restart();
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    parse(Counted::new(file, control), Some(length), control)
}

/// `None` when the file has to be read from the beginning.
fn on_two_threads(path: &Path, metadata: &Metadata, control: &Control) -> Result<Option<Graph>> {
    let length = metadata.len();
    let Some(mut file) = open_at(path, metadata, 0) else {
        return Ok(None);
    };
    let Some((layout, nodes_at)) = read_header(&mut file) else {
        return Ok(None);
    };
    let Some(cut) = Cut::find(&mut file, &layout, nodes_at, length) else {
        return Ok(None);
    };
    let nodes = Nodes {
        count: layout.node_count,
        edges: layout.edge_count,
    };
    let handles = [0, cut.edges_begin, cut.edges_end].map(|place| open_at(path, metadata, place));
    let [Some(front), Some(middle), Some(back)] = handles else {
        return Ok(None);
    };
    let (rest, edges) = side_by_side(
        true,
        || read_rest(front, back, cut, length, control),
        || read_middle(middle, cut, &layout, length, nodes, control),
    );
    let (rest, edges) = match (rest, edges) {
        (Ok(Some(rest)), Ok(Some(edges))) => (rest, edges),
        (Err(error), _) | (_, Err(error)) if error.code == Code::Aborted => return Err(error),
        _ => return Ok(None),
    };
    let mut reading = rest;
    if Nodes::of(&reading.graph).edges != edges.links.len() as u64 {
        return Ok(None);
    }
    reading.take_edges(edges);
    reading.finish().map(Some)
}

/// The file again, unless another has come in its place.
fn open_at(path: &Path, metadata: &Metadata, place: u64) -> Option<File> {
    let mut file = File::open(path).ok()?;
    let found = file.metadata().ok()?;
    let same = found.len() == metadata.len()
        && found.modified().ok() == metadata.modified().ok()
        && found.file_type() == metadata.file_type();
    file.seek(SeekFrom::Start(place)).ok()?;
    same.then_some(file)
}

/// The header, and a place near the beginning of the nodes.
fn read_header(file: &mut File) -> Option<(Layout, u64)> {
    let mut bytes = Vec::with_capacity(HEADER);
    file.take(HEADER as u64).read_to_end(&mut bytes).ok()?;
    let control = Control::default();
    let mut input = Input::new(Cursor::new(bytes), &control);
    let mut reading = Reading::new(None);
    reading.begin(&mut input).ok()?;
    let key = reading.key(&mut input).ok()?;
    if key != "snapshot" {
        return None;
    }
    reading.member(&mut input, &key).ok()?;
    Some((reading.layout?, input.position()))
}

/// Nodes, and all that stands behind the edges.
fn read_rest(
    front: File,
    back: File,
    cut: Cut,
    length: u64,
    control: &Control,
) -> Result<Option<Reading>> {
    let mut reading = Reading::new(Some(length));
    let mut input = Input::new(Counted::new(front.take(cut.edges_begin), control), control);
    reading.begin(&mut input)?;
    if !reading.members(&mut input, Until::Edges)? || input.position() != cut.edges_begin {
        return Ok(None);
    }
    drop(input);
    let mut input = Input::at(cut.edges_end, Counted::new(back, control), control);
    if reading.is_last(&mut input)? || !reading.members(&mut input, Until::End)? {
        return Ok(None);
    }
    Ok(Some(reading))
}

fn read_middle(
    middle: File,
    cut: Cut,
    layout: &Layout,
    length: u64,
    nodes: Nodes,
    control: &Control,
) -> Result<Option<Edges>> {
    let source = Counted::new(middle.take(cut.edges_end - cut.edges_begin), control);
    let mut input = Input::at(cut.edges_begin, source, control);
    let edges = read_edges(&mut input, layout, Some(length), nodes)?;
    Ok((input.position() == cut.edges_end).then_some(edges))
}

/// Where the array of edges begins and ends, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    edges_begin: u64,
    edges_end: u64,
}

impl Cut {
    fn find<F: Read + Seek>(
        file: &mut F,
        layout: &Layout,
        nodes_at: u64,
        length: u64,
    ) -> Option<Self> {
        if layout.node_fields == layout.edge_fields || layout.node_count == 0 {
            return None;
        }
        let last_nodes = last_of(file, layout.node_fields, nodes_at, length)?;
        let window = read_at(file, last_nodes, WINDOW)?;
        let key = memchr::memmem::find(&window, b"\"edges\":[")?;
        let edges_begin = last_nodes + (key + b"\"edges\":".len()) as u64;
        let last_edges = last_of(file, layout.edge_fields, edges_begin, length)?;
        let window = read_at(file, last_edges, WINDOW)?;
        let end = memchr::memchr(b']', &window)?;
        Some(Self {
            edges_begin,
            edges_end: last_edges + end as u64 + 1,
        })
    }
}

/// A place shortly before the last line of `fields` numbers, given that all such lines lie together
/// and begin at `begin`.
fn last_of<F: Read + Seek>(file: &mut F, fields: usize, begin: u64, end: u64) -> Option<u64> {
    let (mut low, mut high) = (begin, end);
    while high - low > SAMPLE as u64 {
        let middle = low + (high - low) / 2;
        let sample = read_at(file, middle, SAMPLE as u64)?;
        if numbers_a_line(&sample) == Some(fields) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// How many numbers the first whole line has, if the sample is of nothing but numbers. V8 writes a
/// row a line, and the comma at the beginning of the next.
fn numbers_a_line(sample: &[u8]) -> Option<usize> {
    let of_numbers = |byte: &u8| matches!(byte, b'0'..=b'9' | b',' | b'\n');
    if !sample.iter().all(of_numbers) {
        return None;
    }
    let line = sample.split(|&byte| byte == b'\n').nth(1)?;
    Some(line.iter().filter(|&&byte| byte == b',').count())
}

fn read_at<F: Read + Seek>(file: &mut F, place: u64, length: u64) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(place)).ok()?;
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
