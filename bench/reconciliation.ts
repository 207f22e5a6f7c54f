import { chmodSync, createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { Stack, type RunFile } from '../local/stack';
import { cpuOfFamily, peakMemoryOf } from './machine';

/**
 * `npm run bench:reconciliation [lines]`: a whole stack, a ledger of a million captures, and a packed settlement file of as many
 * lines, handed in by the API. Prints how long each step took, where the time went, and the most memory that the worker has had.
 */
const mostWorkerMb = 512;

interface FileView {
  readonly file_id: string;
  readonly state: string;
  readonly verdict: string | null;
  readonly problem: string | null;
}
interface Run {
  readonly state: string;
  readonly finished_at: string | null;
  readonly totals: readonly { readonly lines: number; readonly matched: number; readonly booked?: number }[];
}

async function main(): Promise<number> {
  const lines = Number(process.argv[2] ?? '1000000');
  if (!Number.isSafeInteger(lines) || lines < 1_000) throw new RangeError('how many lines? 1,000 at least');
  const home = mkdtempSync(join(tmpdir(), 'paysaga-bench-'));
  chmodSync(home, 0o755);
  const stack = await Stack.open({ home, say: () => undefined });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stack.stop().then(() => process.exit(130)));
  try {
    const run = await stack.start();
    const database = new pg.Client({ connectionString: run.databaseUrl });
    await database.connect();
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    await pay(run);
    console.log(`filling the ledger with ${lines.toLocaleString('en')} captures …`);
    await fill(database, lines, day);
    const file = join(home, 'day.csv.gz');
    await pipeline(Readable.from(settlement(lines, day)), createGzip({ level: 1 }), createWriteStream(file));
    console.log(
      `a file of ${lines.toLocaleString('en')} lines, ${(statSync(file).size / 1024 / 1024).toFixed(0)} MiB packed`,
    );

    const worker = run.pids.worker ?? 0;
    const before = {
      worker: Math.round(cpuOfFamily(worker)),
      postgres: Math.round(cpuOfFamily(run.pids.postgres ?? 0)),
    };
    const idle = peakMemoryOf(worker);
    const startedAt = Date.now();
    const posted = await call<FileView>(
      run,
      'POST',
      '/v1/reconciliation/files?kind=settlement',
      createReadStream(file),
    );
    const uploaded = Date.now();
    const taken = await until(async () => {
      const view = await call<FileView>(run, 'GET', `/v1/reconciliation/files/${posted.file_id}`);
      return view.state === 'received' ? undefined : view;
    });
    if (taken.verdict !== 'accepted') throw new Error(`${taken.verdict ?? ''}: ${taken.problem ?? ''}`);
    const imported = Date.now();
    const result = await until(async () => {
      // Until it has begun there is none: a problem, and no run.
      const found = await call<Partial<Run>>(run, 'GET', `/v1/reconciliation/runs/${day}`);
      return typeof found.finished_at === 'string' ? (found as Run) : undefined;
    });
    const finished = Date.now();
    const after = {
      worker: Math.round(cpuOfFamily(worker)),
      postgres: Math.round(cpuOfFamily(run.pids.postgres ?? 0)),
    };
    const matched = result.totals.reduce((sum, row) => sum + row.matched, 0);
    const booked = result.totals.reduce((sum, row) => sum + (row.booked ?? 0), 0);
    const peak = peakMemoryOf(worker);
    const seconds = (ms: number): number => Math.round(ms / 100) / 10;
    console.table(await stepsOf(run, day));
    console.log(
      JSON.stringify({
        what: 'settlement lines against as many ledger transactions',
        lines,
        matched,
        booked,
        upload_s: seconds(uploaded - startedAt),
        import_s: seconds(imported - uploaded),
        reconcile_s: seconds(finished - imported),
        cpu_postgres_s: after.postgres - before.postgres,
        cpu_worker_s: after.worker - before.worker,
        worker_peak_mb: peak,
        worker_idle_peak_mb: idle,
        cores: cpus().length,
        node: process.version,
      }),
    );
    await database.end();
    const good = matched === lines && booked === lines && peak < mostWorkerMb;
    console.log(good ? 'every line matched and booked, memory bounded' : 'NOT AS IT MUST BE');
    return good ? 0 : 1;
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** One real payment, whose rows the others are made of. */
async function pay(run: RunFile): Promise<void> {
  await call(run, 'POST', '/v1/payments', {
    checkout_id: 'bench-template',
    buyer_info: { id: 'bench' },
    credit_card_info: { payment_method: 'pm_card_visa' },
    payment_orders: [
      { payment_order_id: 'bench-template-1', seller_account: 'bench', amount: '10.00', currency: 'EUR' },
    ],
  });
  await until(async () => {
    const order = await call<{ payment_order_status: string }>(run, 'GET', '/v1/payments/bench-template-1');
    return order.payment_order_status === 'SUCCESS' ? order : undefined;
  });
}

/** Straight into the tables, past their triggers: what is measured comes after. */
async function fill(database: pg.Client, lines: number, day: string): Promise<void> {
  await database.query('SET session_replication_role = replica');
  await database.query(
    `INSERT INTO payments.payment_order
     SELECT (jsonb_populate_record(o, jsonb_build_object('payment_order_id', 'b' || i, 'checkout_id', 'b' || i, 'psp_reference', 'pi_b' || i,
                                                         'psp_charge_reference', 'ch_b' || i))).*
     FROM payments.payment_order AS o, generate_series(1, $1::int) AS i WHERE o.payment_order_id = 'bench-template-1'`,
    [lines],
  );
  await database.query(
    `WITH made AS (
       INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at, payment_order_id)
       SELECT 'default', 'payment_order', 'b' || i, 'capture', 'capture', $2::date + interval '10 hours', 'b' || i FROM generate_series(1, $1::int) AS i
       RETURNING transaction_id)
     INSERT INTO ledger.entry (transaction_id, account_id, merchant_id, currency, amount)
     SELECT made.transaction_id, account.account_id, 'default', 'EUR', side.amount
     FROM made, (VALUES ('psp_clearing', 1000), ('seller:bench:pending', -1000)) AS side(code, amount)
     JOIN ledger.account ON account.merchant_id = 'default' AND account.code = side.code AND account.currency = 'EUR'`,
    [lines, day],
  );
  await database.query('SET session_replication_role = origin');
  await database.query('ANALYZE payments.payment_order');
  await database.query('ANALYZE ledger.transaction');
  await database.query('ANALYZE ledger.entry');
}

function* settlement(lines: number, day: string): Generator<string> {
  yield 'balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id,payment_metadata[merchant_id],payment_metadata[payment_order_id]\n';
  let batch = '';
  for (let index = 1; index <= lines; index += 1) {
    const id = `b${String(index)}`;
    batch += `txn_${id},${day} 10:00:00,${day} 10:00:00,eur,10.00,0.59,9.41,charge,ch_${id},pi_${id},default,${id}\n`;
    if (index % 1_000 === 0) {
      yield batch;
      batch = '';
    }
  }
  const sum = (minor: number): string =>
    `${String(Math.floor((minor * lines) / 100))}.${String((minor * lines) % 100).padStart(2, '0')}`;
  yield `${batch}TOTAL,,,eur,${sum(1_000)},${sum(59)},${sum(941)},${String(lines)} lines,,,,\n`;
}

/** What each step of the run took, from its history. */
async function stepsOf(run: RunFile, day: string): Promise<Record<string, { seconds: number }>> {
  const connection = await Connection.connect({ address: run.temporalAddress });
  const client = new Client({ connection, namespace: run.namespace });
  const { events } = await client.workflow.getHandle(`reconciliation/default/${day}`).fetchHistory();
  await connection.close();
  const timeOf = (event: { eventTime?: unknown }): number => {
    const time = event.eventTime as { seconds?: unknown; nanos?: number | null } | null;
    return Number(time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9;
  };
  const begun = new Map<string, { name: string; at: number }>();
  const steps: Record<string, { seconds: number }> = {};
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) begun.set(String(event.eventId), { name: scheduled.activityType?.name ?? '', at: timeOf(event) });
    const step = begun.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId));
    if (step !== undefined)
      steps[step.name] = {
        seconds: Math.round(((steps[step.name]?.seconds ?? 0) + timeOf(event) - step.at) * 10) / 10,
      };
  }
  return steps;
}

async function call<Body = unknown>(run: RunFile, method: string, path: string, body?: object): Promise<Body> {
  const isOps = path.startsWith('/v1/reconciliation');
  const response = await fetch(`${run.apiUrl}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${isOps ? run.opsApiKey : run.apiKey}`,
      ...(body !== undefined && { 'Content-Type': body instanceof Readable ? 'application/gzip' : 'application/json' }),
    },
    ...(body !== undefined && {
      body: body instanceof Readable ? Readable.toWeb(body) : JSON.stringify(body),
      duplex: 'half',
    }),
  });
  const answer = (await response.json()) as Body;
  if (!response.ok && response.status !== 404) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function until<Result>(look: () => Promise<Result | undefined>, minutes = 60): Promise<Result> {
  const deadline = Date.now() + minutes * 60_000;
  while (Date.now() < deadline) {
    const result = await look();
    if (result !== undefined) return result;
    await pause(500);
  }
  throw new Error('it took too long');
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
