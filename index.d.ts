/**
 * leakguard finds memory leaks in a running Node.js process: what leaks, who holds it, how fast it
 * grows.
 *
 * Units everywhere: sizes are bytes, durations are milliseconds, times are epoch milliseconds.
 *
 * A wrong option throws a `TypeError` (wrong type, misspelled name) or a `RangeError` (out of
 * range) with `code` `'ERR_LEAKGUARD_INVALID_OPTION'`; its message names the option, the value and
 * what is allowed. Every other error is a {@link LeakguardError}.
 */

import type { EventEmitter } from 'node:events';

/**
 * A size: bytes as a number, or text such as `'640 B'`, `'64 KB'`, `'1.5 MB'`, `'2 GiB'`. `KB` and
 * `KiB` both mean 1,024 bytes, `MB` and `MiB` 1,024², and so on, as V8's own flags count.
 */
export type Bytes = number | string;

/** A time span: milliseconds as a number, or text such as `'250ms'`, `'10s'`, `'5m'`, `'1h'`. */
export type Duration = number | string;

/** The version of this package, such as `'0.1.0'`. */
export const version: string;

/** The stable codes of errors. New ones may be added; the meaning of one never changes. */
export type LeakguardErrorCode =
  /** The file does not exist. */
  | 'ERR_LEAKGUARD_NOT_FOUND'
  /** The operating system refused access. */
  | 'ERR_LEAKGUARD_PERMISSION'
  /** The disk is full, or a quota is used up. */
  | 'ERR_LEAKGUARD_DISK_FULL'
  /** Any other failure of reading or writing. */
  | 'ERR_LEAKGUARD_IO'
  /** The snapshot ends before its JSON does. */
  | 'ERR_LEAKGUARD_TRUNCATED'
  /** The bytes are not JSON. */
  | 'ERR_LEAKGUARD_NOT_JSON'
  /** The bytes are JSON, but not a V8 heap snapshot. */
  | 'ERR_LEAKGUARD_NOT_A_SNAPSHOT'
  /** The snapshot breaks its own promises, such as an edge to a node that does not exist. */
  | 'ERR_LEAKGUARD_CORRUPT'
  /** The snapshot has more nodes, edges or text than can be numbered. */
  | 'ERR_LEAKGUARD_TOO_LARGE'
  /** An argument is out of its range, or the object asked for does not exist. */
  | 'ERR_LEAKGUARD_INVALID'
  /** The caller gave the work up. */
  | 'ERR_LEAKGUARD_ABORTED'
  /** Too little memory or disk for a capture, or another one is running. */
  | 'ERR_LEAKGUARD_REFUSED'
  /** This platform, kernel or build cannot do what was asked. */
  | 'ERR_LEAKGUARD_UNSUPPORTED'
  /** V8 or the operating system broke a capture off. */
  | 'ERR_LEAKGUARD_CAPTURE_FAILED'
  /** A forked capture was ended because memory got short. */
  | 'ERR_LEAKGUARD_OUT_OF_MEMORY'
  /** A forked capture took longer than `timeout`. */
  | 'ERR_LEAKGUARD_TIMEOUT'
  /** Several forked children failed one after the other. */
  | 'ERR_LEAKGUARD_FORK_FAILED'
  /** There is no native addon that works on this platform. */
  | 'ERR_LEAKGUARD_NO_BINARY'
  /** A tested function grew more than allowed: a {@link GrowthError}. */
  | 'ERR_LEAKGUARD_GROWTH'
  /** The budget of `leakguard/jest` cannot be read or written. */
  | 'ERR_LEAKGUARD_BUDGET'
  /** A listener for an event of the monitor threw; `cause` is what it threw. */
  | 'ERR_LEAKGUARD_LISTENER'
  /** A defect of leakguard itself. */
  | 'ERR_LEAKGUARD_INTERNAL';

/** Every error of leakguard, save the `TypeError` or `RangeError` of a wrong option. */
export class LeakguardError extends Error {
  constructor(
    code: LeakguardErrorCode,
    message: string,
    options?: { cause?: unknown; shortage?: Shortage },
  );
  /** Always `'LeakguardError'`, or `'GrowthError'`. */
  name: string;
  /** Stable; compare this, never the message. */
  readonly code: LeakguardErrorCode;
  /** With `ERR_LEAKGUARD_REFUSED`: the numbers, where it is for want of something. */
  readonly shortage?: Shortage;
}

/** What there was too little of for a capture. */
export interface Shortage {
  of: 'memory' | 'disk' | 'time';
  /** Whose limit it is: `'the container'`, `'the system'`, a directory, `'maxPause'`. */
  limit: string;
  /** Estimated need: bytes of memory or disk, ms of time. */
  needed: number;
  /** What there is, in the same unit. */
  available: number;
}

// ---------------------------------------------------------------------------------------------
// In the app
// ---------------------------------------------------------------------------------------------

/**
 * Starts to watch this process. There is one monitor for each thread: a second call returns the
 * running one, and warns (`process.emitWarning`) if its options differ.
 *
 * The monitor never throws into the process, never keeps it alive and never holds its event loop
 * beyond the short pause of a capture.
 *
 * @throws {TypeError} an unknown option, or one of the wrong type
 * @throws {RangeError} an option out of its range
 * @throws {LeakguardError} `ERR_LEAKGUARD_NO_BINARY`
 */
export function startMonitor(options?: MonitorOptions): Monitor;

/** Stops the running monitor; does nothing where there is none. */
export function stopMonitor(): void;

