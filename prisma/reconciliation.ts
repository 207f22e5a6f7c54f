import type { BookingKind, LineFamily, MovementKey } from '../domain/reconciliation';
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
export const long = (reconciliation: PrismaClient) => reconciliation.$executeRaw`SET LOCAL statement_timeout = '10min'`;

export const dayOf = (text: string): Date => new Date(`${text}T00:00:00Z`);
export const dateOf = (day: Date): string => day.toISOString().slice(0, 10);

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

/** A line as the functions in Postgres read it. */
export const wireLine = (line: NewLine) => ({
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
});

/** Keeps the PSP's side in one statement, each line once. Answers how many were new or said something else than before (R4). */
export async function addLines(
  reconciliation: PrismaClient,
  account: string,
  lines: readonly NewLine[],
): Promise<number> {
  const rows = lines.map(wireLine);
  const result = await reconciliation.$queryRaw<{ changed: number }[]>`
    SELECT reconciliation.add_lines(${account}, ${JSON.stringify(rows)}::jsonb) AS changed`;
  return result[0]?.changed ?? 0;
}

/** Compares both sides of a merchant's open movements and names what differs. Set-based; safe to repeat (R8). */
export async function matchAndClassify(
  reconciliation: PrismaClient,
  merchantId: string,
  account: string,
  { timeZone, to, began }: { readonly timeZone: string; readonly to: Date; readonly began: Date },
  windows: { readonly settleSeconds: number; readonly windowSeconds: number },
): Promise<void> {
  await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw`SELECT reconciliation.match(${merchantId})`,
    reconciliation.$queryRaw`
      SELECT reconciliation.classify(${merchantId}, ${account}, ${timeZone}, ${to}, ${began}, make_interval(secs => ${windows.settleSeconds}::integer),
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
  /** Runs of version 0.4 have not counted it. */
  readonly booked?: number;
}

/** How many mismatches of a class a day has had, and what became of them. */
export interface BreakCounts {
  readonly class: string;
  readonly opened: number;
  readonly mended: number;
  readonly closed: number;
  readonly resolved: number;
  readonly open: number;
}

/** One of the night's own questions, and its answer. */
export interface RunCheck {
  readonly check: string;
  readonly ok: boolean;
  /** What is wrong, a line each; or what was looked at. */
  readonly details: readonly string[];
}

/** Sums a day up and ends its run. A day with breaks is stored like any other, whatever its currencies are (R7). */
export async function endRun(
  reconciliation: PrismaClient,
  account: string,
  merchants: readonly string[],
  day: SettlementDay,
  checks: readonly RunCheck[],
): Promise<{ state: string; totals: DayTotals[]; openBreaks: number }> {
  const [, totals, breaks] = await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw<DayTotals[]>`
      SELECT currency, family, count(*)::int AS lines, sum(amount)::text AS amount, sum(fee)::text AS fee, sum(net)::text AS net,
             count(matched_at)::int AS matched, count(booked_amount)::int AS booked
      FROM reconciliation.line WHERE account = ${account} AND created_at >= ${day.from} AND created_at < ${day.to}
      GROUP BY currency, family ORDER BY currency, family`,
    reconciliation.$queryRaw<BreakCounts[]>`
      SELECT class, count(*)::int AS opened, count(*) FILTER (WHERE state = 'closed' AND remedy IN ('told', 'booked_fee'))::int AS mended,
             count(*) FILTER (WHERE state = 'closed' AND coalesce(remedy, 'none') = 'none')::int AS closed,
             count(*) FILTER (WHERE state = 'resolved')::int AS resolved, count(*) FILTER (WHERE state = 'open')::int AS open
      FROM reconciliation.break WHERE account = ${account} AND settlement_date = ${day.date}::date
      GROUP BY class ORDER BY class`,
  ]);
  const openBreaks = await reconciliation.reconciliationBreak.count({
    where: {
      merchantId: { in: [...merchants] },
      state: 'open',
      class: { not: 'timing' },
      settlementDate: { lte: dayOf(day.date) },
    },
  });
  const state = openBreaks === 0 && checks.every(({ ok }) => ok) ? 'balanced' : 'breaks';
  await reconciliation.reconciliationRun.updateMany({
    where: { merchantId: account, settlementDate: dayOf(day.date) },
    data: {
      state,
      totals: totals.map((row) => ({ ...row })),
      breaks: breaks.map((row) => ({ ...row })),
      checks: checks.map((row) => ({ ...row, details: [...row.details] })),
      finishedAt: new Date(),
    },
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
  readonly mailedAt: Date | null;
  readonly breaks: readonly BreakCounts[];
  readonly checks: readonly RunCheck[];
}

type Told = 'totals' | 'breaks' | 'checks';
type StoredRun = Omit<RunRecord, 'settlementDate' | Told> & { settlementDate: Date } & Record<Told, unknown>;
const runOf = (row: StoredRun): RunRecord => ({
  ...row,
  settlementDate: dateOf(row.settlementDate),
  totals: row.totals as readonly DayTotals[],
  breaks: row.breaks as readonly BreakCounts[],
  checks: row.checks as readonly RunCheck[],
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

/** Notes that a run's report has been sent. */
export async function noteMailed(reconciliation: PrismaClient, account: string, date: string): Promise<void> {
  await reconciliation.reconciliationRun.updateMany({
    where: { merchantId: account, settlementDate: dayOf(date) },
    data: { mailedAt: new Date() },
  });
}

/** One posting to be made, or made, of all lines that were booked together. */
export interface BookingRecord {
  readonly merchantId: string;
  readonly bookingId: string;
  readonly account: string;
  readonly kind: BookingKind;
  readonly currency: string;
  readonly lines: number;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
}

/** Plans the postings of what agrees and is not booked. Safe to repeat: a line is planned once for what it says. Answers how many lines. */
export async function planBookings(
  reconciliation: PrismaClient,
  merchantId: string,
  account: string,
  date: string,
): Promise<number> {
  const [, rows] = await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw<{ lines: number }[]>`
      SELECT reconciliation.plan_bookings(${merchantId}, ${account}, ${date}::date) AS lines`,
  ]);
  return rows[0]?.lines ?? 0;
}

export async function unpostedBookings(reconciliation: PrismaClient, merchantId: string): Promise<BookingRecord[]> {
  const rows = await reconciliation.reconciliationBooking.findMany({
    where: { merchantId, postedAt: null },
    orderBy: { plannedAt: 'asc' },
  });
  return rows.map(({ kind, amount, fee, ...row }) => ({
    ...row,
    kind: kind as BookingKind,
    amountMinor: amount,
    feeMinor: fee,
  }));
}

export async function noteBookingPosted(
  reconciliation: PrismaClient,
  { merchantId, bookingId }: Pick<BookingRecord, 'merchantId' | 'bookingId'>,
): Promise<void> {
  await reconciliation.reconciliationBooking.updateMany({
    where: { merchantId, bookingId, postedAt: null },
    data: { postedAt: new Date() },
  });
}

/** A day of an account at the PSP in one currency: minor units. The ledger's part is null for accounts that it keeps none of. */
export interface BalanceRecord {
  readonly pspAccount: string;
  readonly currency: string;
  readonly opening: bigint;
  readonly lines: number;
  readonly net: bigint;
  readonly closing: bigint;
  readonly ledger: bigint | null;
  readonly expectedLedger: bigint | null;
  /** When the PSP said what it holds. */
  readonly readAt: Date;
}

/** The closing of the last day before one that has been looked at, with that day. */
export async function balanceBefore(
  reconciliation: PrismaClient,
  merchantId: string,
  pspAccount: string,
  currency: string,
  date: string,
): Promise<{ date: string; closing: bigint } | undefined> {
  const row = await reconciliation.reconciliationBalance.findFirst({
    where: { merchantId, pspAccount, currency, settlementDate: { lt: dayOf(date) } },
    orderBy: { settlementDate: 'desc' },
  });
  if (row !== null) return { date: dateOf(row.settlementDate), closing: row.closing };
  // A day that was looked at and had nothing of a currency has closed with nothing of it.
  const run = await reconciliation.reconciliationRun.findFirst({
    where: { merchantId, settlementDate: { lt: dayOf(date) }, state: { in: ['balanced', 'breaks'] } },
    orderBy: { settlementDate: 'desc' },
  });
  return run === null || (run.checks as unknown[]).length === 0
    ? undefined
    : { date: dateOf(run.settlementDate), closing: 0n };
}

export async function saveBalance(
  reconciliation: PrismaClient,
  merchantId: string,
  date: string,
  { pspAccount, currency, ...amounts }: BalanceRecord,
): Promise<void> {
  const key = { merchantId, pspAccount, settlementDate: dayOf(date), currency };
  await reconciliation.reconciliationBalance.upsert({
    where: { merchantId_pspAccount_settlementDate_currency: key },
    create: { ...key, ...amounts },
    update: amounts,
  });
}

export async function balancesOf(
  reconciliation: PrismaClient,
  merchantId: string,
  date: string,
): Promise<BalanceRecord[]> {
  return reconciliation.reconciliationBalance.findMany({
    where: { merchantId, settlementDate: dayOf(date) },
    orderBy: [{ pspAccount: 'asc' }, { currency: 'asc' }],
  });
}

/** What an account's lines come to in a span of time, by currency. */
export async function lineSums(
  reconciliation: PrismaClient,
  account: string,
  span: { readonly from: Date; readonly to: Date },
): Promise<ReadonlyMap<string, { lines: number; net: bigint }>> {
  const [, rows] = await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw<{ currency: string; lines: number; net: bigint }[]>`
      SELECT currency, count(*)::int AS lines, sum(net)::bigint AS net FROM reconciliation.line
      WHERE account = ${account} AND created_at >= ${span.from} AND created_at < ${span.to} GROUP BY currency`,
  ]);
  return new Map(rows.map(({ currency, ...sums }) => [currency, sums]));
}

/** What of an account's lines is booked, all in all, by currency. */
export async function bookedSums(reconciliation: PrismaClient, account: string): Promise<ReadonlyMap<string, bigint>> {
  const [, rows] = await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw<{ currency: string; net: bigint }[]>`
      SELECT booked_currency AS currency, sum(booked_amount - booked_fee)::bigint AS net FROM reconciliation.line
      WHERE account = ${account} AND booked_currency IS NOT NULL GROUP BY booked_currency`,
  ]);
  return new Map(rows.map(({ currency, net }) => [currency, net]));
}

/** When each account's last finished run ended, and how, for metrics. */
export async function lastRuns(
  reconciliation: PrismaClient,
): Promise<{ account: string; state: string; ageSeconds: number }[]> {
  return reconciliation.$queryRaw`
    SELECT DISTINCT ON (merchant_id) merchant_id AS account, state, extract(epoch FROM now() - finished_at)::float8 AS "ageSeconds"
    FROM reconciliation.run WHERE finished_at IS NOT NULL ORDER BY merchant_id, finished_at DESC`;
}
