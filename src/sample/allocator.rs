//! What native code has allocated and not given back, by the C library's own books.

use std::time::{Duration, Instant};

/// What `malloc` holds in all of its arenas, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// Allocated at the moment, whoever asked for it: V8, Node, the backing stores of Buffers,
    /// addons.
    pub in_use: u64,
    /// Was given back, and is kept for later. As a rule it is still resident.
    pub kept: u64,
}

/// What `malloc` holds. `None` where the C library does not tell (other than glibc) or is not asked
/// (another allocator was preloaded).
///
/// Takes the lock of each arena for a moment; some 20 to 200 µs.
pub fn allocated() -> Option<Allocated> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return parse(&glibc::report()?);
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

/// Asks the allocator again and again, so seldom that nobody is held up.
///
/// glibc looks at every free block under the lock of its arena: in a heap of many small ones that may
/// take milliseconds, for which other threads wait that allocate there.
#[derive(Debug, Default)]
pub(super) struct AllocatorReader {
    next: Option<Instant>,
    slow: u32,
    given_up: bool,
}

/// It is asked for this part of the time at most.
const SHARE: u32 = 1000;

/// So many answers in a row that take longer are the last ones: a single one may have had to wait for
/// a processor.
const TOO_LONG: Duration = Duration::from_millis(5);
const TOO_OFTEN: u32 = 3;

impl AllocatorReader {
    /// Bytes in use now; `None` also while [`allocated`] is not asked.
    pub(super) fn read(&mut self) -> Option<u64> {
        let begun = Instant::now();
        if self.given_up || self.next.is_some_and(|next| begun < next) {
            return None;
        }
        let told = allocated();
        let took = begun.elapsed();
        self.slow = if took > TOO_LONG { self.slow + 1 } else { 0 };
        self.given_up = told.is_none() || self.slow == TOO_OFTEN;
        self.next = Some(begun + took * SHARE);
        told.map(|allocated| allocated.in_use)
    }
}

/// Reads glibc's report (`malloc_info(3)`): the totals stand behind the last arena.
#[cfg_attr(
    not(all(target_os = "linux", target_env = "gnu")),
    expect(dead_code, reason = "only glibc writes such reports")
)]
fn parse(report: &str) -> Option<Allocated> {
    let (_, totals) = report.rsplit_once("</heap>")?;
    let size_of = |element: &str| {
        let (_, rest) = totals.split_once(element)?;
        let (_, rest) = rest.split_once("size=\"")?;
        let (digits, _) = rest.split_once('"')?;
        digits.parse::<u64>().ok()
    };
    let system = size_of("<system type=\"current\"")?;
    let free = size_of("<total type=\"fast\"")? + size_of("<total type=\"rest\"")?;
    let mapped = size_of("<total type=\"mmap\"").unwrap_or(0);
    // Nothing at all is in use of an allocator that was replaced by another one.
    (system > 0).then(|| Allocated {
        in_use: system.saturating_sub(free) + mapped,
        kept: free,
    })
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::ffi::{c_char, c_void};

    unsafe extern "C" {
        fn open_memstream(text: *mut *mut c_char, length: *mut libc::size_t) -> *mut libc::FILE;
    }

    pub(super) fn report() -> Option<String> {
        let mut text: *mut c_char = std::ptr::null_mut();
        let mut length = 0;
        // SAFETY: both places outlive the stream, which is closed below.
        let stream = unsafe { open_memstream(&raw mut text, &raw mut length) };
        if stream.is_null() {
            return None;
        }
        // SAFETY: the stream is open.
        let told = unsafe { libc::malloc_info(0, stream) } == 0;
        // SAFETY: the stream is open, and nobody uses it afterwards. Only now are `text` and
        // `length` what they shall be.
        let closed = unsafe { libc::fclose(stream) } == 0;
        if text.is_null() {
            return None;
        }
        let report = (told && closed).then(|| {
            // SAFETY: the stream has left `length` bytes there.
            let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
            String::from_utf8_lossy(bytes).into_owned()
        });
        // SAFETY: the stream allocated the text with malloc and leaves it to its user.
        unsafe { libc::free(text.cast::<c_void>()) };
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<malloc version="1">
<heap nr="0">
<sizes>
  <size from="33" to="48" total="96" count="2"/>
</sizes>
<total type="fast" count="2" size="96"/>
<total type="rest" count="1" size="1000"/>
<system type="current" size="135168"/>
<system type="max" size="135168"/>
</heap>
<heap nr="1">
<total type="fast" count="0" size="0"/>
<total type="rest" count="1" size="2000"/>
<system type="current" size="135168"/>
</heap>
<total type="fast" count="2" size="96"/>
<total type="rest" count="2" size="3000"/>
<total type="mmap" count="1" size="200704"/>
<system type="current" size="270336"/>
<system type="max" size="270336"/>
<aspace type="total" size="270336"/>
</malloc>
"#;

    #[test]
    fn what_is_free_in_the_arenas_is_not_in_use() {
        let expected = Allocated {
            in_use: 270_336 - 96 - 3000 + 200_704,
            kept: 96 + 3000,
        };
        assert_eq!(parse(REPORT), Some(expected));
        assert_eq!(parse(&REPORT.replace("270336", "0")), None);
        assert_eq!(parse("<malloc></malloc>"), None);
    }

    #[test]
    fn it_is_asked_again_after_a_while() {
        let mut reader = AllocatorReader {
            next: Some(Instant::now() + Duration::from_secs(60)),
            ..AllocatorReader::default()
        };
        assert_eq!(reader.read(), None);
        reader.next = None;
        assert_eq!(reader.read().is_some(), allocated().is_some());
        assert!(reader.next.is_some(), "and not at once again");
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn blocks_count_from_when_they_are_taken_until_they_are_given_back() {
        // Other tests allocate at the same time: some 64 MB at most.
        let in_use = || allocated().unwrap().in_use;
        let before = in_use();
        let blocks: Vec<Vec<u8>> = (0..4000).map(|_| Vec::with_capacity(64_000)).collect();
        let during = in_use();
        assert!(during >= before + 128_000_000, "{before} {during}");
        drop(std::hint::black_box(blocks));
        let after = in_use();
        assert!(after + 128_000_000 <= during, "{during} {after}");
    }
}
