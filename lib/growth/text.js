'use strict';

/** What was measured, for a person. */

const { formatBytes, formatCount } = require('../units');

/** Rungs that are drawn. */
const MOST_DRAWN = 10;
const BAR_WIDTH = 24;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

const MEMORY = {
  heap: { columns: ['live'], suffix: '', title: 'live heap' },
  external: {
    columns: ['external'],
    suffix: ' of external memory',
    title: 'external memory',
  },
  // An addon with an allocator of its own shows in the resident set alone.
  native: {
    columns: ['native', 'resident'],
    suffix: ' of native memory',
    title: 'native memory',
  },
};
const NATIVE_CAUSE =
  ', which V8 does not know of: native code allocates it and does not give it back, or keeps ' +
  'objects that JavaScript should have closed.';
const HANDLES = { columns: ['handles'], title: 'open handles' };

/**
 * @param {object} result
 * @param {boolean} result.leaking
 * @param {boolean} result.decided
 * @param {boolean} result.refuted snapshots showed that the growth is none of the function's
 * @param {object} result.verdict see Rungs.judge
 * @param {Record<string, number>[]} result.rungs see Rungs.list
 * @param {number} result.limit bytes per call
 * @param {import('../..').Suspect[]} result.suspects those that count
 * @param {number} result.ignored suspects that do not count
 * @param {string | null} result.comparison the engine's words on all suspects
 * @param {number} result.calls between the snapshots that those are about
 * @param {string | null} result.failure why there are no suspects
 * @param {string[]} result.snapshots files that were kept
 */
function growthText(result) {
  const parts = [headline(result)];
  const { handles, kind } = result.verdict;
  if (handles.length > 0 && kind !== 'handles') {
    parts.push(`Each call also leaves handles open: ${listHandles(handles)}.`);
  }
  if (result.leaking || !result.decided) parts.push(drawing(result));
  if (result.leaking && result.ignored > 0) parts.push(unignored(result.suspects));
  if (result.comparison !== null) {
    const calls = formatCount(result.calls);
    parts.push(`What has come with ${calls} more calls, by heap snapshots before and after them:`);
    parts.push(result.comparison.trimEnd());
  }
  if (result.snapshots.length > 0)
    parts.push(`heap snapshots:\n  ${result.snapshots.join('\n  ')}`);
  return parts.join('\n\n');
}

function headline(result) {
  const { verdict, leaking, decided, refuted, limit, rungs } = result;
  const [low, high] = verdict.interval;
  const { suffix } = MEMORY[verdict.memory];
  const calls = formatCount(rungs.at(-1)?.iterations ?? 0);
  const rate = `${formatBytes(verdict.bytesPerIteration)}${suffix} per call`;
  const range = `(${formatRange(low, high)}${calls} calls)`;
  const allowed = limit > 0 ? `, and ${formatBytes(limit)} is allowed` : '';
  if (leaking && verdict.kind === 'handles') {
    const open = `Leaves handles open: ${listHandles(verdict.handles)} per call`;
    return `${open} (${calls} calls)${cause(result)}`;
  }
  if (leaking) return `Leaks ${rate}${allowed} ${range}${cause(result)}`;
  if (result.ignored > 0) return `Nothing but what is ignored leaks: ${rate} ${range}.`;
  if (refuted) {
    const reason = 'Something was filled, or V8 keeps that for itself.';
    return `No leak: ${rate} ${range}, but in the end no objects piled up. ${reason}`;
  }
  if (decided) {
    return limit > 0
      ? `Leaves no more than ${formatBytes(limit)} per call: ${rate} ${range}.`
      : `No leak: ${rate} ${range}.`;
  }
  return (
    `Undecided. No leak was found, but it could not be ruled out: ${rate} ${range}. ` +
    'More time (option maxDuration) or more calls can tell.'
  );
}

/** The engine's words are on all suspects, so here are those that count. */
function unignored(suspects) {
  return ['Not ignored:', ...suspects.map(({ message }) => `  - ${message}`)].join('\n');
}

/** "1 Timeout, 0.5 TCPSocketWrap". */
function listHandles(handles) {
  return handles
    .map(({ kind, perIteration }) => `${Number(perIteration.toPrecision(2))} ${kind}`)
    .join(', ');
}

function cause({ suspects, failure, verdict }) {
  if (suspects.length > 0) return `: ${suspects[0].message}`;
  if (verdict.kind === 'native') return NATIVE_CAUSE;
  return failure === null ? '.' : `. What holds it could not be named: ${failure}`;
}

/** "1.15 to 1.17 KB, "; nothing where both are the same. */
function formatRange(low, high) {
  const [from, to] = [formatBytes(low), formatBytes(high)];
  if (from === to) return '';
  const [amount, unit] = from.split(' ');
  return to.endsWith(` ${unit}`) ? `${amount} to ${to}, ` : `${from} to ${to}, `;
}

/** One line for each rung; the bar begins at the lowest. */
function drawing({ verdict, rungs }) {
  const isHandles = verdict.kind === 'handles';
  const { columns, title } = isHandles ? HANDLES : MEMORY[verdict.memory];
  const format = isHandles ? formatCount : formatBytes;
  const rise = (column) => rungs.at(-1)[column] - rungs[0][column];
  const [column] = columns.toSorted((one, other) => rise(other) - rise(one));
  const step = Math.max(1, (rungs.length - 1) / (MOST_DRAWN - 1));
  const drawn = Array.from({ length: Math.min(rungs.length, MOST_DRAWN) }, (_, line) => {
    const rung = rungs[Math.round(line * step)];
    return { calls: formatCount(rung.iterations), bytes: rung[column] };
  });
  const lowest = Math.min(...drawn.map(({ bytes }) => bytes));
  const highest = Math.max(...drawn.map(({ bytes }) => bytes));
  const width = Math.max('calls'.length, ...drawn.map(({ calls }) => calls.length));
  const lines = drawn.map(({ calls, bytes }) => {
    const share = highest > lowest ? (bytes - lowest) / (highest - lowest) : 0;
    return `  ${calls.padStart(width)}  ${format(bytes).padStart(7)}  ${bar(share)}`.trimEnd();
  });
  return [`  ${'calls'.padStart(width)}  ${title}`, ...lines].join('\n');
}

function bar(share) {
  const eighths = Math.round(share * BAR_WIDTH * 8);
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

module.exports = { growthText };
