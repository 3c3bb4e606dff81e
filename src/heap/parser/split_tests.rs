//! A file on two threads against the same bytes on one.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::HeapBuilder;

/// A snapshot long enough to be split.
fn long() -> String {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let mut before = global;
    for number in 0..60_000 {
        let node = heap.object(&format!("Class{}", number % 1000), 16 + number % 50);
        heap.property(before, &format!("property{}", number % 3000), node);
        heap.element(global, number as u32, node);
        heap.location(node, 12, number as u32, 4);
        before = node;
    }
    heap.json()
}

/// Both ways to read a file.
fn both(bytes: &[u8]) -> [Result<Graph>; 2] {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let opened = File::open(file.path()).unwrap();
    let control = Control::default();
    let split = parse_file(file.path(), opened, &control);
    [split, parse(bytes, Some(bytes.len() as u64), &control)]
}

#[test]
fn a_long_file_is_cut_at_its_edges() {
    let json = long();
    let control = Control::default();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(json.as_bytes()).unwrap();
    let metadata = file.as_file().metadata().unwrap();
    assert!(metadata.len() > WORTHWHILE);
    let split = on_two_threads(file.path(), &metadata, &control).unwrap();
    let split = split.expect("the shape of the lines tells the sections");
    let whole = parse(json.as_bytes(), Some(json.len() as u64), &control).unwrap();
    assert!(split == whole);
    assert_eq!(control.bytes_read(), json.len() as u64);
}

#[test]
fn numbers_a_line_are_told() {
    assert_eq!(numbers_a_line(b"4,5\n,1,2,3\n,4"), Some(3));
    assert_eq!(numbers_a_line(b"4,5\n,1,2,3"), Some(3));
    assert_eq!(numbers_a_line(b"4,5"), None);
    assert_eq!(numbers_a_line(b"4,5\n,1,2,3],\n\"a"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_damaged_file_fails_as_it_would_on_one_thread(
        place in 0.0..1.0_f64,
        damage in prop::sample::select(vec!["", "\"", "]", ",", "7", "\n", " ", "\"edges\":["]),
        cut in any::<bool>(),
    ) {
        let mut json = long();
        let place = (json.len() as f64 * place) as usize;
        if cut {
            json.truncate(place);
        } else {
            json.replace_range(place..place + 1, damage);
        }
        let [split, whole] = both(json.as_bytes()).map(|read| read.map_err(|error| error.to_string()));
        prop_assert!(split == whole, "{} at {}", damage, place);
    }
}
