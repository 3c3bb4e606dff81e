'use strict';

/** A snapshot that shows V8's internals and numbers, and memory as it is. */

const v8 = require('node:v8');

globalThis.kept = new Map(Array.from({ length: 1000 }, (_, i) => [`key${i}`, { i, half: i / 2 }]));
v8.writeHeapSnapshot(process.argv[2], { exposeInternals: true, exposeNumericValues: true });
