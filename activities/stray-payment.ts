import { appendTransaction } from '../prisma/ledger';
import type { PostingKind } from '../domain/ledger';
import { findPaymentOrder } from '../prisma/payment-order';
import { findStrayPayment, moveStrayPayment, type StrayPaymentRecord, type StrayState } from '../prisma/stray-payment';
import type { OperationIdentity, PaymentOutcome, PaymentProvider } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

export interface ReturnedStrayPayment {
  readonly state: StrayState;
}

/**
 * Gives a stray payment back by what stands at the PSP: void before capture, refund after (U4, C5). What was captured is
 * booked as owed to the buyer before it is refunded, and as returned after. A retry is safe: state is read first, void
 * and refund have keys of their own, and each posting has the payment as its unique source.
 */
export async function returnStrayPayment(
  dependencies: Dependencies,
  input: { merchantId: string; reference: string },
): Promise<ReturnedStrayPayment> {
  const { payments } = dependencies.databases;
  const key = { merchantId: input.merchantId, pspReference: input.reference };
  const stray = await findStrayPayment(payments, key);
  if (stray === undefined) throw failure('NotFound', `there is no stray payment ${input.reference}`);
  if (stray.state !== 'open' && stray.state !== 'refunding') return { state: stray.state as StrayState };
  const provider = await dependencies.providerOf(input.merchantId);
  const standing = await provider.retrieve(input.reference);
  try {
    const state = await settle(dependencies, provider, stray, standing);
    const amountMinor = standing.outcome === 'succeeded' ? BigInt(standing.receivedMinor) : undefined;
    await moveStrayPayment(payments, key, { state, ...(amountMinor !== undefined && { amountMinor }) });
    return { state };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    await moveStrayPayment(payments, key, { state: stray.state, problem });
    throw error;
  }
}

async function settle(
  dependencies: Dependencies,
  provider: PaymentProvider,
  stray: StrayPaymentRecord,
  standing: PaymentOutcome,
): Promise<StrayState> {
  const identity = (operation: 'void' | 'refund'): OperationIdentity => ({
    merchantId: stray.merchantId,
    paymentOrderId: stray.paymentOrderId,
    operation,
    attempt: stray.attempt,
  });
  switch (standing.outcome) {
    case 'succeeded':
      return refund(dependencies, provider, stray, standing, identity('refund'));
    case 'authorized':
    case 'requires_action': {
      const outcome = await provider.void({ identity: identity('void'), reference: stray.pspReference });
      if (outcome.outcome !== 'canceled')
        throw failure(
          'ProviderOutcomeUnknown',
          `the PSP did not cancel payment ${stray.pspReference}: it is ${outcome.outcome}`,
        );
      return 'voided';
    }
    case 'processing':
      return 'open';
    case 'declined':
    case 'canceled':
      return 'nothing_there';
    case 'rejected':
      throw failure(
        'ProviderOutcomeUnknown',
        `the PSP does not know payment ${stray.pspReference}: ${standing.message}`,
      );
  }
}

async function refund(
  dependencies: Dependencies,
  provider: PaymentProvider,
  stray: StrayPaymentRecord,
  paid: Extract<PaymentOutcome, { outcome: 'succeeded' }>,
  identity: OperationIdentity,
): Promise<StrayState> {
  const amountMinor = BigInt(paid.receivedMinor);
  const book = (kind: PostingKind) => bookStray(dependencies, stray, amountMinor, kind);
  await book('stray_received');
  await book('stray_refund_requested');
  const reference = stray.pspReference;
  const ours = await provider.findRefund({ identity, reference });
  if (ours === undefined && BigInt(paid.refundedMinor) < amountMinor) {
    const amount = { amountMinor: amountMinor - BigInt(paid.refundedMinor), currency: stray.currency };
    const outcome = await provider.refund({ identity, reference, amount });
    if (outcome.outcome !== 'refunded') {
      const why = outcome.outcome === 'rejected' ? outcome.message : outcome.reason;
      throw failure('ProviderRejected', `the PSP could not give the money back: ${why}`);
    }
    if (outcome.pending) return 'refunding';
  } else if (ours?.outcome === 'refunded' && ours.pending) return 'refunding';
  await book('stray_refund_succeeded');
  return 'refunded';
}

async function bookStray(
  { databases }: Dependencies,
  stray: StrayPaymentRecord,
  amountMinor: bigint,
  kind: PostingKind,
): Promise<void> {
  const order = await findPaymentOrder(databases.payments, stray);
  await appendTransaction(databases.ledger, {
    merchantId: stray.merchantId,
    paymentOrderId: stray.paymentOrderId,
    source: { type: 'psp_payment', id: stray.pspReference },
    currency: stray.currency,
    order: { sellerAccount: order?.sellerAccount ?? 'unknown', amountMinor, platformFeeMinor: 0n },
    kind,
    effectiveAt: new Date(),
  });
}
