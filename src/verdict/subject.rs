//! What a leak consists of, in words.

use super::contexts::MoreContexts;
use super::handles::MoreHandles;
use super::leak::LeakKind;

/// What is told of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Heap,
    External,
    /// Allocated by native code.
    Allocated,
    /// Resident; whether allocators tell what is allocated.
    Resident {
        known: bool,
    },
    Contexts(MoreContexts),
    Handles(MoreHandles),
}

impl Subject {
    pub(super) fn kind(&self) -> LeakKind {
        match self {
            Self::Heap => LeakKind::Heap,
            Self::External => LeakKind::External,
            Self::Allocated | Self::Resident { .. } => LeakKind::Native,
            Self::Contexts(_) => LeakKind::Contexts,
            Self::Handles(_) => LeakKind::Handles,
        }
    }

    /// What memory it ends up in, for the question which limit is reached first.
    pub(super) fn memory(&self) -> LeakKind {
        match self {
            Self::Contexts(_) | Self::Handles(_) => LeakKind::Heap,
            _ => self.kind(),
        }
    }

    /// How the sentence of a leak begins, up to its rate.
    pub(super) fn grows(&self) -> String {
        match self {
            Self::Heap => "Live heap grows".into(),
            Self::External => {
                "External memory (Buffers, ArrayBuffers, native objects) grows".into()
            }
            Self::Allocated => "Native memory (allocated outside of V8 and not freed) grows".into(),
            Self::Resident { known: true } => {
                "Native memory (resident, but neither V8's nor allocated through malloc: an \
                 allocator of an addon, or fragmentation) grows"
                    .into()
            }
            Self::Resident { known: false } => {
                "Native memory (resident, but not V8's: addons, or fragmentation) grows".into()
            }
            Self::Contexts(_) | Self::Handles(_) => format!("{}; memory grows", self.piles_up()),
        }
    }

    /// Contexts and handles, counted.
    pub(super) fn piles_up(&self) -> String {
        match self {
            Self::Contexts(more) => format!(
                "Contexts pile up ({} more, {} detached)",
                more.count, more.detached
            ),
            Self::Handles(more) => {
                format!("{} pile up ({} more)", more.name(), more.count)
            }
            _ => self.grows(),
        }
    }

    /// How the sentence begins when it is over, up to how much it had grown by.
    pub(super) fn settled(&self) -> String {
        match self {
            Self::Heap => "Live heap no longer grows; it".into(),
            Self::External => "External memory no longer grows; it".into(),
            Self::Allocated | Self::Resident { .. } => "Native memory no longer grows; it".into(),
            Self::Contexts(_) => "Contexts no longer pile up; memory".into(),
            Self::Handles(more) => format!("{} no longer pile up; memory", more.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_piles_up_is_counted_and_ends_up_in_the_heap() {
        let contexts = Subject::Contexts(MoreContexts {
            count: 12,
            detached: 9,
        });
        assert_eq!(
            contexts.grows(),
            "Contexts pile up (12 more, 9 detached); memory grows"
        );
        assert_eq!(
            (contexts.kind(), contexts.memory()),
            (LeakKind::Contexts, LeakKind::Heap)
        );
        let handles = Subject::Handles(MoreHandles {
            kind: "Timeout".into(),
            count: 400,
        });
        assert_eq!(handles.piles_up(), "Timeout handles pile up (400 more)");
        assert!(handles.settled().starts_with("Timeout handles no longer"));
        let listeners = Subject::Handles(MoreHandles {
            kind: "'price' listeners of Bus".into(),
            count: 30,
        });
        assert_eq!(
            listeners.piles_up(),
            "'price' listeners of Bus pile up (30 more)"
        );
    }
}
