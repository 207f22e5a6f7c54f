import { findPaymentOrder } from '../prisma/payment-order';
import { recordOperation } from '../prisma/psp-operation';
import type { PaymentOutcome, PaymentProvider } from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { begin, checkCurrent, find, identityOf } from './pay';

export interface ReverseInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  /** Unset where the order attached its card itself. */
  readonly customer?: string;
  readonly attempt: number;
  /** Whether captured money is to be refunded, or only reported as captured. */
  readonly refundCaptured: boolean;
}

export interface ReverseOutcome {
  /** `voided` also when there was nothing to undo. */
  readonly outcome: 'voided' | 'refunded' | 'refund_pending' | 'captured_meanwhile';
  /** What had been captured, in minor units; set with `refunded`. */
  readonly capturedMinor?: string;
}

/**
 * Undoes a payment by what really stands at the PSP, not by what we believe (C5): void before capture, refund after,
 * nothing when there is nothing. An order that is SUCCESS has been promised to buyer and seller: its money goes back by a
 * refund only (V3), whatever a run that was reset believes. A retry is safe: state is read first, and each operation has its
 * own key.
 *
 * @throws InvariantViolated when the order is SUCCESS
 * @throws AttemptSuperseded when a later attempt has begun: what stands at the PSP is that one's
 */
export async function reverse(dependencies: Dependencies, input: ReverseInput): Promise<ReverseOutcome> {
  const provider = await dependencies.providerOf(input.merchantId);
  const order = await findPaymentOrder(dependencies.databases.payments, input);
  if (order === undefined) throw failure('NotFound', `there is no payment order ${input.paymentOrderId}`);
  if (order.paymentOrderStatus === 'SUCCESS') {
    if (!input.refundCaptured) return { outcome: 'captured_meanwhile' };
    throw failure(
      'InvariantViolated',
      `payment order ${input.paymentOrderId} has succeeded: only a refund gives it back`,
    );
  }
  checkCurrent(input, order.businessAttempt);
  const reference = order.pspReference ?? (await findReference(dependencies, provider, input, order));
  if (reference === undefined) return { outcome: 'voided' };
  const standing = await provider.retrieve(reference);
  switch (standing.outcome) {
    case 'succeeded':
      if (!input.refundCaptured) return { outcome: 'captured_meanwhile' };
      return refund(dependencies, provider, input, standing, order.currency);
    case 'authorized':
    case 'requires_action':
    case 'processing':
    case 'declined':
      return voidPayment(dependencies, provider, input, reference);
    case 'canceled':
      return { outcome: 'voided' };
    case 'rejected':
      throw failure('ProviderOutcomeUnknown', `the PSP does not know payment ${reference}: ${standing.message}`);
  }
}

async function findReference(
  dependencies: Dependencies,
  provider: PaymentProvider,
  input: ReverseInput,
  order: { readonly createdAt: Date; readonly checkoutId: string },
): Promise<string | undefined> {
  const sinceSeconds = Math.floor(order.createdAt.getTime() / 1000) - 300;
  for (const operation of ['charge', 'authorize'] as const) {
    const found = await find(dependencies, provider, input, order.checkoutId, operation, sinceSeconds);
    if (found !== undefined && 'reference' in found && found.reference !== null) return found.reference;
  }
  return undefined;
}

async function refund(
  dependencies: Dependencies,
  provider: PaymentProvider,
  input: ReverseInput,
  paid: Extract<PaymentOutcome, { outcome: 'succeeded' }>,
  currency: string,
): Promise<ReverseOutcome> {
  const identity = identityOf(input, 'refund');
  const { reference } = paid;
  await begin(dependencies, identity, 'refunding');
  await dependencies.failpoint('refund.before_call', input.paymentOrderId);
  const ours = await provider.findRefund({ identity, reference });
  // Nothing is left to refund and it wasn't us: somebody gave it back on the PSP's own dashboard.
  if (ours === undefined && BigInt(paid.refundedMinor) >= BigInt(paid.receivedMinor))
    return { outcome: 'refunded', capturedMinor: paid.receivedMinor };
  const amount = { amountMinor: BigInt(paid.receivedMinor), currency };
  const outcome = ours ?? (await provider.refund({ identity, reference, amount }));
  await dependencies.failpoint('refund.after_call', input.paymentOrderId);
  if (outcome.outcome !== 'refunded') {
    const why = outcome.outcome === 'rejected' ? outcome.message : outcome.reason;
    throw failure('ProviderRejected', `the PSP could not give the money back: ${why}`);
  }
  await finish(dependencies, input, 'refund', outcome.pending ? null : outcome);
  return outcome.pending ? { outcome: 'refund_pending' } : { outcome: 'refunded', capturedMinor: paid.receivedMinor };
}

async function voidPayment(
  dependencies: Dependencies,
  provider: PaymentProvider,
  input: ReverseInput,
  reference: string,
): Promise<ReverseOutcome> {
  const identity = identityOf(input, 'void');
  await begin(dependencies, identity, 'voiding');
  await dependencies.failpoint('void.before_call', input.paymentOrderId);
  const outcome = await provider.void({ identity, reference });
  await dependencies.failpoint('void.after_call', input.paymentOrderId);
  if (outcome.outcome !== 'canceled') {
    throw failure('ProviderOutcomeUnknown', `the PSP did not cancel payment ${reference}: it is ${outcome.outcome}`);
  }
  await finish(dependencies, input, 'void', outcome);
  return { outcome: 'voided' };
}

const finish = (
  { databases }: Dependencies,
  input: ReverseInput,
  operation: 'void' | 'refund',
  finalOutcome: unknown,
): Promise<unknown> =>
  recordOperation(databases.payments, input, {
    operation,
    attempt: input.attempt,
    finalOutcome,
    phase: operation === 'void' ? 'voiding' : 'refunding',
    failureReason: null,
    declineCode: null,
    declineAdvice: null,
    failureMessage: null,
    pspReference: null,
    pspChargeReference: null,
    nextActionUrl: null,
    suppliedBy: null,
    captured: null,
  });
