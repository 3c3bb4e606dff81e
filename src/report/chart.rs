//! The memory of a process over time, as a drawing.

use std::fmt::Write;

use super::document::SamplePoint;
use crate::units;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 10.0;
/// Points of a line; more cannot be told apart.
const MAX_POINTS: usize = 300;

/// An SVG of heap used (the sawtooth) and live heap (its floor); empty with too little to draw.
pub(super) fn chart(samples: &[SamplePoint]) -> String {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return String::new();
    };
    let span = last.time - first.time;
    let highest = samples
        .iter()
        .map(|sample| sample.heap_used)
        .fold(0.0, f64::max);
    if samples.len() < 3 || span <= 0.0 || highest <= 0.0 {
        return String::new();
    }
    let x = |time: f64| LEFT + (time - first.time) / span * (WIDTH - LEFT);
    let y = |bytes: f64| TOP + (1.0 - bytes / highest) * (HEIGHT - TOP - BOTTOM);
    let used: Vec<(f64, f64)> = samples
        .iter()
        .map(|sample| (x(sample.time), y(sample.heap_used)))
        .collect();
    let live: Vec<(f64, f64)> = samples
        .iter()
        .filter_map(|sample| Some((x(sample.time), y(sample.live_heap?))))
        .collect();
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Heap over time\">"
    );
    for share in [0.0, 0.5, 1.0] {
        let height = y(highest * share);
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{height:.1}\" y2=\"{height:.1}\" \
             stroke=\"var(--line)\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            height + 4.0,
            units::bytes(highest * share)
        );
    }
    svg.push_str(&line(&used, "var(--used)", 1.0));
    svg.push_str(&line(&live, "var(--live)", 2.0));
    for (x, y) in live.iter().take(MAX_POINTS) {
        let _ = write!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"var(--live)\"/>"
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{LEFT}\" y=\"{0}\">the last {1}: heap used (grey), live heap after each major GC \
         (blue)</text></svg>",
        HEIGHT - 6.0,
        units::duration(span)
    );
    svg
}

fn line(points: &[(f64, f64)], colour: &str, width: f64) -> String {
    let step = points.len().div_ceil(MAX_POINTS).max(1);
    let mut path = String::new();
    for (place, (x, y)) in points.iter().step_by(step).enumerate() {
        let _ = write!(path, "{}{x:.1} {y:.1}", if place == 0 { 'M' } else { 'L' });
    }
    format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>")
}
