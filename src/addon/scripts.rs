//! Scripts and their source maps: as V8 has them, where JavaScript has told of that, or else from the
//! disk.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use crate::suspects::{SourceMap, data_of, path_of, percent_decoded};

/// A script that is longer than this was not written by a person, in bytes.
const MAX_SCRIPT: u64 = 8 << 20;

/// A longer source map is not read, in bytes.
const MAX_MAP: u64 = 64 << 20;

/// Texts that are kept at the same time, in bytes. Of those that do not fit, each is read whenever it
/// is asked for.
const MAX_KEPT: usize = 32 << 20;

/// What V8 has run instead of what lies on the disk.
#[derive(Clone, Debug)]
struct Transformed {
    text: Arc<str>,
    map: String,
}

/// Scripts that were transformed as they were loaded, by their path.
#[derive(Clone, Debug, Default)]
pub(super) struct Scripts {
    transformed: HashMap<String, Transformed>,
}

impl Scripts {
    /// Takes the text of a script as V8 has it, and what its `sourceMappingURL` says.
    pub(super) fn add(&mut self, script: &str, text: String, map: String) {
        let text = text.into();
        self.transformed
            .insert(path_of(script), Transformed { text, map });
    }

    /// What is asked of them in one comparison, with the files as they are now.
    pub(super) fn texts(&self) -> Texts<'_> {
        Texts {
            scripts: self,
            kept: RefCell::default(),
            room: Cell::new(MAX_KEPT),
        }
    }
}

/// Texts of scripts, which are read once.
pub(super) struct Texts<'a> {
    scripts: &'a Scripts,
    /// By their path; `None` for what cannot be read.
    kept: RefCell<HashMap<String, Option<Arc<str>>>>,
    /// Bytes more that may be kept.
    room: Cell<usize>,
}

impl Texts<'_> {
    /// The text of a script, if it still stands where the snapshot says. A snapshot may come from
    /// anywhere, so nothing but ordinary files of bearable length is opened.
    pub(super) fn read(&self, script: &str) -> Option<Arc<str>> {
        let path = path_of(script);
        if let Some(transformed) = self.scripts.transformed.get(&path) {
            return Some(Arc::clone(&transformed.text));
        }
        if let Some(known) = self.kept.borrow().get(&path) {
            return known.clone();
        }
        let text = read_file(&path, MAX_SCRIPT).and_then(|bytes| String::from_utf8(bytes).ok());
        let text: Option<Arc<str>> = text.map(Into::into);
        let length = text.as_ref().map_or(0, |text| text.len());
        if let Some(room) = self.room.get().checked_sub(length) {
            self.room.set(room);
            self.kept.borrow_mut().insert(path, text.clone());
        }
        text
    }

    /// The source map of a script, and the path that the names of its sources are relative to.
    pub(super) fn map(&self, script: &str) -> Option<(SourceMap, String)> {
        let path = path_of(script);
        let text;
        let url = match self.scripts.transformed.get(&path) {
            Some(transformed) => &transformed.map,
            None => {
                text = self.read(script)?;
                mapping_url(&text)?
            }
        };
        if url.starts_with("data:") {
            return Some((SourceMap::read(data_of(url)?.as_slice())?, path));
        }
        let relative = url.strip_prefix("file://").unwrap_or(url);
        let relative = String::from_utf8(percent_decoded(relative)).ok()?;
        let file = Path::new(&path).parent()?.join(relative);
        let map = SourceMap::read(BufReader::new(open(&file, MAX_MAP)?))?;
        Some((map, file.to_string_lossy().into_owned()))
    }
}

/// Whether there is such an ordinary file.
pub(super) fn is_file(path: &str) -> bool {
    Path::new(path).is_file()
}

