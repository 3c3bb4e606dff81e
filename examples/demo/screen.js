'use strict';

/** Lines that stay, and on a terminal one line below them that is drawn again and again. */

const { stdout } = process;

/** Columns of text at most; also where it does not go to a terminal. */
const WIDTH = 100;

const BLOCKS = '▁▂▃▄▅▆▇█';

const colours = stdout.isTTY && !process.env.NO_COLOR;

function styled(open, close) {
  return (text) => (colours ? `\x1b[${open}m${text}\x1b[${close}m` : text);
}

const bold = styled(1, 22);
const dim = styled(2, 22);
const red = styled(31, 39);
const green = styled(32, 39);

/** Writes lines that stay. */
function print(text = '') {
  clear();
  stdout.write(`${text}\n`);
}

/**
 * Breaks lines that are too long between words.
 *
 * @param {string} text
 * @param {number} [column] where what is broken off begins; else where its line does
 */
function wrapped(text, column) {
  const width = Math.min(stdout.columns ?? WIDTH, WIDTH);
  return text
    .split('\n')
    .flatMap((line) => {
      const indent = ' '.repeat(column ?? /^ */.exec(line)[0].length);
      const lines = [];
      let rest = line;
      while (rest.length > width) {
        const space = rest.lastIndexOf(' ', width);
        if (space <= indent.length) break;
        lines.push(rest.slice(0, space));
        rest = indent + rest.slice(space + 1);
      }
      return [...lines, rest];
    })
    .join('\n');
}

/** Shows `text` in the line that changes; nothing where there is no terminal. */
function show(text) {
  if (!stdout.isTTY) return;
  const fitting = [...text].slice(0, stdout.columns - 1).join('');
  stdout.write(`\x1b[?25l\r${fitting}\x1b[K`);
}

/** Takes the line that changes away, and brings the cursor back. */
function clear() {
  if (stdout.isTTY) stdout.write('\r\x1b[K\x1b[?25h');
}

process.on('exit', clear);

// Whoever read along (`| head`) has gone.
stdout.on('error', () => process.exit(1));

/**
 * @param {number[]} values drawn from zero up to the largest
 * @returns {string} one block for each
 */
function sparkline(values) {
  const top = Math.max(...values, 1);
  return values.map((value) => BLOCKS[Math.round((value / top) * (BLOCKS.length - 1))]).join('');
}

module.exports = { bold, dim, green, print, red, show, sparkline, wrapped };
