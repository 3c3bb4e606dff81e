'use strict';

/**
 * The realm of Node.js itself, from within a sandbox: what jest and vitest give each test file dies
 * with it, and what is seen across files has to stand outside.
 */

const v8 = require('node:v8');

/**
 * Loads a module of leakguard outside of any sandbox, once for each thread.
 *
 * @param {string} file absolute
 * @returns {any} null where this Node.js has no way to it (before 20.16 and 22.3)
 */
function requireOutside(file) {
  // Functions of Node's own modules belong to its realm, and so do the functions that these make.
  const OuterFunction = v8.getHeapStatistics.constructor;
  const outside = OuterFunction('return process')();
  const modules = outside.getBuiltinModule?.('node:module');
  return modules ? modules.createRequire(file)(file) : null;
}

module.exports = { requireOutside };
