//! The narrow columns that a graph is made of.

macro_rules! named_types {
    ($(#[$outer:meta])* $enum:ident { $($(#[$inner:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $enum { $($(#[$inner])* $variant,)* }

        impl $enum {
            /// Every type, in the order of its number in the column.
            #[cfg(test)]
            pub(crate) const ALL: &'static [$enum] = &[$($enum::$variant,)*];

            /// The type that a snapshot's `meta` calls `name`; those that this version does not
            /// know are kept as `Unknown`, so that a newer V8 can still be read.
            pub fn from_name(name: &str) -> Self {
                match name { $($name => $enum::$variant,)* _ => $enum::Unknown }
            }

            /// The name in a snapshot's `meta`.
            pub fn name(self) -> &'static str {
                match self { $($enum::$variant => $name,)* }
            }
        }
    };
}

named_types! {
    /// V8's type of a node (`HeapEntry::Type` in V8's `heap-snapshot-generator.h`).
    NodeType {
        /// Internal to V8.
        Hidden = "hidden",
        /// A backing store of elements or properties.
        Array = "array",
        /// A flat string.
        String = "string",
        /// A JavaScript object.
        Object = "object",
        /// Compiled code and what belongs to it.
        Code = "code",
        /// A function.
        Closure = "closure",
        /// A regular expression.
        RegExp = "regexp",
        /// A boxed number.
        Number = "number",
        /// Memory outside V8's heap.
        Native = "native",
        /// Made up by the snapshot, such as `(GC roots)`.
        Synthetic = "synthetic",
        /// A string made by concatenation.
        ConcatenatedString = "concatenated string",
        /// A string that is a piece of another one.
        SlicedString = "sliced string",
        /// A symbol.
        Symbol = "symbol",
        /// A BigInt.
        BigInt = "bigint",
        /// A hidden class or what belongs to it.
        ObjectShape = "object shape",
        /// An object of WebAssembly.
        WasmObject = "wasm object",
        /// A type that this version does not know.
        Unknown = "unknown",
    }
}

named_types! {
    /// V8's type of an edge (`HeapGraphEdge::Type` in V8's `v8-profiler.h`).
    EdgeType {
        /// A variable in a function's context.
        Context = "context",
        /// An element of an array.
        Element = "element",
        /// A named property.
        Property = "property",
        /// A link that JavaScript cannot see.
        Internal = "internal",
        /// The same, numbered.
        Hidden = "hidden",
        /// A link that does not exist in memory but helps a reader.
        Shortcut = "shortcut",
        /// A link that keeps nothing alive.
        Weak = "weak",
        /// A type that this version does not know.
        Unknown = "unknown",
    }
}

impl EdgeType {
    /// Whether the edge's name column holds a number rather than a string.
    pub fn is_numbered(self) -> bool {
        matches!(self, EdgeType::Element | EdgeType::Hidden)
    }
}

/// The types by their number.
const EDGE_TYPES: [EdgeType; 8] = [
    EdgeType::Context,
    EdgeType::Element,
    EdgeType::Property,
    EdgeType::Internal,
    EdgeType::Hidden,
    EdgeType::Shortcut,
    EdgeType::Weak,
    EdgeType::Unknown,
];

/// Type and target of an edge in one word: three bits and twenty-nine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link(u32);

impl Link {
    /// Nodes that a link can tell apart. So many would make a file of about forty gigabytes.
    pub(super) const MOST_NODES: u64 = 1 << 29;

    /// `target` is below [`Link::MOST_NODES`].
    #[inline]
    pub(super) fn new(edge_type: EdgeType, target: u32) -> Self {
        Self((edge_type as u32) << 29 | target)
    }

    pub(super) fn edge_type(self) -> EdgeType {
        EDGE_TYPES[(self.0 >> 29) as usize]
    }

    pub(super) fn target(self) -> u32 {
        self.0 & ((1 << 29) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_type_and_target() {
        for &edge_type in EdgeType::ALL {
            for target in [0, 1, (Link::MOST_NODES - 1) as u32] {
                let link = Link::new(edge_type, target);
                assert_eq!((link.edge_type(), link.target()), (edge_type, target));
            }
        }
    }

    #[test]
    fn a_type_of_a_newer_v8_is_unknown_rather_than_an_error() {
        assert_eq!(NodeType::from_name("quantum object"), NodeType::Unknown);
        for node_type in NodeType::ALL {
            assert_eq!(NodeType::from_name(node_type.name()), *node_type);
        }
    }
}
