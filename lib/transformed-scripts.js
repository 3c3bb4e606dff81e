'use strict';

/**
 * Scripts that were transformed as they were loaded, by ts-jest, babel-jest, vitest or tsx, say. The
 * file on the disk is not what V8 has run, so lines in a heap snapshot are not its lines; V8 has the
 * text, and what says how it was made.
 */

/** Longer ones, in UTF-16 units, are left out; and all that come when so many are reached. */
const MOST_CHARACTERS = 16 * 2 ** 20;
const MOST_IN_ALL = 64 * 2 ** 20;

/** What the transformers write at the end of the text. */
const MAP_COMMENT = /^\/\/[#@] source(?:MappingURL|MappingSource)=.*$/gm;

/**
 * Tells a comparison of them, for the lines of its suspects.
 *
 * For a moment there is a debugger, to which V8 describes every script: some 50 to 250 ms in a
 * test runner. Others that are connected do not notice.
 *
 * @param {object} comparison the addon's
 */
function tellTransformedScripts(comparison) {
  let session = null;
  try {
    const { Session } = require('node:inspector');
    session = new Session();
    session.connect();
    for (const { url, text, map } of transformedScripts(session)) {
      comparison.addScript(url, text, map);
    }
  } catch {
    // Node.js was built without it, or its permission model forbids it: lines are then those of files.
  } finally {
    session?.disconnect();
  }
}

/**
 * Whether something like tsx or ts-node is at work, which compiles TypeScript as it is loaded. For all
 * others it is the file on the disk that runs, so that no debugger is needed.
 */
function transformsTypeScript() {
  const { extensions } = require;
  // Of these two, Node.js itself can load only the first, and only where it says so.
  return '.tsx' in extensions || ('.ts' in extensions && !process.features.typescript);
}

/** The latest first. */
function* transformedScripts(session) {
  const found = new Map();
  session.on('Debugger.scriptParsed', ({ params }) => {
    const { url, sourceMapURL: map } = params;
    if (map?.startsWith('data:') && url !== '') found.set(url, params);
  });
  session.post('Debugger.enable');
  try {
    let room = MOST_IN_ALL;
    for (const { url, sourceMapURL: map, scriptId, ...begin } of [...found.values()].reverse()) {
      const text = sourceOf(session, scriptId, begin);
      const length = map.length + (text?.length ?? Infinity);
      if (length > MOST_CHARACTERS) continue;
      room -= length;
      if (room < 0) return;
      yield { url, text, map };
    }
  } finally {
    session.post('Debugger.disable');
  }
}

/**
 * @returns {string | null} without what a runner has put before it, if it has told V8 not to count that.
 *   jest 29 has told the opposite: columns of the first line are then not those of the map.
 */
function sourceOf(session, scriptId, { startLine, startColumn }) {
  let text = null;
  session.post('Debugger.getScriptSource', { scriptId }, (error, answer) => {
    if (!error) text = answer.scriptSource;
  });
  if (text === null || startLine !== 0) return null;
  return text.slice(Math.max(0, -startColumn)).replace(MAP_COMMENT, '');
}

module.exports = { tellTransformedScripts, transformsTypeScript };
