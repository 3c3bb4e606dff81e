//! One sentence for a person.

use super::holder::Outside;
use super::suspect::{Holder, SuspectKind};
use crate::units;

/// What the sentence is made of.
pub(super) struct Facts<'a> {
    pub(super) kind: SuspectKind,
    pub(super) class_name: &'a str,
    pub(super) count_growth: i64,
    pub(super) retained_growth: i64,
    pub(super) holder: &'a Holder,
    /// Holders that share the growth.
    pub(super) holders: usize,
    /// Who holds them, if no object of the program does.
    pub(super) outside: Option<Outside>,
    /// The event whose listeners pile up.
    pub(super) event: Option<&'a str>,
    /// What each member keeps alive, when it is something else than itself.
    pub(super) keeps: Option<&'a str>,
    /// Script and line of the members' own code.
    pub(super) site: Option<String>,
    /// Kinds of open handles that these are known by, and how many more there are of each.
    pub(super) handles: &'a [(String, i64)],
    /// Directory that paths are shown relative to.
    pub(super) base: Option<&'a str>,
}

/// Says who holds what, how much it grew, and where.
pub(super) fn sentence(facts: &Facts<'_>) -> String {
    let who = holder(facts);
    let growth = units::count(facts.count_growth);
    let what = counted(facts.class_name, facts.count_growth);
    let cost = match facts.keeps {
        Some(kept) => format!(
            "{}, each keeping {} alive",
            units::bytes(facts.retained_growth as f64),
            with_article(kept)
        ),
        None => units::bytes(facts.retained_growth as f64),
    };
    let from = facts
        .site
        .as_ref()
        .map(|site| format!(" from {site}"))
        .unwrap_or_default();
    if let Some(outside) = facts.outside {
        let more = format!("{growth} more {what}{from} and {cost}");
        if !facts.handles.is_empty() {
            return format!(
                "Node.js itself keeps {more} (open handles: {}): they are open, or in progress, \
                 until somebody closes or ends them.",
                handles(facts.handles)
            );
        }
        return match outside {
            Outside::EventLoop => format!(
                "Node.js itself holds {more}: they are open, or in progress, until somebody closes \
                 or ends them."
            ),
            Outside::NativeCode => {
                format!(
                    "Native code (Node.js or an addon) keeps {more}: they stay until it lets go of \
                     them."
                )
            }
            Outside::Engine if facts.class_name == "symbol" => format!(
                "V8 itself holds {more}: what Symbol.for makes is kept for ever, once for all."
            ),
            Outside::Engine => format!(
                "V8 itself holds {more}: names of properties, and symbols made by Symbol.for, are \
                 kept once for all."
            ),
        };
    }
    match facts.kind {
        _ if facts.count_growth == 0 => {
            format!("{who} became {cost} larger, without more objects in it.")
        }
        SuspectKind::Listeners => {
            let event = facts
                .event
                .map(|event| format!(" for '{event}'"))
                .unwrap_or_default();
            format!(
                "{who} gained {growth} listeners{event}{from} and {cost}: they are added again and \
                 again and never removed."
            )
        }
        SuspectKind::Timers => format!(
            "{growth} more timers{from} wait in {who} and hold {cost}: they are started again and \
             again and never cleared."
        ),
        SuspectKind::Promise => format!(
            "{who} does not settle, and {growth} more reactions{from} wait for it and hold {cost}."
        ),
        SuspectKind::Contexts => format!(
            "{who} gained {growth} {what}{from} and {cost}: they keep V8 contexts that are no longer \
             used."
        ),
        SuspectKind::Closure => format!(
            "Closures behind {who} keep each other's variables: {growth} more {what}{from} and \
             {cost}."
        ),
        _ if !facts.handles.is_empty() => format!(
            "{who} gained {growth} {what}{from} and {cost}: they are open, or in progress, until \
             somebody closes or ends them."
        ),
        SuspectKind::Objects if is_chain(facts) => format!(
            "{who} leads to {growth} more {what} and {cost}, one behind the other, more in every \
             interval."
        ),
        _ => format!("{who} gained {growth} {what} and {cost}, more in every interval."),
    }
}

