//! Which parts of memory V8 keeps from a forked child.
//!
//! V8 marks the mappings of its heap with `MADV_DONTFORK` (`OS::Allocate` in V8's
//! `src/base/platform/platform-posix.cc`), so that starting a program does not copy their page
//! tables. A child that is to read the heap needs them.

use std::fs::File;
use std::io::{self, Read};

/// Addresses from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Range {
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }
}

/// What memory looked like at one moment, by `/proc/self/smaps`.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    /// Everything mapped, in order of address, neighbours joined.
    mapped: Vec<Range>,
    /// Private anonymous mappings that a fork leaves out, neighbours joined.
    pub(super) withheld: Vec<Range>,
    /// Bytes of private writable memory: what `RLIMIT_DATA` counts.
    pub(super) data_bytes: u64,
}

/// One line that begins a mapping, in `maps` as in `smaps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    range: Range,
    private: bool,
    writable: bool,
    anonymous: bool,
}

/// V8 takes memory in units of this many bytes, at addresses that are multiples of it
/// (`kPageSizeBits` in V8's `src/common/globals.h`).
const V8_UNIT: usize = 256 * 1024;

impl Mappings {
    /// Reads `/proc/self/smaps`. Takes 4 to 20 ms for a large heap, so never on a JavaScript thread.
    pub(super) fn read() -> io::Result<Self> {
        Ok(Self::parse(&read_all("/proc/self/smaps")?))
    }

    fn parse(smaps: &[u8]) -> Self {
        let mut mappings = Self::default();
        let mut current = None;
        for text in smaps.split(|&byte| byte == b'\n') {
            if let Some(line) = Line::parse(text) {
                join(&mut mappings.mapped, line.range);
                if line.private && line.writable {
                    mappings.data_bytes += line.range.len() as u64;
                }
                current = Some(line);
            } else if let Some(flags) = text.strip_prefix(b"VmFlags:")
                && let Some(line) = current.take()
                && line.private
                && line.anonymous
                && is_withheld(flags)
            {
                join(&mut mappings.withheld, line.range);
            }
        }
        mappings
    }

    /// What V8 seems to have mapped since: private anonymous memory at addresses that V8 would
    /// choose. Reads `/proc/self/maps`, about 2 µs for a mapping, into `buffer`.
    pub(super) fn added_since(&self, buffer: &mut Vec<u8>) -> io::Result<Vec<Range>> {
        buffer.clear();
        File::open("/proc/self/maps")?.read_to_end(buffer)?;
        Ok(self.added(buffer))
    }

    fn added(&self, maps: &[u8]) -> Vec<Range> {
        let mut added = Vec::new();
        let mut known = self.mapped.iter().peekable();
        for text in maps.split(|&byte| byte == b'\n') {
            let Some(line) = Line::parse(text) else {
                continue;
            };
            let mut start = line.range.start;
            while let Some(old) = known.peek() {
                if old.end <= start {
                    known.next();
                    continue;
                }
                if start < old.start {
                    let end = line.range.end.min(old.start);
                    push_new(&mut added, line, Range { start, end });
                }
                start = start.max(old.end);
                if old.end >= line.range.end {
                    break;
                }
            }
            if start < line.range.end {
                let end = line.range.end;
                push_new(&mut added, line, Range { start, end });
            }
        }
        added
    }
}

fn push_new(added: &mut Vec<Range>, line: Line, range: Range) {
    if line.private && line.anonymous && range.start.is_multiple_of(V8_UNIT) {
        added.push(range);
    }
}

/// `dc` is "do not copy on fork"; `io` and `pf` are memory of devices, which is not V8's.
fn is_withheld(flags: &[u8]) -> bool {
    let mut words = flags.split(|byte| byte.is_ascii_whitespace());
    let has = |name: &[u8]| words.clone().any(|word| word == name);
    let device = has(b"io") || has(b"pf");
    words.any(|word| word == b"dc") && !device
}

fn join(ranges: &mut Vec<Range>, range: Range) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

impl Line {
    /// Reads `7f02e0003000-7f02e003f000 rwxp 00000000 00:00 0   [name]`.
    fn parse(text: &[u8]) -> Option<Self> {
        let mut fields = text
            .split(|&byte| byte == b' ')
            .filter(|field| !field.is_empty());
        let (range, rights) = (fields.next()?, fields.next()?);
        let inode = fields.nth(2)?;
        let dash = range.iter().position(|&byte| byte == b'-')?;
        let name = fields.next();
        Some(Self {
            range: Range {
                start: hexadecimal(&range[..dash])?,
                end: hexadecimal(&range[dash + 1..])?,
            },
            private: rights.get(3) == Some(&b'p'),
            writable: rights.get(1) == Some(&b'w'),
            anonymous: inode == b"0" && name.is_none_or(|name| name.starts_with(b"[anon")),
        })
    }
}

