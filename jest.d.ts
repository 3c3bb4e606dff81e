/**
 * Matchers for memory: `leakguard/jest`, for jest and for vitest.
 *
 * jest: `setupFilesAfterEnv: ['leakguard/jest']`. vitest: `test: { setupFiles: ['leakguard/jest'] }`.
 * Or require it at the top of a test file.
 *
 * With `LEAKGUARD_UPDATE_BUDGET=1` in the environment the growth of each test is written into a file,
 * `leakguard-budget.json` in the working directory or what `LEAKGUARD_BUDGET` says; where that file
 * has something for a test, `not.toLeak()` and `toGrowAtMost()` fail only for what grows beyond it.
 */

import type { Bytes, ExpectationOptions } from './index';

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
  toGrowAtMost<F = undefined>(limit: Bytes, options?: ExpectationOptions<F>): Promise<void>;
  /**
   * Passes where calls of `fn` leave memory behind; meant for `.not`.
   *
   * @example await expect(() => handle(request)).not.toLeak();
   */
  toLeak<F = undefined>(options?: ExpectationOptions<F>): Promise<void>;
  /**
   * Passes where `count` more objects of `Class` are alive after a call of `fn` than before, those
   * of subclasses included; without `count`, where there is any.
   *
   * @example await expect(() => handle(request)).not.toRetain(Session);
   */
  toRetain<F = undefined>(
    // biome-ignore lint/complexity/noBannedTypes: constructor functions are typed no better
    Class: Function,
    count?: number | null,
    options?: RetentionOptions<F>,
  ): Promise<void>;
}

/** What `toRetain` can be told. */
export interface RetentionOptions<F = unknown> {
  /** Calls before the objects are counted for the first time. Default 0. */
  warmup?: number | undefined;
  /** Calls before they are counted again. Default 1. */
  iterations?: number | undefined;
  /** Calls that are under way at the same time. Default 1. */
  concurrency?: number | undefined;
  /** Called once, before the first call; each is given what it returns or resolves to. */
  setup?: (() => F | Promise<F>) | null | undefined;
  /** Called once with what `setup` made, after the objects were counted. */
  teardown?: ((fixture: F) => unknown) | null | undefined;
}

/** What a matcher tells its test runner. */
interface Outcome {
  pass: boolean;
  message: () => string;
}

/** What a test runner tells a matcher. */
interface MatcherState {
  isNot?: boolean;
  promise?: string;
  testPath?: string;
  currentTestName?: string;
}

/**
 * The matchers themselves, for `expect.extend(matchers)`: needed only where the `expect` that a test
 * uses cannot be found, as in jest with `injectGlobals: false`.
 */
export const matchers: {
  toGrowAtMost(
    this: MatcherState,
    fn: unknown,
    limit: Bytes,
    options?: ExpectationOptions,
  ): Promise<Outcome>;
  toLeak(this: MatcherState, fn: unknown, options?: ExpectationOptions): Promise<Outcome>;
  toRetain(
    this: MatcherState,
    fn: unknown,
    // biome-ignore lint/complexity/noBannedTypes: constructor functions are typed no better
    Class: Function,
    count?: number | null,
    options?: RetentionOptions,
  ): Promise<Outcome>;
};

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
