//! Does a piece of work leave memory behind? The verdict of a test that repeats it.

use serde::Serialize;

use super::leak::LeakKind;
use super::series::{FEWEST_RUNGS, Judged, LEAST_RUNGS, Scale, judge_series};
use crate::trend::Point;

/// Heap and external memory. With what refers to it, the smallest object takes 16 to 24 bytes; V8
/// itself may keep 50 to 250 KB of a program with large packages that runs again and again (feedback,
/// inline caches, maps).
const BYTES: Scale = Scale {
    resolution: 16.0,
    least_rise: 2048.0,
    own_rise: 512.0 * 1024.0,
};

/// Native code allocates for V8, too: its compiler, its handles and caches. A total rise below this
/// is never a leak of native memory, in bytes.
const LEAST_NATIVE_RISE: f64 = 256.0 * 1024.0;

/// The resident set contains what allocators keep for later, where they do not tell how much that is.
/// It only counts where an addon has an allocator of its own, and nothing else tells of it.
const LEAST_RESIDENT_RISE: f64 = 8.0 * 1024.0 * 1024.0;

/// Memory after a number of iterations and a full GC; bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rung {
    /// Iterations so far, in all.
    pub iterations: u64,
    /// Heap in use.
    pub heap_used: f64,
    /// External memory, ArrayBuffers included.
    pub external: f64,
    /// The part of `external` that belongs to ArrayBuffers.
    pub array_buffers: f64,
    /// Allocated by native code and not counted in `external`; `None` where nobody tells.
    pub native: Option<f64>,
    /// Resident set, less V8's heap, external memory and what is known to be kept for later.
    pub resident: f64,
}

/// What a growth test found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrowthVerdict {
    /// Whether it leaks more than the limit allows.
    pub leaking: bool,
    /// Whether that can be told; if not, more rungs are needed.
    pub decided: bool,
    /// What leaks; `None` when nothing does.
    pub kind: Option<LeakKind>,
    /// What the figures below are about: what leaks, or else what may be growing, or else the heap.
    pub memory: LeakKind,
    /// Growth per iteration.
    pub bytes_per_iteration: f64,
    /// Where that lies with 95 % confidence; with fewer than five rungs, the smallest and the
    /// largest growth between any two.
    pub interval: [f64; 2],
    /// Bytes by which a rung strays from the line, as a standard deviation.
    pub noise: f64,
}

/// Judges the rungs after warm-up against a limit of bytes per iteration: heap, external and native
/// memory each on its own noise. Native memory is only asked for where the others do not leak: a
/// leak of JavaScript may well keep some of it.
///
/// It leaks when even the lower end of the interval is above the limit, growth holds up to the
/// end, and the whole rise stands out of the noise; the smaller the rise, the more regular it has
/// to be, because what V8 itself keeps is small and irregular, and what a leak keeps is the same
/// each time. It is clean when the upper end is below the limit (or below 16 bytes, if the limit is
/// lower), or when growth has died away. Anything else is not decided.
pub fn judge_growth(rungs: &[Rung], limit_bytes_per_iteration: f64) -> GrowthVerdict {
    let limit = if limit_bytes_per_iteration.is_finite() {
        limit_bytes_per_iteration.max(0.0)
    } else {
        0.0
    };
    let series = |of: fn(&Rung) -> f64| -> Vec<Point> {
        rungs
            .iter()
            .map(|rung| (rung.iterations as f64, of(rung)))
            .collect()
    };
    let heap = judge_series(&series(|rung| rung.heap_used), limit, &BYTES);
    let external = judge_series(&series(|rung| rung.external), limit, &BYTES);
    // Judged by themselves, because the rest of external memory can be restless.
    let array_buffers = judge_series(&series(|rung| rung.array_buffers), limit, &BYTES);
    let all = [
        (LeakKind::Heap, &heap),
        (LeakKind::External, &external),
        (LeakKind::External, &array_buffers),
    ];
    let fastest = |which: fn(&Judged, f64) -> bool| {
        all.into_iter()
            .filter(|(_, judged)| which(judged, limit))
            .max_by(|a, b| a.1.rate.total_cmp(&b.1.rate))
    };
    let native = [
        judge_native(rungs, limit, LEAST_NATIVE_RISE, |rung| rung.native),
        judge_native(rungs, limit, LEAST_RESIDENT_RISE, |rung| {
            Some(rung.resident)
        }),
    ];
    let native_leak = native.iter().flatten().find(|judged| judged.leaking);
    let leak = fastest(|judged, _| judged.leaking)
        .or_else(|| native_leak.map(|judged| (LeakKind::Native, judged)));
    let (memory, shown) = leak
        .or_else(|| fastest(|judged, limit| !judged.clean && judged.interval[0] > limit))
        .unwrap_or((LeakKind::Heap, &heap));
    let clean = all.iter().all(|(_, judged)| judged.clean)
        && native.iter().flatten().all(|judged| judged.clean);
    GrowthVerdict {
        leaking: leak.is_some(),
        decided: leak.is_some() || clean,
        kind: leak.map(|(kind, _)| kind),
        memory,
        bytes_per_iteration: shown.rate,
        interval: shown.interval,
        noise: shown.noise,
    }
}

/// What native code has allocated. V8 itself allocates a little more with every thousand calls for
/// a long time, so only a rise that could be a leak keeps the verdict open.
fn judge_native(
    rungs: &[Rung],
    limit: f64,
    least_rise: f64,
    of: impl Fn(&Rung) -> Option<f64>,
) -> Option<Judged> {
    let points: Option<Vec<Point>> = rungs
        .iter()
        .map(|rung| Some((rung.iterations as f64, of(rung)?)))
        .collect();
    let points = points.filter(|points| points.len() >= FEWEST_RUNGS)?;
    let judged = judge_series(&points, limit, &BYTES);
    let run = points[points.len() - 1].0 - points[0].0;
    let notable = judged.rate * run >= least_rise;
    Some(Judged {
        leaking: judged.leaking && notable && points.len() >= LEAST_RUNGS,
        clean: judged.clean || !notable || judged.interval[0] <= limit,
        ..judged
    })
}
