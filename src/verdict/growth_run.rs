//! Handles of a growth test: does each iteration leave some of them open?

use std::collections::BTreeMap;

use serde::Serialize;

use super::growth::{GrowthVerdict, Rung, judge_growth};
use super::leak::LeakKind;
use super::series::{LEAST_RUNGS, Scale, judge_series};
use crate::trend::Point;

/// Handles are whole, and a healthy program has a few more or less of them at any moment.
const HANDLES: Scale = Scale {
    resolution: 0.01,
    least_rise: 10.0,
    own_rise: 40.0,
};

/// A kind of handle of which more and more are open.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HandleGrowth {
    /// As Node names it, such as `Timeout` or `TCPSocketWrap`.
    pub kind: String,
    /// How many each iteration leaves open.
    pub per_iteration: f64,
}

/// What a growth test found in memory and in handles.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunVerdict {
    /// In memory, and on the whole.
    #[serde(flatten)]
    pub growth: GrowthVerdict,
    /// In handles, fastest first.
    pub handles: Vec<HandleGrowth>,
}

/// Judges memory as [`judge_growth`] does, and of each kind of handle how many were open after each
/// rung. The limit is one of bytes: where it allows some, handles are told of but are no leak.
///
/// A leak of handles counts before one of native memory, which is where Node keeps them; and after
/// one of the heap, which tells more exactly what it costs.
pub fn judge_run(
    rungs: &[Rung],
    open: &BTreeMap<String, Vec<f64>>,
    limit_bytes_per_iteration: f64,
) -> RunVerdict {
    let mut growth = judge_growth(rungs, limit_bytes_per_iteration);
    let handles = growing(rungs, open);
    let allowed = limit_bytes_per_iteration > 0.0;
    if !handles.is_empty() && !allowed && matches!(growth.kind, None | Some(LeakKind::Native)) {
        growth.leaking = true;
        growth.decided = true;
        growth.kind = Some(LeakKind::Handles);
    }
    RunVerdict { growth, handles }
}

fn growing(rungs: &[Rung], open: &BTreeMap<String, Vec<f64>>) -> Vec<HandleGrowth> {
    let mut found: Vec<HandleGrowth> = open
        .iter()
        .filter_map(|(kind, counts)| {
            let points: Vec<Point> = rungs
                .iter()
                .zip(counts)
                .map(|(rung, count)| (rung.iterations as f64, *count))
                .collect();
            let judged = judge_series(&points, 0.0, &HANDLES);
            (judged.leaking && points.len() >= LEAST_RUNGS).then(|| HandleGrowth {
                kind: kind.clone(),
                per_iteration: judged.rate,
            })
        })
        .collect();
    found.sort_by(|a, b| b.per_iteration.total_cmp(&a.per_iteration));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that leaves no memory behind, with timers open after each of its rungs.
    fn timers(open: &[f64], limit: f64) -> RunVerdict {
        let rungs: Vec<Rung> = (0..open.len() as u64)
            .map(|place| Rung {
                iterations: 20 * place,
                heap_used: 4e6,
                ..Rung::default()
            })
            .collect();
        let open = BTreeMap::from([("Timeout".to_owned(), open.to_vec())]);
        judge_run(&rungs, &open, limit)
    }

    #[test]
    fn one_more_timer_each_time_is_a_leak() {
        let verdict = timers(&[3.0, 23.0, 43.0, 63.0, 83.0, 103.0, 123.0, 143.0], 0.0);
        assert!(verdict.growth.leaking && verdict.growth.decided);
        assert_eq!(verdict.growth.kind, Some(LeakKind::Handles));
        assert_eq!(verdict.handles.len(), 1);
        assert_eq!(verdict.handles[0].kind, "Timeout");
        assert!((verdict.handles[0].per_iteration - 1.0).abs() < 1e-9);
    }

    #[test]
    fn timers_that_come_and_go_are_none() {
        for open in [
            [3.0, 5.0, 4.0, 8.0, 3.0, 7.0, 9.0, 5.0],
            [0.0, 20.0, 40.0, 50.0, 50.0, 50.0, 50.0, 50.0],
            [7.0; 8],
        ] {
            let verdict = timers(&open, 0.0);
            assert!(!verdict.growth.leaking, "{open:?} {verdict:?}");
        }
    }

    #[test]
    fn a_limit_in_bytes_allows_them() {
        let verdict = timers(&[0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0], 64.0);
        assert!(!verdict.growth.leaking);
        assert_eq!(verdict.handles.len(), 1);
    }
}
