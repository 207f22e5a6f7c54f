import type { CheckoutInput, PaymentOrderInput } from './messages';

/**
 * The run that carries a whole checkout: of its only order, where that brings a card and nothing has been tried yet. Nothing for all
 * others, which have a run of the checkout's own.
 */
export function aloneOf(input: CheckoutInput): PaymentOrderInput | undefined {
  const [order] = input.paymentOrders;
  if (input.cardWithOrder !== true || input.resume || order === undefined) return undefined;
  const { merchantId, checkoutId, captureMethod } = input;
  return {
    ...order,
    merchantId,
    checkoutId,
    captureMethod,
    barrier: false,
    resume: false,
    alone: true,
    ...(input.booksInOne === true && { booksInOne: true }),
    ...(input.paysAtOnce === true && { paysAtOnce: true }),
  };
}
