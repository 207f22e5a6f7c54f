import type { PayoutInterval, PayoutStatus } from '../domain/payout';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';

/** A stored payout. Amounts in minor units. */
export interface PayoutRecord {
  readonly merchantId: string;
  readonly payoutId: string;
  readonly sellerAccount: string;
  readonly amount: bigint;
  readonly currency: string;
  /** The seller's account at the PSP as it was when the payout was asked for: a later change doesn't redirect it. */
  readonly payoutAccount: string;
  readonly requestedBy: unknown;
  readonly scheduled: boolean;
  readonly approvalsNeeded: number;
  readonly approvals: unknown;
  readonly payoutStatus: string;
  readonly failureReason: string | null;
  readonly failureMessage: string | null;
  readonly transferReference: string | null;
  readonly payoutReference: string | null;
  readonly reversalReference: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly paidAt: Date | null;
}

export interface PayoutKey {
  readonly merchantId: string;
  readonly payoutId: string;
}

export interface NewPayout extends PayoutKey {
  readonly sellerAccount: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly payoutAccount: string;
  readonly requestedBy: RequestedBy;
  readonly scheduled: boolean;
  readonly approvalsNeeded: number;
  readonly requestFingerprint: Uint8Array;
  readonly idempotencyKey: string | null;
}

export type CreatePayoutOutcome = 'created' | 'replayed' | 'key_reused' | 'id_reused';

/** Stores a payout, once per id and key. Whether the money is there is the ledger's word, under its own lock. */
export async function createPayout(
  payouts: PrismaClient,
  payout: NewPayout,
): Promise<{ outcome: CreatePayoutOutcome; payoutId: string }> {
  const wire = {
    payout_id: payout.payoutId,
    seller_account: payout.sellerAccount,
    amount: payout.amountMinor.toString(),
    currency: payout.currency,
    payout_account: payout.payoutAccount,
    requested_by: payout.requestedBy,
    scheduled: payout.scheduled,
    approvals_needed: payout.approvalsNeeded,
  };
  const rows = await payouts.$queryRaw<{ outcome: CreatePayoutOutcome; payoutId: string }[]>`
    SELECT outcome, payout_id AS "payoutId"
    FROM payouts.create_payout(${payout.merchantId}, ${JSON.stringify(wire)}::jsonb, ${payout.requestFingerprint}::bytea,
      ${payout.idempotencyKey}::text)`;
  if (rows[0] === undefined) throw new Error(`payout ${payout.payoutId} was not answered`);
  return rows[0];
}

export async function findPayout(payouts: PrismaClient, key: PayoutKey): Promise<PayoutRecord | undefined> {
  const { merchantId, payoutId } = key;
  return (await payouts.payout.findFirst({ where: { merchantId, payoutId } })) ?? undefined;
}

/** From a time on, and before another. */
type Span = { gte?: Date; lt?: Date };

/** A page of payouts, the newest first. `after` is the last one of the page before. */
export async function listPayouts(
  payouts: PrismaClient,
  merchantId: string,
  filter: { sellerAccount?: string | undefined; status?: PayoutStatus | undefined; created?: Span | undefined },
  limit: number,
  after: string | null,
): Promise<PayoutRecord[]> {
  return payouts.payout.findMany({
    where: {
      merchantId,
      ...(filter.sellerAccount !== undefined && { sellerAccount: filter.sellerAccount }),
      ...(filter.status !== undefined && { payoutStatus: filter.status }),
      ...(filter.created !== undefined && { createdAt: filter.created }),
    },
    orderBy: [{ createdAt: 'desc' }, { payoutId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_payoutId: { merchantId, payoutId: after } }, skip: 1 }),
  });
}

/** What is learned of a payout on its way. */
export interface PayoutChange {
  readonly status: PayoutStatus;
  readonly failureReason?: string;
  readonly failureMessage?: string;
  readonly transferReference?: string;
  readonly payoutReference?: string;
  readonly reversalReference?: string;
}

