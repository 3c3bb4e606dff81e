//! How long the thread that asks has worked, and how long it was kept from it.

use napi_derive::napi;

use crate::sample;

/// Processor time that this thread has taken in all its life, in ms; nothing where the system does not
/// tell.
#[napi(catch_unwind)]
pub fn thread_cpu_ms() -> Option<f64> {
    sample::thread_cpu_ms()
}

/// Time in which other threads kept this one from its work, in all its life, in ms; nothing where the
/// system does not tell.
#[napi(catch_unwind)]
pub fn thread_waited_ms() -> Option<f64> {
    sample::thread_waited_ms()
}
