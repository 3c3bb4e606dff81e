'use strict';

/**
 * One variant of one case, in a process of its own:
 * `node subject.js growth|monitor FOLDER SECONDS INTERVAL PACE`, see index.js.
 *
 * Prints one line of JSON: what leakguard said of it.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');
const { measureGrowth, startMonitor } = require('../..');

const [mode, folder] = [process.argv[2], path.resolve(process.argv[3])];
const [seconds, interval, pace] = process.argv.slice(4).map(Number);

/** Seconds for the diagnosis, after an alarm. */
const TO_NAME = 60;

/** A case that does as many iterations as it can lets the event loop turn after so many ms. */
const TURN = 5;

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
  const watch = startMonitor({ interval, directory, quiet: true });
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
  const perMs = pace > 0 ? Math.max(1, (meta.iterations ?? 600) / pace) / 1000 : Infinity;
  const elapsed = () => performance.now() - begun;
  const over = () => ended || elapsed() > (told.leaking ? seconds + TO_NAME : seconds) * 1000;
  for (let call = 0; !over(); await sleep(perMs < Infinity ? 5 : 0)) {
    const turn = elapsed() + (perMs < Infinity ? Infinity : TURN);
    while (call < elapsed() * perMs && elapsed() < turn && !over()) await driver.iterate(call++);
  }
  const { gcRequests } = watch.status();
  Object.assign(told, { gcRequests });
  watch.stop();
  fs.rmSync(directory, { recursive: true, force: true });
  return told;
}

main().catch((error) => {
  fs.writeSync(2, `${error?.stack ?? error}\n`);
  process.exit(3);
});
