import { exchangedMoney, exchangeOf } from './domain/exchange';
import { fromMinorUnits } from './domain/money';
import type { CaptureMethod, FailurePolicy } from './domain/checkout';
import { cardOf, type CheckoutRecord } from './prisma/checkout';
import type { CheckoutInput } from './workflows/messages';

/** The workflow input of a stored checkout: the same whether the API, or later the sweeper, starts it. */
export function checkoutInput(checkout: CheckoutRecord, resume: boolean): CheckoutInput {
  return {
    merchantId: checkout.merchantId,
    checkoutId: checkout.checkoutId,
    failurePolicy: checkout.failurePolicy as FailurePolicy,
    captureMethod: checkout.captureMethod as CaptureMethod,
    paymentOrders: checkout.paymentOrders.map((order) => {
      const exchange = exchangeOf(order);
      return {
        paymentOrderId: order.paymentOrderId,
        sellerAccount: order.sellerAccount,
        amount: fromMinorUnits(order.amount, order.currency),
        platformFee: fromMinorUnits(order.platformFee, order.sellerCurrency ?? order.currency),
        ...(exchange !== undefined && { exchange: exchangedMoney(exchange) }),
      };
    }),
    // The first run of a later round finds orders that have been through another one.
    resume: resume || checkout.round > 1,
    booksInOne: true,
    paysAtOnce: true,
    ...(checkout.round > 1 && { round: checkout.round }),
    ...(cardOf(checkout) === null ? { hosted: true } : checkout.paymentOrders.length === 1 && { cardWithOrder: true }),
  };
}
