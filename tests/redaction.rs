//! Redaction of real snapshots: what must not be in them afterwards, and what must still be.

use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use leakguard::capture::{Captured, Compression, Reader, Request};
use leakguard::error::Result;
use leakguard::heap::{Control, EdgeType, NodeType, Snapshot, open};
use leakguard::suspects::{Comparator, Comparison, Sources, Suspect};

/// Runs a program that takes snapshots.
fn run(program: &str, folder: &Path) {
    let script = folder.join("program.js");
    fs::write(&script, program).unwrap();
    let ran = Command::new("node")
        // A compiler at work on another thread holds what it compiles, which would be a suspect.
        .args(["--expose-gc", "--no-warnings", "--single-threaded"])
        .arg(&script)
        .current_dir(folder)
        .status()
        .expect("these tests take a snapshot of Node.js: put node on the PATH");
    assert!(ran.success(), "node ended with {ran}");
}

fn redact(from: &Path, to: &Path, compression: Compression) -> Result<Captured> {
    let request = Request {
        path: Some(to.to_owned()),
        compression,
        redact: true,
        ..Request::default()
    };
    Reader::start(File::open(from).unwrap(), request)?.finish()
}

fn analyse(path: &Path) -> Snapshot {
    open(path, &Control::default()).unwrap()
}

/// Every way that a secret gets into a heap that we could think of. Each has its own name, so that
/// a failure says which way it went.
const SECRETS: &str = r#"
'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const v8 = require('node:v8');

const secrets = {};
/** A secret that is no part of this text. */
function secret(name, form = (text) => text) {
  const random = createHash('sha512').update(name + process.pid + Date.now()).digest('base64url');
  return (secrets[name] = form(random.replace(/[-_]/g, 'k').slice(0, 40)));
}
const hex = (text) => Buffer.from(text).toString('hex').slice(20, 60);
const digits = (text) => Buffer.from(text).join('').slice(0, 18);
const held = (globalThis.held = []);
const hold = (value) => held.push(value);

class Account { constructor(value) { this.password = value; this.nested = { deep: [value + '!'] }; } }
class Named { get [Symbol.toStringTag]() { return 'plain'; } }

hold(secret('plain'));
hold(secret('cons left') + secret('cons right') + ' and more of a text that is long');
hold(('prefix that is long enough ' + secret('sliced') + ' suffix').slice(20));
hold(`Hello ${secret('template')}, how are you?`);
hold(Symbol(secret('symbol')));
hold({ [Symbol(secret('symbol key'))]: 1 });
hold({ get [Symbol(secret('getter symbol'))]() { return 1; } });
hold(Symbol.for(secret('registered symbol')));
hold(new Map([[secret('map key'), 1], [2, secret('map value')]]));
hold(new Set([secret('set member')]));
const key = {};
hold([key, new WeakMap([[key, secret('weak map value')]]), new WeakRef(key)]);
hold({ property: secret('property value') });
hold({ [secret('token key', (text) => 'sk_live_' + text)]: 1 });
hold({ [secret('address key', (text) => text + '@example.org')]: 1 });
hold({ [secret('uuid key', () => require('node:crypto').randomUUID())]: 1 });
hold({ [secret('number key', digits)]: 1 });
hold({ get [secret('getter key', (text) => 'ghp_' + hex(text))]() { return 1; } });
hold({ [secret('long key', (text) => (text + ' ').repeat(5))]: 1 });
hold({ [secret('url key', (text) => '/login?token=' + text)]: 1 });
const table = {};
for (let i = 0; i < 100; i++) table[secret('dictionary key ' + i, (text) => 'eyJ' + text + '.' + text)] = i;
hold(table);
const buffer = Buffer.from(secret('buffer'));
hold([buffer, buffer.toString(), buffer.toString('hex')]);
secrets['buffer in hex'] = buffer.toString('hex');
const error = new Error('could not do ' + secret('error message'), { cause: new TypeError(secret('cause')) });
hold([error, error.stack]);
process.env.LEAKGUARD_TEST_SECRET = secret('environment');
hold({ ...process.env });
hold(new RegExp(secret('regexp') + '[a-z]+'));
hold(JSON.parse(JSON.stringify({ user: { token: secret('parsed') }, list: [secret('parsed list')] })));
hold(new Account(secret('class field')));
hold(new URL('https://' + secret('url user') + ':x@example.org/?q=' + secret('url query')));
hold(BigInt('0x' + Buffer.from(secret('bigint')).toString('hex')));
hold(((text) => () => text.length)(secret('closure')));
hold(new Proxy({ text: secret('proxy target') }, {}));
hold(Promise.resolve(secret('promise')));
hold(Promise.reject(new Error(secret('rejection'))).catch((reason) => reason));
hold(Object.assign(function named() {}, { note: secret('function property') }));
hold(secret('number', digits) * 1);
hold(new Function('return "' + secret('source') + '"'));
hold(new Date().toString() + secret('concatenated'));
hold([secret('wide', (text) => text + '\u2603')]);
hold(new Intl.DateTimeFormat('en').format(0) + secret('intl'));
hold(new (class extends Named {})());
hold({ [Symbol.toStringTag]: secret('tag of a class', hex) });
hold(new ({ [secret('computed class', (text) => 'C' + hex(text))]: class {} }[secrets['computed class']])());
hold({ [secret('computed method', hex)]() {} });
hold(Object.defineProperty(() => {}, 'name', { value: secret('function name') }));
hold(((text) => { const arrow = { [text]: () => text }; return arrow[text].bind(null, text + '?'); })(secret('bound', hex)));
hold(new Map([[Symbol(secret('symbol in a map')), new WeakSet([{ note: secret('weak set') }])]]));
hold(new (require('node:events'))().on(secret('event', hex), () => {}));
hold(new (require('node:async_hooks').AsyncLocalStorage)());
hold(Buffer.from(secret('base64')).toString('base64'));
hold(new TextEncoder().encode(secret('encoded')));
hold(Object.create(null, { [secret('null prototype', hex)]: { value: secret('defined value'), enumerable: false } }));
hold(Object.fromEntries([[secret('from entries', hex), { at: 1 }]]));
hold(new Error(secret('own name of an error'), {}));
held.at(-1).name = secret('error name');
hold([held.at(-1).stack, String(held.at(-1))]);
hold(structuredClone({ copied: secret('cloned') }));
hold(function* () { const local = secret('generator'); yield local; yield local; }());
held.at(-1).next();
hold(new Headers({ authorization: 'Bearer ' + secret('fetch header') }));

