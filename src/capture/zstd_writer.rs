//! Zstandard, as it is written: frames of a few megabytes, one after the other, each of which can
//! be read without the others (RFC 8878, section 3).

use std::io::{self, Cursor, Write};

use ruzstd::encoding::{CompressionLevel, FrameCompressor, MatchGeneratorDriver};

/// Bytes of text in a frame.
const FRAME: usize = 4 << 20;

/// Compresses what is written to it into `file`.
pub(super) struct ZstdWriter<W> {
    file: W,
    compressor: FrameCompressor<Cursor<Vec<u8>>, Vec<u8>, MatchGeneratorDriver>,
    /// What waits for its frame to be full.
    text: Vec<u8>,
    /// Room for a frame, kept from one to the next.
    frame: Vec<u8>,
}

impl<W: Write> ZstdWriter<W> {
    pub(super) fn new(file: W) -> Self {
        Self {
            file,
            compressor: FrameCompressor::new(CompressionLevel::Fastest),
            text: Vec::with_capacity(FRAME),
            frame: Vec::new(),
        }
    }

    /// Writes what is left and gives the file back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end_frame()?;
        Ok(self.file)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        self.compressor
            .set_source(Cursor::new(std::mem::take(&mut self.text)));
        self.compressor.set_drain(std::mem::take(&mut self.frame));
        self.compressor.compress();
        self.text = self
            .compressor
            .take_source()
            .map_or_else(Vec::new, Cursor::into_inner);
        self.text.clear();
        self.frame = self.compressor.take_drain().unwrap_or_default();
        let written = self.file.write_all(&self.frame);
        self.frame.clear();
        written
    }
}

impl<W: Write> Write for ZstdWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(FRAME - self.text.len());
        self.text.extend_from_slice(&bytes[..count]);
        if self.text.len() == FRAME {
            self.end_frame()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use ruzstd::decoding::StreamingDecoder;

    use super::*;

    fn compress(text: &[u8], piece: usize) -> Vec<u8> {
        let mut writer = ZstdWriter::new(Vec::new());
        for piece in text.chunks(piece) {
            writer.write_all(piece).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn frames_hold_the_text_one_after_the_other() {
        let text: Vec<u8> = (0..1_000_000_u32)
            .flat_map(|number| format!("{},", number % 10_007 * 7919).into_bytes())
            .collect();
        assert!(text.len() > FRAME);
        for piece in [1000, FRAME, text.len()] {
            let compressed = compress(&text, piece);
            assert!(compressed.len() < text.len() / 2);
            let mut rest = compressed.as_slice();
            let mut found = Vec::new();
            let mut frames = 0;
            while !rest.is_empty() {
                let mut decoder = StreamingDecoder::new(&mut rest).unwrap();
                decoder.read_to_end(&mut found).unwrap();
                frames += 1;
            }
            assert_eq!(frames, text.len().div_ceil(FRAME));
            assert!(found == text);
        }
    }

    #[test]
    fn nothing_is_no_frame() {
        assert!(compress(b"", 1).is_empty());
    }

    #[test]
    fn a_file_that_takes_no_more_is_an_error() {
        let mut room = [0_u8; 10];
        let mut writer = ZstdWriter::new(room.as_mut_slice());
        let mut random = 1_u32;
        let text: Vec<u8> = std::iter::repeat_with(|| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        })
        .take(FRAME)
        .collect();
        assert!(writer.write_all(&text).is_err());
        let mut room = [0_u8; 10];
        let mut writer = ZstdWriter::new(room.as_mut_slice());
        writer.write_all(&text[1..]).unwrap();
        assert!(writer.finish().is_err());
    }
}