/** What {@link startMonitor} can be told. */
export interface MonitorOptions {
  /** Between two samples, at least 100 ms. Default 10 s. */
  interval?: Duration | undefined;
  /**
   * Where snapshots and reports go. Made on first use, for its owner only (0700). Default
   * `'./.leakguard'`.
   */
  directory?: string | undefined;
  /** Whether a leak is diagnosed: capture, compare, name the suspects. Default true. */
  diagnose?: boolean | undefined;
  /**
   * Growth over the window below this is never reported. Default: null, chosen by the size of the
   * heap.
   */
  minGrowth?: Bytes | null | undefined;
  /** How a diagnosis captures. */
  snapshot?: CaptureOptions | undefined;
  /** How much is kept in `directory`; the oldest goes first. */
  keep?: KeepOptions | undefined;
  /**
   * The least time between two diagnoses that the monitor starts by itself, and between the last
   * snapshot in `directory` and one that `nearHeapLimit` takes, also across restarts. Default 10 min.
   */
  cooldown?: Duration | undefined;
  /**
   * The longest pause, in ms, that leakguard may cause by asking V8 for a major garbage collection
   * where too few come by themselves to judge. Default 50 ms; 0: it never asks.
   *
   * It asks when memory has grown since the last one, no more than a dozen times in the time that a
   * suspicion takes, so seldom that marking takes about 2 % of a processor and the pauses 1 % of
   * the time, and ever more seldom while nothing is found to grow. V8 marks beside the running
   * program, so the pause is that of its own major collections; the middle one of the last five is
   * what the next one is expected to take, or more if the heap has grown. That is processor time, of all
   * threads: a machine with too much to do holds up a pause as it holds up all of the program. Where it
   * could take four times as long if it goes badly, V8 is not asked: with the default that is beyond
   * 130 MB of heap. There, on Linux, a forked child collects the garbage of its copy of the heap and tells
   * what is left, where the fork is expected to take no longer than this (40 ms for each GB of the
   * resident set, or what the last forks took) and `snapshot.mode` is not `'inline'`: so seldom that
   * forks take 0.1 % of the time and children 2 % of a processor. `status().gcRequests` counts.
   */
  maxGcPause?: Duration | undefined;
  /**
   * Shares, above 0 and up to 1, of V8's heap limit and of the container's memory limit; passing
   * one raises `'pressure'`. Default `[0.8, 0.9]`; `[]` for never.
   */
  pressure?: readonly number[] | undefined;
  /**
   * A signal on which a snapshot is written into `directory`, as `snapshot` says, and `'snapshot'`
   * raised; `'error'` where that fails, or another snapshot is being taken. Default false: none.
   *
   * Other listeners for it are left alone; the signal loses what it does by itself, such as to end
   * the process. Those that cannot be handled, or that Node.js needs (`'SIGUSR1'` starts its
   * debugger), are refused. In a worker thread it does nothing: Node.js gives signals to the main
   * thread only.
   */
  signal?: NodeJS.Signals | false | undefined;
  /**
   * Whether evidence is left when V8 comes near its heap limit, once in the life of each thread.
   * Default false.
   *
   * From three quarters of the limit alive on, a small file `leakguard.….near-limit.json` in
   * `directory` tells the figures of the heap and of the last samples, and there is a snapshot:
   *
   * - by a forked child, as `snapshot` says, after a look at memory and disk. Where the heap grows so
   *   fast that the process would be gone before, its event loop stands still for the child,
   *   unless that is expected to take longer than `snapshot.maxPause`, or else 10 s;
   * - or by Node.js itself (`v8.setHeapSnapshotNearHeapLimit`), which also works where the event loop
   *   never turns again. It is asked at the start, for a heap that it can write within that time (for
   *   any with `mode: 'inline'` and no `maxPause`), unless memory or disk could not bear it, `keep` would be exceeded, the last snapshot is younger
   *   than `cooldown`, or `snapshot` asks for `'fork'`, `redact` or `compress`. Once asked it cannot
   *   be called off, not by `stop()` either. Its file is moved from the working directory to
   *   `directory`, if need be by the next process;
   * - or none: it was refused, or the last one is younger than `cooldown`. The small file says why.
   */
  nearHeapLimit?: boolean | undefined;
  /**
   * Whether the samples of the last hour and what was said are also kept in a small file in
   * `directory` (`leakguard.….blackbox`, at most 400 KB, 0600), from the first sample on. Default
   * true.
   *
   * A process that is killed, by the system for want of memory or by `SIGKILL`, leaves it behind, and
   * `leakguard blackbox FILE` tells what it says. So does one that ends with an exit code other than
   * 0. One that ends well, and `stop()`, removes it. Of files that are left, `keep` says how many.
   */
  flightRecorder?: boolean | undefined;
  /** True: not even one line per leak on stderr. Default false. */
  quiet?: boolean | undefined;
}

/** Retention of what leakguard writes. */
export interface KeepOptions {
  /** Files at most, at least 1. Default 10. */
  count?: number | undefined;
  /** Bytes of all files together, at most. Default 2 GB. */
  bytes?: Bytes | undefined;
}

/** The events of a {@link Monitor} and what their listeners are given. */
export interface MonitorEvents {
  /** A sample was taken. */
  sample: [sample: Sample];
  /** A leak was found. Once for each leak, not once for each sample. */
  leak: [leak: Leak];
  /** A diagnosis is complete. */
  diagnosis: [diagnosis: Diagnosis];
  /** Memory passed one of the shares of `pressure`. */
  pressure: [pressure: Pressure];
  /** A snapshot was written, on a signal or near the heap limit, perhaps by the process before. */
  snapshot: [snapshot: SnapshotInfo];
  /** A leak that was reported has stopped growing. */
  settled: [leak: Leak];
  /** Something failed. Not thrown where nobody listens. */
  error: [error: LeakguardError];
}

/** A running watch over this process; see {@link startMonitor}. */
export class Monitor extends EventEmitter<MonitorEvents> {
  private constructor();
  /** The options in force, complete: bytes and milliseconds as numbers. */
  readonly options: Readonly<MonitorOptions>;
  /** Where things stand, as plain JSON. */
  status(): MonitorStatus;
  /** The samples kept, oldest first. Their number is bounded. */
  samples(): Sample[];
  /**
   * Captures, compares and names the suspects now, whatever the verdict.
   *
   * @throws {LeakguardError} as a rejection: `ERR_LEAKGUARD_REFUSED`,
   *   `ERR_LEAKGUARD_CAPTURE_FAILED`, `ERR_LEAKGUARD_DISK_FULL`, `ERR_LEAKGUARD_PERMISSION`
   */
  diagnose(): Promise<Diagnosis>;
  /** Ends the watch and gives up what is under way. A stopped monitor stays stopped. */
  stop(): void;
}

