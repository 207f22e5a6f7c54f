import {
  statusOfPhase,
  type DeclineAdvice,
  type FailureReason,
  type PaymentOrderPhase,
  type PspOperation,
} from '../domain/payment-order';
import type { MoneyPolicies } from '../domain/policies';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import { findPaymentOrder, type PaymentOrderKey } from './payment-order';
import { numbered, together } from './together';

/** An operation as it stands before a call to the PSP, with what the call is about, read from the row itself. */
export interface BegunOperation {
  readonly idempotencyKey: string;
  /** Whether it may be sent. Not when a later attempt has replaced its own, nor to pay for an order that is at its end. */
  readonly isBegun: boolean;
  /** The order's newest attempt. */
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
  /** Whether the bank is to be asked to challenge the buyer. */
  readonly challenge: boolean;
  /** The rules of risk have blocked this order, and not its checkout. */
  readonly refusedByRisk: boolean;
  /** The buyer is not there: nothing can be asked of him. */
  readonly offSession: boolean;
  /** How much of it the merchant wants captured; null: all. */
  readonly captureAmount: bigint | null;
  /** Who has asked for its end, of the order or of its checkout; null: nobody. */
  readonly cancelRequested: unknown;
  /** Whether somebody has asked for its capture, or for its checkout's. */
  readonly captureRequested: boolean;
  /** What its checkout has decided for all orders, and why; null: nothing yet. */
  readonly decision: string | null;
  readonly decisionReason: string | null;
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
 * an attempt that a later one has replaced is not begun, nor one that would pay for an order which has ended meanwhile: whoever ends it waits
 * for the order's row, or is waited for.
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
    due AS (
      SELECT one.* FROM one JOIN payments.payment_order AS o USING (merchant_id, payment_order_id)
      WHERE o.business_attempt <= one.attempt
        AND (o.payment_order_status IN ('NOT_STARTED', 'EXECUTING') OR one.operation IN ('void', 'refund'))
      ORDER BY merchant_id, payment_order_id FOR NO KEY UPDATE OF o),
    begun AS (
      INSERT INTO payments.psp_operation AS o (merchant_id, payment_order_id, operation, attempt, idempotency_key)
      SELECT merchant_id, payment_order_id, operation, attempt, idempotency_key FROM due
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
    SELECT place, key_in_use IS NOT NULL AS "isBegun", coalesce(key_in_use, one.idempotency_key) AS "idempotencyKey", business_attempt AS "businessAttempt",
           coalesce(begun.sends, earlier.sends, 0) AS sends, coalesce(begun.refused_sends, earlier.refused_sends, 0) AS "refusedSends",
           coalesce(begun.first_sent_at, earlier.first_sent_at, now()) AS "firstSentAt", coalesce(age, 0) AS "ageSeconds",
           coalesce(begun.outcome, earlier.outcome) AS outcome, amount, currency, statement_descriptor AS "statementDescriptor", psp_reference AS "pspReference", checkout_id AS "checkoutId",
           return_url AS "returnUrl", challenge, refused_by_risk AS "refusedByRisk", off_session AS "offSession", (payment_order.capture_requested->>'amount_minor')::bigint AS "captureAmount",
           coalesce(payment_order.cancel_requested, checkout.cancel_requested) AS "cancelRequested",
           coalesce(payment_order.capture_requested, checkout.capture_requested) IS NOT NULL AS "captureRequested",
           decision, decision_reason AS "decisionReason"
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
  readonly declineAdvice: DeclineAdvice | null;
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

/**
 * Keeps what the PSP said, on the operation and, unless a later attempt has begun, on the order, in one statement. Safe to repeat.
 *
 * @returns who has asked for the order's end by then, or for its checkout's; nothing where nobody has, or the order is at its end
 */
export function recordOperation(payments: PrismaClient, key: PaymentOrderKey, result: OperationResult) {
  return recordOperations(payments, { key, result });
}

const recordOperations = together<{ key: PaymentOrderKey; result: OperationResult }, RequestedBy | undefined>(
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
      decline_advice: result.declineAdvice,
      failure_message: result.failureMessage,
      psp_reference: result.pspReference,
      psp_charge_reference: result.pspChargeReference,
      captured_amount: result.captured?.amountMinor.toString() ?? null,
      available_on: result.captured?.availableOn?.toISOString() ?? null,
      policies: result.captured?.policies ?? null,
      next_action_url: result.nextActionUrl,
    }));
    const rows = await payments.$queryRaw<{ place: number; by: RequestedBy | null }[]>`
    WITH one AS (
      SELECT * FROM jsonb_to_recordset(${numbered(wire)}::jsonb)
      AS one(place int, merchant_id text, payment_order_id text, operation text, attempt int, outcome jsonb, supplied_by jsonb, phase text, status text,
             failure_reason text, decline_code text, decline_advice text, failure_message text, psp_reference text, psp_charge_reference text,
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
        decline_code = coalesce(one.decline_code, paid.decline_code),
        decline_advice = CASE WHEN one.decline_code IS NULL THEN paid.decline_advice ELSE one.decline_advice END,
        failure_message = coalesce(one.failure_message, paid.failure_message),
        psp_reference = coalesce(one.psp_reference, paid.psp_reference),
        psp_charge_reference = coalesce(one.psp_charge_reference, paid.psp_charge_reference),
        captured_amount = coalesce(paid.captured_amount, one.captured_amount),
        available_on = coalesce(paid.available_on, one.available_on),
        policies = coalesce(paid.policies, one.policies),
        next_action_url = one.next_action_url, attention_reason = NULL, attention_since = NULL, updated_at = now()
    FROM one, payments.checkout
    WHERE paid.merchant_id = one.merchant_id AND paid.payment_order_id = one.payment_order_id
      AND checkout.merchant_id = paid.merchant_id AND checkout.checkout_id = paid.checkout_id
      AND paid.business_attempt <= one.attempt AND paid.payment_order_status IN ('NOT_STARTED', 'EXECUTING')
    RETURNING one.place, coalesce(paid.cancel_requested, checkout.cancel_requested) AS by`;
    const byPlace = new Map(rows.map(({ place, by }) => [place, by ?? undefined]));
    return inputs.map((_, place) => byPlace.get(place));
  },
);

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
