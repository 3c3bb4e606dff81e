//! Suspects in the author's own words: places in code that was compiled, bundled or transformed are
//! replaced by those that it was made from, where a source map tells them.

use std::collections::HashMap;
use std::sync::Arc;

use super::message::tell;
use super::package::{is_core, package_of};
use super::source_lines::{columns_of, is_word};
use super::source_map::{Origin, Position, SourceMap, percent_decoded};
use super::suspect::{Holder, Site, Suspect};

/// A longer line was not written by a person: a name on it is looked for with more care.
const LONG_LINE: usize = 200;

/// What is known of the scripts that run.
pub struct Originals<'a> {
    /// The text of a script, as V8 has run it.
    pub read: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// A script's source map, and the path that the names of its sources are relative to.
    pub map: &'a dyn Fn(&str) -> Option<(SourceMap, String)>,
    /// Whether there is such a file.
    pub exists: &'a dyn Fn(&str) -> bool,
    /// Directory that scripts are shown relative to.
    pub base: Option<&'a str>,
}

/// A place of a suspect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Holder,
    Site(usize),
    /// The site that the message tells.
    Told,
}

/// What is asked of a map.
struct Asked {
    suspect: usize,
    part: Part,
    position: Position,
    /// Whether the holder's name stands there.
    is_name: bool,
}

/// Replaces the places of all suspects that a map knows, and tells them by these.
pub fn tell_originals(suspects: &mut [Suspect], originals: &Originals<'_>) {
    for (script, parts) in parts_by_script(suspects) {
        let Some((map, base)) = (originals.map)(&script) else {
            continue;
        };
        let text = (originals.read)(&script);
        let asked: Vec<Asked> = parts
            .into_iter()
            .filter_map(|(place, part)| asked(place, &suspects[place], part, text.as_deref()))
            .collect();
        let positions: Vec<Position> = asked.iter().map(|one| one.position).collect();
        for (one, origin) in asked.iter().zip(map.origins(&positions)) {
            let Some(mut origin) = origin else { continue };
            origin.source = resolved(&origin.source, &base);
            origin.name = origin.name.filter(|_| one.is_name);
            // Of an installed package, the code that runs may be all that there is.
            if package_of(&script).is_some() && !(originals.exists)(&origin.source) {
                continue;
            }
            let suspect = &mut suspects[one.suspect];
            if one.part == Part::Holder {
                suspect.package = package_of(&origin.source).or(suspect.package.take());
                place_holder(&mut suspect.holder, origin);
            } else if let Some(site) = site_mut(suspect, one.part) {
                place_site(site, origin);
            }
            tell(suspect, originals.base);
        }
    }
}

/// The places of all suspects, by the script that they are in.
fn parts_by_script(suspects: &[Suspect]) -> HashMap<String, Vec<(usize, Part)>> {
    let mut found: HashMap<String, Vec<(usize, Part)>> = HashMap::new();
    for (place, suspect) in suspects.iter().enumerate() {
        let holder = suspect.holder.script.as_ref();
        let holder = holder.map(|script| (script, Part::Holder));
        let sites = suspect.sites.iter().enumerate();
        let sites = sites.map(|(site, known)| (&known.url, Part::Site(site)));
        let told = site(suspect, Part::Told).map(|site| (&site.url, Part::Told));
        for (script, part) in holder.into_iter().chain(sites).chain(told) {
            if !is_core(script) {
                found.entry(script.clone()).or_default().push((place, part));
            }
        }
    }
    found
}

fn site(suspect: &Suspect, part: Part) -> Option<&Site> {
    match part {
        Part::Holder => None,
        Part::Site(place) => suspect.sites.get(place),
        Part::Told => suspect.telling.as_ref()?.site.as_ref(),
    }
}

fn site_mut(suspect: &mut Suspect, part: Part) -> Option<&mut Site> {
    match part {
        Part::Holder => None,
        Part::Site(place) => suspect.sites.get_mut(place),
        Part::Told => suspect.telling.as_mut()?.site.as_mut(),
    }
}

/// `None` where it is not known which of several places it is.
fn asked(place: usize, suspect: &Suspect, part: Part, text: Option<&str>) -> Option<Asked> {
    let (position, is_name) = match part {
        Part::Holder => holder_position(suspect, text)?,
        Part::Site(_) | Part::Told => {
            let site = site(suspect, part)?;
            let position = Position {
                line: site.line.saturating_sub(1),
                column: Some(site.column.saturating_sub(1)),
            };
            (position, false)
        }
    };
    Some(Asked {
        suspect: place,
        part,
        position,
        is_name,
    })
}

