'use strict';

/**
 * How many objects of a class are alive after some calls that were not before.
 *
 * Told from heap snapshots, by the prototype of each object. `v8.queryObjects` would be faster, but
 * sees no object of another realm, such as those that a test in jest makes, is not there before
 * Node.js 20.13, and cannot say who holds what it counts.
 */

const { GarbageCollector } = require('../garbage');
const { native } = require('../native');
const { addSnapshot } = require('./captures');
const { withFixture } = require('./fixture');
const { Landmark } = require('./landmark');
const { Workload } = require('./workload');

/** The name under which the prototype stands in the snapshots. */
const MARK = 'prototype that leakguard counts';

/**
 * @typedef {object} Retention
 * @property {number} count objects more than before
 * @property {number} calls
 * @property {import('../..').Suspect[]} suspects who holds them
 * @property {string} text the engine's words on them
 */

/**
 * @param {(iteration: number, fixture: unknown) => unknown} fn
 * @param {object} prototype of the class
 * @param {object} options complete RetentionOptions
 * @returns {Promise<Retention>}
 */
function countRetained(fn, prototype, { setup, teardown, ...options }) {
  return withFixture({ setup, teardown }, async (fixture) => {
    const subject = new Landmark('function under test', fn);
    const landmark = new Landmark(MARK, prototype);
    const collector = new GarbageCollector();
    try {
      const workload = new Workload(subject, fixture, options.concurrency, Infinity);
      const comparison = new (native().NativeComparison)(MARK);
      await workload.run(options.warmup);
      await collector.collectOnce();
      const before = await addSnapshot(comparison, 0, null);
      await workload.run(options.iterations);
      await collector.collectOnce();
      const after = await addSnapshot(comparison, options.iterations, process.cwd());
      const { suspects, text } = after.result;
      const count = after.instances - before.instances;
      return { count, calls: options.iterations, suspects, text };
    } finally {
      subject.remove();
      landmark.remove();
      collector.close();
    }
  });
}

module.exports = { countRetained };
