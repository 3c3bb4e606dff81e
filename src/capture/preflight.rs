//! Whether a capture can be afforded, before it is begun.

use crate::error::{Code, Error, Resource, Result, Shortage};
use crate::units;

/// Bytes of JSON that V8 makes for a byte of live heap: 1.3 were seen on heaps of 600 MB, so this
/// leaves a margin.
const FILE_PER_HEAP_BYTE: f64 = 1.6;

/// Bytes of memory that V8 takes, for a byte of live heap, to make a snapshot, and that it takes
/// besides. Heaps of ordinary and of tiny objects, on Node 20: 20 MB took 183 to 209 MB, 100 MB
/// took 843 to 876 MB; on Node 24 a fifth less. In a forked child it is 20 to 30 MB more than in
/// the process itself: pages that the two no longer share.
const MEMORY_PER_HEAP_BYTE: f64 = 9.0;
const MEMORY_BESIDES: u64 = 32 << 20;

/// `RAMFS_MAGIC` of Linux' `magic.h`, which libc does not have.
#[cfg(target_os = "linux")]
const RAMFS_MAGIC: i64 = 0x8584_58f6;

/// Space that is left on the disk for everybody else.
const DISK_RESERVE: u64 = 64 << 20;

/// What is free before the operating system or the container steps in, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// The tightest limit's name, for a person.
    pub limit: &'static str,
    /// Bytes.
    pub bytes: u64,
}

/// Refuses a capture that memory cannot bear; `file_too` when its file will be there as well.
///
/// # Errors
/// [`Code::Refused`], with the numbers.
pub fn check_memory(heap_used: u64, file_too: bool, headroom: Option<Headroom>) -> Result<()> {
    let Some(headroom) = headroom else {
        return Ok(());
    };
    let file = if file_too { FILE_PER_HEAP_BYTE } else { 0.0 };
    let needed = (heap_used as f64 * (MEMORY_PER_HEAP_BYTE + file)) as u64 + MEMORY_BESIDES;
    if needed <= headroom.bytes {
        return Ok(());
    }
    Err(Error::new(
        Code::Refused,
        format!(
            "No snapshot was taken: it would need about {} of memory for a heap of {}, and {} has \
             {} left. Capture earlier, while the heap is small, raise the limit, or pass \
             {{ force: true }} and accept that the process may be killed.",
            units::bytes(needed as f64),
            units::bytes(heap_used as f64),
            headroom.limit,
            units::bytes(headroom.bytes as f64),
        ),
    )
    .for_want_of(Shortage {
        of: Resource::Memory,
        limit: headroom.limit.to_owned(),
        needed,
        available: headroom.bytes,
    }))
}

/// Refuses a capture whose file would fill the disk.
///
/// # Errors
/// [`Code::Refused`], with the numbers.
pub fn check_disk(heap_used: u64, free: Option<u64>, directory: &str) -> Result<()> {
    let Some(free) = free else { return Ok(()) };
    let needed = (heap_used as f64 * FILE_PER_HEAP_BYTE) as u64;
    if needed.saturating_add(DISK_RESERVE) <= free {
        return Ok(());
    }
    Err(Error::new(
        Code::Refused,
        format!(
            "No snapshot was taken: its file would need about {} and {directory} has {} free, of \
             which {} are left for others. Free some space, choose another directory, or pass \
             {{ force: true }}.",
            units::bytes(needed as f64),
            units::bytes(free as f64),
            units::bytes(DISK_RESERVE as f64),
        ),
    )
    .for_want_of(Shortage {
        of: Resource::Disk,
        limit: directory.to_owned(),
        needed: needed.saturating_add(DISK_RESERVE),
        available: free,
    }))
}

/// Whether files below `directory` are kept in memory and count against the container.
#[cfg(target_os = "linux")]
pub fn is_in_memory(directory: &std::path::Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let Ok(path) = std::ffi::CString::new(directory.as_os_str().as_bytes()) else {
        return false;
    };
    let mut status = std::mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: `path` ends with a zero byte and `status` has room for the answer.
    let result = unsafe { libc::statfs(path.as_ptr(), status.as_mut_ptr()) };
    if result != 0 {
        return false;
    }
    // SAFETY: the call succeeded, so it filled `status`.
    let status = unsafe { status.assume_init() };
    #[allow(
        clippy::unnecessary_cast,
        reason = "the field has other widths on other systems"
    )]
    let (tmpfs, found) = (libc::TMPFS_MAGIC as i64, status.f_type as i64);
    [tmpfs, RAMFS_MAGIC].contains(&found)
}

