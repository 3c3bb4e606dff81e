//! Reading on a thread of its own, a few chunks ahead.

use std::io::{self, ErrorKind, Read};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Builder};

use parking_lot::Mutex;

/// Bytes of a chunk.
const CHUNK: usize = 256 * 1024;

/// Chunks that may wait to be used.
const AHEAD: usize = 3;

type Chunk = io::Result<Vec<u8>>;

/// Lets `work` read what another thread reads from `source`; the same thread, if the process cannot
/// have another. Holds a megabyte.
pub(super) fn read_ahead<S: Read + Send, T>(source: S, work: impl FnOnce(&mut dyn Read) -> T) -> T {
    // Kept here, so that it is not lost with a thread that could not be had.
    let source = Mutex::new(Some(source));
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        let (give_back, used) = sync_channel(AHEAD + 2);
        let builder = Builder::new().name("leakguard read".to_owned());
        let reader = builder.spawn_scoped(scope, || {
            if let Some(source) = source.lock().take() {
                read_chunks(source, sender, used);
            }
        });
        match reader {
            Ok(reader) => {
                let mut chunks = Chunks {
                    receiver,
                    give_back,
                    chunk: Vec::new(),
                    taken: 0,
                };
                let done = work(&mut chunks);
                // The reader ends when nobody takes its chunks.
                drop(chunks);
                if let Err(panic) = reader.join() {
                    resume_unwind(panic);
                }
                done
            }
            Err(_) => match source.lock().take() {
                Some(mut source) => work(&mut source),
                None => unreachable!("the source was taken by nobody else"),
            },
        }
    })
}

fn read_chunks(mut source: impl Read, sender: SyncSender<Chunk>, used: Receiver<Vec<u8>>) {
    loop {
        let mut chunk: Vec<u8> = used.try_recv().unwrap_or_default();
        chunk.resize(CHUNK, 0);
        let mut filled = 0;
        let ended = loop {
            if filled == chunk.len() {
                break None;
            }
            match source.read(&mut chunk[filled..]) {
                Ok(0) => break Some(None),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Some(Some(error)),
            }
        };
        chunk.truncate(filled);
        if filled > 0 && sender.send(Ok(chunk)).is_err() {
            return;
        }
        match ended {
            None => {}
            Some(None) => return,
            Some(Some(error)) => {
                // Nobody listens when the work has failed already.
                let _ = sender.send(Err(error));
                return;
            }
        }
    }
}

/// What the other thread has read.
struct Chunks {
    receiver: Receiver<Chunk>,
    give_back: SyncSender<Vec<u8>>,
    chunk: Vec<u8>,
    taken: usize,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.chunk.len() {
            let used = std::mem::take(&mut self.chunk);
            // When the way back is full, or the reader has ended, the chunk is no longer needed.
            let _ = self.give_back.try_send(used);
            self.taken = 0;
            match self.receiver.recv() {
                Ok(chunk) => self.chunk = chunk?,
                Err(_) => return Ok(0),
            }
        }
        let rest = &self.chunk[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_through_in_order() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| ((n * 31) >> 7) as u8).collect();
        let mut found = Vec::new();
        let count = read_ahead(bytes.as_slice(), |source| source.read_to_end(&mut found));
        assert_eq!(count.unwrap(), bytes.len());
        assert!(found == bytes);
    }

    #[test]
    fn an_error_comes_behind_the_bytes_before_it() {
        struct Broken(usize);
        impl Read for Broken {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0 == 0 {
                    return Err(io::Error::other("broken"));
                }
                let count = self.0.min(buffer.len());
                self.0 -= count;
                Ok(count)
            }
        }
        for length in [0, 1, CHUNK, CHUNK * 5 + 7] {
            let mut found = Vec::new();
            let result = read_ahead(Broken(length), |source| source.read_to_end(&mut found));
            assert_eq!(result.unwrap_err().to_string(), "broken");
            assert_eq!(found.len(), length);
        }
    }

    #[test]
    fn work_may_end_before_the_source_does() {
        let found = read_ahead(io::repeat(7), |source| {
            let mut bytes = [0; 10];
            source.read_exact(&mut bytes).map(|()| bytes)
        });
        assert_eq!(found.unwrap(), [7; 10]);
    }
}
