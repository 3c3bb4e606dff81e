//! Finds the line on which a name is declared, in the text of a script.
//!
//! A snapshot tells in which function's context a variable lives, but not on which line it is
//! declared; the script on the disk does. The search is by words, not by grammar: it has to be
//! right for ordinary code and harmless for the rest.

/// How code reaches the name that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameKind {
    /// A variable, captured by a function that stands at this one-based line.
    Variable { seen_from: u32 },
    /// A property, of an object whose constructor stands at this one-based line.
    Property { seen_from: u32 },
}

/// The one-based line that declares `name`.
pub(super) fn declaration_line(source: &str, name: &str, kind: NameKind) -> Option<u32> {
    if name.is_empty() {
        return None;
    }
    let matches: Vec<u32> = source
        .lines()
        .enumerate()
        .filter(|(_, line)| match kind {
            NameKind::Variable { .. } => declares_variable(line, name),
            NameKind::Property { .. } => sets_property(line, name),
        })
        .map(|(index, _)| index as u32 + 1)
        .collect();
    match kind {
        // What a function captures is declared around it: the closest one above wins.
        NameKind::Variable { seen_from } => matches
            .iter()
            .rev()
            .find(|&&line| line <= seen_from)
            .or(matches.first())
            .copied(),
        NameKind::Property { seen_from } => matches
            .iter()
            .find(|&&line| line >= seen_from)
            .or(matches.first())
            .copied(),
    }
}

/// The one-based line that gives a plain object its property `name`, of class `class`: best the one that
/// makes it, be it in a variable that is called alike; else the first from `seen_from` on that sets it.
pub(super) fn property_line(source: &str, name: &str, class: &str, seen_from: u32) -> Option<u32> {
    let first = |fits: &dyn Fn(&str) -> bool| {
        let found = source.lines().position(fits);
        found.map(|index| index as u32 + 1)
    };
    first(&|line| sets_property(line, name) && makes(line, name, class))
        .or_else(|| first(&|line| declares_variable(line, name) && makes(line, name, class)))
        .or_else(|| declaration_line(source, name, NameKind::Property { seen_from }))
}

fn declares_variable(line: &str, name: &str) -> bool {
    words(line, name).any(|(before, after)| {
        let after = after.trim_start();
        let declared = ["const", "let", "var"].into_iter().any(|keyword| {
            before.rsplit_once(keyword).is_some_and(|(lead, between)| {
                !lead.ends_with(is_word)
                    && between.starts_with(|next: char| !is_word(next))
                    // Between the keyword and the name there may be other names of the same
                    // declaration, but no value.
                    && !between.contains(['=', ';', '(', '.'])
            })
        });
        let defined = ["function", "function*", "class", "import", "* as"]
            .into_iter()
            .any(|keyword| before.trim_end().ends_with(keyword));
        (declared && !after.starts_with("=>")) || defined
    })
}

fn sets_property(line: &str, name: &str) -> bool {
    words(line, name).any(|(before, after)| {
        let after = after.trim_start();
        let assigned =
            (after.starts_with('=') && !after.starts_with("==") && !after.starts_with("=>"))
                || after.starts_with("??=")
                || after.starts_with("||=");
        let before = before.trim_end();
        let member = before.ends_with('.') || before.ends_with('#') || before.ends_with("['");
        let literal = after.starts_with(':') && !before.ends_with('?');
        let field = before.is_empty() || before.ends_with("static");
        (assigned && (member || field)) || literal
    })
}

/// Where on a line `name` is a word of its own, in bytes from its beginning.
pub(super) fn columns_of(line: &str, name: &str) -> Vec<usize> {
    if name.is_empty() {
        return Vec::new();
    }
    words(line, name).map(|(before, _)| before.len()).collect()
}

/// What stands before and after each place where `name` is a word of its own.
fn words<'a>(line: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(name).filter_map(move |(start, _)| {
        let (before, rest) = line.split_at(start);
        let after = &rest[name.len()..];
        (!before.ends_with(is_word) && !after.starts_with(is_word)).then_some((before, after))
    })
}