/** Writes how a payout stands. A failed, returned or refused one stays so; a paid one may only be returned. Safe to repeat. */
export async function recordPayout(payouts: PrismaClient, key: PayoutKey, change: PayoutChange): Promise<void> {
  await payouts.$executeRaw`
    UPDATE payouts.payout
    SET payout_status = ${change.status}, failure_reason = coalesce(${change.failureReason ?? null}::text, failure_reason),
        failure_message = coalesce(${change.failureMessage ?? null}::text, failure_message),
        transfer_reference = coalesce(transfer_reference, ${change.transferReference ?? null}::text),
        payout_reference = coalesce(payout_reference, ${change.payoutReference ?? null}::text),
        reversal_reference = coalesce(reversal_reference, ${change.reversalReference ?? null}::text),
        paid_at = CASE WHEN ${change.status} = 'paid' THEN coalesce(paid_at, now()) ELSE paid_at END, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND payout_id = ${key.payoutId}
      AND payout_status NOT IN ('failed', 'returned', 'refused')
      AND NOT (payout_status = 'paid' AND ${change.status} NOT IN ('paid', 'returning', 'returned', 'needs_attention'))`;
}

/** One approval by one person; a second by the same person changes nothing. Answers who has approved by now. */
export async function addApproval(
  payouts: PrismaClient,
  key: PayoutKey,
  by: RequestedBy,
): Promise<readonly RequestedBy[]> {
  await payouts.$executeRaw`
    UPDATE payouts.payout
    SET approvals = approvals || jsonb_build_array(jsonb_build_object('actor', ${by.actor}::text, 'reason', ${by.reason}::text, 'at', now())),
        updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND payout_id = ${key.payoutId}
      AND NOT approvals @> jsonb_build_array(jsonb_build_object('actor', ${by.actor}::text))`;
  return ((await findPayout(payouts, key))?.approvals ?? []) as RequestedBy[];
}

/** A step of a payout as it stands before a call. */
export interface BegunPayoutCall {
  readonly attempt: number;
  readonly ageSeconds: number;
  readonly firstSentAt: Date;
  readonly outcome: unknown;
}

/** The latest attempt of a payout's step; nothing when it was never sent. */
export async function latestPayoutCall(
  payouts: PrismaClient,
  key: PayoutKey,
  step: string,
): Promise<{ readonly attempt: number; readonly outcome: unknown; readonly lastSentAt: Date } | undefined> {
  const { merchantId, payoutId } = key;
  return (
    (await payouts.payoutCall.findFirst({ where: { merchantId, payoutId, step }, orderBy: { attempt: 'desc' } })) ??
    undefined
  );
}

/** Notes that a step is about to be sent, before the PSP hears of it (I5, I6). */
export async function beginPayoutCall(
  payouts: PrismaClient,
  key: PayoutKey,
  step: string,
  attempt: number,
): Promise<BegunPayoutCall> {
  const rows = await payouts.$queryRaw<BegunPayoutCall[]>`
    INSERT INTO payouts.psp_call AS c (merchant_id, payout_id, step, attempt)
    VALUES (${key.merchantId}, ${key.payoutId}, ${step}, ${attempt}::int)
    ON CONFLICT (merchant_id, payout_id, step, attempt) DO UPDATE
    SET sends = c.sends + 1, last_sent_at = now()
    RETURNING attempt, extract(epoch FROM now() - first_sent_at)::float8 AS "ageSeconds", first_sent_at AS "firstSentAt", outcome`;
  if (rows[0] === undefined) throw new Error(`payout ${key.payoutId} has no ${step}`);
  return rows[0];
}

/** Keeps what a step came to. */
export async function recordPayoutCall(
  payouts: PrismaClient,
  key: PayoutKey,
  step: string,
  attempt: number,
  outcome: unknown,
): Promise<void> {
  await payouts.$executeRaw`
    UPDATE payouts.psp_call SET outcome = ${JSON.stringify(outcome)}::jsonb
    WHERE merchant_id = ${key.merchantId} AND payout_id = ${key.payoutId} AND step = ${step} AND attempt = ${attempt}::int`;
}

