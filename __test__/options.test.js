'use strict';

const { kinds, schemas, validate } = require('../lib/options');
const {
  formatBytes,
  formatCount,
  formatDuration,
  parseBytes,
  parseDuration,
} = require('../lib/units');
const { closest } = require('../lib/closest');

/** The error of validating `given`, with `class` for its constructor. */
function refusal(schema, given) {
  try {
    validate(schemas[schema], given, schema);
  } catch (error) {
    return { class: error.constructor, code: error.code, message: error.message };
  }
  throw new Error(`accepted: ${JSON.stringify(given)}`);
}

describe('sizes', () => {
  test.each([
    [4096, 4096],
    ['640 B', 640],
    ['64 KB', 65_536],
    ['64KiB', 65_536],
    ['1.5 MB', 1_572_864],
    ['2 GiB', 2_147_483_648],
    ['1 tb', 1_099_511_627_776],
    [' 3 kb ', 3072],
  ])('%p is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['64', 'KB', '-1 KB', '1e3 B', '5 iB', '5 XB', '1,5 MB', '', true, null, [], 10n])(
    '%p is no size',
    (text) => {
      expect(parseBytes(text)).toBeNull();
    },
  );

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KB'],
    [1024, '1.00 KB'],
    [12_700, '12.4 KB'],
    [-1536, '-1.50 KB'],
    [-0.2, '0 B'],
    [1_048_473, '1.00 MB'],
    [13_002_342, '12.4 MB'],
    [5_000_000_000, '4.66 GB'],
  ])('%d bytes are written %p', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('what is written can be read back', () => {
    for (let bytes = 1; bytes < 2 ** 45; bytes = Math.ceil(bytes * 1.7)) {
      const back = parseBytes(formatBytes(bytes));
      expect(Math.abs(back - bytes) / bytes).toBeLessThanOrEqual(0.006);
    }
  });
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [-1_234_567, '-1,234,567'],
])('the count %d is written %p', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

describe('durations', () => {
  test.each([
    [1500, 1500],
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5 m', 90_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ])('%p is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['10', '5 parsecs', '3 M', 'toString', 's', '-1s', false, {}])(
    '%p is no duration',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  test.each([
    [0, '0 ms'],
    [100, '100 ms'],
    [10_000, '10 s'],
    [5_400_000, '1.5 h'],
  ])('%d ms are written %p', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe('misspellings', () => {
  const known = ['interval', 'directory', 'keep', 'quiet'];

  test.each([
    ['intervall', 'interval'],
    ['Interval', 'interval'],
    ['itnerval', 'interval'],
    ['dir', null],
    ['directry', 'directory'],
    ['kepe', 'keep'],
    ['quite', 'quiet'],
    ['colour', null],
    ['abcd', null],
    ['', null],
  ])('%p was meant to be %p', (word, meant) => {
    expect(closest(word, known)).toBe(meant);
  });
});

describe('options', () => {
  test('what is not given has its default', () => {
    expect(validate(schemas.startMonitor, undefined, 'startMonitor')).toEqual({
      interval: 10_000,
      directory: './.leakguard',
      diagnose: true,
      minGrowth: null,
      snapshot: {
        mode: 'auto',
        redact: false,
        compress: false,
        timeout: 900_000,
        maxPause: null,
        force: false,
      },
      keep: { count: 10, bytes: 2_147_483_648 },
      cooldown: 600_000,
      maxGcPause: 50,
      pressure: [0.8, 0.9],
      signal: false,
      nearHeapLimit: false,
      flightRecorder: true,
      quiet: false,
    });
  });

  test('what tests can be told has its default', () => {
    expect(validate(schemas.assertNoGrowth, {}, 'assertNoGrowth')).toEqual({
      warmup: null,
      iterations: null,
      rungs: null,
      maxDuration: 10_000,
      concurrency: 1,
      setup: null,
      teardown: null,
      explain: true,
      ignore: null,
      snapshots: null,
      undecided: 'pass',
      limit: 0,
    });
  });

  test.each(['Session', /^Ses/, (row) => row.count > 5])('a filter may be %p', (filter) => {
    const schema = { filter: kinds.filter({ fallback: null }) };
    expect(validate(schema, { filter }, 'classes')).toEqual({ filter });
  });

  test('undefined counts as not given', () => {
    const options = { interval: undefined, keep: undefined, snapshot: { mode: undefined } };
    expect(validate(schemas.startMonitor, options, 'startMonitor')).toEqual(
      validate(schemas.startMonitor, {}, 'startMonitor'),
    );
  });

  test('text with units becomes numbers', () => {
    const options = { interval: '100ms', minGrowth: '5 MB', keep: { bytes: '1 GB' } };
    expect(validate(schemas.startMonitor, options, 'startMonitor')).toMatchObject({
      interval: 100,
      minGrowth: 5_242_880,
      keep: { count: 10, bytes: 1_073_741_824 },
    });
  });

  test.each(Object.keys(schemas))('%s: complete options are valid and unchanged', (name) => {
    const complete = validate(schemas[name], {}, name);
    expect(validate(schemas[name], complete, name)).toEqual(complete);
  });

  test('inherited options count, and the result is frozen throughout', () => {
    const options = validate(schemas.startMonitor, Object.create({ interval: 500 }), 'f');
    expect(options.interval).toBe(500);
    for (const part of [options, options.snapshot, options.keep, options.pressure]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('the lists of the user stay the user’s', () => {
    const pressure = [0.9, 0.5, 0.9];
    const options = validate(schemas.startMonitor, { pressure }, 'startMonitor');
    expect(options.pressure).toEqual([0.5, 0.9]);
    expect(pressure).toEqual([0.9, 0.5, 0.9]);
    expect(Object.isFrozen(pressure)).toBe(false);
  });

  test.each([
    ['startMonitor', { interval: '5 parsecs' }, "'interval'", "'5 parsecs'", "'10s'"],
    ['startMonitor', { interval: true }, "'interval'", 'true', 'milliseconds'],
    ['startMonitor', { diagnose: 1 }, "'diagnose'", 'Given was 1', 'true or false'],
    ['startMonitor', { keep: 5 }, "'keep'", 'Given was 5', 'object'],
    ['startMonitor', { keep: [] }, "'keep'", '[]', 'object'],
    ['startMonitor', { keep: null }, "'keep'", 'null', 'object'],
    ['startMonitor', { keep: { count: '5' } }, "'keep.count'", "'5'", 'whole number'],
    ['startMonitor', { snapshot: { mode: 'frok' } }, "'snapshot.mode'", "'frok'", "'fork'"],
    ['startMonitor', { pressure: 0.8 }, "'pressure'", 'Given was 0.8', '[0.8, 0.9]'],
    ['startMonitor', { pressure: ['0.8'] }, "'pressure'", "[ '0.8' ]", 'numbers'],
    ['startMonitor', { signal: true }, "'signal'", 'Given was true', 'false, or a signal'],
    ['startMonitor', { signal: 'SIGNAL' }, "'signal'", "'SIGNAL'", 'SIGUSR2'],
    ['startMonitor', { interval: null }, "'interval'", 'null', 'milliseconds'],
    ['openSnapshot', { signal: {} }, "'signal'", '{}', 'AbortSignal'],
    ['openSnapshot', { onProgress: 'yes' }, "'onProgress'", "'yes'", 'function'],
    ['takeSnapshot', 'a.heapsnapshot', 'takeSnapshot', "'a.heapsnapshot'", 'object'],
    ['takeSnapshot', null, 'takeSnapshot', 'null', 'object'],
  ])('%s(%j) is of the wrong type', (name, given, ...told) => {
    const error = refusal(name, given);
    expect(error).toMatchObject({ class: TypeError, code: 'ERR_LEAKGUARD_INVALID_OPTION' });
    for (const part of told) expect(error.message).toContain(part);
  });

  test.each([
    ['startMonitor', { interval: 99 }, "'interval'", 'Given was 99', '100 ms'],
    ['startMonitor', { interval: '25d' }, "'interval'", "'25d'", '24.9 d'],
    ['startMonitor', { interval: NaN }, "'interval'", 'NaN', '100 ms'],
    ['startMonitor', { cooldown: Infinity }, "'cooldown'", 'Infinity', 'at most'],
    ['startMonitor', { minGrowth: -1 }, "'minGrowth'", 'Given was -1', 'size'],
    ['startMonitor', { directory: '' }, "'directory'", "''", 'not empty'],
    ['startMonitor', { directory: 'a\0b' }, "'directory'", 'a\\x00b', 'null bytes'],
    ['startMonitor', { keep: { count: 1.5 } }, "'keep.count'", '1.5', 'whole number'],
    ['startMonitor', { keep: { count: 0 } }, "'keep.count'", 'Given was 0', 'at least 1'],
    ['startMonitor', { pressure: [1.2] }, "'pressure'", '[ 1.2 ]', 'up to 1'],
    ['startMonitor', { signal: 'SIGKILL' }, "'signal'", "'SIGKILL'", 'can handle'],
    ['measureGrowth', { rungs: 2 }, "'rungs'", 'Given was 2', 'at least 3'],
    ['assertNoGrowth', { limit: -5 }, "'limit'", 'Given was -5', 'size'],
  ])('%s(%j) is out of range', (name, given, ...told) => {
    const error = refusal(name, given);
    expect(error).toMatchObject({ class: RangeError, code: 'ERR_LEAKGUARD_INVALID_OPTION' });
    for (const part of told) expect(error.message).toContain(part);
  });

  test.each([
    ['startMonitor', { intervall: 10 }, "'intervall'", 'Given was 10', "mean 'interval'"],
    ['startMonitor', { keep: { cuont: 1 } }, "'keep.cuont'", 'Given was 1', "'keep.count'"],
    ['startMonitor', { colour: 'red' }, "'colour'", "'red'", 'interval, directory'],
    ['startMonitor', JSON.parse('{"__proto__":{}}'), "'__proto__'", '{}', 'Allowed are'],
    ['measureGrowth', { limit: 5 }, "'limit'", 'Given was 5', 'warmup, iterations'],
  ])('%s(%j) is misspelled', (name, given, ...told) => {
    const error = refusal(name, given);
    expect(error).toMatchObject({ class: TypeError, code: 'ERR_LEAKGUARD_INVALID_OPTION' });
    for (const part of told) expect(error.message).toContain(part);
  });

  test('a huge or hostile value is told in short', () => {
    const hostile = {
      [Symbol.for('nodejs.util.inspect.custom')]() {
        throw new Error('user code must not run');
      },
    };
    expect(refusal('startMonitor', { directory: [hostile] }).message).toContain('Given was');
    const long = refusal('startMonitor', { interval: 'x'.repeat(100_000) }).message;
    expect(long.length).toBeLessThan(400);
  });

  test('the stack begins where the option was given', () => {
    try {
      validate(schemas.openSnapshot, { sginal: 1 }, 'openSnapshot');
    } catch (error) {
      expect(error.stack.split('\n')[1]).toContain('options.test.js');
    }
    expect.assertions(1);
  });
});