/// Whether a line of a script gives the name something of class `class`, be it by `=` or in a literal.
pub(super) fn makes(line: &str, name: &str, class: &str) -> bool {
    let Some((_, rest)) = line.split_once(name) else {
        return false;
    };
    ['=', ':'].into_iter().any(|sign| {
        let value = rest.split_once(sign).map(|(_, value)| value.trim_start());
        value.is_some_and(|value| is_made(value, class))
    })
}

fn is_made(value: &str, class: &str) -> bool {
    let fits = match class {
        "Array" => value.starts_with('['),
        "Object" => value.starts_with('{'),
        _ => false,
    };
    let made = value
        .strip_prefix("new ")
        .and_then(|rest| rest.strip_prefix(class))
        .is_some_and(|rest| !rest.starts_with(|next: char| is_word(next) || next == '.'));
    fits || made
}

pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(source: &str, name: &str, seen_from: u32) -> Option<u32> {
        declaration_line(source, name, NameKind::Variable { seen_from })
    }

    #[test]
    fn a_variable_is_found_where_it_is_declared() {
        let source = "// requests\nuse(requests);\nconst requests = new Map();\nrequests.set(1);";
        assert_eq!(variable(source, "requests", 4), Some(3));
        assert_eq!(variable("let a = f(x), b;\nvar x", "x", 2), Some(2));
        assert_eq!(variable("const { a, cache: b } = f();", "b", 1), Some(1));
        assert_eq!(variable("function cache() {}", "cache", 1), Some(1));
        assert_eq!(variable("import cache from 'x'", "cache", 1), Some(1));
        assert_eq!(variable("nothing = here", "absent", 1), None);
    }

    #[test]
    fn of_two_declarations_the_closest_above_the_function_wins() {
        let source =
            "const list = [];\n\nfunction f() {\n  const list = [];\n  use(() => list);\n}";
        assert_eq!(variable(source, "list", 5), Some(4));
        assert_eq!(variable(source, "list", 2), Some(1));
    }

    #[test]
    fn a_property_is_found_where_it_is_first_set() {
        let check = |source, name, seen_from| {
            declaration_line(source, name, NameKind::Property { seen_from })
        };
        assert_eq!(
            check(
                "if (this.sessions == 1) {}\nthis.sessions = {}",
                "sessions",
                1
            ),
            Some(2)
        );
        assert_eq!(check("class A {\n  items = [];\n}", "items", 1), Some(2));
        assert_eq!(check("x = {\n  items: [],\n}", "items", 1), Some(2));
        assert_eq!(check("this.#rooms = new Map()", "rooms", 1), Some(1));
    }

    #[test]
    fn what_is_exported_is_found_where_it_is_made() {
        let line = |source, class| property_line(source, "seen", class, 1);
        let compiled = "exports.seen = void 0;\nuse();\nexports.seen = new Map();";
        assert_eq!(line(compiled, "Map"), Some(3));
        assert_eq!(line(compiled, "Set"), Some(1));
        let variable = "use(seen);\nconst seen = new Set();\nmodule.exports = { seen };";
        assert_eq!(line(variable, "Set"), Some(2));
        assert_eq!(
            line("module.exports = {\n  seen: new Map(),\n}", "Map"),
            Some(2)
        );
        let literal = "cache = {\n  seen: {},\n  clear() {\n    this.seen = {};\n  },\n};";
        assert_eq!(line(literal, "Object"), Some(2));
        assert_eq!(line("module.exports = made();", "Map"), None);
    }

    #[test]
    fn a_line_tells_what_a_name_is_given() {
        assert!(makes("const requests = new Map();", "requests", "Map"));
        assert!(makes("  let rows = [];", "rows", "Array"));
        assert!(makes("const byId = {};", "byId", "Object"));
        assert!(makes("let a = 0, b = new Map();", "b", "Map"));
        assert!(makes(
            "const names: Map<string, Name> = new Map();",
            "names",
            "Map"
        ));
        assert!(makes("  seen: new Set(),", "seen", "Set"));
        assert!(makes("const seen = new Set", "seen", "Set"));
        assert!(!makes("let count = 0;", "count", "Map"));
        assert!(!makes("const names = new MapOfNames();", "names", "Map"));
        assert!(!makes("let later;", "later", "Map"));
    }
}
