//! Whether a name looks like data rather than like something that a programmer wrote.
//!
//! An object used as a dictionary has data for property names. Which of them are is not known, so
//! this rule judges the text alone. It is made to leave names of code, of headers and of files as
//! they are; a word that somebody used as a key looks like any other word and stays, too.

/// UTF-16 units, more or less, of the longest name that is not a path.
const LONGEST_NAME: usize = 120;

/// Digits in a row that are taken for a number of a person, a card or a telephone.
pub(super) const LONGEST_NUMBER: usize = 9;

/// Letters and digits in a row that may be a token.
const SHORTEST_TOKEN: usize = 16;

/// What tokens of well-known services begin with.
const TOKEN_PREFIXES: [&str; 22] = [
    "sk_",
    "pk_",
    "rk_",
    "sk-",
    "whsec_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxs-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "Bearer ",
    "Basic ",
];

/// Whether `text`, a name of a property or the like, is taken for data: it
///
/// - has a control character, or is longer than any name;
/// - has an `@` elsewhere than in `@scope/name` and `@@name`, as addresses have;
/// - has nine digits in a row;
/// - is a URL or a form with parameters, a URL with a password, or a `data:` URL;
/// - has a part that looks like a token: see [`has_token`].
pub(super) fn is_data_like(text: &str) -> bool {
    if text.chars().any(char::is_control) || has_address(text) || is_request(text) {
        return true;
    }
    // Module names and the keys of module caches are full of versions and hashes.
    if is_script_path(text) {
        return false;
    }
    (text.len() > LONGEST_NAME && !is_path(text)) || has_long_number(text) || has_token(text)
}

/// Whether a text begins as the path or URL of a file does.
pub(super) fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    ["/", "./", "../", "file:", "node:"]
        .iter()
        .any(|start| text.starts_with(start))
        || (drive && matches!(bytes[2], b'/' | b'\\'))
}

fn is_script_path(text: &str) -> bool {
    const ENDS: [&str; 11] = [
        ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json", ".node", ".wasm",
    ];
    is_path(text) && ENDS.iter().any(|end| text.ends_with(end))
}

/// An `@` is part of the names of packages, `@scope/name` and, in paths of some installers,
/// `name@1.2.3`.
fn has_address(text: &str) -> bool {
    let in_path = is_path(text);
    let mut before = None;
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        if character == '@' {
            let next = characters.peek().map(|&(_, next)| next);
            let is_scope = matches!(before, None | Some('/' | '\\' | '+'))
                && (in_path || text[place..].contains('/'));
            let is_version = in_path && next.is_some_and(|next| next.is_ascii_digit());
            let is_double = text.starts_with("@@") && place < 2;
            if !(is_scope || is_version || is_double) {
                return true;
            }
        }
        before = Some(character);
    }
    false
}

/// Parameters of a request, or a URL that is data itself.
fn is_request(text: &str) -> bool {
    let parameters = text
        .split_once('?')
        .is_some_and(|(_, parameters)| parameters.contains('=') || text.contains("://"));
    parameters || (text.contains('=') && text.contains('&')) || is_data_url(text)
}

pub(super) fn is_data_url(text: &str) -> bool {
    text.strip_prefix("data:")
        .is_some_and(|data| !data.is_empty())
}

pub(super) fn has_long_number(text: &str) -> bool {
    longest_run(text, |byte| byte.is_ascii_digit()) >= LONGEST_NUMBER
}

fn longest_run(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    let mut longest = 0;
    let mut length = 0;
    for byte in text.bytes() {
        length = if wanted(byte) { length + 1 } else { 0 };
        longest = longest.max(length);
    }
    longest
}

/// Whether a part of a text looks like a token: it begins as those of well-known services do, is a
/// UUID, a JSON Web Token, 16 hexadecimal digits, or letters and digits without any order.
fn has_token(text: &str) -> bool {
    let words = || text.split(|character: char| !character.is_ascii_alphanumeric());
    has_known_prefix(text) || has_uuid(text) || words().any(is_token)
}

fn has_known_prefix(text: &str) -> bool {
    TOKEN_PREFIXES.iter().any(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            let has = |kind: fn(&u8) -> bool| rest.bytes().any(|byte| kind(&byte));
            let is_mixed = has(u8::is_ascii_digit)
                || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
            let has_stage = ["live_", "test_"]
                .iter()
                .any(|stage| rest.starts_with(stage));
            rest.len() >= 10 && (is_mixed || has_stage)
        })
    })
}

