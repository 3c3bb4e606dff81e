//! When a line reaches a limit.

use super::theil_sen::Slope;

/// Where on the x axis a growing line meets a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// x by the slope itself.
    pub at: f64,
    /// x by the upper end of the interval: the soonest that is plausible.
    pub earliest: f64,
    /// x by the lower end; `None` when that end does not grow, so that the limit may never come.
    pub latest: Option<f64>,
}

/// When the line of `slope` that goes through `(x, y)` reaches `limit`.
///
/// `None` when the slope does not grow or a figure is not finite. A limit that is already reached
/// gives `x` itself.
pub fn forecast(slope: &Slope, x: f64, y: f64, limit: f64) -> Option<Forecast> {
    let left = (limit - y).max(0.0);
    let usable = slope.slope > 0.0 && slope.slope.is_finite() && x.is_finite() && left.is_finite();
    if !usable {
        return None;
    }
    let after = |rate: f64| x + left / rate;
    let soonest = if slope.high.is_finite() {
        slope.high
    } else {
        slope.slope
    };
    Some(Forecast {
        at: after(slope.slope),
        earliest: after(soonest),
        latest: (slope.low > 0.0).then(|| after(slope.low)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Slope = Slope {
        slope: 2.0,
        low: 1.0,
        high: 4.0,
        intercept: 0.0,
    };

    #[test]
    fn by_hand() {
        let found = forecast(&LINE, 10.0, 100.0, 180.0).unwrap();
        assert_eq!(
            (found.at, found.earliest, found.latest),
            (50.0, 30.0, Some(90.0))
        );
    }

    #[test]
    fn an_interval_that_holds_zero_may_never_arrive() {
        let found = forecast(&Slope { low: -0.5, ..LINE }, 0.0, 0.0, 8.0).unwrap();
        assert_eq!(found.latest, None);
    }

    #[test]
    fn a_limit_behind_us_is_now_and_a_falling_line_never_comes() {
        assert_eq!(forecast(&LINE, 10.0, 200.0, 180.0).unwrap().at, 10.0);
        assert_eq!(forecast(&Slope { slope: 0.0, ..LINE }, 0.0, 0.0, 1.0), None);
        assert_eq!(forecast(&LINE, 0.0, 0.0, f64::INFINITY), None);
    }
}
