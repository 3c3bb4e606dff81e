'use strict';
const known = new Map();
let seed = 7;
function random() {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
}
exports.iterate = () => {
  const key = Math.floor(random() * 4000);
  if (!known.has(key)) known.set(key, { key, path: Array.from({ length: 30 }, (_, i) => key + i) });
  return known.get(key);
};
