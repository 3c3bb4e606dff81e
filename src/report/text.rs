//! Text for a terminal or a log.

use std::fmt::Write;

use super::document::{allocation, edge_phrase};
use crate::heap::Step;
use crate::suspects::{Comparison, Suspect};
use crate::units;

/// Suspects that are told in full; the others get one line each.
const IN_FULL: usize = 3;
/// Steps of a path that are drawn; the middle of a longer one is left out.
const MAX_STEPS: usize = 14;

/// What two or more snapshots say together.
pub fn comparison_text(comparison: &Comparison) -> String {
    let mut text = String::new();
    let sizes: Vec<String> = comparison
        .live_sizes
        .iter()
        .map(|&size| units::bytes(size as f64))
        .collect();
    let _ = writeln!(text, "Live heap: {}", sizes.join(" → "));
    if comparison.suspects.is_empty() {
        text.push_str("Nothing grew in every interval.\n");
        return text;
    }
    if comparison.live_sizes.len() == 2 {
        text.push_str(
            "Two snapshots cannot tell a leak from a warm-up; with a third one they can.\n",
        );
    }
    for (place, suspect) in comparison.suspects.iter().take(IN_FULL).enumerate() {
        let _ = write!(text, "\n{}. {}", place + 1, suspect_text(suspect));
    }
    let others = comparison.suspects.iter().skip(IN_FULL);
    if others.len() > 0 {
        text.push_str("\nSmaller:\n");
        for suspect in others {
            let _ = writeln!(text, "   - {}", suspect.message);
        }
    }
    text
}

/// What allocation sampling says alone; `why` there was no snapshot.
pub fn sampling_text(suspects: &[Suspect], why: &str) -> String {
    let mut text = format!("{why}\n");
    if suspects.is_empty() {
        text.push_str("Allocation sampling has found nothing that stays.\n");
        return text;
    }
    text.push_str("Allocation sampling has found what stays, but not who holds it:\n");
    for (place, suspect) in suspects.iter().enumerate() {
        let _ = writeln!(text, "\n{}. {}", place + 1, suspect.message);
        if let Some(package) = &suspect.package {
            let _ = writeln!(text, "   package: {package}");
        }
        let _ = writeln!(text, "   fingerprint: {}", suspect.fingerprint);
    }
    text
}

/// One suspect with its path and what to do about it.
pub fn suspect_text(suspect: &Suspect) -> String {
    let mut text = format!("{}\n", suspect.message);
    if let Some(package) = &suspect.package {
        let _ = writeln!(text, "   package: {package}");
    }
    let _ = writeln!(
        text,
        "   now {} of them hold {}; the holder keeps {} in all",
        units::count(suspect.count as i64),
        units::bytes(suspect.retained_size as f64),
        units::bytes(suspect.holder.retained_size as f64),
    );
    for site in suspect.sites.iter().filter(|site| site.sampled) {
        let [name, place, bytes] = allocation(site);
        let _ = writeln!(text, "   allocated by {name} ({place}), some {bytes} of it");
    }
    let _ = writeln!(text, "   what to do: {}", suspect.advice);
    text.push_str("   path from the GC root:\n");
    text.push_str(&drawn_path(&suspect.path));
    let _ = writeln!(text, "   fingerprint: {}", suspect.fingerprint);
    text
}

fn drawn_path(path: &[Step]) -> String {
    let mut text = String::new();
    let hidden = path.len().saturating_sub(MAX_STEPS);
    let head = 4;
    for (place, step) in path.iter().enumerate() {
        if hidden > 0 && place == head {
            let _ = writeln!(text, "     … {hidden} more steps …");
        }
        if hidden > 0 && (head..head + hidden).contains(&place) {
            continue;
        }
        if step.edge.is_empty() {
            let _ = writeln!(text, "     {}   ← piles up", step.node);
        } else {
            let _ = writeln!(text, "     {} ── {} →", step.node, edge_phrase(step));
        }
    }
    text
}
