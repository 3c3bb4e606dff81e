'use strict';

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/__test__/**/*.test.js'],
  // cargo's output holds nothing for jest, and the package of a platform would be a second leakguard.
  modulePathIgnorePatterns: ['<rootDir>/target/', '<rootDir>/npm/'],
  // Many tests start processes; on a busy machine that takes its time.
  testTimeout: 60_000,
};
