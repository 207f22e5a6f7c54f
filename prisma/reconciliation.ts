import type { BreakClass, BreakState, LineFamily, MovementKey } from '../domain/reconciliation';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';

/** One of our own movements at the PSP. */
export interface NewItem extends MovementKey {
  readonly sourceType: string;
  readonly sourceId: string;
  readonly leg: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly paymentOrderId: string | null;
  readonly reference: string | null;
  readonly parent: string | null;
  readonly effectiveAt: Date;
}

/** One of the PSP's lines, and whose it is. */
export interface NewLine {
  readonly merchantId: string;
  readonly lineId: string;
  readonly family: LineFamily;
  readonly type: string;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly netMinor: bigint;
  readonly currency: string;
  readonly source: string | null;
  readonly parent: string | null;
  readonly ownKey: string | null;
  readonly paymentOrderId: string | null;
  readonly createdAt: Date;
  readonly availableOn: Date;
}

/** A settlement day of an account, as instants. */
export interface SettlementDay {
  /** ISO 8601, such as 2026-11-20. */
  readonly date: string;
  readonly from: Date;
  readonly to: Date;
}

/** Statements over whole days take longer than anything on the way of a payment may. */
const long = (reconciliation: PrismaClient) => reconciliation.$executeRaw`SET LOCAL statement_timeout = '10min'`;

const dayOf = (text: string): Date => new Date(`${text}T00:00:00Z`);
const dateOf = (day: Date): string => day.toISOString().slice(0, 10);

/** A date's beginning and end in a zone, by the rules of that zone: a day of 23 or 25 hours is one (R3). */
export async function settlementDay(
  reconciliation: PrismaClient,
  date: string,
  timeZone: string,
): Promise<SettlementDay> {
  const rows = await reconciliation.$queryRaw<{ from: Date; to: Date }[]>`
    SELECT ${date}::date::timestamp AT TIME ZONE ${timeZone} AS from, (${date}::date + 1)::timestamp AT TIME ZONE ${timeZone} AS to`;
  const [row] = rows;
  if (row === undefined) throw new Error('Postgres told no day');
  return { date, ...row };
}

/** The last day that is over in a zone. */
export async function lastDayIn(reconciliation: PrismaClient, timeZone: string, now: Date): Promise<string> {
  const rows = await reconciliation.$queryRaw<{ date: string }[]>`
    SELECT ((${now}::timestamptz AT TIME ZONE ${timeZone})::date - 1)::text AS date`;
  return rows[0]?.date ?? dateOf(now);
}

/** Begins a day's run, or the next one of the same day. */
export async function beginRun(
  reconciliation: PrismaClient,
  account: string,
  { date, from, to }: SettlementDay,
  timeZone: string,
): Promise<void> {
  const key = { merchantId: account, settlementDate: dayOf(date) };
  const span = { timeZone, startsAt: from, endsAt: to, state: 'running', startedAt: new Date(), finishedAt: null };
  await reconciliation.reconciliationRun.upsert({
    where: { merchantId_settlementDate: key },
    create: { ...key, ...span },
    update: { ...span, timesRun: { increment: 1 } },
  });
}

/** How far a merchant's book has been read. */
export async function cursorOf(reconciliation: PrismaClient, merchantId: string): Promise<bigint> {
  return (await reconciliation.reconciliationCursor.findFirst({ where: { merchantId } }))?.seq ?? 0n;
}

/** Keeps our side up to a link of the book's chain, in one statement. Safe to repeat. */
export async function addItems(
  reconciliation: PrismaClient,
  merchantId: string,
  seq: bigint,
  items: readonly NewItem[],
): Promise<void> {
  const rows = items.map((item) => ({
    source_type: item.sourceType,
    source_id: item.sourceId,
    leg: item.leg,
    key: item.key,
    family: item.family,
    is_fee: item.isFee,
    amount: item.amountMinor.toString(),
    currency: item.currency,
    payment_order_id: item.paymentOrderId,
    reference: item.reference,
    parent: item.parent,
    effective_at: item.effectiveAt,
  }));
  await reconciliation.$queryRaw`SELECT reconciliation.add_items(${merchantId}, ${seq}, ${JSON.stringify(rows)}::jsonb)`;
}

