'use strict';

/**
 * One variant of one case, in a process of its own: `node subject.js growth|monitor FOLDER SECONDS`.
 *
 * Prints one line of JSON: what leakguard said of it.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');
const { measureGrowth, startMonitor } = require('../..');

const [mode, folder, seconds] = [process.argv[2], path.resolve(process.argv[3]), process.argv[4]];

/** Samples so often that a verdict falls within a minute. */
const INTERVAL = 250;

/** A monitored case does its own number of iterations in so many seconds, over and over. */
const PACE = 15;

// Some drivers only wait for what does not keep the process alive.
setInterval(() => {}, 1000);

async function main() {
  const meta = JSON.parse(fs.readFileSync(path.join(folder, 'case.json'), 'utf8'));
  const driver = require(path.join(folder, 'driver.js'));
  await driver.setup?.();
  const begun = performance.now();
  const told = mode === 'growth' ? await growth(driver) : await monitor(driver, meta);
  const result = { ...told, ms: Math.round(performance.now() - begun) };
  fs.writeSync(1, `\n@@ ${JSON.stringify(result)}\n`);
  process.exit(0);
}

async function growth(driver) {
  const { leaking, kind, suspects, text } = await measureGrowth((call) => driver.iterate(call));
  return { leaking, kind, suspect: suspects[0] ?? null, text };
}

async function monitor(driver, meta) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-corpus-'));
  const watch = startMonitor({ interval: INTERVAL, directory, quiet: true });
  const begun = performance.now();
  const told = { leaking: false, kind: null, alarms: 0, alarmMs: null, suspect: null, text: '' };
  watch.on('leak', (leak) => {
    told.alarms += 1;
    if (told.leaking) return;
    Object.assign(told, { leaking: true, kind: leak.kind, text: leak.message });
    told.alarmMs = Math.round(performance.now() - begun);
  });
  let ended = false;
  watch.on('error', ({ message }) => {
    told.error = message;
    ended = true;
  });
  watch.on('diagnosis', ({ suspects, text }) => {
    Object.assign(told, { suspect: suspects[0] ?? null, text });
    ended = true;
  });
  const perSecond = Math.max(1, (meta.iterations ?? 600) / PACE);
  for (let call = 0; !ended && performance.now() - begun < Number(seconds) * 1000; ) {
    const due = ((performance.now() - begun) / 1000) * perSecond;
    while (call < due && !ended) await driver.iterate(call++);
    await sleep(5);
  }
  watch.stop();
  fs.rmSync(directory, { recursive: true, force: true });
  return told;
}

main().catch((error) => {
  fs.writeSync(2, `${error?.stack ?? error}\n`);
  process.exit(3);
});
