export default {
  globalSetup: '<rootDir>/test/global-setup.mjs',
  globalTeardown: '<rootDir>/test/global-teardown.mjs',
  setupFilesAfterEnv: ['<rootDir>/test/fixtures/no-secret-leaks.ts'],
  testEnvironment: 'node',
  // lib/ for the files that no test loads: they count as well.
  roots: ['<rootDir>/test', '<rootDir>/lib'],
  testMatch: ['**/*.test.ts'],
  // Against hangs; a loaded machine may take its time.
  testTimeout: 120_000,
  // Most suites wait for servers and clocks more than they compute.
  maxWorkers: 3,
  collectCoverageFrom: ['lib/**/*.ts', '!lib/**/index.ts'],
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'json-summary', 'html'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^nestjs-backup$': '<rootDir>/lib/index.ts',
    '^nestjs-backup/schedule$': '<rootDir>/lib/schedule/index.ts',
    // The second choice keeps the `./x.js` of installed packages working.
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
};
