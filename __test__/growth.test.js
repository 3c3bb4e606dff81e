'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { EventEmitter } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { ask, temporaryFolder } = require('./support/child');
const { GrowthError, LeakguardError, assertNoGrowth, measureGrowth } = require('..');

// Enough to tell a leak from its twin, in little time.
const quick = { warmup: 500, iterations: 500, rungs: 6, explain: false };

class Request {
  constructor(id) {
    this.id = id;
    this.body = new Array(50).fill(id);
  }
}

/** A Map that keeps every request. */
function leaking() {
  const requests = new Map();
  return () => {
    requests.set(requests.size, new Request(requests.size));
  };
}

const pairs = {
  'a Map': {
    leaky: leaking,
    healthy() {
      const recent = new Map();
      return (call) => {
        recent.set(call, new Request(call));
        if (recent.size > 100) recent.delete(recent.keys().next().value);
      };
    },
  },
  'an array': {
    leaky() {
      const seen = [];
      return (call) => seen.push(new Request(call));
    },
    healthy() {
      const seen = [];
      return (call) => {
        seen[call % 100] = new Request(call);
      };
    },
  },
  'an emitter': {
    leaky() {
      const emitter = new EventEmitter().setMaxListeners(0);
      return (call) => {
        const request = new Request(call);
        emitter.on('price', () => request);
      };
    },
    healthy() {
      const emitter = new EventEmitter();
      return (call) => {
        const request = new Request(call);
        emitter.once('price', () => request);
        emitter.emit('price');
      };
    },
  },
  closures: {
    leaky() {
      let current = null;
      return () => {
        const previous = current;
        current = { rows: new Array(20).fill(0), last: () => previous };
      };
    },
    healthy() {
      let current = null;
      return () => {
        const previous = current?.rows.length;
        current = { rows: new Array(20).fill(0), last: () => previous };
      };
    },
  },
  timers: {
    leaky: () => (call) => {
      setInterval(() => call, 3_600_000).unref();
    },
    healthy: () => (call) => {
      clearInterval(setInterval(() => call, 3_600_000));
    },
  },
  'a promise that never settles': {
    leaky() {
      const shutdown = new Promise(() => {});
      return (call) => Promise.race([shutdown, Promise.resolve(new Request(call))]);
    },
    healthy: () => (call) =>
      Promise.race([new Promise(() => {}), Promise.resolve(new Request(call))]),
  },
  'a finalizer': {
    leaky() {
      const registry = new FinalizationRegistry(() => {});
      const kept = [];
      return (call) => {
        const request = new Request(call);
        registry.register(request, call);
        kept.push(request);
      };
    },
    healthy() {
      const registry = new FinalizationRegistry(() => {});
      return (call) => registry.register(new Request(call), call);
    },
  },
};

describe.each(Object.entries(pairs))('%s', (_, { leaky, healthy }) => {
  test('that grows is a leak', async () => {
    const growth = await measureGrowth(leaky(), quick);
    expect(growth).toMatchObject({ leaking: true, kind: 'heap' });
    expect(growth.interval[0]).toBeGreaterThan(0);
    expect(growth.bytesPerIteration).toBeGreaterThanOrEqual(growth.interval[0]);
    expect(growth.bytesPerIteration).toBeLessThanOrEqual(growth.interval[1]);
  });

  test('that does not is none', async () => {
    expect(await measureGrowth(healthy(), quick)).toMatchObject({ leaking: false, kind: null });
  });
});

describe('pages that are kept', () => {
  /** A page is large, so there is soon as much of them as of a leak. */
  const keeping = (most) => {
    const pages = new Map();
    return (call) => {
      const key = call % most;
      if (!pages.has(key))
        pages.set(
          key,
          Array.from({ length: 1500 }, (_, at) => key + at + 0.5),
        );
    };
  };

  test('up to a thousand are a cache that fills up', async () => {
    const growth = await measureGrowth(keeping(1000));
    expect({ leaking: growth.leaking, text: growth.text }).toMatchObject({ leaking: false });
  });

  test('without an end are a leak', async () => {
    const growth = await measureGrowth(keeping(Infinity));
    expect(growth).toMatchObject({ leaking: true, kind: 'heap' });
    expect(growth.suspects[0].holder.name).toBe('pages');
  });
});

