import type { Parts } from '../domain/refund';
import type { RefundStatus } from '../domain/refund';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';

/**
 * A stored refund. Amounts in minor units; the seller's and the fee's part sum to the whole, or to what that stands for in the seller's
 * currency.
 */
export interface RefundRecord {
  readonly merchantId: string;
  readonly refundId: string;
  readonly paymentOrderId: string;
  readonly amount: bigint;
  readonly sellerAmount: bigint;
  readonly feeAmount: bigint;
  readonly currency: string;
  /** Set where the parts are in another currency than the amount. */
  readonly sellerCurrency: string | null;
  readonly positionAmount: bigint | null;
  readonly method: string;
  readonly reason: string | null;
  readonly requestedBy: unknown;
  readonly refundStatus: string;
  readonly failureReason: string | null;
  readonly pspReference: string | null;
  readonly attempt: number;
  readonly sends: number;
  readonly firstSentAt: Date | null;
  readonly lastSentAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface RefundKey {
  readonly merchantId: string;
  readonly refundId: string;
}

/** A refund as it is asked for, with the parts worked out from what was given back so far. */
export interface NewRefund extends RefundKey {
  readonly paymentOrderId: string;
  readonly amountMinor: bigint;
  readonly parts: Parts;
  /** What it takes from the position, where the buyer paid in another currency. */
  readonly positionMinor?: bigint;
  /** What the parts were worked out from; when that is no longer so, nothing is stored. */
  readonly seen: Pick<GivenBack, 'refundedMinor' | 'parts'>;
  readonly method: 'refund' | 'void';
  readonly reason: string | null;
  readonly requestedBy: RequestedBy;
  /** Set for a refund that somebody made at the PSP. */
  readonly pspReference: string | null;
  readonly requestFingerprint: Uint8Array;
  readonly route: string;
  readonly idempotencyKey: string | null;
}

/**
 * How an attempt to store a refund ended. `stale`: something was given back meanwhile, work the parts out again.
 * `exceeds`: more than what is left, which is answered.
 */
export interface CreateRefundOutcome {
  readonly outcome: 'created' | 'replayed' | 'stale' | 'exceeds' | 'not_refundable' | 'key_reused' | 'id_reused';
  readonly refundId: string | null;
  readonly remainingMinor: bigint;
}

/** What of an order's money is on its way back or gone already, in minor units. */
export interface GivenBack {
  readonly refundedMinor: bigint;
  readonly parts: Parts;
  /** What refunds have taken from the position, where the buyer paid in another currency. */
  readonly positionMinor: bigint;
  /** Taken by the PSP for disputes and not given back. */
  readonly heldMinor: bigint;
}

/**
 * Stores a refund under the order's row lock: what is refunded, pending included, and what is disputed never exceed what
 * was captured, however many ask at once (C2, D3).
 */
export async function createRefund(payments: PrismaClient, refund: NewRefund): Promise<CreateRefundOutcome> {
  const wire = {
    refund_id: refund.refundId,
    amount: refund.amountMinor.toString(),
    seller_amount: refund.parts.sellerMinor.toString(),
    fee_amount: refund.parts.feeMinor.toString(),
    position_amount: refund.positionMinor?.toString(),
    seen_amount: refund.seen.refundedMinor.toString(),
    seen_seller: refund.seen.parts.sellerMinor.toString(),
    seen_fee: refund.seen.parts.feeMinor.toString(),
    method: refund.method,
    reason: refund.reason,
    requested_by: refund.requestedBy,
    psp_reference: refund.pspReference,
  };
  const rows = await payments.$queryRaw<
    { outcome: CreateRefundOutcome['outcome']; refundId: string | null; remaining: bigint }[]
  >`
    SELECT outcome, refund_id AS "refundId", remaining
    FROM payments.create_refund(${refund.merchantId}, ${refund.paymentOrderId}, ${JSON.stringify(wire)}::jsonb,
      ${refund.requestFingerprint}::bytea, ${refund.route}, ${refund.idempotencyKey}::text)`;
  const [row] = rows;
  if (row === undefined) throw new Error(`refund ${refund.refundId} was not answered`);
  return { outcome: row.outcome, refundId: row.refundId, remainingMinor: row.remaining };
}

export async function givenBack(
  payments: PrismaClient,
  key: { merchantId: string; paymentOrderId: string },
): Promise<GivenBack> {
  const [row] = await payments.$queryRaw<
    { refunded: bigint; seller: bigint; fee: bigint; position: bigint; held: bigint }[]
  >`
    SELECT refunded, refunded_seller AS seller, refunded_fee AS fee, refunded_position AS position, held
    FROM payments.given_back(${key.merchantId}, ${key.paymentOrderId})`;
  if (row === undefined) throw new Error(`what was given back of ${key.paymentOrderId} was not answered`);
  return {
    refundedMinor: row.refunded,
    parts: { sellerMinor: row.seller, feeMinor: row.fee },
    positionMinor: row.position,
    heldMinor: row.held,
  };
}

/**
 * What has gone back to buyers of some payment orders, whosever they are.
 *
 * @returns minor units by `merchant/order`; nothing of which nothing has
 */
export async function refundedOf(
  payments: PrismaClient,
  orders: readonly { readonly merchantId: string; readonly paymentOrderId: string }[],
): Promise<ReadonlyMap<string, bigint>> {
  if (orders.length === 0) return new Map();
  const rows = await payments.$queryRaw<{ key: string; refunded: bigint }[]>`
    SELECT merchant_id || '/' || payment_order_id AS key, sum(amount)::bigint AS refunded
    FROM payments.refund
    WHERE refund_status <> 'failed' AND (merchant_id, payment_order_id) IN (
      SELECT * FROM unnest(${orders.map(({ merchantId }) => merchantId)}::text[], ${orders.map(({ paymentOrderId }) => paymentOrderId)}::text[]))
    GROUP BY merchant_id, payment_order_id`;
  return new Map(rows.map(({ key, refunded }) => [key, refunded]));
}

export async function findRefund(payments: PrismaClient, key: RefundKey): Promise<RefundRecord | undefined> {
  const { merchantId, refundId } = key;
  return (await payments.refund.findFirst({ where: { merchantId, refundId } })) ?? undefined;
}

/** By our own id where the PSP's object carries it, else by the PSP's id of the refund. */
export async function findRefundOfEvent(
  payments: PrismaClient,
  merchantId: string,
  which: { refundId: string | undefined; reference: string },
): Promise<RefundRecord | undefined> {
  if (which.refundId !== undefined) return findRefund(payments, { merchantId, refundId: which.refundId });
  return (await payments.refund.findFirst({ where: { merchantId, pspReference: which.reference } })) ?? undefined;
}

/** All refunds of one payment order, the oldest first. */
export async function refundsOf(
  payments: PrismaClient,
  { merchantId, paymentOrderId }: { merchantId: string; paymentOrderId: string },
): Promise<RefundRecord[]> {
  return payments.refund.findMany({
    where: { merchantId, paymentOrderId },
    orderBy: [{ createdAt: 'asc' }, { refundId: 'asc' }],
  });
}

/** A page of refunds, the newest first. `after` is the last one of the page before. */
export async function listRefunds(
  payments: PrismaClient,
  merchantId: string,
  filter: {
    readonly paymentOrderId?: string | undefined;
    readonly status?: RefundStatus | undefined;
    readonly created?: { gte?: Date; lt?: Date } | undefined;
  },
  limit: number,
  after: string | null,
): Promise<RefundRecord[]> {
  return payments.refund.findMany({
    where: {
      merchantId,
      ...(filter.paymentOrderId !== undefined && { paymentOrderId: filter.paymentOrderId }),
      ...(filter.status !== undefined && { refundStatus: filter.status }),
      ...(filter.created !== undefined && { createdAt: filter.created }),
    },
    orderBy: [{ createdAt: 'desc' }, { refundId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_refundId: { merchantId, refundId: after } }, skip: 1 }),
  });
}

