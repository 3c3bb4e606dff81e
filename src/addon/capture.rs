//! Captures, as JavaScript drives them.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Function, Unknown};
use napi_derive::napi;
use parking_lot::Mutex;
use serde::Serialize;

use super::capture_order::{Memory, Order};
use super::job::{Callback, spawn};
use super::node::{self, call, json, options};
use super::turn::Turn;
use crate::capture::{Allowance, Captured, Pipe, Preparation, Reader, Watch};
use crate::error::{Code, Error, Result};

/// The counts of a capture that has ended.
#[derive(Serialize)]
pub(super) struct Counts {
    pub(super) bytes: u64,
    pub(super) nodes: u64,
    pub(super) edges: u64,
}

impl Counts {
    fn of(captured: &Captured) -> Self {
        Self {
            bytes: captured.file_bytes.unwrap_or(captured.bytes),
            nodes: captured.nodes,
            edges: captured.edges,
        }
    }
}

/// A pipe for V8 to write a snapshot into, and the thread that reads it. From its making to its
/// release there is no other capture in the process; it may be tried more than once.
#[napi]
pub struct NativeCapture {
    order: Order,
    turn: Mutex<Option<Arc<Turn>>>,
    attempt: Arc<Mutex<Attempt>>,
}

/// One try.
#[derive(Default)]
struct Attempt {
    ready: Option<Ready>,
    reader: Option<Reader>,
    watch: Option<Watch>,
}

/// What waits for V8 to begin.
struct Ready {
    input: OwnedFd,
    fork: Option<ForkReady>,
}

/// What a forked child needs, and the watch over it: all that can be found out before the fork, so
/// that it does not lengthen the pause.
struct ForkReady {
    preparation: Preparation,
    output: OwnedFd,
    allowance: Allowance,
    /// Bytes of memory that the child may have of its own.
    memory: u64,
    watched: Memory,
}

#[derive(Serialize)]
struct Prepared {
    target: String,
}

/// A capture under way. While it lives, there is no other one.
pub(super) struct Running {
    reader: Reader,
    watch: Option<Watch>,
    order: Order,
    _turn: Arc<Turn>,
}

impl Running {
    /// Waits for the end.
    pub(super) fn finish(self) -> Result<Captured> {
        // The child first: the pipe has its end only when the child is gone.
        let ending = self.watch.map(Watch::finish);
        let captured = self.reader.finish();
        match ending.and_then(|ending| ending.error()) {
            Some(error) => Err(error),
            None => captured.inspect(|_| self.order.tidy()),
        }
    }
}

#[napi]
impl NativeCapture {
    /// Takes the turn to capture.
    #[napi(constructor, catch_unwind)]
    pub fn new(json: String) -> node::Result<Self> {
        call(|| {
            let mut order: Order = options(&json)?;
            order.settle_name();
            Ok(Self {
                order,
                turn: Mutex::new(Some(Arc::new(Turn::take()?))),
                attempt: Arc::default(),
            })
        })
    }

    /// Checks, away from the event loop, what the capture will cost, and makes the pipe and the
    /// file. Answers with the path that V8 has to write to.
    #[napi(catch_unwind)]
    pub fn prepare(&self, fork: bool, callback: Callback) -> node::Result<()> {
        call(|| {
            let turn = self.turn()?;
            let (order, attempt) = (self.order.clone(), Arc::clone(&self.attempt));
            spawn(callback, move || {
                let target = ready(&order, fork, &attempt)?;
                drop(turn);
                Ok(Prepared { target })
            })
        })
    }

    /// The same on the calling thread, for a caller that has to have its snapshot before it
    /// returns. Gives back the path that V8 has to write to.
    #[napi(catch_unwind)]
    pub fn prepare_now(&self, fork: bool) -> node::Result<String> {
        call(|| {
            let _turn = self.turn()?;
            ready(&self.order, fork, &self.attempt)
        })
    }

