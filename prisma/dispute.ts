import type { DisputeStatus } from '../domain/dispute';
import type { ExchangedPart } from '../domain/exchange';
import type { Parts } from '../domain/refund';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';

/** A stored dispute. Amounts in minor units. */
export interface DisputeRecord {
  readonly merchantId: string;
  readonly disputeId: string;
  readonly paymentOrderId: string;
  readonly amount: bigint;
  readonly currency: string;
  /** The seller's share of what is held now, and the platform fee's. */
  readonly sellerAmount: bigint;
  readonly feeAmount: bigint;
  readonly reason: string;
  readonly pspStatus: string;
  readonly disputeStatus: string;
  readonly chargeRefundable: boolean;
  readonly evidenceDueBy: Date | null;
  readonly reminders: number;
  readonly evidence: unknown;
  readonly evidenceRevision: number;
  readonly evidenceSent: number;
  readonly submitRequested: unknown;
  readonly acceptRequested: unknown;
  /** What the PSP has taken for it and not given back. */
  readonly heldAmount: bigint;
  readonly bookedLoss: boolean;
  /** Of the shares, where it isn't the dispute's. */
  readonly sellerCurrency: string | null;
  /** What a booked loss took of its order's exchange, where the buyer paid in another currency. */
  readonly lostGross: bigint | null;
  readonly lostPosition: bigint | null;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly updatedAt: Date;
}

export interface DisputeKey {
  readonly merchantId: string;
  readonly disputeId: string;
}

/** A dispute as the PSP tells it. */
export interface ToldDispute extends DisputeKey {
  readonly paymentOrderId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly sellerCurrency: string | null;
  readonly reason: string;
  readonly pspStatus: string;
  readonly status: DisputeStatus;
  readonly chargeRefundable: boolean;
  readonly evidenceDueBy: Date | null;
  readonly openedAt: Date;
}

/** Keeps what the PSP says of a dispute. A closed one that it says is open again is open again. Safe to repeat. */
export async function saveDispute(payments: PrismaClient, told: ToldDispute): Promise<void> {
  await payments.$executeRaw`
    INSERT INTO payments.dispute AS d (merchant_id, dispute_id, payment_order_id, amount, currency, seller_currency, reason, psp_status,
                                       dispute_status, charge_refundable, evidence_due_by, opened_at)
    VALUES (${told.merchantId}, ${told.disputeId}, ${told.paymentOrderId}, ${told.amountMinor}, ${told.currency}, ${told.sellerCurrency},
            ${told.reason}, ${told.pspStatus}, ${told.status}, ${told.chargeRefundable}, ${told.evidenceDueBy}, ${told.openedAt})
    ON CONFLICT (merchant_id, dispute_id) DO UPDATE
    SET amount = excluded.amount, reason = excluded.reason, psp_status = excluded.psp_status, dispute_status = excluded.dispute_status,
        charge_refundable = excluded.charge_refundable, evidence_due_by = excluded.evidence_due_by,
        reminders = CASE WHEN d.evidence_due_by IS DISTINCT FROM excluded.evidence_due_by THEN 0 ELSE d.reminders END,
        closed_at = CASE WHEN d.dispute_status = excluded.dispute_status THEN d.closed_at END, updated_at = now()`;
}

export async function findDispute(payments: PrismaClient, key: DisputeKey): Promise<DisputeRecord | undefined> {
  const { merchantId, disputeId } = key;
  return (await payments.dispute.findFirst({ where: { merchantId, disputeId } })) ?? undefined;
}

/** A page of disputes, the newest first. `after` is the last one of the page before. */
export async function listDisputes(
  payments: PrismaClient,
  merchantId: string,
  filter: { paymentOrderId?: string | undefined; status?: DisputeStatus | undefined },
  limit: number,
  after: string | null,
): Promise<DisputeRecord[]> {
  return payments.dispute.findMany({
    where: {
      merchantId,
      ...(filter.paymentOrderId !== undefined && { paymentOrderId: filter.paymentOrderId }),
      ...(filter.status !== undefined && { disputeStatus: filter.status }),
    },
    orderBy: [{ openedAt: 'desc' }, { disputeId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_disputeId: { merchantId, disputeId: after } }, skip: 1 }),
  });
}

/** One line of the PSP about a dispute, below zero when money was taken, and whose it is as worked out. */
export interface NewDisputeLine extends DisputeKey {
  readonly lineId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly shares: Parts;
  /** The PSP's fee for it. */
  readonly pspFeeMinor: bigint;
  readonly position: number;
  /** What the shares were worked out from; when that is no longer so, nothing is stored. */
  readonly seenSellerMinor: bigint;
}

/**
 * Keeps a line once, under the order's row lock. Answers the shares that stand: the first one's word, for ever.
 * Nothing when something was refunded meanwhile: work the shares out again.
 */
export async function recordDisputeLine(payments: PrismaClient, line: NewDisputeLine): Promise<Parts | undefined> {
  const wire = {
    line_id: line.lineId,
    amount: line.amountMinor.toString(),
    currency: line.currency,
    seller_amount: line.shares.sellerMinor.toString(),
    fee_amount: line.shares.feeMinor.toString(),
    psp_fee: line.pspFeeMinor.toString(),
    position: line.position,
  };
  const rows = await payments.$queryRaw<Parts[]>`
    SELECT seller_amount AS "sellerMinor", fee_amount AS "feeMinor"
    FROM payments.record_dispute_line(${line.merchantId}, ${line.disputeId}, ${JSON.stringify(wire)}::jsonb, ${line.seenSellerMinor})`;
  return rows[0];
}

