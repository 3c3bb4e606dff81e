'use strict';

/** `leakguard analyze --class NAME`: the objects of one class. */

const { closest } = require('../closest');
const { LeakguardError } = require('../errors');
const { formatBytes, formatCount } = require('../units');
const { classCells, classHeadings, objectCells, objectHeadings } = require('./lists');
const { pathText } = require('./path-text');
const { printable, table } = require('./table');

const PATHS = 5;

async function askClass(snapshot, className, top) {
  const classes = await snapshot.classes();
  const row = classes.find((one) => one.className === className);
  if (row === undefined) {
    const near = closest(
      className,
      classes.map((one) => one.className),
    );
    throw new LeakguardError(
      'ERR_LEAKGUARD_INVALID',
      `The snapshot has no object of the class '${className}'.` +
        `${near === null ? '' : ` Did you mean '${near}'?`} Names are those of the class table.`,
    );
  }
  return {
    class: row,
    shapes: await snapshot.shapes(className, { top }),
    objects: await snapshot.objects(className, { top }),
    paths: await snapshot.commonPaths(className, { top: Math.min(top, PATHS) }),
  };
}

function printClass(view, heading) {
  const paths = view.paths.map(
    ({ count, path }) => `  ${formatCount(count)} reached so:\n${pathText(path)}`,
  );
  return [
    `${heading(printable(view.class.className))}\n${table(classHeadings, [classCells(view.class)])}`,
    `${heading('By shape: objects with the same properties')}\n${shapeTable(view.shapes)}`,
    `${heading('The largest')}\n${table(objectHeadings, view.objects.map(objectCells))}`,
    `${heading('How they are reached')}\n${paths.join('\n') || '  nothing reaches them\n'}`,
  ].join('\n');
}

function shapeTable(shapes) {
  return table(
    ['Retained', 'Shallow', 'Count', 'Id of one', 'Shape'],
    shapes.map((row) => [
      formatBytes(row.retainedSize),
      formatBytes(row.shallowSize),
      formatCount(row.count),
      `@${row.id}`,
      printable(row.shape),
    ]),
  );
}

module.exports = { askClass, printClass };
