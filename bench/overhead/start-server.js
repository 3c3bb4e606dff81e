'use strict';

/** Starts server.js in a process of its own. */

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

/** By which it is asked. */
const CONNECTIONS = 20;

/**
 * @param {string} kind `http` or `express`
 * @param {string} interval of the monitor, ms
 * @param {string} directory where the monitor may write
 */
async function startServer(kind, interval, directory) {
  const file = path.join(__dirname, 'server.js');
  const server = fork(file, [kind, interval, directory], { execArgv: ['--expose-gc'] });
  const [{ port }] = await once(server, 'message');
  const ask = async (message) => {
    server.send(message);
    return (await once(server, 'message'))[0];
  };
  return { server, url: `http://127.0.0.1:${port}`, ask };
}

module.exports = { CONNECTIONS, startServer };
