'use strict';

/** `toLeak` and `toGrowAtMost`: how much each call leaves behind. */

const { IN_DOUBT, check, grow, isFailure } = require('../growth');
const { kinds, schemas, validate } = require('../options');
const { formatBytes } = require('../units');
const { Budget, allowedBytes, allowsHandles } = require('./budget');

const limitOnly = { limit: kinds.bytes({ min: 0, fallback: undefined }) };

async function toLeak(fn, given) {
  const options = check(fn, schemas.toLeak, given, 'toLeak');
  const told = this.isNot
    ? await forbid(this, fn, options, 0)
    : await demand(fn, options, { limit: 0 });
  const expected = `the function ${this.isNot ? 'not ' : ''}to leak`;
  return {
    pass: this.isNot ? told.failed : !told.failed,
    message: () => message(this, 'toLeak()', expected, told),
  };
}

async function toGrowAtMost(fn, limit, given) {
  // An option that is undefined counts as not given, but this argument has to be.
  const size = validate(limitOnly, { limit: limit ?? null }, 'toGrowAtMost').limit;
  const options = check(fn, schemas.toGrowAtMost, given, 'toGrowAtMost');
  const told = this.isNot
    ? await demand(fn, options, { limit: size })
    : await forbid(this, fn, options, size);
  const expected = `each call to leave ${this.isNot ? 'more than' : 'at most'} ${formatBytes(size)} behind`;
  return {
    pass: this.isNot ? told.failed : !told.failed,
    message: () => message(this, 'toGrowAtMost(limit)', expected, told),
  };
}

/** Growth is expected. A leak that a test wants needs no explanation. */
async function demand(fn, options, { limit }) {
  const explain = options.explain && (options.ignore !== null || IN_DOUBT);
  const growth = await grow(fn, { ...options, explain, limit });
  return { failed: !growth.leaking, growth, note: null };
}

/** No growth is expected, or none beyond what this test is known to have. */
async function forbid(state, fn, options, limit) {
  const budget = new Budget(state);
  const { entry } = budget;
  const allowed = entry === null ? limit : Math.max(limit, allowedBytes(entry));
  const growth = await grow(fn, { ...options, limit: allowed });
  const failed = isFailure(growth, options);
  if (budget.isUpdating) {
    budget.update(growth);
    return { failed: failed && !growth.leaking, growth, note: null };
  }
  if (entry === null) return { failed, growth, note: null };
  const known = formatBytes(entry.bytesPerCall);
  const note =
    `${budget.name} knows of ${known} per call in this test; up to ${formatBytes(allowed)} passes. ` +
    'LEAKGUARD_UPDATE_BUDGET=1 writes down what there is now.';
  return { failed: failed && !allowsHandles(entry, growth), growth, note };
}

/** What leaks comes first; then what was expected, and the whole explanation. */
function message({ isNot, promise }, call, expected, { growth, note }) {
  const modifiers = `${promise ? `.${promise}` : ''}${isNot ? '.not' : ''}`;
  const [headline, ...rest] = growth.text.split('\n\n');
  const hint = `expect(function)${modifiers}.${call} expected ${expected}.`;
  return [headline, note === null ? hint : `${hint} ${note}`, ...rest].join('\n\n');
}

module.exports = { toGrowAtMost, toLeak };
