'use strict';

/** Reads the command line. */

const { parseArgs } = require('node:util');
const { closest } = require('../closest');
const { LeakguardError } = require('../errors');

const DEFAULT_TOP = 20;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  top: { type: 'string' },
  version: { type: 'boolean', short: 'v' },
};

/** How often each command takes a FILE. */
const COMMANDS = {
  analyze: { least: 1, most: 1 },
  compare: { least: 2, most: Infinity },
};

function wrongUse(message) {
  return new LeakguardError('ERR_LEAKGUARD_USAGE', message);
}

function didYouMean(word, known, prefix = '') {
  const near = closest(word, known);
  return near === null ? '' : ` Did you mean ${prefix}${near}?`;
}

/**
 * @param {string[]} argv without Node.js and the script
 * @returns {{ command: string | null, files: string[], help: boolean, json: boolean, top: number,
 *   version: boolean }}
 * @throws {LeakguardError} ERR_LEAKGUARD_USAGE, in one sentence or two
 */
function readArguments(argv) {
  // Not strict: Node's own messages on unknown options speak to those who wrote the program.
  const { tokens } = parseArgs({
    args: argv,
    options: OPTIONS,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = { help: false, json: false, top: DEFAULT_TOP, version: false };
  const positionals = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind === 'option') given[token.name] = readOption(token);
  }
  const [command = null, ...files] = positionals;
  if (!given.help && !given.version) checkCommand(command, files);
  return { command, files, ...given };
}

function readOption({ name, rawName, value }) {
  if (!Object.hasOwn(OPTIONS, name)) {
    const advice = didYouMean(name, Object.keys(OPTIONS), '--');
    throw wrongUse(`There is no option ${rawName}.${advice}`);
  }
  if (OPTIONS[name].type === 'boolean') {
    if (value !== undefined) throw wrongUse(`${rawName} takes no value.`);
    return true;
  }
  if (!/^[1-9]\d{0,8}$/.test(value ?? '')) {
    const instead = value === undefined ? 'nothing' : `'${value}'`;
    throw wrongUse(`${rawName} takes a whole number of at least 1. Given was ${instead}.`);
  }
  return Number(value);
}

function checkCommand(command, files) {
  if (command === null) {
    throw wrongUse('What is to be done? Say analyze or compare; --help tells more.');
  }
  const limits = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : null;
  if (limits === null) {
    const advice = didYouMean(command, Object.keys(COMMANDS));
    throw wrongUse(`There is no command '${command}'.${advice} Commands are analyze and compare.`);
  }
  if (files.length < limits.least || files.length > limits.most) {
    const wanted = limits.most === 1 ? 'one FILE' : `${limits.least} FILEs or more`;
    throw wrongUse(`${command} takes ${wanted}. Given were ${files.length}.`);
  }
}

module.exports = { readArguments };
