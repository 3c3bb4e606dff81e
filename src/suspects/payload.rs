//! What grows along with the members of a suspect, beneath them.

use super::growth::Candidate;
use super::path_tree::{Placed, PositionId};
use crate::heap::NodeType;

/// Steps below a member that its payload is looked for.
const PAYLOAD_DEPTH: u8 = 6;

/// What the members of a suspect hold, one for each.
pub(super) struct Payload {
    /// The largest class of the program.
    pub(super) class: Option<String>,
    /// Whether V8's contexts are among it.
    pub(super) contexts: bool,
}

/// The class of the program that became more beneath the members, one for each.
pub(super) fn payload(
    placed: &Placed,
    candidate: &Candidate,
    count_growth: i64,
    is_worth_telling: &dyn Fn(PositionId) -> bool,
) -> Payload {
    let positions = &placed.tree.positions;
    // Steps below the candidate, and one more; 0 for what stands elsewhere.
    let mut depth = vec![0_u8; positions.len()];
    depth[candidate.position as usize] = 1;
    let mut found = Payload {
        class: None,
        contexts: false,
    };
    let mut largest = 0;
    let below = positions
        .iter()
        .enumerate()
        .skip(candidate.position as usize + 1);
    for (index, position) in below {
        let above = depth[position.parent as usize];
        if above == 0 || above == PAYLOAD_DEPTH + 1 {
            continue;
        }
        depth[index] = above + 1;
        let one_each = position.count as i64 * 2 >= count_growth;
        let name = placed.tree.name(position.class);
        if !one_each || count_growth == 0 {
            continue;
        }
        found.contexts |= name == "system / NativeContext";
        let own = position.node_type == Some(NodeType::Object)
            && !name.starts_with("system / ")
            && !matches!(
                name,
                "Object" | "Array" | "Map" | "Set" | "Promise" | "" | "Function"
            );
        if own && position.subtree > largest && is_worth_telling(index as PositionId) {
            largest = position.subtree;
            found.class = Some(name.to_owned());
        }
    }
    found
}
