'use strict';

/** From what was seen between test files to what each of them left behind. */

/**
 * @param {object[]} looks what was seen in one worker before each file, and after the last one
 * @returns {object[]} one for each file but the last: see text.js
 */
function whatWasLeft(looks) {
  return looks.slice(0, -1).map(({ file, worker }, place) => {
    const [before, after] = [looks[place], looks[place + 1]];
    return {
      file,
      worker,
      isFirst: place === 0,
      live: after.live - before.own.live,
      external: after.external - before.own.external,
      handles: lasting(looks, place, 'handles'),
      listeners: lasting(looks, place, 'listeners'),
      suspects: after.suspects,
    };
  });
}

/**
 * A test runner has timers and handles of its own, which come and go: so only what was never so
 * many before and never fewer again counts as left.
 *
 * @returns {Record<string, number>} kind to how many more
 */
function lasting(looks, place, what) {
  const left = {};
  for (const kind of Object.keys(looks[place + 1][what])) {
    const counts = looks.map((look) => look[what][kind] ?? 0);
    const more = Math.min(...counts.slice(place + 1)) - Math.max(...counts.slice(0, place + 1));
    if (more > 0) left[kind] = more;
  }
  return left;
}

module.exports = { whatWasLeft };
