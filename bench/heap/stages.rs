//! Reads snapshots as leakguard does, and says what each stage took: `stages TASK FILE...`.
//!
//! TASK is `classes` (graph, and each class's nodes and bytes), `retained` (graph, dominators and
//! retained sizes), `growth` (three snapshots, from files to named suspects), or `limits`: what the
//! same bytes cost when they are only read, searched or scanned for numbers, and what it costs only
//! to touch as much memory.
//!
//! One line of JSON: stages in milliseconds, and the most resident memory in bytes.

use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

use leakguard::heap::{Control, Snapshot, open_graph};
use leakguard::suspects::{Comparator, Sources};
use serde_json::{Map, Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Stages, each from the end of the one before.
struct Stages {
    last: Instant,
    found: Map<String, Value>,
}

impl Stages {
    fn end(&mut self, stage: &str) {
        let milliseconds = self.last.elapsed().as_secs_f64() * 1000.0;
        self.found.insert(stage.to_owned(), json!(milliseconds));
        self.last = Instant::now();
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, files @ ..] = arguments.as_slice() else {
        return Err("usage: stages classes|retained|growth|limits FILE...".into());
    };
    let mut stages = Stages {
        last: Instant::now(),
        found: Map::new(),
    };
    let answer = match (task.as_str(), files) {
        ("classes", [file]) => classes(Path::new(file), &mut stages)?,
        ("retained", [file]) => retained(Path::new(file), &mut stages)?,
        ("growth", [_, _, ..]) => growth(files, &mut stages)?,
        ("limits", [file]) => limits(Path::new(file), &mut stages)?,
        _ => return Err(format!("{task} cannot be done with {} files", files.len()).into()),
    };
    let line = json!({ "stages": stages.found, "answer": answer, "peak": peak()? });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn classes(file: &Path, stages: &mut Stages) -> Result<Value> {
    let control = Control::default();
    let graph = open_graph(file, &control)?;
    stages.end("parse");
    let snapshot = Snapshot::for_comparison(graph, &control)?;
    let classes = snapshot.class_sizes();
    stages.end("classes");
    Ok(json!({ "nodes": snapshot.graph().node_count(), "classes": classes.len() }))
}

fn retained(file: &Path, stages: &mut Stages) -> Result<Value> {
    let control = Control::default();
    let graph = open_graph(file, &control)?;
    stages.end("parse");
    let snapshot = Snapshot::analyse(graph, &control)?;
    stages.end("analyse");
    let graph = snapshot.graph();
    let all = graph.nodes().map(|node| snapshot.retained_size(node));
    Ok(json!({
        "nodes": graph.node_count(),
        "edges": graph.edge_count(),
        "largest": all.max(),
    }))
}

fn growth(files: &[String], stages: &mut Stages) -> Result<Value> {
    let mut comparator = Comparator::default();
    let control = Control::default();
    let mut found = Value::Null;
    for (place, file) in files.iter().enumerate() {
        let graph = open_graph(Path::new(file), &control)?;
        stages.end(&format!("parse {}", place + 1));
        let snapshot = Snapshot::for_comparison(graph, &control)?;
        stages.end(&format!("analyse {}", place + 1));
        if place + 1 < files.len() {
            comparator.add(&snapshot, place as f64);
        } else {
            let sources = Sources {
                read: &|_| None,
                base: None,
            };
            let comparison =
                std::mem::take(&mut comparator).finish(&snapshot, place as f64, sources);
            found = json!(comparison.suspects.first().map(|suspect| &suspect.message));
        }
        stages.end(&format!("compare {}", place + 1));
    }
    Ok(found)
}

/// Bytes of a page on most machines.
const PAGE: usize = 4096;

/// What no reader can be faster than.
fn limits(file: &Path, stages: &mut Stages) -> Result<Value> {
    let mut buffer = vec![0; 256 * 1024];
    let mut source = File::open(file)?;
    let mut length = 0;
    stages.last = Instant::now();
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            count => length += count,
        }
    }
    stages.end("read");
    // The system hands memory out at the first touch of each page, and the most that the analysis
    // holds is about as much as the file.
    let mut memory = vec![0_u8; length];
    for page in memory.chunks_mut(PAGE) {
        page[0] = 1;
    }
    std::hint::black_box(&memory);
    drop(memory);
    stages.end("touch");
    let bytes = std::fs::read(file)?;
    stages.last = Instant::now();
    let quotes = memchr::memchr_iter(b'"', &bytes).count();
    stages.end("memchr");
    let (mut sum, mut value) = (0_u64, 0_u64);
    for &byte in &bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else {
            sum = sum.wrapping_add(value);
            value = 0;
        }
    }
    stages.end("scan");
    Ok(json!({ "bytes": length, "quotes": quotes, "sum": sum }))
}

/// The most memory that was resident, as Linux counts it; null elsewhere.
fn peak() -> Result<Value> {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return Ok(Value::Null);
    };
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    Ok(json!(kibibytes.map(|kibibytes| kibibytes * 1024)))
}
