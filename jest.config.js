'use strict';

module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/__test__/**/*.test.js'],
  // Packages that the tests install or write, and cargo's, are none of jest's modules.
  modulePathIgnorePatterns: ['<rootDir>/target/', '<rootDir>/npm/'],
};
