'use strict';

/** One example server under load, watched until enough is known about it. */

const { setTimeout } = require('node:timers/promises');
const { formatBytes } = require('../../lib/units');
const { Load } = require('./load');
const { bold, dim, print, red, show, sparkline, wrapped } = require('./screen');
const { Server } = require('./server');

const HOW =
  process.platform === 'linux'
    ? ', each by a forked child: the server goes on.'
    : '. While V8 writes one, nothing is served.';

const { stdout } = process;

/** Milliseconds between two looks at the run. */
const LOOK_EVERY = 200;

/** Seconds between two lines where there is no terminal. */
const PRINT_EVERY = 5;

const SPARKS = 12;

/** Columns that the clock takes. */
const MARGIN = ' '.repeat(9);

const STATES = {
  warming: 'gathering data',
  notSettled: 'too early to say',
  clean: 'clean',
  leaking: 'leak found',
};

/** What is followed, by the kind of memory that the example fills. */
const METRICS = {
  heap: { label: 'live heap', level: 'liveHeap' },
  external: { label: 'live buffers', level: 'liveArrayBuffers' },
};

class Run {
  /** Seconds from the first request until the alarm. */
  alarmedAfter = null;
  leak = null;
  diagnosis = null;
  /** Why the run could not go on. */
  failure = null;
  /** What was left after each major collection: `{ seconds, bytes }`. */
  levels = [];

  #metric;
  #kind;
  #begun = performance.now();
  #load = null;
  #latest = null;

  /**
   * @param {object} example one of EXAMPLES
   * @param {boolean} leaking whether it is to leak
   */
  constructor(example, leaking) {
    this.example = example;
    this.leaking = leaking;
    this.#kind = example.kind;
    this.#metric = METRICS[example.kind];
  }

  /** Seconds since the first request. */
  get seconds() {
    return (performance.now() - this.#begun) / 1000;
  }

  /** Goes on until `enough()` is true, or until it cannot. */
  async until(enough) {
    const server = new Server(this.example.file, this.leaking);
    this.#listen(server);
    let next = PRINT_EVERY;
    try {
      while (this.failure === null && !enough()) {
        await setTimeout(LOOK_EVERY);
        if (!this.#isUnderWay()) continue;
        show(this.#status());
        if (stdout.isTTY || this.seconds < next) continue;
        next = this.seconds + PRINT_EVERY;
        print(this.#status());
      }
      // Where there is no terminal, a line may just have been printed.
      if (this.#isUnderWay() && (stdout.isTTY || next - this.seconds < PRINT_EVERY - 1)) {
        print(this.#status());
      }
    } finally {
      await this.#load?.stop();
      await server.stop();
    }
  }

  #listen(server) {
    server.on('listening', (url) => {
      this.#load = new Load(url, this.example.request);
      this.#begun = performance.now();
    });
    server.on('sample', (latest) => {
      this.#latest = latest;
      const bytes = latest.sample[this.#metric.level];
      if (bytes !== null) this.levels.push({ seconds: this.seconds, bytes });
    });
    server.on('leak', (leak) => this.#alarm(leak));
    server.on('diagnosis', (diagnosis) => {
      this.diagnosis = diagnosis;
    });
    server.on('failure', (message) => {
      this.failure = `leakguard reported: ${message}`;
    });
    server.on('end', (reason) => {
      this.failure = `The server ended by itself: ${reason}`;
    });
  }

  #alarm(leak) {
    if (stdout.isTTY && this.#isUnderWay()) print(this.#status());
    this.leak = leak;
    this.alarmedAfter = this.seconds;
    const text = wrapped(`${this.#clock()}  LEAK  ${leak.message}`, 15);
    print(text.replace('LEAK', red(bold('LEAK'))));
    if (this.leaking) print(dim(`${MARGIN}Three snapshots follow${HOW}`));
  }

  #isUnderWay() {
    return this.#load !== null && this.#latest !== null;
  }

  #status() {
    const { sample, states } = this.#latest;
    const level = this.levels.at(-1);
    return [
      this.#clock(),
      `${String(this.#load.rate()).padStart(3)} requests/s`,
      `${this.#metric.label} ${level ? formatBytes(level.bytes).padStart(7) : '      -'}`,
      sparkline(this.#course()),
      `resident set ${formatBytes(sample.rss).padStart(7)}`,
      this.#state(states),
    ].join('  ');
  }

  #state(states) {
    if (this.diagnosis) return 'diagnosed';
    return this.leak ? 'taking snapshots' : STATES[states[this.#kind]];
  }

  #clock() {
    return `${Math.round(this.seconds)} s`.padStart(7);
  }

  /** The level at evenly spaced moments from the beginning until now. */
  #course() {
    return Array.from({ length: SPARKS }, (_, index) => {
      const moment = (this.seconds * (index + 1)) / SPARKS;
      return this.levels.findLast(({ seconds }) => seconds <= moment)?.bytes ?? 0;
    });
  }
}

module.exports = { Run };
