'use strict';

/**
 * How many tests passed and failed, as the runners themselves say.
 *
 * @typedef {{ passed: number, failed: number }} Counts
 */

/**
 * @param {string} output what `cargo test` printed: one "test result" line per test binary
 * @returns {Counts}
 */
function countCargo(output) {
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of output.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed;/gm,
  )) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  return counts;
}

/**
 * @param {object} report what `jest --json` wrote
 * @returns {Counts} a test file that could not even be loaded counts as one failure
 */
function countJest(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
  };
}

module.exports = { countCargo, countJest };
