import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { preparePostgres } from './embedded-postgres';
import { Part } from './part';
import { Stack, type RunFile } from './stack';
import { StartupError } from './startup-error';
import { freePort } from './ports';

/**
 * `npm run restore-drill`: loses a Postgres and gets it back, on this machine. Pays, copies the data folder while the server works, pays on, notes
 * the time, pays some more, loses the folder, and restores it to that time from the copy and the archived log (PostgreSQL, "Continuous Archiving and
 * Point-in-Time Recovery"). Then what the PSP has moved since is found by the reconciliation, every payment of it, and the books prove themselves.
 * Prints how long each step took, and exits 1 when anything is not as it must be.
 */
const [before, between, after] = [4, 3, 3];
const day = new Date().toISOString().slice(0, 10);
const say = (line: string): void => console.log(line);

async function main(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'paysaga-drill-'));
  chmodSync(home, 0o755);
  const env = { ...process.env, RECONCILIATION_SETTLE_SECONDS: '0', RECONCILIATION_WINDOW_HOURS: '0' };
  let stack = await Stack.open({ home, env, say: () => undefined });
  try {
    let run = await stack.start();
    const data = await dataFolder(run);
    const archive = join(home, 'archive');
    makeFor(data, archive);
    await asOwner(
      run,
      `ALTER SYSTEM SET archive_command = 'cp %p ${archive}/%f'`,
      `ALTER SYSTEM SET archive_mode = on`,
    );
    // Archiving begins with the server.
    await stack.stop();
    stack = await Stack.open({ home, env, say: () => undefined });
    run = await stack.start();

    const kept = await payMany(run, 'before', before);
    const copy = join(home, 'copy');
    await timed('copying the data folder under load', () => backUp(run, data, copy));
    kept.push(...(await payMany(run, 'between', between)));
    const target = await instant(run);
    await pause(1_000);
    const lost = await payMany(run, 'after', after);
    await asOwner(run, 'SELECT pg_switch_wal()');
    await pause(2_000);
    await stack.stop();
    say(
      `${String(kept.length)} payments until ${target}, ${String(lost.length)} after it; now the data folder is lost`,
    );

    await timed('restoring', async () => {
      renameSync(data, `${data}.lost`);
      execFileSync('cp', ['-a', copy, data]);
      const settings = [
        `restore_command = 'cp ${archive}/%f %p'`,
        `recovery_target_time = '${target}'`,
        "recovery_target_action = 'promote'",
        'archive_mode = off',
      ];
      appendFileSync(join(data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
      writeFileSync(join(data, 'recovery.signal'), '');
      ownedAs(data, join(data, 'recovery.signal'));
      await recover(home, run.databaseUrl);
    });
    stack = await Stack.open({ home, env, say: () => undefined });
    run = await stack.start();
    return await judge(run, kept, lost);
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function judge(run: RunFile, kept: readonly string[], lost: readonly string[]): Promise<number> {
  const problems: string[] = [];
  for (const id of kept) {
    const order = await call<{ payment_order_status?: string }>(run, 'GET', `/v1/payments/${id}`);
    if (order.payment_order_status !== 'SUCCESS') problems.push(`${id} was paid before the time and is not there`);
  }
  for (const id of lost) {
    const order = await call<{ payment_order_status?: string }>(run, 'GET', `/v1/payments/${id}`);
    if (order.payment_order_status !== undefined) problems.push(`${id} was paid after the time and is there`);
  }
  const found = await timed('reconciling against the PSP', () => reconcile(run));
  const about = new Set(found.map(({ payment_order_id: id }) => id));
  for (const id of lost) if (!about.has(id)) problems.push(`the PSP has ${id}, and the reconciliation does not say so`);
  for (const { class: name, payment_order_id: id, remedy } of found)
    say(`  ${name}: ${id ?? '?'}, what was done: ${remedy ?? 'nothing'}`);
  if (found.length !== lost.length)
    problems.push(`${String(found.length)} mismatches for ${String(lost.length)} payments`);
  const { checks } = await call<{ checks: { check: string; ok: boolean; details: string[] }[] }>(
    run,
    'GET',
    `/v1/reconciliation/runs/${day}`,
  );
  for (const { check, ok, details } of checks) if (!ok) problems.push(`${check}: ${details.join('; ')}`);
  for (const problem of problems) say(`✗ ${problem}`);
  say(problems.length === 0 ? 'restored, and every payment since is known' : 'NOT AS IT MUST BE');
  return problems.length === 0 ? 0 : 1;
}

interface Break {
  readonly class: string;
  readonly payment_order_id: string | null;
  readonly remedy: string | null;
}

async function reconcile(run: RunFile): Promise<Break[]> {
  await call(run, 'POST', '/v1/reconciliation/runs', { from: day, to: day });
  await until(async () => {
    const standing = await call<{ finished_at?: string | null }>(run, 'GET', `/v1/reconciliation/runs/${day}`);
    return typeof standing.finished_at === 'string' ? standing : undefined;
  });
  const { data } = await call<{ data: Break[] }>(run, 'GET', '/v1/reconciliation/breaks?limit=100');
  return data;
}

async function payMany(run: RunFile, name: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_none, index) => `drill-${name}-${String(index + 1)}`);
  for (const id of ids) {
    await call(run, 'POST', '/v1/payments', {
      checkout_id: id,
      buyer_info: { id: 'drill' },
      credit_card_info: { payment_method: 'pm_card_visa' },
      payment_orders: [{ payment_order_id: id, seller_account: 'drill', amount: '10.00', currency: 'EUR' }],
    });
    await until(async () => {
      const order = await call<{ payment_order_status: string }>(run, 'GET', `/v1/payments/${id}`);
      return order.payment_order_status === 'SUCCESS' ? order : undefined;
    });
  }
  return ids;
}

/** The low-level way to copy a server that works: it says where the copy begins and ends, and the archived log fills what moved meanwhile. */
async function backUp(run: RunFile, data: string, copy: string): Promise<void> {
  const owner = new pg.Client({ connectionString: run.databaseUrl });
  await owner.connect();
  try {
    await owner.query("SELECT pg_backup_start('drill', true)");
    const paying = payMany(run, 'while-copying', 2);
    await Promise.all([promisify(execFile)('cp', ['-a', data, copy]), paying]);
    const { rows } = await owner.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(true)');
    writeFileSync(join(copy, 'backup_label'), rows[0]?.labelfile ?? '');
    ownedAs(copy, join(copy, 'backup_label'));
    rmSync(join(copy, 'postmaster.pid'), { force: true });
  } finally {
    await owner.end();
  }
}

async function dataFolder(run: RunFile): Promise<string> {
  const [row] = await asOwner<{ data_directory: string }>(run, 'SHOW data_directory');
  if (row === undefined) throw new StartupError('postgres', 'it does not say where its data is.', '');
  return row.data_directory;
}

async function instant(run: RunFile): Promise<string> {
  const [row] = await asOwner<{ now: string }>(run, 'SELECT clock_timestamp()::text AS now');
  return row?.now ?? '';
}

/** Lets Postgres read the archived log until the moment it was given, alone: until then nothing can be written. */
async function recover(home: string, databaseUrl: string): Promise<void> {
  const port = await freePort();
  const url = new URL(databaseUrl);
  url.port = String(port);
  const server = new Part(
    {
      name: 'postgres',
      ...(await preparePostgres(home, port, url.password)),
      logFile: join(home, 'logs', 'recovery.log'),
      stopSignal: 'SIGINT',
      readyWithinMs: 120_000,
      probe: async () => {
        const [row] = await asOwner<{ waiting: boolean }>(
          { databaseUrl: url.href },
          'SELECT pg_is_in_recovery() AS waiting',
        );
        if (row?.waiting !== false) throw new Error('it still reads the log');
      },
    },
    say,
    () => undefined,
  );
  await server.start();
  await server.stop();
}

async function asOwner<Row extends pg.QueryResultRow>(
  { databaseUrl }: Pick<RunFile, 'databaseUrl'>,
  ...statements: readonly string[]
): Promise<Row[]> {
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) rows = (await owner.query<Row>(statement)).rows;
    return rows;
  } finally {
    await owner.end();
  }
}

/** What Postgres writes or reads belongs to whom its data belongs to. */
function ownedAs(model: string, path: string): void {
  const { uid, gid } = statSync(model);
  execFileSync('chown', ['-R', `${String(uid)}:${String(gid)}`, path]);
}

function makeFor(model: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  ownedAs(model, folder);
}

async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = Date.now();
  const result = await work();
  say(`${what}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}

async function call<Body>(run: RunFile, method: string, path: string, body?: object): Promise<Body> {
  const key = path.startsWith('/v1/reconciliation') ? run.opsApiKey : run.apiKey;
  const response = await fetch(`${run.apiUrl}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Body;
  if (!response.ok && response.status !== 404) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function until<Result>(look: () => Promise<Result | undefined>): Promise<Result> {
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline) {
    const result = await look();
    if (result !== undefined) return result;
    await pause(200);
  }
  throw new Error('it took too long');
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof StartupError ? error.message : error);
    process.exit(1);
  },
);
