// `npm run check`: types, lint, formatting, architecture, dead code, unit tests. All of them run; any failure fails.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const bin = (...path) => [process.execPath, join('node_modules', ...path)];
const steps = [
  ['types', [...bin('typescript', 'bin', 'tsc'), '-p', '.']],
  ['lint', [...bin('eslint', 'bin', 'eslint.js'), '--max-warnings', '0', '.']],
  ['format', [...bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  [
    'architecture',
    [
      ...bin('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err-long',
      '.',
      '--exclude',
      '^(node_modules|prisma/generated/(internal|models)|scripts)',
    ],
  ],
  ['architecture diagram', [process.execPath, join('scripts', 'architecture.mjs'), '--check']],
  ['client', [process.execPath, '--import', 'tsx', join('scripts', 'client.ts'), '--check']],
  ['configuration table', [process.execPath, '--import', 'tsx', join('scripts', 'configuration.ts'), '--check']],
  ['access table', [process.execPath, '--import', 'tsx', join('scripts', 'access.ts'), '--check']],
  ['dead code', bin('knip', 'bin', 'knip.js')],
  ['unit tests', [process.execPath, join('scripts', 'test.mjs'), '--selectProjects', 'unit', '--silent']],
];

const failed = [];
for (const [name, [command, ...rest]] of steps) {
  const startedAt = Date.now();
  const { status } = spawnSync(command, rest, { stdio: 'inherit' });
  console.log(`check: ${name} ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`check: failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