/// Whether objects of one class hang on each other. V8's own, such as code, have a type and no class.
fn is_chain(facts: &Facts<'_>) -> bool {
    facts.holder.class_name == facts.class_name
        && facts
            .class_name
            .starts_with(|first: char| !first.is_ascii_lowercase())
}

/// `40 more PipeWrap, 20 more ProcessWrap`
fn handles(kinds: &[(String, i64)]) -> String {
    let kinds: Vec<String> = kinds
        .iter()
        .take(MAX_HANDLES)
        .map(|(name, growth)| format!("{} more {name}", units::count(*growth)))
        .collect();
    kinds.join(", ")
}

/// Kinds of handles that are told.
const MAX_HANDLES: usize = 3;

/// `` `requests` (Map, server.js:8) ``
fn holder(facts: &Facts<'_>) -> String {
    let holder = facts.holder;
    let mut notes = Vec::new();
    if holder.name != holder.class_name {
        notes.push(holder.class_name.clone());
    }
    match (&holder.script, holder.line) {
        (Some(script), Some(line)) => notes.push(format!("{}:{line}", shown(script, facts.base))),
        (Some(script), None) => notes.push(shown(script, facts.base)),
        _ => {}
    }
    if facts.holders > 1 {
        notes.push(format!(
            "the largest of {}",
            units::count(facts.holders as i64)
        ));
    }
    if notes.is_empty() {
        return format!("`{}`", holder.name);
    }
    format!("`{}` ({})", holder.name, notes.join(", "))
}

/// A script as one would type it: relative to `base`, or from the package on.
pub(super) fn shown(script: &str, base: Option<&str>) -> String {
    let path = script.strip_prefix("file://").unwrap_or(script);
    let relative = base
        .and_then(|base| path.strip_prefix(base))
        .map(|rest| rest.trim_start_matches(['/', '\\']))
        .filter(|rest| !rest.is_empty());
    if let Some(relative) = relative {
        return relative.to_owned();
    }
    match path.rfind("node_modules/") {
        Some(place) => path[place..].to_owned(),
        None => path.to_owned(),
    }
}

fn counted(class: &str, count: i64) -> String {
    match class {
        shape if shape.starts_with('{') => format!("objects {shape}"),
        name if count == 1 => name.to_owned(),
        "array"
        | "closure"
        | "string"
        | "concatenated string"
        | "sliced string"
        | "number"
        | "symbol" => format!("{class}s"),
        // V8 calls what a FinalizationRegistry has so.
        "system / WeakCell" => "registrations".to_owned(),
        name => match name.strip_prefix("system / ") {
            Some(own) => format!("{own} objects of V8's own"),
            None => format!("{name} objects"),
        },
    }
}

