//! What allocation sampling says, joined with what snapshots say: snapshots know who holds what
//! piles up, sampling knows who makes it. Where no snapshot fits in memory, the second stands alone.

use std::collections::HashMap;

use serde::Deserialize;

use super::advice::UNKNOWN_HOLDER;
use super::message::shown;
use super::package::{is_core, package_of};
use super::sites::{MAX_SITES, rank};
use super::suspect::{Holder, Site, Suspect, SuspectKind};
use crate::heap::fingerprint;
use crate::units;

/// Suspects that are made of sites alone.
const MAX_ALONE: usize = 5;

/// Of all that survived, a site that no suspect claims by its script belongs to the only suspect
/// when it has this share.
const LARGE: f64 = 0.25;

/// A function that was being run when a survivor was allocated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// Its name, empty when anonymous.
    pub function_name: String,
    /// Its script.
    pub url: String,
    /// One-based line of the function.
    pub line: u32,
    /// One-based column of the function.
    pub column: u32,
}

/// Live bytes that were allocated with one stack.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Survivor {
    /// As sampled, and so give or take a few samples.
    pub bytes: u64,
    /// From the allocating function outwards.
    pub frames: Vec<Frame>,
}

/// Adds to each suspect the sites where what it holds was probably allocated, before those that the
/// snapshot told: survivors whose stack leads through the holder's script or package, or, when
/// there is a single suspect, through any.
pub fn join(suspects: &mut [Suspect], survivors: &[Survivor]) {
    let total: u64 = survivors.iter().map(|survivor| survivor.bytes).sum();
    let alone = suspects.len() == 1;
    let mut claimed: Vec<HashMap<&Frame, u64>> = vec![HashMap::new(); suspects.len()];
    for survivor in survivors {
        let Some(place) = own_frame(survivor) else {
            continue;
        };
        let large = survivor.bytes as f64 >= LARGE * total as f64;
        let owner = suspects
            .iter()
            .position(|suspect| leads_through(suspect, survivor))
            .or_else(|| (alone && large).then_some(0));
        if let Some(owner) = owner {
            *claimed[owner].entry(place).or_default() += survivor.bytes;
        }
    }
    for (suspect, claimed) in suspects.iter_mut().zip(claimed) {
        let mut sites = ranked(claimed);
        let known = |site: &Site| sites.iter().any(|other| is_same_place(site, other));
        let written: Vec<Site> = suspect
            .sites
            .drain(..)
            .filter(|site| !known(site))
            .collect();
        sites.extend(written);
        sites.truncate(MAX_SITES);
        suspect.sites = sites;
    }
}

/// Suspects by sampling alone: functions whose allocations stay. Who holds them is not known.
pub fn suspects_of(survivors: &[Survivor], base: Option<&str>) -> Vec<Suspect> {
    let mut found: HashMap<&Frame, u64> = HashMap::new();
    for survivor in survivors {
        if let Some(place) = own_frame(survivor) {
            *found.entry(place).or_default() += survivor.bytes;
        }
    }
    let mut sites = ranked(found);
    sites.truncate(MAX_ALONE);
    sites.into_iter().map(|site| alone(site, base)).collect()
}

fn alone(site: Site, base: Option<&str>) -> Suspect {
    let bytes = units::bytes(site.bytes as f64);
    let name = match site.function_name.as_str() {
        "" => "an anonymous function",
        name => name,
    };
    let place = format!("{}:{}", shown(&site.url, base), site.line);
    Suspect {
        kind: SuspectKind::Objects,
        class_name: String::new(),
        count: 0,
        count_growth: 0,
        retained_size: site.bytes,
        retained_growth: i64::try_from(site.bytes).unwrap_or(i64::MAX),
        holder: Holder {
            class_name: String::new(),
            name: String::new(),
            script: Some(site.url.clone()),
            line: Some(site.line),
            id: 0,
            retained_size: 0,
        },
        path: Vec::new(),
        package: package_of(&site.url),
        fingerprint: fingerprint(&["sampled", &site.function_name, &file_name(&site.url)]),
        message: format!(
            "Some {bytes} of what {name} ({place}) allocated a while ago is still there; without a \
             snapshot it is not known who holds it."
        ),
        advice: UNKNOWN_HOLDER.to_owned(),
        telling: None,
        sites: vec![site],
    }
}

fn ranked(found: HashMap<&Frame, u64>) -> Vec<Site> {
    let mut sites: Vec<Site> = found
        .into_iter()
        .map(|(frame, bytes)| Site {
            function_name: frame.function_name.clone(),
            url: frame.url.clone(),
            line: frame.line,
            column: frame.column,
            bytes,
            sampled: true,
        })
        .collect();
    rank(&mut sites);
    sites
}

/// The innermost function that is not Node's own.
fn own_frame(survivor: &Survivor) -> Option<&Frame> {
    survivor.frames.iter().find(|frame| !is_core(&frame.url))
}

