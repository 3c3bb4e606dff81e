//! What the load was while memory grew.

/// Minor GCs per second: they follow the rate of allocation, and so the load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    minor_gcs: u64,
    since: Option<f64>,
    /// Whether minor GCs are counted at all.
    known: bool,
    newest: f64,
}

impl Load {
    pub(super) fn new() -> Self {
        Self {
            minor_gcs: 0,
            since: None,
            known: false,
            newest: f64::NAN,
        }
    }

    /// So many more minor GCs have ended.
    pub(super) fn count(&mut self, minor_gcs: u32) {
        self.minor_gcs += u64::from(minor_gcs);
        self.known |= minor_gcs > 0;
    }

    /// The rate between the moment that was asked for before and `now` (seconds); not a number when it
    /// is not known.
    pub(super) fn at(&mut self, now: f64) -> f64 {
        if self.since == Some(now) {
            return self.newest;
        }
        let span = self.since.map_or(0.0, |since| now - since);
        let rate = self.minor_gcs as f64 / span;
        let usable = self.known && span > 0.0;
        (self.minor_gcs, self.since) = (0, Some(now));
        self.newest = if usable { rate } else { f64::NAN };
        self.newest
    }

    /// What the last question was answered with.
    pub(super) fn newest(&self) -> f64 {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_rate_since_the_moment_before() {
        let mut load = Load::new();
        load.count(3);
        assert!(load.at(1.0).is_nan(), "since when?");
        load.count(10);
        load.count(4);
        assert_eq!((load.at(3.0), load.at(3.0), load.newest()), (7.0, 7.0, 7.0));
        assert_eq!(load.at(4.0), 0.0);
    }

    #[test]
    fn what_is_never_counted_is_not_known() {
        let mut load = Load::new();
        load.at(1.0);
        assert!(load.at(2.0).is_nan());
    }
}
