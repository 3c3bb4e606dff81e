//! Two pieces of work at a time, where there are two cores for them.

use std::panic::resume_unwind;
use std::thread::{self, Builder};

use parking_lot::Mutex;

/// Below so many nodes, a second thread costs more than it saves.
pub(super) const TWO_THREADS: usize = 50_000;

/// Does both, the second on a thread of its own if `worthwhile` and if the process may have one.
pub(crate) fn side_by_side<A, B: Send>(
    worthwhile: bool,
    first: impl FnOnce() -> A,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    if !worthwhile || cores < 2 {
        return (first(), second());
    }
    // Kept here, so that it is not lost with a thread that could not be had.
    let second = Mutex::new(Some(second));
    let take = || second.lock().take();
    thread::scope(|scope| {
        let builder = Builder::new().name("leakguard heap".to_owned());
        let helper = builder.spawn_scoped(scope, || take().map(|second| second()));
        let done = first();
        let other = match helper {
            Ok(helper) => helper.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => None,
        };
        match other.or_else(|| take().map(|second| second())) {
            Some(other) => (done, other),
            None => unreachable!("the second piece of work was taken by nobody else"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_with_and_without_a_thread() {
        for worthwhile in [true, false] {
            let mut calls = 0;
            let text = String::from("borrowed");
            let found = side_by_side(worthwhile, || calls += 1, || text.len());
            assert_eq!((found, calls), (((), 8), 1));
        }
    }

    #[test]
    #[should_panic(expected = "of the second")]
    fn a_panic_of_the_second_reaches_the_caller() {
        side_by_side(true, || (), || panic!("of the second"));
    }
}
