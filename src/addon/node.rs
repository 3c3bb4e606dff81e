//! Errors and panics on their way to JavaScript.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Code, Error};

/// A result that crosses to JavaScript: the error's status text becomes `error.code`. Named so
/// because napi-derive looks for a type called `Result`.
pub(super) type Result<T> = napi::Result<T, &'static str>;

/// A result that stays in Rust.
type Inner<T> = crate::error::Result<T>;

/// Runs `work`; a panic in it becomes an error.
pub(super) fn contain<T>(work: impl FnOnce() -> Inner<T>) -> Inner<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no reason given".to_owned());
        Err(Error::new(
            Code::Internal,
            format!("leakguard itself failed ({text}). The application is not affected. Please report it."),
        ))
    })
}

/// The same, for a function that JavaScript calls and waits for. An error with more to tell than a
/// message tells it as JSON in its message.
pub(super) fn call<T>(work: impl FnOnce() -> Inner<T>) -> Result<T> {
    contain(work).map_err(|error| {
        let code = error.code.as_str();
        let text = error.shortage.as_deref().map(|shortage| {
            serde_json::json!({"code": code, "message": error.message, "shortage": shortage})
                .to_string()
        });
        napi::Error::new(code, text.unwrap_or(error.message))
    })
}

/// The text of a value that was made to be serialised.
pub(super) fn json(value: &impl serde::Serialize) -> Inner<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::new(Code::Internal, format!("Could not write JSON ({error}).")))
}

/// Reads the options that our own JavaScript has checked and completed.
pub(super) fn options<T: serde::de::DeserializeOwned>(text: &str) -> Inner<T> {
    serde_json::from_str(text)
        .map_err(|error| Error::new(Code::Invalid, format!("Options do not fit ({error}).")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let error = contain::<()>(|| panic!("number {}", 7)).unwrap_err();
        assert_eq!(error.code, Code::Internal);
        assert!(error.message.contains("number 7"), "{error}");
    }
}
