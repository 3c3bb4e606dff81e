'use strict';

/** Whether a suspect is the one that a case is known to have. */

/**
 * Rightly named is what leads to the holder: one of the names by which the case knows it (variable,
 * property, class) is the holder's, or stands on the path to what piles up, and what piles up is
 * one of the classes that the case knows, or such a class stands on the path or in the sentence.
 * Where nothing of JavaScript piles up, the package is what can be known.
 *
 * @param {import('../..').Suspect | null} suspect
 * @param {{ retainer: { names: string[] }, leakedConstructors: string[],
 *   package?: string | string[] }} expected
 * @returns {boolean}
 */
function isNamedRightly(suspect, expected) {
  if (suspect === null) return false;
  if (expected.leakedConstructors.length === 0) {
    return [expected.package].flat().includes(suspect.package);
  }
  const { holder, className, message, path, sites } = suspect;
  const way = path.flatMap(({ node, edge }) => [node, edge]);
  const held = [holder.name, holder.className, ...way];
  const piled = [className, message, ...way, ...sites.map(({ functionName }) => functionName)];
  const classes = expected.leakedConstructors.map((name) => name.replace(/ \(.*\)$/, ''));
  return mentions(held, expected.retainer.names) && mentions(piled, classes);
}

function mentions(texts, names) {
  return names.some((name) => texts.some((text) => hasWord(text, name)));
}

function hasWord(text, name) {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^\\w$])${escaped}($|[^\\w$])`).test(text);
}

module.exports = { isNamedRightly };
