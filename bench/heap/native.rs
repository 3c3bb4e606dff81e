//! Reads a snapshot with v8-heap-parser: `native classes|retained FILE`.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let start = Instant::now();
    let bytes = std::fs::read(&arguments[2])?;
    let graph = v8_heap_parser::decode_slice(&bytes)?;
    let parsed = start.elapsed().as_secs_f64() * 1000.0;
    let groups = graph.get_class_groups(arguments[1] == "classes").len();
    let all = start.elapsed().as_secs_f64() * 1000.0;
    println!(
        "{{\"stages\":{{\"parse\":{parsed},\"rest\":{}}},\"answer\":{groups}}}",
        all - parsed
    );
    Ok(())
}
