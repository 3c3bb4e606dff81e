//! What a fork of this process costs by itself: the floor under every forked capture.
//!
//! An addon of its own, so that leakguard carries nothing that only its benchmark needs.

use std::time::Instant;

use napi_derive::napi;

/// Forks a child that has the whole heap and ends at once. Gives back how long `fork` took, in ms;
/// a negative figure where it failed.
#[napi]
pub fn bare_fork() -> f64 {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let withheld = withheld(&smaps);
    advise(&withheld, libc::MADV_DOFORK);
    let begun = Instant::now();
    // SAFETY: the child ends in the next statement.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: ends the child without touching what it shares with its parent.
        unsafe { libc::_exit(0) };
    }
    let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
    advise(&withheld, libc::MADV_DONTFORK);
    if child < 0 {
        return -1.0;
    }
    // SAFETY: the child is our own, and nobody asks for its status.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    milliseconds
}

/// Private mappings that a fork leaves out, as (address, bytes).
fn withheld(smaps: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut current = None;
    for line in smaps.lines() {
        if let Some(flags) = line.strip_prefix("VmFlags:") {
            if let Some(range) = current.take()
                && flags.split_whitespace().any(|flag| flag == "dc")
            {
                found.push(range);
            }
        } else if let Some(range) = private_range(line) {
            current = Some(range);
        }
    }
    found
}

fn private_range(line: &str) -> Option<(usize, usize)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    (rest.as_bytes().get(3) == Some(&b'p')).then_some((start, end - start))
}

fn advise(ranges: &[(usize, usize)], advice: libc::c_int) {
    for &(address, length) in ranges {
        // SAFETY: both kinds of advice change only what a later fork copies.
        unsafe { libc::madvise(address as *mut libc::c_void, length, advice) };
    }
}
