// Checked by tsc, never run: what the types must allow, and what they must refuse.

import * as leakguard from '../../index';
import {
  assertNoGrowth,
  type Comparison,
  compareSnapshots,
  type Diagnosis,
  type Growth,
  GrowthError,
  type Leak,
  LeakguardError,
  Monitor,
  measureGrowth,
  openSnapshot,
  type Sample,
  Snapshot,
  type SnapshotInfo,
  type Suspect,
  startMonitor,
  stopMonitor,
  takeSnapshot,
  version,
} from '../../index';

/** Compiles only where the type of `value` is `T` and not `any`. */
function is<T>(value: 0 extends 1 & T ? never : T): T {
  return value;
}

export async function monitoring(): Promise<void> {
  const monitor = startMonitor({
    interval: '10s',
    directory: '/var/tmp/leaks',
    diagnose: true,
    minGrowth: '5 MB',
    snapshot: { mode: 'auto', redact: true, compress: 'zstd', timeout: 60_000, maxPause: '250ms' },
    keep: { count: 5, bytes: '1 GiB' },
    cooldown: '10m',
    pressure: [0.8, 0.9],
    signal: 'SIGUSR2',
    nearHeapLimit: true,
    quiet: false,
  });
  is<Monitor>(startMonitor());
  is<Monitor>(startMonitor({ interval: undefined, signal: false }));
  monitor.on('sample', (sample) => {
    is<Sample>(sample);
    is<number | null>(sample.liveHeap);
    // @ts-expect-error before the first major collection there is none
    is<number>(sample.liveHeap);
  });
  monitor.once('leak', (leak) => {
    is<Leak>(leak);
    is<number | null>(leak.limit.reachedAt);
    const [low, high] = leak.interval;
    is<number>(low + high);
    // @ts-expect-error two bounds
    leak.interval[2];
    // @ts-expect-error no such kind
    leak.kind === 'stack';
  });
  monitor.on('diagnosis', (diagnosis) => is<Diagnosis>(diagnosis));
  monitor.on('settled', (leak) => is<Leak>(leak));
  monitor.on('snapshot', (snapshot) => is<SnapshotInfo>(snapshot));
  monitor.on('pressure', (pressure) => is<'heap' | 'container'>(pressure.kind));
  monitor.on('error', (error) => is<LeakguardError>(error));
  // @ts-expect-error a diagnosis is no leak
  monitor.on('diagnosis', (leak: Leak) => leak);
  is<Sample[]>(monitor.samples());
  is<Leak[]>(monitor.status().leaks);
  is<Diagnosis>(await monitor.diagnose());
  is<void>(monitor.stop());
  is<void>(stopMonitor());

  // @ts-expect-error misspelled
  startMonitor({ intervall: 10 });
  // @ts-expect-error not a duration
  startMonitor({ interval: true });
  // @ts-expect-error no such codec
  startMonitor({ snapshot: { compress: 'brotli' } });
  // @ts-expect-error no such signal
  startMonitor({ signal: 'SIGNAL' });
  // @ts-expect-error true names no signal
  startMonitor({ signal: true });
  // @ts-expect-error a list
  startMonitor({ pressure: 0.8 });
  // @ts-expect-error monitors come from startMonitor
  new Monitor();
}

export async function snapshots(): Promise<void> {
  const info = await takeSnapshot({ path: 'a.heapsnapshot', mode: 'inline', force: true });
  is<'fork' | 'inline'>(info.mode);
  is<number>(info.pauseMs + info.totalMs + info.bytes + info.nodes + info.edges + info.attempts);
  is<boolean>(info.redacted);
  // @ts-expect-error auto is a wish, not an outcome
  info.mode === 'auto';
  // @ts-expect-error an options object
  takeSnapshot('a.heapsnapshot');

  const snapshot = await openSnapshot(info.path, {
    signal: AbortSignal.timeout(1000),
    onProgress: (done) => is<number>(done),
  });
  is<Snapshot>(snapshot);
  is<number>(snapshot.summary().liveSize);
  for (const row of snapshot.classes({ top: 10, sort: 'retained' })) {
    is<string>(row.className);
    is<number>(row.count + row.shallowSize + row.retainedSize + row.distance);
  }
  // @ts-expect-error no such order
  snapshot.classes({ sort: 'name' });
  const [largest] = snapshot.dominators();
  if (largest) {
    is<number>(snapshot.node(largest.id).retainedSize);
    is<string | undefined>(snapshot.retainers(largest.id)[0]?.name);
    is<string | undefined>(snapshot.paths(largest.id, { count: 3 })[0]?.[0]?.edgeType);
  }
  is<void>(snapshot.close());
  // @ts-expect-error snapshots come from openSnapshot
  new Snapshot();

  const comparison = await compareSnapshots(['a.heapsnapshot', snapshot]);
  is<Comparison>(comparison);
  is<Suspect[]>(comparison.suspects);
  is<string | null | undefined>(comparison.suspects[0]?.holder.script);
  // @ts-expect-error a list
  compareSnapshots('a.heapsnapshot');
}

export async function growth(): Promise<void> {
  const measured = await measureGrowth((iteration) => is<number>(iteration), {
    warmup: 10,
    iterations: 100,
    rungs: 5,
    maxDuration: '3s',
    explain: false,
    ignore: (suspect) => suspect.package === 'lodash',
  });
  is<Growth>(measured);
  is<Leak['kind'] | null>(measured.kind);
  await measureGrowth(async () => {});
  is<boolean>(measured.decided);
  is<string | undefined>(measured.handles[0]?.kind);
  await measureGrowth((_, server) => is<{ port: number }>(server), {
    concurrency: 10,
    setup: async () => ({ port: 80 }),
    teardown: (server) => is<{ port: number }>(server),
  });
  await assertNoGrowth(() => {}, { limit: '64 B', undecided: 'fail' });
  // @ts-expect-error only expectations can fail
  await measureGrowth(() => {}, { undecided: 'fail' });
  // @ts-expect-error only assertNoGrowth has a limit
  await measureGrowth(() => {}, { limit: 64 });
  // @ts-expect-error a function
  await measureGrowth(3);
  // @ts-expect-error an answer about the suspect
  await measureGrowth(() => {}, { ignore: () => 'yes' });
}

export function errors(error: unknown): void {
  if (error instanceof GrowthError) {
    is<Growth>(error.growth);
    is<LeakguardError>(error);
  }
  if (error instanceof LeakguardError) {
    is<string>(error.code);
    // @ts-expect-error no such code
    error.code === 'ERR_LEAKGUARD_NO_SUCH_CODE';
    // @ts-expect-error it never changes
    error.code = 'ERR_LEAKGUARD_IO';
  }
  is<string>(version);
  // @ts-expect-error no such export
  leakguard.createMonitor;
}