fn has_uuid(text: &str) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let bytes = text.as_bytes();
    bytes.windows(36).any(|window| {
        let mut parts = window.split(|&byte| byte == b'-');
        LENGTHS.iter().all(|&length| {
            parts
                .next()
                .is_some_and(|part| part.len() == length && part.iter().all(u8::is_ascii_hexdigit))
        })
    })
}

/// Whether a word has no order: its characters change between small letters, capitals and digits
/// far more often than those of `thisKindOfName` or `AliasedBigInt64Array`.
fn is_token(word: &str) -> bool {
    let length = word.len();
    let hexadecimal = word.strip_prefix("0x").unwrap_or(word);
    if hexadecimal.len() >= SHORTEST_TOKEN && hexadecimal.bytes().all(|b| b.is_ascii_hexdigit()) {
        return true;
    }
    if length < SHORTEST_TOKEN {
        return false;
    }
    if word.starts_with("eyJ") {
        return true;
    }
    let kind = |byte: u8| (byte.is_ascii_lowercase(), byte.is_ascii_uppercase());
    let pairs = || word.as_bytes().windows(2);
    let changes = pairs()
        .filter(|pair| kind(pair[0]) != kind(pair[1]))
        .count();
    // A capital begins a part of a name together with what follows it.
    let is_hump = |pair: &[u8]| pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase();
    let parts = 1 + changes - pairs().filter(|pair| is_hump(pair)).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    // Parts of names are four letters long and more, those of random words two or so.
    (digits >= 2 && parts * 3 >= length) || (digits >= 3 && length >= 24 && parts * 4 >= length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_code_headers_and_files_are_kept() {
        for name in [
            "",
            "id",
            "constructor",
            "getOwnPropertyDescriptors",
            "kMaxUserEntryPoint",
            "$$typeof",
            "_events",
            "größe",
            "content-type",
            "X-Forwarded-For",
            "if-none-match",
            "aria-label",
            "text/html; charset=utf-8",
            "sha256WithRSAEncryption",
            "AliasedBigInt64Array",
            "id-aes256-CCM",
            "aes-256-cbc-hmac-sha1",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "brainpoolP256r1",
            "system / JSArrayBufferData",
            "(object elements)",
            "system / Context / handler",
            "@babel/core",
            "@@iterator",
            "node:internal/readline/utils",
            "/srv/app/server.js",
            "/srv/app/node_modules/@scope/name/index.js",
            "file:///srv/app/index.mjs",
            "/srv/app/.pnpm/react@18.2.0_peer@1.0.0/node_modules/react/index.js",
            "C:\\app\\index.js",
            "https://json-schema.org/draft-07/schema#",
            "GET /users/:id",
            "2024-05-01",
            "12345678",
            "HTTP_PROXY",
            "npm_config_user_agent",
            "__webpack_require__",
            "UV_UDP_REUSEADDR",
            "ERR_INVALID_ARG_TYPE",
            "sk_buff",
            "dGeneralizedTime",
            "12 / CallFunction_ReceiverIsAny",
        ] {
            assert!(!is_data_like(name), "{name}");
        }
    }

    #[test]
    fn data_is_told() {
        for name in [
            "two\nlines",
            "bell\u{7}",
            "ada@example.org",
            "@ada",
            "user:ada@example.org",
            "123456789",
            "+4915112345678",
            "card 4111111111111111",
            "user-1234567890",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "session:3F2504E0-4F89-11D3-9A0C-0305E82C3301",
            "deadbeefdeadbeef",
            "9f86d081884c7d65",
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "sk_live_abcdefghijklmnop",
            "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
            "ghp_16C7e42F292c6912E7",
            "AKIAIOSFODNN7EXAMPLE",
            "Bearer abcdef0123456789",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
            "tok_9f8a7b6c5d4e3f2a1b0c",
            "Zm9vYmFyOnNlY3JldA8Q1x",
            "a8Kd93jfLq0ZpXm2",
            "https://ada:secret@host/",
            "https://host/path?token=abc",
            "/login?token=abc",
            "a=1&b=2",
            "data:text/plain,secret",
            "/users/ada@example.org/profile.json",
            "/reset/deadbeefdeadbeef",
            "/orders/1234567890",
        ] {
            assert!(is_data_like(name), "{name}");
        }
        assert!(is_data_like(&"word ".repeat(30)));
        assert!(!is_data_like(&format!("/{}", "folder/".repeat(30))));
    }
}
