'use strict';

/** Reads the command line. */

const { parseArgs } = require('node:util');
const { closest } = require('../closest');
const { LeakguardError } = require('../errors');
const { lists } = require('./lists');

const HIGHEST_ID = 2 ** 32 - 1;

/** What an option takes, and what it is when it is not given. */
const OPTIONS = {
  class: { read: readText, absent: null },
  help: { flag: true, short: 'h', absent: false },
  json: { flag: true, absent: false },
  node: { read: readId, absent: null },
  path: { read: readId, absent: null },
  show: { read: readLists, absent: null },
  top: { read: readTop, absent: null },
  version: { flag: true, short: 'v', absent: false },
};

/** How often each command takes a FILE, and the options that only it takes. */
const COMMANDS = {
  analyze: { least: 1, most: 1, options: ['class', 'node', 'path', 'show'] },
  blackbox: { least: 1, most: 1, options: [] },
  compare: { least: 2, most: Infinity, options: [] },
};

/** Each is an answer of its own. */
const ALTERNATIVES = ['class', 'node', 'path', 'show'];

function wrongUse(message) {
  return new LeakguardError('ERR_LEAKGUARD_USAGE', message);
}

function didYouMean(word, known, prefix = '') {
  const near = closest(word, known);
  return near === null ? '' : ` Did you mean ${prefix}${near}?`;
}

/**
 * @param {string[]} argv without Node.js and the script
 * @returns {{ command: string | null, files: string[], class: string | null, help: boolean,
 *   json: boolean, node: number | null, path: number | null, show: string[] | null,
 *   top: number | null, version: boolean }}
 * @throws {LeakguardError} ERR_LEAKGUARD_USAGE, in one sentence or two
 */
function readArguments(argv) {
  // Not strict: Node's own messages on unknown options speak to those who wrote the program.
  const { tokens } = parseArgs({
    args: argv,
    options: Object.fromEntries(
      Object.entries(OPTIONS).map(([name, { flag, short }]) => [
        name,
        { type: flag ? 'boolean' : 'string', ...(short && { short }) },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = {};
  const positionals = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind === 'option') given[token.name] = readOption(token);
  }
  const [command = null, ...files] = positionals;
  if (!given.help && !given.version) checkCommand(command, files, given);
  const absent = Object.entries(OPTIONS).map(([name, option]) => [name, option.absent]);
  return { command, files, ...Object.fromEntries(absent), ...given };
}

function readOption({ name, rawName, value }) {
  if (!Object.hasOwn(OPTIONS, name)) {
    const advice = didYouMean(name, Object.keys(OPTIONS), '--');
    throw wrongUse(`There is no option ${rawName}.${advice}`);
  }
  const { flag, read } = OPTIONS[name];
  if (!flag) return read(value, rawName);
  if (value !== undefined) throw wrongUse(`${rawName} takes no value.`);
  return true;
}

function given(value) {
  return `Given was ${value === undefined ? 'nothing' : `'${value}'`}.`;
}

function readTop(value, name) {
  if (/^[1-9]\d{0,8}$/.test(value ?? '')) return Number(value);
  throw wrongUse(`${name} takes a whole number of at least 1. ${given(value)}`);
}

/** Ids are printed with an @ before them, so that is how they may come back. */
function readId(value, name) {
  const [, digits] = /^@?(\d{1,10})$/.exec(value ?? '') ?? [];
  if (digits !== undefined && Number(digits) <= HIGHEST_ID) return Number(digits);
  throw wrongUse(`${name} takes the id of an object, such as @1234. ${given(value)}`);
}

function readText(value, name) {
  if (value !== undefined && value !== '') return value;
  throw wrongUse(`${name} takes the name of a class. ${given(value)}`);
}

function readLists(value, name) {
  const known = Object.keys(lists);
  const names = (value ?? '').split(',').map((one) => one.trim());
  for (const one of names) {
    if (Object.hasOwn(lists, one)) continue;
    const advice = didYouMean(one, known);
    throw wrongUse(`${name} takes one or more of ${known.join(', ')}. ${given(value)}${advice}`);
  }
  return [...new Set(names)];
}

function checkCommand(command, files, options) {
  if (command === null) {
    throw wrongUse('What is to be done? Say analyze, compare or blackbox; --help tells more.');
  }
  const limits = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : null;
  if (limits === null) {
    const advice = didYouMean(command, Object.keys(COMMANDS));
    throw wrongUse(
      `There is no command '${command}'.${advice} Commands are analyze, compare and blackbox.`,
    );
  }
  if (files.length < limits.least || files.length > limits.most) {
    const wanted = limits.most === 1 ? 'one FILE' : `${limits.least} FILEs or more`;
    throw wrongUse(`${command} takes ${wanted}. Given were ${files.length}.`);
  }
  const alternatives = ALTERNATIVES.filter((name) => Object.hasOwn(options, name));
  const foreign = alternatives.find((name) => !limits.options.includes(name));
  if (foreign !== undefined) throw wrongUse(`${command} has no option --${foreign}.`);
  if (alternatives.length > 1) {
    const names = alternatives.map((name) => `--${name}`);
    throw wrongUse(`Only one of ${names.join(' and ')} can be answered at a time.`);
  }
}

module.exports = { readArguments };
