'use strict';

/** What the command line ends with: a promise to scripts, so never renumbered. */
module.exports = {
  CLEAN: 0,
  LEAK_FOUND: 1,
  WRONG_USE: 2,
  COULD_NOT: 3,
};
