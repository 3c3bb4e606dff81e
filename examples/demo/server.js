'use strict';

/** An example server as a process of its own, which never outlives the demo. */

const { spawn } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/** A small heap, as in a small container: V8 then collects often, so an answer comes soon. */
const NODE_OPTIONS = ['--max-old-space-size=256', '--max-semi-space-size=2'];

/** Characters of the server's stderr that are kept, to explain an early end. */
const KEPT = 4000;

/**
 * Emits 'listening' with the URL, what the reporter tells ('sample', 'leak', 'diagnosis',
 * 'failure'), and 'end' with the reason when it ends without being asked to.
 */
class Server extends EventEmitter {
  #child;
  #closed;
  #said = '';

  /**
   * @param {string} file the example
   * @param {boolean} leaking whether it is to leak
   */
  constructor(file, leaking) {
    super();
    this.#child = spawn(
      process.execPath,
      [...NODE_OPTIONS, '--require', path.join(__dirname, 'reporter.js'), file],
      {
        cwd: ROOT,
        env: { ...process.env, LEAK: leaking ? 'on' : 'off' },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    process.on('exit', this.#kill);
    this.#closed = once(this.#child, 'close').finally(() => process.off('exit', this.#kill));
    this.#child.stdout.once('data', (text) => this.emit('listening', /http:\S+/.exec(text)[0]));
    this.#child.stderr.on('data', (text) => {
      this.#said = (this.#said + text).slice(-KEPT);
    });
    this.#child.on('message', ({ type, value }) => this.emit(type, value));
    this.#closed.then(
      ([code, signal]) => this.emit('end', `${signal ?? `exit code ${code}`}\n${this.#said}`),
      ({ message }) => this.emit('end', message),
    );
  }

  /** Ends it and waits until it is gone. */
  async stop() {
    this.removeAllListeners();
    this.#child.kill();
    await this.#closed;
  }

  #kill = () => this.#child.kill('SIGKILL');
}

module.exports = { NODE_OPTIONS, ROOT, Server };
