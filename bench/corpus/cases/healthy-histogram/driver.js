'use strict';
const buckets = new Map();
let seed = 9;
function random() {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
}
exports.iterate = () => {
  const value = Math.exp(14 * random() * random());
  const bucket = value.toPrecision(3);
  const found = buckets.get(bucket);
  if (found) found.count += 1;
  else buckets.set(bucket, { count: 1, examples: [value] });
};
