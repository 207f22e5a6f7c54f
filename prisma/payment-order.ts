import {
  statusOfPhase,
  type AttentionReason,
  type FailureReason,
  type PaymentOrderPhase,
  type PaymentOrderStatus,
} from '../domain/payment-order';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import { together } from './together';

/** A stored payment order. Amounts in minor units. */
export interface PaymentOrderRecord {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly checkoutId: string;
  readonly position: number;
  readonly buyerAccount: string;
  readonly sellerAccount: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly platformFee: bigint;
  readonly statementDescriptor: string | null;
  readonly paymentOrderStatus: string;
  readonly phase: string;
  readonly walletUpdated: boolean;
  readonly ledgerUpdated: boolean;
  readonly failureReason: string | null;
  readonly declineCode: string | null;
  readonly declineAdvice: string | null;
  readonly failureMessage: string | null;
  readonly pspReference: string | null;
  readonly pspChargeReference: string | null;
  readonly businessAttempt: number;
  readonly nextActionUrl: string | null;
  readonly attentionReason: string | null;
  readonly attentionSince: Date | null;
  readonly cancelRequested: unknown;
  readonly captureRequested: unknown;
  /** What was really taken; null before capture. */
  readonly capturedAmount: bigint | null;
  /** When the PSP makes it available; null while it hasn't said. */
  readonly availableOn: Date | null;
  /** Who bears what, as it stood at capture. */
  readonly policies: unknown;
  /** Where the buyer pays by a quote, what it promised; the platform fee is in this currency then. */
  readonly fxQuoteId: string | null;
  readonly sellerCurrency: string | null;
  readonly sellerAmount: bigint | null;
  /** What the buyer's amount was worth at the quote's middle rate. */
  readonly positionAmount: bigint | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface PaymentOrderKey {
  readonly merchantId: string;
  readonly paymentOrderId: string;
}

/** A page of payment orders, the newest first. `after` is the last one of the page before. */
export async function listPaymentOrders(
  payments: PrismaClient,
  merchantId: string,
  filter: {
    readonly status?: PaymentOrderStatus | undefined;
    readonly sellerAccount?: string | undefined;
    readonly checkoutId?: string | undefined;
    readonly created?: { gte?: Date; lt?: Date } | undefined;
  },
  limit: number,
  after: string | null,
): Promise<PaymentOrderRecord[]> {
  return payments.paymentOrder.findMany({
    where: {
      merchantId,
      ...(filter.status !== undefined && { paymentOrderStatus: filter.status }),
      ...(filter.sellerAccount !== undefined && { sellerAccount: filter.sellerAccount }),
      ...(filter.checkoutId !== undefined && { checkoutId: filter.checkoutId }),
      ...(filter.created !== undefined && { createdAt: filter.created }),
    },
    orderBy: [{ createdAt: 'desc' }, { paymentOrderId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_paymentOrderId: { merchantId, paymentOrderId: after } }, skip: 1 }),
  });
}

export async function findPaymentOrder(
  payments: PrismaClient,
  key: PaymentOrderKey,
): Promise<PaymentOrderRecord | undefined> {
  const { merchantId, paymentOrderId } = key;
  return (
    (await payments.paymentOrder.findFirst({
      where: { merchantId, paymentOrderId },
    })) ?? undefined
  );
}

/** Moves an open order to a phase that no PSP call announces. A final order, or one in a later attempt than `attempt`, is left as it is. Safe to repeat. */
export async function recordPhase(
  payments: PrismaClient,
  key: PaymentOrderKey,
  change: {
    phase: PaymentOrderPhase;
    failureReason?: FailureReason;
    attentionReason?: AttentionReason;
    failureMessage?: string;
    attempt?: number;
  },
): Promise<void> {
  const attention = change.attentionReason ?? null;
  await payments.$executeRaw`
    UPDATE payments.payment_order
    SET phase = ${change.phase}, payment_order_status = ${statusOfPhase(change.phase)}, failure_reason = ${change.failureReason ?? null},
        failure_message = coalesce(${change.failureMessage ?? null}, failure_message),
        attention_reason = ${attention}::text,
        attention_since = CASE WHEN ${attention}::text IS NULL THEN NULL ELSE coalesce(attention_since, now()) END,
        next_action_url = NULL,
        wallet_updated = wallet_updated AND ${change.phase} <> 'refunded',
        ledger_updated = ledger_updated AND ${change.phase} <> 'refunded',
        updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND payment_order_id = ${key.paymentOrderId}
      AND business_attempt <= coalesce(${change.attempt ?? null}::int, business_attempt)
      AND payment_order_status IN ('NOT_STARTED', 'EXECUTING')`;
}

