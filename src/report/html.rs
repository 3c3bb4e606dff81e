//! A web page that needs nothing else: no script, no font, no network.

use std::fmt::Write;

use super::chart::chart;
use super::document::{Document, allocation, edge_phrase};
use crate::suspects::{ClassGrowth, Suspect};
use crate::units;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2024;--soft:#60646c;--line:#d9d9e0;--ground:#fcfcfd;\
--card:#fff;--bad:#c62a2f;--live:#0d74ce;--used:#b9bbc6}\
@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#b0b4ba;--line:#363a3f;\
--ground:#111113;--card:#18191b;--bad:#ff9592;--live:#70b8ff;--used:#696e77}}\
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:60rem;background:var(--ground);\
color:var(--ink);font:16px/1.55 system-ui,sans-serif}\
h1{font-size:1.5rem;line-height:1.3;margin:.25rem 0 1rem}h2{font-size:1.1rem;margin:2.5rem 0 .75rem}\
.soft{color:var(--soft);font-size:.875rem}.lead{color:var(--bad)}\
section.card{background:var(--card);border:1px solid var(--line);border-radius:10px;\
padding:1.1rem 1.25rem;margin:0 0 1rem}\
section.card p{margin:.4rem 0}section.card p.said{font-weight:600;font-size:1.05rem}\
ol.path{margin:.75rem 0 0;padding:0;list-style:none;font:13px/1.7 ui-monospace,monospace;\
overflow-x:auto}ol.path li{white-space:nowrap;padding-left:1rem;border-left:2px solid var(--line)}\
ol.path li:last-child{border-left-color:var(--bad);font-weight:600}\
ol.path .edge{color:var(--soft)}details summary{cursor:pointer;color:var(--soft)}\
table{border-collapse:collapse;width:100%;font-size:.875rem}th,td{padding:.3rem .6rem;\
text-align:right;border-bottom:1px solid var(--line)}th:first-child,td:first-child{text-align:left;\
word-break:break-all}code{font:inherit;font-family:ui-monospace,monospace}\
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font:11px system-ui,sans-serif}";

/// Classes in the table.
const MAX_CLASSES: usize = 20;

/// The page.
pub fn html(document: &Document) -> String {
    let said = document
        .leak
        .as_ref()
        .map_or("Diagnosis on request", |leak| leak.message.as_str());
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">",
    );
    let _ = write!(
        page,
        "<title>leakguard: process {}</title><style>{STYLE}</style></head><body>\
         <p class=\"soft\">leakguard · process {} · {}</p><h1 class=\"lead\">{}</h1>",
        document.pid,
        document.pid,
        units::date_time(document.time),
        escape(said)
    );
    page.push_str(&chart(&document.samples));
    match &document.no_snapshot_because {
        None => page.push_str("<h2>Who holds it</h2>"),
        Some(reason) => {
            let _ = write!(
                page,
                "<h2>Who allocates what stays</h2><p>{} Allocation sampling does not know who holds \
                 it.</p>",
                escape(reason)
            );
        }
    }
    if document.suspects.is_empty() {
        page.push_str("<p>Nothing grew in every interval between the snapshots.</p>");
    }
    for suspect in &document.suspects {
        page.push_str(&card(suspect));
    }
    page.push_str(&class_table(&document.classes));
    page.push_str(
        "<p class=\"soft\">Sizes are bytes in V8's heap, KB = 1,024. Nothing of this page was sent \
         anywhere.</p></body></html>\n",
    );
    page
}

fn card(suspect: &Suspect) -> String {
    let mut card = String::from("<section class=\"card\">");
    let _ = write!(card, "<p class=\"said\">{}</p>", marked(&suspect.message));
    if suspect.path.is_empty() {
        finish(&mut card, suspect);
        return card;
    }
    let _ = write!(
        card,
        "<p>{} of them hold {}; the holder keeps {} in all.</p><p>{}</p>",
        units::count(suspect.count as i64),
        units::bytes(suspect.retained_size as f64),
        units::bytes(suspect.holder.retained_size as f64),
        escape(&capitalised(&suspect.advice))
    );
    for site in suspect.sites.iter().filter(|site| site.sampled) {
        let [name, place, bytes] = allocation(site);
        let _ = write!(
            card,
            "<p>Some {bytes} of it allocated by <code>{}</code> ({})</p>",
            escape(&name),
            escape(&place)
        );
    }
    card.push_str("<details open><summary>Path from the GC root</summary><ol class=\"path\">");
    for step in &suspect.path {
        let _ = write!(card, "<li>{}", escape(&step.node));
        if step.edge.is_empty() {
            card.push_str(" ← piles up");
        } else {
            let _ = write!(
                card,
                " <span class=\"edge\">{} →</span>",
                escape(&edge_phrase(step))
            );
        }
        card.push_str("</li>");
    }
    card.push_str("</ol></details>");
    finish(&mut card, suspect);
    card
}

