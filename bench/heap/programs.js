'use strict';

/**
 * Programs whose heaps are like those that people look at, and three snapshots of each:
 *
 *     node --expose-gc programs.js server|tools|objects SCALE TOOLS FOLDER
 *
 * Before the second and the third, objects of the class `LeakedRequest` are added to a Map of the
 * module; in the second, and in no other, are some of the class `TransientJob`.
 */

const fs = require('node:fs');
const http = require('node:http');
const inspector = require('node:inspector');
const { createRequire } = require('node:module');
const path = require('node:path');
const v8 = require('node:v8');

const [program, scaleText, tools, folder] = process.argv.slice(2);
const scale = Number(scaleText);
const requireTool = createRequire(path.join(tools, 'package.json'));

const leakedRequests = new Map();

class LeakedRequest {
  constructor(number) {
    this.id = `request-${number.toString(36)}`;
    this.url = `/users/${number}/orders?page=${number % 97}`;
    this.headers = { host: 'localhost', agent: `probe/${number % 13}`, id: this.id };
    this.parameters = [number, number * 2, String(number * 7)];
    this.onFinish = () => this.url.length + number;
  }
}

class TransientJob {
  constructor(number) {
    this.number = number;
    this.payload = { tag: `job ${number}`, at: number + 0.5 };
  }
}

function leak(count) {
  for (let added = 0; added < count; added++) {
    const request = new LeakedRequest(leakedRequests.size);
    leakedRequests.set(request.id, request);
  }
}

/** An express server that has answered a few thousand requests. */
async function server() {
  const express = requireTool('express');
  const app = express();
  app.use(express.json());
  const users = new Map();
  const searches = {};
  app.get('/users/:id', (request, response) => response.json(users.get(request.params.id) ?? {}));
  app.post('/users', (request, response) => {
    const id = String(users.size);
    users.set(id, { id, ...request.body, createdAt: new Date() });
    response.status(201).json({ id });
  });
  app.get('/search', (request, response) => {
    searches[request.query.term] = { term: request.query.term, hits: [1, 2, 3] };
    response.send('<ul><li>hit</li></ul>');
  });
  const listening = await new Promise((resolve) => {
    const started = app.listen(0, () => resolve(started));
  });
  const { port } = listening.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  const ask = (method, url, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const request = http.request({ port, agent, method, path: url, headers }, (response) => {
        response.resume().on('end', resolve);
      });
      request.on('error', reject).end(body);
    });
  for (let round = 0; round < 150 * scale; round++) {
    const requests = [];
    for (let one = 0; one < 20; one++) {
      const number = round * 20 + one;
      const user = JSON.stringify({ name: `user ${number}`, tags: ['a', 'b', String(number)] });
      requests.push(ask('POST', '/users', user), ask('GET', `/users/${number}`));
      requests.push(ask('GET', `/search?term=term${number % 2000}`));
    }
    await Promise.all(requests);
  }
  agent.destroy();
  return { held: { app, users, searches }, end: () => listening.close() };
}

/** A type checker, a bundler and a document, with caches such as build tools have. */
async function buildTools() {
  const held = {};
  const ts = requireTool('typescript');
  const options = { target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'], types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const text = 'export const cache = new Map<string, Awaited<Promise<number[]>>>();';
  host.getSourceFile = (name, version, ...rest) =>
    name === '/one.ts'
      ? ts.createSourceFile(name, text, version, true)
      : getSourceFile.call(host, name, version, ...rest);
  host.fileExists = (name) => name === '/one.ts' || fileExists.call(host, name);
  held.types = ts.createProgram(['/one.ts'], options, host);
  held.types.getSemanticDiagnostics();
  const entry = path.join(folder, 'entry.js');
  fs.writeFileSync(
    entry,
    'console.log(require("lodash").chunk([1], 2), require("acorn").version);',
  );
  held.compiler = requireTool('webpack')({
    mode: 'development',
    context: tools,
    entry,
    output: { path: path.join(folder, 'bundle') },
    resolve: { modules: [path.join(tools, 'node_modules')] },
  });
  held.stats = await new Promise((resolve, reject) => {
    held.compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
  });
  const { JSDOM } = requireTool('jsdom');
  const row = (_, number) =>
    `<tr class="r${number % 7}"><td><a href="/${number}">cell</a></td></tr>`;
  const rows = Array.from({ length: 600 * scale }, row).join('');
  held.document = new JSDOM(`<!doctype html><html><body><table>${rows}</table></body></html>`);
  class CacheEntry {
    constructor(key, number) {
      this.key = key;
      this.value = { number: Math.random(), text: `value of ${key}` };
      this.hits = number % 10;
    }
  }
  held.caches = Array.from({ length: 20 }, (_, cache) => {
    const key = (number) => `${cache}:${number}`;
    const entries = Array.from({ length: 10_000 * scale }, (_, number) => key(number));
    return new Map(entries.map((name, number) => [name, new CacheEntry(name, number)]));
  });
  return { held, end: () => held.document.window.close() };
}

/** Millions of small objects that refer to each other. */
async function objects() {
  class Line {
    constructor(order, number) {
      Object.assign(this, { order, item: `item ${number % 5000}`, price: number + 0.25 });
    }
  }
  class Order {
    constructor(account, number) {
      Object.assign(this, { account, number });
      this.lines = [0, 1, 2].map((line) => new Line(this, number * 3 + line));
      this.note =
        number % 4 === 0 ? { text: `note ${number}`, flags: [true, false, number] } : null;
    }
  }
  class Account {
    constructor(number, before) {
      Object.assign(this, { number, before, name: `account ${number}` });
      this.address = { street: `${number} Main St`, city: `city ${number % 7}` };
      this.orders = [new Order(this, number * 2), new Order(this, number * 2 + 1)];
      this.tags = new Set([`tag ${number % 50}`, `mark ${number % 30}`]);
      this.onChange = (name) => {
        this.name = name;
        return number;
      };
    }
  }
  const byNumber = new Map();
  const byName = {};
  const side = new WeakMap();
  let account = null;
  for (let number = 0; number < 210_000 * scale; number++) {
    account = new Account(number, account);
    byNumber.set(number, account);
    if (number % 3 === 0) byName[account.name] = account;
    if (number % 2 === 0) side.set(account, { number });
  }
  const tree = (depth) =>
    depth === 0 ? { leaf: 'leaf' } : { left: tree(depth - 1), right: tree(depth - 1), depth };
  const trees = Array.from({ length: 280 * scale }, () => tree(11));
  return { held: [byNumber, byName, side, trees], end() {} };
}

async function main() {
  const { held, end } = await { server, tools: buildTools, objects }[program]();
  // On Node.js 20 V8 looks for each function's line anew, unless it knows the ends of all lines.
  // The session stays open: to close it would give every object another id.
  const session = new inspector.Session();
  session.connect();
  session.post('Debugger.enable');
  session.post('Debugger.disable');
  const leaked = program === 'server' ? 2000 : 20_000;
  let transient = [];
  for (const name of ['1', '2', '3']) {
    if (name !== '1') leak(leaked);
    transient = name === '2' ? Array.from({ length: 5000 }, (_, n) => new TransientJob(n)) : [];
    global.gc();
    v8.writeHeapSnapshot(path.join(folder, `${name}.heapsnapshot`));
  }
  globalThis.held = [held, transient, session];
  end();
}

main();
