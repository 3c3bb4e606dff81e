//! Writes what leakguard computed for every node of a snapshot: `figures FILE FOLDER`.
//!
//! In `FOLDER`, `nodes.f64` has four numbers a node (shallow size, retained size, distance or -1,
//! index of the dominator), as little-endian Float64 in the order of the file; `classes.json` has the
//! class table, and `strings.json` the statistics and the duplicate strings whose text is whole.
//! `scripts/agree-with-devtools.js` compares them with those of Chrome DevTools.

use std::error::Error;
use std::fs::{File, create_dir_all};
use std::io::{BufWriter, Write};
use std::path::Path;

use leakguard::heap::{Control, NO_DISTANCE, open};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, folder] = arguments.as_slice() else {
        return Err("usage: figures FILE FOLDER".into());
    };
    let snapshot = open(Path::new(file), &Control::default())?;
    let folder = Path::new(folder);
    create_dir_all(folder)?;
    let mut nodes = BufWriter::new(File::create(folder.join("nodes.f64"))?);
    for node in snapshot.graph().nodes() {
        let distance = match snapshot.distance(node) {
            NO_DISTANCE => -1.0,
            distance => f64::from(distance),
        };
        for figure in [
            snapshot.shallow_size(node) as f64,
            snapshot.retained_size(node) as f64,
            distance,
            f64::from(snapshot.dominators().dominator(node).0),
        ] {
            nodes.write_all(&figure.to_le_bytes())?;
        }
    }
    nodes.flush()?;
    let classes = File::create(folder.join("classes.json"))?;
    serde_json::to_writer(BufWriter::new(classes), &snapshot.classes())?;
    let mut duplicates = snapshot.duplicate_strings(usize::MAX, &Control::default())?;
    duplicates.retain(|row| !row.cut);
    let strings = File::create(folder.join("strings.json"))?;
    serde_json::to_writer(
        BufWriter::new(strings),
        &json!({ "statistics": snapshot.statistics(), "duplicates": duplicates }),
    )?;
    Ok(())
}
