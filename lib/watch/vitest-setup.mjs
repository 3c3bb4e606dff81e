// What the reporter adds to vitest's setup files: vitest waits for a module, but calls nothing in it.

import begin from './begin.js';

await begin.fileBegins(globalThis.__vitest_worker__?.filepath);
