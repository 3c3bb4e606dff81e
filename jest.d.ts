/**
 * Matchers for memory: `leakguard/jest`, for jest and for vitest.
 *
 * jest: `setupFilesAfterEnv: ['leakguard/jest']`. vitest: `test: { setupFiles: ['leakguard/jest'] }`.
 * Or require it at the top of a test file.
 */

import type { Bytes, GrowthOptions } from './index';

/**
 * What `expect(fn)` gains. Both matchers measure, so both return a promise: a matcher without
 * `await` checks nothing.
 */
export interface LeakguardMatchers {
  /**
   * Passes where each call of `fn` leaves at most `limit` bytes behind.
   *
   * @example await expect(() => handle(request)).toGrowAtMost('64 B');
   */
  toGrowAtMost(limit: Bytes, options?: GrowthOptions): Promise<void>;
  /**
   * Passes where calls of `fn` leave memory behind; meant for `.not`.
   *
   * @example await expect(() => handle(request)).not.toLeak();
   */
  toLeak(options?: GrowthOptions): Promise<void>;
}

declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: has to repeat what @types/jest says
    interface Matchers<R, T = {}> extends LeakguardMatchers {}
  }
}

// Of the runners, only those that are installed can be augmented.
// @ts-ignore
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends LeakguardMatchers {}
}

// @ts-ignore
declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: has to repeat what vitest says
  interface Matchers<T = any> extends LeakguardMatchers {}
}
