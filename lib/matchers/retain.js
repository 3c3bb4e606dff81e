'use strict';

/** `toRetain`: how many objects of a class are alive afterwards. */

const { checkFunction, inTurn, invalid } = require('../growth');
const { aboutSuspects } = require('../growth/explain');
const { Landmark } = require('../growth/landmark');
const { MARK, countRetained } = require('../growth/retention');
const { kinds, schemas, validate } = require('../options');
const { formatCount } = require('../units');

const countOnly = { count: kinds.integer({ min: 0, fallback: null }) };

async function toRetain(fn, Class, wanted, given) {
  checkFunction(fn, 'toRetain');
  const { count } = validate(countOnly, { count: wanted }, 'toRetain');
  const options = validate(schemas.toRetain, given, 'toRetain');
  // Not told by `instanceof Function`: it may be one of another realm.
  const prototype = typeof Class === 'function' ? Class.prototype : undefined;
  if (prototype === null || typeof prototype !== 'object') {
    throw invalid('toRetain: the first argument must be a class, or a constructor function.');
  }
  const landmarks = [new Landmark('function under test', fn), new Landmark(MARK, prototype)];
  const found = await inTurn(() => countRetained(...landmarks, options));
  return {
    pass: count === null ? found.count > 0 : found.count === count,
    message: () => message(this, Class.name || 'object', count, found),
  };
}

function message({ isNot, promise }, name, wanted, { count, calls, suspects, text }) {
  const modifiers = `${promise ? `.${promise}` : ''}${isNot ? '.not' : ''}`;
  const call = `expect(function)${modifiers}.toRetain(${name}${wanted === null ? '' : ', count'})`;
  const isNamed = count > 0 && suspects.length > 0;
  const holder = isNamed ? `: ${suspects[0].message}` : '.';
  const after = calls === 1 ? 'after the call' : `after ${formatCount(calls)} calls`;
  const parts = [
    `${change(count, name)} alive ${after} than before${holder}`,
    `${call} expected ${expectation(isNot, wanted)}.`,
  ];
  if (isNamed) parts.push(aboutSuspects(text).trimEnd());
  return parts.join('\n\n');
}

/** "3 more Session objects are" */
function change(count, name) {
  const number = count === 0 ? 'No' : formatCount(Math.abs(count));
  const objects = Math.abs(count) === 1 ? `${name} object is` : `${name} objects are`;
  return `${number} ${count < 0 ? 'fewer' : 'more'} ${objects}`;
}

function expectation(isNot, wanted) {
  if (wanted === null) return isNot ? 'no more of them to be alive' : 'some more to be alive';
  return `${isNot ? 'another number than ' : ''}${formatCount(wanted)} more to be alive`;
}

module.exports = { toRetain };