/// Where the holder is declared, as exactly as can be told, and whether its name stands there.
fn holder_position(suspect: &Suspect, text: Option<&str>) -> Option<(Position, bool)> {
    let holder = &suspect.holder;
    let line = holder.line?.saturating_sub(1);
    let written = text
        .and_then(|text| text.lines().nth(line as usize))
        .unwrap_or_default();
    let name = holder.name.split([' ', '.']).next().unwrap_or_default();
    let name = name.trim_start_matches('#').trim_end_matches("[]");
    let columns = columns_of(written, name);
    if !columns.is_empty() {
        let column = Some(column(written, name, &holder.class_name, &columns)?);
        return Some((Position { line, column }, true));
    }
    // The place of a function, then.
    let same = suspect
        .sites
        .iter()
        .find(|site| Some(&site.url) == holder.script.as_ref() && Some(site.line) == holder.line);
    let column = same.map(|site| site.column.saturating_sub(1));
    (column.is_some() || written.len() <= LONG_LINE).then_some((Position { line, column }, false))
}

/// The column of a name on its line, of those where it stands: the only one where it is given such
/// an object, or else, on a line that a person may have written, the first one.
fn column(line: &str, name: &str, class: &str, columns: &[usize]) -> Option<u32> {
    let made: Vec<usize> = columns
        .iter()
        .copied()
        .filter(|&column| makes_right_here(&line[column..], name, class))
        .collect();
    let byte = match (&made[..], columns) {
        ([only], _) | (_, [only]) => *only,
        (_, [first, ..]) if line.len() <= LONG_LINE => *first,
        _ => return None,
    };
    u32::try_from(line[..byte].encode_utf16().count()).ok()
}

/// Whether the text begins with the name being given an object of that class.
fn makes_right_here(text: &str, name: &str, class: &str) -> bool {
    let Some(value) = text[name.len()..].trim_start().strip_prefix('=') else {
        return false;
    };
    let value = value.trim_start();
    // "/* @__PURE__ */", say.
    let value = match value
        .strip_prefix("/*")
        .and_then(|rest| rest.split_once("*/"))
    {
        Some((_, value)) => value.trim_start(),
        None => value,
    };
    let made = value.strip_prefix("new ").and_then(|rest| {
        let end = rest.find(|next: char| !is_word(next) && next != '.');
        rest[..end.unwrap_or(rest.len())].rsplit('.').next()
    });
    match class {
        "Array" if value.starts_with('[') => true,
        "Object" => value.starts_with('{'),
        class => made == Some(class),
    }
}

fn place_holder(holder: &mut Holder, origin: Origin) {
    if let Some(name) = origin.name {
        // Behind a variable may be properties, and these keep their names.
        let end = holder.name.find('.').unwrap_or(holder.name.len());
        if is_identifier(&holder.name[..end]) {
            holder.name.replace_range(..end, &name);
        }
    }
    holder.script = Some(origin.source);
    holder.line = Some(origin.line + 1);
}

fn place_site(site: &mut Site, origin: Origin) {
    site.url = origin.source;
    site.line = origin.line + 1;
    site.column = origin.column + 1;
}

fn is_identifier(name: &str) -> bool {
    name.chars().all(is_word)
}

/// A script's path, however V8 was told of it.
pub fn path_of(script: &str) -> String {
    match script.strip_prefix("file://") {
        Some(path) => String::from_utf8_lossy(&percent_decoded(path)).into_owned(),
        None => script.to_owned(),
    }
}

/// The path of a map's source; a name that is no path, such as `webpack://app/./src/a.js`, stays.
fn resolved(source: &str, base: &str) -> String {
    if source.starts_with("file://") {
        return path_of(source);
    }
    if source.contains("://") || source.starts_with('/') {
        return source.to_owned();
    }
    let base = path_of(base);
    let mut parts: Vec<&str> = base.split(['/', '\\']).collect();
    parts.pop();
    for part in source.split('/') {
        match part {
            "." => {}
            ".." if parts.len() > 1 => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
#[path = "originals_tests.rs"]
mod tests;
