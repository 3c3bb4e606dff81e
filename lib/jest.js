'use strict';

/**
 * Matchers for memory, for jest and vitest; see jest.d.ts.
 *
 * Requiring this adds them to the `expect` of the test runner, where that can be reached. They never
 * look at the class of anything: what a test hands over may come from another realm.
 */

const { IN_DOUBT, check, grow, isFailure } = require('./growth');
const { kinds, schemas, validate } = require('./options');
const { toRetain } = require('./matchers/retain');
const { formatBytes } = require('./units');

const limitOnly = { limit: kinds.bytes({ min: 0, fallback: undefined }) };

async function toLeak(fn, given) {
  const options = check(fn, schemas.toLeak, given, 'toLeak');
  const growth = await measure(fn, options, 0, this.isNot);
  const expected = `the function ${this.isNot ? 'not ' : ''}to leak`;
  return {
    pass: this.isNot ? isFailure(growth, options) : growth.leaking,
    message: () => message(this, 'toLeak()', expected, growth),
  };
}

async function toGrowAtMost(fn, limit, given) {
  // An option that is undefined counts as not given, but this argument has to be.
  const size = validate(limitOnly, { limit: limit ?? null }, 'toGrowAtMost').limit;
  const options = check(fn, schemas.toGrowAtMost, given, 'toGrowAtMost');
  const growth = await measure(fn, options, size, !this.isNot);
  const expected = `each call to leave ${this.isNot ? 'more than' : 'at most'} ${formatBytes(size)} behind`;
  return {
    pass: this.isNot ? !growth.leaking : !isFailure(growth, options),
    message: () => message(this, 'toGrowAtMost(limit)', expected, growth),
  };
}

/** A leak that a test wants needs no explanation. */
function measure(fn, options, limit, isUnwanted) {
  const explain = options.explain && (isUnwanted || options.ignore !== null || IN_DOUBT);
  return grow(fn, { ...options, explain, limit });
}

/** What was expected, and the whole explanation. */
function message({ isNot, promise }, call, expected, { text }) {
  const modifiers = `${promise ? `.${promise}` : ''}${isNot ? '.not' : ''}`;
  return `expect(function)${modifiers}.${call}\n\nExpected ${expected}. ${text}`;
}

const matchers = { toGrowAtMost, toLeak, toRetain };

// vitest keeps its `expect` there, whether or not it is told to make it a global.
const runner = globalThis.expect ?? globalThis[Symbol.for('expect-global')];
runner?.extend?.(matchers);

module.exports = { matchers };
