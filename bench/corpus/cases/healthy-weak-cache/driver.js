'use strict';
const cache = new Map();
const registry = new FinalizationRegistry((key) => {
  if (cache.get(key)?.deref() === undefined) cache.delete(key);
});
exports.iterate = async (call) => {
  const key = `user-${call}`;
  const user = { key, tags: new Array(20).fill(call) };
  cache.set(key, new WeakRef(user));
  registry.register(user, key);
  if (call % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
};
