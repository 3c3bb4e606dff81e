'use strict';

const LISTS = Object.keys(require('./lists').lists);

const OPTIONS = `Options:
  --top N     rows of each table (default 20)
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
  leakguard blackbox FILE             the last hour of a process that was killed

${OPTIONS}
${FILES}${EXIT_CODES}`;

const ANALYZE = `Tells what is in a heap snapshot: its size, where memory has piled up, its classes, its largest
objects and collections. Ids are V8's, printed as @1234; what is printed can be asked for.

Usage:
  leakguard analyze [options] FILE

Instead of all that, one of:
  --show LIST   only these lists, in this order, separated by commas:
                ${LISTS.slice(0, 5).join(', ')},
                ${LISTS.slice(5).join(', ')}
  --class NAME  one class: its shapes, its largest objects, how they are reached
  --node ID     one object: what it refers to, what refers to it, and what a cut would free
  --path ID     only the ways to an object that do not depend on each other

${OPTIONS}
${FILES}${EXIT_CODES}`;

const COMPARE = `Tells what grew between two or more heap snapshots of one process, and who holds it.
Give them in order of time. Two show what grew; three or more tell what grows from what was
only filled.

Usage:
  leakguard compare [options] FILE FILE [FILE...]

${OPTIONS}
${FILES}${EXIT_CODES}`;

const BLACKBOX = `Tells what a monitored process used before it was killed, what was said of it then, and
whether what is left of its samples shows a leak. The file is that of the flight recorder, which
startMonitor() keeps in its directory: leakguard.….blackbox.

Usage:
  leakguard blackbox [options] FILE

Options:
  --json      the data as JSON, with every sample
  --help      this text
  --version   the version of leakguard

${EXIT_CODES}`;

module.exports = { ANALYZE, BLACKBOX, COMPARE, OVERVIEW };
