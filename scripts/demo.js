'use strict';

/** `npm run demo`: from a fresh clone to the running demonstration. */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { requireNode, ROOT, runMain } = require('./requirements');

runMain(() => {
  requireNode();
  require('./install').ensureInstalled();
  require('./build').ensureBuilt();
  // A process of its own: what it shows of its memory is not to be mixed with ours.
  const demo = [path.join(ROOT, 'examples', 'demo.js'), ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, demo, { stdio: 'inherit' }).status ?? 1;
});
