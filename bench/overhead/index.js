'use strict';

/**
 * What a monitor costs a server under load: throughput, the slowest hundredth of the answers, and
 * processor time for each request, with and without it.
 *
 * The same process is measured with nothing, with a monitor, and with a monitor and the sampling of
 * allocations, in turn and in changing order, so that what drifts (the machine, the heap, compiled
 * code) drifts for all alike. Ratios are made within a round; their median stands with the interval
 * in which it lies with 95 % confidence (by the binomial distribution of ranks).
 */

const { fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { parseArgs } = require('node:util');
const autocannon = require('autocannon');

const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: 'http,express' },
    rounds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '4' },
    interval: { type: 'string', default: '1000' },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Usage: node bench/overhead [options]

  --servers KIND,KIND   http, express (default both)
  --rounds N            each of three stretches of time (default 20)
  --seconds N           length of a stretch (default 4)
  --interval MS         between two samples of the monitor (default 1000; its own default is 10000)
`;

const WAYS = ['off', 'monitor', 'sampling'];
const CONNECTIONS = 20;

async function main() {
  if (values.help) return process.stdout.write(HELP);
  const [cpu] = os.cpus();
  say(`Node.js ${process.version}, ${os.cpus().length} cores, ${cpu.model.trim()}\n`);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-overhead-'));
  try {
    for (const kind of values.servers.split(',')) report(kind, await measure(kind, directory));
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(kind, directory) {
  const file = path.join(__dirname, 'server.js');
  const server = fork(file, [kind, values.interval, directory]);
  const [{ port }] = await once(server, 'message');
  const url = `http://127.0.0.1:${port}`;
  const ask = async (message) => {
    server.send(message);
    return (await once(server, 'message'))[0];
  };
  const load = (duration) => autocannon({ url, connections: CONNECTIONS, duration });
  await load(5);
  const rounds = [];
  for (let number = 0; number < Number(values.rounds); number++) {
    const round = {};
    for (const how of order(number)) {
      await ask({ how });
      const { requests, latency, non2xx, errors } = await load(Number(values.seconds));
      if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`);
      const { cpuMs, rss } = await ask({});
      round[how] = {
        throughput: requests.total,
        p99: latency.p99,
        cpu: cpuMs / requests.total,
        rss,
      };
    }
    rounds.push(round);
  }
  server.disconnect();
  return rounds;
}

/** All six orders, one after the other. */
function order(number) {
  const turned = WAYS.map((_, place) => WAYS[(place + number) % WAYS.length]);
  return number % 6 < 3 ? turned : turned.reverse();
}

function report(kind, rounds) {
  say(
    `## ${kind}: ${rounds.length} rounds of 3 x ${values.seconds} s, ${CONNECTIONS} connections\n`,
  );
  const per = (how, what) => median(rounds.map((round) => round[how][what]));
  for (const how of WAYS) {
    say(
      `${how.padStart(9)}: ${Math.round(per(how, 'throughput') / Number(values.seconds))} requests/s, ` +
        `p99 ${per(how, 'p99').toFixed(1)} ms, ${(per(how, 'cpu') * 1000).toFixed(1)} µs of processor ` +
        `time for a request, ${(per(how, 'rss') / 2 ** 20).toFixed(0)} MB resident`,
    );
  }
  for (const how of WAYS.slice(1)) {
    const ratio = (what) => shown(rounds.map((round) => round[how][what] / round.off[what]));
    say(
      `\n${how} against nothing: throughput ${ratio('throughput')}, processor time for a request ` +
        `${ratio('cpu')}, p99 ${ratio('p99')}`,
    );
  }
  say('');
}

function shown(ratios) {
  const sorted = [...ratios].sort((left, right) => left - right);
  const rank = lowestRank(sorted.length);
  const [low, high] = [sorted[rank], sorted[sorted.length - 1 - rank]];
  return `${median(ratios).toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

/** The rank whose value is below the median with 97.5 % confidence. */
function lowestRank(count) {
  let rank = -1;
  let term = 0.5 ** count;
  for (let below = term; below <= 0.025; below += term) {
    rank += 1;
    term *= (count - rank) / (rank + 1);
  }
  return Math.max(0, rank);
}

function median(numbers) {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

main();
