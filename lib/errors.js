'use strict';

/**
 * The one error class of leakguard, and the way native errors become it.
 *
 * An error that the addon throws belongs to Node's main realm: in a jest test, a `vm` context or
 * any other realm it is not `instanceof Error`. So nothing native is ever thrown on as it is.
 */

const CODE = /^ERR_LEAKGUARD_[A-Z0-9_]+$/;

/** Every error that leakguard throws or emits, save the `TypeError`s of wrong options. */
class LeakguardError extends Error {
  /**
   * @param {string} code stable, `ERR_LEAKGUARD_…`; programs may compare it
   * @param {string} message plain sentences: what happened, and what to do
   * @param {{ cause?: unknown, shortage?: object }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
    if (options?.shortage) this.shortage = options.shortage;
  }
}
// On the prototype, so that `name` is no own property and does not show when inspected.
Object.defineProperty(LeakguardError.prototype, 'name', {
  value: 'LeakguardError',
  configurable: true,
  writable: true,
});

/**
 * What a native error says: JSON `{"code":…,"message":…}` in its message, or its own `code`.
 *
 * @param {unknown} error
 * @returns {{ code: string, message: string, shortage?: object } | null} null where it speaks no
 *   code of ours
 */
function readNative(error) {
  const message = String(error?.message ?? error);
  const told = readJson(message);
  if (CODE.test(told?.code)) return { ...told, message: String(told.message) };
  return CODE.test(error?.code) ? { code: error.code, message } : null;
}

function readJson(text) {
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Rebuilds whatever came out of the addon as a LeakguardError of this realm.
 *
 * @param {unknown} error
 * @param {{ stack: string }} [callSite] where the public function was called; see `callNative`
 * @returns {LeakguardError}
 */
function fromNative(error, callSite) {
  if (error instanceof LeakguardError) return error;
  const told = readNative(error);
  const rebuilt = told
    ? new LeakguardError(told.code, told.message, told)
    : new LeakguardError(
        'ERR_LEAKGUARD_INTERNAL',
        `leakguard failed in a way it should not: ${error?.message ?? String(error)}`,
        { cause: error },
      );
  const frames = callSite?.stack.indexOf('\n    at ') ?? -1;
  const stack = frames < 0 ? rebuilt.stack : `${rebuilt}${callSite.stack.slice(frames)}`;
  Object.defineProperty(rebuilt, 'stack', { value: stack, configurable: true, writable: true });
  return rebuilt;
}

/**
 * Runs `work`, which calls the addon, and gives back its result or its promise. What it throws or
 * rejects with is a LeakguardError whose stack starts where `publicFunction` was called: by the
 * time that a native promise rejects, nothing of the caller is left on the stack.
 *
 * @template T
 * @param {Function} publicFunction the exported function or method that the user called
 * @param {() => T} work
 * @returns {T}
 */
function callNative(publicFunction, work) {
  const callSite = { stack: '' };
  Error.captureStackTrace(callSite, publicFunction);
  try {
    const result = work();
    if (typeof result?.then !== 'function') return result;
    // Promise.resolve: the addon's promises belong to another realm, as its errors do.
    return Promise.resolve(result).catch((error) => {
      throw fromNative(error, callSite);
    });
  } catch (error) {
    throw fromNative(error, callSite);
  }
}

module.exports = { LeakguardError, callNative, fromNative };