/**
 * Cancels an order unless something was sent to the PSP for it, or is just about to be. Safe to repeat.
 *
 * @returns the phase it is in now: `canceled`, or what it has come to instead; nothing when there is no such order
 */
export async function cancelUnsent(
  payments: PrismaClient,
  key: PaymentOrderKey,
  { attempt, failureReason }: { readonly attempt: number; readonly failureReason: FailureReason },
): Promise<PaymentOrderPhase | undefined> {
  await payments.$executeRaw`
    UPDATE payments.payment_order
    SET phase = 'canceled', payment_order_status = ${statusOfPhase('canceled')}, failure_reason = ${failureReason}, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND payment_order_id = ${key.paymentOrderId}
      AND business_attempt <= ${attempt}::int AND payment_order_status = 'NOT_STARTED'`;
  return (await findPaymentOrder(payments, key))?.phase as PaymentOrderPhase | undefined;
}

/** One step of a booking that stands. */
interface Booked {
  readonly wallet: boolean;
  readonly ledger: boolean;
  readonly completes: boolean;
}

/**
 * Sets the flag of one booking step. The step that finds the other flag set also makes the order SUCCESS, when
 * `completes` says nothing else stands between the booking and success: no third statement is needed. Safe to repeat.
 */
export function markBooked(payments: PrismaClient, key: PaymentOrderKey, booked: Booked): Promise<void> {
  const { merchantId, paymentOrderId } = key;
  return markAllBooked(payments, { ...booked, merchantId, paymentOrderId });
}

const markAllBooked = together<PaymentOrderKey & Booked, undefined>(async (payments, inputs) => {
  const wire = inputs.map(({ merchantId, paymentOrderId, wallet, ledger, completes }) => ({
    merchant_id: merchantId,
    payment_order_id: paymentOrderId,
    wallet,
    ledger,
    completes,
  }));
  // The row lock makes the second of two concurrent steps see the first one's flag; in one order, so that two batches never wait for each other.
  await payments.$executeRaw`
    WITH one AS (
      SELECT merchant_id, payment_order_id, bool_or(wallet) AS wallet, bool_or(ledger) AS ledger, bool_or(completes) AS completes
      FROM jsonb_to_recordset(${JSON.stringify(wire)}::jsonb)
      AS one(merchant_id text, payment_order_id text, wallet boolean, ledger boolean, completes boolean) GROUP BY 1, 2),
    locked AS (
      SELECT one.* FROM one JOIN payments.payment_order AS o USING (merchant_id, payment_order_id)
      ORDER BY merchant_id, payment_order_id FOR UPDATE OF o)
    UPDATE payments.payment_order AS o
    SET wallet_updated = wallet_updated OR wallet, ledger_updated = ledger_updated OR ledger,
        phase = CASE WHEN NOT ((wallet_updated OR wallet) AND (ledger_updated OR ledger)) THEN phase WHEN completes THEN 'succeeded'
                     WHEN phase = 'needs_attention' THEN 'captured' ELSE phase END,
        payment_order_status = CASE WHEN completes AND ((wallet_updated OR wallet) AND (ledger_updated OR ledger)) THEN 'SUCCESS' ELSE payment_order_status END,
        attention_reason = CASE WHEN ((wallet_updated OR wallet) AND (ledger_updated OR ledger)) THEN NULL ELSE attention_reason END,
        attention_since = CASE WHEN ((wallet_updated OR wallet) AND (ledger_updated OR ledger)) THEN NULL ELSE attention_since END,
        updated_at = now()
    FROM locked
    WHERE o.merchant_id = locked.merchant_id AND o.payment_order_id = locked.payment_order_id
      AND payment_order_status IN ('NOT_STARTED', 'EXECUTING')`;
  return inputs.map(() => undefined);
});

