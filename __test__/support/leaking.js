'use strict';

/** Processes that leak, to see what a monitor makes of it. */

const path = require('node:path');
const { run, temporaryFolder } = require('./child');

/** A program that leaks some kilobytes a moment; `rest` is what it does with its monitor. */
const leaking = (options, rest) => `
  const { startMonitor } = require('leakguard');
  const directory = process.argv[1];
  const monitor = startMonitor({ interval: 100, directory, ${options} });
  const sessions = new Map();
  setInterval(() => sessions.set(sessions.size, new Array(2000).fill(sessions.size)), 20);
  setInterval(gc, 250);
  ${rest}`;

const scripts = {
  told: leaking(
    '',
    `
    const events = [];
    monitor.on('error', ({ code }) => events.push(code));
    monitor.on('leak', ({ kind }) => {
      events.push(kind);
      throw new Error('theirs');
    });
    monitor.on('diagnosis', ({ leak, suspects: [{ holder }] }) => {
      events.push(leak.kind, holder.className, holder.name);
      setTimeout(() => {
        console.log(JSON.stringify(events));
        process.exit();
      }, 1000);
    });`,
  ),
  quiet: leaking(
    'quiet: true, diagnose: false',
    `
    monitor.on('leak', () => setTimeout(() => process.exit(), 1000));`,
  ),
  undiagnosed: leaking(
    '',
    `
    monitor.on('error', ({ code }) => {
      console.log(JSON.stringify(code));
      monitor.once('sample', () => process.exit());
    });`,
  ),
};

/**
 * Starts all of them at once; see `run` for what each promise gives.
 *
 * told: its listener for 'leak' throws; it prints what was told. quiet: it is, and diagnoses
 * nothing. undiagnosed: no report can be written; it prints the error.
 */
function startLeaking() {
  const flags = ['--expose-gc'];
  const nowhere = path.join(__filename, 'reports');
  return {
    told: run(scripts.told, { flags, args: [temporaryFolder()] }),
    quiet: run(scripts.quiet, { flags, args: [nowhere] }),
    undiagnosed: run(scripts.undiagnosed, { flags, args: [nowhere] }),
  };
}

module.exports = { startLeaking };