/** Notes that a refund is about to be sent, before the PSP hears of it, and answers the age of its key in seconds (I6). */
export async function beginRefundSend(payments: PrismaClient, key: RefundKey): Promise<number> {
  const rows = await payments.$queryRaw<{ age: number }[]>`
    UPDATE payments.refund
    SET sends = sends + 1, first_sent_at = coalesce(first_sent_at, now()), last_sent_at = now(), updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND refund_id = ${key.refundId}
    RETURNING extract(epoch FROM now() - first_sent_at)::float8 AS age`;
  return rows[0]?.age ?? 0;
}

/** Writes how a refund stands. A failed or voided one stays so; `succeeded` may still turn `failed` (C3). Safe to repeat. */
export async function recordRefund(
  payments: PrismaClient,
  key: RefundKey,
  change: { status: RefundStatus; failureReason?: string; pspReference?: string | null; method?: 'refund' },
): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.refund
    SET refund_status = ${change.status}, failure_reason = ${change.failureReason ?? null}::text,
        psp_reference = coalesce(psp_reference, ${change.pspReference ?? null}::text),
        method = coalesce(${change.method ?? null}::text, method), updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND refund_id = ${key.refundId} AND refund_status NOT IN ('failed', 'voided')
      AND NOT (refund_status = 'succeeded' AND ${change.status} NOT IN ('succeeded', 'failed'))`;
}

/**
 * Begins a new business attempt of a refund that look-up has just not found, unless the last one was sent within two
 * minutes: it may still be on its way (I5). Answers the attempt to go on with.
 */
export async function nextRefundAttempt(payments: PrismaClient, key: RefundKey, current: number): Promise<number> {
  await payments.$executeRaw`
    UPDATE payments.refund SET attempt = attempt + 1, first_sent_at = NULL, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND refund_id = ${key.refundId} AND attempt = ${current}::int
      AND psp_reference IS NULL AND last_sent_at < now() - interval '2 minutes'`;
  return (await findRefund(payments, key))?.attempt ?? current;
}

/** Unsettled refunds whose workflow should be looked at, the longest waiting first; each is given a minute. */
export async function claimRefunds(payments: PrismaClient, limit: number): Promise<RefundRecord[]> {
  const claimed = await payments.$queryRaw<RefundKey[]>`
    UPDATE payments.refund AS r SET sweep_after = now() + interval '1 minute'
    FROM (SELECT merchant_id, refund_id FROM payments.refund
          WHERE refund_status IN ('requested', 'pending', 'needs_attention') AND sweep_after <= now()
          ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE r.merchant_id = due.merchant_id AND r.refund_id = due.refund_id
    RETURNING r.merchant_id AS "merchantId", r.refund_id AS "refundId"`;
  if (claimed.length === 0) return [];
  return payments.refund.findMany({ where: { OR: claimed } });
}

/** How many refunds a person should know about, for metrics. */
export async function countRefunds(payments: PrismaClient): Promise<{ state: string; count: bigint }[]> {
  return payments.$queryRaw`
    SELECT refund_status AS state, count(*) AS count FROM payments.refund
    WHERE refund_status IN ('requested', 'pending', 'needs_attention') GROUP BY refund_status`;
}

/** How the PSP names some refunds. */
export async function pspNamesOfRefunds(
  payments: PrismaClient,
  merchantId: string,
  refundIds: readonly string[],
): Promise<{ readonly refundId: string; readonly pspReference: string | null }[]> {
  return payments.refund.findMany({
    where: { merchantId, refundId: { in: [...refundIds] } },
    select: { refundId: true, pspReference: true },
  });
}
