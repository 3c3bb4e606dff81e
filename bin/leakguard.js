#!/usr/bin/env node
'use strict';

const { main } = require('../lib/cli/main');

// `leakguard … | head` closes the pipe when it has enough: that is no error.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

main(process.argv.slice(2), process).then((exitCode) => {
  process.exitCode = exitCode;
});
