import type { PaymentOrderPhase, PaymentOrderStatus } from './payment-order';
import { isSettledPayout, type PayoutStatus } from './payout';
import { isSettledRefund, type RefundStatus } from './refund';

/** What became of an event that the PSP sent us. The last four are final; a dead letter can be replayed. */
export const pspEventStates = ['received', 'parked', 'applied', 'no_change', 'ignored', 'dead_letter'] as const;
export type PspEventState = (typeof pspEventStates)[number];

/** What an event claims, in our words. A claim is a hint: whoever acts on it asks the PSP first (W3). */
export type PspClaim =
  | 'succeeded'
  | 'authorized'
  | 'declined'
  | 'processing'
  | 'requires_action'
  | 'canceled'
  | 'page_completed'
  | 'page_expired'
  | 'refund_changed'
  | 'dispute_changed'
  | 'payout_changed'
  /** A seller's own account, or its bank account, stands otherwise. */
  | 'account_changed'
  /** True, and told by another event as well. */
  | 'told_elsewhere';

/** Our ids as the PSP's object carries them (I5). Anything may be missing: others write metadata too. */
export interface PspMetadata {
  readonly merchant_id?: string;
  readonly checkout_id?: string;
  readonly subscription_id?: string;
  readonly payment_order_id?: string;
  readonly operation?: string;
  readonly attempt?: string;
  readonly round?: string;
  readonly refund_id?: string;
  readonly payout_id?: string;
}

/** What an event is about. Amounts in minor units, as strings. */
export interface PspSubject {
  readonly claim: PspClaim;
  /** The PSP's id of the payment, where there is one. */
  readonly payment: string | null;
  /** The PSP's id of the object that the event is about. */
  readonly object: string;
  /** The PSP's word for how that object stands, of a refund or a payout. */
  readonly status?: string;
  readonly amountMinor: string | null;
  readonly currency: string | null;
  readonly metadata: PspMetadata;
}

/** The rows an event is compared with; null where there is none. */
export interface PspEventRows {
  readonly order: {
    readonly paymentOrderId: string;
    readonly status: PaymentOrderStatus;
    readonly phase: PaymentOrderPhase;
    readonly sellerAccount: string;
    readonly attempt: number;
    readonly reference: string | null;
    readonly amountMinor: bigint;
    readonly currency: string;
    readonly updatedAtMs: number;
    /** Whether its payment's void or refund was sent, or was about to be. */
    readonly undoBegun: boolean;
  } | null;
  readonly checkout: { readonly checkoutId: string; readonly status: string; readonly round: number } | null;
  /** The refund that an event about one is about; left out for other events. */
  readonly refund?: { readonly refundId: string; readonly status: RefundStatus } | null;
  /** The payout that an event about one is about; left out for other events. */
  readonly payout?: {
    readonly payoutId: string;
    readonly status: PayoutStatus;
    readonly account: string | null;
  } | null;
  /** The seller whose account an event about one is about; left out for other events. */
  readonly seller?: string | null;
}

/** What to do about an event. */
export type PspEventVerdict =
  | { readonly verdict: 'tell_order' }
  | { readonly verdict: 'tell_checkout' }
  /** The page on which a subscription's buyer leaves a card has news. */
  | { readonly verdict: 'tell_subscription'; readonly subscriptionId: string }
  /** Money under our ids that no order waits for: it goes back (U4). */
  | { readonly verdict: 'stray'; readonly reference: string; readonly attempt: number }
  /** A refund has news. */
  | { readonly verdict: 'tell_refund'; readonly refundId: string }
  /** Somebody has refunded a payment of ours at the PSP itself. */
  | { readonly verdict: 'adopt_refund' }
  /** A payment of ours is disputed, or its dispute has news. */
  | { readonly verdict: 'tell_dispute' }
  /** A payout of ours has news. */
  | { readonly verdict: 'tell_payout'; readonly payoutId: string }
  /** A seller's account has news. */
  | { readonly verdict: 'tell_seller'; readonly sellerId: string }
  | { readonly verdict: 'no_change' }
  /** Not decidable yet: an answer of ours is on its way, or a row is still to come. */
  | { readonly verdict: 'later'; readonly reason: string }
  | { readonly verdict: 'ignored'; readonly reason: string }
  | { readonly verdict: 'dead_letter'; readonly reason: string };