/** A line as it was kept; nothing when it is new. */
export async function findDisputeLine(
  payments: PrismaClient,
  key: { merchantId: string; lineId: string },
): Promise<Parts | undefined> {
  const { merchantId, lineId } = key;
  const line = await payments.disputeLine.findFirst({ where: { merchantId, lineId } });
  return line === null ? undefined : { sellerMinor: line.sellerAmount, feeMinor: line.feeAmount };
}

/** Whose money all disputes of an order hold. */
export async function sharesHeld(
  payments: PrismaClient,
  key: { merchantId: string; paymentOrderId: string },
): Promise<Parts> {
  const { merchantId, paymentOrderId } = key;
  const { _sum: sum } = await payments.dispute.aggregate({
    where: { merchantId, paymentOrderId },
    _sum: { sellerAmount: true, feeAmount: true },
  });
  return { sellerMinor: sum.sellerAmount ?? 0n, feeMinor: sum.feeAmount ?? 0n };
}

export async function markDispute(
  payments: PrismaClient,
  key: DisputeKey,
  change: {
    closed?: boolean;
    bookedLoss?: boolean;
    lost?: ExchangedPart | null;
    reminders?: number;
    evidenceSent?: number;
    problem?: string | null;
  },
): Promise<void> {
  await payments.dispute.updateMany({
    where: { merchantId: key.merchantId, disputeId: key.disputeId },
    data: {
      ...(change.closed !== undefined && { closedAt: change.closed ? new Date() : null }),
      ...(change.bookedLoss !== undefined && { bookedLoss: change.bookedLoss }),
      ...(change.lost !== undefined && {
        lostGross: change.lost?.grossMinor ?? null,
        lostPosition: change.lost?.positionMinor ?? null,
      }),
      ...(change.reminders !== undefined && { reminders: change.reminders }),
      ...(change.evidenceSent !== undefined && { evidenceSent: change.evidenceSent }),
      ...(change.problem !== undefined && { problem: change.problem }),
      updatedAt: new Date(),
    },
  });
}

/** Keeps evidence on the row; its workflow sends it. Answers false when the dispute takes none any more. */
export async function keepEvidence(
  payments: PrismaClient,
  key: DisputeKey,
  evidence: Readonly<Record<string, string | undefined>>,
  submit: RequestedBy | null,
): Promise<boolean> {
  const changed = await payments.$executeRaw`
    UPDATE payments.dispute
    SET evidence = evidence || ${JSON.stringify(evidence)}::jsonb, evidence_revision = evidence_revision + 1,
        submit_requested = coalesce(submit_requested, ${submit === null ? null : JSON.stringify(submit)}::jsonb),
        sweep_after = least(sweep_after, now() + interval '10 seconds'), updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND dispute_id = ${key.disputeId}
      AND dispute_status IN ('inquiry', 'needs_response') AND submit_requested IS NULL AND accept_requested IS NULL`;
  return changed > 0;
}

/** Keeps the wish to give a dispute up; its workflow tells the PSP. Answers false when it is too late for that. */
export async function keepAcceptance(payments: PrismaClient, key: DisputeKey, by: RequestedBy): Promise<boolean> {
  const changed = await payments.$executeRaw`
    UPDATE payments.dispute SET accept_requested = coalesce(accept_requested, ${JSON.stringify(by)}::jsonb),
        sweep_after = least(sweep_after, now() + interval '10 seconds'), updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND dispute_id = ${key.disputeId} AND dispute_status IN ('inquiry', 'needs_response')`;
  return changed > 0;
}

/** Open disputes whose workflow should be looked at, the longest waiting first; each is given a minute. */
export async function claimDisputes(payments: PrismaClient, limit: number): Promise<DisputeRecord[]> {
  const claimed = await payments.$queryRaw<DisputeKey[]>`
    UPDATE payments.dispute AS d SET sweep_after = now() + interval '1 minute'
    FROM (SELECT merchant_id, dispute_id FROM payments.dispute WHERE closed_at IS NULL AND sweep_after <= now()
          ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE d.merchant_id = due.merchant_id AND d.dispute_id = due.dispute_id
    RETURNING d.merchant_id AS "merchantId", d.dispute_id AS "disputeId"`;
  if (claimed.length === 0) return [];
  return payments.dispute.findMany({ where: { OR: claimed } });
}

/** How many disputes are open, for metrics. */
export async function countDisputes(payments: PrismaClient): Promise<{ state: string; count: bigint }[]> {
  return payments.$queryRaw`
    SELECT dispute_status AS state, count(*) AS count FROM payments.dispute WHERE closed_at IS NULL GROUP BY dispute_status`;
}

/** An order's disputes with the lines that were booked. */
export async function findDisputesOfOrder(
  payments: PrismaClient,
  key: { merchantId: string; paymentOrderId: string },
): Promise<(DisputeRecord & { readonly lines: readonly { readonly lineId: string }[] })[]> {
  const { merchantId, paymentOrderId } = key;
  return payments.dispute.findMany({
    where: { merchantId, paymentOrderId },
    orderBy: { openedAt: 'asc' },
    include: { lines: { orderBy: { position: 'asc' } } },
  });
}

/** Which of some merchants' some disputes are, by the PSP's ids of them. */
export async function merchantsOfDisputes(
  payments: PrismaClient,
  merchants: readonly string[],
  disputeIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (disputeIds.length === 0) return new Map();
  const rows = await payments.dispute.findMany({
    where: { merchantId: { in: [...merchants] }, disputeId: { in: [...disputeIds] } },
    select: { disputeId: true, merchantId: true },
  });
  return new Map(rows.map((row) => [row.disputeId, row.merchantId]));
}
