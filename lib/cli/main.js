'use strict';

/** The command line: from arguments to an exit code. */

const { LeakguardError } = require('../errors');
const { analyze } = require('./analyze');
const { readArguments } = require('./arguments');
const { blackbox } = require('./blackbox');
const { compare } = require('./compare');
const { CLEAN, COULD_NOT, WRONG_USE } = require('./exit-codes');
const { statusLine } = require('./status-line');
const { headingStyle, printableText } = require('./table');
const usage = require('./usage');

const COMMANDS = {
  analyze: { run: analyze, usage: usage.ANALYZE, doing: 'Reading the snapshot' },
  compare: { run: compare, usage: usage.COMPARE, doing: 'Comparing the snapshots' },
  blackbox: { run: blackbox, usage: usage.BLACKBOX, doing: 'Reading the flight recorder' },
};

/**
 * @param {string[]} argv without Node.js and the script
 * @param {Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'>} terminal data goes to `stdout`,
 *   everything else to `stderr`
 * @returns {Promise<number>} the exit code; never rejects
 */
async function main(argv, terminal) {
  try {
    return await execute(readArguments(argv), terminal);
  } catch (error) {
    return report(error, argv.includes('--json'), terminal);
  }
}

async function execute(given, { stdout, stderr, env }) {
  const command = Object.hasOwn(COMMANDS, given.command ?? '') ? COMMANDS[given.command] : null;
  if (given.version) {
    stdout.write(`${require('../../package.json').version}\n`);
    return CLEAN;
  }
  if (given.help) {
    stdout.write(command?.usage ?? usage.OVERVIEW);
    return CLEAN;
  }
  const progress = statusLine(stderr, command.doing);
  const { exitCode, data, text } = await command.run(given, progress.show).finally(progress.clear);
  stdout.write(given.json ? `${JSON.stringify(data, null, 2)}\n` : text(headingStyle(stdout, env)));
  return exitCode;
}

/** One plain sentence; the stack only of what should never happen. */
function report(error, asJson, { stdout, stderr }) {
  const foreseen = error instanceof LeakguardError && error.code !== 'ERR_LEAKGUARD_INTERNAL';
  const code = foreseen ? error.code : 'ERR_LEAKGUARD_INTERNAL';
  if (asJson) stdout.write(`${JSON.stringify({ error: { code, message: error.message } })}\n`);
  stderr.write(`leakguard: ${printableText(foreseen ? error.message : error.stack)}\n`);
  return code === 'ERR_LEAKGUARD_USAGE' ? WRONG_USE : COULD_NOT;
}

module.exports = { main };