/** How long a parked event waits before each try, in seconds; after the last it is a dead letter. */
export const parkedSeconds = [2, 5, 15, 60, 300, 900, 3_600] as const;

/** Why most events are ignored. */
export const toldElsewhere = 'another event says the same';

const moneyCameIn: ReadonlySet<PspClaim> = new Set(['succeeded', 'authorized']);
const inFlight: ReadonlySet<PaymentOrderPhase> = new Set(['charging', 'authorizing', 'capturing']);

/** The claim that a phase already knows; such an event changes nothing. */
const knownIn: Readonly<Partial<Record<PspClaim, readonly PaymentOrderPhase[]>>> = {
  succeeded: ['captured', 'succeeded', 'refunding', 'refunded'],
  authorized: ['authorized', 'capturing', 'captured', 'succeeded', 'voiding', 'refunding'],
  processing: ['processing', 'captured', 'succeeded', 'refunding', 'voiding'],
  requires_action: ['requires_action', 'processing', 'captured', 'authorized', 'succeeded', 'refunding', 'voiding'],
  declined: ['captured', 'authorized', 'succeeded', 'refunding'],
};

/**
 * Compares an event with our rows and says what to do (W3, W4). Pure: same event and rows, same verdict. An order is told
 * only when its state would change; what the order then believes is what it reads from the PSP itself.
 *
 * @param occurredAtMs when it happened, by the PSP's clock
 */
export function verdictOn(
  merchantId: string,
  subject: PspSubject,
  occurredAtMs: number,
  rows: PspEventRows,
): PspEventVerdict {
  const { order, checkout } = rows;
  const { claim, metadata, payment } = subject;
  if (claim === 'told_elsewhere') return { verdict: 'ignored', reason: toldElsewhere };
  if (metadata.merchant_id !== undefined && metadata.merchant_id !== merchantId)
    return { verdict: 'ignored', reason: 'the ids on it are of another merchant' };
  if (claim === 'payout_changed') return verdictOnPayout(subject, rows.payout ?? null);
  if (claim === 'account_changed')
    return rows.seller
      ? { verdict: 'tell_seller', sellerId: rows.seller }
      : { verdict: 'ignored', reason: 'no seller of ours was onboarded with it' };
  if (claim === 'page_completed' || claim === 'page_expired') return verdictOnPage(metadata, checkout);
  if (order === null) {
    return {
      verdict: 'later',
      reason: metadata.payment_order_id === undefined ? 'it carries no id of ours' : 'there is no such payment order',
    };
  }
  if (claim === 'refund_changed') return verdictOnRefund(subject, order, rows.refund ?? null);
  if (claim === 'dispute_changed') return verdictOnDispute(order, payment);
  if (differs(subject, order)) {
    return {
      verdict: 'dead_letter',
      reason: `break: ${String(subject.amountMinor)} ${String(subject.currency)} at the PSP, ${order.amountMinor.toString()} ${order.currency} here (minor units)`,
    };
  }
  const attempt = Number(metadata.attempt ?? order.attempt);
  const another =
    attempt < order.attempt || (order.reference !== null && payment !== null && payment !== order.reference);
  if (another)
    return moneyCameIn.has(claim) && payment !== null
      ? { verdict: 'stray', reference: payment, attempt }
      : { verdict: 'no_change' };
  if (order.status === 'SUCCESS') return { verdict: 'no_change' };
  if (order.status === 'FAILED') {
    // An order that has ended without that has left what came in to whoever hears of it.
    const undone =
      order.phase === 'refunded' ||
      (order.reference === payment && order.undoBegun && occurredAtMs <= order.updatedAtMs);
    return moneyCameIn.has(claim) && payment !== null && !undone
      ? { verdict: 'stray', reference: payment, attempt }
      : { verdict: 'no_change' };
  }
  if (order.status === 'NOT_STARTED') {
    // The buyer pays on the PSP's page: the checkout waits there, the order hasn't begun.
    if (checkout?.status === 'awaiting_buyer')
      return moneyCameIn.has(claim) || claim === 'processing' ? { verdict: 'tell_checkout' } : { verdict: 'no_change' };
    return { verdict: 'later', reason: 'the order is about to begin' };
  }
  if (knownIn[claim]?.includes(order.phase) === true) return { verdict: 'no_change' };
  if (inFlight.has(order.phase)) return { verdict: 'later', reason: 'the answer to our own call is on its way' };
  return { verdict: 'tell_order' };
}

