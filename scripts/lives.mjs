// `npm run lives [count] [first seed]`: the property test of random lives, as long as one likes; nightly with 20,000.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [count = '20000', seed = '1'] = process.argv.slice(2);
if (!/^[1-9]\d{0,6}$/.test(count) || !/^\d{1,9}$/.test(seed)) {
  console.error('Usage: npm run lives [how many] [first seed]');
  process.exit(2);
}
const env = { ...process.env, PAYSAGA_LIVES: count, PAYSAGA_LIVES_SEED: seed };
const { status } = spawnSync(
  process.execPath,
  [join('scripts', 'test.mjs'), '--testPathPatterns', 'tests/lives', '-t', 'random lives'],
  { stdio: 'inherit', env },
);
process.exit(status ?? 1);
