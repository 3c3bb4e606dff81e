//! How long the thread that asks was kept from its work.

use napi_derive::napi;

use crate::sample;

/// Time in which other threads kept this one from its work, in all its life, in ms; nothing where the
/// system does not tell.
#[napi(catch_unwind)]
pub fn thread_waited_ms() -> Option<f64> {
    sample::thread_waited_ms()
}
