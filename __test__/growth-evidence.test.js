'use strict';

const { weigh } = require('../lib/growth/evidence');

/** What ten or a thousand calls have left, as a suspect. */
const suspect = (given) => ({
  className: 'Job',
  holder: { className: 'Map' },
  retainedGrowth: 5000,
  ...given,
});
const weighed = (calls, given) => weigh({ suspects: [suspect(given)], calls }, 1000, 0);

describe('that something piles up', () => {
  test('is proven by an object for each call', () => {
    expect(weighed(10, { countGrowth: 10 })).toBe('proven');
    expect(weighed(1000, { countGrowth: 600 })).toBe('proven');
  });

  test('is not proven by a few objects after a few calls', () => {
    expect(weighed(10, { countGrowth: 5 })).toBe('open');
    expect(weighed(1000, { countGrowth: 300 })).toBe('open');
  });

  test('is not proven by less than V8 keeps for itself', () => {
    expect(weighed(10, { countGrowth: 10, retainedGrowth: 740 })).toBe('open');
  });

  test('is refuted by objects that do not come with the calls', () => {
    expect(weighed(1000, { countGrowth: 10 })).toBe('refuted');
  });

  test.each([
    ['compiled code', { className: 'code' }],
    ['a table of its own', { holder: { className: 'Internalized strings' } }],
  ])('does not matter where it is %s of V8', (_, given) => {
    expect(weighed(10, { countGrowth: 10, ...given })).toBe('refuted');
  });
});
