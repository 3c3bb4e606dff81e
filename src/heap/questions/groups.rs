//! What groups of nodes retain.

use crate::error::Result;
use crate::heap::Control;
use crate::heap::dominators::Visit;
use crate::heap::graph::NodeIndex;
use crate::heap::snapshot::Snapshot;

/// The group of a node that belongs to none.
pub(in crate::heap) const NO_GROUP: u32 = u32::MAX;

impl Snapshot {
    /// Bytes retained by the members of each group, each byte once: what a member retains through
    /// another member of its group is not added again (`calculateClassesRetainedSize` in DevTools'
    /// `HeapSnapshot.ts`). What members only retain together is not in it.
    ///
    /// `group_of` gives the number of a node's group, below `groups`, or [`NO_GROUP`].
    pub(in crate::heap) fn retained_by_groups(
        &self,
        groups: usize,
        group_of: impl Fn(NodeIndex) -> u32,
        control: &Control,
    ) -> Result<Vec<u64>> {
        let mut retained = vec![0; groups];
        let mut open = vec![0_u32; groups];
        let mut steps = 0;
        let mut given_up = Ok(());
        self.dominators().walk(|visit| {
            steps += 1;
            if given_up.is_err() {
                return;
            }
            given_up = control.check_at(steps);
            match visit {
                Visit::Enter(node) => {
                    let group = group_of(node);
                    if group == NO_GROUP {
                        return;
                    }
                    if open[group as usize] == 0 {
                        retained[group as usize] += self.retained_size(node);
                    }
                    open[group as usize] += 1;
                }
                Visit::Leave(node) => {
                    let group = group_of(node);
                    if group != NO_GROUP {
                        open[group as usize] -= 1;
                    }
                }
            }
        });
        given_up.map(|()| retained)
    }
}
