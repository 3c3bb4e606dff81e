//! Opened snapshots, as JavaScript asks them.

use std::path::PathBuf;
use std::sync::Arc;

use napi_derive::napi;
use parking_lot::Mutex;

use super::job::{Callback, spawn};
use super::node::{self, call, options};
use super::question::{Base, Question, answer};
use crate::error::{Code, Error, Result};
use crate::heap::{self, ClassRow, Control, Inventory, Snapshot};

/// Reading a file takes this share of the time that opening it takes.
const SHARE_OF_READING: f64 = 0.4;

/// A snapshot with its class table, which is made once, off the event loop.
pub(super) struct Opened {
    pub(super) snapshot: Snapshot,
    pub(super) classes: Vec<ClassRow>,
}

/// A snapshot that is being opened, or is open.
#[napi]
#[derive(Default)]
pub struct NativeSnapshot {
    opened: Arc<Mutex<Option<Arc<Opened>>>>,
    control: Arc<Control>,
}

#[napi]
impl NativeSnapshot {
    /// An empty handle.
    #[napi(constructor, catch_unwind)]
    pub fn new() -> node::Result<Self> {
        call(|| Ok(Self::default()))
    }

    /// Opens a file off the event loop and answers with its summary.
    #[napi(catch_unwind)]
    pub fn open(&self, path: String, callback: Callback) -> node::Result<()> {
        let slot = Arc::clone(&self.opened);
        let control = Arc::clone(&self.control);
        call(|| {
            spawn(callback, move || {
                let snapshot = heap::open(&PathBuf::from(path), &control)?;
                let classes = snapshot.classes();
                control.reach(100)?;
                let summary = snapshot.summary();
                *slot.lock() = Some(Arc::new(Opened { snapshot, classes }));
                Ok(summary)
            })
        })
    }

    /// How much of opening a file of `size` bytes is done, 0 to 1.
    #[napi(catch_unwind)]
    pub fn done(&self, size: f64) -> node::Result<f64> {
        call(|| {
            let read = (self.control.bytes_read() as f64 / size).min(1.0);
            let analysed = self.control.percent_analysed() as f64 / 100.0;
            Ok(read * SHARE_OF_READING + analysed * (1.0 - SHARE_OF_READING))
        })
    }

    /// Gives the opening up; it ends with `ERR_LEAKGUARD_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) -> node::Result<()> {
        call(|| {
            self.control.cancel();
            Ok(())
        })
    }

    /// Frees the memory, once no question is being answered any more.
    #[napi(catch_unwind)]
    pub fn close(&self) -> node::Result<()> {
        call(|| {
            self.opened.lock().take();
            Ok(())
        })
    }
}

impl NativeSnapshot {
    pub(super) fn opened(&self) -> Result<Arc<Opened>> {
        self.opened.lock().clone().ok_or_else(|| {
            Error::new(
                Code::Invalid,
                "This snapshot is closed. Open it again with openSnapshot().",
            )
        })
    }
}

/// What is kept of a snapshot that is closed, to tell later what has changed since.
#[napi]
#[derive(Default)]
pub struct NativeInventory {
    inventory: Arc<Mutex<Inventory>>,
}

#[napi]
impl NativeInventory {
    /// An empty one.
    #[napi(constructor, catch_unwind)]
    pub fn new() -> node::Result<Self> {
        call(|| Ok(Self::default()))
    }

    /// Takes it of a snapshot, off the event loop; answers with null.
    #[napi(catch_unwind)]
    pub fn take(&self, snapshot: &NativeSnapshot, callback: Callback) -> node::Result<()> {
        call(|| {
            let opened = snapshot.opened()?;
            let inventory = Arc::clone(&self.inventory);
            spawn(callback, move || {
                *inventory.lock() = Inventory::of(&opened.snapshot, &Control::default())?;
                Ok(())
            })
        })
    }
}

/// One question to a snapshot.
#[napi]
pub struct NativeQuestion {
    opened: Arc<Opened>,
    base: Option<Base>,
    question: String,
    control: Arc<Control>,
}

#[napi]
impl NativeQuestion {
    /// `question` is JSON. `base` or its `inventory` is for questions about two snapshots.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        snapshot: &NativeSnapshot,
        base: Option<&NativeSnapshot>,
        inventory: Option<&NativeInventory>,
        question: String,
    ) -> node::Result<Self> {
        call(|| {
            let base = base.map(NativeSnapshot::opened).transpose()?;
            let inventory = inventory.map(|taken| Base::Inventory(Arc::clone(&taken.inventory)));
            Ok(Self {
                opened: snapshot.opened()?,
                base: base.map(Base::Opened).or(inventory),
                question,
                control: Arc::default(),
            })
        })
    }

    /// The answer, as JSON.
    #[napi(catch_unwind)]
    pub fn now(&self) -> node::Result<String> {
        call(|| {
            let question: Question = options(&self.question)?;
            answer(&self.opened, self.base.as_ref(), question, &self.control)
        })
    }

    /// The same, off the event loop: answers with that JSON, as text.
    #[napi(catch_unwind)]
    pub fn later(&self, callback: Callback) -> node::Result<()> {
        call(|| {
            let question: Question = options(&self.question)?;
            let (opened, base) = (Arc::clone(&self.opened), self.base.clone());
            let control = Arc::clone(&self.control);
            spawn(callback, move || {
                answer(&opened, base.as_ref(), question, &control)
            })
        })
    }

    /// Gives it up; it ends with `ERR_LEAKGUARD_ABORTED`.
    #[napi(catch_unwind)]
    pub fn cancel(&self) -> node::Result<()> {
        call(|| {
            self.control.cancel();
            Ok(())
        })
    }
}
