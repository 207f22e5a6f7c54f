const { abreast } = require('./tests/support/sequencer.js');

const swc = [
  '@swc/jest',
  { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
];

const common = {
  testEnvironment: 'node',
  transform: { '^.+\\.(ts|js|mjs)$': swc },
  // Packages without a CommonJS build.
  transformIgnorePatterns: [
    '/node_modules/(?!(@platformatic|scule|dinero\\.js|jose|openapi-fetch|@prisma/schema-engine-wasm)/)',
  ],
};

module.exports = {
  maxWorkers: abreast,
  testSequencer: '<rootDir>/tests/support/sequencer.js',
  // Files leave modules behind in their process, until it has no memory left: a new one takes the next file before that.
  workerIdleMemoryLimit: '1GB',
  reporters: ['default', '<rootDir>/tests/support/count-reporter.js'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{domain,providers,activities,api,sandbox,prisma,workflows,local,temporal,chaos}/**/*.test.ts',
        '<rootDir>/*.test.ts',
      ],
    },
    {
      ...common,
      displayName: 'whole',
      testMatch: ['<rootDir>/tests/**/*.test.ts'],
      globalSetup: '<rootDir>/tests/support/global-setup.ts',
      globalTeardown: '<rootDir>/tests/support/global-teardown.ts',
      setupFilesAfterEnv: ['<rootDir>/tests/support/patience.ts'],
    },
  ],
};
