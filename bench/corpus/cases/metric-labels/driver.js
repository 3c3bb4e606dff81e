'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
const counters = {};
function count(label) {
  counters[label] = (counters[label] ?? 0) + 1;
}
exports.iterate = (call) => count(`path="/users/${LEAKY ? call : call % 20}"`);
