//! Synthetic programs: what a monitor would see of them, sample by sample.

use super::super::LeakKind;
use crate::sample::Sample;

/// A small generator of pseudo-random numbers (Marsaglia's xorshift64*): the same seed, the same
/// series on every platform.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            random.unit();
        }
        random
    }

    /// Evenly between 0 and 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly between the two.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Between the two, evenly by order of magnitude.
    pub(super) fn magnitude(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// Normal with deviation 1 (twelve even ones summed; its tails end at 6).
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// True with this chance.
    pub(super) fn chance(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }
}

/// What a live heap is made of, by the step (one step is one interval).
pub(super) type Shape = Box<dyn FnMut(f64, &mut Random) -> f64>;

/// A program to be watched.
pub(super) struct Program {
    pub(super) interval_ms: f64,
    pub(super) steps: usize,
    /// Bytes that are always live.
    pub(super) base: f64,
    /// Mean steps between two major GCs.
    pub(super) gc_every: f64,
    /// Major GCs come only as V8 has them: when the old generation has grown by this share since
    /// the one before.
    pub(super) gc_growth: Option<f64>,
    /// Deviation of independent noise, as a share of the base.
    pub(super) noise: f64,
    /// Deviation and correlation length (steps) of slowly wandering noise.
    pub(super) wander: (f64, f64),
    /// Bytes on top of the base, by the step.
    pub(super) shape: Shape,
    /// Load by the step, 1 being usual; `None` when minor GCs are not counted.
    pub(super) load: Option<Shape>,
    /// The clock leaps this often per step.
    pub(super) jumps: f64,
    /// The loop is blocked this often per step.
    pub(super) blocks: f64,
    /// Where the growth is.
    pub(super) place: LeakKind,
}

impl Program {
    /// A steady program of some random size, pace and noise.
    pub(super) fn steady(random: &mut Random) -> Self {
        Self {
            interval_ms: random.magnitude(100.0, 300_000.0),
            steps: 2000,
            base: random.magnitude(10e6, 20e9),
            gc_every: random.magnitude(1.0, 20.0),
            gc_growth: None,
            noise: random.magnitude(0.001, 0.02),
            wander: (0.0, 1.0),
            shape: Box::new(|_, _| 0.0),
            load: None,
            jumps: 0.0,
            blocks: 0.0,
            place: LeakKind::Heap,
        }
    }

    /// The samples that a monitor would take.
    pub(super) fn samples(mut self, random: &mut Random) -> Vec<Sample> {
        let mut time = 1.7e12;
        let (mut wander, mut garbage, mut collected_at) = (0.0, 0.0, self.base);
        let kept = (-1.0 / self.wander.1).exp();
        let mut samples = Vec::with_capacity(self.steps);
        let limit = (self.base * 40.0).max(2e9);
        for step in 0..self.steps {
            time += self.interval_ms * random.between(0.95, 1.05);
            if random.chance(self.jumps) {
                time += random.between(-2e7, 2e7);
            }
            let share =
                kept * wander + (1.0 - kept * kept).sqrt() * self.wander.0 * random.normal();
            wander = share;
            let shaped = (self.shape)(step as f64, random);
            let wobble = (1.0 + wander + self.noise * random.normal()).max(0.1);
            let grown = |place| if self.place == place { shaped } else { 0.0 };
            let live = self.base * wobble + grown(LeakKind::Heap);
            let outside = self.base * 0.1 * wobble + grown(LeakKind::External);
            let native = self.base * 0.2 * wobble + grown(LeakKind::Native);
            garbage += self.base * random.between(0.0, 0.6) / self.gc_every;
            let by_chance = random.chance(1.0 / self.gc_every);
            let collected = match self.gc_growth {
                Some(share) => live + garbage > collected_at * (1.0 + share),
                None => by_chance,
            };
            if collected {
                garbage = 0.0;
                collected_at = live;
            }
            let load = self.load.as_mut().map(|load| load(step as f64, random));
            let used = (live + garbage) as u64;
            let external = (outside + 0.2 * garbage) as u64;
            // JavaScript's garbage keeps native memory, too.
            let native = native + 0.3 * garbage;
            samples.push(Sample {
                time,
                rss: used + 48_000_000 + native as u64 + external,
                heap_total: used + 8_000_000,
                heap_used: used + 3_000_000,
                old_generation: Some(used),
                external,
                live_heap: collected.then_some(live as u64),
                live_external: collected.then_some(outside as u64),
                major_gcs: u32::from(collected),
                minor_gcs: load.map_or(0, |load| (20.0 * load * random.between(0.9, 1.1)) as u32),
                heap_limit: limit as u64,
                native: Some(native as i64),
                alone: true,
                ..Sample::default()
            });
            if random.chance(self.blocks) {
                let last = samples[samples.len() - 1].clone();
                let gap = random.between(2.0, 60.0);
                for later in 1..gap as u32 {
                    samples.push(Sample {
                        time: time + f64::from(later) * self.interval_ms,
                        live_heap: None,
                        live_external: None,
                        loop_blocked: true,
                        ..last.clone()
                    });
                }
                time += gap * self.interval_ms;
            }
        }
        samples
    }
}
