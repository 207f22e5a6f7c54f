// `npm run notification-storm [count]`: so many messages to a mail server that is away half of the time, with workers that are killed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [count = '10000'] = process.argv.slice(2);
if (!/^[1-9]\d{0,5}$/.test(count)) {
  console.error('Usage: npm run notification-storm [how many]');
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  [join('scripts', 'test.mjs'), '--testPathPatterns', 'tests/lives/notifications'],
  { stdio: 'inherit', env: { ...process.env, PAYSAGA_NOTIFICATIONS: count } },
);
process.exit(status ?? 1);
