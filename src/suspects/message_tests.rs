//! Sentences, word for word.

use super::*;
use crate::suspects::Holder;

/// Of what `requests`, a Map of `/app/server.js`, holds.
fn suspect() -> Suspect {
    Suspect {
        kind: SuspectKind::Collection,
        class_name: "IncomingMessage".to_owned(),
        count: 4000,
        count_growth: 3214,
        retained_size: 15_000_000,
        retained_growth: 13_000_000,
        holder: holder_called("requests", "Map"),
        path: Vec::new(),
        sites: Vec::new(),
        package: None,
        fingerprint: String::new(),
        message: String::new(),
        advice: String::new(),
        telling: None,
    }
}

fn holder_called(name: &str, class_name: &str) -> Holder {
    Holder {
        class_name: class_name.to_owned(),
        name: name.to_owned(),
        script: Some("/app/server.js".to_owned()),
        line: Some(8),
        id: 1,
        retained_size: 1,
    }
}

/// Node.js, by the class of its handles.
fn node_with(class_name: &str) -> Holder {
    Holder {
        script: None,
        line: None,
        ..holder_called("Node.js", class_name)
    }
}

fn telling() -> Telling {
    Telling {
        holders: 1,
        ..Telling::default()
    }
}

fn told(suspect: &Suspect, telling: &Telling) -> String {
    sentence(suspect, telling, Some("/app"))
}

#[test]
fn a_collection_is_named_with_its_place_and_its_growth() {
    assert_eq!(
        told(&suspect(), &telling()),
        "`requests` (Map, server.js:8) gained 3,214 IncomingMessage objects and 12.4 MB, more in \
         every interval."
    );
}

#[test]
fn listeners_are_told_with_their_event_and_their_code() {
    let suspect = Suspect {
        kind: SuspectKind::Listeners,
        holder: holder_called("bus", "EventEmitter"),
        ..suspect()
    };
    let site = Site {
        function_name: String::new(),
        url: "file:///app/server.js".to_owned(),
        line: 12,
        column: 9,
        bytes: 1,
        sampled: false,
    };
    let telling = Telling {
        event: Some("price".to_owned()),
        keeps: Some("View".to_owned()),
        site: Some(site),
        ..telling()
    };
    assert_eq!(
        told(&suspect, &telling),
        "`bus` (EventEmitter, server.js:8) gained 3,214 listeners for 'price' from server.js:12 \
         and 12.4 MB, each keeping a View alive: they are added again and again and never \
         removed."
    );
}

#[test]
fn what_nobody_but_node_holds_is_told_as_open() {
    let suspect = Suspect {
        class_name: "TCP".to_owned(),
        holder: node_with("TCPWrap"),
        ..suspect()
    };
    let telling = Telling {
        keeps: Some("Socket".to_owned()),
        outside: Some(Outside::EventLoop),
        ..telling()
    };
    assert_eq!(
        told(&suspect, &telling),
        "Node.js itself holds 3,214 more TCP objects and 12.4 MB, each keeping a Socket alive: \
         they are open, or in progress, until somebody closes or ends them."
    );
}

#[test]
fn handles_are_told_beside_what_they_belong_to() {
    let suspect = Suspect {
        class_name: "ChildProcess".to_owned(),
        holder: node_with("PipeWrap"),
        ..suspect()
    };
    let handles = [("PipeWrap", 6428), ("ProcessWrap", 3214)];
    let telling = Telling {
        outside: Some(Outside::EventLoop),
        handles: handles
            .map(|(name, growth)| (name.to_owned(), growth))
            .into(),
        ..telling()
    };
    assert_eq!(
        told(&suspect, &telling),
        "Node.js itself keeps 3,214 more ChildProcess objects and 12.4 MB (open handles: 6,428 \
         more PipeWrap, 3,214 more ProcessWrap): they are open, or in progress, until somebody \
         closes or ends them."
    );
}

#[test]
fn articles_go_by_the_sound() {
    for (class, expected) in [
        ("Socket", "a Socket"),
        ("IncomingMessage", "an IncomingMessage"),
        ("Update", "an Update"),
        ("User", "a User"),
        ("FSEvent", "an FSEvent"),
        ("HTTPParser", "an HTTPParser"),
        ("URL", "a URL"),
        ("TCP", "a TCP"),
    ] {
        assert_eq!(with_article(class), expected);
    }
}

#[test]
fn what_links_to_its_like_is_told_as_a_chain() {
    let suspect = Suspect {
        kind: SuspectKind::Objects,
        class_name: "Entry".to_owned(),
        holder: holder_called("newest", "Entry"),
        ..suspect()
    };
    assert_eq!(
        told(&suspect, &telling()),
        "`newest` (Entry, server.js:8) leads to 3,214 more Entry objects and 12.4 MB, one behind \
         the other, more in every interval."
    );
}

#[test]
fn code_that_leads_to_code_is_no_chain_of_the_programs() {
    let suspect = Suspect {
        kind: SuspectKind::Objects,
        class_name: "code".to_owned(),
        holder: holder_called("(format)", "code"),
        ..suspect()
    };
    let text = told(&suspect, &telling());
    assert!(text.contains("gained 3,214 code objects"), "{text}");
}

#[test]
fn what_an_object_has_within_is_told_as_its_own() {
    let suspect = Suspect {
        holder: holder_called("updates", "FixedQueue"),
        ..suspect()
    };
    let telling = Telling {
        is_within: true,
        ..telling()
    };
    let text = told(&suspect, &telling);
    assert!(
        text.starts_with("`updates` (its FixedQueue, server.js:8) gained"),
        "{text}"
    );
}

#[test]
fn a_message_follows_its_suspect() {
    let mut suspect = suspect();
    suspect.message = "As it was.".to_owned();
    tell(&mut suspect, Some("/app"));
    assert_eq!(suspect.message, "As it was.");
    suspect.telling = Some(telling());
    suspect.holder.line = Some(9);
    tell(&mut suspect, Some("/app"));
    assert!(
        suspect
            .message
            .starts_with("`requests` (Map, server.js:9) gained")
    );
}

#[test]
fn paths_are_shown_as_one_would_type_them() {
    for (script, expected) in [
        ("/app/lib/a.js", "lib/a.js"),
        ("file:///app/a.mjs", "a.mjs"),
        (
            "/other/node_modules/ws/lib/ws.js",
            "node_modules/ws/lib/ws.js",
        ),
        ("/other/a.js", "/other/a.js"),
        ("node:internal/timers", "node:internal/timers"),
    ] {
        assert_eq!(shown(script, Some("/app")), expected);
    }
}
