'use strict';

const { ask } = require('./support/child');

/**
 * A program that keeps arrays as `keep` says, and is stopped twice for four seconds (`SIGSTOP`, as
 * by a debugger, a suspended machine or a frozen container); it answers after `seconds`.
 */
const stopped = (keep, seconds) =>
  ask(`
  const { spawn } = require('node:child_process');
  const { startMonitor } = require('leakguard');
  const monitor = startMonitor({ interval: 100, diagnose: false, quiet: true });
  const kept = [];
  setInterval(() => {
    kept.push(new Array(2000).fill(kept.length));
    ${keep}
  }, 20);
  const stop = () => {
    const waker = ['-c', 'sleep 4; kill -CONT ' + process.pid];
    spawn('sh', waker, { stdio: 'ignore' }).on('spawn', () => process.kill(process.pid, 'SIGSTOP'));
  };
  for (const seconds of [3, 11]) setTimeout(stop, seconds * 1000);
  const leaks = [];
  const errors = [];
  monitor.on('leak', ({ kind }) => leaks.push(kind));
  monitor.on('error', ({ message }) => errors.push(message));
  setTimeout(() => {
    const times = monitor.samples().map(({ time }) => time);
    const gaps = times.filter((time, place) => time - times[place - 1] > 3000).length;
    console.log(JSON.stringify({ leaks, errors, gaps }));
    process.exit();
  }, ${seconds} * 1000);`);

const onUnix = process.platform === 'win32' ? test.skip : test;

// Begun at once, and waited for one after the other.
let runs;

beforeAll(() => {
  runs = process.platform !== 'win32' && {
    leaking: stopped('', 50),
    bounded: stopped('if (kept.length > 200) kept.shift();', 50),
  };
});

describe('a process that is stopped now and then', () => {
  onUnix('is found to leak if it does', async () => {
    const { leaks, errors, gaps } = await runs.leaking;
    expect({ leaks, errors }).toEqual({ leaks: ['heap'], errors: [] });
    expect(gaps).toBe(2);
  });

  onUnix('is clean if it is', async () => {
    const { leaks, errors, gaps } = await runs.bounded;
    expect({ leaks, errors }).toEqual({ leaks: [], errors: [] });
    expect(gaps).toBe(2);
  });
});