/** What was measured at one moment. */
export interface Sample {
  /** Epoch ms. */
  time: number;
  /** Resident set, in bytes, as are all the following. */
  rss: number;
  /** What V8 has reserved for its heap. */
  heapTotal: number;
  /** What of it is used, garbage included. */
  heapUsed: number;
  /** The part of `heapUsed` that lies in the old generation, garbage included. */
  oldGeneration: number | null;
  /** Memory outside of the heap that JavaScript objects own. */
  external: number;
  /** The part of `external` that ArrayBuffers and Buffers hold. */
  arrayBuffers: number;
  /**
   * Heap in use right after the last major garbage collection; null where none has ended since the
   * sample before.
   */
  liveHeap: number | null;
  /** `external` at the same moment. */
  liveExternal: number | null;
  /** `arrayBuffers` at the same moment. */
  liveArrayBuffers: number | null;
  /**
   * Whether `liveHeap`, `liveExternal` and `liveArrayBuffers` were told by a forked child that collected
   * the garbage of its copy of the heap. This process still has its own.
   */
  forked: boolean;
  /** Major garbage collections that have ended since the sample before. */
  majorGcs: number;
  /** Minor ones. */
  minorGcs: number;
  /** Time spent in garbage collection since the sample before, in ms. */
  gcMs: number;
  /** V8 contexts (vm, jsdom) after the last major collection; null where none has ended. */
  liveContexts: number | null;
  /** Those of them that are detached: nothing refers to their global object any more. */
  detachedContexts: number | null;
  /** Handles and requests that keep the event loop alive; null where they were not counted. */
  handles: number | null;
  /**
   * Allocated through `malloc` and not counted in `external`, some time within the last minute; null
   * where the C library is not glibc, or takes long to tell.
   */
  native: number | null;
  /**
   * Whether this thread's heap is the only one in the process, as far as is known. Where it is not,
   * memory outside of V8 is not judged: the heaps of other threads would pass for it.
   */
  alone: boolean;
  /** The heap size at which V8 gives up. */
  heapLimit: number;
  /** What the operating system says. */
  system: SystemMemory;
  /** The event loop did not turn: V8's figures are those of the sample before. */
  loopBlocked: boolean;
}

/** Memory as the operating system sees it, in bytes; null where it does not tell. */
export interface SystemMemory {
  /** Resident set of the process. */
  resident: number | null;
  /**
   * Allocated through `malloc` by the whole process, Buffers included. Null also where the C library
   * is not glibc, or was not asked this time.
   */
  allocated: number | null;
  /** In use in the container (cgroup), without page cache that is about to be dropped. */
  containerUsed: number | null;
  /** The container's limit; null also where it is not below what the machine has. */
  containerLimit: number | null;
  /** Memory of the machine. */
  systemTotal: number | null;
  /** Memory that the machine could give without swapping. */
  systemAvailable: number | null;
}

/**
 * What grows: the live heap; memory outside of it that JavaScript owns (Buffers, ArrayBuffers); memory
 * that neither accounts for (addons, fragmentation). `'contexts'` (vm, jsdom) and `'handles'` (timers,
 * sockets, servers, ports, worker threads, listeners of one event) pile up themselves, and memory with
 * them: the message tells of which kind and how many. A leak is told once, as the one that it is about.
 */
export type LeakKind = 'heap' | 'external' | 'native' | 'contexts' | 'handles';

/** A leak, as the statistics see it: how fast, since when, until when. */
export interface Leak {
  /** What grows. */
  kind: LeakKind;
  /** Median growth rate; 0 where handles pile up that hardly take memory. */
  bytesPerSecond: number;
  /** Where the rate lies with 99 % confidence. */
  interval: [low: number, high: number];
  /** 0 to 1. */
  confidence: number;
  /** When the growth began, epoch ms. */
  since: number;
  /** Bytes since then. */
  growth: number;
  /** The limit that will be reached first. */
  limit: {
    kind: 'heap' | 'container' | 'system';
    bytes: number;
    /** Epoch ms at the present rate; null where it cannot be told. */
    reachedAt: number | null;
  };
  /** One sentence for a log line. */
  message: string;
}

/** Memory came near a limit. */
export interface Pressure {
  /** The live heap against V8's limit, or the container's memory against its own. */
  kind: 'heap' | 'container';
  /** `used` divided by `limit`. */
  share: number;
  /** Bytes in use. */
  used: number;
  /** The limit, in bytes. */
  limit: number;
  /** The share of the option `pressure` that was passed. */
  threshold: number;
  /** One sentence for a log line. */
  message: string;
}

/** What was found out about a leak. */
export interface Diagnosis {
  /** The leak that caused it; null where it was asked for and nothing leaks. */
  leak: Leak | null;
  /**
   * Most likely first. Where a snapshot could not be taken they come from allocation sampling alone:
   * `holder` then tells the function that allocates, `path` is empty, and `count` is 0.
   */
  suspects: Suspect[];
  /** How each class grew, largest growth in bytes first; empty without snapshots. */
  classes: ClassGrowth[];
  /** The snapshots compared, oldest first; fewer than three where one could not be taken. */
  snapshots: SnapshotInfo[];
  /** The whole answer for a person. */
  text: string;
  /** Path of the report as JSON. */
  json: string;
  /** Path of the report as a web page that needs nothing else. */
  html: string;
}

/** Where things stand with a monitor. */
export interface MonitorStatus {
  /** False once stopped. */
  running: boolean;
  /** The last sample; null before the first. */
  sample: Sample | null;
  /** Samples that are kept. */
  samples: number;
  /** The trend of the live heap. */
  heap: MetricStatus;
  /** The trend of memory outside of the heap that live objects own. */
  external: MetricStatus;
  /**
   * The trend of memory outside of V8: what native code has allocated, or where nobody tells, what
   * else is resident. Null before the first major collection, and beside worker threads.
   */
  native: MetricStatus | null;
  /** Leaks found and not settled, with fresh figures. */
  leaks: Leak[];
  /** The heap has grown by much since a last major collection so long ago that nothing can be judged. */
  needsMajorGc: boolean;
  /** What this monitor has captured. */
  captures: {
    count: number;
    /** Diagnoses that the cooldown forbade. */
    refused: number;
    /** Epoch ms; null before the first. */
    lastAt: number | null;
  };
  /** Major garbage collections that this monitor has asked V8 for. */
  gcRequests: {
    count: number;
    /** Those that it would have needed, but that would have held the event loop for too long. */
    declined: number;
    /** Those of them that forked children did in place of this process: neither asked for nor declined. */
    forked: number;
    /** Epoch ms of the last that V8 was asked for; null before the first. */
    lastAt: number | null;
  };
  /** Whether a diagnosis is under way. */
  diagnosing: boolean;
  /** What watching has cost so far, captures not included. */
  cost: {
    /** Time spent, in ms. */
    ms: number;
    /** Bytes held. */
    bytes: number;
  };
  /** The flight recorder's file. */
  blackBox: {
    /** Where it lies; null before the first sample, after the end, and where there is none. */
    path: string | null;
    /** Why there is none; null where it was not tried or has not failed. */
    error: string | null;
  };
}

