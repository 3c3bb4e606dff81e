//! One sentence for a person.

use super::suspect::{Holder, SuspectKind};
use crate::units;

/// What the sentence is made of.
pub(super) struct Facts<'a> {
    pub(super) kind: SuspectKind,
    pub(super) class_name: &'a str,
    pub(super) count_growth: i64,
    pub(super) retained_growth: i64,
    pub(super) holder: &'a Holder,
    pub(super) holders: usize,
    /// The event whose listeners pile up.
    pub(super) event: Option<&'a str>,
    /// What each member keeps alive, when it is something else than itself.
    pub(super) keeps: Option<&'a str>,
    pub(super) site: Option<String>,
}

/// Says who holds what, how much it grew, and where.
pub(super) fn sentence(facts: &Facts<'_>) -> String {
    let holder = facts.holder;
    let place = match (&holder.script, holder.line) {
        (Some(script), Some(line)) => format!(" ({script}:{line})"),
        (Some(script), None) => format!(" ({script})"),
        _ => String::new(),
    };
    let class = if holder.name.contains(&holder.class_name) {
        String::new()
    } else {
        format!("{} ", article(&holder.class_name))
    };
    let name = match facts.holders {
        1 => format!("{class}`{}`{place}", holder.name),
        more => format!("{class}`{}`{place}, one of {more} like it,", holder.name),
    };
    let gained = match facts.count_growth {
        0 => facts.class_name.to_owned(),
        more => format!(
            "{} more {}",
            units::count(more),
            plural(facts.class_name, more)
        ),
    };
    let bytes = units::bytes(facts.retained_growth as f64);
    let keeps = facts
        .keeps
        .map(|kept| format!(", each keeping a {kept}"))
        .unwrap_or_default();
    let site = facts
        .site
        .as_ref()
        .map(|site| format!(" from {site}"))
        .unwrap_or_default();
    let text = match facts.kind {
        SuspectKind::Listeners => {
            let event = facts
                .event
                .map(|event| format!(" for '{event}'"))
                .unwrap_or_default();
            format!(
                "{name} gained {} more listeners{event}{site} (+{bytes}{keeps}) and lost none: a \
                 listener is added again and again and never removed.",
                units::count(facts.count_growth)
            )
        }
        SuspectKind::Timers => format!(
            "{gained}{site} (+{bytes}{keeps}) wait in {name}: timers are started again and again and \
             never cleared."
        ),
        SuspectKind::Promise => format!(
            "{name} gained {gained}{site} (+{bytes}{keeps}): each wait on this promise, which does \
             not settle, leaves a reaction behind."
        ),
        SuspectKind::Contexts => {
            format!(
                "{name} keeps {gained}{site} (+{bytes}{keeps}): V8 contexts are never released."
            )
        }
        SuspectKind::Closure => format!(
            "{name} reaches {gained}{site} (+{bytes}{keeps}) through closures that keep each other's \
             variables."
        ),
        _ if facts.count_growth == 0 => {
            format!("{name} itself grew by {bytes} in {gained}.")
        }
        _ => format!("{name} gained {gained}{site} (+{bytes}{keeps}), more in every interval."),
    };
    capitalise(text)
}

fn article(class: &str) -> String {
    let vowel = class.starts_with(|first: char| "AEIOUaeiou".contains(first));
    format!("{} {class}", if vowel { "an" } else { "a" })
}

fn plural(class: &str, count: i64) -> String {
    let shape = class.starts_with('{');
    match (shape, count) {
        (true, _) => format!("objects {class}"),
        (false, 1) => class.to_owned(),
        _ => format!("{class} objects"),
    }
}

fn capitalise(text: String) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if first.is_ascii_lowercase() => {
            first.to_ascii_uppercase().to_string() + characters.as_str()
        }
        _ => text,
    }
}
