// `npm run fuzz [examples per call]`: Schemathesis asks the running local stack everything that its /openapi.json allows, and
// much that it doesn't, with every check it has. Needs Python 3; its packages go to the user's cache folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './tools.mjs';

const version = '4.32.5';
const [examples = '100', seed = '1'] = process.argv.slice(2);
const home = process.env['PAYSAGA_HOME'] ?? '.paysaga';
const runFile = join(home, 'run.json');
if (!/^[1-9]\d{0,5}$/.test(examples) || !/^\d{1,9}$/.test(seed)) {
  console.error('Usage: npm run fuzz [examples per call] [seed]');
  process.exit(2);
}
if (!existsSync(runFile)) {
  console.error(`fuzz: there is no ${runFile}: start the local stack first (npm start -- --no-sample)`);
  process.exit(2);
}
const { apiUrl } = JSON.parse(readFileSync(runFile, 'utf8'));

const run = (command, list, options = {}) => {
  const { status, stdout } = spawnSync(command, list, { stdio: 'inherit', encoding: 'utf8', ...options });
  if (status !== 0 && options.stdio !== undefined) process.exit(status ?? 1);
  return { status, stdout };
};

const folder = join(cacheFolder, `schemathesis-${version}`);
const program = join(folder, 'bin', 'schemathesis');
if (!existsSync(program)) {
  console.log(`fuzz: installing Schemathesis ${version} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  run('python3', ['-m', 'venv', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  run(join(folder, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

// A key that may do everything, made for this run and revoked after it.
const admin = (...list) =>
  run(process.execPath, ['--import', 'tsx', 'cli/admin.ts', ...list], { stdio: ['ignore', 'pipe', 'pipe'] }).stdout;
const key = admin('key', 'create', 'default', '--name', 'fuzz', '--scopes', 'all').trim();

const { status } = run(program, [
  '--config-file',
  join('tests', 'fuzz', 'schemathesis.toml'),
  'run',
  `${apiUrl}/openapi.json`,
  '--url',
  apiUrl,
  '--header',
  `Authorization: Bearer ${key}`,
  '--checks',
  'all',
  '--max-examples',
  examples,
  '--seed',
  seed,
  '--request-timeout',
  '60',
  '--workers',
  '2',
]);
admin('key', 'revoke', 'default', '--key', key.split('_')[1]);
process.exit(status ?? 1);
