//! What the operating system says of this process, its container and the machine.

use serde::{Deserialize, Serialize};

/// Memory as the operating system counts it, in bytes; `None` where it does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SystemMemory {
    /// Resident set of the process.
    pub resident: Option<u64>,
    /// Allocated through `malloc` by the whole process, Buffers included; `None` also where it was not
    /// asked for this time. See [`allocated`](super::allocated).
    pub allocated: Option<u64>,
    /// In use in the container (the cgroup whose limit counts), without page cache that is about
    /// to be dropped.
    pub container_used: Option<u64>,
    /// The smallest limit of the container and what it is nested in; `None` also when it is not
    /// below what the machine has.
    pub container_limit: Option<u64>,
    /// Memory of the machine.
    pub system_total: Option<u64>,
    /// Memory that the machine could give without swapping.
    pub system_available: Option<u64>,
}

/// Reads [`SystemMemory`] again and again; paths are found once.
///
/// On Linux one reading opens five small files. Elsewhere every figure is `None`.
#[derive(Debug)]
pub struct SystemReader {
    #[cfg(target_os = "linux")]
    linux: linux::Reader,
}

impl SystemReader {
    /// Finds out where this process's figures are. Never fails: what cannot be found is `None`
    /// in every reading.
    pub fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            linux: linux::Reader::new(),
        }
    }

    /// The figures of now.
    pub fn read(&mut self) -> SystemMemory {
        #[cfg(target_os = "linux")]
        return self.linux.read();
        #[cfg(not(target_os = "linux"))]
        SystemMemory::default()
    }
}

impl Default for SystemReader {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;
    use std::time::Instant;

    use super::SystemMemory;
    use crate::sample::cgroup::{Cgroup, read};
    use crate::sample::parse;

    #[derive(Debug)]
    pub(super) struct Reader {
        page_size: u64,
        cgroup: Option<Cgroup>,
    }

    impl Reader {
        pub(super) fn new() -> Self {
            let text = |path: &str| read(Path::new(path)).unwrap_or_default();
            let (own, mountinfo) = (text("/proc/self/cgroup"), text("/proc/self/mountinfo"));
            let cgroup = Cgroup::find(Path::new("/"), &own, &mountinfo);
            Self {
                page_size: page_size(),
                cgroup,
            }
        }

        pub(super) fn read(&mut self) -> SystemMemory {
            let resident = read(Path::new("/proc/self/statm"))
                .and_then(|text| parse::resident_pages(&text))
                .map(|pages| pages.saturating_mul(self.page_size));
            let meminfo = read(Path::new("/proc/meminfo")).unwrap_or_default();
            let (system_total, system_available) = parse::system_memory(&meminfo);
            let container = self
                .cgroup
                .as_mut()
                .map(|cgroup| cgroup.read(Instant::now()))
                .unwrap_or_default();
            // A limit that the machine cannot reach limits nothing.
            let reachable = |limit: &u64| system_total.is_none_or(|total| *limit < total);
            SystemMemory {
                resident,
                allocated: None,
                container_used: container.used,
                container_limit: container.limit.filter(reachable),
                system_total,
                system_available,
            }
        }
    }

    fn page_size() -> u64 {
        // SAFETY: sysconf only reads a constant of the system.
        let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        u64::try_from(size)
            .ok()
            .filter(|size| *size > 0)
            .unwrap_or(4096)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn this_process_has_a_resident_set_within_the_machine() {
            let memory = Reader::new().read();
            let (resident, total) = (memory.resident.unwrap(), memory.system_total.unwrap());
            assert!(resident > 500_000 && resident < total, "{memory:?}");
            assert!(memory.system_available.unwrap() <= total);
            assert!(memory.container_limit.is_none_or(|limit| limit < total));
        }

        #[test]
        fn resident_set_grows_by_what_is_touched() {
            let mut reader = Reader::new();
            let before = reader.read().resident.unwrap();
            let block = vec![1_u8; 64 << 20];
            let after = reader.read().resident.unwrap();
            assert!(
                std::hint::black_box(&block)
                    .iter()
                    .step_by(4096)
                    .all(|byte| *byte == 1)
            );
            assert!(after > before + (48 << 20), "{before} {after}");
        }
    }
}