/** Unsettled payouts whose workflow should be looked at, the longest waiting first; each is given a minute. */
export async function claimPayouts(payouts: PrismaClient, limit: number): Promise<PayoutRecord[]> {
  const claimed = await payouts.$queryRaw<PayoutKey[]>`
    UPDATE payouts.payout AS p SET sweep_after = now() + interval '1 minute'
    FROM (SELECT merchant_id, payout_id FROM payouts.payout
          WHERE payout_status NOT IN ('paid', 'failed', 'returned', 'refused') AND sweep_after <= now()
          ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE p.merchant_id = due.merchant_id AND p.payout_id = due.payout_id
    RETURNING p.merchant_id AS "merchantId", p.payout_id AS "payoutId"`;
  if (claimed.length === 0) return [];
  return payouts.payout.findMany({ where: { OR: claimed } });
}

/** Writes down a person's act, once per Temporal update. */
export async function recordPayoutAction(
  payouts: PrismaClient,
  action: PayoutKey & { action: string; actor: string; reason: string; details: unknown; updateId: string },
): Promise<void> {
  await payouts.$executeRaw`
    INSERT INTO payouts.ops_action (merchant_id, payout_id, action, actor, reason, details, update_id)
    VALUES (${action.merchantId}, ${action.payoutId}, ${action.action}, ${action.actor}, ${action.reason},
            ${JSON.stringify(action.details ?? {})}::jsonb, ${action.updateId})
    ON CONFLICT DO NOTHING`;
}

/** When a seller is paid out without asking. */
export interface PayoutScheduleRecord {
  readonly merchantId: string;
  readonly sellerAccount: string;
  readonly currency: string;
  readonly payoutInterval: string;
  readonly day: number;
  readonly minimum: bigint;
  readonly timeZone: string;
  readonly active: boolean;
  readonly revision: number;
  readonly lastResult: unknown;
}

/** Keeps a seller's schedule; Temporal is told after, and again while it has not heard of this revision. */
export async function savePayoutSchedule(
  payouts: PrismaClient,
  schedule: Omit<PayoutScheduleRecord, 'revision' | 'lastResult' | 'payoutInterval'> & {
    payoutInterval: PayoutInterval;
  },
): Promise<void> {
  const { merchantId, sellerAccount, currency, payoutInterval, day, minimum, timeZone, active } = schedule;
  await payouts.$executeRaw`
    INSERT INTO payouts.payout_schedule AS s
      (merchant_id, seller_account, currency, payout_interval, day, minimum, time_zone, active)
    VALUES (${merchantId}, ${sellerAccount}, ${currency}, ${payoutInterval}, ${day}::int, ${minimum}, ${timeZone}, ${active})
    ON CONFLICT (merchant_id, seller_account, currency) DO UPDATE
    SET payout_interval = excluded.payout_interval, day = excluded.day, minimum = excluded.minimum,
        time_zone = excluded.time_zone, active = excluded.active, revision = s.revision + 1, updated_at = now()`;
}

export const payoutSchedules = (
  payouts: PrismaClient,
  merchantId: string,
  sellerAccount: string,
): Promise<PayoutScheduleRecord[]> => payoutSchedulesOf(payouts, merchantId, [sellerAccount]);

/** Of several sellers, in no order but by currency. */
export async function payoutSchedulesOf(
  payouts: PrismaClient,
  merchantId: string,
  sellers: readonly string[],
): Promise<PayoutScheduleRecord[]> {
  return payouts.payoutSchedule.findMany({
    where: { merchantId, sellerAccount: { in: [...sellers] } },
    orderBy: { currency: 'asc' },
  });
}

export async function findPayoutSchedule(
  payouts: PrismaClient,
  key: { merchantId: string; sellerAccount: string; currency: string },
): Promise<PayoutScheduleRecord | undefined> {
  return (await payouts.payoutSchedule.findFirst({ where: key })) ?? undefined;
}

