//! What was made and what was freed between two snapshots of one process: DevTools' "Comparison"
//! view (`calculateSnapshotDiff` in `HeapSnapshot.ts`).

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use crate::error::Result;
use crate::heap::Control;
use crate::heap::classes::ClassIndex;
use crate::heap::snapshot::Snapshot;

/// How two snapshots differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Classes that changed, those that grew most bytes first.
    pub classes: Vec<ClassDifference>,
    /// Share of the base's objects, 0 to 1, that have the same id and class in the later snapshot.
    /// V8's ids last as long as captures are made inline, in the process itself. Where few objects
    /// are found again, the snapshots are of two processes or from forked captures, and `added` and
    /// `removed` mean nothing; their difference still holds.
    pub found_again: f64,
}

/// How one class differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassDifference {
    /// The class.
    pub class_name: String,
    /// Objects that are new.
    pub added: u64,
    /// Objects that are gone.
    pub removed: u64,
    /// Bytes of those that are new.
    pub added_size: u64,
    /// Bytes of those that are gone.
    pub removed_size: u64,
    /// Bytes by which those grew that are in both; negative where they shrank. DevTools does not
    /// count it.
    pub grown_size: i64,
}

impl ClassDifference {
    /// Bytes more than before; negative where there are fewer.
    fn size_delta(&self) -> i64 {
        self.added_size as i64 - self.removed_size as i64 + self.grown_size
    }
}

/// One object: id, class, bytes.
type Object = (u32, u32, u64);

/// What has to be kept of a snapshot to tell later what has changed since: 16 bytes an object.
#[derive(Debug, Default)]
pub struct Inventory {
    class_names: Vec<String>,
    /// Sorted.
    objects: Vec<Object>,
}

impl Inventory {
    /// The objects of a snapshot that take memory.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn of(snapshot: &Snapshot, control: &Control) -> Result<Self> {
        let ClassIndex { of_node, names } = ClassIndex::of(snapshot);
        control.check()?;
        let graph = snapshot.graph();
        let mut objects: Vec<Object> = graph
            .nodes()
            .zip(of_node)
            .filter(|&(node, _)| snapshot.shallow_size(node) > 0)
            .map(|(node, class)| (graph.node_id(node), class, snapshot.shallow_size(node)))
            .collect();
        control.check()?;
        objects.sort_unstable();
        Ok(Self {
            class_names: names,
            objects,
        })
    }

    /// Gives classes the numbers that they have in `numbers`, with new ones for new classes.
    fn renumbered(self, numbers: &mut HashMap<String, u32>) -> Vec<Object> {
        let common: Vec<u32> = self
            .class_names
            .into_iter()
            .map(|name| {
                let next = numbers.len() as u32;
                *numbers.entry(name).or_insert(next)
            })
            .collect();
        let mut objects = self.objects;
        for object in &mut objects {
            object.1 = common[object.1 as usize];
        }
        // Ids of a file are different from each other, unless someone has written it by hand.
        objects.sort_unstable();
        objects
    }
}

impl Snapshot {
    /// What changed since `base`, an earlier snapshot of the same process. As in DevTools, nodes
    /// that take no memory do not count.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn difference_since(&self, base: Inventory, control: &Control) -> Result<Difference> {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let before = base.renumbered(&mut numbers);
        let after = Inventory::of(self, control)?.renumbered(&mut numbers);
        let mut rows: Vec<ClassDifference> = vec![ClassDifference::default(); numbers.len()];
        for (class_name, number) in numbers {
            rows[number as usize].class_name = class_name;
        }
        let mut found_again = 0;
        let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
        for step in 0.. {
            control.check_at(step)?;
            let key = |object: &&&Object| (object.0, object.1);
            match (old.peek().as_ref().map(key), new.peek().as_ref().map(key)) {
                (None, None) => break,
                (Some(one), Some(other)) if one == other => {
                    found_again += 1;
                    if let (Some(one), Some(other)) = (old.next(), new.next()) {
                        rows[one.1 as usize].grown_size += other.2 as i64 - one.2 as i64;
                    }
                }
                (Some(one), other) if other.is_none_or(|other| one < other) => {
                    if let Some(&(_, class, size)) = old.next() {
                        rows[class as usize].removed += 1;
                        rows[class as usize].removed_size += size;
                    }
                }
                _ => {
                    if let Some(&(_, class, size)) = new.next() {
                        rows[class as usize].added += 1;
                        rows[class as usize].added_size += size;
                    }
                }
            }
        }
        rows.retain(|row| row.added > 0 || row.removed > 0 || row.grown_size != 0);
        rows.sort_by(|one, other| {
            (Reverse(one.size_delta()), &one.class_name)
                .cmp(&(Reverse(other.size_delta()), &other.class_name))
        });
        Ok(Difference {
            classes: rows,
            found_again: f64::from(found_again) / before.len().max(1) as f64,
        })
    }
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod tests;
