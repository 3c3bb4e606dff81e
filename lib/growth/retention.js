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
 * @param {import('./landmark').Landmark} subject has the function
 * @param {import('./landmark').Landmark} landmark has the prototype of the class, under the name `MARK`
 * @param {object} options complete RetentionOptions
 * @returns {Promise<Retention>}
 */
async function countRetained(subject, landmark, { setup, teardown, ...options }) {
  const collector = new GarbageCollector();
  try {
    return await withFixture({ setup, teardown }, async (fixture) => {
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
    });
  } finally {
    subject.remove();
    landmark.remove();
    collector.close();
  }
}

module.exports = { MARK, countRetained };
