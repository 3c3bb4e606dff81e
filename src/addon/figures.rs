//! The figures of a sample, as JavaScript passes them.

use crate::error::{Code, Error, Result};
use crate::sample::V8Figures;

/// How many there are.
const COUNT: usize = 19;

/// Reads the figures in the order of `lib/figures.js`. NaN stands for one that is not known.
///
/// Fails with [`Code::Internal`] when they are not as many as they should be.
pub(super) fn figures(given: &[f64]) -> Result<V8Figures> {
    let Ok(
        [
            time,
            rss,
            heap_total,
            heap_used,
            external,
            array_buffers,
            old_generation,
            heap_limit,
            live_heap,
            live_external,
            live_array_buffers,
            live_contexts,
            detached_contexts,
            major_gcs,
            minor_gcs,
            gc_ms,
            handles,
            alone,
            forked,
        ],
    ) = <[f64; COUNT]>::try_from(given)
    else {
        let message = format!("{} figures were given, not {COUNT}.", given.len());
        return Err(Error::new(Code::Internal, message));
    };
    Ok(V8Figures {
        time,
        rss: bytes(rss),
        heap_total: bytes(heap_total),
        heap_used: bytes(heap_used),
        external: bytes(external),
        array_buffers: bytes(array_buffers),
        old_generation: known(old_generation),
        live_heap: known(live_heap),
        live_external: known(live_external),
        live_array_buffers: known(live_array_buffers),
        major_gcs: major_gcs as u32,
        minor_gcs: minor_gcs as u32,
        gc_ms,
        live_contexts: count(live_contexts),
        detached_contexts: count(detached_contexts),
        handles: count(handles),
        alone: alone == 1.0,
        forked: forked == 1.0,
        heap_limit: bytes(heap_limit),
    })
}

fn bytes(value: f64) -> u64 {
    // A cast from a float saturates, and NaN becomes 0.
    value as u64
}

fn count(value: f64) -> Option<u32> {
    (!value.is_nan()).then_some(value as u32)
}

fn known(value: f64) -> Option<u64> {
    (!value.is_nan()).then(|| bytes(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stands_in_its_place() {
        let given: Vec<f64> = (0..COUNT).map(|place| place as f64).collect();
        let read = figures(&given).unwrap();
        assert_eq!(
            (read.time, read.rss, read.array_buffers, read.heap_limit),
            (0.0, 1, 5, 7)
        );
        assert_eq!(
            (read.old_generation, read.live_heap, read.detached_contexts),
            (Some(6), Some(8), Some(12))
        );
        assert_eq!(
            (read.major_gcs, read.minor_gcs, read.gc_ms, read.handles),
            (13, 14, 15.0, Some(16))
        );
    }

    #[test]
    fn what_is_not_a_number_is_not_known() {
        let mut given = [f64::NAN; COUNT];
        given[COUNT - 1] = 1.0;
        let read = figures(&given).unwrap();
        assert!(read.forked && !read.alone);
        assert_eq!(
            (read.live_heap, read.old_generation, read.live_contexts),
            (None, None, None)
        );
        assert_eq!((read.rss, read.major_gcs), (0, 0));
    }

    #[test]
    fn too_few_are_an_error() {
        assert_eq!(figures(&[1.0]).unwrap_err().code, Code::Internal);
    }
}
