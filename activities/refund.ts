import { refundPosting, type RefundLeg } from '../domain/posting';
import type { RefundStatus } from '../domain/refund';
import type { RequestedBy } from '../domain/requested-by';
import { isPosted } from '../prisma/ledger';
import { findPaymentOrder, type PaymentOrderRecord } from '../prisma/payment-order';
import {
  beginRefundSend,
  findRefund,
  nextRefundAttempt,
  recordRefund,
  type RefundKey,
  type RefundRecord,
} from '../prisma/refund';
import { markOrder } from '../prisma/risk';
import type { OperationIdentity, PaymentProvider, RefundOutcome } from '../providers/provider';
import { book } from './book';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { keyLifeSeconds } from './pay';

/** How a refund stands, and what its order has come to. */
export interface LoadedRefund {
  readonly status: RefundStatus;
  readonly method: 'refund' | 'void';
  readonly orderStatus: string;
}

/** What the PSP says of a refund. `not_allowed`: it refused, and nothing has moved. */
export type SentRefund =
  | { readonly outcome: 'succeeded' | 'pending'; readonly reference: string }
  | { readonly outcome: 'failed'; readonly reference: string; readonly reason: string }
  | { readonly outcome: 'not_allowed'; readonly reason: string };

async function mustFind({ databases }: Dependencies, key: RefundKey): Promise<[RefundRecord, PaymentOrderRecord]> {
  const refund = await findRefund(databases.payments, key);
  const order = refund === undefined ? undefined : await findPaymentOrder(databases.payments, refund);
  if (refund === undefined || order === undefined) throw failure('NotFound', `there is no refund ${key.refundId}`);
  return [refund, order];
}

export async function loadRefund(dependencies: Dependencies, key: RefundKey): Promise<LoadedRefund> {
  const [refund, order] = await mustFind(dependencies, key);
  return {
    status: refund.refundStatus as RefundStatus,
    method: refund.method as 'refund' | 'void',
    orderStatus: order.paymentOrderStatus,
  };
}

/**
 * Takes the money from seller and fee before the PSP hears of the refund. A retry is safe: the posting's source is the
 * refund. A refund that was to be a void, whose order succeeded after all, is a refund from here on (C5).
 */
export async function reserveRefund(dependencies: Dependencies, key: RefundKey): Promise<void> {
  const [refund, order] = await mustFind(dependencies, key);
  if (refund.method === 'void')
    await recordRefund(dependencies.databases.payments, key, { status: 'requested', method: 'refund' });
  await bookRefund(dependencies, refund, order, 'requested');
}

/**
 * Has the PSP give the money back. A retry is safe: what carries our ids there is looked up first, the call has the
 * refund's own key, and a key near the end of its life is not sent again (I6).
 */
export async function sendRefund(dependencies: Dependencies, key: RefundKey): Promise<SentRefund> {
  const [refund, order] = await mustFind(dependencies, key);
  const { pspReference: reference } = order;
  if (reference === null) throw failure('InvariantViolated', `payment order ${order.paymentOrderId} has no payment`);
  const provider = await dependencies.providerOf(key.merchantId);
  if (refund.pspReference !== null) return sent(await provider.readRefund(refund.pspReference));
  const identity: OperationIdentity = {
    merchantId: key.merchantId,
    paymentOrderId: order.paymentOrderId,
    operation: 'refund',
    attempt: refund.attempt,
    refundId: refund.refundId,
  };
  const found = await findAnyAttempt(provider, identity, reference);
  const outcome = found === undefined ? await send(dependencies, provider, refund, identity, reference) : found;
  await dependencies.failpoint('refund.after_call', refund.refundId);
  const result = sent(outcome);
  if ('reference' in result)
    await recordRefund(dependencies.databases.payments, key, {
      status: result.outcome === 'pending' ? 'pending' : 'requested',
      pspReference: result.reference,
    });
  return result;
}