/** The trend of one metric. */
export interface MetricStatus {
  /**
   * `'warming'`: too little is known. `'notSettled'`: it grows, and whether that ends cannot be
   * told yet. `'clean'`, `'leaking'`: as far as can be seen.
   */
  state: 'warming' | 'notSettled' | 'clean' | 'leaking';
  /** Values after a major collection seen in all. */
  points: number;
  /** Rate of the leak, or else of the recent half of what is known; null where too few are known. */
  bytesPerSecond: number | null;
  /** Where that rate lies with 99 % confidence. */
  interval: [low: number, high: number] | null;
  /** Bytes grown since `since`; negative where it fell. */
  growth: number | null;
  /** Beginning of what these figures are about, epoch ms. */
  since: number | null;
}

/** The pattern behind a suspect; each is mended in its own way. */
export type SuspectKind =
  | 'collection'
  | 'listeners'
  | 'timers'
  | 'closure'
  | 'promise'
  | 'buffers'
  | 'contexts'
  | 'strings'
  | 'objects';

/** A group of objects of one class, under one holder, that grew in every interval. */
export interface Suspect {
  /** The pattern. */
  kind: SuspectKind;
  /** Constructor, or shape such as `'{id, body}'`, of what piles up. */
  className: string;
  /** Members of the group in the last snapshot. */
  count: number;
  /** Members more than in the first snapshot. */
  countGrowth: number;
  /** Bytes that only the group keeps alive, in the last snapshot. */
  retainedSize: number;
  /** The same, less that of the first snapshot. */
  retainedGrowth: number;
  /**
   * What keeps growing, named by the way that code reaches it. `'Node.js'`, `'native code'` or `'V8'`
   * where no object of the program holds it; an addon's package where native memory grows, of which no
   * snapshot tells more: then the numbers of objects are 0, and `path` is empty.
   */
  holder: Holder;
  /** From the GC root to one of the objects. */
  path: PathStep[];
  /**
   * Where survivors were allocated, as far as allocation sampling has seen it (a monitor samples while
   * it diagnoses), and then where functions that pile up, or that the members hold, are written.
   */
  sites: Site[];
  /** The npm package that owns the holder or the allocation; null for the application and Node. */
  package: string | null;
  /** Stable: the same leak has the same fingerprint in two runs. */
  fingerprint: string;
  /** One sentence. */
  message: string;
  /** What usually mends such a leak, by its pattern; it begins without a capital. */
  advice: string;
}

/** The object that keeps growing. */
export interface Holder {
  /** Constructor of the holder, such as `'Map'`. */
  className: string;
  /**
   * Variable or property that names it, such as `'requests'`; what Node.js keeps for a program is named
   * by the variable that leads to it, as far as code can reach it, such as `'shutdown.signal'`.
   */
  name: string;
  /**
   * Script where that name is declared: what was written rather than what was made of it, where a
   * source map tells that. Null where the snapshot does not tell.
   */
  script: string | null;
  /** One-based line in `script`; null where only the script is known. */
  line: number | null;
  /** V8's object id in the last snapshot. */
  id: number;
  /** Bytes that would be freed with it, in the last snapshot. */
  retainedSize: number;
}

/** One step on the way from the GC root to an object. */
export interface PathStep {
  /** Class of the node that the step starts from. */
  node: string;
  /** Name of the edge that leads on; empty on the last step. */
  edge: string;
  /** V8's type of that edge, such as `'property'`, `'context'`, `'element'`. */
  edgeType: string;
  /** V8's object id of the node. */
  id: number;
}

/** Where survivors were allocated. */
export interface Site {
  /** Empty for an anonymous function. */
  functionName: string;
  /** Script of the function: what was written, where a source map tells that. */
  url: string;
  /** One-based. */
  line: number;
  /** One-based. */
  column: number;
  /** Live bytes that are put down to it; of sampled ones, give or take a few samples. */
  bytes: number;
  /** True: survivors were seen being allocated there. False: functions among them are written there. */
  sampled: boolean;
}

// ---------------------------------------------------------------------------------------------
// Snapshots
// ---------------------------------------------------------------------------------------------

/**
 * Writes a heap snapshot of this process, whole or not at all. One at a time.
 *
 * On Linux a forked child does it while this process goes on: the event loop stands still for
 * little more than the fork, some ms for each 100 MB of memory, and what V8 needs is paid by the
 * child. The child is watched, and ended before it can take memory that this process needs.
 * V8's object ids differ from one forked snapshot to the next.
 *
 * @throws {LeakguardError} as a rejection: `ERR_LEAKGUARD_REFUSED` (too little memory or disk, too
 *   long a pause, or another capture is running), `ERR_LEAKGUARD_OUT_OF_MEMORY` (the child was
 *   ended because memory got short), `ERR_LEAKGUARD_TIMEOUT`, `ERR_LEAKGUARD_FORK_FAILED` (several
 *   children failed in a row, mode `'fork'`), `ERR_LEAKGUARD_UNSUPPORTED` (mode `'fork'` where it
 *   is not possible), `ERR_LEAKGUARD_CAPTURE_FAILED`, `ERR_LEAKGUARD_DISK_FULL`,
 *   `ERR_LEAKGUARD_PERMISSION`
 */
export function takeSnapshot(options?: TakeSnapshotOptions): Promise<SnapshotInfo>;

/** How a snapshot is captured. */
export interface CaptureOptions {
  /**
   * `'fork'`: from a forked child, while this process goes on (Linux). `'inline'`: in this process,
   * which stands still meanwhile. `'auto'`, the default: fork where it is possible, else inline.
   */
  mode?: 'auto' | 'fork' | 'inline' | undefined;
  /**
   * Whether the contents of strings and numbers are replaced before anything reaches the disk.
   * Default false.
   */
  redact?: boolean | undefined;
  /** Default false. */
  compress?: false | 'gzip' | 'zstd' | undefined;
  /**
   * A forked capture that takes longer is given up. An inline one cannot be. Default 15 min.
   */
  timeout?: Duration | undefined;
  /**
   * A capture that would hold the event loop for longer is refused. Default: null, no such limit.
   */
  maxPause?: Duration | null | undefined;
  /** Skips the check of memory and disk beforehand. Default false. */
  force?: boolean | undefined;
}

