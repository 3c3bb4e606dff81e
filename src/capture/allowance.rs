//! What a forked child may use.

use std::time::Duration;

use super::Headroom;
use crate::error::{Code, Error, Resource, Result, Shortage};
use crate::units;

/// What a child may use.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Until its end.
    pub time: Duration,
    /// Of the processor: a child that spins for a lock never sleeps.
    pub cpu: Duration,
    /// Bytes of memory that must stay free for the parent.
    pub margin: u64,
}

/// Memory that stays free for the application while a child works: this share of what is free at
/// the beginning, and no less than this, in bytes. A page that either of the two writes to is
/// shared no longer, and a program that writes to all its memory has copied 30 MB before a watch
/// on a crowded machine looks for the first time: with 32 MB to spare, one was killed so.
const MARGIN_SHARE: f64 = 0.1;
const LEAST_MARGIN: u64 = 64 << 20;

/// With less memory than so many times the heap in use no child comes to an end: it takes 6.7 bytes
/// and more for each one that is alive, and up to two thirds of what is in use may be garbage. To
/// begin nevertheless would be all risk, so this is asked of those as well who force a capture.
const HOPELESS_MEMORY_PER_BYTE: u64 = 2;

/// Processor time that V8 takes for a byte of live heap: 70 ms per MB is the most that was seen,
/// on a quiet machine. Far more than that means a child that spins.
const CPU_PER_BYTE: f64 = 0.6 / (1 << 20) as f64;
const LEAST_CPU: Duration = Duration::from_secs(30);

/// What a child may take where nobody knows how much there is, for a byte of live heap.
const BLIND_MEMORY_PER_BYTE: u64 = 16;

/// A child that only collects garbage copies the pages that V8 writes to, at worst all of the heap.
const COLLECTION_MEMORY_PER_BYTE: u64 = 1;

/// Such a child takes so much time for a byte of heap, at worst: ten times what was seen.
const COLLECTION_TIME_PER_BYTE: f64 = 0.05 / (1 << 20) as f64;
const LEAST_COLLECTION_TIME: Duration = Duration::from_secs(10);

impl Allowance {
    /// For a heap of so many bytes in use; with the bytes of memory that the child may have of its
    /// own.
    ///
    /// # Errors
    /// [`Code::Refused`], with the numbers, where there is no hope for it.
    pub fn of(heap_used: u64, time: Duration, headroom: Option<Headroom>) -> Result<(Self, u64)> {
        let cpu = Duration::from_secs_f64(heap_used as f64 * CPU_PER_BYTE);
        let allowance = Self {
            time,
            cpu: cpu.max(LEAST_CPU),
            margin: margin(headroom),
        };
        let Some(left) = headroom else {
            return Ok((allowance, heap_used.saturating_mul(BLIND_MEMORY_PER_BYTE)));
        };
        let memory = left.bytes.saturating_sub(allowance.margin);
        let needed = heap_used.saturating_mul(HOPELESS_MEMORY_PER_BYTE);
        if memory < needed {
            return Err(hopeless(left, needed + allowance.margin));
        }
        Ok((allowance, memory))
    }

    /// The same for a child that only collects garbage.
    ///
    /// # Errors
    /// [`Code::Refused`], with the numbers, where memory is short.
    pub fn of_collection(heap_used: u64, headroom: Option<Headroom>) -> Result<(Self, u64)> {
        let time = Duration::from_secs_f64(heap_used as f64 * COLLECTION_TIME_PER_BYTE);
        let time = time.max(LEAST_COLLECTION_TIME);
        let allowance = Self {
            // On a busy machine it waits for a processor most of the time.
            time: 10 * time,
            cpu: time,
            margin: margin(headroom),
        };
        let memory = heap_used.saturating_mul(COLLECTION_MEMORY_PER_BYTE);
        let needed = memory.saturating_add(allowance.margin);
        match headroom.filter(|left| left.bytes < needed) {
            Some(left) => Err(short(left, needed)),
            None => Ok((allowance, memory)),
        }
    }
}

fn margin(headroom: Option<Headroom>) -> u64 {
    let share = headroom.map_or(0, |left| (left.bytes as f64 * MARGIN_SHARE) as u64);
    share.max(LEAST_MARGIN)
}

fn short(left: Headroom, needed: u64) -> Error {
    let message = format!(
        "No child was forked to collect garbage: {} has {} left, and it may take {}.",
        left.limit,
        units::bytes(left.bytes as f64),
        units::bytes(needed as f64),
    );
    refused(message, left, needed)
}

fn hopeless(left: Headroom, needed: u64) -> Error {
    let message = format!(
        "No snapshot was taken: {} has {} left, and with less than {} no forked child can take \
         one, even if it is forced to. Capture earlier, while the heap is small, or raise the limit.",
        left.limit,
        units::bytes(left.bytes as f64),
        units::bytes(needed as f64),
    );
    refused(message, left, needed)
}

fn refused(message: String, left: Headroom, needed: u64) -> Error {
    Error::new(Code::Refused, message).for_want_of(Shortage {
        of: Resource::Memory,
        limit: left.limit.to_owned(),
        needed,
        available: left.bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(1);

    fn left(megabytes: u64) -> Option<Headroom> {
        Some(Headroom {
            limit: "the container",
            bytes: megabytes << 20,
        })
    }

    #[test]
    fn a_share_of_what_is_free_stays_free() {
        let (allowance, memory) = Allowance::of(100 << 20, TIME, left(4000)).unwrap();
        assert_eq!((allowance.margin >> 20, memory >> 20), (400, 3600));
        let (allowance, memory) = Allowance::of(10 << 20, TIME, left(200)).unwrap();
        assert_eq!((allowance.margin >> 20, memory >> 20), (64, 136));
    }

    #[test]
    fn what_cannot_come_to_an_end_is_not_begun() {
        let error = Allowance::of(100 << 20, TIME, left(200)).unwrap_err();
        assert_eq!(error.code, Code::Refused);
        let shortage = error.shortage.unwrap();
        assert_eq!(shortage.available, 200 << 20);
        assert_eq!(shortage.needed, 264 << 20);
        assert!(Allowance::of(100 << 20, TIME, None).is_ok());
    }

    #[test]
    fn a_child_that_collects_may_copy_the_heap_once() {
        let (allowance, memory) = Allowance::of_collection(500 << 20, left(4000)).unwrap();
        assert_eq!((allowance.margin >> 20, memory >> 20), (400, 500));
        assert_eq!(
            (allowance.cpu.as_secs(), allowance.time.as_secs()),
            (25, 250)
        );
        let error = Allowance::of_collection(500 << 20, left(550)).unwrap_err();
        assert_eq!(error.shortage.unwrap().needed, 564 << 20);
        assert!(Allowance::of_collection(500 << 20, None).is_ok());
    }
}
