'use strict';

/** By the name that `npm run demo --` takes: the server, what it fills, and what it is asked. */
const EXAMPLES = {
  map: {
    does: 'keeps every request in a Map',
    file: 'examples/requests-in-map.js',
    kind: 'heap',
    request: {},
  },
  listener: {
    does: 'adds a listener with every request',
    file: 'examples/listener-per-request.js',
    kind: 'heap',
    request: {},
  },
  buffers: {
    does: 'keeps the body of every request in an array',
    file: 'examples/buffers-in-array.js',
    kind: 'external',
    request: {
      method: 'POST',
      body: Buffer.alloc(10_000, 'x'),
      headers: { 'content-type': 'application/octet-stream' },
    },
  },
};

module.exports = { EXAMPLES };
