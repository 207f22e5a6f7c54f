import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { apiOf, call, type Api } from './api';
import { runCommand, UsageError } from './environment';

const usage = `Usage: npm run -s reconcile -- --from D [--to D] [--json]
       npm run -s reconcile -- breaks [--json]
       npm run -s reconcile -- resolve BREAK --reason R [--outcome explained|psp_is_right]
       npm run -s reconcile -- file PATH --kind settlement|bank
       npm run -s reconcile -- report D [--csv]

  Without a word it reconciles settlement days again, or for the first time: what the PSP says it has moved against what is booked.
  D is a day of the PSP account's zone, such as 2026-11-20; --to is the same day unless said otherwise.
  Exits 0 when all of them agree, 1 when something differs.
  resolve: a person's word on a mismatch; psp_is_right corrects the book. Over the limit it takes two persons, each with a key.
  file: hands in a settlement file or a bank statement, plain or gzip, and says what was found of it; exits 1 when it is refused.
  report: the report of a day, to standard output.

Reads PAYSAGA_API_URL and PAYSAGA_API_KEY (scopes reconciliation:read, reconciliation:write), or else the local stack's run.json.`;

const pollMs = 300;
const dayMs = 24 * 3_600_000;

interface Run {
  readonly settlement_date: string;
  readonly state: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly details: readonly string[] }[];
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
interface FileView {
  readonly file_id: string;
  readonly state: string;
  readonly verdict: string;
  readonly problem: string | null;
  readonly line_number: number | null;
  readonly lines: number | null;
  readonly new_lines: number | null;
  readonly changed_lines: number | null;
}
interface Break {
  readonly break_id: string;
  readonly class: string;
  readonly treatment: string;
  readonly remedy: string | null;
  readonly due_at: string | null;
  readonly key: string;
  readonly our_amount: string | null;
  readonly psp_amount: string | null;
  readonly settlement_date: string;
}

type Options = ReturnType<typeof readArguments>['values'];

const commands: Readonly<Record<string, (api: Api, about: string, options: Options) => Promise<number>>> = {
  breaks: async (api, _about, { json }) => {
    const breaks = await openBreaks(api);
    if (json === true) console.log(JSON.stringify(breaks, null, 2));
    else printBreaks(breaks);
    return 0;
  },
  resolve: async (api, about, { reason, outcome = 'explained' }) => {
    if (reason === undefined) throw new UsageError('--reason is needed');
    const answer = (await call(api, 'POST', `/v1/reconciliation/breaks/${encodeURIComponent(about)}/resolve`, {
      reason,
      outcome,
    })) as { state: string };
    console.log(answer.state === 'open' ? 'proposed: another person must say the same' : answer.state);
    return 0;
  },
  file: async (api, about, { kind }) => {
    if (kind !== 'settlement' && kind !== 'bank') throw new UsageError('--kind must be settlement or bank');
    if (!existsSync(about)) throw new UsageError(`there is no file ${about}`);
    const name = basename(about).replace(/[^\w .()+-]/g, '_');
    const response = await fetch(`${api.url}/v1/reconciliation/files?kind=${kind}&name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${api.key}`, 'Content-Type': 'application/octet-stream' },
      body: Readable.toWeb(createReadStream(about)),
      duplex: 'half',
    });
    let file = (await response.json()) as FileView & { detail?: string };
    if (!response.ok) throw new UsageError(file.detail ?? `the API answered ${String(response.status)}`);
    while (file.state === 'received') {
      await pause(pollMs);
      file = (await call(api, 'GET', `/v1/reconciliation/files/${file.file_id}`)) as FileView;
    }
    const where = file.line_number === null ? '' : `, line ${String(file.line_number)}`;
    console.log(
      file.state === 'accepted'
        ? `${file.verdict}: ${String(file.lines ?? 0)} lines, ${String(file.new_lines ?? 0)} new, ${String(file.changed_lines ?? 0)} changed`
        : `refused, ${file.verdict}${where}: ${file.problem ?? ''}`,
    );
    return file.state === 'accepted' ? 0 : 1;
  },
  report: async (api, about, { csv }) => {
    const response = await fetch(`${api.url}/v1/reconciliation/runs/${encodeURIComponent(about)}/report`, {
      headers: { Authorization: `Bearer ${api.key}`, Accept: csv === true ? 'text/csv' : 'text/html' },
    });
    const text = await response.text();
    if (!response.ok) throw new UsageError((JSON.parse(text) as { detail: string }).detail);
    process.stdout.write(text);
    return 0;
  },
};

/** `npm run reconcile`: asks the API for the days, shows how far it has got, and says what differs. */
async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [word, about = ''] = positionals;
  if (values.help === true) {
    console.error(usage);
    return 0;
  }
  const command = word === undefined ? undefined : commands[word];
  if (word !== undefined && command === undefined) throw new UsageError(`there is no command ${word}`);
  if (command !== undefined) {
    if (about === '' && word !== 'breaks') throw new UsageError(`${word ?? ''}: what?`);
    return command(apiOf(), about, values);
  }
  return reconcileDays(values);
}

async function reconcileDays({ from, to, json }: Options): Promise<number> {
  if (from === undefined) {
    console.error(usage);
    return 2;
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
  const breaks = await openBreaks(api);
  const differing = breaks.filter(({ class: name }) => name !== 'timing');
  if (json === true) console.log(JSON.stringify({ runs, breaks }, null, 2));
  else print(runs, breaks);
  return differing.length === 0 && runs.every(({ state }) => state === 'balanced') ? 0 : 1;
}

async function openBreaks(api: Api): Promise<Break[]> {
  const all: Break[] = [];
  for (let after = ''; ;) {
    const { data, next_cursor: next } = (await call(
      api,
      'GET',
      `/v1/reconciliation/breaks?state=open&limit=100${after}`,
    )) as { data: Break[]; next_cursor: string | null };
    all.push(...data);
    if (next === null) return all;
    after = `&after=${next}`;
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean' },
        csv: { type: 'boolean' },
        kind: { type: 'string' },
        reason: { type: 'string' },
        outcome: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
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
  for (const { settlement_date: day, checks } of runs)
    for (const { check, details } of checks.filter(({ ok }) => !ok))
      console.log(`${day}: ✗ ${check}: ${details.join('; ')}`);
  printBreaks(breaks);
}

function printBreaks(breaks: readonly Break[]): void {
  if (breaks.length === 0) return console.log('Nothing differs.');
  console.table(
    breaks.map((found) => ({
      class: found.class,
      for: found.treatment,
      about: found.key,
      ours: found.our_amount,
      theirs: found.psp_amount,
      day: found.settlement_date,
      due: found.due_at?.slice(0, 10) ?? '',
      done: found.remedy ?? '',
      break: found.break_id,
    })),
  );
}

runCommand(main, usage);
