'use strict';

/** A web server that has answered some requests and remembers them. */

const http = require('node:http');
const v8 = require('node:v8');

const REQUESTS = 300;
const seen = new Map();

const server = http.createServer((request, response) => {
  seen.set(request.url, { headers: request.headers, at: new Date(), finish: () => response.end() });
  response.end(JSON.stringify({ url: request.url, count: seen.size }));
});

async function ask(port, number) {
  const response = await fetch(`http://127.0.0.1:${port}/items/${number}`);
  return response.json();
}

server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  for (let number = 0; number < REQUESTS; number++) await ask(port, number);
  v8.writeHeapSnapshot(process.argv[2]);
  server.closeAllConnections();
  server.close();
});
