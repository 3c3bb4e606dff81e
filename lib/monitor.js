'use strict';

/** The monitor: samples, asks the judge, and has a leak diagnosed. */

const { EventEmitter } = require('node:events');
const timers = require('node:timers');
const { isDeepStrictEqual } = require('node:util');
const path = require('node:path');
const { isMainThread, threadId } = require('node:worker_threads');
const { captureToFile } = require('./capture');
const { diagnose } = require('./diagnosis');
const { LeakguardError, callNative, fromNative } = require('./errors');
const { FIGURE, figures } = require('./figures');
const { ForkedGc } = require('./forked-gc');
const { GcRequests } = require('./gc-request');
const { GcWatch } = require('./gc-watch');
const { HandleWatch } = require('./handle-watch');
const { held } = require('./job');
const { ListenerWatch } = require('./listener-watch');
const { native } = require('./native');
const { NearLimit } = require('./near-limit');
const { schemas, validate } = require('./options');
const { WorkerWatch } = require('./worker-watch');

const CREATE = Symbol('create');

/** What the addon answers to a sample: see `record` in src/addon/monitor.rs. */
const SAYS = 1;
const WANTS_MAJOR_GC = 2;

/** Watches this process; see index.d.ts. */
class Monitor extends EventEmitter {
  #options;
  #native;
  #gc;
  #requests;
  #forkedGc;
  #figures = figures();
  #handles;
  #workers = new WorkerWatch();
  #listeners = new ListenerWatch();
  #timer;
  #stopped = new AbortController();
  #captures = { count: 0, refused: 0, lastAt: null };
  #diagnosedAt = null;
  #diagnosing = null;
  #onSignal = null;
  #nearLimit = null;
  #onExit = (code) => this.#native.end(code);

