/**
 * A reporter for jest and vitest, `leakguard/reporter`: after the run it tells on stderr which test
 * file made its worker's live heap grow, and what holds that.
 *
 * jest, from version 30 on: `reporters: ['default', 'leakguard/reporter']`, with `leakguard/jest`
 * among the `setupFilesAfterEnv`; older ones do not wait for a setup file.
 *
 * vitest: `test: { reporters: ['default', 'leakguard/reporter'] }`; there is something to see where
 * a worker runs more than one file (`isolate: false`, `pool: 'vmThreads'`).
 */
declare class LeakguardReporter {
  /** jest, after all test files. */
  onRunComplete(): void;
  /** vitest, before any worker is started. */
  onInit(vitest: { projects: { config: { setupFiles: string[] } }[] }): void;
  /** vitest before 3, after all test files. */
  onFinished(): void;
  /** vitest, after all test files. */
  onTestRunEnd(): void;
}

export = LeakguardReporter;
