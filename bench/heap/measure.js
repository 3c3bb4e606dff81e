'use strict';

/** One process from start to end: wall clock, CPU and peak resident set. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');

// The kernel's unit for CPU time, the same on every Linux that people run.
const TICK_MS = 10;

/**
 * @param {string} program
 * @param {string[]} options
 * @param {number} timeout ms
 * @param {import('../container/cgroup').Cgroup | null} container where it has to run
 * @returns {Promise<{ wall: number, cpu: number, peak: number, said: any } | { failed: string }>}
 *   ms, ms and bytes; or the last words of what failed
 */
function measure(program, options, timeout, container) {
  const begun = process.hrtime.bigint();
  const command = container ? container.within([program, ...options]) : [program, options];
  const child = spawn(...command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors, peak] = ['', '', 0];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    errors = (errors + text).slice(-20_000);
  });
  const look = () => {
    try {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, 'latin1');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has just ended.
    }
  };
  const watch = setInterval(look, 5);
  const limit = setTimeout(() => child.kill('SIGKILL'), timeout);
  const before = childrenCpu();
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ failed: error.message }));
    child.on('close', (code, signal) => {
      const wall = Number(process.hrtime.bigint() - begun) / 1e6;
      clearInterval(watch);
      clearTimeout(limit);
      if (code !== 0) return resolve({ failed: lastWords(errors, signal, wall >= timeout) });
      const said = JSON.parse(out.trim().split('\n').at(-1));
      resolve({ wall, cpu: childrenCpu() - before, peak: said.peak ?? peak, said });
    });
  });
}

/** CPU time of all children that have ended, in ms. */
function childrenCpu() {
  const stat = fs.readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

function lastWords(errors, signal, late) {
  if (late) return 'took too long';
  const telling = /^.*(error|panicked|fatal|cannot|invalid).*$/gim;
  const line = errors.match(telling)?.[0] ?? errors.trim().split('\n').at(-1);
  return `${signal ? `${signal}: ` : ''}${(line ?? '').trim().slice(0, 90)}`;
}

module.exports = { measure };
