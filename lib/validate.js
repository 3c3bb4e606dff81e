'use strict';

/** Checks options against a schema. Errors name the option, the value and what is allowed. */

const { inspect } = require('node:util');
const { closest } = require('./closest');
const { OUT_OF_RANGE, WRONG_TYPE } = require('./option-kinds');

/** The `code` of every TypeError and RangeError thrown here. */
const CODE = 'ERR_LEAKGUARD_INVALID_OPTION';

const SHORT = {
  depth: 1,
  breakLength: Infinity,
  customInspect: false,
  maxArrayLength: 6,
  maxStringLength: 80,
};

/**
 * The options with every one that was not given filled in, in their normal form: bytes and
 * milliseconds as numbers. An option that is `undefined` counts as not given. Validating the
 * result again gives the same.
 *
 * @param {Record<string, object>} schema option name to kind; see options.js
 * @param {unknown} given what the user passed; undefined for nothing
 * @param {string} where the public function, for messages
 * @returns {Readonly<Record<string, any>>} deeply frozen
 * @throws {TypeError} an unknown option, or one of the wrong type (ERR_LEAKGUARD_INVALID_OPTION)
 * @throws {RangeError} an option out of its range (ERR_LEAKGUARD_INVALID_OPTION)
 */
function validate(schema, given, where) {
  return complete(schema, given, where, '');
}

function complete(schema, given, where, prefix) {
  if (given === undefined) given = {};
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    const subject = prefix === '' ? 'options' : `option '${prefix.slice(0, -1)}'`;
    throw fail(
      TypeError,
      `${where}: ${subject} must be an object of options. Given was ${show(given)}.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schema, name)) throw unknown(schema, given, name, where, prefix);
  }
  const options = {};
  for (const [name, kind] of Object.entries(schema)) {
    options[name] = kind.schema
      ? complete(kind.schema, given[name], where, `${prefix}${name}.`)
      : readOption(kind, given[name], where, prefix + name);
  }
  return Object.freeze(options);
}

function readOption(kind, value, where, name) {
  if (value === undefined || (value === null && kind.fallback === null)) return kind.fallback;
  const result = kind.read(value);
  if (result !== WRONG_TYPE && result !== OUT_OF_RANGE) return result;
  throw fail(
    result === WRONG_TYPE ? TypeError : RangeError,
    `${where}: option '${name}' must be ${kind.allowed}. Given was ${show(value)}.`,
  );
}

function unknown(schema, given, name, where, prefix) {
  const known = Object.keys(schema);
  const near = closest(name, known);
  const advice = near === null ? '' : ` Did you mean '${prefix}${near}'?`;
  return fail(
    TypeError,
    `${where}: there is no option '${prefix}${name}'. Given was ${show(given[name])}.${advice} ` +
      `Allowed are ${known.map((option) => prefix + option).join(', ')}.`,
  );
}

function fail(ErrorClass, message) {
  const error = new ErrorClass(message);
  error.code = CODE;
  Error.captureStackTrace(error, validate);
  return error;
}

function show(value) {
  return inspect(value, SHORT);
}

module.exports = { validate };
