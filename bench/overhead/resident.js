'use strict';

/**
 * What a monitor adds to a server's resident set: the same requests are sent to servers that have just
 * been started, with and without a monitor in turn. In one process, on and off, the heap that grew
 * under the one would be resident under the other, too.
 */

const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const autocannon = require('autocannon');
const { CONNECTIONS, startServer } = require('./start-server');
const { median, shown } = require('./statistics');

/** Between two looks, ms. */
const LOOK = 100;

/** A page, as Linux counts in statm, bytes. */
const PAGE = 4096;

/**
 * @param {string} kind of server
 * @param {{ pairs: number, requests: number, interval: string, directory: string }} plan
 * @returns {Promise<Record<string, { busy: number, collected: number }>[]>} MB, per pair
 */
async function measureResident(kind, { pairs, requests, interval, directory }) {
  const rounds = [];
  for (let number = 0; number < pairs; number++) {
    const ways = number % 2 === 0 ? ['off', 'monitor'] : ['monitor', 'off'];
    const round = {};
    for (const how of ways) round[how] = await one(kind, how, { requests, interval, directory });
    rounds.push(round);
  }
  return rounds;
}

async function one(kind, how, { requests, interval, directory }) {
  const { server, url, ask } = await startServer(kind, interval, directory);
  await ask({ how });
  const looks = [];
  const timer = setInterval(() => looks.push(resident(server.pid)), LOOK);
  await autocannon({ url, connections: CONNECTIONS, amount: requests });
  clearInterval(timer);
  await sleep(2000);
  const { collected } = await ask({ collect: true });
  server.disconnect();
  return {
    busy: median(looks.slice(looks.length / 2)),
    collected: collected / 2 ** 20,
  };
}

function resident(pid) {
  const [, pages] = fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * PAGE) / 2 ** 20;
}

/** @returns {string} a paragraph */
function residentText(kind, rounds, requests) {
  const line = (what, title) => {
    const [off, on] = ['off', 'monitor'].map((how) =>
      median(rounds.map((round) => round[how][what])),
    );
    const more = rounds.map((round) => round.monitor[what] - round.off[what]);
    return `${title}: ${off.toFixed(1)} MB without, ${on.toFixed(1)} MB with a monitor; more by ${shown(more, 1)} MB`;
  };
  return [
    `## resident set, ${kind}: ${rounds.length} pairs of processes, ${requests} requests each`,
    line('busy', 'under load'),
    line('collected', 'afterwards, all garbage collected'),
    '',
  ].join('\n');
}

module.exports = { measureResident, residentText };
