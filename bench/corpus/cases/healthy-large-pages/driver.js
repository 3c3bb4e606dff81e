'use strict';
const pages = new Map();
exports.iterate = async (call) => {
  const key = call % 1000;
  if (!pages.has(key))
    pages.set(
      key,
      Array.from({ length: 1500 }, (_, at) => call + at + 0.5),
    );
  return pages.get(key).length;
};
