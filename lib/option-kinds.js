'use strict';

/**
 * The kinds of option: for each, what is allowed, in words, and how a value is read.
 *
 * `read` gives the normal form of a value, or WRONG_TYPE, or OUT_OF_RANGE. It is never given
 * `undefined`, and null only where the fallback is not null.
 */

const os = require('node:os');
const { types } = require('node:util');
const { formatBytes, formatDuration, parseBytes, parseDuration } = require('./units');

const WRONG_TYPE = Symbol('wrong type');
const OUT_OF_RANGE = Symbol('out of range');

/** Signals that no process can handle, or that Node.js documents as unsafe to listen for. */
const UNUSABLE_SIGNALS = [
  ...['SIGKILL', 'SIGSTOP', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGILL', 'SIGPROF'],
  // With this one Node.js starts its debugger.
  'SIGUSR1',
];

function boolean({ fallback }) {
  return {
    fallback,
    allowed: 'true or false',
    read: (value) => (typeof value === 'boolean' ? value : WRONG_TYPE),
  };
}

/** One of a few literal values. Text that is none of them is a misspelling, so a wrong type. */
function oneOf(values, { fallback }) {
  return {
    fallback,
    allowed: `one of ${values.map((value) => (value === false ? value : `'${value}'`)).join(', ')}`,
    read: (value) => (values.includes(value) ? value : WRONG_TYPE),
  };
}

/** "of at least 1 and at most 5", or what of it applies. */
function bounds(min, max, format = String) {
  const parts = [];
  if (min > 0) parts.push(`at least ${format(min)}`);
  if (max < Infinity) parts.push(`at most ${format(max)}`);
  return parts.length > 0 ? ` of ${parts.join(' and ')}` : '';
}

function inRange(value, min, max) {
  return Number.isFinite(value) && value >= min && value <= max ? value : OUT_OF_RANGE;
}

function integer({ min = 0, max = Number.MAX_SAFE_INTEGER, fallback }) {
  return {
    fallback,
    allowed: `a whole number${bounds(min, max === Number.MAX_SAFE_INTEGER ? Infinity : max)}`,
    read(value) {
      if (typeof value !== 'number') return WRONG_TYPE;
      return Number.isInteger(value) ? inRange(value, min, max) : OUT_OF_RANGE;
    },
  };
}

/** A quantity that may also be given as text with a unit. */
function quantity(parse, { min = 0, max = Infinity, fallback, allowed }) {
  return {
    fallback,
    allowed,
    read(value) {
      const amount = parse(value);
      return amount === null ? WRONG_TYPE : inRange(amount, min, max);
    },
  };
}

function bytes({ min = 0, max = Infinity, fallback }) {
  const range = bounds(min, max, formatBytes);
  const allowed = `a size${range}: bytes as a number, or text such as '64 KB', '1.5 MB', '2 GiB'`;
  return quantity(parseBytes, { min, max, fallback, allowed });
}

function duration({ min = 0, max = Infinity, fallback }) {
  const range = bounds(min, max, formatDuration);
  const allowed = `a time${range}: milliseconds as a number, or text such as '250ms', '10s', '5m'`;
  return quantity(parseDuration, { min, max, fallback, allowed });
}

/** A path of the file system. */
function path({ fallback }) {
  return {
    fallback,
    allowed: 'a path: text, not empty, without null bytes',
    read(value) {
      if (typeof value !== 'string') return WRONG_TYPE;
      return value !== '' && !value.includes('\0') ? value : OUT_OF_RANGE;
    },
  };
}

/** Shares of a limit; they come out in rising order. */
function shares({ fallback }) {
  return {
    fallback: Object.freeze(fallback),
    allowed: 'a list of shares, numbers above 0 and up to 1, such as [0.8, 0.9]',
    read(value) {
      if (!Array.isArray(value) || !value.every((share) => typeof share === 'number')) {
        return WRONG_TYPE;
      }
      if (!value.every((share) => share > 0 && share <= 1)) return OUT_OF_RANGE;
      return Object.freeze([...new Set(value)].sort((left, right) => left - right));
    },
  };
}

/** The name of an operating system signal that a process may handle as it likes, or false. */
function posixSignal({ fallback }) {
  return {
    fallback,
    allowed:
      'false, or a signal that a process can handle and Node.js does not need itself, such as ' +
      `'SIGUSR2'`,
    read(value) {
      if (value === false) return value;
      if (typeof value !== 'string' || !Object.hasOwn(os.constants.signals, value)) {
        return WRONG_TYPE;
      }
      return UNUSABLE_SIGNALS.includes(value) ? OUT_OF_RANGE : value;
    },
  };
}

/** An AbortSignal, of any realm: so not told by `instanceof`. */
function abortSignal({ fallback }) {
  return {
    fallback,
    allowed: 'an AbortSignal',
    read(value) {
      const fits =
        typeof value?.aborted === 'boolean' && typeof value.addEventListener === 'function';
      return fits ? value : WRONG_TYPE;
    },
  };
}

function callback({ fallback }) {
  return {
    fallback,
    allowed: 'a function',
    read: (value) => (typeof value === 'function' ? value : WRONG_TYPE),
  };
}

/** What to keep of a table: text in the name, a regular expression, or a function that chooses. */
function filter({ fallback }) {
  return {
    fallback,
    allowed: 'text, a regular expression or a function',
    read(value) {
      const fits = ['string', 'function'].includes(typeof value) || types.isRegExp(value);
      return fits ? value : WRONG_TYPE;
    },
  };
}

/** Options within an option; `schema` says which. */
function group(schema) {
  return { schema, allowed: 'an object of options' };
}

module.exports = {
  OUT_OF_RANGE,
  WRONG_TYPE,
  abortSignal,
  boolean,
  bytes,
  callback,
  duration,
  filter,
  group,
  integer,
  oneOf,
  path,
  posixSignal,
  shares,
};
