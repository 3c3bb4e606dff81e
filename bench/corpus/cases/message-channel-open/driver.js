'use strict';
const { MessageChannel } = require('node:worker_threads');
const LEAKY = process.env.VARIANT !== 'fixed';
exports.iterate = async (call) => {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => port1.on('message', resolve));
  port2.postMessage({ call, text: 'hello' });
  await answer;
  if (!LEAKY) port1.close();
};
