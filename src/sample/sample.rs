//! One look at the process.

use serde::{Deserialize, Serialize};

use super::system::SystemMemory;

/// What the process used at one moment. Sizes in bytes, times in epoch milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sample {
    /// When, in epoch ms.
    pub time: f64,
    /// Resident set.
    pub rss: u64,
    /// Heap that V8 has reserved.
    pub heap_total: u64,
    /// Heap in use, garbage included.
    pub heap_used: u64,
    /// The part of `heap_used` that lies in the old generation, garbage included; `None` when it
    /// was not looked at.
    pub old_generation: Option<u64>,
    /// Memory outside the heap that objects in it own, ArrayBuffers included.
    pub external: u64,
    /// The part of `external` that belongs to ArrayBuffers, and so to Buffers.
    pub array_buffers: u64,
    /// Old-generation bytes in use right after the last major GC; `None` when none ended since
    /// the sample before.
    pub live_heap: Option<u64>,
    /// `external` at the same moment.
    pub live_external: Option<u64>,
    /// `array_buffers` at the same moment.
    pub live_array_buffers: Option<u64>,
    /// Whether these were told by a forked child that has collected garbage: what this process uses
    /// still has its own.
    pub forked: bool,
    /// Major GCs that ended since the sample before.
    pub major_gcs: u32,
    /// Minor GCs that ended since the sample before: they follow the rate of allocation, and so
    /// the load. 0 when they are not counted.
    pub minor_gcs: u32,
    /// Time spent in GC since the sample before, ms.
    pub gc_ms: f64,
    /// V8 contexts that the last major GC left; `None` when none ended since the sample before.
    pub live_contexts: Option<u32>,
    /// Those of them that are detached: nothing refers to their global object any more.
    pub detached_contexts: Option<u32>,
    /// Handles and requests that keep the event loop alive; `None` when they were not counted.
    pub handles: Option<u32>,
    /// Allocated through `malloc` and not counted in `external`, some time within the last minute;
    /// `None` where nobody tells.
    pub native: Option<i64>,
    /// Whether this thread's heap is the only one in the process, as far as is known: so that what is
    /// resident besides is native.
    pub alone: bool,
    /// The size at which V8 gives up.
    pub heap_limit: u64,
    /// What the operating system says.
    pub system: SystemMemory,
    /// Taken by the watcher thread while the event loop did not turn: V8's figures are those of
    /// the sample before, `rss` and `system` are fresh.
    pub loop_blocked: bool,
}

/// What only JavaScript's thread can know; the fields mean what they mean in [`Sample`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct V8Figures {
    /// When, in epoch ms.
    pub time: f64,
    /// Resident set; 0 takes the newest that the operating system told.
    pub rss: u64,
    /// See [`Sample::heap_total`].
    pub heap_total: u64,
    /// See [`Sample::heap_used`].
    pub heap_used: u64,
    /// See [`Sample::old_generation`].
    pub old_generation: Option<u64>,
    /// See [`Sample::external`].
    pub external: u64,
    /// See [`Sample::array_buffers`].
    pub array_buffers: u64,
    /// See [`Sample::live_heap`].
    pub live_heap: Option<u64>,
    /// See [`Sample::live_external`].
    pub live_external: Option<u64>,
    /// See [`Sample::live_array_buffers`].
    pub live_array_buffers: Option<u64>,
    /// See [`Sample::major_gcs`].
    pub major_gcs: u32,
    /// See [`Sample::minor_gcs`].
    pub minor_gcs: u32,
    /// See [`Sample::gc_ms`].
    pub gc_ms: f64,
    /// See [`Sample::live_contexts`].
    pub live_contexts: Option<u32>,
    /// See [`Sample::detached_contexts`].
    pub detached_contexts: Option<u32>,
    /// See [`Sample::handles`].
    pub handles: Option<u32>,
    /// See [`Sample::forked`].
    pub forked: bool,
    /// See [`Sample::alone`].
    pub alone: bool,
    /// See [`Sample::heap_limit`].
    pub heap_limit: u64,
}

impl V8Figures {
    /// The sample of these figures and what the operating system says.
    pub fn with(self, system: SystemMemory) -> Sample {
        Sample {
            time: self.time,
            rss: if self.rss > 0 {
                self.rss
            } else {
                system.resident.unwrap_or(0)
            },
            heap_total: self.heap_total,
            heap_used: self.heap_used,
            old_generation: self.old_generation,
            external: self.external,
            array_buffers: self.array_buffers,
            live_heap: self.live_heap,
            live_external: self.live_external,
            live_array_buffers: self.live_array_buffers,
            major_gcs: self.major_gcs,
            minor_gcs: self.minor_gcs,
            gc_ms: self.gc_ms,
            live_contexts: self.live_contexts,
            detached_contexts: self.detached_contexts,
            handles: self.handles,
            alone: self.alone,
            forked: self.forked,
            native: None,
            heap_limit: self.heap_limit,
            system,
            loop_blocked: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_set_stands_in_for_an_unmeasured_rss() {
        let system = SystemMemory {
            resident: Some(77),
            ..SystemMemory::default()
        };
        assert_eq!(V8Figures::default().with(system).rss, 77);
        assert_eq!(
            V8Figures {
                rss: 5,
                ..V8Figures::default()
            }
            .with(system)
            .rss,
            5
        );
    }

    #[test]
    fn json_uses_the_names_of_the_contract() {
        let sample = Sample {
            live_heap: Some(3),
            ..Sample::default()
        };
        let json = serde_json::to_value(&sample).unwrap();
        for name in [
            "time",
            "rss",
            "heapTotal",
            "heapUsed",
            "external",
            "arrayBuffers",
            "liveHeap",
            "majorGcs",
            "gcMs",
            "heapLimit",
            "system",
            "loopBlocked",
        ] {
            assert!(json.get(name).is_some(), "{name}");
        }
        assert_eq!(json["liveHeap"], 3);
        assert!(json["liveExternal"].is_null());
        assert!(json["system"].get("containerLimit").is_some());
    }
}
