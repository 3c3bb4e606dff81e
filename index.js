'use strict';

/**
 * The public API; see index.d.ts. Nothing is loaded before it is used, so requiring leakguard
 * costs next to nothing and has no effect on the process.
 */

const parts = {
  './lib/capture': ['takeSnapshot'],
  './lib/errors': ['LeakguardError'],
  './lib/growth': ['GrowthError', 'assertNoGrowth', 'measureGrowth'],
  './lib/monitor': ['Monitor', 'startMonitor', 'stopMonitor'],
  './lib/snapshot': ['Snapshot', 'compareSnapshots', 'openSnapshot'],
  './package.json': ['version'],
};

for (const [file, names] of Object.entries(parts)) {
  for (const name of names) {
    Object.defineProperty(exports, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = require(file)[name];
        set(name, value);
        return value;
      },
      // Test runners replace exports by assignment.
      set: (value) => set(name, value),
    });
  }
}

function set(name, value) {
  Object.defineProperty(exports, name, {
    configurable: true,
    enumerable: true,
    value,
    writable: true,
  });
}

// Never runs: it is what tells Node's lexer the names that ECMAScript modules may import.
0 &&
  // biome-ignore lint/suspicious/noAssignInExpressions: the lexer knows this form
  (module.exports = {
    GrowthError,
    LeakguardError,
    Monitor,
    Snapshot,
    assertNoGrowth,
    compareSnapshots,
    measureGrowth,
    openSnapshot,
    startMonitor,
    stopMonitor,
    takeSnapshot,
    version,
  });