/** What {@link takeSnapshot} can be told. */
export interface TakeSnapshotOptions extends CaptureOptions {
  /** Where to write. Default: null, a new name in the working directory. */
  path?: string | null | undefined;
}

/** A snapshot that was written. */
export interface SnapshotInfo {
  /** Absolute path. */
  path: string;
  /** How it was made. */
  mode: 'fork' | 'inline';
  /** How long the event loop stood still, in ms; with several forks, the longest time. */
  pauseMs: number;
  /** From the call until the file was whole, in ms. */
  totalMs: number;
  /** Size of the file. */
  bytes: number;
  nodes: number;
  edges: number;
  /** Whether contents were replaced. */
  redacted: boolean;
  /**
   * Tries that were needed. A fork can catch V8 in the middle of something; such a child fails
   * without harm to this process, and another one is tried.
   */
  attempts: number;
}

/** What functions that read snapshots can be told. */
export interface ReadOptions {
  /** Gives the work up: the promise rejects with `ERR_LEAKGUARD_ABORTED`. */
  signal?: AbortSignal | null | undefined;
  /** Called now and then with the share that is done, 0 to 1. */
  onProgress?: ((done: number) => void) | null | undefined;
}

/**
 * Reads a `.heapsnapshot` or `.heaptimeline`, also with `.gz` or `.zst`, off the event loop.
 *
 * @throws {LeakguardError} as a rejection: `ERR_LEAKGUARD_NOT_FOUND`, `ERR_LEAKGUARD_PERMISSION`,
 *   `ERR_LEAKGUARD_TRUNCATED`, `ERR_LEAKGUARD_NOT_JSON`, `ERR_LEAKGUARD_NOT_A_SNAPSHOT`,
 *   `ERR_LEAKGUARD_CORRUPT`, `ERR_LEAKGUARD_TOO_LARGE`, `ERR_LEAKGUARD_ABORTED`
 */
export function openSnapshot(path: string, options?: ReadOptions): Promise<Snapshot>;

/**
 * A snapshot in memory, off the V8 heap. Sizes agree with Chrome DevTools on the same file.
 *
 * Every method throws a {@link LeakguardError} `ERR_LEAKGUARD_INVALID` once it is closed, and for
 * an `id` or a class that the snapshot does not have.
 *
 * Methods answer at once: on a file of 100 MB most take a few milliseconds, those that look at the
 * whole heap up to 200. `promises` has the same ones off the event loop.
 */
export class Snapshot {
  private constructor();
  /** The same questions, answered off the event loop; what throws above rejects here. */
  readonly promises: SnapshotPromises;
  /** Counts and sizes of the whole. */
  summary(): SnapshotSummary;
  /** Bytes by kind, as DevTools' Statistics view tells them. */
  statistics(): Statistics;
  /** The class table. The retained size of a class is that of the set, never a sum. */
  classes(options?: ClassesOptions): ClassRow[];
  /**
   * The objects of a class by the properties that they have, largest retained size first. The first 100
   * where `top` does not say otherwise, as in all lists below.
   */
  shapes(className: string, options?: TopOptions): ShapeRow[];
  /** The largest objects of a class. */
  objects(className: string, options?: ObjectsOptions): NodeRow[];
  /**
   * The ways in which the objects of a class are reached, the commonest first; 10 by default. Of more
   * than 10,000 objects, as many are looked at, spread evenly.
   */
  commonPaths(className: string, options?: TopOptions): PathGroup[];
  /** Children of `id` (default: the GC root) in the dominator tree, largest retained size first. */
  dominators(id?: number, options?: TopOptions): NodeRow[];
  /** The objects that retain the most, each after the one that dominates it. */
  largestObjects(options?: TopOptions): TreeRow[];
  /** One object, and the edges that leave it. */
  node(id: number): NodeDetails;
  /** The edges that lead to an object, those from the closest objects first; a thousand at most. */
  retainers(id: number): EdgeRow[];
  /**
   * Ways from the GC root to an object, the shortest first. No two share an object, save those that
   * every way leads through. Each step tells what would be freed if it were cut there.
   */
  paths(id: number, options?: PathsOptions): CutStep[][];
  /**
   * Bytes that would be freed if all of these objects were: never a sum, as objects may share what
   * they retain or contain each other.
   */
  retainedSize(ids: readonly number[]): number;
  /** Strings that are held more than once, those that waste most first. */
  duplicateStrings(options?: TopOptions): DuplicateString[];
  /** Maps, Sets, arrays, dictionaries and buffers: how full they are and who holds them. */
  collections(options?: CollectionsOptions): CollectionRow[];
  /** Functions, by what the variables that they close over keep alive. */
  closures(options?: TopOptions): ClosureRow[];
  /** Native contexts: one of the program, which comes first, and one of each `vm` context. */
  contexts(): ContextRow[];
  /**
   * Bytes by npm package. A function, an instance of a class, a function's variables and compiled code
   * belong to the script in which the function or class stands; everything else to the script of
   * what alone keeps it alive. Each byte is counted once, so the rows add up to the whole.
   */
  packages(options?: TopOptions): PackageRow[];
  /** The same by script. */
  scripts(options?: TopOptions): ScriptRow[];
  /** Where a large share of the heap has piled up, by the rules of Eclipse MAT. */
  accumulations(options?: AccumulationsOptions): Accumulation[];
  /**
   * What was made and freed since `base`, an earlier snapshot of the same process, as in DevTools'
   * Comparison view.
   */
  difference(base: Snapshot, options?: TopOptions): Difference;
  /** Frees the memory. A snapshot that is garbage collected frees it as well. */
  close(): void;
}

/** What a question that is answered off the event loop can be told besides its own options. */
export interface SignalOptions {
  /** Gives the question up: the promise rejects with `ERR_LEAKGUARD_ABORTED`. */
  signal?: AbortSignal | null | undefined;
}