/// What every card ends with.
fn finish(card: &mut String, suspect: &Suspect) {
    if let Some(package) = &suspect.package {
        let _ = write!(card, "<p>Package: <code>{}</code></p>", escape(package));
    }
    let _ = write!(
        card,
        "<p class=\"soft\">fingerprint {}</p></section>",
        escape(&suspect.fingerprint)
    );
}

fn class_table(classes: &[ClassGrowth]) -> String {
    let mut grown = classes
        .iter()
        .filter(|class| class.shallow_growth > 0)
        .peekable();
    if grown.peek().is_none() {
        return String::new();
    }
    let mut table = String::from(
        "<h2>Classes that grew</h2><table><tr><th>Class</th><th>Objects</th><th>Growth</th>\
         <th>Own bytes</th><th>Growth</th></tr>",
    );
    for class in grown.take(MAX_CLASSES) {
        let _ = write!(
            table,
            "<tr><td><code>{}</code></td><td>{}</td><td>{:+}</td><td>{}</td><td>+{}</td></tr>",
            escape(&class.class_name),
            units::count(class.count as i64),
            class.count_growth,
            units::bytes(class.shallow_size as f64),
            units::bytes(class.shallow_growth as f64)
        );
    }
    table.push_str("</table>");
    table
}

/// Text that came out of somebody's heap may hold anything.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// What stands between backquotes is code.
fn marked(text: &str) -> String {
    let mut parts = text.split('`');
    let mut marked = escape(parts.next().unwrap_or(""));
    for (place, part) in parts.enumerate() {
        marked.push_str(if place.is_multiple_of(2) {
            "<code>"
        } else {
            "</code>"
        });
        marked.push_str(&escape(part));
    }
    if text.matches('`').count() % 2 == 1 {
        marked.push_str("</code>");
    }
    marked
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().to_string() + characters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{
        "time": 1795443302000, "pid": 42, "leak": {"message": "Live heap grows by 1 MB/s."},
        "suspects": [{
            "kind": "collection", "className": "<script>", "count": 3, "countGrowth": 2,
            "retainedSize": 2048, "retainedGrowth": 1024,
            "holder": {"className": "Map", "name": "requests", "script": null, "line": null,
                       "id": 7, "retainedSize": 4096},
            "path": [{"node": "Map", "edge": "a&b", "edgeType": "property", "id": 7},
                     {"node": "<script>", "edge": "", "edgeType": "", "id": 9}],
            "sites": [], "package": null, "fingerprint": "00ff",
            "message": "`requests` (Map) gained 2 <script> objects"
        }],
        "classes": [],
        "samples": [{"time": 0, "rss": 10, "heapUsed": 5, "liveHeap": 4},
                    {"time": 1000, "rss": 12, "heapUsed": 6, "liveHeap": null},
                    {"time": 2000, "rss": 14, "heapUsed": 7, "liveHeap": 6}]
    }"#;

    #[test]
    fn sampled_sites_are_told_and_without_snapshots_nothing_else() {
        let mut json: serde_json::Value = serde_json::from_str(DOCUMENT).unwrap();
        json["suspects"][0]["sites"] = serde_json::json!([
            {"functionName": "<make>", "url": "/app/a.js", "line": 7, "column": 1, "bytes": 2048,
             "sampled": true},
            {"functionName": "written", "url": "/app/b.js", "line": 9, "column": 1, "bytes": 10,
             "sampled": false},
        ]);
        let page = html(&serde_json::from_value(json.clone()).unwrap());
        assert!(
            page.contains(
                "Some 2.00 KB of it allocated by <code>&lt;make&gt;</code> (/app/a.js:7)"
            )
        );
        assert!(!page.contains("b.js"));
        json["suspects"][0]["path"] = serde_json::json!([]);
        json["noSnapshotBecause"] = "There was <no> memory.".into();
        let page = html(&serde_json::from_value(json).unwrap());
        assert!(page.contains("There was &lt;no&gt; memory."));
        assert!(page.contains("fingerprint 00ff"));
        assert!(!page.contains("of them hold") && !page.contains("Path from"));
    }

    #[test]
    fn what_comes_from_the_heap_is_text_and_never_markup() {
        let page = html(&serde_json::from_str(DOCUMENT).unwrap());
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("<code>requests</code> (Map) gained 2 &lt;script&gt; objects"));
        assert!(page.contains(".a&amp;b"));
        assert!(page.contains("2026-11-23 14:15:02 UTC"));
        assert!(page.contains("Live heap grows by 1 MB/s."));
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "nothing is loaded"
        );
    }
}
