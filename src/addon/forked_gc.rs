//! Major GCs in a forked child, as JavaScript drives them.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Function, Unknown};
use napi_derive::napi;
use parking_lot::Mutex;
use serde::Serialize;

use super::capture_order::Memory;
use super::job::{Callback, spawn};
use super::node::{self, call};
use super::turn::Turn;
use crate::capture::{Allowance, Pipe, Preparation, Watch};
use crate::error::{Code, Error, Result};

/// A child says less than this, in bytes.
const LONGEST_ANSWER: u64 = 4096;

/// One child that collects garbage and tells what is left: the pipe by which it does, and the watch
/// over it.
#[napi]
#[derive(Default)]
pub struct NativeForkedGc {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
enum State {
    #[default]
    New,
    Ready(Box<Ready>),
    Forked {
        watch: Watch,
        output: File,
    },
}

/// All that can be found out before the fork, so that it does not lengthen the pause.
struct Ready {
    pipe: Pipe,
    preparation: Preparation,
    allowance: Allowance,
    /// Bytes of memory that the child may have of its own.
    memory: u64,
    watched: Memory,
}

#[derive(Serialize)]
struct Prepared {
    target: String,
}

#[napi]
impl NativeForkedGc {
    /// Nothing is begun yet.
    #[napi(constructor, catch_unwind)]
    pub fn new() -> node::Result<Self> {
        Ok(Self::default())
    }

    /// Checks, away from the event loop, whether a child can be afforded for a heap of so many bytes,
    /// and makes the pipe. Answers with the path that the child has to write to.
    #[napi(catch_unwind)]
    pub fn prepare(&self, heap_used: f64, callback: Callback) -> node::Result<()> {
        call(|| {
            let state = Arc::clone(&self.state);
            spawn(callback, move || {
                let mut watched = Memory::new();
                let (allowance, memory) =
                    Allowance::of_collection(heap_used as u64, watched.headroom())?;
                let pipe = Pipe::new()?;
                let target = pipe.path();
                *state.lock() = State::Ready(Box::new(Ready {
                    pipe,
                    allowance,
                    memory,
                    watched,
                    // Last, so that little changes until the fork.
                    preparation: Preparation::new()?,
                }));
                Ok(Prepared { target })
            })
        })
    }

    /// Has a forked child run `work`, which writes to the target. Before, it waits up to `patience` ms
    /// for V8's other threads to rest. Gives back how long all of this took, in ms.
    ///
    /// Fails with `ERR_LEAKGUARD_REFUSED` while a snapshot is taken. Nobody who wants one is kept from
    /// it by the child: the turn is held during the fork alone.
    #[napi(catch_unwind)]
    pub fn fork(&self, patience: f64, work: Function<'_, (), Unknown<'_>>) -> node::Result<f64> {
        call(|| {
            let mut state = self.state.lock();
            let State::Ready(ready) = std::mem::take(&mut *state) else {
                return Err(out_of_turn());
            };
            let _turn = Turn::take()?;
            let Ready {
                pipe: Pipe { output, input },
                preparation,
                allowance,
                memory,
                mut watched,
            } = *ready;
            let patience = Duration::try_from_secs_f64(patience / 1000.0).unwrap_or_default();
            let child = preparation.fork(input.as_raw_fd(), memory, patience, || {
                work.call(()).is_ok()
            })?;
            // Before the turn is over: another fork would find its memory marked as this one did.
            child.withhold_again();
            let pause = child.pause.as_secs_f64() * 1000.0;
            let watched_output: OwnedFd = output
                .try_clone()
                .map_err(|error| Error::io("read", "the child's pipe", &error))?
                .into();
            let watch = Watch::start(child, watched_output, allowance, move || watched.headroom())?;
            *state = State::Forked { watch, output };
            Ok(pause)
        })
    }

    /// Waits, away from the event loop, for the child's end, and answers with what it wrote.
    #[napi(catch_unwind)]
    pub fn finish(&self, callback: Callback) -> node::Result<()> {
        call(|| {
            let State::Forked { watch, output } = std::mem::take(&mut *self.state.lock()) else {
                return Err(out_of_turn());
            };
            spawn(callback, move || match watch.finish().error() {
                Some(error) => Err(error),
                None => read(output),
            })
        })
    }
}

/// What the child wrote before it ended: it waits in the pipe, which holds more than that.
fn read(output: File) -> Result<String> {
    let mut text = String::new();
    output
        .take(LONGEST_ANSWER)
        .read_to_string(&mut text)
        .map_err(|error| Error::io("read", "the child's pipe", &error))?;
    Ok(text)
}

fn out_of_turn() -> Error {
    Error::new(
        Code::Invalid,
        "This garbage collection was not prepared, or has ended.",
    )
}