/// Whether files below `directory` are kept in memory; unknown here.
#[cfg(not(target_os = "linux"))]
pub fn is_in_memory(_directory: &std::path::Path) -> bool {
    false
}

/// What the operator's own limits of this process (`ulimit -v`, `ulimit -d`) leave; `None` where
/// there are none.
#[cfg(target_os = "linux")]
pub fn process_headroom() -> Option<Headroom> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let used = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kilobytes * 1024)
    };
    let left = |resource, name: &str| {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: `limit` has room for the answer.
        let result = unsafe { libc::getrlimit(resource, &raw mut limit) };
        let set = result == 0 && limit.rlim_cur != libc::RLIM_INFINITY;
        set.then(|| limit.rlim_cur.saturating_sub(used(name).unwrap_or(0)))
    };
    let bytes = [
        left(libc::RLIMIT_AS, "VmSize:"),
        left(libc::RLIMIT_DATA, "VmData:"),
    ];
    let bytes = bytes.into_iter().flatten().min()?;
    Some(Headroom {
        limit: "the process (ulimit)",
        bytes,
    })
}

/// What the operator's own limits of this process leave; unknown here.
#[cfg(not(target_os = "linux"))]
pub fn process_headroom() -> Option<Headroom> {
    None
}

/// Bytes that this process may still write below `directory`; `None` where nobody can tell.
#[cfg(unix)]
pub fn free_disk(directory: &std::path::Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(directory.as_os_str().as_bytes()).ok()?;
    let mut status = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: `path` ends with a zero byte and `status` has room for the answer.
    let result = unsafe { libc::statvfs(path.as_ptr(), status.as_mut_ptr()) };
    if result != 0 {
        return None;
    }
    // SAFETY: the call succeeded, so it filled `status`.
    let status = unsafe { status.assume_init() };
    #[allow(
        clippy::useless_conversion,
        clippy::unnecessary_cast,
        reason = "the fields have other widths on other systems"
    )]
    Some(status.f_bavail as u64 * status.f_frsize as u64)
}

/// Bytes that this process may still write below `directory`; `None` where nobody can tell.
#[cfg(not(unix))]
pub fn free_disk(_directory: &std::path::Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_what_is_needed_and_what_is_there() {
        let headroom = Headroom {
            limit: "the container",
            bytes: 300 << 20,
        };
        assert!(check_memory(29 << 20, false, Some(headroom)).is_ok());
        let error = check_memory(100 << 20, false, Some(headroom)).unwrap_err();
        assert_eq!(error.code, Code::Refused);
        let shortage = error.shortage.as_deref().unwrap();
        assert_eq!(shortage.of, Resource::Memory);
        assert_eq!(
            (shortage.needed, shortage.available),
            (932 << 20, 300 << 20)
        );
        for part in ["932 MB", "100 MB", "300 MB", "the container", "force"] {
            assert!(error.message.contains(part), "{part}: {error}");
        }
        let error = check_disk(100 << 20, Some(100 << 20), "/data").unwrap_err();
        assert!(
            error.message.contains("160 MB") && error.message.contains("/data"),
            "{error}"
        );
    }

    #[test]
    fn a_file_in_memory_counts() {
        let headroom = Headroom {
            limit: "the container",
            bytes: 1000 << 20,
        };
        assert!(check_memory(100 << 20, false, Some(headroom)).is_ok());
        assert!(check_memory(100 << 20, true, Some(headroom)).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_and_disk_are_told_apart() {
        assert!(is_in_memory(std::path::Path::new("/dev/shm")));
        assert!(!is_in_memory(std::path::Path::new("/proc")));
    }

    #[test]
    fn what_cannot_be_known_does_not_refuse() {
        assert!(check_memory(u64::MAX / 16, false, None).is_ok());
        assert!(check_disk(u64::MAX / 16, None, "").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn the_disk_of_the_temporary_directory_has_a_size() {
        assert!(free_disk(&std::env::temp_dir()).is_some());
        assert!(free_disk(std::path::Path::new("/does/not/exist")).is_none());
    }
}
