import { isTerminal, type PaymentOrderStatus } from './payment-order';

/** What the buyer's whole checkout has come to. */
export const checkoutStatuses = [
  'open',
  'awaiting_buyer',
  'paid',
  'partially_paid',
  'failed',
  'canceled',
  'expired',
] as const;
export type CheckoutStatus = (typeof checkoutStatuses)[number];

/** `all_or_nothing`: every order is captured or none is. `independent`: each order stands alone. */
export const failurePolicies = ['all_or_nothing', 'independent'] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

/** `automatic` takes the money at once; `manual` authorizes and waits for the merchant's capture call. */
export const captureMethods = ['automatic', 'manual'] as const;
export type CaptureMethod = (typeof captureMethods)[number];

/**
 * What an all_or_nothing checkout has decided for all its orders. It is stored before any order hears of it, so a
 * restarted checkout can't decide otherwise. Legal moves: none → capture | undo, capture → settle | undo.
 */
export const barrierDecisions = ['capture', 'settle', 'undo'] as const;
export type BarrierDecision = (typeof barrierDecisions)[number];

/** One order means one charge; several stand or fall together unless the merchant says otherwise. */
export function defaultFailurePolicy(orderCount: number): FailurePolicy {
  return orderCount > 1 ? 'all_or_nothing' : 'independent';
}

export function isFinalCheckout(status: CheckoutStatus): boolean {
  switch (status) {
    case 'open':
    case 'awaiting_buyer':
      return false;
    case 'paid':
    case 'partially_paid':
    case 'failed':
    case 'canceled':
    case 'expired':
      return true;
  }
}

/** One finished order as the checkout sees it. */
export interface OrderOutcome {
  readonly status: PaymentOrderStatus;
  readonly walletUpdated: boolean;
  readonly ledgerUpdated: boolean;
  readonly failureReason: string | null;
}

/** The final word on a checkout. */
export interface CheckoutOutcome {
  readonly status: CheckoutStatus;
  readonly isPaymentDone: boolean;
}

/**
 * Aggregates finished orders. `isPaymentDone` holds exactly when every order is SUCCESS with wallet and ledger
 * updated (V4).
 *
 * @throws RangeError when there are no orders or one is still open: a checkout never closes over an open order
 */
export function aggregateOutcome(orders: readonly OrderOutcome[]): CheckoutOutcome {
  if (orders.length === 0) throw new RangeError('a checkout has at least one payment order');
  if (orders.some((order) => !isTerminal(order.status))) throw new RangeError('a payment order is still open');
  const paid = orders.filter((order) => order.status === 'SUCCESS');
  if (paid.length === orders.length) {
    return { status: 'paid', isPaymentDone: orders.every((order) => order.walletUpdated && order.ledgerUpdated) };
  }
  if (paid.length > 0) return { status: 'partially_paid', isPaymentDone: false };
  const reasons = new Set(orders.map((order) => order.failureReason));
  if (reasons.has('canceled')) return { status: 'canceled', isPaymentDone: false };
  if (reasons.size === 1 && reasons.has('expired')) return { status: 'expired', isPaymentDone: false };
  return { status: 'failed', isPaymentDone: false };
}
