'use strict';

/**
 * A container as the kernel knows it: a cgroup with a memory limit.
 *
 * In version 2 with `memory.oom.group`, by which the kernel ends all of its processes when it ends
 * one for want of memory. Version 1 has no such thing: there a child that the kernel kills is one
 * that would have taken its parent along.
 */

const fs = require('node:fs');
const path = require('node:path');

const TOP = '/sys/fs/cgroup';

const V2 = {
  used: 'memory.current',
  limit: 'memory.max',
  idleCache: /^inactive_file (\d+)/m,
  events: 'memory.events',
};

const V1 = {
  used: 'memory.usage_in_bytes',
  limit: 'memory.limit_in_bytes',
  idleCache: /^total_inactive_file (\d+)/m,
  events: 'memory.oom_control',
};

class Cgroup {
  #directory;
  #names;

  /**
   * @param {string} name
   * @param {number} limit bytes
   * @throws {Error} where there are no cgroups with memory, or no right to make one; says so
   */
  constructor(name, limit) {
    const { names, above } = hierarchy();
    this.version = names === V2 ? 2 : 1;
    this.limit = limit;
    this.#names = names;
    this.#directory = path.join(above, name);
    try {
      if (names === V2) fs.writeFileSync(path.join(above, 'cgroup.subtree_control'), '+memory');
      fs.mkdirSync(this.#directory);
      this.#write(names.limit, String(limit));
      if (names === V2) this.#write('memory.oom.group', '1');
    } catch (error) {
      throw new Error(
        `No cgroup could be made below ${above} (${error.message}): this takes root, outside ` +
          'of a container. Or use bench/container/vm.sh.',
        { cause: error },
      );
    }
    // Not there on a kernel without swap, where nothing needs to be forbidden.
    if (this.#read('memory.swap.max') !== null) this.#write('memory.swap.max', '0');
    if (this.#read('memory.swappiness') !== null) this.#write('memory.swappiness', '0');
  }

  /**
   * The same command, run within: a process of the shell's, which becomes the program's.
   *
   * @param {string[]} command
   * @returns {[string, string[]]} program and arguments
   */
  within(command) {
    const processes = path.join(this.#directory, 'cgroup.procs');
    return ['/bin/sh', ['-c', 'echo $$ > "$0" && exec "$@"', processes, ...command]];
  }

  /** @returns {{ current: number, headroom: number }} bytes; the headroom counts old page cache */
  memory() {
    const current = Number(this.#read(this.#names.used));
    const idle = Number(this.#names.idleCache.exec(this.#read('memory.stat') ?? '')?.[1] ?? 0);
    return { current, headroom: this.limit - current + idle };
  }

  /** How often the kernel found no memory, and whom that has cost its life. */
  events() {
    const text = this.#read(this.#names.events) ?? '';
    const lines = text.trim().split('\n');
    const entries = lines.map((line) => line.split(' '));
    return Object.fromEntries(entries.map(([name, count]) => [name, Number(count)]));
  }

  /** Removes it, once its last process is gone. */
  async remove() {
    for (let tries = 0; tries < 100; tries++) {
      try {
        return fs.rmdirSync(this.#directory);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  #read(name) {
    return readText(path.join(this.#directory, name));
  }

  #write(name, text) {
    fs.writeFileSync(path.join(this.#directory, name), text);
  }
}

/** Where cgroups with memory can be made: at the top of version 2, below one's own of version 1. */
function hierarchy() {
  const controllers = readText(path.join(TOP, 'cgroup.controllers'));
  if (controllers?.split(/\s/).includes('memory')) return { names: V2, above: TOP };
  const own = /^\d+:memory:(.*)$/m.exec(readText('/proc/self/cgroup') ?? '')?.[1];
  const above = path.join(TOP, 'memory', own ?? '');
  if (own !== undefined && fs.existsSync(above)) return { names: V1, above };
  throw new Error(
    `There is no cgroup hierarchy with the memory controller at ${TOP}. ` +
      'Use bench/container/vm.sh.',
  );
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}

module.exports = { Cgroup };