/** Keeps the PSP's side in one statement, each line once. Answers how many were new or said something else than before (R4). */
export async function addLines(
  reconciliation: PrismaClient,
  account: string,
  lines: readonly NewLine[],
): Promise<number> {
  const rows = lines.map((line) => ({
    merchant_id: line.merchantId,
    line_id: line.lineId,
    family: line.family,
    type: line.type,
    amount: line.amountMinor.toString(),
    fee: line.feeMinor.toString(),
    net: line.netMinor.toString(),
    currency: line.currency,
    source: line.source,
    parent: line.parent,
    own_key: line.ownKey,
    payment_order_id: line.paymentOrderId,
    created_at: line.createdAt,
    available_on: line.availableOn,
  }));
  const result = await reconciliation.$queryRaw<{ changed: number }[]>`
    SELECT reconciliation.add_lines(${account}, ${JSON.stringify(rows)}::jsonb) AS changed`;
  return result[0]?.changed ?? 0;
}

/** Compares both sides of a merchant's open movements and names what differs. Set-based; safe to repeat (R8). */
export async function matchAndClassify(
  reconciliation: PrismaClient,
  merchantId: string,
  account: string,
  day: SettlementDay,
  windows: { readonly settleSeconds: number; readonly windowSeconds: number },
): Promise<void> {
  await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw`SELECT reconciliation.match(${merchantId})`,
    reconciliation.$queryRaw`
      SELECT reconciliation.classify(${merchantId}, ${account}, ${day.date}::date, ${day.to}, make_interval(secs => ${windows.settleSeconds}::integer),
                                     make_interval(secs => ${windows.windowSeconds}::integer))::text`,
  ]);
}

/** What a day came to in one currency: the PSP's lines of that day by family, and what of them agrees. */
export interface DayTotals {
  readonly currency: string;
  readonly family: string;
  readonly lines: number;
  readonly amount: string;
  readonly fee: string;
  readonly net: string;
  readonly matched: number;
}

/** Sums a day up and ends its run. A day with breaks is stored like any other, whatever its currencies are (R7). */
export async function endRun(
  reconciliation: PrismaClient,
  account: string,
  merchants: readonly string[],
  day: SettlementDay,
): Promise<{ state: string; totals: DayTotals[]; openBreaks: number }> {
  const [, totals] = await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw<DayTotals[]>`
      SELECT currency, family, count(*)::int AS lines, sum(amount)::text AS amount, sum(fee)::text AS fee, sum(net)::text AS net,
             count(matched_at)::int AS matched
      FROM reconciliation.line WHERE account = ${account} AND created_at >= ${day.from} AND created_at < ${day.to}
      GROUP BY currency, family ORDER BY currency, family`,
  ]);
  const openBreaks = await reconciliation.reconciliationBreak.count({
    where: {
      merchantId: { in: [...merchants] },
      state: 'open',
      class: { not: 'timing' },
      settlementDate: { lte: dayOf(day.date) },
    },
  });
  const state = openBreaks === 0 ? 'balanced' : 'breaks';
  await reconciliation.reconciliationRun.updateMany({
    where: { merchantId: account, settlementDate: dayOf(day.date) },
    data: { state, totals: totals.map((row) => ({ ...row })), finishedAt: new Date() },
  });
  return { state, totals, openBreaks };
}

/** Ends a day's run that has come to nothing. */
export async function failRun(reconciliation: PrismaClient, account: string, date: string): Promise<void> {
  await reconciliation.reconciliationRun.updateMany({
    where: { merchantId: account, settlementDate: dayOf(date) },
    data: { state: 'failed', finishedAt: new Date() },
  });
}

