'use strict';

/** Tables and headings for a terminal, or for a file: the same, save for bold headings. */

const LONGEST_NAME = 80;

// Names come out of a snapshot, so out of a program's data: what moves the cursor, changes colours
// or turns the direction of writing must not reach a terminal.
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escapeCharacter(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** One line of text that is safe to print, of bounded length. */
function printable(text, longest = LONGEST_NAME) {
  const characters = Array.from(text.slice(0, 2 * longest).replace(UNPRINTABLE, escapeCharacter));
  if (characters.length <= longest) return characters.join('');
  return `${characters.slice(0, longest - 1).join('')}…`;
}

/** Text of several lines that is safe to print. */
function printableText(text) {
  return text.replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : escapeCharacter(character),
  );
}

/**
 * Columns are aligned right, save for the last, which holds names and may be of any length.
 *
 * @param {string[]} headings
 * @param {string[][]} rows
 * @returns {string} with a line end after each row
 */
function table(headings, rows) {
  const lines = [headings, ...rows];
  const last = headings.length - 1;
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((cells) => Array.from(cells[column]).length)),
  );
  return lines
    .map((cells) => {
      const aligned = cells.map((cell, column) =>
        column === last ? cell : cell.padStart(widths[column]),
      );
      return `  ${aligned.join('  ')}\n`;
    })
    .join('');
}

/** What an object is called in a row of a table, before `printable`. */
function nodeName({ className, name }) {
  return name === '' || name === className ? className : `${className} ${name}`;
}

// From here on V8's own objects only, or nothing at all, lead to an object; DevTools shows "-" too.
const NO_DISTANCE = 100_000_000;

function distance(edges) {
  return edges >= NO_DISTANCE ? '-' : String(edges);
}

/** Where something stands: ` (server.js:12)`, or nothing. */
function place({ script, line }) {
  return script === null ? '' : ` (${printable(script)}${line === null ? '' : `:${line}`})`;
}

function percent(share) {
  const amount = share * 100;
  return `${amount > 0 && amount < 0.95 ? amount.toFixed(1) : amount.toFixed(0)} %`;
}

/** @returns {(text: string) => string} bold where `stream` is a terminal that wants it */
function headingStyle(stream, environment) {
  const plain = !stream.isTTY || environment.NO_COLOR || environment.TERM === 'dumb';
  return plain ? (text) => text : (text) => `\u001b[1m${text}\u001b[22m`;
}

module.exports = {
  distance,
  headingStyle,
  nodeName,
  percent,
  place,
  printable,
  printableText,
  table,
};
