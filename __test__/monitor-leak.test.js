'use strict';

const { startLeaking } = require('./support/leaking');

// What comes of a leak takes a while: begun first, and waited for further down.
let runs;

beforeAll(() => {
  runs = startLeaking();
});

describe('a leak', () => {
  test('is told in one line and diagnosed, though a listener throws', async () => {
    const { code, stdout, stderr } = await runs.told;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      'heap',
      'ERR_LEAKGUARD_LISTENER',
      'heap',
      'Map',
      'sessions',
    ]);
    expect(stderr).toMatch(/^leakguard: Live heap grows by .*`sessions`.*Report: \S+\n$/);
  });

  test('is not told on stderr with quiet', async () => {
    expect(await runs.quiet).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('that cannot be diagnosed is told all the same', async () => {
    const { code, stdout, stderr } = await runs.undiagnosed;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toBe('ERR_LEAKGUARD_IO');
    expect(stderr).toMatch(/^leakguard: Live heap grows by .*It could not be diagnosed: .*\n$/);
  });
});
