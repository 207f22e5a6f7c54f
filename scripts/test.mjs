// `npm test`: runs jest, and ends with one plain line of real counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'paysaga-counts-'));
const counts = join(folder, 'counts');
const jest = spawnSync(process.execPath, [join('node_modules', 'jest', 'bin', 'jest.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, PAYSAGA_TEST_COUNTS: counts },
});
try {
  process.stdout.write(`\n${readFileSync(counts, 'utf8')}`);
} catch {
  console.log('\n0 passed, 1 failed');
}
rmSync(folder, { recursive: true, force: true });
process.exit(jest.status ?? 1);
