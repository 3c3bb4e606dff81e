//! One sentence on each place where memory has piled up.

use super::accumulations::Content;
use super::names::Named;
use crate::units;

/// On a single large object. `point_kind` is the class of the accumulation point, where that is
/// another object.
pub(super) fn message_of_one(
    retained_size: u64,
    share: f64,
    class_name: &str,
    point_kind: Option<&str>,
    named: &Named,
    most: Option<&Content>,
) -> String {
    let mut message = format!("{} held by one {class_name}", amount(retained_size, share));
    if let Some(kind) = point_kind {
        message.push_str(&format!(" and accumulated in one {kind}"));
    }
    message.push_str(&place(named));
    if let Some(most) = most {
        let count = units::count(most.count as i64);
        message.push_str(&format!("; most of it is in {count} {}", most.class_name));
    }
    message.push('.');
    message
}

/// On a group. `reached` is the class and the name of what leads to most of its members.
pub(super) fn message_of_many(
    retained_size: u64,
    share: f64,
    count: u64,
    class_name: &str,
    reached: Option<(String, &Named)>,
) -> String {
    let mut message = format!(
        "{} held by {} {class_name} that nothing else contains",
        amount(retained_size, share),
        units::count(count as i64),
    );
    if let Some((kind, named)) = reached {
        let place = place(named);
        message.push_str(&format!("; most are reached through one {kind}{place}"));
    }
    message.push('.');
    message
}

fn amount(retained_size: u64, share: f64) -> String {
    let bytes = units::bytes(retained_size as f64);
    format!("{bytes} ({:.0} % of the live heap) are", share * 100.0)
}

/// How code reaches the object, where anything names it.
fn place(named: &Named) -> String {
    let name = &named.name;
    match (&named.script, named.line) {
        _ if name.starts_with('(') => String::new(),
        (Some(script), Some(line)) => format!(", reached as '{name}' ({script}:{line})"),
        _ => format!(", reached as '{name}'"),
    }
}
