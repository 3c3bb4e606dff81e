'use strict';
const window = new Map();
exports.iterate = (call) => {
  window.set(`request-${call}`, call);
  window.delete(`request-${call - 10000}`);
};
