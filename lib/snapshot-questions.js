'use strict';

/**
 * The questions that a Snapshot answers, by the name of its method.
 *
 * Each gives, for the arguments of the method, what the addon is asked (see
 * src/addon/question.rs), and what is done to the answer. `positions` is how many arguments come
 * before the options.
 */

const { OUT_OF_RANGE, WRONG_TYPE } = require('./option-kinds');
const { kinds, validate } = require('./options');

const EVERY = 2 ** 32 - 1;

const everyRow = { top: kinds.integer({ min: 1, max: EVERY, fallback: EVERY }) };
const someRows = { top: kinds.integer({ min: 1, max: EVERY, fallback: 100 }) };

const id = kinds.integer({ min: 0, max: EVERY });
const className = {
  allowed: 'the name of a class, as in the class table: text, not empty',
  read: (value) => (typeof value === 'string' && value !== '' ? value : WRONG_TYPE),
};
const ids = {
  allowed: 'ids of objects: a list of whole numbers, as the snapshot shows them',
  read(value) {
    if (!Array.isArray(value)) return WRONG_TYPE;
    return value.every((one) => Number.isInteger(one) && one >= 0 && one <= EVERY)
      ? value
      : OUT_OF_RANGE;
  },
};

/** A share of the whole, more than 0. */
const share = {
  fallback: 0.05,
  allowed: 'a share of the live heap, a number above 0 and up to 1',
  read(value) {
    if (typeof value !== 'number') return WRONG_TYPE;
    return value > 0 && value <= 1 ? value : OUT_OF_RANGE;
  },
};

/** One argument that is not an option; messages name it all the same. */
function required(name, kind, value, where) {
  // Undefined counts as not given, and passes.
  return validate({ [name]: kind }, { [name]: value ?? null }, where)[name];
}

/** A question about rows, with no more to say than how many. */
function rows(question, schema) {
  return {
    positions: 0,
    ask: (where, given) => ({ question: { question, ...validate(schema, given, where) } }),
  };
}

/** A question about one class. */
function aboutClass(question, schema) {
  return {
    positions: 1,
    ask: (where, name, given) => ({
      question: {
        question,
        className: required('className', className, name, where),
        ...validate(schema, given, where),
      },
    }),
  };
}

/** A question about one object. */
function aboutObject(question, schema = {}) {
  return {
    positions: 1,
    ask: (where, object, given) => ({
      question: {
        question,
        id: required('id', id, object, where),
        ...validate(schema, given, where),
      },
    }),
  };
}

const classesSchema = {
  ...everyRow,
  sort: kinds.oneOf(['retained', 'shallow', 'count'], { fallback: 'retained' }),
  filter: kinds.filter({ fallback: null }),
  retainedBy: kinds.oneOf(['closures', 'detached'], { fallback: null }),
};

const collectionsSchema = {
  ...someRows,
  sort: kinds.oneOf(['retained', 'entries', 'empty'], { fallback: 'retained' }),
  kind: kinds.oneOf(['map', 'set', 'weakmap', 'weakset', 'array', 'object', 'buffer'], {
    fallback: null,
  }),
};

const questions = {
  summary: rows('summary', {}),
  statistics: rows('statistics', {}),
  classes: {
    positions: 0,
    ask(where, given) {
      const { filter, top, ...rest } = validate(classesSchema, given, where);
      if (filter === null || typeof filter === 'string') {
        return { question: { question: 'classes', filter, top, ...rest } };
      }
      const wanted = typeof filter === 'function' ? filter : (row) => filter.test(row.className);
      return {
        question: { question: 'classes', filter: null, top: EVERY, ...rest },
        finish: (all) => all.filter(wanted).slice(0, top),
      };
    },
  },
  shapes: aboutClass('shapes', someRows),
  objects: aboutClass('objects', {
    ...someRows,
    sort: kinds.oneOf(['retained', 'shallow'], { fallback: 'retained' }),
  }),
  commonPaths: aboutClass('commonPaths', {
    top: kinds.integer({ min: 1, max: EVERY, fallback: 10 }),
  }),
  dominators: {
    positions: 1,
    ask: (where, object, given) => ({
      question: {
        question: 'dominators',
        id: object === undefined ? null : required('id', id, object, where),
        ...validate(someRows, given, where),
      },
    }),
  },
  largestObjects: rows('largestObjects', someRows),
  node: aboutObject('node'),
  retainers: aboutObject('retainers'),
  paths: aboutObject('paths', { count: kinds.integer({ min: 1, max: 100, fallback: 1 }) }),
  retainedSize: {
    positions: 1,
    ask: (where, objects, given) => ({
      question: {
        question: 'retainedSize',
        ids: required('ids', ids, objects, where),
        ...validate({}, given, where),
      },
    }),
  },
  duplicateStrings: rows('duplicateStrings', someRows),
  collections: rows('collections', collectionsSchema),
  closures: rows('closures', someRows),
  contexts: rows('contexts', {}),
  scripts: rows('scripts', someRows),
  packages: rows('packages', someRows),
  accumulations: rows('accumulations', { ...someRows, share }),
  difference: {
    positions: 1,
    ask: (where, base, given) => ({
      question: { question: 'difference', ...validate(everyRow, given, where) },
      base,
    }),
  },
};

module.exports = { questions };
