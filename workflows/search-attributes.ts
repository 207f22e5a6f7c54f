import { defineSearchAttributeKey, TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import { toMinorUnits, type Money } from '../domain/money';

/**
 * What people search by. Set once at start; `Phase` and `NeedsAttention` are upserted only when something is wrong, as
 * each upsert costs throughput. The dev server's store allows ten Keywords in all.
 */
export const searchAttributeKeys = {
  MerchantId: defineSearchAttributeKey('MerchantId', 'KEYWORD'),
  CheckoutId: defineSearchAttributeKey('CheckoutId', 'KEYWORD'),
  PaymentOrderId: defineSearchAttributeKey('PaymentOrderId', 'KEYWORD'),
  SellerId: defineSearchAttributeKey('SellerId', 'KEYWORD'),
  Currency: defineSearchAttributeKey('Currency', 'KEYWORD'),
  BreakClass: defineSearchAttributeKey('BreakClass', 'KEYWORD'),
  Phase: defineSearchAttributeKey('Phase', 'KEYWORD'),
  AmountMinor: defineSearchAttributeKey('AmountMinor', 'INT'),
  NeedsAttention: defineSearchAttributeKey('NeedsAttention', 'BOOL'),
} as const;

/** The attributes of a checkout's run. */
export function checkoutAttributes(of: { merchantId: string; checkoutId: string }): TypedSearchAttributes {
  const { MerchantId, CheckoutId } = searchAttributeKeys;
  return new TypedSearchAttributes([
    { key: MerchantId, value: of.merchantId },
    { key: CheckoutId, value: of.checkoutId },
  ]);
}

/** The attributes of a stray payment's return: found by the payment order that it belongs to. */
export function strayPaymentAttributes(of: { merchantId: string; paymentOrderId: string }): TypedSearchAttributes {
  const { MerchantId, PaymentOrderId } = searchAttributeKeys;
  return new TypedSearchAttributes([
    { key: MerchantId, value: of.merchantId },
    { key: PaymentOrderId, value: of.paymentOrderId },
  ]);
}

/** The attributes of a process about one order's or one seller's money: one search shows a payment's whole life. */
export function moneyAttributes(of: {
  merchantId: string;
  paymentOrderId?: string;
  sellerAccount?: string;
  amount?: Money;
}): TypedSearchAttributes {
  const { MerchantId, PaymentOrderId, SellerId, Currency, AmountMinor } = searchAttributeKeys;
  const { merchantId, paymentOrderId, sellerAccount, amount } = of;
  const pairs: SearchAttributePair[] = [
    { key: MerchantId, value: merchantId },
    ...(sellerAccount === undefined ? [] : [{ key: SellerId, value: sellerAccount }]),
    ...(paymentOrderId === undefined ? [] : [{ key: PaymentOrderId, value: paymentOrderId }]),
    ...(amount === undefined
      ? []
      : [
          { key: Currency, value: amount.currency },
          { key: AmountMinor, value: Number(toMinorUnits(amount)) },
        ]),
  ];
  return new TypedSearchAttributes(pairs);
}

/** The attributes of a payment order's run. */
export function paymentOrderAttributes(of: {
  merchantId: string;
  checkoutId: string;
  paymentOrderId: string;
  sellerAccount: string;
  amount: Money;
}): TypedSearchAttributes {
  const { MerchantId, CheckoutId, PaymentOrderId, SellerId, Currency, AmountMinor } = searchAttributeKeys;
  const pairs: SearchAttributePair[] = [
    { key: MerchantId, value: of.merchantId },
    { key: CheckoutId, value: of.checkoutId },
    { key: PaymentOrderId, value: of.paymentOrderId },
    { key: SellerId, value: of.sellerAccount },
    { key: Currency, value: of.amount.currency },
    // Fits a JSON number: amounts are at most 15 digits.
    { key: AmountMinor, value: Number(toMinorUnits(of.amount)) },
  ];
  return new TypedSearchAttributes(pairs);
}

/** The attributes of a mismatch: found by its class, and by the payment order that it is about. */
export function breakAttributes(of: {
  merchantId: string;
  class: string;
  paymentOrderId: string | null;
}): TypedSearchAttributes {
  const { MerchantId, BreakClass, PaymentOrderId } = searchAttributeKeys;
  return new TypedSearchAttributes([
    { key: MerchantId, value: of.merchantId },
    { key: BreakClass, value: of.class },
    ...(of.paymentOrderId === null ? [] : [{ key: PaymentOrderId, value: of.paymentOrderId }]),
  ]);
}
