//! What reading a snapshot costs in memory, counted by the allocator.
//!
//! One test, because the allocator counts for the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use leakguard::error::Code;
use leakguard::heap::{Control, Snapshot, parse};
use leakguard::suspects::Comparator;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

fn grow(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(held, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `System` with this layout, as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both blocks may exist for a moment.
        grow(size);
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `System` with this layout, as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that `work` held at a time.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    (result, PEAK.load(Ordering::Relaxed) - before)
}

const HEADER: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size",
"edge_count"],"node_types":[["synthetic","object"]],"edge_fields":["type","name_or_index",
"to_node"],"edge_types":[["property"]]},"node_count":NODES,"edge_count":EDGES},"#;

fn header(nodes: u64, edges: u64) -> String {
    HEADER
        .replace("NODES", &nodes.to_string())
        .replace("EDGES", &edges.to_string())
}

/// The root, and `count` objects that hang on each other in a row.
fn list(count: u64) -> String {
    let mut json = header(count + 1, count) + "\"nodes\":[";
    for node in 0..=count {
        let (node_type, edges) = (u64::from(node > 0), u64::from(node < count));
        let comma = if node > 0 { "," } else { "" };
        write!(json, "{comma}{node_type},0,{},16,{edges}", node * 2 + 1).unwrap();
    }
    json.push_str("],\"edges\":[");
    for edge in 0..count {
        let comma = if edge > 0 { "," } else { "" };
        write!(json, "{comma}0,0,{}", (edge + 1) * 5).unwrap();
    }
    json + "],\"strings\":[\"\"]}"
}

/// The root, and `count` objects with three edges each, to nodes near and far.
fn web(count: u64) -> String {
    let mut json = header(count + 1, 3 * count + 1) + "\"nodes\":[0,0,1,0,1";
    for node in 1..=count {
        write!(json, ",1,0,{},16,3", node * 2 + 1).unwrap();
    }
    json.push_str("],\"edges\":[0,0,5");
    for node in 1..=count {
        for target in [node + 1, node * 7919, node * 31 + 7] {
            write!(json, ",0,0,{}", (target % count + 1) * 5).unwrap();
        }
    }
    json + "],\"strings\":[\"\"]}"
}

const MEBIBYTE: usize = 1 << 20;

#[test]
fn memory_is_bounded_by_what_the_file_really_holds() {
    // A header may promise anything; a file of a kilobyte is still one of a kilobyte.
    for promised in [1 << 20, u64::from(u32::MAX), 1 << 53, u64::MAX] {
        for (nodes, edges) in [("1,0,1,0,0", promised), ("1,0,1,0,4294967295", promised)] {
            let json = header(promised, edges)
                + &format!("\"nodes\":[{nodes}],\"edges\":[],\"strings\":[\"\"]}}");
            let size = Some(json.len() as u64);
            let (result, peak) = peak_of(|| parse(json.as_bytes(), size, &Control::default()));
            assert_eq!(result.map(|_| ()).unwrap_err().code, Code::Corrupt);
            assert!(
                peak < 2 * MEBIBYTE,
                "{peak} bytes for {promised} promised nodes"
            );
            // From a pipe, of unknown length, a little is taken on trust.
            let (result, peak) = peak_of(|| parse(json.as_bytes(), None, &Control::default()));
            assert_eq!(result.map(|_| ()).unwrap_err().code, Code::Corrupt);
            assert!(
                peak < 256 * MEBIBYTE,
                "{peak} bytes for {promised} promised nodes"
            );
        }
    }

    // The text is never held, only the columns and a buffer: 13 bytes a node, 7 an edge.
    const COUNT: usize = 200_000;
    let json = list(COUNT as u64);
    let size = Some(json.len() as u64);
    let (graph, peak) = peak_of(|| parse(json.as_bytes(), size, &Control::default()).unwrap());
    let columns = (13 + 7) * COUNT;
    assert!(
        peak < columns + MEBIBYTE,
        "parsing held {peak} bytes for {columns} of columns"
    );
    assert!(
        graph.bytes_held() < columns + 1000,
        "{} bytes stay",
        graph.bytes_held()
    );

    // Dominators, retained sizes and distances: 27 bytes a node, and on the way up to four an edge.
    let (snapshot, peak) = peak_of(|| Snapshot::of(graph));
    assert!(
        peak < 27 * COUNT + 4 * COUNT,
        "the analysis of a list held {} bytes a node",
        peak / COUNT
    );
    // The lists of who dominates whom are made here.
    let (_, peak) = peak_of(|| snapshot.classes());
    assert!(
        peak < 28 * COUNT,
        "the class table held {} bytes a node",
        peak / COUNT
    );
    // Of all snapshots but the last, a comparison wants neither dominators nor distances for long.
    let graph = parse(json.as_bytes(), size, &Control::default()).unwrap();
    let mut comparator = Comparator::default();
    let (_, peak) = peak_of(|| {
        let snapshot = Snapshot::for_comparison(graph, &Control::default()).unwrap();
        comparator.add(&snapshot, 0.0);
    });
    assert!(
        peak < 12 * COUNT,
        "a comparison held {} bytes a node",
        peak / COUNT
    );
    // However large the graph, and however its edges run.
    for count in [50_000, 200_000, 800_000] {
        let json = web(count as u64);
        let (graph, peak) = peak_of(|| parse(json.as_bytes(), None, &Control::default()).unwrap());
        let columns = (13 + 3 * 7) * count;
        assert!(peak < columns + MEBIBYTE, "parsing {count} held {peak}");
        let (_, peak) = peak_of(|| Snapshot::of(graph));
        assert!(
            peak < (27 + 3 * 4) * count,
            "the analysis of {count} held {} bytes a node",
            peak / count
        );
    }

    // What has been given up holds nothing.
    let held = HELD.load(Ordering::Relaxed);
    let control = Control::default();
    control.cancel();
    assert!(parse(json.as_bytes(), None, &control).is_err());
    assert_eq!(HELD.load(Ordering::Relaxed) - held, 0);
}
