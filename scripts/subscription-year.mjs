// `npm run subscription-year [count] [first seed]`: a year of so many subscriptions, with declines, pauses, changes, and workers that are killed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [count = '1000', seed = '1'] = process.argv.slice(2);
if (!/^[1-9]\d{0,4}$/.test(count) || !/^\d{1,9}$/.test(seed)) {
  console.error('Usage: npm run subscription-year [how many] [seed]');
  process.exit(2);
}
const env = {
  ...process.env,
  PAYSAGA_SUBSCRIPTIONS: count,
  PAYSAGA_SUBSCRIPTIONS_SEED: seed,
  PAYSAGA_SUBSCRIPTIONS_KILLS: 'true',
};
const { status } = spawnSync(
  process.execPath,
  [join('scripts', 'test.mjs'), '--testPathPatterns', 'tests/lives/year'],
  {
    stdio: 'inherit',
    env,
  },
);
process.exit(status ?? 1);
