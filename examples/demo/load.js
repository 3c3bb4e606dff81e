'use strict';

/** A bounded load on a server, by autocannon. */

const autocannon = require('autocannon');

const CONNECTIONS = 10;

/** Requests per second in all. Enough to leak visibly, and little for any machine. */
const RATE = 150;

/** Seconds after which the load ends by itself, whatever happens. */
const LONGEST = 180;

/** While the server writes a snapshot it answers nothing; that is no failure. */
const TIMEOUT = 60;

class Load {
  #cannon;
  #ended;
  #times = [];

  /**
   * @param {string} url
   * @param {object} request method, headers and body for autocannon
   */
  constructor(url, request) {
    this.#cannon = autocannon({
      ...request,
      url,
      connections: CONNECTIONS,
      overallRate: RATE,
      duration: LONGEST,
      sampleInt: 250,
      timeout: TIMEOUT,
    });
    this.#ended = new Promise((resolve) => this.#cannon.once('done', resolve));
    this.#cannon.on('response', () => this.#times.push(performance.now()));
  }

  /** Responses in the last second. */
  rate() {
    const second = performance.now() - 1000;
    this.#times = this.#times.filter((time) => time > second);
    return this.#times.length;
  }

  async stop() {
    this.#cannon.stop();
    await this.#ended;
  }
}

module.exports = { Load, RATE };
