//! The objects that stand at certain positions.

use std::collections::HashMap;

use super::path_tree::{Placed, PositionId};
use crate::heap::NodeIndex;

/// The objects at some positions, the closest to the root first.
pub(super) struct Members {
    at: HashMap<PositionId, Vec<NodeIndex>>,
}

impl Members {
    /// Those at `positions`, found in one pass over all nodes.
    pub(super) fn of(placed: &Placed, positions: impl IntoIterator<Item = PositionId>) -> Self {
        const NO_LIST: u32 = u32::MAX;
        let mut list_of = vec![NO_LIST; placed.tree.positions.len()];
        let mut lists: Vec<(PositionId, Vec<NodeIndex>)> = Vec::new();
        for position in positions {
            let list = &mut list_of[position as usize];
            if *list == NO_LIST {
                *list = lists.len() as u32;
                lists.push((position, Vec::new()));
            }
        }
        for node in placed.paths.order() {
            let list = list_of[placed.of_node[node.get()] as usize];
            if list != NO_LIST {
                lists[list as usize].1.push(node);
            }
        }
        Self {
            at: lists.into_iter().collect(),
        }
    }

    /// The objects at one of the positions that were given.
    pub(super) fn at(&self, position: PositionId) -> &[NodeIndex] {
        self.at.get(&position).map_or(&[], Vec::as_slice)
    }
}