    /// Has a forked child run `write`, which lets V8 write to the target. Before, it waits up to
    /// `patience` ms for V8's other threads to rest. Gives back how long all of this took, in ms:
    /// the child works on while the caller goes on.
    #[napi(catch_unwind)]
    pub fn fork(&self, patience: f64, write: Function<'_, (), Unknown<'_>>) -> node::Result<f64> {
        call(|| {
            let mut attempt = self.attempt.lock();
            let Some(Ready { input, fork }) = attempt.ready.take() else {
                return Err(not_prepared());
            };
            let ForkReady {
                preparation,
                output,
                allowance,
                memory,
                mut watched,
            } = fork.ok_or_else(not_prepared)?;
            let patience = Duration::try_from_secs_f64(patience / 1000.0).unwrap_or_default();
            let child = preparation.fork(input.as_raw_fd(), memory, patience, || {
                write.call(()).is_ok()
            })?;
            // The child's copy has to be the only one, or the reader would never see the end.
            drop(input);
            let pause = child.pause.as_secs_f64() * 1000.0;
            let watch = Watch::start(child, output, allowance, move || watched.headroom())?;
            attempt.watch = Some(watch);
            Ok(pause)
        })
    }

    /// The file that is written, or empty.
    #[napi(getter, catch_unwind)]
    pub fn file(&self) -> node::Result<String> {
        call(|| Ok(self.order.file().unwrap_or_default().to_owned()))
    }

    /// Waits, away from the event loop, until the snapshot is whole, and answers with the counts.
    #[napi(catch_unwind)]
    pub fn finish(&self, callback: Callback) -> node::Result<()> {
        call(|| {
            let running = self.take()?;
            spawn(callback, move || Ok(Counts::of(&running.finish()?)))
        })
    }

    /// Waits on the calling thread until the snapshot is whole. Gives back the counts as JSON.
    #[napi(catch_unwind)]
    pub fn finish_now(&self) -> node::Result<String> {
        call(|| json(&Counts::of(&self.take()?.finish()?)))
    }

    /// Lets others capture. A try that has not ended is given up, and nothing is left of its file.
    #[napi(catch_unwind)]
    pub fn release(&self) -> node::Result<()> {
        call(|| {
            *self.attempt.lock() = Attempt::default();
            self.turn.lock().take();
            Ok(())
        })
    }
}

impl NativeCapture {
    /// Tells the reader that V8, where it runs in this process, will write no more, and hands the
    /// rest of the work over.
    pub(super) fn take(&self) -> Result<Running> {
        let mut attempt = self.attempt.lock();
        attempt.ready.take();
        let reader = attempt.reader.take().ok_or_else(not_prepared)?;
        Ok(Running {
            reader,
            watch: attempt.watch.take(),
            order: self.order.clone(),
            _turn: self.turn()?,
        })
    }

    fn turn(&self) -> Result<Arc<Turn>> {
        let turn = self.turn.lock();
        turn.clone()
            .ok_or_else(|| Error::new(Code::Invalid, "This capture was released already."))
    }
}

/// Checks what the capture will cost, and makes the pipe and the file. Gives back the path that V8
/// has to write to.
fn ready(order: &Order, fork: bool, attempt: &Mutex<Attempt>) -> Result<String> {
    let mut watched = Memory::new();
    let headroom = watched.headroom();
    order.check(headroom)?;
    let pipe = Pipe::new()?;
    let target = pipe.path();
    let fork = match fork {
        false => None,
        true => {
            let output = pipe
                .output
                .try_clone()
                .map_err(|error| Error::io("read", "the snapshot's pipe", &error))?;
            let (allowance, memory) = order.allowance(headroom)?;
            Some(ForkReady {
                output: output.into(),
                allowance,
                memory,
                watched,
                // Last, so that little changes until the fork.
                preparation: Preparation::new()?,
            })
        }
    };
    let reader = Reader::start(pipe.output, order.request())?;
    *attempt.lock() = Attempt {
        ready: Some(Ready {
            input: pipe.input,
            fork,
        }),
        reader: Some(reader),
        watch: None,
    };
    Ok(target)
}

fn not_prepared() -> Error {
    Error::new(
        Code::Invalid,
        "This capture was not prepared, or has ended.",
    )
}