  /** Not for users: a monitor comes from startMonitor(). */
  constructor(key, options) {
    super({ captureRejections: true });
    if (key !== CREATE) {
      throw new TypeError('A Monitor comes from startMonitor(), not from its constructor.');
    }
    const { NativeMonitor } = native();
    this.#options = options;
    this.#native = new NativeMonitor(
      JSON.stringify({
        intervalMs: options.interval,
        minGrowth: options.minGrowth === null ? null : Math.round(options.minGrowth),
        pressure: options.pressure,
        flightRecorder: options.flightRecorder ? flightPlan(options) : null,
      }),
    );
    this.#handles = new HandleWatch(this.#figures, {
      interval: options.interval,
      workers: this.#workers,
      listeners: this.#listeners,
    });
    const work = {
      begin: () => this.#native.beginWork(),
      end: () => this.#native.endWork(),
    };
    this.#gc = new GcWatch(this.#figures, {
      onMajor: (liveHeap, pauses) => {
        for (const ms of pauses) this.#requests.paused(ms, liveHeap);
        this.#nearLimit?.collected(liveHeap);
      },
      ...work,
    });
    this.#forkedGc = new ForkedGc(options, {
      left: (figures) => this.#gc.note(figures),
      ...work,
    });
    this.#requests = new GcRequests(options.maxGcPause, () => this.#forkedGc.begin());
    this.#timer = timers.setInterval(() => this.#sample(), options.interval);
    this.#timer.unref();
    if (options.signal) this.#listenTo(options.signal);
    if (options.nearHeapLimit) this.#watchLimit();
    if (options.flightRecorder) process.on('exit', this.#onExit);
  }

  get options() {
    return this.#options;
  }

  status() {
    return callNative(this.status, () => {
      const { ownMs, bytesHeld, ...status } = JSON.parse(this.#native.status());
      return {
        running: this.#running,
        ...status,
        captures: { ...this.#captures },
        gcRequests: { ...this.#requests.counts, forked: this.#forkedGc.count },
        diagnosing: this.#diagnosing !== null,
        cost: { ms: ownMs, bytes: bytesHeld },
      };
    });
  }

  samples() {
    return callNative(this.samples, () => JSON.parse(this.#native.samples()));
  }

  diagnose() {
    return callNative(this.diagnose, () => held(this.#diagnose(null)));
  }

  stop() {
    if (!this.#running) return;
    this.#stopped.abort();
    timers.clearInterval(this.#timer);
    this.#gc.stop();
    this.#workers.stop();
    this.#listeners.stop();
    this.#nearLimit?.stop();
    this.#native.stop();
    if (this.#onSignal) process.removeListener(this.#options.signal, this.#onSignal);
    process.removeListener('exit', this.#onExit);
    if (running === this) running = null;
  }

  get #running() {
    return !this.#stopped.signal.aborted;
  }

  #sample() {
    try {
      this.#native.beginWork();
      const answer = this.#record();
      this.#native.endWork();
      // Most monitors are listened to by nobody, and a sample that nobody reads is garbage.
      if (this.listenerCount('sample') > 0) this.#tell('sample', JSON.parse(this.#native.latest()));
      if (answer & SAYS) {
        for (const event of JSON.parse(this.#native.takeEvents())) this.#react(event);
      }
      this.#nearLimit?.sampled();
      // A fork waits for V8's other threads: those that mark would hold it up.
      const mayAsk = answer & WANTS_MAJOR_GC && this.#running && this.#diagnosing === null;
      if (mayAsk) this.#requests.ask();
    } catch (error) {
      this.#fail(error);
    }
  }

  #record() {
    const figures = this.#figures;
    const memory = process.memoryUsage();
    figures[FIGURE.time] = Date.now();
    figures[FIGURE.rss] = memory.rss;
    figures[FIGURE.heapTotal] = memory.heapTotal;
    figures[FIGURE.heapUsed] = memory.heapUsed;
    figures[FIGURE.external] = memory.external;
    figures[FIGURE.arrayBuffers] = memory.arrayBuffers;
    figures[FIGURE.alone] = this.#workers.seen ? 0 : 1;
    this.#gc.look();
    const counted = this.#handles.take();
    const answer = this.#native.record(figures, counted);
    this.#gc.forget();
    return answer;
  }

  #react(event) {
    if (event.type === 'leak') {
      this.#tell('leak', event.leak);
      this.#explain(event.leak);
    } else {
      this.#tell(event.type, event[event.type] ?? event.leak);
    }
  }

  /** Says one line about a leak: who is to blame, or at least that there is one. */
  async #explain(leak) {
    if (!this.#options.diagnose) return this.#say(leak.message);
    if (this.#coolingDown()) {
      this.#captures.refused += 1;
      return this.#say(leak.message);
    }
    try {
      const { suspects, html } = await this.#diagnose(leak);
      const culprit = suspects.length > 0 ? ` ${suspects[0].message}` : '';
      if (culprit) this.#native.noteSuspect(suspects[0].message);
      this.#say(`${leak.message}${culprit} Report: ${html}`);
    } catch (error) {
      if (!this.#running) return;
      this.#say(`${leak.message} It could not be diagnosed: ${error.message}`);
      this.#fail(error);
    }
  }

  /** One diagnosis at a time: whoever asks while one runs gets that one. */
  #diagnose(leak) {
    this.#diagnosing ??= this.#runDiagnosis(leak).finally(() => {
      this.#diagnosing = null;
    });
    return this.#diagnosing;
  }

  async #runDiagnosis(leak) {
    this.#diagnosedAt = Date.now();
    const diagnosis = await diagnose({
      leak,
      options: this.#options,
      samples: () => this.samples(),
      signal: this.#stopped.signal,
    });
    this.#captures.count += diagnosis.snapshots.length;
    this.#diagnosedAt = Date.now();
    this.#captures.lastAt = this.#diagnosedAt;
    this.#tell('diagnosis', diagnosis);
    return diagnosis;
  }

  /** Whether the last diagnosis was too short a time ago for another one on our own account. */
  #coolingDown() {
    const last = this.#diagnosedAt;
    return last !== null && Date.now() - last < this.#options.cooldown;
  }

  #listenTo(signal) {
    if (!isMainThread) {
      process.emitWarning(
        `The option 'signal' of startMonitor() does nothing in a worker thread: Node.js gives ` +
          'signals to the main thread only. Start a monitor there.',
        { code: 'LEAKGUARD_NO_SIGNAL' },
      );
    }
    this.#onSignal = async () => {
      try {
        const { directory, snapshot, keep } = this.#options;
        const target = { directory: path.resolve(directory), keep };
        this.#captured(await captureToFile(snapshot, target));
      } catch (error) {
        this.#fail(error);
      }
    };
    process.on(signal, this.#onSignal);
  }

  #watchLimit() {
    this.#nearLimit = new NearLimit(this.#options, () => this.samples(), {
      captured: (info) => this.#captured(info),
      found: (info) => this.#tell('snapshot', info),
      failed: (error) => this.#fail(error),
    });
  }

  /** A snapshot that no diagnosis has asked for. */
  #captured(info) {
    this.#captures.count += 1;
    this.#captures.lastAt = Date.now();
    this.#tell('snapshot', info);
  }

  #say(line) {
    if (!this.#options.quiet) process.stderr.write(`leakguard: ${line.replaceAll('\n', ' ')}\n`);
  }

  /** A listener of the application must not end the application from our timer. */
  #tell(name, value) {
    try {
      this.emit(name, value);
    } catch (error) {
      this.#blame(name, error);
    }
  }

  /** Where EventEmitter leaves what a listener that is an async function rejects with. */
  [Symbol.for('nodejs.rejection')](error, name) {
    if (name !== 'error') this.#blame(name, error);
  }

  #blame(name, error) {
    this.#fail(
      new LeakguardError(
        'ERR_LEAKGUARD_LISTENER',
        `A listener for '${name}' of the monitor threw: ${error?.message ?? error}`,
        { cause: error },
      ),
    );
  }

  #fail(error) {
    if (this.listenerCount('error') === 0) return;
    try {
      this.emit('error', error instanceof LeakguardError ? error : fromNative(error));
    } catch {
      // The listener for errors is broken itself; there is nobody left to tell.
    }
  }
}

/** What the flight recorder is told of this process. */
function flightPlan({ directory, keep }) {
  return {
    directory: path.resolve(directory),
    thread: threadId,
    node: process.version,
    script: process.argv[1] ?? '',
    keep: [keep.count, Math.round(keep.bytes)],
  };
}

let running = null;

/** Starts watching this process; see index.d.ts. */
function startMonitor(given) {
  const options = validate(schemas.startMonitor, given, 'startMonitor');
  if (running) {
    if (given !== undefined && !isDeepStrictEqual(options, running.options)) {
      process.emitWarning(
        'startMonitor() was called again with other options. The running monitor keeps its own; ' +
          'call stopMonitor() first to change them.',
        { code: 'LEAKGUARD_ALREADY_RUNNING' },
      );
    }
    return running;
  }
  running = callNative(startMonitor, () => new Monitor(CREATE, options));
  return running;
}

/** Stops the monitor that startMonitor() started, if there is one. */
function stopMonitor() {
  running?.stop();
}

module.exports = { Monitor, startMonitor, stopMonitor };
