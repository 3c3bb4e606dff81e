'use strict';

/**
 * What a monitor costs: a server under load its throughput, the slowest hundredth of its answers,
 * processor time for each request and resident memory; and any program the garbage of each sample.
 *
 * For the load the same process is measured with nothing, with a monitor, and with a monitor and the
 * sampling of allocations, in turn and in changing order, so that what drifts (the machine, the heap,
 * compiled code) drifts for all alike. Ratios are made within a round; their median stands with the
 * interval in which it lies with 95 % confidence.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const autocannon = require('autocannon');
const { garbageText, measureGarbage } = require('./garbage');
const { measureResident, residentText } = require('./resident');
const { CONNECTIONS, startServer } = require('./start-server');
const { median, shown } = require('./statistics');

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: 'load,resident,garbage' },
    servers: { type: 'string', default: 'http,express' },
    rounds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '4' },
    interval: { type: 'string', default: '1000' },
    pairs: { type: 'string', default: '8' },
    requests: { type: 'string', default: '30000' },
    samples: { type: 'string', default: '300' },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Usage: node bench/overhead [options]

  --parts PART,PART     load, resident (processes of their own, with and without a monitor), garbage
                        (default all)
  --servers KIND,KIND   http, express (default both)
  --rounds N            each of three stretches of time (default 20)
  --seconds N           length of a stretch (default 4)
  --interval MS         between two samples of the monitor (default 1000; its own default is 10000);
                        garbage is measured at 100
  --pairs N             of processes whose resident sets are compared (default 8)
  --requests N          sent to each of them (default 30000)
  --samples N           in each of two stretches whose garbage is measured (default 300)
`;

const WAYS = ['off', 'monitor', 'sampling'];

async function main() {
  if (values.help) return process.stdout.write(HELP);
  const [cpu] = os.cpus();
  say(`Node.js ${process.version}, ${os.cpus().length} cores, ${cpu.model.trim()}\n`);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-overhead-'));
  const parts = values.parts.split(',');
  const kinds = values.servers.split(',');
  try {
    for (const kind of parts.includes('load') ? kinds : []) {
      report(kind, await measure(kind, directory));
    }
    for (const kind of parts.includes('resident') ? kinds : []) {
      const [pairs, requests] = [values.pairs, values.requests].map(Number);
      const { interval } = values;
      const rounds = await measureResident(kind, { pairs, requests, interval, directory });
      say(residentText(kind, rounds, requests));
    }
    if (parts.includes('garbage')) {
      const interval = '100';
      say(garbageText(await measureGarbage(interval, values.samples), interval));
    }
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(kind, directory) {
  const { server, url, ask } = await startServer(kind, values.interval, directory);
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
    const ratio = (what) =>
      shown(
        rounds.map((round) => round[how][what] / round.off[what]),
        3,
      );
    say(
      `\n${how} against nothing: throughput ${ratio('throughput')}, processor time for a request ` +
        `${ratio('cpu')}, p99 ${ratio('p99')}`,
    );
  }
  say('');
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

main();
