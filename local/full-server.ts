import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FullTemporal, fullTemporalVersion } from './full-temporal';
import { StartupError } from './startup-error';

/**
 * `npm run full-server [-- --shards N]`: the sample checkout on Temporal's full server, not on the dev server. Exits as the sample does.
 */
const say = (line: string): void => console.log(line);

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { shards: { type: 'string', default: '4' } } });
  const shards = Number(values.shards);
  if (!Number.isSafeInteger(shards) || shards < 1) throw new RangeError('--shards must be a whole number above zero');
  const home = mkdtempSync(join(tmpdir(), 'paysaga-full-server-'));
  chmodSync(home, 0o755);
  try {
    const temporal = await FullTemporal.start(home, shards, say);
    try {
      say(`Temporal ${fullTemporalVersion} with ${String(shards)} history shards on Postgres: ${temporal.address}`);
      return await runSample(home, temporal.address);
    } finally {
      await temporal.stop();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The local stack with everything of its own but the Temporal server. */
async function runSample(home: string, address: string): Promise<number> {
  const log = join(home, 'stack.log');
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/start.ts', '--once'], {
    cwd: join(__dirname, '..'),
    env: { ...process.env, TEMPORAL_ADDRESS: address, PAYSAGA_HOME: join(home, 'stack') },
    stdio: ['ignore', 'inherit', openSync(log, 'a')],
  });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof StartupError ? error.message : error);
    process.exit(1);
  },
);
