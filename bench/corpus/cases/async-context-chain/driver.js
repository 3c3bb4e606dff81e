'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
const { AsyncLocalStorage } = require('node:async_hooks');
const scopes = new AsyncLocalStorage();
class Scope {
  constructor(id, previous) {
    this.id = id;
    this.previous = previous;
    this.tags = { route: `/${id}`, user: id };
  }
}
let last = null;
exports.iterate = (call) =>
  scopes.run(new Scope(call, LEAKY ? last : null), async () => {
    await null;
    last = scopes.getStore();
  });