/** An earlier attempt may have come through late: any of them counts. */
async function findAnyAttempt(
  provider: PaymentProvider,
  identity: OperationIdentity,
  reference: string,
): Promise<RefundOutcome | undefined> {
  for (let attempt = identity.attempt; attempt >= 1; attempt -= 1) {
    const found = await provider.findRefund({ identity: { ...identity, attempt }, reference });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function send(
  dependencies: Dependencies,
  provider: PaymentProvider,
  refund: RefundRecord,
  identity: OperationIdentity,
  reference: string,
): Promise<RefundOutcome> {
  const ageSeconds = await beginRefundSend(dependencies.databases.payments, refund);
  if (ageSeconds > keyLifeSeconds)
    throw failure(
      'ProviderOutcomeUnknown',
      'the key is too old to be sent again, and no refund was found under our ids',
    );
  await dependencies.failpoint('refund.before_call', refund.refundId);
  const amount = { amountMinor: refund.amount, currency: refund.currency };
  return provider.refund({ identity, reference, amount });
}

function sent(outcome: RefundOutcome): SentRefund {
  switch (outcome.outcome) {
    case 'refunded':
      return { outcome: outcome.pending ? 'pending' : 'succeeded', reference: outcome.reference };
    case 'failed':
      return { outcome: 'failed', reference: outcome.reference, reason: outcome.reason };
    case 'rejected':
      return { outcome: 'not_allowed', reason: outcome.code };
  }
}

/** The money has left: out of transit, in the book and on the row. A retry is safe: each posting has its source. */
export async function settleRefund(dependencies: Dependencies, key: RefundKey): Promise<void> {
  const [refund, order] = await mustFind(dependencies, key);
  await bookRefund(dependencies, refund, order, 'succeeded');
  await markOrder(dependencies.databases.risk, order, 'refunded');
  await recordRefund(dependencies.databases.payments, key, { status: 'succeeded' });
}

/**
 * The money has not left, or is back: seller and fee have it again (C3). A retry is safe: what was booked as gone is booked
 * as returned once, and each posting has its source.
 */
export async function reinstateRefund(
  dependencies: Dependencies,
  input: RefundKey & { reason: string },
): Promise<void> {
  const [refund, order] = await mustFind(dependencies, input);
  const succeeded = { type: 'refund', id: refund.refundId, leg: 'succeeded' } as const;
  if (await isPosted(dependencies.databases.ledger, input.merchantId, succeeded))
    await bookRefund(dependencies, refund, order, 'returned');
  await bookRefund(dependencies, refund, order, 'failed');
  await recordRefund(dependencies.databases.payments, input, { status: 'failed', failureReason: input.reason });
}

async function bookRefund(
  dependencies: Dependencies,
  refund: RefundRecord,
  order: PaymentOrderRecord,
  leg: RefundLeg,
): Promise<void> {
  const { sellerAccount } = order;
  const { sellerAmount: sellerMinor, feeAmount: feeMinor, positionAmount } = refund;
  const crossing = positionAmount !== null && {
    crossing: { buyerCurrency: refund.currency, buyerMinor: refund.amount, positionMinor: positionAmount },
  };
  await book(dependencies, {
    merchantId: refund.merchantId,
    source: { type: 'refund', id: refund.refundId, leg },
    paymentOrderId: refund.paymentOrderId,
    sellerAccount,
    currency: refund.sellerCurrency ?? refund.currency,
    posting: refundPosting(leg, { sellerAccount, sellerMinor, feeMinor, ...crossing }),
    effectiveAt: new Date(),
    ...(refund.reason !== null && { reason: refund.reason }),
  });
}

/** Takes a person's word for how a refund ended. A retry is safe: the PSP's own id, once known, stays. */
export async function supplyRefund(
  { databases }: Dependencies,
  input: RefundKey & { outcome: 'succeeded' | 'failed'; reference: string | undefined } & RequestedBy,
): Promise<SentRefund> {
  const reference = input.reference ?? 'supplied_by_ops';
  if (input.outcome === 'failed') return { outcome: 'not_allowed', reason: `supplied by ${input.actor}` };
  await recordRefund(databases.payments, input, { status: 'requested', pspReference: reference });
  return { outcome: 'succeeded', reference };
}

export const startNewRefundAttempt = async ({ databases }: Dependencies, key: RefundKey): Promise<number> => {
  const current = (await findRefund(databases.payments, key))?.attempt ?? 1;
  return nextRefundAttempt(databases.payments, key, current);
};
