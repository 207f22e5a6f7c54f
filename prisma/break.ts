import type { BreakClass, BreakOutcome, BreakState, Difference, Remedy } from '../domain/reconciliation';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import { dateOf, dayOf } from './reconciliation';

/** A mismatch as stored. Amounts in minor units, null on a side with several currencies or none. */
export interface BreakRecord {
  readonly merchantId: string;
  readonly breakId: string;
  readonly account: string;
  readonly settlementDate: string;
  readonly class: BreakClass;
  readonly key: string;
  /** Whose word ours differs from. */
  readonly against: 'psp' | 'bank';
  readonly paymentOrderId: string | null;
  readonly ourAmount: bigint | null;
  readonly pspAmount: bigint | null;
  readonly ourFee: bigint | null;
  readonly pspFee: bigint | null;
  readonly ourCurrencies: readonly string[];
  readonly pspCurrencies: readonly string[];
  readonly lineIds: readonly string[];
  readonly state: BreakState;
  readonly remedy: Remedy | null;
  readonly remedyNote: string | null;
  readonly dueAt: Date | null;
  readonly reminders: number;
  readonly escalatedAt: Date | null;
  readonly outcome: BreakOutcome | null;
  /** What a first person has proposed where two are needed. */
  readonly proposed: (RequestedBy & { readonly outcome: BreakOutcome }) | null;
  readonly resolution: string | null;
  readonly resolvedBy: unknown;
  readonly openedAt: Date;
  readonly updatedAt: Date;
  readonly closedAt: Date | null;
}

export interface BreakKey {
  readonly merchantId: string;
  readonly breakId: string;
}

type Words = 'class' | 'state' | 'against' | 'remedy' | 'outcome' | 'proposed' | 'settlementDate';
type StoredBreak = Omit<BreakRecord, Words> &
  Record<'class' | 'state' | 'against', string> &
  Record<'remedy' | 'outcome', string | null> & { proposed: unknown; settlementDate: Date };
const breakOf = (row: StoredBreak): BreakRecord => ({
  ...row,
  settlementDate: dateOf(row.settlementDate),
  class: row.class as BreakClass,
  state: row.state as BreakState,
  against: row.against as BreakRecord['against'],
  remedy: row.remedy as Remedy | null,
  outcome: row.outcome as BreakOutcome | null,
  proposed: row.proposed as BreakRecord['proposed'],
});

