//! Work on a thread of its own, with an answer to JavaScript.
//!
//! Not on libuv's pool: its four threads also serve files and name look-ups, and reading a large
//! snapshot would hold one of them for seconds.

use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use serde::Serialize;

use super::node::{contain, json};
use crate::error::{Code, Error, Result, Shortage};

/// A JavaScript function that is called once with JSON text: `{"value": …}` or
/// `{"error": {"code", "message", "shortage"}}`. It does not keep the event loop alive; JavaScript decides
/// who may wait.
pub(super) type Callback = ThreadsafeFunction<String, (), String, Status, false, true>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Answer<T> {
    Value(T),
    Error {
        code: &'static str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        shortage: Option<Box<Shortage>>,
    },
}

/// Runs `work` on a new thread and calls `callback` with what came out.
///
/// # Errors
/// [`Code::Io`] when the operating system gives no thread.
pub(super) fn spawn<T: Serialize>(
    callback: Callback,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<()> {
    std::thread::Builder::new()
        .name("leakguard-work".to_owned())
        .spawn(move || {
            let answer = contain(work).and_then(|value| json(&Answer::Value(value)));
            let text = answer.unwrap_or_else(|error| {
                let code = error.code.as_str();
                let answer = Answer::<()>::Error {
                    code,
                    message: error.message,
                    shortage: error.shortage,
                };
                json(&answer).unwrap_or_default()
            });
            // In an environment that is going away nobody listens any more, which is fine.
            callback.call(text, ThreadsafeFunctionCallMode::NonBlocking);
        })
        .map(drop)
        .map_err(|error| {
            Error::new(
                Code::Io,
                format!("Could not start a thread ({error}); see ulimit -u."),
            )
        })
}
