import { escapeHtml } from './domain/html';
import { amountText } from './domain/money';
import { breakClasses, treatmentOf, type BreakClass } from './domain/reconciliation';
import { breaksOfReport, type BreakRecord } from './prisma/break';
import type { PrismaClient } from './prisma/database';
import { balancesOf, findRun, listRuns, type BalanceRecord, type RunRecord } from './prisma/reconciliation';
import { csvLine } from './domain/csv';

/** Everything that a report of one settlement day shows. */
export interface Report {
  readonly run: RunRecord;
  readonly balances: readonly BalanceRecord[];
  readonly breaks: readonly BreakRecord[];
  /** The last runs up to this one, the oldest first. */
  readonly trend: readonly RunRecord[];
  readonly madeAt: Date;
}

/** Where a report's reader can look further. */
export interface ReportLinks {
  readonly apiUrl: string;
  /** The Temporal UI of the namespace, such as http://127.0.0.1:8233/namespaces/default; null when nobody has said where it is. */
  readonly temporalUi: string | null;
}

const mostBreaks = 5_000;
const trendRuns = 30;

/** Reads a day's report; nothing when the day has not been run. */
export async function gatherReport(
  reconciliation: PrismaClient,
  account: string,
  date: string,
  madeAt: Date,
): Promise<Report | undefined> {
  const run = await findRun(reconciliation, account, date);
  if (run === undefined) return undefined;
  const before = await listRuns(reconciliation, account, trendRuns - 1, date);
  return {
    run,
    balances: await balancesOf(reconciliation, account, date),
    breaks: await breaksOfReport(reconciliation, account, date, mostBreaks),
    trend: [...before.reverse(), run],
    madeAt,
  };
}

const text = (value: string | number): string => escapeHtml(String(value));
const words = (name: string): string => name.replaceAll('_', ' ');

/** The totals of a day by currency, with the row that they add up to. */
function totalsRows({ totals }: RunRecord): readonly (readonly string[])[] {
  return [...new Set(totals.map(({ currency }) => currency))].flatMap((currency) => {
    const rows = totals.filter((row) => row.currency === currency);
    const show = (minor: bigint): string => amountText(minor, currency);
    const cells = (name: string, of: readonly RunRecord['totals'][number][]): string[] => {
      const sum = (field: 'amount' | 'fee' | 'net'): bigint => of.reduce((all, row) => all + BigInt(row[field]), 0n);
      const count = (field: 'lines' | 'matched' | 'booked'): number =>
        of.reduce((all, row) => all + (row[field] ?? 0), 0);
      return [
        currency,
        name,
        String(count('lines')),
        String(count('matched')),
        String(count('lines') - count('matched')),
        String(count('booked')),
        show(sum('amount')),
        show(sum('fee')),
        show(sum('net')),
      ];
    };
    return [...rows.map((row) => cells(row.family, [row])), cells('all', rows)];
  });
}

const totalsHeader = ['currency', 'family', 'lines', 'matched', 'open', 'booked', 'gross', 'fee', 'net'] as const;

function ageDays({ openedAt, closedAt }: BreakRecord, at: Date): number {
  return Math.floor(((closedAt ?? at).getTime() - openedAt.getTime()) / 86_400_000);
}

const side = (minor: bigint | null, currencies: readonly string[]): string =>
  currencies.length > 1
    ? currencies.join(' and ')
    : minor === null || currencies[0] === undefined
      ? ''
      : `${amountText(minor, currencies[0])} ${currencies[0]}`;

const numbers: ReadonlySet<string> = new Set([
  ...['lines', 'matched', 'open', 'booked', 'gross', 'fee', 'net', 'opening', 'closing', 'ledger', 'expected'],
  ...['found', 'mended by itself', 'closed by itself', 'resolved', 'ours', 'theirs', 'days'],
]);

