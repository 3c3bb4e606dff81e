//! Files that are there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Result};

static SEQUENCE: AtomicU32 = AtomicU32::new(0);

/// A file, readable by its owner only, that takes its name when it is finished. Dropped before
/// that, it leaves nothing behind. Where the file system can, it has no name until then, so that
/// nothing is left even of a process that is killed; elsewhere it has one that ends in `.part`.
#[derive(Debug)]
pub(super) struct AtomicFile {
    file: File,
    /// Its name while it is not finished, if it has one.
    temporary: Option<PathBuf>,
    path: PathBuf,
    /// Whether `path` is no regular file but a device or a FIFO, which is written to as it is:
    /// nobody who says `/dev/stdout` wants it replaced.
    is_special: bool,
}

impl AtomicFile {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let failed = |error| Error::io("create", &path.display().to_string(), &error);
        let is_special = std::fs::metadata(path).is_ok_and(|found| is_special(&found));
        if is_special {
            return Ok(Self {
                file: OpenOptions::new().write(true).open(path).map_err(failed)?,
                temporary: None,
                path: path.to_owned(),
                is_special,
            });
        }
        let (file, temporary) = match create_nameless(path) {
            Some(file) => (file, None),
            None => {
                let temporary = temporary_name(path);
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                (options.open(&temporary).map_err(failed)?, Some(temporary))
            }
        };
        Ok(Self {
            file,
            temporary,
            path: path.to_owned(),
            is_special,
        })
    }

    /// Puts what was written on the disk, and gives it its name.
    pub(super) fn finish(mut self) -> Result<()> {
        if self.is_special {
            return Ok(());
        }
        let shown = self.path.display().to_string();
        self.file
            .sync_all()
            .map_err(|error| Error::io("write", &shown, &error))?;
        self.name_it()
            .map_err(|error| Error::io("rename the finished file to", &shown, &error))?;
        // The name itself is safe only when its directory is; some file systems refuse, and then
        // there is no more to be done.
        if let Some(Ok(directory)) = self.path.parent().map(File::open) {
            let _ = directory.sync_all();
        }
        Ok(())
    }

    fn name_it(&mut self) -> io::Result<()> {
        let temporary = match &self.temporary {
            Some(temporary) => temporary.clone(),
            None => {
                // A file can be linked only to a name that is free, and be renamed to any.
                let temporary = temporary_name(&self.path);
                link(&self.file, &temporary)?;
                self.temporary = Some(temporary.clone());
                temporary
            }
        };
        std::fs::rename(temporary, &self.path)?;
        self.temporary = None;
        Ok(())
    }
}

#[cfg(unix)]
fn is_special(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device() || kind.is_socket()
}

#[cfg(not(unix))]
fn is_special(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// A name beside `path` that nobody else uses: another try may begin while the remains of the last
/// one are being cleared away.
fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    let sequence = SEQUENCE.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}.{sequence}.part", std::process::id()));
    path.with_file_name(name)
}

/// `None` where the file system has no such files, or something else is in the way that will show
/// when a file with a name is made.
#[cfg(target_os = "linux")]
fn create_nameless(path: &Path) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Without /proc it could not be given a name later.
    if !Path::new("/proc/self/fd").exists() {
        return None;
    }
    let parent = path.parent()?;
    let directory = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let mut options = OpenOptions::new();
    options
        .write(true)
        .mode(0o600)
        .custom_flags(libc::O_TMPFILE);
    options.open(directory).ok()
}

#[cfg(not(target_os = "linux"))]
fn create_nameless(_path: &Path) -> Option<File> {
    None
}

#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    use std::os::unix::ffi::OsStrExt;
    let source = std::ffi::CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let target = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: both paths end with a zero byte.
    let result = unsafe {
        libc::linkat(
            libc::AT_FDCWD,
            source.as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            libc::AT_SYMLINK_FOLLOW,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(not(target_os = "linux"))]
fn link(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Writes a small file whole or not at all, readable by its owner only.
///
/// # Errors
/// What the operating system says, as [`Error::io`] words it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)
        .map_err(|error| Error::io("write", &path.display().to_string(), &error))?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_finished_file_has_its_name_and_belongs_to_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        write_whole(&path, b"{}").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"{}");
        assert_eq!(names(directory.path()), ["report.json"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn an_unfinished_file_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = AtomicFile::create(&directory.path().join("a.heapsnapshot")).unwrap();
        file.write_all(b"half").unwrap();
        assert!(
            names(directory.path())
                .iter()
                .all(|name| name.ends_with(".part"))
        );
        drop(file);
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn a_file_that_is_there_is_replaced_at_the_end_and_not_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.heapsnapshot");
        std::fs::write(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        file.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names(directory.path()), ["a.heapsnapshot"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_stays() {
        write_whole(Path::new("/dev/null"), b"gone").unwrap();
        let kind = std::fs::metadata("/dev/null").unwrap().file_type();
        assert!(std::os::unix::fs::FileTypeExt::is_char_device(&kind));
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error_that_names_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing").join("a.heapsnapshot");
        let error = AtomicFile::create(&path).unwrap_err();
        assert_eq!(error.code, crate::error::Code::NotFound);
        assert!(error.message.contains("a.heapsnapshot"), "{error}");
    }
}
