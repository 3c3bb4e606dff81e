//! Robust statistics on a series of `(x, y)`. Knows nothing of memory: what `x` and `y` mean, and
//! what follows from a trend, is the caller's business.
//!
//! Everything here is made for short, noisy series with outliers and repeated values: ranks and
//! medians instead of means, exact small-sample distributions where they are cheap, and an
//! interval or a probability next to every figure.

mod autocorrelation;
mod change_point;
mod floor;
mod forecast;
mod growth_ratio;
mod mann_kendall;
mod normal;
mod order;
mod rungs;
mod theil_sen;

pub use autocorrelation::variance_factor;
pub use change_point::{Break, two_pieces};
pub use floor::{Floor, FloorPoint, thin};
pub use forecast::{Forecast, forecast};
pub use growth_ratio::{GrowthRatio, growth_ratio};
pub use mann_kendall::{MannKendall, mann_kendall, rising_chance};
pub use order::{median, spread};
pub use rungs::{Staircase, staircase};
pub use theil_sen::{Slope, theil_sen, theil_sen_widened};

/// One point of a series: `x`, then `y`.
pub type Point = (f64, f64);