/** The page of a report: one file, nothing fetched from elsewhere. */
export function reportHtml(report: Report, links: ReportLinks): string {
  const { run, balances, breaks, madeAt } = report;
  const open = breaks.filter(({ state }) => state === 'open');
  const cell = (value: string, isNumber = false): string => `<td${isNumber ? ' class="n"' : ''}>${value}</td>`;
  const table = (header: readonly string[], rows: readonly string[]): string =>
    `<table><thead><tr>${header.map((name) => `<th${numbers.has(name) ? ' class="n"' : ''}>${text(name)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
  const totals = totalsRows(run).map(
    (row) =>
      `<tr${row[1] === 'all' ? ' class="sum"' : ''}>${row.map((value, index) => cell(text(value), index > 1)).join('')}</tr>`,
  );
  const days = balances.map((one) => {
    const show = (minor: bigint | null): string => (minor === null ? '' : amountText(minor, one.currency));
    const foots = one.opening + one.net === one.closing;
    const agrees = one.ledger === one.expectedLedger;
    return `<tr>${[
      cell(text(one.pspAccount)),
      cell(text(one.currency)),
      cell(show(one.opening), true),
      cell(show(one.net), true),
      cell(show(one.closing), true),
      cell(mark(foots)),
      cell(show(one.ledger), true),
      cell(show(one.expectedLedger), true),
      cell(mark(agrees)),
    ].join('')}</tr>`;
  });
  const found = breaks.map((one) => {
    const proof =
      one.paymentOrderId === null
        ? text(one.key)
        : `<a href="${text(`${links.apiUrl}/v1/payments/${encodeURIComponent(one.paymentOrderId)}/proof`)}">${text(one.key)}</a>`;
    const caseUrl =
      links.temporalUi === null
        ? text(one.breakId)
        : `<a href="${text(`${links.temporalUi}/workflows/${encodeURIComponent(`break/${one.merchantId}/${one.breakId}`)}`)}">${text(one.breakId)}</a>`;
    const fate =
      one.state === 'open'
        ? `${one.escalatedAt === null ? 'open' : 'overdue'}${one.dueAt === null ? '' : `, due ${day(one.dueAt)}`}`
        : `${one.state}: ${one.resolution ?? ''}`;
    return `<tr class="${one.state}">${[
      cell(text(words(one.class))),
      cell(text(treatmentOf[one.class])),
      cell(proof),
      cell(text(side(one.ourAmount, one.ourCurrencies)), true),
      cell(text(side(one.pspAmount, one.pspCurrencies)), true),
      cell(String(ageDays(one, madeAt)), true),
      cell(text(fate)),
      cell(text(one.remedyNote ?? '')),
      cell(caseUrl),
    ].join('')}</tr>`;
  });
  const counts = run.breaks.map(
    (row) =>
      `<tr>${cell(text(words(row.class)))}${[row.opened, row.mended, row.closed, row.resolved, row.open].map((n) => cell(String(n), true)).join('')}</tr>`,
  );
  const checks = run.checks.map(
    ({ check, ok, details }) => `<tr>${cell(mark(ok))}${cell(text(check))}${cell(details.map(text).join('<br>'))}</tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Reconciliation ${text(run.settlementDate)}: ${text(run.state)}</title>
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1d2433; background: #fff; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; } th { text-align: left; font-weight: 600; color: #56607a; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #e6e9f0; vertical-align: top; overflow-wrap: break-word; }
th.n { text-align: right; } td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } tr.sum td { font-weight: 600; }
tr.closed td, tr.resolved td { color: #7b849b; } a { color: #2451b3; } .muted { color: #56607a; }
.state { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font-weight: 600; }
.balanced, .ok { color: #0b6b3a; } .breaks, .failed, .bad { color: #a3261b; } .state.balanced { background: #e2f5ea; } .state.breaks, .state.failed { background: #fde8e6; }
.scroll { overflow-x: auto; } svg text { font: 11px system-ui, sans-serif; fill: #56607a; }
</style>
</head>
<body>
<h1>Reconciliation of ${text(run.settlementDate)} <span class="state ${text(run.state)}">${text(run.state)}</span></h1>
<p class="muted">PSP account ${text(run.merchantId)}, ${text(run.timeZone)}: ${text(run.startsAt.toISOString())} to ${text(run.endsAt.toISOString())}.
Run ${String(run.timesRun)}, finished ${text(run.finishedAt?.toISOString() ?? 'not yet')}. ${String(open.length)} open ${open.length === 1 ? 'break' : 'breaks'}.</p>
<h2>What the PSP has moved</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Totals">${table(totalsHeader, totals)}</div>
<h2>Balances: opening + net = closing, and the ledger</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Balances">${table(['account', 'currency', 'opening', 'net', 'closing', 'foots', 'ledger', 'expected', 'agrees'], days)}</div>
<h2>Breaks of this day by class</h2>
${table(['class', 'found', 'mended by itself', 'closed by itself', 'resolved', 'open'], counts)}
<h2>Breaks</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Breaks">${table(['class', 'treatment', 'about', 'ours', 'theirs', 'days', 'standing', 'what was done', 'case'], found)}</div>
<h2>Inside checks</h2>
${table(['', 'check', 'what was found'], checks)}
<h2>The last ${String(report.trend.length)} runs</h2>
${trendChart(report.trend)}
<p class="muted">Made ${text(madeAt.toISOString())}.</p>
</body>
</html>
`;
}

const day = (at: Date): string => at.toISOString().slice(0, 10);
const mark = (ok: boolean): string => (ok ? '<span class="ok">✓</span>' : '<span class="bad">✗</span>');

const colours: Readonly<Record<BreakClass, string>> = {
  timing: '#b9c2d6',
  missing_here: '#d1495b',
  missing_there: '#edae49',
  amount: '#00798c',
  currency: '#30638e',
  duplicate: '#8f2d56',
  status: '#66a182',
  fee: '#8d96a3',
  unknown: '#2e4057',
};

/** Mismatches of each run by class, one bar a run, and beside them the lines that it read. */
function trendChart(runs: readonly RunRecord[]): string {
  const [width, height, left] = [960, 180, 34];
  const step = (width - left) / Math.max(runs.length, 10);
  const found = runs.map((run) => run.breaks.reduce((sum, row) => sum + row.opened, 0));
  const lines = runs.map((run) => run.totals.reduce((sum, row) => sum + row.lines, 0));
  const most = Math.max(1, ...found);
  const mostLines = Math.max(1, ...lines);
  const bars = runs.map((run, index) => {
    let top = height;
    const parts = breakClasses.map((name) => {
      const count = run.breaks.find((row) => row.class === name)?.opened ?? 0;
      const tall = (count / most) * (height - 20);
      top -= tall;
      return count === 0
        ? ''
        : `<rect x="${(left + index * step + 2).toFixed(1)}" y="${top.toFixed(1)}" width="${(step - 6).toFixed(1)}" height="${tall.toFixed(1)}" fill="${colours[name]}"><title>${run.settlementDate}: ${String(count)} ${words(name)}</title></rect>`;
    });
    return parts.join('');
  });
  const points = lines
    .map(
      (count, index) =>
        `${(left + (index + 0.5) * step).toFixed(1)},${(height - (count / mostLines) * (height - 20)).toFixed(1)}`,
    )
    .join(' ');
  const labels = runs.map((run, index) =>
    index % Math.ceil(runs.length / 10) === 0
      ? `<text x="${(left + index * step + 2).toFixed(1)}" y="${String(height + 14)}">${run.settlementDate.slice(5)}</text>`
      : '',
  );
  const used = breakClasses.filter((name) => runs.some((run) => run.breaks.some((row) => row.class === name)));
  const legend = [
    ...used.map((name) => [colours[name], words(name)] as const),
    ['#1d2433', `lines read (at most ${String(mostLines)})`] as const,
  ]
    .map(
      ([colour, name], index) =>
        `<rect x="${String(left + index * 115)}" y="${String(height + 24)}" width="10" height="10" fill="${colour}"/><text x="${String(left + index * 115 + 14)}" y="${String(height + 33)}">${name}</text>`,
    )
    .join('');
  return `<div class="scroll" tabindex="0" role="region" aria-label="The last runs"><svg role="img" aria-label="mismatches and lines of the last runs" viewBox="0 0 1220 ${String(height + 42)}" width="100%">
<text x="0" y="24">${String(most)}</text><text x="0" y="${String(height)}">0</text>
<line x1="${String(left)}" y1="${String(height)}" x2="${String(width)}" y2="${String(height)}" stroke="#c9cfdd"/>
${bars.join('')}<polyline points="${points}" fill="none" stroke="#1d2433" stroke-width="1.5"/>${labels.join('')}${legend}
</svg></div>`;
}

/** The same as rows for a spreadsheet: totals, balances, checks and breaks, each row saying what it is. */
export function reportCsv({ run, balances, breaks, madeAt }: Report): string {
  const line = csvLine;
  return [
    line(['part', 'settlement_date', 'state', 'time_zone', 'times_run']),
    line(['run', run.settlementDate, run.state, run.timeZone, String(run.timesRun)]),
    line(['part', ...totalsHeader]),
    ...totalsRows(run).map((row) => line(['total', ...row])),
    line(['part', 'account', 'currency', 'opening', 'net', 'closing', 'ledger', 'expected_ledger']),
    ...balances.map((one) =>
      line([
        'balance',
        one.pspAccount,
        one.currency,
        ...[one.opening, one.net, one.closing].map((minor) => amountText(minor, one.currency)),
        one.ledger === null ? '' : amountText(one.ledger, one.currency),
        one.expectedLedger === null ? '' : amountText(one.expectedLedger, one.currency),
      ]),
    ),
    line(['part', 'check', 'ok', 'details']),
    ...run.checks.map(({ check, ok, details }) => line(['check', check, String(ok), details.join('; ')])),
    line([
      'part',
      'break_id',
      'class',
      'treatment',
      'about',
      'payment_order_id',
      'ours',
      'theirs',
      'days',
      'state',
      'due_at',
      'remedy',
      'resolution',
    ]),
    ...breaks.map((one) =>
      line([
        'break',
        one.breakId,
        one.class,
        treatmentOf[one.class],
        one.key,
        one.paymentOrderId,
        side(one.ourAmount, one.ourCurrencies),
        side(one.pspAmount, one.pspCurrencies),
        String(ageDays(one, madeAt)),
        one.state,
        one.dueAt?.toISOString() ?? '',
        one.remedyNote,
        one.resolution,
      ]),
    ),
  ].join('');
}
