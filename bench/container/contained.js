'use strict';

/** A server in a cgroup, asked for answers from outside. */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const path = require('node:path');

const CLIENTS = 2;
/** Between two requests of a client, ms: the load is light. */
const BETWEEN_REQUESTS = 20;
/** Between two looks at the cgroup, ms. */
const BETWEEN_LOOKS = 5;

class Contained {
  #cgroup;
  #process;
  #ended;
  #agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  #counts = { answers: 0, wrong: 0, missing: 0 };
  #clients = [];
  #stopped = false;

  /** Starts the server of server.js in `cgroup`, with `argv`. */
  constructor(cgroup, argv) {
    this.#cgroup = cgroup;
    const node = [process.execPath, `--max-old-space-size=${Math.round(cgroup.limit / 2 ** 20)}`];
    const server = path.join(__dirname, 'server.js');
    this.#process = spawn(...cgroup.within([...node, server, ...argv]), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#ended = once(this.#process, 'exit').then(([code, signal]) => {
      this.#stopped = true;
      return signal ?? code;
    });
  }

  get alive() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Whether it has come up; from then on it is asked. */
  async listening() {
    const message = await this.#message();
    if (message === null) return false;
    this.#clients = Array.from({ length: CLIENTS }, () => this.#client(message.listening));
    return true;
  }

  /** Has it attempt a snapshot, and gives back how that ended. */
  async attempt(way) {
    this.#process.send({ way });
    return (await this.#message()) ?? { outcome: 'server died' };
  }

  /** Watches the cgroup until the function that it gives back is called. */
  measure() {
    const before = { events: this.#cgroup.events(), ...this.#counts };
    const { headroom: headroomBefore } = this.#cgroup.memory();
    let peak = 0;
    let headroom = headroomBefore;
    const look = () => {
      const memory = this.#cgroup.memory();
      peak = Math.max(peak, memory.current);
      headroom = Math.min(headroom, memory.headroom);
    };
    look();
    const timer = setInterval(look, BETWEEN_LOOKS);
    return async () => {
      // Requests that are under way have their answer by then, or never.
      await new Promise((resolve) => setTimeout(resolve, 200));
      clearInterval(timer);
      const events = this.#cgroup.events();
      const since = (name) => (events[name] ?? 0) - (before.events[name] ?? 0);
      return {
        died: this.alive ? false : await this.#ended,
        answers: this.#counts.answers - before.answers,
        wrong: this.#counts.wrong - before.wrong,
        missing: this.#counts.missing - before.missing,
        version: this.#cgroup.version,
        limitHits: since('max'),
        outOfMemory: since('oom'),
        groupKills: since('oom_group_kill'),
        kills: since('oom_kill'),
        peak,
        headroomBefore,
        headroom,
      };
    };
  }

  async remove() {
    this.#stopped = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
    this.#process.kill('SIGKILL');
    await this.#ended;
    await this.#cgroup.remove();
  }

  /** The next message; null when there will be none. */
  async #message() {
    const message = once(this.#process, 'message').then(([first]) => first);
    return Promise.race([message, this.#ended.then(() => null)]);
  }

  async #client(port) {
    for (let id = 0; !this.#stopped; id = (id + 1) % 1000) {
      const text = await this.#ask(port, id);
      this.#counts.answers += 1;
      if (text === null) this.#counts.missing += 1;
      else if (text !== JSON.stringify({ id, double: 2 * id, part: 'object' })) {
        this.#counts.wrong += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_REQUESTS));
    }
  }

  #ask(port, id) {
    return new Promise((resolve) => {
      const options = { agent: this.#agent, port, host: '127.0.0.1', path: `/${id}` };
      const request = http.get(options, (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => resolve(text));
        response.on('error', () => resolve(null));
      });
      request.on('error', () => resolve(null));
    });
  }
}

module.exports = { Contained };
