/**
 * The architecture, as a table. A folder may import itself and what its row names; nothing else.
 * `types` are importable with `import type` only: activities run in Node, workflows in a sandbox.
 */
const layers = {
  domain: { values: [], types: [], packages: ['dinero\\.js'] },
  providers: {
    values: ['domain'],
    types: [],
    packages: ['stripe', 'lru-cache', 'cockatiel', 'csv-parse', 'fast-xml-parser'],
  },
  prisma: { values: ['domain', 'config'], types: [], packages: ['@prisma/[^/]+', 'pg', 'lru-cache'] },
  events: {
    values: ['domain', 'prisma', 'render'],
    types: ['failpoint'],
    packages: ['ipaddr\\.js', 'standardwebhooks', '@platformatic/kafka'],
  },
  notifications: {
    values: ['domain', 'prisma', 'events'],
    types: [],
    packages: ['nodemailer', 'twilio', 'web-push'],
  },
  temporal: {
    values: ['domain', 'workflows/search-attributes', 'workflows/alone'],
    types: ['workflows'],
    packages: ['@temporalio/(common|client|worker|proto)', 'long'],
  },
  activities: {
    values: [
      'domain',
      'providers',
      'prisma',
      'psp-events',
      'refunds',
      'payouts',
      'disputes',
      'breaks',
      'ledger-check',
      'checkout-input',
      'positions',
      'reconciliation-report',
      'events',
      'notifications',
    ],
    types: ['workflows/messages', 'failpoint'],
    packages: ['@temporalio/(activity|common)'],
  },
  workflows: { values: ['domain'], types: ['activities'], packages: ['@temporalio/(workflow|common)'] },
  api: {
    values: [
      'domain',
      'prisma',
      'providers',
      'temporal',
      'workflows/messages',
      'checkout-input',
      'leased-counts',
      'positions',
      'render',
      'events',
      'notifications',
      'psp-events',
      'refunds',
      'payouts',
      'disputes',
      'breaks',
      'statements',
      'reconciliation-report',
      'settlement-files',
      'merchants',
      'config',
      'failpoint',
      'log',
      'tracing',
    ],
    types: ['workflows'],
    packages: [
      'express',
      '@temporalio/client',
      'helmet',
      'zod',
      'zod-openapi',
      'jose',
      'pg',
      'rate-limiter-flexible',
      'swagger-ui-dist',
      'lru-cache',
      'prom-client',
    ],
  },
  // Apart from the API: it shares no database role with it, and only its ways of answering.
  people: {
    values: [
      'domain',
      'prisma/database',
      'prisma/people',
      'api/csv-answer',
      'api/http-server',
      'api/problem',
      'api/request-id',
      'config',
      'log',
    ],
    types: [],
    packages: [
      'express',
      'helmet',
      'better-auth',
      '@better-auth/passkey',
      '@redis/client',
      'nodemailer',
      'rate-limiter-flexible',
      'uqr',
      'prom-client',
    ],
  },
  sandbox: { values: [], types: [], packages: ['qs'] },
  'mail-catcher': { values: [], types: [], packages: ['smtp-server', 'mailparser'] },
  // Judges from outside: it starts a stack, and shares nothing else with what it judges.
  chaos: {
    values: ['local/stack', 'local/ports', 'local/compiled-worker'],
    types: ['failpoint'],
    packages: ['@temporalio/client', 'pg', 'stripe'],
  },
};
const folders = Object.keys(layers);
const pureOfNode = ['domain', 'workflows'];
const under = (names) => names.map((name) => `^${name}(/|\\.ts$)`);
const local = (from) =>
  `^(${[...folders, 'local', 'tests', 'bench'].filter((name) => name !== from).join('|')})/|^[a-z-]+\\.ts$`;

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: { pathNot: '^prisma/generated' }, to: { circular: true } },
    {
      name: 'sandbox-is-a-stand-in',
      severity: 'error',
      comment: 'Nothing in the product knows the sandbox.',
      from: { pathNot: '^(sandbox|tests|local|bench)/' },
      to: { path: '^sandbox/' },
    },
    ...Object.entries(layers).flatMap(([from, row]) => [
      {
        name: `${from}-values`,
        severity: 'error',
        comment: `${from}/ may import values only from: ${row.values.join(', ') || 'nothing'}`,
        from: { path: `^${from}/`, pathNot: '\\.test\\.ts$' },
        to: { path: local(from), pathNot: under(row.values), dependencyTypesNot: ['type-only'] },
      },
      {
        name: `${from}-types`,
        severity: 'error',
        comment: `${from}/ may import types only from: ${[...row.values, ...row.types].join(', ') || 'nothing'}`,
        from: { path: `^${from}/`, pathNot: '\\.test\\.ts$' },
        to: { path: local(from), pathNot: under([...row.values, ...row.types]) },
      },
      {
        name: `${from}-packages`,
        severity: 'error',
        comment: `${from}/ may import packages only from: ${row.packages.join(', ')}`,
        from: { path: `^${from}/`, pathNot: ['\\.test\\.ts$', '^prisma/generated'] },
        to: { path: 'node_modules/', pathNot: row.packages.map((name) => `node_modules/(@types/)?${name}/`) },
      },
    ]),
    ...pureOfNode.map((from) => ({
      name: `${from}-no-node`,
      severity: 'error',
      from: { path: `^${from}/`, pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^prisma/generated/(internal|models)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Without this, subpath exports such as dinero.js/bigint do not resolve and the package rules misfire.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
