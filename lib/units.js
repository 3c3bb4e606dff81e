'use strict';

/**
 * Byte sizes and durations, as people write them.
 *
 * `KB` and `KiB` both mean 1,024 bytes, `MB` and `MiB` 1,024², and so on: that is how V8's own
 * flags (`--max-old-space-size`) and container limits count, and what is printed here can be
 * given back as an option without changing its meaning.
 */

const BYTE_STEPS = ['', 'k', 'm', 'g', 't'];

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const QUANTITY = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i;

/**
 * @param {unknown} value bytes as a number, or text such as `'64 KB'`, `'1.5 MB'`, `'2 GiB'`
 * @returns {number | null} bytes (text is rounded to whole ones); null where it is neither
 */
function parseBytes(value) {
  if (typeof value === 'number') return value;
  const [, amount, unit] = (typeof value === 'string' && QUANTITY.exec(value)) || [];
  if (unit === undefined) return null;
  const [, step, rest] = /^([kmgt]?)(i?b)$/i.exec(unit) ?? [];
  if (rest === undefined || (step === '' && rest.length > 1)) return null;
  return Math.round(Number(amount) * 1024 ** BYTE_STEPS.indexOf(step.toLowerCase()));
}

/**
 * @param {unknown} value milliseconds as a number, or text such as `'250ms'`, `'10s'`, `'5m'`,
 *   `'1h'`, `'7d'`
 * @returns {number | null} milliseconds; null where it is neither
 */
function parseDuration(value) {
  if (typeof value === 'number') return value;
  const [, amount, unit] = (typeof value === 'string' && QUANTITY.exec(value)) || [];
  const milliseconds = unit && Object.hasOwn(MILLISECONDS, unit) ? MILLISECONDS[unit] : null;
  return milliseconds === null ? null : Number(amount) * milliseconds;
}

/**
 * With three digits, as the engine writes them in its reports (`src/units.rs`).
 *
 * @param {number} bytes
 * @returns {string} such as `'640 B'`, `'12.4 MB'`, `'-1.50 KB'`
 */
function formatBytes(bytes) {
  let amount = bytes;
  let step = 0;
  while (Math.abs(amount) >= 999.5 && step < BYTE_STEPS.length - 1) {
    amount /= 1024;
    step += 1;
  }
  const size = Math.abs(amount);
  const decimals = step === 0 || size >= 99.95 ? 0 : size < 9.995 ? 2 : 1;
  // "+ 0" makes 0 of -0.
  const text = step === 0 ? String(Math.round(amount) + 0) : amount.toFixed(decimals);
  return `${text} ${BYTE_STEPS[step].toUpperCase()}B`;
}

/**
 * @param {number} count a whole number
 * @returns {string} with its thousands apart, such as `'12,345'`
 */
function formatCount(count) {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/**
 * @param {number} milliseconds
 * @returns {string} such as `'250 ms'`, `'10 s'`, `'1.5 h'`
 */
function formatDuration(milliseconds) {
  const unit = ['d', 'h', 'm', 's'].find((name) => milliseconds >= MILLISECONDS[name]) ?? 'ms';
  return `${Number((milliseconds / MILLISECONDS[unit]).toFixed(1))} ${unit}`;
}

module.exports = { formatBytes, formatCount, formatDuration, parseBytes, parseDuration };
