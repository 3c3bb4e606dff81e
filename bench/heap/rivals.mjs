/**
 * One task of one rival, in a process of its own:
 *
 *     node rivals.mjs TOOLS memlab|devtools|wasm classes|retained|growth FILE...
 *
 * One line of JSON: the stages in milliseconds, and something of the answer.
 */

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread, MessageChannel, Worker, workerData } from 'node:worker_threads';

// Older versions of Node.js are without it, and DevTools needs it.
Promise.withResolvers ??= () => {
  const found = {};
  found.promise = new Promise((resolve, reject) => Object.assign(found, { resolve, reject }));
  return found;
};

const [tools, rival, task, ...files] = isMainThread ? process.argv.slice(2) : workerData;
const requireTool = createRequire(path.join(tools, 'package.json'));
const start = performance.now();
const stages = {};
let last = start;

function end(stage) {
  stages[stage] = performance.now() - last;
  last = performance.now();
}

async function memlab() {
  const core = requireTool('@memlab/core');
  core.config.muteConsole = true;
  core.config.isContinuousTest = true;
  if (task === 'growth') {
    const leaks = await requireTool('@memlab/api').findLeaksBySnapshotFilePaths(...files);
    end('growth');
    return { clusters: leaks.length };
  }
  const options = { buildNodeIdIndex: task === 'retained', verbose: false };
  const snapshot = await core.utils.getSnapshotFromFile(files[0], options);
  end('parse');
  if (task === 'retained') {
    core.analysis.preparePathFinder(snapshot);
    end('retained');
    return { nodes: snapshot.nodes.length };
  }
  const classes = new Map();
  snapshot.nodes.forEach((node) => {
    const named = node.type === 'object' || node.type === 'native';
    const name = named ? node.name : `(${node.type})`;
    const row = classes.get(name) ?? { count: 0, size: 0 };
    row.count++;
    row.size += node.self_size;
    classes.set(name, row);
  });
  end('classes');
  return { nodes: snapshot.nodes.length, classes: classes.size };
}

async function readInDevtools(devtools, file) {
  const loader = new devtools.HeapSnapshotLoader({ sendEvent() {} });
  const text = fs.createReadStream(file, { encoding: 'utf8', highWaterMark: 4 << 20 });
  for await (const chunk of text) {
    loader.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  loader.close();
  await loader.parsingComplete;
  end('parse');
  const { port1, port2 } = new MessageChannel();
  const helper = new Worker(fileURLToPath(import.meta.url), {
    workerData: [tools, rival, port2],
    transferList: [port2],
  });
  const snapshot = await loader.buildSnapshot(port1);
  port1.close();
  await helper.terminate();
  end('retained');
  return snapshot;
}

async function devtools() {
  const code = await import(pathToFileURL(path.join(tools, 'devtools.mjs')).href);
  if (!isMainThread) {
    // In DevTools' second thread, a port stands where the task does.
    new code.SecondaryInitManager(task);
    return null;
  }
  let snapshot = await readInDevtools(code, files[0]);
  if (task === 'growth') {
    // DevTools compares two at a time: the first with the second, the second with the third.
    const found = [];
    for (const file of files.slice(1)) {
      const base = snapshot.aggregatesForDiff(snapshot.interfaceDefinitions());
      snapshot = null;
      snapshot = await readInDevtools(code, file);
      found.push(Object.keys(snapshot.calculateSnapshotDiff(1, base)).length);
      end('difference');
    }
    return { classes: found };
  }
  if (task === 'classes') {
    // Unlike the others', its table always has retained sizes.
    const classes = snapshot.aggregatesWithFilter(new code.NodeFilter());
    end('classes');
    return { nodes: snapshot.nodeCount, classes: Object.keys(classes).length };
  }
  return { nodes: snapshot.nodeCount };
}

async function wasm() {
  const parser = requireTool('@vscode/v8-heap-parser');
  const graph = parser.decode_bytes(fs.readFileSync(files[0]));
  end('parse');
  const groups = graph.get_class_groups(0, 1e9, task === 'classes');
  end('classes');
  return { classes: groups.length };
}

const answer = await { memlab, devtools, wasm }[rival]();
if (isMainThread) {
  process.stdout.write(`\n${JSON.stringify({ stages, answer })}\n`);
  process.exit(0);
}
