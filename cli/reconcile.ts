import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runCommand, UsageError } from './environment';

const usage = `Usage: npm run -s reconcile -- --from D [--to D] [--json]

  Reconciles settlement days again, or for the first time: what the PSP says it has moved against what is booked.
  D is a day of the PSP account's zone, such as 2026-11-20; --to is the same day unless said otherwise.
  Exits 0 when all of them agree, 1 when something differs.

Reads PAYSAGA_API_URL and PAYSAGA_API_KEY (scopes reconciliation:read, reconciliation:write), or else the local stack's run.json.`;

const pollMs = 300;
const dayMs = 24 * 3_600_000;

interface Run {
  readonly settlement_date: string;
  readonly state: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly totals: readonly {
    readonly currency: string;
    readonly family: string;
    readonly lines: number;
    readonly matched: number;
    readonly amount: string;
    readonly fee: string;
    readonly net: string;
  }[];
}
interface Break {
  readonly break_id: string;
  readonly class: string;
  readonly key: string;
  readonly our_amount: string | null;
  readonly psp_amount: string | null;
  readonly settlement_date: string;
}

/** `npm run reconcile`: asks the API for the days, shows how far it has got, and says what differs. */
async function main(): Promise<number> {
  const { from, to, json, help } = readArguments();
  if (help === true || from === undefined) {
    console.error(usage);
    return help === true ? 0 : 2;
  }
  const api = apiOf();
  const days = daysBetween(from, to ?? from);
  const before = new Map(await Promise.all(days.map(async (day) => [day, await findRun(api, day)] as const)));
  await call(api, 'POST', '/v1/reconciliation/runs', { from: days[0], to: days.at(-1) });
  const runs: Run[] = [];
  for (const day of days) {
    show(runs.length, days.length, day);
    runs.push(await finished(api, day, before.get(day)));
  }
  show(days.length, days.length, 'done');
  const { data: breaks } = (await call(api, 'GET', '/v1/reconciliation/breaks?state=open&limit=100')) as {
    data: Break[];
  };
  const differing = breaks.filter(({ class: name }) => name !== 'timing');
  if (json === true) console.log(JSON.stringify({ runs, breaks }, null, 2));
  else print(runs, breaks);
  return differing.length === 0 && runs.every(({ state }) => state === 'balanced') ? 0 : 1;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function daysBetween(from: string, to: string): string[] {
  for (const day of [from, to])
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)))
      throw new UsageError(`${day} is no day: write it as 2026-11-20`);
  const days: string[] = [];
  for (let day = Date.parse(from); day <= Date.parse(to); day += dayMs)
    days.push(new Date(day).toISOString().slice(0, 10));
  if (days.length === 0) throw new UsageError('--to must not be before --from');
  return days;
}

interface Api {
  readonly url: string;
  readonly key: string;
}

function apiOf(): Api {
  const { PAYSAGA_API_URL: url, PAYSAGA_API_KEY: key } = process.env;
  if (url !== undefined && key !== undefined) return { url, key };
  const runFile = join(process.env['PAYSAGA_HOME'] ?? '.paysaga', 'run.json');
  if (!existsSync(runFile))
    throw new UsageError('no local stack runs here: set PAYSAGA_API_URL and PAYSAGA_API_KEY, or start one');
  const { apiUrl, opsApiKey } = JSON.parse(readFileSync(runFile, 'utf8')) as { apiUrl: string; opsApiKey: string };
  return { url: apiUrl, key: opsApiKey };
}

async function call({ url, key }: Api, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { detail?: string };
  if (response.status === 404 && method === 'GET') return undefined;
  if (!response.ok) throw new UsageError(answer.detail ?? `the API answered ${String(response.status)}`);
  return answer;
}

const findRun = async (api: Api, day: string): Promise<Run | undefined> =>
  (await call(api, 'GET', `/v1/reconciliation/runs/${day}`)) as Run | undefined;

async function finished(api: Api, day: string, before: Run | undefined): Promise<Run> {
  for (;;) {
    const run = await findRun(api, day);
    const isOfNow = before === undefined || before.finished_at === null || run?.started_at !== before.started_at;
    if (run !== undefined && run.finished_at !== null && isOfNow) return run;
    await pause(pollMs);
  }
}

function show(done: number, all: number, what: string): void {
  if (!process.stderr.isTTY) return;
  const width = 30;
  const full = Math.round((done / all) * width);
  process.stderr.write(
    `\r[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${String(done)}/${String(all)} ${what.padEnd(12)}${done === all ? '\n' : ''}`,
  );
}

function print(runs: readonly Run[], breaks: readonly Break[]): void {
  console.table(
    runs.flatMap(({ settlement_date: day, state, totals }) =>
      totals.length === 0 ? [{ day, state }] : totals.map((total) => ({ day, state, ...total })),
    ),
  );
  if (breaks.length === 0) return console.log('Nothing differs.');
  console.table(
    breaks.map((found) => ({
      class: found.class,
      about: found.key,
      ours: found.our_amount,
      psp: found.psp_amount,
      found: found.settlement_date,
      break: found.break_id,
    })),
  );
}

runCommand(main, usage);
