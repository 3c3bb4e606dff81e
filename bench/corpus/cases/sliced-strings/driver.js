'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
const titles = [];
let next = 0;
exports.iterate = (call) => {
  const page = `<title>Page number ${call}</title>${'.'.repeat(8000)}`.split('|')[0];
  const title = page.slice(7, 7 + 18);
  titles[next] = LEAKY ? title : Buffer.from(title).toString();
  next = LEAKY ? next + 1 : (next + 1) % 100;
};
