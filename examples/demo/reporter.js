'use strict';

/**
 * Loaded into an example (`node --require`) to tell the demo what the example's monitor sees, so
 * that the example itself stays what a user would write.
 */

const { startMonitor } = require('leakguard');

function tell(type, value) {
  if (process.connected) process.send({ type, value });
}

// The example has called startMonitor() by then; a second call gives the running monitor.
setImmediate(() => {
  const monitor = startMonitor();
  monitor.on('sample', (sample) => {
    const { heap, external } = monitor.status();
    tell('sample', { sample, states: { heap: heap.state, external: external.state } });
  });
  monitor.on('leak', (leak) => tell('leak', leak));
  monitor.on('diagnosis', (diagnosis) => tell('diagnosis', diagnosis));
  monitor.on('error', ({ message }) => tell('failure', message));
});

// However the demo ends, this server ends with it.
process.on('disconnect', () => process.exit());
