'use strict';
const http = require('node:http');
const LEAKY = process.env.VARIANT !== 'fixed';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
class Order {
  constructor() {
    this.lines = new Array(40).fill(0);
  }
}
let server;
exports.setup = async () => {
  server = http.createServer((request, response) => {
    const order = new Order();
    request.socket.setMaxListeners(0);
    const abandon = () => {
      order.abandoned = true;
    };
    request.socket.on('close', abandon);
    response.end('ok', () => {
      if (!LEAKY) request.socket.off('close', abandon);
    });
  });
  server.maxRequestsPerSocket = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
};
exports.iterate = () =>
  new Promise((resolve, reject) => {
    const request = http.get(
      { port: server.address().port, host: '127.0.0.1', agent },
      (response) => {
        response.resume();
        response.on('end', resolve);
      },
    );
    request.on('error', reject);
  });
