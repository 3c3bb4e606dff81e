use super::*;
use crate::capture::redact::replacement::key;

fn shown(raw: &str, is_code: bool) -> String {
    let origin = Origin {
        is_code,
        may_quote: true,
    };
    shown_of(raw, origin)
}

fn shown_of(raw: &str, origin: Origin) -> String {
    let mut out = Vec::new();
    push(&mut out, key(), raw.as_bytes(), origin);
    String::from_utf8(out).unwrap()
}

fn hidden(text: &str) -> String {
    let mut out = Vec::new();
    push_hidden(&mut out, key(), text);
    String::from_utf8(out).unwrap()
}

#[test]
fn names_stay_as_they_are_escapes_and_all() {
    for raw in [
        "",
        "id",
        "content-type",
        r#"say \"hi\""#,
        r"gr\u00f6\u00dfe",
        r"C:\\app\\a.js",
    ] {
        assert_eq!(shown(raw, false), raw);
        assert_eq!(shown(raw, true), raw);
    }
}

#[test]
fn symbols_are_shown_when_they_are_the_platforms() {
    for label in [
        "<symbol Symbol.iterator>",
        "<symbol kEvents>",
        "get <symbol kEvents>",
        "<symbol >",
    ] {
        assert_eq!(shown(label, false), label);
    }
    let secret = hidden("token of ada");
    assert_eq!(
        shown("<symbol token of ada>", false),
        format!("<symbol {secret}>")
    );
    assert_eq!(
        shown("set <symbol token of ada>", true),
        format!("set <symbol {secret}>")
    );
    // Cut by V8.
    assert_eq!(shown("<symbol kEvents", false), "<symbol kEvents");
    assert_eq!(
        shown("<symbol token of ada", false),
        format!("<symbol {secret}")
    );
}

#[test]
fn data_is_hidden_behind_what_says_the_kind_of_the_name() {
    let secret = hidden("ada@example.org");
    assert_eq!(shown("ada@example.org", false), secret);
    assert_eq!(shown("get ada@example.org", false), format!("get {secret}"));
    assert!(!secret.contains("ada") && secret.starts_with("***"));
}

#[test]
fn names_that_number_still_do() {
    let digits = shown("4915112345678", false);
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()) && digits != "4915112345678");
    let first_digit = shown("3f2504e0-4f89-11d3-9a0c-0305e82c3301", false);
    assert!(first_digit.starts_with("0**"), "{first_digit}");
}

#[test]
fn tags_of_a_document_keep_their_element() {
    let hidden = hidden(r#"id="session-of-ada""#);
    for start in ["<div ", "Detached <x-button "] {
        let raw = format!(r#"{start}id=\"session-of-ada\">"#);
        assert_eq!(shown(&raw, true), format!("{start}{hidden}>"));
    }
    assert_eq!(
        shown("<instance_members_initializer>", true),
        "<instance_members_initializer>"
    );
}

#[test]
fn names_from_code_are_kept_but_for_what_is_no_part_of_the_source() {
    for name in [
        "deadbeefdeadbeefdeadbeef",
        "/srv/build-1732345678901/main.9f86d081884c7d65.js",
        "file:///srv/app/main.mjs",
        "isValid?",
    ] {
        assert_eq!(shown(name, true), name);
    }
    let script = shown("file:///srv/app/main.mjs?token=abc", true);
    assert_eq!(
        script,
        format!("file:///srv/app/main.mjs?{}", hidden("token=abc"))
    );
    for name in [
        "data:text/javascript,secret()",
        "https://ada:secret@host/a.js",
        r"two\nlines",
    ] {
        assert!(shown(name, true).starts_with("***"), "{name}");
    }
}

#[test]
fn entries_of_a_weak_map_keep_their_numbers_and_nothing_else() {
    let entry = |key: &str, value: &str| {
        format!("12 / part of key ({key} @34) -> value ({value} @56) pair in WeakMap (table @78)")
    };
    assert_eq!(
        shown(&entry("Foo", "secret text"), true),
        entry(&hidden("Foo"), &hidden("secret text"))
    );
    assert_eq!(shown(&entry("Foo", ""), true), entry(&hidden("Foo"), ""));
    let origin = Origin {
        is_code: true,
        may_quote: false,
    };
    let classes = entry("Foo", "system / Context");
    assert_eq!(shown_of(&classes, origin), classes);
    assert_eq!(
        shown_of(&entry("Foo", "ada@example.org"), origin),
        entry("Foo", &hidden("ada@example.org"))
    );
    // What analysers take for an entry, they do afterwards, and nothing else.
    let odd = [
        entry("Foo", "a @1) -> value (b"),
        entry("@) -> value (", "x"),
        entry("Foo", r"two\nlines"),
        entry("Foo", r"\u2028"),
        "12 / part of key (Foo @34) -> value (secret te".to_owned(),
        "12 / part of key (".to_owned(),
        " / part of key (secret".to_owned(),
    ];
    for raw in odd {
        let text: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
        let after = shown(&raw, true);
        assert_eq!(
            weak_map_table(&text),
            weak_map_table(&after),
            "{raw} -> {after}"
        );
        assert!(
            !after.contains("Foo") && !after.contains("secret"),
            "{after}"
        );
    }
}

#[test]
fn half_a_character_is_no_name() {
    assert!(shown(r"\ud83d", false).starts_with("***"));
    let mut out = Vec::new();
    let origin = Origin {
        is_code: true,
        may_quote: false,
    };
    push(&mut out, key(), b"caf\xe9 au lait", origin);
    assert!(out.starts_with(b"***"));
}

#[test]
fn indices_of_nine_digits_are_data() {
    assert!(!is_data_like_index(99_999_999));
    assert!(is_data_like_index(123_456_789));
}