/** The newest first. */
export async function listBreaks(
  reconciliation: PrismaClient,
  merchantId: string,
  filter: {
    readonly state?: BreakState | undefined;
    readonly class?: BreakClass | undefined;
    readonly date?: string | undefined;
  },
  limit: number,
  after: string | null,
): Promise<BreakRecord[]> {
  const from = after === null ? undefined : await findBreak(reconciliation, { merchantId, breakId: after });
  if (after !== null && from === undefined) return [];
  const rows = await reconciliation.reconciliationBreak.findMany({
    where: {
      merchantId,
      ...(filter.state !== undefined && { state: filter.state }),
      ...(filter.class !== undefined && { class: filter.class }),
      ...(filter.date !== undefined && { settlementDate: dayOf(filter.date) }),
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
  { merchantId, breakId }: BreakKey,
): Promise<BreakRecord | undefined> {
  const row = await reconciliation.reconciliationBreak.findFirst({ where: { merchantId, breakId } });
  return row === null ? undefined : breakOf(row);
}

/** An account's mismatches that are open, or were found on a day: what a report tells of. The oldest first. */
export async function breaksOfReport(
  reconciliation: PrismaClient,
  account: string,
  date: string,
  limit: number,
): Promise<BreakRecord[]> {
  const rows = await reconciliation.reconciliationBreak.findMany({
    where: {
      account,
      OR: [{ settlementDate: dayOf(date) }, { state: 'open', settlementDate: { lte: dayOf(date) } }],
    },
    orderBy: [{ openedAt: 'asc' }, { breakId: 'asc' }],
    take: limit,
  });
  return rows.map(breakOf);
}

/** Open mismatches that somebody must do something about, by id, from behind one of them on. */
export async function openCases(
  reconciliation: PrismaClient,
  merchants: readonly string[],
  limit: number,
  after: BreakKey | null,
): Promise<BreakRecord[]> {
  const rows = await reconciliation.reconciliationBreak.findMany({
    where: {
      merchantId: { in: [...merchants] },
      state: 'open',
      class: { not: 'timing' },
      ...(after !== null && {
        OR: [
          { merchantId: { gt: after.merchantId } },
          { merchantId: after.merchantId, breakId: { gt: after.breakId } },
        ],
      }),
    },
    orderBy: [{ merchantId: 'asc' }, { breakId: 'asc' }],
    take: limit,
  });
  return rows.map(breakOf);
}

/** Open mismatches for which something was done by itself that has not shown yet, or is still to be done. */
export async function countMending(
  reconciliation: PrismaClient,
  merchants: readonly string[],
  since: Date,
  waiting: readonly BreakClass[],
): Promise<number> {
  // What goes to suspense is said before it is booked: until our side has that posting, it is on its way.
  const rows = await reconciliation.$queryRaw<{ mending: number }[]>`
    SELECT count(*)::int AS mending FROM reconciliation.break AS b
    WHERE b.merchant_id = ANY(${[...merchants]}) AND b.state = 'open' AND b.against = 'psp' AND b.class = ANY(${[...waiting]})
      AND (b.remedy IS NULL OR b.remedied_at > ${since} AND (b.remedy IN ('told', 'booked_fee') OR b.remedy = 'suspense' AND NOT EXISTS (
             SELECT FROM reconciliation.item AS i
             WHERE i.merchant_id = b.merchant_id AND i.source_type = 'break' AND i.source_id = b.break_id)))`;
  return rows[0]?.mending ?? 0;
}

/** Mismatches that were settled since a time and were cases: their workflows are to hear of it. */
export async function settledSince(
  reconciliation: PrismaClient,
  merchants: readonly string[],
  since: Date,
  limit: number,
): Promise<BreakKey[]> {
  return reconciliation.reconciliationBreak.findMany({
    where: {
      merchantId: { in: [...merchants] },
      state: { not: 'open' },
      closedAt: { gte: since },
      dueAt: { not: null },
    },
    select: { merchantId: true, breakId: true },
    orderBy: { closedAt: 'asc' },
    take: limit,
  });
}

/** Makes an open mismatch a case with a deadline, once. */
export async function setDeadline(reconciliation: PrismaClient, key: BreakKey, dueAt: Date): Promise<void> {
  await reconciliation.reconciliationBreak.updateMany({
    where: { ...key, state: 'open', dueAt: null },
    data: { dueAt },
  });
}

/** Notes what was done about an open mismatch by itself. */
export async function noteRemedy(
  reconciliation: PrismaClient,
  key: BreakKey,
  remedy: Remedy,
  note: string,
): Promise<void> {
  await reconciliation.reconciliationBreak.updateMany({
    where: { ...key, state: 'open' },
    data: { remedy, remedyNote: note.slice(0, 500), remediedAt: new Date() },
  });
}

/** Notes a reminder; one that says that the case is overdue is told of once. Safe to repeat. */
export async function noteCaseReminder(
  reconciliation: PrismaClient,
  key: BreakKey,
  given: number,
  overdue: boolean,
): Promise<void> {
  await reconciliation.$executeRaw`
    UPDATE reconciliation.break SET reminders = greatest(reminders, ${given}),
           escalated_at = CASE WHEN ${overdue}::boolean THEN coalesce(escalated_at, now()) ELSE escalated_at END
    WHERE merchant_id = ${key.merchantId} AND break_id = ${key.breakId} AND state = 'open'`;
}

/** What the PSP's side of a mismatch has more than ours. */
export async function differencesOf(reconciliation: PrismaClient, found: BreakRecord): Promise<Difference[]> {
  const rows = await reconciliation.$queryRaw<{ currency: string; amount: bigint; fee: bigint }[]>`
    SELECT currency, amount, fee FROM reconciliation.difference(${found.merchantId}, ${found.key})`;
  return rows.map(({ currency, amount, fee }) => ({ currency, amountMinor: amount, feeMinor: fee }));
}

/** Whether the PSP has taken a fee with a dispute's line that our side had not booked when it was read. */
export async function lacksOwnFee(reconciliation: PrismaClient, found: BreakRecord): Promise<boolean> {
  const rows = await reconciliation.$queryRaw<{ lacks: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM reconciliation.line AS l
      WHERE l.merchant_id = ${found.merchantId} AND l.key = ${found.key} AND l.family = 'dispute' AND l.fee <> 0
        AND NOT EXISTS (
          SELECT FROM reconciliation.item AS i
          WHERE i.merchant_id = l.merchant_id AND i.key = l.key AND i.is_fee AND i.leg = 'fee:' || l.line_id)) AS lacks`;
  return rows[0]?.lacks ?? false;
}

/** The PSP's lines of a mismatch. */
export async function linesOfBreak(
  reconciliation: PrismaClient,
  { account, lineIds }: BreakRecord,
): Promise<
  {
    lineId: string;
    family: string;
    type: string;
    amount: bigint;
    currency: string;
    source: string | null;
    parent: string | null;
    ownKey: string | null;
    paymentOrderId: string | null;
    createdAt: Date;
  }[]
> {
  return reconciliation.reconciliationLine.findMany({
    where: { account, lineId: { in: [...lineIds] } },
    orderBy: [{ createdAt: 'asc' }, { lineId: 'asc' }],
  });
}

/** The keys of mismatches by their ids: what corrections of them are about. */
export async function keysOfBreaks(
  reconciliation: PrismaClient,
  merchantId: string,
  breakIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (breakIds.length === 0) return new Map();
  const rows = await reconciliation.reconciliationBreak.findMany({
    where: { merchantId, breakId: { in: [...breakIds] } },
    select: { breakId: true, key: true },
  });
  return new Map(rows.map(({ breakId, key }) => [breakId, key]));
}

/** What one person thinks of an open mismatch where two are needed. Answers false when it isn't open, or another proposal stands. */
export async function proposeResolution(
  reconciliation: PrismaClient,
  key: BreakKey,
  by: RequestedBy,
  outcome: BreakOutcome,
): Promise<boolean> {
  const proposed = JSON.stringify({ actor: by.actor, reason: by.reason, outcome });
  const changed = await reconciliation.$executeRaw`
    UPDATE reconciliation.break SET proposed = ${proposed}::jsonb, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND break_id = ${key.breakId} AND state = 'open'
      AND (proposed IS NULL OR proposed->>'actor' = ${by.actor})`;
  return changed > 0;
}

/** A person's word on an open break. Answers false when it is open no more. The same mismatch is not opened again. */
export async function resolveBreak(
  reconciliation: PrismaClient,
  key: BreakKey,
  { agreedBy, ...by }: RequestedBy & { readonly agreedBy?: RequestedBy },
  outcome: BreakOutcome,
): Promise<boolean> {
  const { count } = await reconciliation.reconciliationBreak.updateMany({
    where: { ...key, state: 'open' },
    data: {
      state: 'resolved',
      outcome,
      resolution: by.reason,
      resolvedBy: { actor: by.actor, reason: by.reason, ...(agreedBy !== undefined && { agreedBy: { ...agreedBy } }) },
      closedAt: new Date(),
      updatedAt: new Date(),
    },
  });
  return count === 1;
}

/** Open mismatches by class, for metrics. */
export async function countBreaks(
  reconciliation: PrismaClient,
): Promise<{ class: string; count: bigint; overdue: bigint }[]> {
  return reconciliation.$queryRaw`
    SELECT class, count(*) AS count, count(*) FILTER (WHERE due_at < now()) AS overdue FROM reconciliation.break
    WHERE state = 'open' GROUP BY class`;
}