/** Schedules that Temporal hasn't been told of. */
export async function untoldSchedules(payouts: PrismaClient, limit: number): Promise<PayoutScheduleRecord[]> {
  return payouts.$queryRaw`
    SELECT merchant_id AS "merchantId", seller_account AS "sellerAccount", currency, payout_interval AS "payoutInterval", day,
           minimum, time_zone AS "timeZone", active, revision, last_result AS "lastResult"
    FROM payouts.payout_schedule WHERE told_revision < revision ORDER BY updated_at LIMIT ${limit}`;
}

export async function markScheduleTold(payouts: PrismaClient, schedule: PayoutScheduleRecord): Promise<void> {
  await payouts.$executeRaw`
    UPDATE payouts.payout_schedule SET told_revision = greatest(told_revision, ${schedule.revision}::int)
    WHERE merchant_id = ${schedule.merchantId} AND seller_account = ${schedule.sellerAccount} AND currency = ${schedule.currency}`;
}

/** Keeps what the last scheduled run came to, for people who wonder why nothing left. */
export async function noteScheduleResult(
  payouts: PrismaClient,
  key: { merchantId: string; sellerAccount: string; currency: string },
  result: unknown,
): Promise<void> {
  await payouts.$executeRaw`
    UPDATE payouts.payout_schedule SET last_result = ${JSON.stringify(result)}::jsonb
    WHERE merchant_id = ${key.merchantId} AND seller_account = ${key.sellerAccount} AND currency = ${key.currency}`;
}

/** How many payouts a person should know about, for metrics. */
export async function countPayouts(payouts: PrismaClient): Promise<{ state: string; count: bigint }[]> {
  return payouts.$queryRaw`
    SELECT payout_status AS state, count(*) AS count FROM payouts.payout
    WHERE payout_status NOT IN ('paid', 'failed', 'returned', 'refused') GROUP BY payout_status`;
}

/** An earlier wish under the same key, or else the same id, with what it was: the fingerprint tells whether it is the same. */
export async function findEarlierWish(
  payouts: PrismaClient,
  { merchantId, payoutId, idempotencyKey }: PayoutKey & { idempotencyKey: string | null },
): Promise<{ by: 'key' | 'id'; payoutId: string; requestFingerprint: Uint8Array } | undefined> {
  const key =
    idempotencyKey === null
      ? null
      : await payouts.payoutIdempotencyKey.findFirst({
          where: { merchantId, idempotencyKey },
        });
  if (key !== null) return { by: 'key', ...key };
  const earlier = await payouts.payout.findFirst({ where: { merchantId, payoutId } });
  return earlier === null ? undefined : { by: 'id', ...earlier };
}

/** How the PSP names the transfers of some payouts. */
export async function pspNamesOfTransfers(
  payouts: PrismaClient,
  merchantId: string,
  payoutIds: readonly string[],
): Promise<{ readonly payoutId: string; readonly transferReference: string | null }[]> {
  return payouts.payout.findMany({
    where: { merchantId, payoutId: { in: [...payoutIds] } },
    select: { payoutId: true, transferReference: true },
  });
}

/** A seller's account at the PSP that money was transferred to, and what is on its way out of it, by currency. */
export interface ConnectedAccount {
  readonly payoutAccount: string;
  readonly sellerAccount: string;
  readonly currency: string;
  /** Taken out of the account by the PSP, and not booked as paid yet. */
  readonly underwayMinor: bigint;
}

export async function connectedAccounts(payouts: PrismaClient, merchantId: string): Promise<ConnectedAccount[]> {
  return payouts.$queryRaw`
    SELECT payout_account AS "payoutAccount", seller_account AS "sellerAccount", currency,
           coalesce(sum(amount) FILTER (WHERE payout_reference IS NOT NULL AND payout_status NOT IN ('paid', 'failed', 'returned', 'returning', 'refused')), 0)::bigint
             AS "underwayMinor"
    FROM payouts.payout WHERE merchant_id = ${merchantId} AND transfer_reference IS NOT NULL
    GROUP BY payout_account, seller_account, currency ORDER BY payout_account, seller_account, currency`;
}
