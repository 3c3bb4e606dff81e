'use strict';

// A leak: every request adds a listener to an emitter that lives as long as the process.
// The same server without it: LEAK=off node examples/listener-per-request.js

const { EventEmitter } = require('node:events');
const express = require('express');
const { startMonitor } = require('leakguard');

startMonitor({ interval: '200ms' });

const healthy = process.env.LEAK === 'off';
const settings = new EventEmitter();

const app = express();

app.get('/', (req, res) => {
  const refresh = () => res.set('x-settings', 'changed');
  settings.on('change', refresh);
  if (healthy) res.on('close', () => settings.off('change', refresh));
  res.json({ hello: req.get('user-agent') });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on http://127.0.0.1:${server.address().port}/\n`);
});