/** The methods of {@link Snapshot}, answered off the event loop. */
export interface SnapshotPromises {
  summary(options?: SignalOptions): Promise<SnapshotSummary>;
  statistics(options?: SignalOptions): Promise<Statistics>;
  classes(options?: SignalOptions & ClassesOptions): Promise<ClassRow[]>;
  shapes(className: string, options?: SignalOptions & TopOptions): Promise<ShapeRow[]>;
  objects(className: string, options?: SignalOptions & ObjectsOptions): Promise<NodeRow[]>;
  commonPaths(className: string, options?: SignalOptions & TopOptions): Promise<PathGroup[]>;
  dominators(id?: number, options?: SignalOptions & TopOptions): Promise<NodeRow[]>;
  largestObjects(options?: SignalOptions & TopOptions): Promise<TreeRow[]>;
  node(id: number, options?: SignalOptions): Promise<NodeDetails>;
  retainers(id: number, options?: SignalOptions): Promise<EdgeRow[]>;
  paths(id: number, options?: SignalOptions & PathsOptions): Promise<CutStep[][]>;
  retainedSize(ids: readonly number[], options?: SignalOptions): Promise<number>;
  duplicateStrings(options?: SignalOptions & TopOptions): Promise<DuplicateString[]>;
  collections(options?: SignalOptions & CollectionsOptions): Promise<CollectionRow[]>;
  closures(options?: SignalOptions & TopOptions): Promise<ClosureRow[]>;
  contexts(options?: SignalOptions): Promise<ContextRow[]>;
  packages(options?: SignalOptions & TopOptions): Promise<PackageRow[]>;
  scripts(options?: SignalOptions & TopOptions): Promise<ScriptRow[]>;
  accumulations(options?: SignalOptions & AccumulationsOptions): Promise<Accumulation[]>;
  difference(base: Snapshot, options?: SignalOptions & TopOptions): Promise<Difference>;
}

/** The whole of a snapshot. */
export interface SnapshotSummary {
  nodes: number;
  edges: number;
  strings: number;
  /** Shallow sizes of all nodes. */
  totalSize: number;
  /** Shallow sizes of the nodes that the GC roots reach. */
  liveSize: number;
}

/** What tables can be told. */
export interface TopOptions {
  /** Rows at most, at least 1. */
  top?: number | undefined;
}

/** What {@link Snapshot.objects} can be told. */
export interface ObjectsOptions extends TopOptions {
  /** Largest first. Default `'retained'`. */
  sort?: 'retained' | 'shallow' | undefined;
}

/** What {@link Snapshot.collections} can be told. */
export interface CollectionsOptions extends TopOptions {
  /**
   * Largest retained size, most entries, or most room without an entry first. Default
   * `'retained'`.
   */
  sort?: 'retained' | 'entries' | 'empty' | undefined;
  /** Only these. Default: null, all kinds. */
  kind?: CollectionKind | null | undefined;
}

/** What {@link Snapshot.accumulations} can be told. */
export interface AccumulationsOptions extends TopOptions {
  /** Least share of the live heap that counts, above 0 and up to 1. Default 0.05. */
  share?: number | undefined;
}

/** What {@link Snapshot.paths} can be told. */
export interface PathsOptions {
  /** Paths at most, up to 100. Default 1. */
  count?: number | undefined;
}

/** What {@link Snapshot.classes} can be told. */
export interface ClassesOptions extends TopOptions {
  /** Largest first. Default `'retained'`. */
  sort?: 'retained' | 'shallow' | 'count' | undefined;
  /** Only classes whose name contains this text, or matches, or that the function chooses. */
  filter?: string | RegExp | ((row: ClassRow) => boolean) | null | undefined;
  /**
   * Only objects that nothing but variables of closures, or nothing but what the embedder says is
   * detached, keeps alive: filters of DevTools. Default: null, all objects.
   */
  retainedBy?: 'closures' | 'detached' | null | undefined;
}

/** One class. */
export interface ClassRow {
  className: string;
  /** Objects of it. */
  count: number;
  /** Sum of their own sizes. */
  shallowSize: number;
  /** What would be freed if all of them were. */
  retainedSize: number;
  /**
   * Edges from the program's global objects to the nearest one. 100,000,000 and more: only V8's
   * own objects, or nothing, lead to it.
   */
  distance: number;
}

/** One object. */
export interface NodeRow {
  /** V8's object id. */
  id: number;
  className: string;
  /** The constructor, a function's name, a string's text (its first 200 characters); a plain object's shape. */
  name: string;
  /** V8's type of node, such as `'object'`, `'closure'`, `'string'`. */
  type: string;
  shallowSize: number;
  retainedSize: number;
  /** As in {@link ClassRow.distance}. */
  distance: number;
}

/** One object and where it leads. */
export interface NodeDetails extends NodeRow {
  /** The closest object through which every way to it leads; null of the GC root. */
  dominator: NodeRow | null;
  /** The edges that leave it, a thousand at most; each row's node is where the edge ends. */
  edges: EdgeRow[];
}

/** One edge, with the object at its other end. */
export interface EdgeRow {
  /** Name of the edge; a number in brackets for elements. */
  name: string;
  /** V8's type of edge, such as `'property'`, `'context'`, `'element'`. */
  type: string;
  /** The other end. */
  node: NodeRow;
}

/** One object of the dominator tree. */
export interface TreeRow extends NodeRow {
  /** Steps below the topmost objects, which have 0. */
  depth: number;
}

/** One step of a way to an object. */
export interface CutStep extends PathStep {
  /**
   * Bytes that would be freed if this step's reference to the next were removed; 0 where another
   * way keeps the next one alive. Missing on the last step.
   */
  freed?: number;
}

/** Bytes by kind. Each byte is in one kind, and the kinds add up to `total`. */
export interface Statistics {
  /** Everything, with memory outside V8's heap. */
  total: number;
  /** Compiled code and what belongs to it. */
  code: number;
  /** Text. */
  strings: number;
  /** Arrays of JavaScript, with the elements that belong to one array only. */
  jsArrays: number;
  /** Contents of typed arrays, buffers and `ArrayBuffer`s. */
  typedArrays: number;
  /** Other memory outside V8's heap that V8 was told of. */
  native: number;
  /** V8's own bookkeeping. */
  system: number;
  /** Other objects, functions, numbers, symbols and hidden classes. */
  other: number;
  /** The same bytes by V8's type of node, largest first. */
  nodeTypes: { type: string; count: number; shallowSize: number }[];
}

