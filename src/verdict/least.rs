//! Which growth is worth a word?

/// The least growth that is reported, from the level at which it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Least {
    share: f64,
    amount: f64,
}

impl Least {
    /// For memory that V8 accounts for: `chosen` bytes, or 5 % of the level and at least 1 MB.
    ///
    /// Real figures behind it: after a major GC the live heap of steady servers wanders by 1 to 3 %
    /// (connections, requests in flight, code that is compiled or thrown away), and a fresh process
    /// by some hundred kilobytes; alarms that users kept switched on stand at 4 to 8 %. So 5 % is
    /// outside what happens anyway, and a leak gets there long before a limit: limits lie at many
    /// times the live heap.
    pub(super) fn of_live_memory(chosen: Option<f64>) -> Self {
        Self::chosen_or(chosen, 0.05, 1e6)
    }

    /// For what native code has allocated. V8's compiler takes some of it and gives it back.
    pub(super) fn of_allocated_memory(chosen: Option<f64>) -> Self {
        Self::chosen_or(chosen, 0.05, 2e6)
    }

    /// For what else is resident. Allocators and V8 keep pages for later, so that a steady process
    /// wanders by 10 MB and more.
    pub(super) fn of_resident_memory(chosen: Option<f64>) -> Self {
        let least = Self::chosen_or(chosen, 0.1, 24e6);
        Self {
            amount: least.amount.max(24e6),
            ..least
        }
    }

    /// For handles of one kind, which are counted: as many again, and at least a hundred.
    pub(super) fn of_handles() -> Self {
        Self {
            share: 1.0,
            amount: 100.0,
        }
    }

    /// For workers: as many again, and at least sixteen. Each takes some megabytes, and pools have about
    /// as many as there are processors.
    pub(super) fn of_workers() -> Self {
        Self {
            share: 1.0,
            amount: 16.0,
        }
    }

    /// The least growth that begins at `level`.
    pub(super) fn growth(&self, level: f64) -> f64 {
        (self.share * level).max(self.amount)
    }

    fn chosen_or(chosen: Option<f64>, share: f64, amount: f64) -> Self {
        match chosen {
            Some(amount) => Self { share: 0.0, amount },
            None => Self { share, amount },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_scales_with_the_level_unless_it_was_chosen() {
        let usual = Least::of_live_memory(None);
        assert_eq!((usual.growth(10e6), usual.growth(1000e6)), (1e6, 50e6));
        let chosen = Least::of_live_memory(Some(3e6));
        assert_eq!((chosen.growth(10e6), chosen.growth(1000e6)), (3e6, 3e6));
        assert_eq!(Least::of_resident_memory(Some(3e6)).growth(0.0), 24e6);
        let handles = Least::of_handles();
        assert_eq!((handles.growth(5.0), handles.growth(400.0)), (100.0, 400.0));
    }
}
