//! Growth between snapshots, from graphs to named suspects.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::grouping::suspects;
use super::growth::{Candidate, candidates, candidates_at};
use super::naming::Namer;
use super::path_tree::{PathTree, Placed};
use super::suspect::Suspect;
use super::whereabouts::Sources;
use crate::heap::{ClassSize, NodeIndex, Snapshot, side_by_side};

/// How one class grew.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassGrowth {
    /// The class.
    pub class_name: String,
    /// Nodes in each snapshot, in order of time.
    pub counts: Vec<u64>,
    /// Bytes of those nodes alone in each snapshot.
    pub shallow_sizes: Vec<u64>,
    /// Nodes in the last snapshot.
    pub count: u64,
    /// Bytes of those nodes alone in the last snapshot.
    pub shallow_size: u64,
    /// Nodes in the last snapshot less those in the first.
    pub count_growth: i64,
    /// The same of the bytes.
    pub shallow_growth: i64,
}

/// What two or more snapshots say together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Classes that grew or shrank, with the largest growth in bytes first.
    pub classes: Vec<ClassGrowth>,
    /// Who is to blame, with the largest growth first.
    pub suspects: Vec<Suspect>,
    /// Bytes that the root reaches, in each snapshot.
    pub live_sizes: Vec<u64>,
}

/// Takes snapshots one after the other, and keeps of each only what the comparison needs: its
/// positions and its class table, a few megabytes. Only the last graph is ever needed whole.
#[derive(Debug, Default)]
pub struct Comparator {
    trees: Vec<PathTree>,
    classes: Vec<Vec<ClassSize>>,
    live_sizes: Vec<u64>,
    work: Vec<f64>,
}

impl Comparator {
    /// Snapshots taken so far.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Takes the next snapshot in order of time. `work` is what was done until then: seconds or
    /// iterations since some beginning.
    pub fn add(&mut self, snapshot: &Snapshot, work: f64) {
        let tree = self.take(snapshot, work, || PathTree::of(snapshot));
        self.keep(tree);
    }

    /// Keeps the class table of a snapshot while `place` finds the positions of its nodes.
    fn take<T>(&mut self, snapshot: &Snapshot, work: f64, place: impl FnOnce() -> T) -> T {
        let (placed, classes) = side_by_side(snapshot.is_large(), place, || snapshot.class_sizes());
        self.classes.push(classes);
        self.work.push(work);
        placed
    }

    fn keep(&mut self, tree: PathTree) {
        self.live_sizes.push(tree.live_size());
        self.trees.push(tree);
    }

    /// Takes the last snapshot and says what grew in every interval; it may turn out not to be the
    /// last one. `sources` lets lines be named.
    pub fn finish(&mut self, last: &Snapshot, work: f64, sources: Sources<'_>) -> Comparison {
        self.conclude(last, work, sources, |trees, work, _| {
            candidates(trees, work)
        })
    }

    /// The same of these objects of the last snapshot alone: who holds those that came since the
    /// first one, however few or small they are.
    pub fn finish_among(
        &mut self,
        last: &Snapshot,
        work: f64,
        sources: Sources<'_>,
        objects: &[NodeIndex],
    ) -> Comparison {
        self.conclude(last, work, sources, |trees, _, placed| {
            let places: HashSet<_> = objects
                .iter()
                .map(|object| placed.of_node[object.0 as usize])
                .collect();
            candidates_at(trees, |position| places.contains(&position))
        })
    }

    fn conclude(
        &mut self,
        last: &Snapshot,
        work: f64,
        sources: Sources<'_>,
        find: impl FnOnce(&[PathTree], &[f64], &Placed) -> Vec<Candidate>,
    ) -> Comparison {
        // Suspects have retained sizes and retainers, which take as long to find as all the rest.
        let ((placed, candidates), _) = side_by_side(
            last.is_large(),
            || {
                let mut placed = self.take(last, work, || Placed::of(last));
                self.keep(std::mem::take(&mut placed.tree));
                let candidates = match self.trees.len() {
                    0 | 1 => Vec::new(),
                    _ => find(&self.trees, &self.work, &placed),
                };
                if let Some(tree) = self.trees.pop() {
                    placed.tree = tree;
                }
                if !candidates.is_empty() {
                    last.retainers();
                }
                (placed, candidates)
            },
            || last.dominators(),
        );
        let namer = Namer {
            snapshot: last,
            placed: &placed,
            paths: &placed.paths,
            scripts: last.scripts(),
            sources,
        };
        let classes = class_growth(&self.classes);
        let comparison = Comparison {
            suspects: suspects(last, &placed, &namer, &classes, candidates),
            classes,
            live_sizes: self.live_sizes.clone(),
        };
        self.trees.push(placed.tree);
        comparison
    }
}

fn class_growth(tables: &[Vec<ClassSize>]) -> Vec<ClassGrowth> {
    let mut growth: HashMap<&str, ClassGrowth> = HashMap::new();
    for (place, table) in tables.iter().enumerate() {
        for row in table {
            let class = growth
                .entry(&row.class_name)
                .or_insert_with(|| ClassGrowth {
                    class_name: row.class_name.clone(),
                    counts: vec![0; tables.len()],
                    shallow_sizes: vec![0; tables.len()],
                    count: 0,
                    shallow_size: 0,
                    count_growth: 0,
                    shallow_growth: 0,
                });
            class.counts[place] = row.count;
            class.shallow_sizes[place] = row.shallow_size;
        }
    }
    let difference = |values: &[u64]| values[values.len() - 1] as i64 - values[0] as i64;
    let mut classes: Vec<ClassGrowth> = growth
        .into_values()
        .map(|mut class| {
            class.count = class.counts[tables.len() - 1];
            class.shallow_size = class.shallow_sizes[tables.len() - 1];
            class.count_growth = difference(&class.counts);
            class.shallow_growth = difference(&class.shallow_sizes);
            class
        })
        .filter(|class| class.count_growth != 0 || class.shallow_growth != 0)
        .collect();
    classes.sort_by(|a, b| {
        b.shallow_growth
            .cmp(&a.shallow_growth)
            .then_with(|| a.class_name.cmp(&b.class_name))
    });
    classes
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
