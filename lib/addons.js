'use strict';

/** Which addons this process has loaded, and whose they are. */

const fs = require('node:fs');
const path = require('node:path');

const OWN = path.join(__dirname, '..');

/** A package of prebuilt files is called after the package that loads it, and the platform. */
const PLATFORM = /-(?:linux|linuxmusl|darwin|win32|freebsd|android|openharmony|wasm32)\b/;

/**
 * @typedef {object} Addon
 * @property {string} file path of the shared library
 * @property {string | null} package npm package that loads it, or that it is in
 * @property {string | null} version of that package
 * @property {number} distance modules between it and one of the program's own, which is in no package;
 *   Infinity where no such module is known to have loaded it, as with a test runner's
 */

/**
 * The addons in this process without leakguard's own, as the operating system tells them: those that
 * the program's own modules have loaded first, and among equals the last that was loaded.
 *
 * @returns {Addon[]} none where nobody tells
 */
function loadedAddons() {
  const files = mappedFiles();
  if (files.length === 0) return [];
  const parents = parentsOfModules();
  const order = Object.keys(require.cache);
  return files
    .map((file) => ({ file, ...packageOf(file, parents), distance: distanceOf(file, parents) }))
    .sort((one, other) => nearest(one, other) || latest(order, one, other));
}

function nearest(one, other) {
  return one.distance === other.distance ? 0 : one.distance - other.distance;
}

function latest(order, one, other) {
  return order.indexOf(other.file) - order.indexOf(one.file) || (one.file < other.file ? -1 : 1);
}

function mappedFiles() {
  const files = new Set();
  for (const line of readText('/proc/self/maps').split('\n')) {
    const file = line.slice(line.indexOf('/'));
    if (file.endsWith('.node') && !file.startsWith(`${OWN}${path.sep}leakguard.`)) files.add(file);
  }
  return [...files];
}

/** @returns {Map<string, string[]>} file of a module to those that have required it */
function parentsOfModules() {
  const parents = new Map();
  for (const module of Object.values(require.cache)) {
    for (const child of module?.children ?? []) {
      const known = parents.get(child.filename);
      if (known === undefined) parents.set(child.filename, [module.filename]);
      else known.push(module.filename);
    }
  }
  return parents;
}

/** The files that have required `file`, those that have required these, and so on: level by level. */
function* levelsAbove(file, parents) {
  const seen = new Set([file]);
  for (let level = [file]; level.length > 0; ) {
    level = level.flatMap((one) => parents.get(one) ?? []).filter((one) => !seen.has(one));
    for (const one of level) seen.add(one);
    yield [...new Set(level)];
  }
}

function distanceOf(file, parents) {
  let distance = 0;
  for (const level of levelsAbove(file, parents)) {
    distance += 1;
    if (level.some(isProgram)) return distance;
  }
  return Infinity;
}

/** @param {string | null} file null for a module that was made by hand */
function isProgram(file) {
  return typeof file === 'string' && !isInPackage(file) && !file.startsWith(OWN + path.sep);
}

function isInPackage(file) {
  return file.split(path.sep).includes('node_modules');
}

/** The package that people install: not the one of prebuilt files that it depends on. */
function packageOf(file, parents) {
  const own = nearestPackage(file);
  if (own === null) return { package: null, version: null };
  const found = loaderOf(file, own, parents) ?? namesake(own) ?? own;
  return { package: found.name, version: found.version ?? null };
}

function loaderOf(file, own, parents) {
  for (const level of levelsAbove(file, parents)) {
    for (const one of level) {
      const loader = typeof one === 'string' ? nearestPackage(one) : null;
      if (loader !== null && dependsOn(loader, own.name)) return loader;
    }
  }
  return null;
}

/** `@napi-rs/canvas` beside `@napi-rs/canvas-linux-x64-gnu`. */
function namesake({ name, folder }) {
  const at = name.search(PLATFORM);
  if (at < 0) return null;
  const depth = name.split('/').length;
  const modules = path.join(folder, ...Array(depth).fill('..'));
  const found = readPackage(path.join(modules, name.slice(0, at)));
  return found !== null && dependsOn(found, name) ? found : null;
}

function dependsOn({ dependencies, optionalDependencies }, name) {
  return [dependencies, optionalDependencies].some((given) => Object.hasOwn(given ?? {}, name));
}

/** The package.json above a file that has a name. */
function nearestPackage(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const found = readPackage(folder);
    if (found !== null) return found;
    if (folder === path.dirname(folder)) return null;
  }
}

function readPackage(folder) {
  try {
    const found = JSON.parse(readText(path.join(folder, 'package.json')));
    return typeof found.name === 'string' ? { ...found, folder } : null;
  } catch {
    return null;
  }
}

/** @returns {string} '' where it cannot be read */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

module.exports = { loadedAddons };
