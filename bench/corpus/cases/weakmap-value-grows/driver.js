'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
const app = { name: 'app' };
exports.app = app;
const histories = new WeakMap([[app, []]]);
exports.iterate = (call) => {
  const history = histories.get(app);
  history.push({ call, route: `/${call % 10}` });
  if (!LEAKY && history.length > 50) history.shift();
};