/** Keeps the first request to cancel or capture an open order. Safe to repeat. Answers false for a final one. */
export async function requestOnPaymentOrder(
  payments: PrismaClient,
  verb: 'cancel' | 'capture',
  key: PaymentOrderKey,
  by: RequestedBy,
): Promise<boolean> {
  const request = JSON.stringify(by);
  const changed =
    verb === 'cancel'
      ? await payments.$executeRaw`
          UPDATE payments.payment_order SET cancel_requested = coalesce(cancel_requested, ${request}::jsonb), updated_at = now()
          WHERE merchant_id = ${key.merchantId} AND payment_order_id = ${key.paymentOrderId}
            AND payment_order_status IN ('NOT_STARTED', 'EXECUTING')`
      : await payments.$executeRaw`
          UPDATE payments.payment_order SET capture_requested = coalesce(capture_requested, ${request}::jsonb), updated_at = now()
          WHERE merchant_id = ${key.merchantId} AND payment_order_id = ${key.paymentOrderId}
            AND payment_order_status IN ('NOT_STARTED', 'EXECUTING')`;
  return changed > 0;
}

/** How many orders a person should know about, for metrics. */
export async function countForOps(
  payments: PrismaClient,
): Promise<{ phase: string; reason: string | null; count: bigint; oldestSeconds: number }[]> {
  return payments.$queryRaw`
    SELECT phase, attention_reason AS reason, count(*) AS count,
           extract(epoch FROM now() - min(updated_at))::float8 AS "oldestSeconds" FROM payments.payment_order
    WHERE phase IN ('needs_attention', 'unknown') GROUP BY phase, attention_reason`;
}

/** When the PSP makes captured money available, for those of these orders that it has said it of and that have succeeded (P1). */
export async function availabilityOf(
  payments: PrismaClient,
  orders: readonly PaymentOrderKey[],
): Promise<(PaymentOrderKey & { availableOn: Date })[]> {
  return payments.$queryRaw`
    SELECT o.merchant_id AS "merchantId", o.payment_order_id AS "paymentOrderId", o.available_on AS "availableOn"
    FROM payments.payment_order AS o
    JOIN unnest(${orders.map((order) => order.merchantId)}::text[], ${orders.map((order) => order.paymentOrderId)}::text[])
      AS wanted(merchant_id, payment_order_id) USING (merchant_id, payment_order_id)
    WHERE o.payment_order_status = 'SUCCESS' AND o.available_on IS NOT NULL`;
}

/** Keeps when charges become available, by the PSP's id of the charge. What is known stays. Answers how many were new. */
export async function saveAvailability(
  payments: PrismaClient,
  merchantId: string,
  charges: readonly { readonly charge: string; readonly availableOn: string }[],
): Promise<number> {
  return payments.$executeRaw`
    UPDATE payments.payment_order AS o SET available_on = line.available_on
    FROM unnest(${charges.map(({ charge }) => charge)}::text[], ${charges.map(({ availableOn }) => availableOn)}::timestamptz[])
      AS line(charge, available_on)
    WHERE o.merchant_id = ${merchantId} AND o.psp_charge_reference = line.charge AND o.available_on IS NULL`;
}

/** Keeps when one order's money becomes available. What is known stays. */
export async function saveAvailabilityOf(
  payments: PrismaClient,
  key: PaymentOrderKey,
  availableOn: Date,
): Promise<void> {
  const { merchantId, paymentOrderId } = key;
  await payments.paymentOrder.updateMany({
    where: { merchantId, paymentOrderId, availableOn: null },
    data: { availableOn },
  });
}

/** The payment orders that a payment or a charge at the PSP is of. */
export async function ordersOfReference(
  payments: PrismaClient,
  merchantId: string,
  reference: string,
): Promise<string[]> {
  const rows = await payments.paymentOrder.findMany({
    where: { merchantId, OR: [{ pspReference: reference }, { pspChargeReference: reference }] },
    select: { paymentOrderId: true },
    take: 10,
  });
  return rows.map(({ paymentOrderId }) => paymentOrderId);
}

/** How the PSP names the payments of some orders. */
export async function pspNamesOf(
  payments: PrismaClient,
  merchantId: string,
  paymentOrderIds: readonly string[],
): Promise<{ readonly paymentOrderId: string; readonly charge: string | null; readonly payment: string | null }[]> {
  const rows = await payments.paymentOrder.findMany({
    where: { merchantId, paymentOrderId: { in: [...paymentOrderIds] } },
    select: { paymentOrderId: true, pspChargeReference: true, pspReference: true },
  });
  return rows.map((row) => ({
    paymentOrderId: row.paymentOrderId,
    charge: row.pspChargeReference,
    payment: row.pspReference,
  }));
}