/** Refunds are the order's own undoing, one that was asked for here, or one that somebody made at the PSP. */
function verdictOnRefund(
  { metadata, payment, status }: PspSubject,
  order: NonNullable<PspEventRows['order']>,
  refund: PspEventRows['refund'],
): PspEventVerdict {
  if (refund) {
    const news = isSettledRefund(refund.status) ? refund.status === 'succeeded' && status === 'failed' : true;
    return news ? { verdict: 'tell_refund', refundId: refund.refundId } : { verdict: 'no_change' };
  }
  if (metadata.refund_id !== undefined) return { verdict: 'later', reason: 'there is no such refund' };
  if (order.phase === 'refunding') return { verdict: 'tell_order' };
  const notOurs = metadata.operation === undefined && payment === order.reference;
  if (!notOurs || order.status !== 'SUCCESS') return { verdict: 'no_change' };
  return status === 'failed' || status === 'canceled' ? { verdict: 'no_change' } : { verdict: 'adopt_refund' };
}

/** A dispute of a payment that isn't booked yet waits for that; one of a payment that went back is for people (D3). */
function verdictOnDispute(order: NonNullable<PspEventRows['order']>, payment: string | null): PspEventVerdict {
  if (order.status === 'SUCCESS' && payment === order.reference) return { verdict: 'tell_dispute' };
  if (order.status === 'FAILED' || payment !== order.reference)
    return { verdict: 'dead_letter', reason: 'break: a payment that no order stands by is disputed' };
  return { verdict: 'later', reason: 'the payment is not booked yet' };
}

function verdictOnPayout({ metadata, status }: PspSubject, payout: PspEventRows['payout']): PspEventVerdict {
  if (metadata.payout_id === undefined) return { verdict: 'ignored', reason: 'it carries no id of ours' };
  if (!payout) return { verdict: 'later', reason: 'there is no such payout' };
  const news = isSettledPayout(payout.status) ? payout.status === 'paid' && status === 'failed' : true;
  return news ? { verdict: 'tell_payout', payoutId: payout.payoutId } : { verdict: 'no_change' };
}

function verdictOnPage(metadata: PspMetadata, checkout: PspEventRows['checkout']): PspEventVerdict {
  if (metadata.subscription_id !== undefined && metadata.checkout_id === undefined)
    return { verdict: 'tell_subscription', subscriptionId: metadata.subscription_id };
  if (checkout === null)
    return {
      verdict: 'later',
      reason: metadata.checkout_id === undefined ? 'it carries no id of ours' : 'there is no such checkout',
    };
  const presentPage = metadata.round === undefined || Number(metadata.round) === checkout.round;
  if (checkout.status === 'open' && presentPage) return { verdict: 'later', reason: 'the page is about to be stored' };
  return checkout.status === 'awaiting_buyer' && presentPage ? { verdict: 'tell_checkout' } : { verdict: 'no_change' };
}

const differs = (subject: PspSubject, order: NonNullable<PspEventRows['order']>): boolean =>
  (subject.currency !== null && subject.currency !== order.currency) ||
  (subject.amountMinor !== null && BigInt(subject.amountMinor) !== order.amountMinor);
