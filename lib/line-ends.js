'use strict';

/**
 * Has V8 note where the lines of its scripts end.
 *
 * A heap snapshot tells of each function at which line it stands. Up to V8 11 (Node 20) that means
 * to read the script from its beginning for every single function, unless the script's line ends
 * are known: a program with TypeScript in it took 23 s instead of 0.5 s. V8 notes them when a
 * debugger is told of the script, so for a moment there is one.
 */

const NEEDED = Number.parseInt(process.versions.v8, 10) < 12;

let session = null;
let connected = false;

/** Loads what is needed, which must not be left to a forked child. */
function prepareLineEnds() {
  if (!NEEDED || session !== null || !process.features.inspector) return;
  const { Session } = require('node:inspector');
  session = new Session();
}

/** Costs about as many ms as there are hundreds of scripts. Never throws. */
function noteLineEnds() {
  if (session === null) return;
  try {
    // Never disconnected: V8 would then give all objects new ids.
    if (!connected) session.connect();
    connected = true;
    session.post('Debugger.enable');
    session.post('Debugger.disable');
  } catch {
    // Slower, but as good.
  }
}

module.exports = { noteLineEnds, prepareLineEnds };
