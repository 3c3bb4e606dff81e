'use strict';

/** A timeline: a snapshot with the times of allocations, as DevTools records it. */

const fs = require('node:fs');
const { Session } = require('node:inspector');

const session = new Session();
session.connect();
const file = fs.openSync(process.argv[2], 'w');
session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => fs.writeSync(file, params.chunk));
session.post('HeapProfiler.startTrackingHeapObjects');

class Item {
  constructor(number) {
    this.number = number;
    this.next = () => new Item(number + 1);
  }
}
globalThis.items = [];

const timer = setInterval(() => {
  for (let number = 0; number < 500; number++) items.push(new Item(number).next());
  if (items.length < 3000) return;
  clearInterval(timer);
  session.post('HeapProfiler.stopTrackingHeapObjects', { reportProgress: false }, (error) => {
    if (error) throw error;
    fs.closeSync(file);
    session.disconnect();
  });
}, 60);
