'use strict';

/**
 * Where survivors are allocated, by V8's sampling heap profiler: it notes the stack of one allocation
 * in so many bytes, and forgets it when the object is collected. Cheap enough for production while a
 * leak is looked into, and it needs no memory for a snapshot.
 */

const path = require('node:path');

/** Between two samples, bytes: V8's own default, and the least that is affordable under load. */
const COARSEST = 512 * 1024;
const FINEST = 32 * 1024;

/** Samples that a leak should leave until it is named. */
const WANTED = 64;

/** Frames of a stack that are passed on; places of allocation, the largest first. */
const MOST_FRAMES = 24;
const MOST_STACKS = 200;

/** Where this package's own code lies, as V8 writes it. */
const OWN = __dirname + path.sep;

/** One run of the profiler. */
class AllocationSampling {
  #session;
  #isOurs;
  #mark = 0;

  /**
   * Begins, where the profiler can be had.
   *
   * @param {number} growth bytes that the leak is expected to grow by meanwhile
   * @returns {AllocationSampling | null}
   */
  static begin(growth) {
    try {
      const { Session } = require('node:inspector');
      const session = new Session();
      session.connect();
      return new AllocationSampling(session, growth);
    } catch {
      // Node.js was built without it, or its permission model forbids it.
      return null;
    }
  }

  /** Not to be called: see `begin`. */
  constructor(session, growth) {
    this.#session = session;
    // V8 has one such profiler for a thread. Whoever uses it already is not to be disturbed; what it
    // has seen is good for us, too.
    this.#isOurs = this.#ask('HeapProfiler.getSamplingProfile') === null;
    if (!this.#isOurs) return;
    const samplingInterval = Math.round(Math.min(COARSEST, Math.max(FINEST, growth / WANTED)));
    this.#ask('HeapProfiler.startSampling', { samplingInterval });
  }

  /** What is allocated from now on has not yet shown that it survives. */
  mark() {
    const samples = this.#ask('HeapProfiler.getSamplingProfile')?.profile.samples ?? [];
    for (const { ordinal } of samples) this.#mark = Math.max(this.#mark, ordinal);
  }

  /**
   * What was allocated before the mark and is still there; garbage that no collection has come upon
   * is still there, too.
   *
   * @returns {{ bytes: number, frames: { functionName: string, url: string, line: number,
   *   column: number }[] }[]} the largest first; frames from the allocating function outwards, lines
   *   and columns from 1
   */
  survivors() {
    const answer = this.#ask('HeapProfiler.getSamplingProfile');
    if (answer === null) return [];
    const bytes = new Map();
    for (const { nodeId, ordinal, size } of answer.profile.samples) {
      if (ordinal <= this.#mark) bytes.set(nodeId, (bytes.get(nodeId) ?? 0) + size);
    }
    const found = [];
    for (const [id, frames] of stacks(answer.profile.head)) {
      if (!bytes.has(id) || isOwn(frames)) continue;
      found.push({ bytes: bytes.get(id), frames: frames.slice(0, MOST_FRAMES) });
    }
    return found.sort((left, right) => right.bytes - left.bytes).slice(0, MOST_STACKS);
  }

  end() {
    if (this.#isOurs) this.#ask('HeapProfiler.stopSampling');
    this.#session.disconnect();
  }

  /** An inspector in the same thread answers at once. */
  #ask(method, parameters) {
    let answer = null;
    this.#session.post(method, parameters, (error, result) => {
      if (!error) answer = result;
    });
    return answer;
  }
}

/** Every node of the profile's tree with its stack, without recursion: programs recurse deeply. */
function* stacks(head) {
  const pending = [{ node: head, above: null }];
  while (pending.length > 0) {
    const { node, above } = pending.pop();
    const frame = { ...frameOf(node.callFrame), above };
    yield [node.id, unwound(frame)];
    for (const child of node.children) pending.push({ node: child, above: frame });
  }
}

function frameOf({ functionName, url, lineNumber, columnNumber }) {
  return { functionName, url, line: lineNumber + 1, column: columnNumber + 1 };
}

function unwound(frame) {
  const frames = [];
  for (let next = frame; next !== null && frames.length < MOST_FRAMES; next = next.above) {
    const { above, ...own } = next;
    if (own.url !== '') frames.push(own);
  }
  return frames;
}

/** Whether it was allocated for leakguard itself. */
function isOwn(frames) {
  const own = frames.find(({ url }) => !url.startsWith('node:'));
  return own?.url.replace(/^file:\/\//, '').startsWith(OWN) ?? false;
}

module.exports = { AllocationSampling };
