import {
  statusOfPhase,
  type AttentionReason,
  type FailureReason,
  type PaymentOrderPhase,
  type PaymentOrderStatus,
  type PspOperation,
} from '../domain/payment-order';
import type { MoneyPolicies } from '../domain/policies';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import { numbered, together } from './together';

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

/** An operation as it stands before a call to the PSP, with what the call is about, read from the row itself. */
export interface BegunOperation {
  readonly idempotencyKey: string;
  /** The order's newest attempt. When it is above the operation's own, nothing was noted and nothing may be sent. */
  readonly businessAttempt: number;
  readonly sends: number;
  /** How many of the earlier sends certainly had no effect. */
  readonly refusedSends: number;
  readonly firstSentAt: Date;
  /** The key's age by the database's clock, which every process shares. */
  readonly ageSeconds: number;
  readonly outcome: unknown;
  readonly amount: bigint;
  readonly currency: string;
  readonly statementDescriptor: string | null;
  readonly pspReference: string | null;
  readonly checkoutId: string;
  readonly returnUrl: string | null;
  /** How much of it the merchant wants captured; null: all. */
  readonly captureAmount: bigint | null;
  /** Who has asked for its end, of the order or of its checkout; null: nobody. */
  readonly cancelRequested: unknown;
}

/** An operation that is about to be sent. */
export interface OperationToBegin extends PaymentOrderKey {
  readonly operation: PspOperation;
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly phase: PaymentOrderPhase;
}

/**
 * Notes that an operation is about to be sent: its key, the count of sends, and the order's phase, in one statement, also with
 * others that begin at the same time. A finished operation is returned as it ended, and nothing is sent again (I5); one of
 * an attempt that a later one has replaced is not begun.
 *
 * @returns nothing when there is no such order
 */
export const beginOperation = together<OperationToBegin, BegunOperation | undefined>(async (payments, inputs) => {
  const wire = inputs.map((input) => ({
    merchant_id: input.merchantId,
    payment_order_id: input.paymentOrderId,
    operation: input.operation,
    attempt: input.attempt,
    idempotency_key: input.idempotencyKey,
    phase: input.phase,
    status: statusOfPhase(input.phase),
  }));
  const rows = await payments.$queryRaw<(BegunOperation & { place: number })[]>`
    WITH one AS (
      SELECT * FROM jsonb_to_recordset(${numbered(wire)}::jsonb)
      AS one(place int, merchant_id text, payment_order_id text, operation text, attempt int, idempotency_key text, phase text, status text)),
    begun AS (
      INSERT INTO payments.psp_operation AS o (merchant_id, payment_order_id, operation, attempt, idempotency_key)
      SELECT one.merchant_id, one.payment_order_id, one.operation, one.attempt, one.idempotency_key
      FROM one JOIN payments.payment_order AS due USING (merchant_id, payment_order_id)
      WHERE due.business_attempt <= one.attempt
      ON CONFLICT (merchant_id, payment_order_id, operation, attempt) DO UPDATE
      SET sends = o.sends + (o.outcome IS NULL)::int,
          last_sent_at = CASE WHEN o.outcome IS NULL THEN now() ELSE o.last_sent_at END
      RETURNING merchant_id, payment_order_id, operation, attempt, o.idempotency_key AS key_in_use, sends, refused_sends, first_sent_at,
                extract(epoch FROM now() - first_sent_at)::float8 AS age, outcome),
    moved AS (
      UPDATE payments.payment_order AS moved
      SET phase = one.phase, payment_order_status = one.status, attention_reason = NULL, attention_since = NULL, updated_at = now()
      FROM one JOIN begun USING (merchant_id, payment_order_id, operation, attempt)
      WHERE moved.merchant_id = one.merchant_id AND moved.payment_order_id = one.payment_order_id
        AND moved.payment_order_status IN ('NOT_STARTED', 'EXECUTING') AND begun.outcome IS NULL)
    SELECT place, coalesce(key_in_use, one.idempotency_key) AS "idempotencyKey", business_attempt AS "businessAttempt",
           coalesce(begun.sends, earlier.sends, 0) AS sends, coalesce(begun.refused_sends, earlier.refused_sends, 0) AS "refusedSends",
           coalesce(begun.first_sent_at, earlier.first_sent_at, now()) AS "firstSentAt", coalesce(age, 0) AS "ageSeconds",
           coalesce(begun.outcome, earlier.outcome) AS outcome, amount, currency, statement_descriptor AS "statementDescriptor", psp_reference AS "pspReference", checkout_id AS "checkoutId",
           return_url AS "returnUrl", (payment_order.capture_requested->>'amount_minor')::bigint AS "captureAmount",
           coalesce(payment_order.cancel_requested, checkout.cancel_requested) AS "cancelRequested"
    FROM one LEFT JOIN begun USING (merchant_id, payment_order_id, operation, attempt)
      LEFT JOIN payments.psp_operation AS earlier USING (merchant_id, payment_order_id, operation, attempt)
      JOIN payments.payment_order USING (merchant_id, payment_order_id) JOIN payments.checkout USING (merchant_id, checkout_id)`;
  const byPlace = new Map(rows.map((row) => [row.place, row]));
  return inputs.map((_, place) => byPlace.get(place));
});

