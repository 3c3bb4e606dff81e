'use strict';
const { Worker } = require('node:worker_threads');
exports.iterate = (call) =>
  new Promise((resolve, reject) => {
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', {
      eval: true,
    });
    worker.on('error', reject).on('exit', () => resolve(call));
  });
