/**
 * What Chrome DevTools' own code says of a heap snapshot:
 * `node devtools-figures.mjs BUNDLE FILE FOLDER`
 *
 * Writes the same files as `examples/figures.rs`.
 */

import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';

const [bundle, file, folder] = process.argv.slice(2);

// DevTools' code is written for newer engines than Node.js 20 and 21.
Promise.withResolvers ??= () => {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) =>
    Object.assign(resolvers, { resolve, reject }),
  );
  return resolvers;
};

const devtools = await import(pathToFileURL(path.resolve(bundle)));

async function load() {
  const loader = new devtools.HeapSnapshotLoader({ sendEvent() {} });
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 2 ** 22 })) {
    loader.write(chunk);
    // The loader has room for one chunk until its promises have run.
    await new Promise(setImmediate);
  }
  loader.close();
  await loader.parsingComplete;
  const { port1, port2 } = new MessageChannel();
  new devtools.SecondaryInitManager(port2);
  const snapshot = await loader.buildSnapshot(port1);
  port1.close();
  return snapshot;
}

function nodeFigures(snapshot) {
  const { nodeCount, nodeFieldCount, nodes, nodeSelfSizeOffset } = snapshot;
  const figures = new Float64Array(nodeCount * 4);
  for (let node = 0; node < nodeCount; node++) {
    figures[node * 4] = nodes.getValue(node * nodeFieldCount + nodeSelfSizeOffset);
    figures[node * 4 + 1] = snapshot.retainedSizes[node];
    // DevTools' number for a node that nothing reaches is -5.
    figures[node * 4 + 2] = Math.max(snapshot.nodeDistances[node], -1);
    figures[node * 4 + 3] = snapshot.dominatorsTree[node];
  }
  return figures;
}

/** The least distance of those that anything reaches; the greatest number where nothing does. */
function leastDistance(snapshot, nodeIndices) {
  let least = 2 ** 32 - 1;
  for (const index of nodeIndices) {
    const distance = snapshot.nodeDistances[index / snapshot.nodeFieldCount];
    if (distance >= 0) least = Math.min(least, distance);
  }
  return least;
}

/**
 * The class table by the name of the class, which is what leakguard's is by. DevTools goes on to
 * split classes by where their constructors stand and by the properties of plain objects; that is
 * undone first. So is that a class has no distance when nothing reaches one of its members.
 */
function classes(snapshot) {
  snapshot.applyInterfaceDefinitions([]);
  const nodeClass = Object.getPrototypeOf(Object.getPrototypeOf(snapshot.createNode(0)));
  nodeClass.classKeyInternal = function () {
    return this.className();
  };
  const table = snapshot.aggregatesWithFilter(new devtools.NodeFilter());
  return Object.values(table).map(({ name, count, self, maxRet, idxs }) => ({
    className: name,
    count,
    shallowSize: self,
    retainedSize: maxRet,
    distance: leastDistance(snapshot, idxs),
  }));
}

/** The statistics, with typed arrays taken out of native memory, as leakguard has them. */
function statistics(snapshot) {
  const { total, native, v8heap } = snapshot.getStatistics();
  const { code, strings, jsArrays, system } = v8heap;
  const { typedArrays } = native;
  const otherNative = native.total - typedArrays;
  return { total, code, strings, jsArrays, typedArrays, native: otherNative, system };
}

/**
 * Strings that are there several times. Left out are those that V8 cut, of which leakguard also
 * compares the sizes, and those with a slice in them, whose text the file lacks.
 */
function duplicates(snapshot) {
  return snapshot
    .getDuplicateStrings()
    .filter(({ value }) => value.length < 1024 && !value.includes('(sliced string)'))
    .map(({ value, count, totalSelfSize }) => ({
      text: value.toWellFormed(),
      count,
      shallowSize: totalSelfSize,
    }));
}

// DevTools reports unreachable nodes there; every snapshot has some.
console.warn = () => {};

const snapshot = await load();
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'nodes.f64'), nodeFigures(snapshot));
const strings = { statistics: statistics(snapshot), duplicates: duplicates(snapshot) };
writeFileSync(path.join(folder, 'strings.json'), JSON.stringify(strings));
writeFileSync(path.join(folder, 'classes.json'), JSON.stringify(classes(snapshot)));
