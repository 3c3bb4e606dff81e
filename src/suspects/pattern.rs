//! Which well-known pattern a growing group follows.

use super::suspect::SuspectKind;
use crate::heap::NodeType;

/// What the pattern is told by.
pub(super) struct Traits<'a> {
    pub(super) member_type: NodeType,
    pub(super) member_class: &'a str,
    pub(super) holder_class: &'a str,
    /// Names of the edges from the holder to a member.
    pub(super) edges: &'a [String],
    /// Classes of the nodes on that way.
    pub(super) classes: &'a [String],
    /// Whether contexts of V8 became more beneath the members.
    pub(super) keeps_contexts: bool,
}

impl Traits<'_> {
    fn passes(&self, edge: &str) -> bool {
        self.edges.iter().any(|name| name == edge)
    }

    fn has_class(&self, classes: &[&str]) -> bool {
        classes.iter().any(|&class| {
            self.holder_class == class
                || self.member_class == class
                || self.classes.iter().any(|name| name == class)
        })
    }
}

/// The first pattern that fits, from the most to the least telling.
pub(super) fn kind_of(traits: &Traits<'_>) -> SuspectKind {
    let member = traits.member_class;
    if traits.keeps_contexts || member == "system / NativeContext" {
        return SuspectKind::Contexts;
    }
    if traits.has_class(&["TimersList", "Timeout", "Immediate", "ImmediateList"]) {
        return SuspectKind::Timers;
    }
    // EventEmitter keeps `_events`; EventTarget and AbortSignal a Map under a symbol.
    if traits.passes("_events") || traits.passes("<symbol kEvents>") || member == "Listener" {
        return SuspectKind::Listeners;
    }
    if traits.has_class(&["PromiseReaction", "system / PromiseReaction"])
        || traits.holder_class == "Promise"
    {
        return SuspectKind::Promise;
    }
    // Between an object and what it collects stands no function's context.
    if traits.passes("context") {
        return SuspectKind::Closure;
    }
    if is_buffer(member) {
        return SuspectKind::Buffers;
    }
    // A piece of a string keeps the whole, which is most of what is kept.
    if traits.member_type == NodeType::SlicedString {
        return SuspectKind::Strings;
    }
    if matches!(
        traits.holder_class,
        "Map" | "Set" | "Array" | "Object" | "WeakMap" | "WeakSet" | "FinalizationRegistry"
    ) {
        return SuspectKind::Collection;
    }
    match traits.member_type {
        NodeType::Closure => SuspectKind::Closure,
        NodeType::String | NodeType::ConcatenatedString | NodeType::SlicedString => {
            SuspectKind::Strings
        }
        _ => SuspectKind::Objects,
    }
}

fn is_buffer(class: &str) -> bool {
    matches!(
        class,
        "Buffer" | "ArrayBuffer" | "SharedArrayBuffer" | "DataView" | "FastBuffer"
    ) || class.contains("JSArrayBufferData")
        || (class.ends_with("Array")
            && class != "Array"
            && class.contains(|c: char| c.is_ascii_digit()))
}
