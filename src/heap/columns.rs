//! The narrow columns that a graph is made of.

use std::collections::HashMap;

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

/// Sizes in bytes: four bytes each, and a side table for the rare one of 4 GiB and more.
#[derive(Debug, Default)]
pub struct SizeColumn {
    narrow: Vec<u32>,
    wide: HashMap<u32, u64>,
}

impl SizeColumn {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            narrow: Vec::with_capacity(capacity),
            wide: HashMap::new(),
        }
    }

    pub(crate) fn push(&mut self, size: u64) {
        self.narrow.push(0);
        self.set(self.narrow.len() - 1, size);
    }

    /// Size of the node at `index`.
    pub fn get(&self, index: usize) -> u64 {
        match self.narrow[index] {
            u32::MAX => self.wide[&(index as u32)],
            size => u64::from(size),
        }
    }

    pub(crate) fn set(&mut self, index: usize, size: u64) {
        match u32::try_from(size) {
            Ok(narrow) if narrow != u32::MAX => self.narrow[index] = narrow,
            _ => {
                self.narrow[index] = u32::MAX;
                self.wide.insert(index as u32, size);
            }
        }
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.narrow.capacity() * 4 + self.wide.capacity() * 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_their_value_on_both_sides_of_four_gibibytes() {
        let mut sizes = SizeColumn::default();
        let values = [0, 1, u64::from(u32::MAX) - 1, u64::from(u32::MAX), 1 << 40];
        for value in values {
            sizes.push(value);
        }
        sizes.set(0, 1 << 33);
        assert_eq!(sizes.get(0), 1 << 33);
        for (index, value) in values.iter().enumerate().skip(1) {
            assert_eq!(sizes.get(index), *value);
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