fn hexadecimal(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0, |value, &digit| {
        let digit = (digit as char).to_digit(16)?;
        Some(value << 4 | digit as usize)
    })
}

fn read_all(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::fork::tests::{SIZE, Withheld};

    const SMAPS: &str = "\
55d0c0000000-55d0c0001000 r-xp 00000000 08:01 1234                       /usr/bin/node
Size:                  4 kB
VmFlags: rd ex mr mw me
7f0000000000-7f0000040000 rw-p 00000000 00:00 0 
Size:                256 kB
VmFlags: rd wr mr mw me dc nr 
7f0000040000-7f0000080000 ---p 00000000 00:00 0 
VmFlags: mr mw me dc nr 
7f0000100000-7f0000140000 rw-p 00000000 00:00 0                          [anon:v8]
VmFlags: rd wr mr mw me dc
7f0000200000-7f0000240000 rw-s 00000000 00:01 77                         /dev/shm/x
VmFlags: rd wr sh mr mw me dc
7f0000300000-7f0000340000 rw-p 00000000 00:00 0 
VmFlags: rd wr mr mw me io pf dc
7f0000400000-7f0000440000 rw-p 00000000 00:00 0 
VmFlags: rd wr mr mw me
";

    fn ranges(ranges: &[Range]) -> Vec<(usize, usize)> {
        ranges
            .iter()
            .map(|range| (range.start, range.end))
            .collect()
    }

    #[test]
    fn only_private_anonymous_memory_is_given_to_the_child() {
        let mappings = Mappings::parse(SMAPS.as_bytes());
        assert_eq!(
            ranges(&mappings.withheld),
            [
                (0x7f00_0000_0000, 0x7f00_0008_0000),
                (0x7f00_0010_0000, 0x7f00_0014_0000)
            ]
        );
        assert_eq!(mappings.data_bytes, 4 * 0x40000);
    }

    #[test]
    fn what_was_mapped_later_is_found_also_beside_and_between() {
        let mappings = Mappings::parse(SMAPS.as_bytes());
        let maps = "\
55d0c0000000-55d0c0001000 r-xp 00000000 08:01 1234                       /usr/bin/node
7f0000000000-7f00000c0000 rw-p 00000000 00:00 0 
7f0000100000-7f0000180000 rw-p 00000000 00:00 0 
7f0000500000-7f0000540000 rw-s 00000000 00:00 0 
7f0000600000-7f0000640000 rw-p 00000000 08:01 9                          /lib/new.so
7f0000700000-7f0000740000 rw-p 00000000 00:00 0 
7f0000801000-7f0000840000 rw-p 00000000 00:00 0 
";
        assert_eq!(
            ranges(&mappings.added(maps.as_bytes())),
            [
                (0x7f00_0008_0000, 0x7f00_000c_0000),
                (0x7f00_0014_0000, 0x7f00_0018_0000),
                (0x7f00_0070_0000, 0x7f00_0074_0000)
            ]
        );
    }

    #[test]
    fn a_mapping_that_fills_several_gaps_is_new_in_each() {
        let mappings = Mappings::parse(SMAPS.as_bytes());
        let maps = "7f0000000000-7f0000380000 rw-p 00000000 00:00 0 \n";
        assert_eq!(
            ranges(&mappings.added(maps.as_bytes())),
            [
                (0x7f00_0008_0000, 0x7f00_0010_0000),
                (0x7f00_0014_0000, 0x7f00_0020_0000),
                (0x7f00_0024_0000, 0x7f00_0030_0000),
                (0x7f00_0034_0000, 0x7f00_0038_0000)
            ]
        );
    }

    #[test]
    fn nonsense_is_skipped() {
        for text in [
            "",
            "-",
            "x-y rw-p",
            "Size: 4 kB",
            "7f-80",
            "zz-80 rw-p 0 0 0",
        ] {
            assert_eq!(Line::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn this_process_sees_memory_that_it_withholds() {
        let withheld = Withheld::new(7);
        let start = withheld.first() as usize;
        let mappings = Mappings::read().unwrap();
        assert!(
            mappings
                .withheld
                .iter()
                .any(|range| range.start <= start && start + SIZE <= range.end)
        );
    }
}
