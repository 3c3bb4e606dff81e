//! The symbols of the platform.
//!
//! A symbol's description may be data, so only those are shown that V8 and Node.js themselves
//! define. `symbols.txt` lists them; `scripts/list-platform-symbols.js` makes it anew.

use std::collections::HashSet;
use std::sync::OnceLock;

/// One description a line, sorted.
const LIST: &str = include_str!("symbols.txt");

/// Whether V8 or Node.js has a symbol of this description.
pub(super) fn is_platform_symbol(description: &str) -> bool {
    static KNOWN: OnceLock<HashSet<&str>> = OnceLock::new();
    description.is_empty()
        || KNOWN
            .get_or_init(|| LIST.lines().collect())
            .contains(description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_the_platform_are_known_and_no_others() {
        for description in [
            "Symbol.iterator",
            "kEvents",
            "nodejs.util.inspect.custom",
            "",
        ] {
            assert!(is_platform_symbol(description), "{description}");
        }
        for description in ["symbol.iterator", "session of ada", "kEvents\n"] {
            assert!(!is_platform_symbol(description), "{description}");
        }
    }
}
