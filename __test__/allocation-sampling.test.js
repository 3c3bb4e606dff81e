'use strict';

/** Who allocates what stays: with snapshots, without them, and beside somebody else's profiler. */

const { ask, temporaryFolder } = require('./support/child');

/**
 * A diagnosis in a process of its own, which has `keep` running (its objects stay) beside `waste`
 * (whose objects do not).
 */
function diagnosis(snapshot, before = '') {
  const script = `
    const { Session } = require('node:inspector');
    ${before}
    const { startMonitor } = require('leakguard');
    const monitor = startMonitor({
      interval: 100, directory: process.argv[1], quiet: true, snapshot: ${snapshot}
    });
    const kept = [];
    function keep() { for (let count = 0; count < 60; count++) kept.push(new Array(500).fill(count)); }
    function waste() { for (let count = 0; count < 600; count++) new Array(500).fill(count); }
    const working = setInterval(() => { keep(); waste(); }, 10);
    monitor.diagnose().then((found) => {
      clearInterval(working);
      monitor.stop();
      const after = typeof settle === 'function' ? settle() : null;
      const { suspects, snapshots, text } = found;
      process.stdout.write(JSON.stringify({ suspects, snapshots: snapshots.length, text, after }));
    });`;
  return ask(script, { args: [temporaryFolder()] });
}

test('a suspect tells where what it holds is allocated', async () => {
  const { suspects, snapshots, text } = await diagnosis('{}');
  expect(snapshots).toBe(3);
  expect(suspects[0].holder.name).toBe('kept');
  const [first, ...others] = suspects[0].sites.filter(({ sampled }) => sampled);
  expect(first.functionName).toBe('keep');
  // Ten times as much was allocated elsewhere, of which hardly anything is there any more.
  for (const { bytes } of others) expect(bytes).toBeLessThan(first.bytes / 2);
  expect(suspects[0].sites[0].bytes).toBeGreaterThan(500_000);
  expect(text).toMatch(/allocated by keep \(.*:\d+\), some [\d.]+ MB of it/);
});

test('without a snapshot the function that allocates is named', async () => {
  const { suspects, snapshots, text } = await diagnosis('{ mode: "inline", maxPause: 0 }');
  expect(snapshots).toBe(0);
  expect(suspects[0].sites[0]).toMatchObject({ functionName: 'keep', sampled: true });
  expect(suspects[0].message).toMatch(/^Some [\d.]+ MB of what keep \(.*\) allocated a while ago/);
  expect(text).toContain('maxPause allows 0 ms');
});

test("somebody else's profiler goes on", async () => {
  const { after } = await diagnosis(
    '{}',
    `const session = new Session();
     session.connect();
     session.post('HeapProfiler.startSampling', { samplingInterval: 65536 });
     function settle() {
       let answer;
       session.post('HeapProfiler.stopSampling', (error, result) => {
         answer = error ? error.message : result.profile.samples.length;
       });
       return answer;
     }`,
  );
  expect(after).toBeGreaterThan(0);
});