/** Notes that the send just made had no effect: the PSP was not reached, or refused before executing. */
export async function recordRefusedSend(
  payments: PrismaClient,
  key: PaymentOrderKey,
  operation: PspOperation,
  attempt: number,
): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.psp_operation SET refused_sends = least(refused_sends + 1, sends)
    WHERE merchant_id = ${key.merchantId} AND payment_order_id = ${key.paymentOrderId}
      AND operation = ${operation} AND attempt = ${attempt}::int`;
}

/** What is known after a call to the PSP. */
export interface OperationResult {
  readonly operation: PspOperation;
  readonly attempt: number;
  /** Kept with the operation when it is final; null while the PSP or the buyer is still at it. */
  readonly finalOutcome: unknown;
  readonly phase: PaymentOrderPhase;
  readonly failureReason: FailureReason | null;
  readonly declineCode: string | null;
  readonly failureMessage: string | null;
  readonly pspReference: string | null;
  readonly pspChargeReference: string | null;
  readonly nextActionUrl: string | null;
  /** A person's word in place of the PSP's; null when the PSP spoke. */
  readonly suppliedBy: RequestedBy | null;
  /** Set when the money has come in. */
  readonly captured: CapturedFacts | null;
}

/** What is known, and frozen, when an order's money has come in. */
export interface CapturedFacts {
  readonly amountMinor: bigint;
  readonly availableOn: Date | null;
  readonly policies: MoneyPolicies;
}

/** Keeps what the PSP said, on the operation and, unless a later attempt has begun, on the order, in one statement. Safe to repeat. */
export function recordOperation(payments: PrismaClient, key: PaymentOrderKey, result: OperationResult): Promise<void> {
  return recordOperations(payments, { key, result });
}

const recordOperations = together<{ key: PaymentOrderKey; result: OperationResult }, undefined>(
  async (payments, inputs) => {
    const wire = inputs.map(({ key, result }) => ({
      merchant_id: key.merchantId,
      payment_order_id: key.paymentOrderId,
      operation: result.operation,
      attempt: result.attempt,
      outcome: result.finalOutcome,
      supplied_by: result.suppliedBy,
      phase: result.phase,
      status: statusOfPhase(result.phase),
      failure_reason: result.failureReason,
      decline_code: result.declineCode,
      failure_message: result.failureMessage,
      psp_reference: result.pspReference,
      psp_charge_reference: result.pspChargeReference,
      captured_amount: result.captured?.amountMinor.toString() ?? null,
      available_on: result.captured?.availableOn?.toISOString() ?? null,
      policies: result.captured?.policies ?? null,
      next_action_url: result.nextActionUrl,
    }));
    await payments.$executeRaw`
    WITH one AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(wire)}::jsonb)
      AS one(merchant_id text, payment_order_id text, operation text, attempt int, outcome jsonb, supplied_by jsonb, phase text, status text,
             failure_reason text, decline_code text, failure_message text, psp_reference text, psp_charge_reference text,
             captured_amount bigint, available_on timestamptz, policies jsonb, next_action_url text)),
    ended AS (
      UPDATE payments.psp_operation AS ended
      SET outcome = coalesce(ended.outcome, one.outcome), supplied_by = coalesce(ended.supplied_by, one.supplied_by),
          finished_at = CASE WHEN one.outcome IS NULL THEN finished_at ELSE coalesce(finished_at, now()) END
      FROM one
      WHERE ended.merchant_id = one.merchant_id AND ended.payment_order_id = one.payment_order_id
        AND ended.operation = one.operation AND ended.attempt = one.attempt)
    UPDATE payments.payment_order AS paid
    SET phase = one.phase, payment_order_status = one.status, failure_reason = one.failure_reason,
        decline_code = coalesce(one.decline_code, paid.decline_code), failure_message = coalesce(one.failure_message, paid.failure_message),
        psp_reference = coalesce(one.psp_reference, paid.psp_reference),
        psp_charge_reference = coalesce(one.psp_charge_reference, paid.psp_charge_reference),
        captured_amount = coalesce(paid.captured_amount, one.captured_amount),
        available_on = coalesce(paid.available_on, one.available_on),
        policies = coalesce(paid.policies, one.policies),
        next_action_url = one.next_action_url, attention_reason = NULL, attention_since = NULL, updated_at = now()
    FROM one
    WHERE paid.merchant_id = one.merchant_id AND paid.payment_order_id = one.payment_order_id
      AND paid.business_attempt <= one.attempt AND paid.payment_order_status IN ('NOT_STARTED', 'EXECUTING')`;
    return inputs.map(() => undefined);
  },
);

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

/**
 * Starts a new business attempt after look-up has shown that the last one never happened (I5), unless that one was sent
 * within the last two minutes: it may still be on its way. Guarded: two callers make one attempt.
 *
 * @returns the attempt to go on with, new or not
 */
export async function nextBusinessAttempt(
  payments: PrismaClient,
  key: PaymentOrderKey,
  operation: PspOperation,
  current: number,
): Promise<number> {
  const rows = await payments.$queryRaw<{ attempt: number }[]>`
    UPDATE payments.payment_order
    SET business_attempt = ${current + 1}::int, psp_reference = NULL, psp_charge_reference = NULL, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND payment_order_id = ${key.paymentOrderId} AND business_attempt <= ${current}::int
      AND NOT EXISTS (
        SELECT FROM payments.psp_operation
        WHERE merchant_id = ${key.merchantId} AND payment_order_id = ${key.paymentOrderId} AND operation = ${operation}
          AND attempt = ${current}::int AND last_sent_at > now() - interval '2 minutes')
    RETURNING business_attempt AS attempt`;
  if (rows[0] !== undefined) return rows[0].attempt;
  return (await findPaymentOrder(payments, key))?.businessAttempt ?? current;
}

/** Writes down a person's act, once per Temporal update. */
export async function recordOpsAction(
  payments: PrismaClient,
  action: PaymentOrderKey & {
    action: string;
    actor: string;
    reason: string;
    details: unknown;
    updateId: string;
    subject?: string;
  },
): Promise<void> {
  await payments.$executeRaw`
    INSERT INTO payments.ops_action (merchant_id, payment_order_id, action, actor, reason, details, update_id, subject)
    VALUES (${action.merchantId}, ${action.paymentOrderId}, ${action.action}, ${action.actor}, ${action.reason},
            ${JSON.stringify(action.details ?? {})}::jsonb, ${action.updateId}, ${action.subject ?? null}::text)
    ON CONFLICT DO NOTHING`;
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

/** What was sent to the PSP about an order, under which key, and what came of it: its lasting step record. */
export async function operationsOf(
  payments: PrismaClient,
  key: PaymentOrderKey,
): Promise<Record<string, string | number | null>[]> {
  const { merchantId, paymentOrderId } = key;
  const rows = await payments.providerOperation.findMany({
    where: { merchantId, paymentOrderId },
    orderBy: { firstSentAt: 'asc' },
  });
  return rows.map((row) => ({
    operation: row.operation,
    attempt: row.attempt,
    idempotency_key: row.idempotencyKey,
    sends: row.sends,
    first_sent_at: row.firstSentAt.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
    outcome: (row.outcome as { outcome?: string } | null)?.outcome ?? null,
  }));
}

/** What people have done about an order. */
export async function opsActionsOf(
  payments: PrismaClient,
  key: PaymentOrderKey,
): Promise<Record<string, string | null>[]> {
  const { merchantId, paymentOrderId } = key;
  const rows = await payments.opsAction.findMany({
    where: { merchantId, paymentOrderId },
    orderBy: { opsActionId: 'asc' },
  });
  return rows.map(({ action, actor, reason, subject, recordedAt }) => ({
    action,
    actor,
    reason,
    subject,
    recorded_at: recordedAt.toISOString(),
  }));
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
