'use strict';
const http = require('node:http');
const LEAKY = process.env.VARIANT !== 'fixed';
const agent = new http.Agent({ keepAlive: true });
let server;
exports.setup = async () => {
  server = http.createServer((_, response) => response.end('x'.repeat(100000)));
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
};
exports.iterate = () =>
  new Promise((resolve, reject) => {
    const request = http.get(
      { port: server.address().port, host: '127.0.0.1', agent },
      (response) => {
        if (LEAKY) return resolve();
        response.resume();
        response.on('end', resolve);
      },
    );
    request.on('error', reject);
  });
exports.teardown = () => server.close();
