'use strict';

// A leak: every request stays in a Map after its response was sent.
// The same server without it: LEAK=off node examples/requests-in-map.js

const express = require('express');
const { startMonitor } = require('leakguard');

startMonitor({ interval: '200ms' });

const healthy = process.env.LEAK === 'off';
const requests = new Map();
let lastId = 0;

const app = express();

app.get('/', (req, res) => {
  const id = ++lastId;
  requests.set(id, req);
  if (healthy) res.on('finish', () => requests.delete(id));
  res.json({ id, hello: req.get('user-agent') });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}/\n`);
});