fn read_file(path: &str, most: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    open(Path::new(path), most)?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn open(path: &Path, most: u64) -> Option<File> {
    let metadata = std::fs::metadata(path).ok()?;
    (metadata.is_file() && metadata.len() <= most)
        .then(|| File::open(path).ok())
        .flatten()
}

/// What the last such comment of a script says.
fn mapping_url(text: &str) -> Option<&str> {
    const WORD: &str = "sourceMappingURL=";
    let (before, after) = text.rsplit_once(WORD)?;
    let is_comment = before.ends_with("//# ") || before.ends_with("//@ ");
    let url = after.lines().next()?.trim();
    (is_comment && !url.is_empty() && !url.contains(['"', '\'', '`'])).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_names_the_map() {
        for (text, expected) in [
            ("a();\n//# sourceMappingURL=a.js.map\n", Some("a.js.map")),
            ("//@ sourceMappingURL=data:,x", Some("data:,x")),
            (
                "//# sourceMappingURL=old.map\n//# sourceMappingURL=new.map",
                Some("new.map"),
            ),
            ("const url = '//# sourceMappingURL=' + name;", None),
            ("a();", None),
        ] {
            assert_eq!(mapping_url(text), expected, "{text}");
        }
    }

    #[test]
    fn a_map_lies_beside_its_script() {
        let directory = tempfile::tempdir().expect("a directory");
        let folder = directory.path().join("with space");
        std::fs::create_dir(&folder).expect("a folder");
        let script = folder.join("a.js");
        std::fs::write(&script, "a();\n//# sourceMappingURL=maps/a%20b.map").expect("a script");
        let scripts = Scripts::default();
        let path = script.to_string_lossy();
        assert!(scripts.texts().map(&path).is_none());
        std::fs::create_dir(folder.join("maps")).expect("a folder");
        let map = r#"{"version":3,"sources":["a.ts"],"mappings":"AAAA"}"#;
        std::fs::write(folder.join("maps/a b.map"), map).expect("a map");
        let url = format!("file://{}", path.replace(' ', "%20"));
        let (_, base) = scripts.texts().map(&url).expect("a map");
        assert!(base.ends_with("with space/maps/a b.map"), "{base}");
    }

    #[test]
    fn what_v8_has_run_counts_for_more_than_what_lies_on_the_disk() {
        let mut scripts = Scripts::default();
        let map = r#"data:,{"version":3,"sources":["a.ts"],"mappings":"AAAA"}"#;
        scripts.add("file:///app/a.ts", "run();".to_owned(), map.to_owned());
        let texts = scripts.texts();
        assert_eq!(texts.read("/app/a.ts").as_deref(), Some("run();"));
        let (_, base) = texts.map("/app/a.ts").expect("a map");
        assert_eq!(base, "/app/a.ts");
    }

    #[test]
    fn a_text_is_read_once_and_the_map_beside_it_from_the_same() {
        let directory = tempfile::tempdir().expect("a directory");
        let script = directory.path().join("a.js");
        let map = "data:,{%22version%22:3,%22sources%22:[],%22mappings%22:%22%22}";
        std::fs::write(&script, format!("//# sourceMappingURL={map}")).expect("a script");
        let scripts = Scripts::default();
        let path = script.to_string_lossy();
        let texts = scripts.texts();
        let text = texts.read(&path).expect("a text");
        std::fs::write(&script, "changed();").expect("a script");
        assert_eq!(texts.read(&path), Some(text));
        assert!(texts.map(&path).is_some());
        assert!(scripts.texts().map(&path).is_none());
    }

    #[test]
    fn what_there_is_no_room_for_is_not_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let script = directory.path().join("a.js");
        std::fs::write(&script, "first();").expect("a script");
        let scripts = Scripts::default();
        let texts = scripts.texts();
        texts.room.set(3);
        let path = script.to_string_lossy();
        assert_eq!(texts.read(&path).as_deref(), Some("first();"));
        std::fs::write(&script, "second();").expect("a script");
        assert_eq!(texts.read(&path).as_deref(), Some("second();"));
    }
}