fn with_article(class: &str) -> String {
    // As it is read: an FSEvent and an HTTPParser letter by letter, a User and a URL by their sound.
    let is_capital = |place: usize| {
        class
            .as_bytes()
            .get(place)
            .is_some_and(u8::is_ascii_uppercase)
    };
    let begins = |letters: &str| class.starts_with(|first: char| letters.contains(first));
    let like_you = ["Us", "us", "Uni", "uni", "Uti", "uti", "Eu", "eu"];
    let vowel = if is_capital(0) && is_capital(1) {
        begins("AEFHILMNORSX")
    } else {
        begins("AEIOUaeiou") && !like_you.iter().any(|start| class.starts_with(start))
    };
    format!("{} {class}", if vowel { "an" } else { "a" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(holder: &Holder) -> Facts<'_> {
        Facts {
            kind: SuspectKind::Collection,
            class_name: "IncomingMessage",
            count_growth: 3214,
            retained_growth: 13_000_000,
            holder,
            holders: 1,
            outside: None,
            event: None,
            keeps: None,
            site: None,
            handles: &[],
            base: Some("/app"),
        }
    }

    fn requests() -> Holder {
        Holder {
            class_name: "Map".to_owned(),
            name: "requests".to_owned(),
            script: Some("/app/server.js".to_owned()),
            line: Some(8),
            id: 1,
            retained_size: 1,
        }
    }

    #[test]
    fn a_collection_is_named_with_its_place_and_its_growth() {
        let holder = requests();
        assert_eq!(
            sentence(&facts(&holder)),
            "`requests` (Map, server.js:8) gained 3,214 IncomingMessage objects and 12.4 MB, more in \
             every interval."
        );
    }

    #[test]
    fn listeners_are_told_with_their_event_and_their_code() {
        let holder = Holder {
            class_name: "EventEmitter".into(),
            name: "bus".into(),
            ..requests()
        };
        let text = sentence(&Facts {
            kind: SuspectKind::Listeners,
            event: Some("price"),
            keeps: Some("View"),
            site: Some("server.js:12".to_owned()),
            ..facts(&holder)
        });
        assert_eq!(
            text,
            "`bus` (EventEmitter, server.js:8) gained 3,214 listeners for 'price' from server.js:12 \
             and 12.4 MB, each keeping a View alive: they are added again and again and never \
             removed."
        );
    }

    #[test]
    fn what_nobody_but_node_holds_is_told_as_open() {
        let holder = Holder {
            class_name: "TCPWrap".into(),
            name: "Node.js".into(),
            script: None,
            line: None,
            ..requests()
        };
        let text = sentence(&Facts {
            class_name: "TCP",
            keeps: Some("Socket"),
            outside: Some(Outside::EventLoop),
            ..facts(&holder)
        });
        assert_eq!(
            text,
            "Node.js itself holds 3,214 more TCP objects and 12.4 MB, each keeping a Socket alive: \
             they are open, or in progress, until somebody closes or ends them."
        );
    }

    #[test]
    fn handles_are_told_beside_what_they_belong_to() {
        let holder = Holder {
            class_name: "PipeWrap".into(),
            name: "Node.js".into(),
            script: None,
            line: None,
            ..requests()
        };
        let handles = [
            ("PipeWrap".to_owned(), 6428),
            ("ProcessWrap".to_owned(), 3214),
        ];
        let text = sentence(&Facts {
            class_name: "ChildProcess",
            outside: Some(Outside::EventLoop),
            handles: &handles,
            ..facts(&holder)
        });
        assert_eq!(
            text,
            "Node.js itself keeps 3,214 more ChildProcess objects and 12.4 MB (open handles: 6,428 \
             more PipeWrap, 3,214 more ProcessWrap): they are open, or in progress, until somebody \
             closes or ends them."
        );
    }

    #[test]
    fn articles_go_by_the_sound() {
        for (class, expected) in [
            ("Socket", "a Socket"),
            ("IncomingMessage", "an IncomingMessage"),
            ("Update", "an Update"),
            ("User", "a User"),
            ("FSEvent", "an FSEvent"),
            ("HTTPParser", "an HTTPParser"),
            ("URL", "a URL"),
            ("TCP", "a TCP"),
        ] {
            assert_eq!(with_article(class), expected);
        }
    }

    #[test]
    fn what_links_to_its_like_is_told_as_a_chain() {
        let holder = Holder {
            class_name: "Entry".into(),
            name: "newest".into(),
            ..requests()
        };
        let text = sentence(&Facts {
            kind: SuspectKind::Objects,
            class_name: "Entry",
            ..facts(&holder)
        });
        assert_eq!(
            text,
            "`newest` (Entry, server.js:8) leads to 3,214 more Entry objects and 12.4 MB, one behind \
             the other, more in every interval."
        );
    }

    #[test]
    fn code_that_leads_to_code_is_no_chain_of_the_programs() {
        let holder = Holder {
            class_name: "code".into(),
            name: "(format)".into(),
            ..requests()
        };
        let text = sentence(&Facts {
            kind: SuspectKind::Objects,
            class_name: "code",
            ..facts(&holder)
        });
        assert!(text.contains("gained 3,214 code objects"), "{text}");
    }

    #[test]
    fn paths_are_shown_as_one_would_type_them() {
        for (script, expected) in [
            ("/app/lib/a.js", "lib/a.js"),
            ("file:///app/a.mjs", "a.mjs"),
            (
                "/other/node_modules/ws/lib/ws.js",
                "node_modules/ws/lib/ws.js",
            ),
            ("/other/a.js", "/other/a.js"),
            ("node:internal/timers", "node:internal/timers"),
        ] {
            assert_eq!(shown(script, Some("/app")), expected);
        }
    }
}
