'use strict';

const OPTIONS = `Options:
  --top N     rows of each table (default 20; no more than 1,000 dominators)
  --json      the data as JSON
  --help      this text
  --version   the version of leakguard
`;

const EXIT_CODES = `Data goes to stdout, everything else to stderr.
Exit code: 0 clean, 1 leak found, 2 wrong use, 3 could not.
`;

const FILES = `Snapshots are .heapsnapshot or .heaptimeline files, also with .gz or .zst.
`;

const OVERVIEW = `Finds memory leaks in Node.js: what leaks, who holds it, how fast it grows.

Usage:
  leakguard analyze FILE              what is in a heap snapshot, and what retains the most
  leakguard compare FILE FILE [...]   what grew between snapshots, and who holds it

${OPTIONS}
${FILES}${EXIT_CODES}`;

const ANALYZE = `Tells what is in a heap snapshot: its size, its classes, its largest dominators.

Usage:
  leakguard analyze [options] FILE

${OPTIONS}
${FILES}${EXIT_CODES}`;

const COMPARE = `Tells what grew between two or more heap snapshots of one process, and who holds it.
Give them in order of time. Two show what grew; three or more tell what grows from what was
only filled.

Usage:
  leakguard compare [options] FILE FILE [FILE...]

${OPTIONS}
${FILES}${EXIT_CODES}`;

module.exports = { ANALYZE, COMPARE, OVERVIEW };
