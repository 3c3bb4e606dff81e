'use strict';

const CLEAR_LINE = '\r\u001b[2K';

/**
 * One line that says how far the work is. On a terminal only, and gone at the end.
 *
 * @param {NodeJS.WriteStream} stream
 * @param {string} doing such as 'Reading the snapshot'
 * @returns {{ show: (done: number) => void, clear: () => void }} `done` is a share, 0 to 1
 */
function statusLine(stream, doing) {
  if (!stream.isTTY) return { show() {}, clear() {} };
  let shown = '';
  const show = (done) => {
    const text = `${doing}: ${Math.floor(done * 100)} %`;
    if (text === shown) return;
    shown = text;
    stream.write(CLEAR_LINE + text);
  };
  show(0);
  return { show, clear: () => stream.write(CLEAR_LINE) };
}

module.exports = { statusLine };
