//! What is kept of the files that leakguard wrote, by number and by bytes.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a directory may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Files of one kind.
    pub count: usize,
    /// Bytes of them all.
    pub bytes: u64,
}

/// Removes the oldest files of `directory` until it holds no more than `keep`. Only names that
/// leakguard gives are touched; the newest file always stays. What cannot be removed is left.
pub fn enforce(directory: &Path, keep: Keep, is_ours: impl Fn(&str) -> bool) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(&is_ours))
        .filter_map(|entry| {
            let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    let mut bytes = 0_u64;
    for (place, (_, size, path)) in files.into_iter().enumerate() {
        bytes = bytes.saturating_add(size);
        if place > 0 && (place >= keep.count || bytes > keep.bytes) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(keep: Keep) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (age, name) in [
            "old.heapsnapshot",
            "mid.heapsnapshot",
            "new.heapsnapshot",
            "other.txt",
        ]
        .into_iter()
        .enumerate()
        {
            let path = directory.path().join(name);
            std::fs::write(&path, [0; 100]).unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(age as u64);
            std::fs::File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
        enforce(directory.path(), keep, |name| {
            name.ends_with(".heapsnapshot")
        });
        let mut names: Vec<String> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_go_first_and_other_peoples_files_stay() {
        let all = [
            "mid.heapsnapshot",
            "new.heapsnapshot",
            "old.heapsnapshot",
            "other.txt",
        ];
        assert_eq!(
            left(Keep {
                count: 3,
                bytes: 1000
            }),
            all
        );
        let two = ["mid.heapsnapshot", "new.heapsnapshot", "other.txt"];
        assert_eq!(
            left(Keep {
                count: 2,
                bytes: 1000
            }),
            two
        );
        assert_eq!(
            left(Keep {
                count: 9,
                bytes: 250
            }),
            two
        );
        assert_eq!(
            left(Keep { count: 0, bytes: 0 }),
            ["new.heapsnapshot", "other.txt"]
        );
    }
}
