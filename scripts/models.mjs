// `npm run models [histories] [seed]`: the models of checkout, refund and payout, as long as one likes; nightly with 2,000 and a seed of its own.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [runs = '2000', seed = String(Math.floor(Math.random() * 1e9))] = process.argv.slice(2);
if (!/^[1-9]\d{0,6}$/.test(runs) || !/^\d{1,9}$/.test(seed)) {
  console.error('Usage: npm run models [how many histories] [seed]');
  process.exit(2);
}
const env = { ...process.env, PAYSAGA_MODEL_RUNS: runs, PAYSAGA_MODEL_SEED: seed };
const { status } = spawnSync(process.execPath, [join('scripts', 'test.mjs'), '--testPathPatterns', 'tests/models'], {
  stdio: 'inherit',
  env,
});
process.exit(status ?? 1);