/** The objects of one class that have the same properties. */
export interface ShapeRow {
  /** The first few properties, such as `'{id, body, …}'`. */
  shape: string;
  /** All properties (at most 256), those with numbers in them included. */
  properties: string[];
  count: number;
  shallowSize: number;
  /** Each byte once, as in {@link ClassRow.retainedSize}. */
  retainedSize: number;
  /** V8's object id of the one that retains most. */
  id: number;
}

/** A way that leads to several objects of one class. */
export interface PathGroup {
  /** Objects that are reached so. */
  count: number;
  /**
   * From the GC root, or from 40 steps before the object, to one of them. Numbers of elements and
   * keys of dictionaries read `[]`.
   */
  path: PathStep[];
}

/** One text that is held several times. */
export interface DuplicateString {
  /** The text, as far as the file has it: 1,024 characters. */
  text: string;
  /** Strings with that text. */
  count: number;
  /** Bytes of all of them. */
  shallowSize: number;
  /** Bytes that would be saved if there were one of them only. */
  wasted: number;
  /** Whether the file has only their beginning, so that they may differ further on. */
  cut: boolean;
  /** V8's object ids of a few of them. */
  ids: number[];
}

/** What a collection is; instances of classes that extend one of these count as well. */
export type CollectionKind =
  | 'map'
  | 'set'
  | 'weakmap'
  | 'weakset'
  | 'array'
  /** An object used as a dictionary. */
  | 'object'
  /** The bytes of buffers and typed arrays. */
  | 'buffer';

/** How code reaches an object. */
export interface Named {
  /**
   * Variable or property, with `[]` for what lies in it, such as `'sessions'` or `'queue[]'`; the
   * class in brackets where nothing names it.
   */
  name: string;
  /** Class of the object that has the property; `'scope'` where the name is a variable. */
  owner: string;
  /** Script of a function that sees the variable, or of the owner's constructor. */
  script: string | null;
  /** One-based line of that function or constructor. */
  line: number | null;
}

/** One collection. */
export interface CollectionRow extends Named {
  /** V8's object id. */
  id: number;
  kind: CollectionKind;
  className: string;
  /**
   * Entries that the file shows; bytes, of a buffer. Numbers, booleans, null and undefined do not
   * show; null where that must be so for most entries.
   */
  entries: number | null;
  /** Entries that it has room for; null where the file does not tell. */
  capacity: number | null;
  /** Bytes of the room in which the file shows nothing; 0 where that is not known. */
  emptySize: number;
  /** The collection alone, its backing store included. */
  shallowSize: number;
  retainedSize: number;
}

/** All closures of one function. */
export interface ClosureRow {
  /** Name of the function; empty for an anonymous one. */
  function: string;
  script: string | null;
  /** One-based. */
  line: number | null;
  /** One-based. */
  column: number | null;
  /** Closures of it. */
  count: number;
  /** The closures alone. */
  shallowSize: number;
  /**
   * The scope that the function is made in; 0 where it closes over nothing. Functions of one scope
   * share its contexts: what follows is the same for all of them and must not be added up.
   */
  scope: number;
  /** Contexts of that scope: one for each time that the code around the function ran. */
  contexts: number;
  /** What those contexts retain, each byte once. */
  contextsRetainedSize: number;
  /**
   * The variables in them, those that keep most alive first; those with numbers in them do not
   * show. `retainedSize` is what only that variable keeps alive.
   */
  variables: { name: string; retainedSize: number }[];
  /** V8's object id of one of the closures. */
  id: number;
}

/** One native context. Its name is the way that code reaches it. */
export interface ContextRow extends Named {
  /** V8's object id. */
  id: number;
  /** V8's name of it, with what the embedder says of it. */
  context: string;
  /** Whether it is the program's own. */
  main: boolean;
  /** Whether the embedder says that it is detached; Node.js says so of none. */
  detached: boolean;
  shallowSize: number;
  retainedSize: number;
}

/** What belongs to a script or a package. */
export interface OwnedBytes {
  size: number;
  /** Of `size`, what is compiled code and source. */
  codeSize: number;
  /** Number of functions. */
  closures: number;
  /** Number of other nodes. */
  objects: number;
}

/** What belongs to one script. */
export interface ScriptRow extends OwnedBytes {
  /** URL or path; null for what several scripts hold together, or V8 itself. */
  script: string | null;
}

/** What belongs to one package. */
export interface PackageRow extends OwnedBytes {
  /**
   * npm package; `'(node)'` for Node.js itself, `'(application)'` for scripts of no package, null for
   * what belongs to no script.
   */
  package: string | null;
  /** Number of its scripts. */
  scripts: number;
  /** The script to which most of it belongs. */
  largestScript: string | null;
}

/** A place where memory has piled up. */
export interface Accumulation {
  /** Of one large object, or of all members of a group. */
  retainedSize: number;
  /** The same as a share of the live heap, 0 to 1. */
  share: number;
  /** How many objects: 1, or the members of a group. */
  count: number;
  /** Class, or shape, of that object or of those members. */
  className: string;
  /**
   * Where the memory has piled up: below the large object, as far as one child has 70 % of its
   * parent. Of a group, what leads to 70 % of the members, or null.
   */
  point: NodeRow | null;
  /** How code reaches that object. */
  named: Named | null;
  /** What is directly in it, by class, the most bytes first; three classes at most. */
  contents: { className: string; count: number; retainedSize: number }[];
  /** One sentence. */
  message: string;
}

/** How two snapshots differ. */
export interface Difference {
  /** Classes that changed, those that grew most bytes first. */
  classes: ClassDifference[];
  /** See {@link Comparison.foundAgain}. */
  foundAgain: number;
}

/** What was made and freed of one class. */
export interface ClassDifference {
  className: string;
  /** Objects that are new. */
  added: number;
  /** Objects that are gone. */
  removed: number;
  /** Bytes of those that are new. */
  addedSize: number;
  /** Bytes of those that are gone. */
  removedSize: number;
  /** Bytes by which those grew that are in both, which DevTools does not count. */
  grownSize: number;
}

/**
 * Compares two or more snapshots of one process, in order of time. Two show what grew; three or
 * more tell what grows from what was only filled.
 *
 * @throws {LeakguardError} as a rejection: what {@link openSnapshot} rejects with
 */
