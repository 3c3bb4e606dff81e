'use strict';

// A leak: the body of every request stays in an array.
// The same server without it, which keeps the last 100: LEAK=off node examples/buffers-in-array.js

const express = require('express');
const { startMonitor } = require('leakguard');

startMonitor({ interval: '200ms' });

const healthy = process.env.LEAK === 'off';
const uploads = [];

const app = express();
app.use(express.raw({ limit: '1mb' }));

app.post('/', (req, res) => {
  uploads.push(req.body);
  if (healthy && uploads.length > 100) uploads.shift();
  res.json({ bytes: req.body.length });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}/\n`);
});
