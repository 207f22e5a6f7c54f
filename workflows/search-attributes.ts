import { defineSearchAttributeKey, TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import { toMinorUnits, type Money } from '../domain/money';
import type { ProcessKind } from '../domain/process';
import type { CheckoutInput } from './messages';

/**
 * What people search by. Set once at start; `Phase` and `NeedsAttention` are upserted only when something is wrong, as
 * each upsert costs throughput, and `PspReference` with them: before, the row knows it. A SQL visibility store allows ten Keywords in all, and
 * these are the ten: what is of no kind of its own here is found by `Kind` and `BusinessId`.
 */
export const searchAttributeKeys = {
  MerchantId: defineSearchAttributeKey('MerchantId', 'KEYWORD'),
  Kind: defineSearchAttributeKey('Kind', 'KEYWORD'),
  BusinessId: defineSearchAttributeKey('BusinessId', 'KEYWORD'),
  CheckoutId: defineSearchAttributeKey('CheckoutId', 'KEYWORD'),
  PaymentOrderId: defineSearchAttributeKey('PaymentOrderId', 'KEYWORD'),
  SellerId: defineSearchAttributeKey('SellerId', 'KEYWORD'),
  PspReference: defineSearchAttributeKey('PspReference', 'KEYWORD'),
  Currency: defineSearchAttributeKey('Currency', 'KEYWORD'),
  BreakClass: defineSearchAttributeKey('BreakClass', 'KEYWORD'),
  Phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
  AmountMinor: defineSearchAttributeKey('AmountMinor', 'INT'),
  NeedsAttention: defineSearchAttributeKey('NeedsAttention', 'BOOL'),
} as const;

/** What a process is about, as far as it is known when it starts. */
export interface About {
  readonly kind: ProcessKind;
  /** Its own id: of a refund the refund's, of a break the break's. */
  readonly id: string;
  readonly merchantId: string;
  readonly checkoutId?: string;
  readonly paymentOrderId?: string | null;
  readonly sellerAccount?: string;
  readonly pspReference?: string;
  readonly amount?: Money;
  readonly breakClass?: string;
}

/** How to go on from a run, for people in the Temporal UI, in Markdown. */
export const wholeLifeOf = (paymentOrderId: string): string =>
  `All about this payment order: search \`PaymentOrderId = "${paymentOrderId}"\`. Its proof: \`GET /v1/payments/${paymentOrderId}/proof\`.`;

/** How the run of a payment order is described to Temporal, whoever starts it. */
export const describedOrder = (order: {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly paymentOrderId: string;
  readonly sellerAccount: string;
  readonly amount: Money;
  readonly pspReference?: string;
}) => ({
  staticSummary: `${order.amount.amount} ${order.amount.currency} for ${order.sellerAccount}`,
  staticDetails: wholeLifeOf(order.paymentOrderId),
  typedSearchAttributes: attributesOf({ kind: 'payment_order', id: order.paymentOrderId, ...order }),
});

/** How the run of a checkout is described to Temporal, whoever starts it. */
export const describedCheckout = ({ merchantId, checkoutId, paymentOrders: orders }: CheckoutInput) => ({
  typedSearchAttributes: attributesOf({ kind: 'checkout', id: checkoutId, merchantId, checkoutId }),
  staticSummary: `${String(orders.length)} payment order(s): ${orders
    .slice(0, 3)
    .map(({ amount }) => `${amount.amount} ${amount.currency}`)
    .join(' + ')}${orders.length > 3 ? ' + …' : ''}`,
  staticDetails: `Its payment orders: search \`CheckoutId = "${checkoutId}"\`.`,
});

/** The attributes of a run at its start: one search by payment order or seller shows a payment's whole life. */
export function attributesOf(about: About): TypedSearchAttributes {
  const keys = searchAttributeKeys;
  const { amount } = about;
  const words = [
    [keys.MerchantId, about.merchantId],
    [keys.Kind, about.kind],
    [keys.BusinessId, about.id],
    [keys.CheckoutId, about.checkoutId],
    [keys.PaymentOrderId, about.paymentOrderId],
    [keys.SellerId, about.sellerAccount],
    [keys.PspReference, about.pspReference],
    [keys.Currency, amount?.currency],
    [keys.BreakClass, about.breakClass],
  ] as const;
  const pairs: SearchAttributePair[] = words.flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value }],
  );
  // Fits a JSON number: amounts are at most 15 digits.
  if (amount !== undefined) pairs.push({ key: keys.AmountMinor, value: Number(toMinorUnits(amount)) });
  return new TypedSearchAttributes(pairs);
}