const server = http.createServer((request, response) => {
  hold([request, request.headers, request.url, request.rawHeaders]);
  request.on('data', (chunk) => hold([chunk, String(chunk)]));
  request.on('end', () => response.end(secret('response')));
});
server.listen(0, () => {
  const request = http.request({
    port: server.address().port,
    method: 'POST',
    path: '/items?token=' + secret('query'),
    headers: { 'x-token': secret('header'), cookie: 'session=' + secret('cookie') },
  }, (response) => {
    response.on('data', (chunk) => hold(String(chunk)));
    response.on('end', () => {
      v8.writeHeapSnapshot('a.heapsnapshot', { exposeInternals: true, exposeNumericValues: true });
      fs.writeFileSync('secrets.json', JSON.stringify(secrets));
      process.exit(0);
    });
  });
  hold(request);
  request.end(secret('body'));
});
"#;

/// Whether `text` has `secret` or a half of it, as it is or as JSON writes it.
fn shows(text: &str, secret: &str) -> bool {
    let ascii: String = secret.chars().filter(char::is_ascii).collect();
    let (first, second) = ascii.split_at(ascii.len() / 2);
    [first, second]
        .iter()
        .any(|half| half.len() >= 8 && text.contains(half))
}

#[test]
fn no_secret_of_a_process_is_in_its_redacted_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    run(SECRETS, folder.path());
    let secrets: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&fs::read(folder.path().join("secrets.json")).unwrap()).unwrap();
    let (before, after) = (
        folder.path().join("a.heapsnapshot"),
        folder.path().join("b.heapsnapshot"),
    );
    let captured = redact(&before, &after, Compression::None).unwrap();
    let (raw, text) = (
        fs::read_to_string(&before).unwrap(),
        fs::read_to_string(&after).unwrap(),
    );
    assert_eq!(captured.bytes, raw.len() as u64);
    let found = |text: &str| -> Vec<&str> {
        let all = secrets.iter();
        all.filter(|(_, secret)| shows(text, secret.as_str().unwrap()))
            .map(|(name, _)| name.as_str())
            .collect()
    };
    // Most secrets are in a snapshot, or this test would prove nothing.
    assert!(found(&raw).len() > 140, "{:?}", found(&raw));
    assert_eq!(found(&text), Vec::<&str>::new());

    let (one, other) = (analyse(&before), analyse(&after));
    // The name of a class may be a secret too (`Symbol.toStringTag`); its figures stay.
    let figures = |snapshot: &Snapshot| {
        let mut rows: Vec<_> = snapshot
            .classes()
            .iter()
            .map(|row| (row.count, row.shallow_size, row.retained_size, row.distance))
            .collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(figures(&one), figures(&other));
    let graphs = [one.graph(), other.graph()];
    let nodes = graphs[0].nodes();
    let contents = nodes.filter(|&node| {
        matches!(
            graphs[0].node_type(node),
            NodeType::String | NodeType::RegExp
        )
    });
    for node in contents {
        let [before, after] = graphs.map(|graph| graph.node_name(node));
        assert!(before != after || before.is_empty(), "{before}");
        // V8's mark of a text that was cut.
        let cut = [before, after].map(|text| text.encode_utf16().count() == 1024);
        assert_eq!(cut[0], cut[1], "{before}");
    }
}

