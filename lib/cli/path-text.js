'use strict';

const { formatBytes } = require('../units');
const { printable } = require('./table');

/** Steps that are shown of a path, half of them at each end. */
const MOST_STEPS = 30;

/** `(root)`, `(GC roots)`, `(Global handles)` and so on. */
const ROOT = /^\((?:root|.* (?:roots|handles|scope|cache|list))\)$/;

/**
 * A path, a line a step: what is there, by which edge it goes on, and what a cut there would free.
 *
 * @param {import('../..').CutStep[]} path
 * @param {string} [indent]
 * @returns {string} with a line end after each step
 */
function pathText(path, indent = '    ') {
  const lines = path.map((step) => {
    const node = `${printable(step.node)} @${step.id}`;
    return step.edgeType === '' ? node : `${node}  ${edgeText(step)}${cutText(step)}`;
  });
  if (lines.length > MOST_STEPS) {
    const middle = lines.length - MOST_STEPS;
    lines.splice(MOST_STEPS / 2, middle, `… ${middle} steps more`);
  }
  return lines.map((line) => `${indent}${line}\n`).join('');
}

function edgeText({ edge, edgeType }) {
  const text = printable(edge);
  if (edgeType === 'context') return `variable ${text}`;
  if (edgeType === 'property') return `.${text}`;
  if (edgeType === 'element' || text.startsWith('[')) return text;
  return `${edgeType} ${text}`;
}

function cutText({ freed, node }) {
  // No program can cut what a GC root refers to by itself.
  if (!freed || ROOT.test(node)) return '';
  return `  <- a cut here frees ${formatBytes(freed)}`;
}

/**
 * @param {import('../..').CutStep[][]} paths
 * @param {(text: string) => string} heading
 * @returns {string}
 */
function pathsText(paths, heading) {
  if (paths.length === 0) {
    return `${heading('Paths')}\n  none: nothing that the GC roots reach refers to it\n`;
  }
  const last = (path) => path.at(-2)?.freed ?? 0;
  return paths
    .map((path, index) => {
      const freed = last(path);
      const cut =
        freed > 0
          ? `without its last step, ${formatBytes(freed)} would be freed`
          : 'without its last step, nothing would be freed';
      return `${heading(`Path ${index + 1} of ${paths.length}: ${cut}`)}\n${pathText(path)}`;
    })
    .join('\n');
}

module.exports = { pathText, pathsText };
