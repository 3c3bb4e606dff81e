'use strict';

/**
 * Snapshots of a server in a container that has too little memory for them.
 *
 * Each server runs in a cgroup of its own with `memory.max`, no swap and `memory.oom.group`, by
 * which a single process too much ends them all, and is asked for answers all the time. It has to
 * survive every attempt, whole or not. Prints a table; exits with 1 where a server has died or an
 * answer was wrong or missing.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Cgroup } = require('./cgroup');
const { Contained } = require('./contained');
const { outcomes, table } = require('./table');

const MB = 2 ** 20;
const WAYS = ['alone', 'auto', 'fork', 'force', 'busy', 'tmpfs', 'diagnosis', 'forced diagnosis'];

const { values } = parseArgs({
  options: {
    limits: { type: 'string', default: '256,512,1024' },
    shares: { type: 'string', default: '10,25,50,65' },
    kinds: { type: 'string', default: 'ordinary,tiny' },
    ways: { type: 'string', default: WAYS.join() },
    attempts: { type: 'string', default: '3' },
    directory: { type: 'string', default: os.tmpdir() },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Usage: node bench/container [options]

  --limits MB,MB        memory of the container (default 256,512,1024)
  --shares %,%          live heap, as a share of it (default 10,25,50,65)
  --kinds KIND,KIND     of objects: ordinary, tiny (default both)
  --ways WAY,WAY        of capturing (default all but inline):
                          alone             no snapshot: whether the busy server itself fits
                          auto              as it comes, to a file
                          fork              by a forked child, to a file
                          force             the same, without asking whether it can be afforded
                          busy              the same, while the server writes to all its memory
                          tmpfs             the same, to a file that is itself memory
                          diagnosis         three snapshots by forked children, analysed at once
                          forced diagnosis  the same, without asking whether it can be afforded
                          inline            by the server itself, without asking: to see what it
                                            takes, in a container that has it
  --attempts N          for each way (default 3)
  --directory DIR       where snapshots are written (default the system's for temporary files)
  --verbose             each attempt as it ends, on stderr

Needs Linux with cgroup v2, and root. bench/container/vm.sh runs it in a virtual machine.
`;

async function main() {
  if (values.help) return process.stdout.write(HELP);
  const directory = fs.mkdtempSync(path.join(values.directory, 'leakguard-container-'));
  const memoryDirectory = fs.mkdtempSync('/dev/shm/leakguard-container-');
  const rows = [];
  try {
    for (const { limit, heap, kind } of containers()) {
      rows.push(...(await tryAll({ limit, heap, kind, directory, memoryDirectory })));
    }
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.rmSync(memoryDirectory, { recursive: true, force: true });
  }
  process.stdout.write(`Node.js ${process.version}, Linux ${os.release()}\n\n${table(rows)}\n`);
  process.exitCode = rows.every(isGood) ? 0 : 1;
}

function containers() {
  const numbers = (text) => text.split(',').map(Number);
  return numbers(values.limits).flatMap((limit) =>
    numbers(values.shares).flatMap((share) =>
      values.kinds
        .split(',')
        .map((kind) => ({ limit: limit * MB, heap: Math.round((limit * share) / 100), kind })),
    ),
  );
}

/** One server after the other, each for as long as it lives. */
async function tryAll({ limit, heap, kind, directory, memoryDirectory }) {
  const rows = [];
  let server = null;
  try {
    for (const way of values.ways.split(',')) {
      if (!server?.alive) {
        await server?.remove();
        const cgroup = new Cgroup(`leakguard-bench-${process.pid}`, limit);
        server = new Contained(cgroup, [String(heap), kind, directory, memoryDirectory]);
        if (!(await server.listening())) {
          note(`${limit / MB} MB: no server with ${heap} MB of ${kind} heap fits`);
          break;
        }
      }
      rows.push(await tryOneWay(server, { limit, heap, kind, way }));
    }
  } finally {
    await server?.remove();
  }
  return rows;
}

async function tryOneWay(server, { limit, heap, kind, way }) {
  const results = [];
  const measured = server.measure();
  for (let count = 0; count < Number(values.attempts) && server.alive; count++) {
    const result = await server.attempt(way);
    results.push(result);
    note(`${limit / MB} MB, ${heap} MB ${kind}, ${way}: ${result.message ?? result.outcome}`);
  }
  return { limit, heap, kind, way, outcomes: outcomes(results), ...(await measured()) };
}

function isGood({ died, wrong, missing, version, kills }) {
  // Without groups only the child dies of what in a group would have been the end of all.
  const wouldDie = version === 1 && kills > 0;
  return died === false && !wouldDie && wrong === 0 && missing === 0;
}

function note(line) {
  if (values.verbose) process.stderr.write(`${line}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
