//! Which rules there are for a name, found once for every string of a snapshot: its nodes and edges
//! are many more, and share their names.

use super::columns::NodeType;
use super::graph::{Graph, NodeIndex, StringIndex};

/// Internal edges to what many functions and objects share.
const ASIDE: u16 = 1;
const PROTOTYPE: u16 = 1 << 1;
const BEGINS_WITH_DIGIT: u16 = 1 << 2;
const NUMBER: u16 = 1 << 3;
const WEAK_MAP_ENTRY: u16 = 1 << 4;
/// Nodes of these types and this name are bookkeeping.
const BOOKKEEPING: [(NodeType, u16); 4] = [
    (NodeType::Synthetic, 1 << 5),
    (NodeType::Hidden, 1 << 6),
    (NodeType::Array, 1 << 7),
    (NodeType::Native, 1 << 8),
];

/// The rules for every string of a snapshot, two bytes each.
pub(crate) struct NameMarks {
    of_string: Vec<u16>,
}

impl NameMarks {
    pub(crate) fn of(graph: &Graph) -> Self {
        let of_string = graph.strings().iter().map(marks_of).collect();
        Self { of_string }
    }

    #[inline]
    fn has(&self, name: StringIndex, mark: u16) -> bool {
        let marks = self.of_string.get(name.0 as usize);
        marks.is_some_and(|marks| marks & mark != 0)
    }

    /// Whether a name is a whole number.
    #[inline]
    pub(crate) fn is_number(&self, name: StringIndex) -> bool {
        self.has(name, NUMBER)
    }

    #[inline]
    pub(crate) fn begins_with_digit(&self, name: StringIndex) -> bool {
        self.has(name, BEGINS_WITH_DIGIT)
    }

    /// Whether a name, that of an internal edge, looks like V8's for an entry of a WeakMap.
    #[inline]
    pub(crate) fn is_weak_map_entry(&self, name: StringIndex) -> bool {
        self.has(name, WEAK_MAP_ENTRY)
    }

    /// [`leads_aside`].
    #[inline]
    pub(super) fn leads_aside(&self, name: StringIndex) -> bool {
        self.has(name, ASIDE)
    }

    /// Whether a property of this name is the prototype.
    #[inline]
    pub(super) fn is_prototype(&self, name: StringIndex) -> bool {
        self.has(name, PROTOTYPE)
    }

    /// [`is_bookkeeping`] of a node.
    #[inline]
    pub(super) fn is_bookkeeping(&self, graph: &Graph, node: NodeIndex) -> bool {
        let mark = match graph.node_type(node) {
            NodeType::Code | NodeType::ObjectShape => return true,
            NodeType::Synthetic => BOOKKEEPING[0].1,
            NodeType::Hidden => BOOKKEEPING[1].1,
            NodeType::Array => BOOKKEEPING[2].1,
            NodeType::Native => BOOKKEEPING[3].1,
            _ => return false,
        };
        self.has(graph.node_name_index(node), mark)
    }
}

fn marks_of(text: &[u8]) -> u16 {
    let mut marks = 0;
    if text.first().is_some_and(u8::is_ascii_digit) {
        marks |= BEGINS_WITH_DIGIT;
        if text.iter().all(u8::is_ascii_digit) {
            marks |= NUMBER;
        } else if is_weak_map_entry(text) {
            marks |= WEAK_MAP_ENTRY;
        }
        return marks;
    }
    if leads_aside(text) {
        marks |= ASIDE;
    }
    if text == b"__proto__" {
        marks |= PROTOTYPE;
    }
    for (node_type, mark) in BOOKKEEPING {
        if is_bookkeeping(node_type, text) {
            marks |= mark;
        }
    }
    marks
}

/// Whether an internal edge of this name leads to what many share.
pub(super) fn leads_aside(name: &[u8]) -> bool {
    matches!(
        name,
        b"feedback_cell" | b"code" | b"map" | b"shared" | b"scope_info" | b"script"
    )
}

/// Whether an internal edge of this name is one half of a WeakMap's entry.
pub(super) fn is_weak_map_entry(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_digit)
        && memchr::memmem::find(name, b" / part of key (").is_some()
}

/// Whether the edges of a node say nothing about who holds what.
pub(super) fn is_bookkeeping(node_type: NodeType, name: &[u8]) -> bool {
    match node_type {
        NodeType::Code | NodeType::ObjectShape => true,
        NodeType::Synthetic => matches!(
            name,
            // Strong roots are tables that V8's own C++ code has for a while; the table of strings
            // holds none of them.
            b"(Stack roots)"
                | b"(Handle scope)"
                | b"(Traced handles)"
                | b"(Strong roots)"
                | b"(Internalized strings)"
        ),
        NodeType::Hidden => matches!(
            name,
            b"system / PropertyCell" | b"system / NativeContext" | b"system / Map"
        ),
        NodeType::Array => name == b"(map descriptors)",
        NodeType::Native => {
            matches!(name, b"Node / CleanupQueue" | b"Node / ContextifyContext")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::heap::fixture::random::heaps;

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        for (name, marks) in [
            ("", 0),
            ("x1", 0),
            ("7", BEGINS_WITH_DIGIT | NUMBER),
            ("7 up", BEGINS_WITH_DIGIT),
            (
                "7 / part of key (A @1) -> value (B @2) pair in WeakMap (table @3)",
                BEGINS_WITH_DIGIT | WEAK_MAP_ENTRY,
            ),
            (" / part of key (A @1)", 0),
            ("script", ASIDE),
            ("scripts", 0),
            ("__proto__", PROTOTYPE),
        ] {
            assert_eq!(marks_of(name.as_bytes()), marks, "{name}");
        }
    }

    proptest! {
        #[test]
        fn marks_say_what_the_texts_say(heap in heaps(20)) {
            let graph = heap.graph();
            let marks = NameMarks::of(&graph);
            for node in graph.nodes() {
                let name = graph.node_name(node).as_bytes();
                prop_assert_eq!(
                    marks.is_bookkeeping(&graph, node),
                    is_bookkeeping(graph.node_type(node), name)
                );
            }
            for index in 0..graph.strings().len() as u32 {
                let index = StringIndex(index);
                let text = graph.strings().get(index);
                let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                prop_assert_eq!(marks.is_number(index), number);
                prop_assert_eq!(marks.leads_aside(index), leads_aside(text.as_bytes()));
                prop_assert_eq!(
                    marks.is_weak_map_entry(index),
                    is_weak_map_entry(text.as_bytes())
                );
                prop_assert_eq!(marks.is_prototype(index), text == "__proto__");
                prop_assert_eq!(
                    marks.begins_with_digit(index),
                    text.starts_with(|first: char| first.is_ascii_digit())
                );
            }
        }
    }
}