export function compareSnapshots(
  snapshots: readonly (string | Snapshot)[],
  options?: ReadOptions,
): Promise<Comparison>;

/** What grew between snapshots. */
export interface Comparison {
  /** Classes that grew or shrank, largest growth in bytes first. */
  classes: ClassGrowth[];
  /** Who is to blame, largest growth first. */
  suspects: Suspect[];
  /** Bytes that the GC roots reach, in each snapshot. */
  liveSizes: number[];
  /**
   * Share of the first snapshot's objects, 0 to 1, that have the same id and class in the last.
   * V8's ids last within one process, while its snapshots are made inline; where few objects are
   * found again, `added` and `removed` of the classes mean nothing.
   */
  foundAgain: number;
  /** The whole answer for a person. */
  text: string;
}

/** How one class grew: what was made and freed from the first snapshot to the last, and counts. */
export interface ClassGrowth extends ClassDifference {
  /** Objects in each snapshot, in order of time. */
  counts: number[];
  /** Sum of their own sizes in each snapshot. */
  shallowSizes: number[];
  /** Objects in the last snapshot less those in the first. */
  countGrowth: number;
  /** The same of their own sizes. */
  shallowGrowth: number;
}

// ---------------------------------------------------------------------------------------------
// In tests
// ---------------------------------------------------------------------------------------------

/**
 * The function that is measured; called with 0, 1, 2, … and with what `setup` made, and awaited.
 *
 * @typeParam F - what {@link GrowthOptions.setup} makes
 */
export type Measured<F = unknown> = (iteration: number, fixture: F) => unknown;

/**
 * Calls a function many times and tells how much memory each call leaves behind, and how many
 * handles.
 *
 * @throws whatever `fn`, `setup` or `teardown` throws, as a rejection
 */
export function measureGrowth<F = undefined>(
  fn: Measured<F>,
  options?: GrowthOptions<F>,
): Promise<Growth>;

/** What {@link measureGrowth} can be told. What is null is chosen by what `fn` does. */
export interface GrowthOptions<F = unknown> {
  /** Calls before the first measurement. Default: null, until one-off growth is over. */
  warmup?: number | null | undefined;
  /** Calls between two measurements. Default: null, enough of them for growth to show. */
  iterations?: number | null | undefined;
  /** Measurements at most, at least 3. Default: null, until the verdict is clear. */
  rungs?: number | null | undefined;
  /**
   * Measuring ends then, with what is known by then; naming the suspects takes its own time.
   * Default 10 s. Most verdicts are clear in one or two. Time in which other programs have the
   * processors does not count where the system tells (Linux), up to twice as much again, and up to six
   * times before something is called a leak: on a busy machine the same calls take longer, and no more
   * comes of them.
   */
  maxDuration?: Duration | undefined;
  /** Calls that are under way at the same time. Default 1: each waits for the one before. */
  concurrency?: number | undefined;
  /**
   * Called once, before anything is measured; each call is given what it returns or resolves to.
   * What it allocates does not count.
   */
  setup?: (() => F | Promise<F>) | null | undefined;
  /** Called once with what `setup` made, after the last call, also where one has thrown. */
  teardown?: ((fixture: F) => unknown) | null | undefined;
  /** Whether the suspects are named when it leaks. Default true. */
  explain?: boolean | undefined;
  /** Suspects for which this returns true do not count. Needs `explain`. */
  ignore?: ((suspect: Suspect) => boolean) | null | undefined;
  /**
   * Folder where the heap snapshots that name the suspects are kept, for whoever wants to look into
   * them. Default: null, none of them ever is a file. Needs `explain`.
   */
  snapshots?: string | null | undefined;
}

/** What a function leaves behind. */
export interface Growth {
  /** Whether memory, or the number of handles, grows with the number of calls. */
  leaking: boolean;
  /**
   * Whether that is certain. Where it is not, `leaking` is false: the time was up before
   * `bytesPerIteration` could be told from nothing.
   */
  decided: boolean;
  /** What grows; null where nothing does. */
  kind: LeakKind | null;
  /** The estimate. */
  bytesPerIteration: number;
  /** Bounds of `bytesPerIteration`. */
  interval: [low: number, high: number];
  /** What cannot be told from nothing, in bytes per iteration. */
  noise: number;
  /** Calls measured, warm-up not included. */
  iterations: number;
  /** The measurements, oldest first. */
  rungs: Rung[];
  /** Handles and requests of the event loop of which each call leaves some open, most first. */
  handles: HandleGrowth[];
  /** Who holds it, most likely first; empty where nothing leaks. */
  suspects: Suspect[];
  /** Paths of the heap snapshots, oldest first, where they were to be kept. */
  snapshots: string[];
  /** The whole answer for a person. */
  text: string;
}

/** One measurement, right after garbage was collected. */
export interface Rung {
  /** Calls so far. */
  iterations: number;
  heapUsed: number;
  external: number;
  arrayBuffers: number;
  rss: number;
  /** What keeps the event loop alive, as `process.getActiveResourcesInfo()` counts it. */
  handles: number;
}

/** A kind of handle of which more and more are open. */
export interface HandleGrowth {
  /** As Node.js names it, such as `Timeout` or `TCPSocketWrap`. */
  kind: string;
  /** How many each call leaves open. */
  perIteration: number;
}

/** What an expectation can be told besides. */
export interface ExpectationOptions<F = unknown> extends GrowthOptions<F> {
  /**
   * What becomes of a test where the time is up and nothing is certain. Default `'pass'`: a test
   * fails for what is known.
   */
  undecided?: 'pass' | 'fail' | undefined;
}

/** What {@link assertNoGrowth} can be told. */
export interface AssertOptions<F = unknown> extends ExpectationOptions<F> {
  /** Bytes that each call may leave behind. Default 0. Where it is more, handles do not count. */
  limit?: Bytes | undefined;
}

/**
 * Measures as {@link measureGrowth} does, and rejects where a function leaks.
 *
 * @throws {GrowthError} as a rejection; its message is the whole explanation
 */
export function assertNoGrowth<F = undefined>(
  fn: Measured<F>,
  options?: AssertOptions<F>,
): Promise<Growth>;

/** A function leaks, or may leak where that is not allowed: `ERR_LEAKGUARD_GROWTH`. */
export class GrowthError extends LeakguardError {
  constructor(growth: Growth);
  /** What was measured. */
  readonly growth: Growth;
}