test('a program that does nothing else waits for its answer, and names variables of a block', async () => {
  const found = await ask(`
    const { measureGrowth } = require('leakguard');
    let handle;
    {
      const requests = new Map();
      handle = (i) => requests.set(i, { id: 'request ' + i });
    }
    measureGrowth(handle).then(({ leaking, suspects: [{ holder }] }) => {
      console.log(JSON.stringify({ leaking, name: holder.name }));
    });`);
  expect(found).toEqual({ leaking: true, name: 'requests' });
});

test('buffers leak outside the heap', async () => {
  const bodies = [];
  const growth = await measureGrowth(() => bodies.push(Buffer.alloc(10_000)), quick);
  expect(growth).toMatchObject({ leaking: true, kind: 'external', bytesPerIteration: 10_000 });
  expect(growth.text).toMatch(/^Leaks 9\.77 KB of external memory per call/);
  const last = await measureGrowth(() => bodies.splice(0, 1, Buffer.alloc(10_000)), quick);
  expect(last.leaking).toBe(false);
});

describe('without options', () => {
  test.each([
    ['a function', () => {}],
    ['an async function', async () => {}],
  ])('%s that does nothing leaves nothing behind', async (_, fn) => {
    const growth = await measureGrowth(fn);
    expect(growth).toMatchObject({ leaking: false, kind: null, suspects: [] });
    expect(Math.abs(growth.bytesPerIteration)).toBeLessThan(1);
    expect(growth.interval[0]).toBeLessThan(1);
    expect(growth.interval[1]).toBeGreaterThan(-1);
    expect(growth.text).toMatch(/^No leak: 0 B per call \(/);
  });

  test('a leak is found, named and explained', async () => {
    const growth = await measureGrowth(leaking());
    expect(growth).toMatchObject({ leaking: true, kind: 'heap' });
    const [suspect] = growth.suspects;
    expect(suspect).toMatchObject({ kind: 'collection', className: 'Request' });
    expect(suspect.holder).toMatchObject({ className: 'Map', name: 'requests' });
    expect(suspect.holder.script).toBe(__filename);
    const [first, ...rest] = growth.text.split('\n');
    expect(first).toMatch(
      /^Leaks \d+ B per call \((\d+ to \d+ B, )?[\d,]+ calls\): `requests` \(Map, /,
    );
    expect(first).toContain(suspect.message);
    expect(rest.filter((line) => line.includes('█')).length).toBeGreaterThan(2);
    expect(growth.text).toMatch(
      /function under test →[\s\S]*variable requests →[\s\S]*Request {3}← piles/,
    );
  });

  test('a list of numbers is found, though it grows in leaps', async () => {
    const seen = [];
    const growth = await measureGrowth((call) => seen.push(call), { explain: false });
    expect(growth.leaking).toBe(true);
    expect(growth.bytesPerIteration).toBeGreaterThan(5);
    expect(growth.bytesPerIteration).toBeLessThan(20);
  });

  test('what was due before garbage is collected happens first', async () => {
    const registry = new FinalizationRegistry(() => {});
    const growth = await measureGrowth((call) => {
      registry.register({ call }, call);
      setTimeout(() => call, 1);
      setImmediate(() => call);
    });
    expect(growth.leaking).toBe(false);
  });
});

describe('where the figures leave it open', () => {
  // Some bytes each time, differently many, in few calls: no more than V8 itself may keep.
  function small(longest = 40) {
    const notes = new Map();
    return (call) => notes.set(call, new Array(1 + ((call * 7) % longest)).fill(0));
  }
  const few = { warmup: 5, iterations: 20, rungs: 5 };

  test('snapshots settle it', async () => {
    // Twice as many, or the noise of a busy process may leave not even a suspicion.
    const growth = await measureGrowth(small(80), few);
    expect(growth).toMatchObject({ leaking: true, kind: 'heap' });
    expect(growth.suspects[0].holder.name).toBe('notes');
  });

  test('without them it is said to be open', async () => {
    const growth = await measureGrowth(small(), { ...few, explain: false });
    expect(growth).toMatchObject({ leaking: false, decided: false, kind: null, suspects: [] });
    expect(growth.text).toMatch(/^Undecided\. No leak was found, but it could not be ruled out: /);
  });
});

describe('options', () => {
  test('warmup, iterations and rungs say how often the function is called', async () => {
    const calls = [];
    const options = { warmup: 7, iterations: 11, rungs: 5, explain: false };
    const growth = await measureGrowth((call) => {
      calls.push(call);
    }, options);
    expect(calls).toEqual(Array.from({ length: 7 + 5 * 11 }, (_, call) => call));
    expect(growth.rungs.map(({ iterations }) => iterations)).toEqual([11, 22, 33, 44, 55]);
    expect(growth.iterations).toBe(55);
    for (const rung of growth.rungs) {
      expect(Object.keys(rung).sort()).toEqual([
        'arrayBuffers',
        'external',
        'handles',
        'heapUsed',
        'iterations',
        'rss',
      ]);
      const { handles, ...bytes } = rung;
      expect(Object.values(bytes).every((value) => value > 0)).toBe(true);
      expect(handles).toBeGreaterThanOrEqual(0);
    }
  });

  test('rungs alone leave the number of calls open', async () => {
    const growth = await measureGrowth(leaking(), { rungs: 5, explain: false });
    expect(growth.rungs).toHaveLength(5);
    expect(growth.leaking).toBe(true);
  });

  test('iterations alone leave the number of rungs open', async () => {
    const growth = await measureGrowth(leaking(), { iterations: 400, explain: false });
    expect(growth.leaking).toBe(true);
    expect(growth.rungs[0].iterations).toBe(400);
    expect(growth.rungs.length).toBeGreaterThanOrEqual(3);
  });

  test('maxDuration ends it', async () => {
    let calls = 0;
    const fn = async () => {
      calls += 1;
      await sleep(20);
    };
    const growth = await measureGrowth(fn, { maxDuration: '300ms', explain: false });
    expect(growth.leaking).toBe(false);
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThan(100);
  });

  test('what was full before the last calls does not leak, though time is up', async () => {
    const clock = process.uptime.bind(process);
    const kept = [];
    let took = 0;
    const uptime = jest.spyOn(process, 'uptime').mockImplementation(() => clock() + took / 1000);
    try {
      const growth = await measureGrowth(
        (call) => {
          took += 10;
          if (kept.length < 200) kept.push(new Array(500).fill(call));
        },
        { explain: false },
      );
      expect(kept).toHaveLength(200);
      expect(growth.leaking).toBe(false);
    } finally {
      uptime.mockRestore();
    }
  });

  test('nor does what was full with the last call that was asked for', async () => {
    const options = { warmup: 100, iterations: 100, rungs: 8 };
    const fill = (most) => {
      const kept = [];
      return (call) => {
        if (kept.length < most) kept.push(new Array(500).fill(call));
      };
    };
    const full = await measureGrowth(fill(900), options);
    expect(full).toMatchObject({ leaking: false, kind: null, suspects: [] });
    expect(full.text).toMatch(/^No leak: .*, but in the end no objects piled up\./);
    expect(await measureGrowth(fill(Infinity), options)).toMatchObject({ leaking: true });
  });

  test('ignored suspects do not count', async () => {
    const asked = [];
    const growth = await measureGrowth(leaking(), {
      ...quick,
      explain: true,
      ignore: (suspect) => asked.push(suspect.holder.name) > 0,
    });
    expect(asked).toContain('requests');
    expect(growth).toMatchObject({ leaking: false, kind: null, suspects: [] });
    expect(growth.bytesPerIteration).toBeGreaterThan(100);
    expect(growth.text).toMatch(/^Nothing but what is ignored leaks: /);
  });

  test('snapshots are kept where that is asked for', async () => {
    const folder = path.join(temporaryFolder(), 'leaks');
    const options = { ...quick, explain: true, snapshots: folder };
    const growth = await measureGrowth(leaking(), options);
    expect(growth.snapshots.length).toBeGreaterThanOrEqual(2);
    expect(fs.readdirSync(folder).sort()).toEqual(
      growth.snapshots.map((file) => path.basename(file)).sort(),
    );
    for (const file of growth.snapshots) {
      expect(growth.text).toContain(file);
      expect(JSON.parse(fs.readFileSync(file, 'utf8')).snapshot.node_count).toBeGreaterThan(1000);
    }
    const unneeded = await measureGrowth(() => {}, options);
    expect(unneeded.snapshots).toEqual([]);
  });

  test('what is left when some are ignored is listed', async () => {
    const both = (first, second) => (call) => {
      first(call);
      second(call);
    };
    const orders = new Map();
    const order = (call) => orders.set(call, new Array(50).fill(call));
    const growth = await measureGrowth(both(leaking(), order), {
      ...quick,
      explain: true,
      ignore: ({ holder }) => holder.name === 'requests',
    });
    expect(growth.leaking).toBe(true);
    expect(growth.suspects.map(({ holder }) => holder.name)).not.toContain('requests');
    expect(growth.text).toMatch(/^Not ignored:\n {2}- `orders` \(Map, /m);
  });

  test.each([
    [undefined, {}, /^measureGrowth: the first argument must be the function/],
    [() => {}, { iteration: 5 }, /^measureGrowth: there is no option 'iteration'.*'iterations'/],
    [() => {}, { rungs: '5' }, /^measureGrowth: option 'rungs' must be a whole number/],
    [() => {}, { limit: 5 }, /^measureGrowth: there is no option 'limit'/],
    [() => {}, { explain: false, ignore: () => true }, /^measureGrowth: option 'ignore' needs/],
    [() => {}, { explain: false, snapshots: '.' }, /^measureGrowth: option 'snapshots' needs/],
  ])('wrong use %# is refused by name', async (fn, options, message) => {
    const refused = expect(measureGrowth(fn, options)).rejects;
    await refused.toThrow(TypeError);
    await expect(measureGrowth(fn, options)).rejects.toMatchObject({
      code: 'ERR_LEAKGUARD_INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});

describe('assertNoGrowth', () => {
  test('rejects with the whole explanation', async () => {
    const ignore = ({ holder }) => holder.name === 'responses';
    const options = { ...quick, explain: true, ignore };
    const error = await assertNoGrowth(leaking(), options).catch((reason) => reason);
    expect(error).toBeInstanceOf(GrowthError);
    expect(error).toBeInstanceOf(LeakguardError);
    expect(error).toMatchObject({ name: 'GrowthError', code: 'ERR_LEAKGUARD_GROWTH' });
    expect(error.growth.leaking).toBe(true);
    expect(error.message).toBe(error.growth.text);
    expect(error.message.split('\n', 1)[0]).toMatch(
      /^Leaks \d+ B per call \(.*\): `requests` \(Map, .*growth\.test\.js:\d+\) gained [\d,]+ Request/,
    );
  });

  test('allows for a limit', async () => {
    const growth = await assertNoGrowth(leaking(), { ...quick, limit: '10 KB' });
    expect(growth.leaking).toBe(false);
    expect(growth.bytesPerIteration).toBeGreaterThan(100);
    expect(growth.text).toMatch(/^Leaves no more than 10\.0 KB per call: /);
    const beyond = assertNoGrowth(leaking(), { ...quick, limit: '64 B' });
    await expect(beyond).rejects.toThrow(/^Leaks \d+ B per call, and 64 B is allowed /);
  });
});

describe('the function', () => {
  test.each([
    [
      'throws',
      (error) => () => {
        throw error;
      },
    ],
    ['rejects', (error) => () => Promise.reject(error)],
  ])('that %s ends the measurement with its own error', async (_, make) => {
    const error = new RangeError('theirs');
    await expect(measureGrowth(make(error))).rejects.toBe(error);
    await expect(assertNoGrowth(make(error))).rejects.toBe(error);
  });

  test('may be measured while another one is', async () => {
    const [leaky, healthy] = await Promise.all([
      measureGrowth(leaking(), quick),
      measureGrowth(pairs['a Map'].healthy(), quick),
    ]);
    expect([leaky.leaking, healthy.leaking]).toEqual([true, false]);
  });
});

test('nothing is left exposed', async () => {
  await measureGrowth(() => {}, quick);
  expect(vm.runInNewContext('typeof gc')).toBe('undefined');
  expect(globalThis.gc).toBeUndefined();
});
