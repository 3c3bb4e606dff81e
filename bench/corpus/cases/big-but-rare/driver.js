'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
const archives = [];
class Archive {
  constructor(call) {
    this.rows = Array.from({ length: 20000 }, (_, row) => call + row + 0.5);
  }
}
let open = [];
exports.iterate = (call) => {
  open.push(call);
  if (open.length < 50) return;
  archives.push(new Archive(call));
  if (!LEAKY && archives.length > 3) archives.shift();
  open = [];
};
