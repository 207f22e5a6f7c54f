import { createHash } from 'node:crypto';
import { capturedExchange, exchangedBack, type ExchangedPart } from './domain/exchange';
import { fromMinorUnits } from './domain/money';
import { policiesFrom } from './domain/policies';
import { capturedParts, partsOfRefund } from './domain/refund';
import type { RequestedBy } from './domain/requested-by';
import type { PrismaClient } from './prisma/database';
import { findPaymentOrder, type PaymentOrderRecord } from './prisma/payment-order';
import {
  createRefund,
  findRefund,
  givenBack,
  type CreateRefundOutcome,
  type GivenBack,
  type RefundRecord,
} from './prisma/refund';
import type { MoneyProcess } from './workflows/messages';

/** A refund as somebody wants it. Minor units; a null amount means all that is left. */
export interface RefundRequest {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly refundId: string;
  readonly amountMinor: bigint | null;
  readonly reason: string | null;
  readonly requestedBy: RequestedBy;
  readonly pspReference: string | null;
  readonly idempotencyKey: string | null;
}

export type RefundAnswer =
  | { readonly outcome: 'created' | 'replayed'; readonly refund: RefundRecord }
  | {
      readonly outcome:
        Exclude<CreateRefundOutcome['outcome'], 'created' | 'replayed' | 'stale'> | 'not_captured_whole';
      readonly remainingMinor: bigint;
    };

const route = 'POST /v1/payments/{id}/refunds';
/** Two refunds of one order get in each other's way once; more often than this is a defect. */
const mostTries = 50;

/** Phases in which nothing has been captured, and the order can be released whole (C5). */
const voidable: readonly string[] = ['authorized', 'requires_action', 'processing'];

/**
 * Stores a refund with its parts, worked out from what was given back before. Guarded in Postgres: of two that are asked
 * for at once and don't both fit, one is stored (C2). The same for the API, and for refunds that the PSP tells of.
 */
export async function requestRefund(payments: PrismaClient, request: RefundRequest): Promise<RefundAnswer> {
  const { merchantId, paymentOrderId } = request;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const order = await findPaymentOrder(payments, { merchantId, paymentOrderId });
    if (order === undefined) throw new RangeError(`there is no payment order ${paymentOrderId}`);
    const before = await givenBack(payments, { merchantId, paymentOrderId });
    const isVoid = voidable.includes(order.phase);
    const captured = capturedParts(order);
    const capturedMinor = order.capturedAmount ?? order.amount;
    const leftMinor = isVoid ? order.amount : capturedMinor - before.refundedMinor - before.heldMinor;
    const amountMinor = request.amountMinor ?? (leftMinor > 0n ? leftMinor : capturedMinor);
    if (isVoid && amountMinor !== order.amount) return { outcome: 'not_captured_whole', remainingMinor: order.amount };
    const back = backOf(order, before, amountMinor);
    const grossMinor = back?.grossMinor ?? amountMinor;
    const parts =
      amountMinor > leftMinor
        ? { sellerMinor: grossMinor, feeMinor: 0n }
        : partsOfRefund(captured, before.parts, grossMinor, policiesFrom(order.policies));
    const answer = await createRefund(payments, {
      ...request,
      amountMinor,
      parts,
      ...(back !== undefined && { positionMinor: back.positionMinor }),
      seen: before,
      method: isVoid ? 'void' : 'refund',
      requestFingerprint: fingerprint(request),
      route,
    });
    if (answer.outcome === 'created' || answer.outcome === 'replayed') {
      const refund = await findRefund(payments, { merchantId, refundId: answer.refundId ?? request.refundId });
      if (refund === undefined) throw new Error(`refund ${request.refundId} was stored and is not there`);
      return { outcome: answer.outcome, refund };
    }
    if (answer.outcome !== 'stale') return { outcome: answer.outcome, remainingMinor: answer.remainingMinor };
  }
  throw new Error(`refund ${request.refundId} found its order changed ${String(mostTries)} times`);
}

/** What a refund takes back in the seller's currency, where the buyer paid in another one. */
function backOf(order: PaymentOrderRecord, before: GivenBack, amountMinor: bigint): ExchangedPart | undefined {
  const captured = capturedExchange(order);
  if (captured === undefined) return undefined;
  const { sellerMinor, feeMinor } = before.parts;
  const gone = {
    buyerMinor: before.refundedMinor,
    grossMinor: sellerMinor + feeMinor,
    positionMinor: before.positionMinor,
  };
  return exchangedBack(captured, order.capturedAmount ?? order.amount, gone, amountMinor);
}

/** Equal wishes have equal fingerprints; the id is ours where none was given, so it isn't part of the wish. */
const fingerprint = ({ paymentOrderId, amountMinor, reason }: RefundRequest): Uint8Array =>
  createHash('sha256')
    .update(JSON.stringify([paymentOrderId, amountMinor?.toString() ?? null, reason]))
    .digest();

/** The workflow that carries a stored refund out. */
export const refundProcess = (refund: RefundRecord, sellerAccount: string): MoneyProcess => ({
  workflow: 'refundWorkflow',
  input: {
    merchantId: refund.merchantId,
    refundId: refund.refundId,
    paymentOrderId: refund.paymentOrderId,
    sellerAccount,
    amount: fromMinorUnits(refund.amount, refund.currency),
  },
});
