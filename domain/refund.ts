import { capturedExchange, exchangeOf, type ExchangeColumns } from './exchange';
import { splitByLargestRemainder } from './money';
import type { MoneyPolicies } from './policies';

/** What a refund has come to. `succeeded` can still turn `failed`, days later (C3); the other two are final. */
export const refundStatuses = ['requested', 'pending', 'succeeded', 'failed', 'voided', 'needs_attention'] as const;
export type RefundStatus = (typeof refundStatuses)[number];

/** Nothing more is expected of it. */
export function isSettledRefund(status: RefundStatus): boolean {
  switch (status) {
    case 'succeeded':
    case 'failed':
    case 'voided':
      return true;
    case 'requested':
    case 'pending':
    case 'needs_attention':
      return false;
  }
}

/** What was captured, and whose it is. Minor units. */
export interface CapturedParts {
  readonly amountMinor: bigint;
  readonly platformFeeMinor: bigint;
}

/** What of an amount is the seller's and what the platform's. */
export interface Parts {
  readonly sellerMinor: bigint;
  readonly feeMinor: bigint;
}

/**
 * The fee's part of an amount that was captured only in part: the largest-remainder rule, as everywhere (M3).
 *
 * @param capturedMinor at most the ordered amount
 */
export function partsOfCapture(ordered: CapturedParts, capturedMinor: bigint): Parts {
  // So little of another currency that it stands for nothing in this one.
  if (capturedMinor === 0n) return { sellerMinor: 0n, feeMinor: 0n };
  const [sellerMinor = 0n, feeMinor = 0n] = splitByLargestRemainder(capturedMinor, [
    ordered.amountMinor - ordered.platformFeeMinor,
    ordered.platformFeeMinor,
  ]);
  return { sellerMinor, feeMinor };
}

/**
 * What was really captured of an order, and whose it is; all of it while that isn't known to be less. In the seller's currency, where the
 * buyer pays in another one.
 */
export function capturedParts(order: ExchangeColumns & { readonly platformFee: bigint }): CapturedParts {
  const exchange = exchangeOf(order);
  const amountMinor = capturedExchange(order)?.sellerMinor ?? order.capturedAmount ?? order.amount;
  const ordered = { amountMinor: exchange?.sellerMinor ?? order.amount, platformFeeMinor: order.platformFee };
  return { amountMinor, platformFeeMinor: partsOfCapture(ordered, amountMinor).feeMinor };
}

/**
 * Whose money a refund is, when some was refunded before. The split is of everything refunded so far, less what the
 * earlier refunds took: so the parts of many partial refunds sum to exactly the parts of one full one (M3, C2).
 *
 * @param amountMinor at most what is left to refund
 */
export function partsOfRefund(
  captured: CapturedParts,
  earlier: Parts,
  amountMinor: bigint,
  policies: Pick<MoneyPolicies, 'platformFeeOnRefund'>,
): Parts {
  if (policies.platformFeeOnRefund === 'kept') return { sellerMinor: amountMinor, feeMinor: 0n };
  const { sellerMinor, feeMinor } = partsOfCapture(captured, captured.amountMinor);
  const target = partsOfCapture(captured, earlier.sellerMinor + earlier.feeMinor + amountMinor);
  // Refunds that failed in between can leave the earlier parts a unit off the rule: no part may then exceed its whole.
  const most = smaller(amountMinor, sellerMinor - earlier.sellerMinor);
  const least = larger(0n, amountMinor - (feeMinor - earlier.feeMinor));
  const seller = larger(least, smaller(most, target.sellerMinor - earlier.sellerMinor));
  return { sellerMinor: seller, feeMinor: amountMinor - seller };
}

/**
 * Whose a disputed amount is: by the same rule, and never more than either still has of the order, so that what was refunded
 * before can't be lost twice (D3). What is left over is the platform's.
 *
 * @param gone what refunds and other disputes have taken already
 */
export function sharesOfDispute(captured: CapturedParts, gone: Parts, disputedMinor: bigint): Parts {
  const share = partsOfCapture(captured, smaller(disputedMinor, captured.amountMinor));
  const whole = captured.amountMinor - captured.platformFeeMinor;
  return {
    sellerMinor: larger(0n, smaller(share.sellerMinor, whole - gone.sellerMinor)),
    feeMinor: larger(0n, smaller(share.feeMinor, captured.platformFeeMinor - gone.feeMinor)),
  };
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
