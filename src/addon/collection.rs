//! Asks V8 for a major GC, in V8's own way.

use napi::Env;
use napi_derive::napi;

use super::node::{self, call};
use crate::error::{Code, Error};

/// External memory beyond that of the last major GC at which V8 wants another one
/// (`kExternalAllocationSoftLimit` in V8's `src/heap/heap.h`).
const SOFT_LIMIT: i64 = 64 << 20;

/// Lets V8 believe for a moment that external memory has grown by more than it bears between two
/// major GCs. V8 then begins to mark beside the running program, as it does by itself
/// (`Heap::ReportExternalMemoryPressure`, since V8 12 `Heap::HandleExternalMemoryInterrupt`), and
/// holds the program only for the end of it. Where half of V8's heap limit is less than what it is
/// told, V8 collects at once.
///
/// Fails with `ERR_LEAKGUARD_UNSUPPORTED` where Node-API refuses.
#[napi(catch_unwind)]
pub fn begin_major_gc(env: Env) -> node::Result<()> {
    call(|| {
        let adjust = |bytes: i64| {
            env.adjust_external_memory(bytes).map_err(|error| {
                let message = format!("V8 could not be asked for a garbage collection ({error}).");
                Error::new(Code::Unsupported, message)
            })
        };
        adjust(SOFT_LIMIT + 1)?;
        adjust(-SOFT_LIMIT - 1)?;
        Ok(())
    })
}
