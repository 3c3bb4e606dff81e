//! Objects of one class.

use super::*;
use crate::heap::fixture::HeapBuilder;

/// `global.list` is an Array of three plain objects: two `{id}` and one `{id, next}`, which holds
/// another `{id}`.
fn heap() -> (HeapBuilder, [NodeIndex; 4]) {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let list = heap.object("Array", 16);
    heap.property(global, "list", list);
    let objects = [10, 20, 30, 40].map(|size| heap.object("Object", size));
    let id = heap.text("id", 1);
    for object in objects {
        heap.property(object, "id", id);
    }
    for (place, &object) in objects[..3].iter().enumerate() {
        heap.element(list, place as u32, object);
    }
    heap.property(objects[2], "next", objects[3]);
    (heap, objects)
}

#[test]
fn a_class_falls_into_shapes() {
    let (heap, _) = heap();
    let rows = heap
        .snapshot()
        .shapes("Object", 9, &Control::default())
        .unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.shape.as_str(),
                row.count,
                row.shallow_size,
                row.retained_size,
            )
        })
        .collect();
    // The last {id} is retained by the {id, next} as well.
    assert_eq!(found, [("{id, next}", 1, 30, 70), ("{id}", 3, 70, 70)]);
    assert_eq!(rows[0].properties, ["id", "next"]);
}

#[test]
fn its_objects_come_largest_first() {
    let (heap, objects) = heap();
    let snapshot = heap.snapshot();
    let ids = |order| -> Vec<u32> {
        let rows = snapshot.objects("Object", 2, order, &Control::default());
        rows.unwrap().iter().map(|row| row.id).collect()
    };
    let id = |object: NodeIndex| snapshot.graph().node_id(object);
    assert_eq!(ids(MemberOrder::Retained), [id(objects[2]), id(objects[3])]);
    assert_eq!(ids(MemberOrder::Shallow), [id(objects[3]), id(objects[2])]);
}

#[test]
fn ways_that_differ_in_an_index_are_one() {
    let (heap, _) = heap();
    let groups = heap
        .snapshot()
        .common_paths("Object", 9, &Control::default())
        .unwrap();
    let found: Vec<(u64, String)> = groups
        .iter()
        .map(|group| {
            let edges: Vec<&str> = group.path.iter().map(|step| step.edge.as_str()).collect();
            (group.count, edges.join(" "))
        })
        .collect();
    assert_eq!(found[0], (3, "[] list [] ".to_owned()));
    assert_eq!(found[1], (1, "[] list [] next ".to_owned()));
    assert_eq!(found.len(), 2);
}

#[test]
fn ways_that_differ_in_a_dictionarys_key_are_one() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let users = heap.object("Object", 8);
    heap.property(global, "users", users);
    for number in 0..50 {
        let user = heap.object("User", 8);
        heap.property(users, &format!("alice{number}@example.com"), user);
    }
    let groups = heap
        .snapshot()
        .common_paths("User", 9, &Control::default())
        .unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].count, 50);
    assert_eq!(groups[0].path[2].edge, "[]");
}

#[test]
fn a_class_that_is_not_there_is_an_error() {
    let (heap, _) = heap();
    let error = heap
        .snapshot()
        .members("Objct", &Control::default())
        .unwrap_err();
    assert_eq!(error.code, Code::Invalid);
    assert!(error.message.contains("'Objct'"), "{error}");
}
