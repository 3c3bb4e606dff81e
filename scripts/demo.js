'use strict';

/** `npm run demo`: from a fresh clone to the running demonstration. */

const path = require('node:path');
const { requireNode, ROOT, runMain } = require('./requirements');

runMain(async () => {
  requireNode();
  require('./install').ensureInstalled();
  require('./build').ensureBuilt();
  await import(path.join(ROOT, 'examples', 'demo.js'));
});
