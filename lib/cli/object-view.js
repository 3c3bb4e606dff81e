'use strict';

/** `leakguard analyze --node ID` and `--path ID`: one object. */

const { formatBytes, formatCount } = require('../units');
const { objectCells, objectHeadings } = require('./lists');
const { pathsText } = require('./path-text');
const { distance, nodeName, printable, table } = require('./table');

const PATHS = 5;

async function askObject(snapshot, id, top) {
  const { edges, dominator, ...node } = await snapshot.node(id);
  const retainers = await snapshot.retainers(id);
  return {
    node,
    dominator,
    edgeCount: edges.length,
    edges: largestFirst(edges).slice(0, top),
    retainerCount: retainers.length,
    retainers: retainers.slice(0, top),
    dominated: await snapshot.dominators(id, { top }),
    paths: await snapshot.paths(id, { count: Math.min(top, PATHS) }),
  };
}

function largestFirst(edges) {
  return edges.toSorted((one, other) => other.node.retainedSize - one.node.retainedSize);
}

function printObject(view, heading) {
  const { node, dominator, edges, edgeCount, retainers, retainerCount, dominated, paths } = view;
  const facts = [
    [formatBytes(node.retainedSize), 'retained: what would be freed with it'],
    [formatBytes(node.shallowSize), 'shallow: itself'],
    [distance(node.distance), 'distance from the global objects'],
  ];
  if (dominator !== null) {
    facts.push([`@${dominator.id}`, `dominated by ${printable(nodeName(dominator))}`]);
  }
  const title = `${printable(nodeName(node))} @${node.id} (${node.type})`;
  return [
    `${heading(title)}\n${table(['', ''], facts).split('\n').slice(1).join('\n')}`,
    `${heading(countTitle('It refers to', edges, edgeCount))}\n${edgeTable(edges)}`,
    `${heading(countTitle('Referred to by', retainers, retainerCount))}\n${edgeTable(retainers)}`,
    `${heading('It dominates')}\n${
      dominated.length > 0 ? table(objectHeadings, dominated.map(objectCells)) : '  nothing\n'
    }`,
    pathsText(paths, heading),
  ].join('\n');
}

// The addon lists no more than this of each.
const MOST_EDGES = 1000;

function countTitle(text, shown, total) {
  const many = `${formatCount(total)}${total >= MOST_EDGES ? ' or more' : ''}`;
  return shown.length < total ? `${text} (${formatCount(shown.length)} of ${many})` : text;
}

function edgeTable(edges) {
  if (edges.length === 0) return '  nothing\n';
  return table(
    ['Retained', 'Edge', 'Id', 'Name and object'],
    edges.map(({ name, type, node }) => [
      formatBytes(node.retainedSize),
      type,
      `@${node.id}`,
      `${printable(name)}: ${printable(nodeName(node))}`,
    ]),
  );
}

module.exports = { askObject, printObject };
