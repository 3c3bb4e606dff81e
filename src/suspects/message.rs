//! One sentence for a person.

use super::holder::Outside;
use super::suspect::{Site, Suspect, SuspectKind};
use crate::units;

/// What the sentence of a suspect says that the suspect itself does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Telling {
    /// Holders that share the growth.
    pub(super) holders: usize,
    /// Whether the holder's name is that of an object which has it within.
    pub(super) is_within: bool,
    /// Who holds them, if no object of the program does.
    pub(super) outside: Option<Outside>,
    /// The event whose listeners pile up.
    pub(super) event: Option<String>,
    /// What each member keeps alive, when it is something else than itself.
    pub(super) keeps: Option<String>,
    /// Where the members' own code is written.
    pub(super) site: Option<Site>,
    /// Kinds of open handles that these are known by, and how many more there are of each.
    pub(super) handles: Vec<(String, i64)>,
}

/// Writes the message of a suspect by the names and places that it has now. Paths are shown relative
/// to `base`. One that has nothing to tell by keeps its message.
pub(super) fn tell(suspect: &mut Suspect, base: Option<&str>) {
    if let Some(telling) = &suspect.telling {
        suspect.message = sentence(suspect, telling, base);
    }
}

/// Says who holds what, how much it grew, and where.
fn sentence(suspect: &Suspect, telling: &Telling, base: Option<&str>) -> String {
    let who = holder(suspect, telling, base);
    let growth = units::count(suspect.count_growth);
    let what = counted(&suspect.class_name, suspect.count_growth);
    let cost = match &telling.keeps {
        Some(kept) => format!(
            "{}, each keeping {} alive",
            units::bytes(suspect.retained_growth as f64),
            with_article(kept)
        ),
        None => units::bytes(suspect.retained_growth as f64),
    };
    let from = telling
        .site
        .as_ref()
        .map(|site| format!(" from {}:{}", shown(&site.url, base), site.line))
        .unwrap_or_default();
    if let Some(outside) = telling.outside {
        let more = format!("{growth} more {what}{from} and {cost}");
        if !telling.handles.is_empty() {
            return format!(
                "Node.js itself keeps {more} (open handles: {}): they are open, or in progress, \
                 until somebody closes or ends them.",
                handles(&telling.handles)
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
            Outside::Engine if suspect.class_name == "symbol" => format!(
                "V8 itself holds {more}: what Symbol.for makes is kept for ever, once for all."
            ),
            Outside::Engine => format!(
                "V8 itself holds {more}: names of properties, and symbols made by Symbol.for, are \
                 kept once for all."
            ),
        };
    }
    match suspect.kind {
        _ if suspect.count_growth == 0 => {
            format!("{who} became {cost} larger, without more objects in it.")
        }
        SuspectKind::Listeners => {
            let event = telling
                .event
                .as_ref()
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
        _ if !telling.handles.is_empty() => format!(
            "{who} gained {growth} {what}{from} and {cost}: they are open, or in progress, until \
             somebody closes or ends them."
        ),
        SuspectKind::Objects if is_chain(suspect) => format!(
            "{who} leads to {growth} more {what} and {cost}, one behind the other, more in every \
             interval."
        ),
        _ => format!("{who} gained {growth} {what} and {cost}, more in every interval."),
    }
}

/// Whether objects of one class hang on each other. V8's own, such as code, have a type and no class.
fn is_chain(suspect: &Suspect) -> bool {
    suspect.holder.class_name == suspect.class_name
        && suspect
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
fn holder(suspect: &Suspect, telling: &Telling, base: Option<&str>) -> String {
    let holder = &suspect.holder;
    let mut notes = Vec::new();
    if telling.is_within {
        notes.push(format!("its {}", holder.class_name));
    } else if holder.name != holder.class_name {
        notes.push(holder.class_name.clone());
    }
    match (&holder.script, holder.line) {
        (Some(script), Some(line)) => notes.push(format!("{}:{line}", shown(script, base))),
        (Some(script), None) => notes.push(shown(script, base)),
        _ => {}
    }
    if telling.holders > 1 {
        notes.push(format!(
            "the largest of {}",
            units::count(telling.holders as i64)
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
#[path = "message_tests.rs"]
mod tests;