fn leads_through(suspect: &Suspect, survivor: &Survivor) -> bool {
    let package = suspect.package.as_deref();
    let frames = || survivor.frames.iter().filter(|frame| !is_core(&frame.url));
    // Of a holder whose place is not known, what it holds tells more than nothing.
    let own = suspect.holder.script.as_deref();
    let script = own
        .filter(|script| !is_core(script))
        .or_else(|| Some(suspect.sites.first()?.url.as_str()));
    script.is_some_and(|script| frames().any(|frame| is_same_script(&frame.url, script)))
        || package.is_some_and(|package| {
            frames().any(|frame| package_of(&frame.url).as_deref() == Some(package))
        })
}

/// Modules are told as URLs by one part of V8 and as paths by another.
fn is_same_script(one: &str, other: &str) -> bool {
    let bare = |script: &'_ str| script.strip_prefix("file://").map(str::to_owned);
    bare(one).as_deref().unwrap_or(one) == bare(other).as_deref().unwrap_or(other)
}

fn is_same_place(one: &Site, other: &Site) -> bool {
    (one.line, one.column) == (other.line, other.column) && is_same_script(&one.url, &other.url)
}

fn file_name(url: &str) -> String {
    url.rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function_name: &str, url: &str, line: u32) -> Frame {
        Frame {
            function_name: function_name.into(),
            url: url.into(),
            line,
            column: 1,
        }
    }

    fn survivor(bytes: u64, frames: &[Frame]) -> Survivor {
        Survivor {
            bytes,
            frames: frames.to_vec(),
        }
    }

    fn suspect(script: &str, package: Option<&str>) -> Suspect {
        let mut suspect = alone(
            Site {
                function_name: "written".into(),
                url: script.into(),
                line: 3,
                column: 1,
                bytes: 1,
                sampled: false,
            },
            None,
        );
        suspect.package = package.map(str::to_owned);
        suspect
    }

    fn names(suspect: &Suspect) -> Vec<(&str, u64, bool)> {
        suspect
            .sites
            .iter()
            .map(|site| (site.function_name.as_str(), site.bytes, site.sampled))
            .collect()
    }

    #[test]
    fn a_site_goes_to_the_suspect_whose_script_its_stack_leads_through() {
        let mut suspects = [
            suspect("/app/a.js", None),
            suspect("/app/node_modules/kept/b.js", Some("kept")),
        ];
        let survivors = [
            survivor(
                900,
                &[
                    frame("push", "node:internal/x", 1),
                    frame("make", "/app/util.js", 9),
                    frame("handle", "file:///app/a.js", 20),
                ],
            ),
            survivor(
                100,
                &[
                    frame("make", "/app/util.js", 9),
                    frame("handle", "/app/a.js", 20),
                ],
            ),
            survivor(300, &[frame("put", "/app/node_modules/kept/lib/c.js", 5)]),
            survivor(5000, &[frame("other", "/app/z.js", 5)]),
        ];
        join(&mut suspects, &survivors);
        assert_eq!(
            names(&suspects[0]),
            [("make", 1000, true), ("written", 1, false)]
        );
        assert_eq!(
            names(&suspects[1]),
            [("put", 300, true), ("written", 1, false)]
        );
    }

    #[test]
    fn a_holder_without_a_place_is_known_by_what_it_holds() {
        let mut suspects = [suspect("/app/a.js", None), suspect("/app/b.js", None)];
        suspects[1].holder.script = None;
        let survivors = [survivor(50, &[frame("make", "file:///app/b.js", 9)])];
        join(&mut suspects, &survivors);
        assert_eq!(
            names(&suspects[1]),
            [("make", 50, true), ("written", 1, false)]
        );
    }

    #[test]
    fn a_single_suspect_claims_what_is_large() {
        let mut suspects = [suspect("/app/a.js", None)];
        let survivors = [
            survivor(900, &[frame("make", "/app/z.js", 9)]),
            survivor(100, &[frame("small", "/app/y.js", 9)]),
            survivor(900, &[frame("node", "node:fs", 9)]),
        ];
        join(&mut suspects, &survivors);
        assert_eq!(
            names(&suspects[0]),
            [("make", 900, true), ("written", 1, false)]
        );
    }

    #[test]
    fn the_same_place_is_told_once() {
        let mut suspects = [suspect("/app/a.js", None)];
        join(
            &mut suspects,
            &[survivor(50, &[frame("written", "file:///app/a.js", 3)])],
        );
        assert_eq!(names(&suspects[0]), [("written", 50, true)]);
    }

    #[test]
    fn sampling_alone_names_the_function() {
        let survivors = [
            survivor(2 << 20, &[frame("", "/app/node_modules/kept/b.js", 7)]),
            survivor(3 << 20, &[frame("handle", "/app/a.js", 20)]),
            survivor(9 << 20, &[]),
        ];
        let found = suspects_of(&survivors, Some("/app"));
        assert_eq!(
            found[0].message,
            "Some 3.00 MB of what handle (a.js:20) allocated a while ago is still there; without a \
             snapshot it is not known who holds it."
        );
        assert_eq!(found[0].holder.line, Some(20));
        assert!(found[1].message.contains("an anonymous function"));
        assert_eq!(found[1].package.as_deref(), Some("kept"));
        assert_eq!(found.len(), 2);
    }
}
