'use strict';

/** What the calls need and what is not theirs: made before them, taken down after them. */

const { Landmark } = require('./landmark');

/**
 * @template T
 * @param {{ setup: (() => unknown) | null, teardown: ((fixture: unknown) => unknown) | null }} options
 * @param {(fixture: { value: unknown }) => Promise<T>} use between the two
 * @returns {Promise<T>} what `use` gives; rejects with what any of the three threw
 */
async function withFixture({ setup, teardown }, use) {
  const fixture = new Landmark('fixture', await setup?.());
  // Kept there as well: what it refers to is then found by a way that leads past no promise. One
  // step further than the function under test, which often shares its scope, and counts more.
  const end = new Landmark('fixture', { teardown });
  try {
    return await use(fixture);
  } finally {
    const { value } = fixture;
    fixture.remove();
    end.remove();
    await teardown?.(value);
  }
}

module.exports = { withFixture };