#[test]
fn names_of_the_platform_stay() {
    let folder = tempfile::tempdir().unwrap();
    run(
        "for (const name of require('node:module').builtinModules) {
           try { globalThis[name] = require(name) } catch {}
         }
         require('node:v8').writeHeapSnapshot('a.heapsnapshot')",
        folder.path(),
    );
    let (before, after) = (
        folder.path().join("a.heapsnapshot"),
        folder.path().join("b.heapsnapshot"),
    );
    redact(&before, &after, Compression::Gzip).unwrap();
    let (one, other) = (analyse(&before), analyse(&after));
    let graphs = [one.graph(), other.graph()];
    let mut kept = 0;
    let mut hidden = Vec::new();
    for node in graphs[0].nodes() {
        for (edge, twin) in graphs[0].edges(node).zip(graphs[1].edges(node)) {
            let [before, after] = [graphs[0].edge_label(edge), graphs[1].edge_label(twin)];
            if before == after {
                kept += 1;
            } else if !before.contains(" / part of key (") {
                hidden.push(before);
            }
        }
    }
    // Of the whole platform, the few that are hidden are lists of a hundred words for a key.
    assert!(
        hidden
            .iter()
            .all(|label| label.len() > 120 && !label.starts_with('<')),
        "{hidden:?}"
    );
    assert!(
        hidden.len() < 30 && kept > 200_000,
        "{kept} kept, {hidden:?}"
    );
}

/// A server that leaks in several ways, with keys that look like data.
const LEAK: &str = r#"
'use strict';
const { EventEmitter } = require('node:events');
const { randomUUID } = require('node:crypto');
const v8 = require('node:v8');

class Session {
  constructor(id) { this.id = id; this.user = { name: 'user ' + id, roles: ['a' + id] }; }
}
const sessions = new Map();
const byToken = {};
const bus = new EventEmitter().setMaxListeners(0);
const log = [];
let tail = null;

async function work(i) {
  sessions.set(randomUUID(), new Session(i));
  byToken['sk_live_' + randomUUID()] = { at: i, body: 'x'.repeat(100) + i };
  bus.on('update', function onUpdate() { return i; });
  log.push(`line ${i} of the log, which nobody ever reads again`);
  tail = { next: tail, payload: [i, i + 1, i + 2, String(i)] };
}

(async () => {
  for (let rung = 0, i = 0; rung < 3; rung++) {
    for (const end = i + 400; i < end; i++) await work(i);
    gc();
    v8.writeHeapSnapshot(rung + '.heapsnapshot');
  }
  process.exit(sessions.size && log.length && Object.keys(byToken).length && tail ? 0 : 1);
})();
"#;

fn compare(paths: &[PathBuf]) -> Comparison {
    let mut comparator = Comparator::default();
    let (last, earlier) = paths.split_last().unwrap();
    for (work, path) in earlier.iter().enumerate() {
        comparator.add(&analyse(path), work as f64);
    }
    comparator.finish(&analyse(last), earlier.len() as f64, Sources::NONE)
}

/// What a suspect is told by.
fn told_by(suspect: &Suspect) -> impl PartialEq + std::fmt::Debug + use<> {
    let way: Vec<_> = suspect.path.iter().map(|step| step.node.clone()).collect();
    (
        (
            suspect.kind,
            suspect.class_name.clone(),
            suspect.holder.clone(),
            way,
        ),
        (
            suspect.count,
            suspect.count_growth,
            suspect.retained_size,
            suspect.retained_growth,
        ),
        suspect.fingerprint.clone(),
        suspect.message.clone(),
    )
}

#[test]
fn a_leak_is_the_same_with_and_without_redaction() {
    let folder = tempfile::tempdir().unwrap();
    run(LEAK, folder.path());
    let plain: Vec<_> = (0..3)
        .map(|rung| folder.path().join(format!("{rung}.heapsnapshot")))
        .collect();
    let redacted: Vec<_> = plain
        .iter()
        .map(|path| path.with_extension("redacted"))
        .collect();
    for (from, to) in plain.iter().zip(&redacted) {
        redact(from, to, Compression::Zstd).unwrap();
    }
    let (one, other) = (compare(&plain), compare(&redacted));
    let suspects =
        |comparison: &Comparison| -> Vec<_> { comparison.suspects.iter().map(told_by).collect() };
    assert!(!one.suspects.is_empty());
    assert_eq!(suspects(&one), suspects(&other));
    assert_eq!(one.classes, other.classes);
    assert_eq!(one.live_sizes, other.live_sizes);
}

#[test]
fn replacements_of_one_process_agree_from_snapshot_to_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    run(
        "globalThis.o = { text: 'something to recognise' };
         require('node:v8').writeHeapSnapshot('a.heapsnapshot')",
        folder.path(),
    );
    let text = |name: &str| {
        let path = folder.path().join(name);
        redact(
            &folder.path().join("a.heapsnapshot"),
            &path,
            Compression::None,
        )
        .unwrap();
        let snapshot = analyse(&path);
        let graph = snapshot.graph();
        let mut edges = graph.nodes().flat_map(|node| graph.edges(node));
        let edge = edges.find(|&edge| {
            edge.edge_type == EdgeType::Property
                && graph.edge_text(edge) == Some("text")
                && graph.node_type(edge.target) == NodeType::String
        });
        graph.node_name(edge.unwrap().target).to_owned()
    };
    assert_eq!(text("b.heapsnapshot"), text("c.heapsnapshot"));
    assert!(text("b.heapsnapshot").starts_with("***"));
}