/** A day's run as stored. */
export interface RunRecord {
  readonly merchantId: string;
  readonly settlementDate: string;
  readonly timeZone: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly state: string;
  readonly totals: readonly DayTotals[];
  readonly timesRun: number;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

type StoredRun = Omit<RunRecord, 'settlementDate' | 'totals'> & { settlementDate: Date; totals: unknown };
const runOf = (row: StoredRun): RunRecord => ({
  ...row,
  settlementDate: dateOf(row.settlementDate),
  totals: row.totals as readonly DayTotals[],
});

/** The newest day first. */
export async function listRuns(
  reconciliation: PrismaClient,
  account: string,
  limit: number,
  before: string | null,
): Promise<RunRecord[]> {
  const rows = await reconciliation.reconciliationRun.findMany({
    where: { merchantId: account, ...(before !== null && { settlementDate: { lt: dayOf(before) } }) },
    orderBy: { settlementDate: 'desc' },
    take: limit,
  });
  return rows.map(runOf);
}

export async function findRun(
  reconciliation: PrismaClient,
  account: string,
  date: string,
): Promise<RunRecord | undefined> {
  const row = await reconciliation.reconciliationRun.findFirst({
    where: { merchantId: account, settlementDate: dayOf(date) },
  });
  return row === null ? undefined : runOf(row);
}

/** A mismatch as stored. */
export interface BreakRecord {
  readonly merchantId: string;
  readonly breakId: string;
  readonly account: string;
  readonly settlementDate: string;
  readonly class: BreakClass;
  readonly key: string;
  readonly paymentOrderId: string | null;
  readonly ourAmount: bigint | null;
  readonly pspAmount: bigint | null;
  readonly ourFee: bigint | null;
  readonly pspFee: bigint | null;
  readonly ourCurrencies: readonly string[];
  readonly pspCurrencies: readonly string[];
  readonly lineIds: readonly string[];
  readonly state: BreakState;
  readonly resolution: string | null;
  readonly resolvedBy: unknown;
  readonly openedAt: Date;
  readonly updatedAt: Date;
  readonly closedAt: Date | null;
}

type StoredBreak = Omit<BreakRecord, 'settlementDate' | 'class' | 'state'> & {
  settlementDate: Date;
  class: string;
  state: string;
};
const breakOf = (row: StoredBreak): BreakRecord => ({
  ...row,
  settlementDate: dateOf(row.settlementDate),
  class: row.class as BreakClass,
  state: row.state as BreakState,
});

/** The newest first. */
export async function listBreaks(
  reconciliation: PrismaClient,
  merchantId: string,
  filter: { readonly state: BreakState | undefined; readonly class: BreakClass | undefined },
  limit: number,
  after: string | null,
): Promise<BreakRecord[]> {
  const from = after === null ? undefined : await findBreak(reconciliation, merchantId, after);
  if (after !== null && from === undefined) return [];
  const rows = await reconciliation.reconciliationBreak.findMany({
    where: {
      merchantId,
      ...(filter.state !== undefined && { state: filter.state }),
      ...(filter.class !== undefined && { class: filter.class }),
      ...(from !== undefined && {
        OR: [{ openedAt: { lt: from.openedAt } }, { openedAt: from.openedAt, breakId: { lt: from.breakId } }],
      }),
    },
    orderBy: [{ openedAt: 'desc' }, { breakId: 'desc' }],
    take: limit,
  });
  return rows.map(breakOf);
}

export async function findBreak(
  reconciliation: PrismaClient,
  merchantId: string,
  breakId: string,
): Promise<BreakRecord | undefined> {
  const row = await reconciliation.reconciliationBreak.findFirst({ where: { merchantId, breakId } });
  return row === null ? undefined : breakOf(row);
}

/** A person's word on an open break. Answers false when it is open no more. The same mismatch is not opened again. */
export async function resolveBreak(
  reconciliation: PrismaClient,
  merchantId: string,
  breakId: string,
  by: RequestedBy,
): Promise<boolean> {
  const { count } = await reconciliation.reconciliationBreak.updateMany({
    where: { merchantId, breakId, state: 'open' },
    data: {
      state: 'resolved',
      resolution: by.reason,
      resolvedBy: { actor: by.actor, reason: by.reason },
      closedAt: new Date(),
      updatedAt: new Date(),
    },
  });
  return count === 1;
}
