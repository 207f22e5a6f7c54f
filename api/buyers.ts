import express, { type Router } from 'express';
import { findPaymentOfBuyer, listPaymentsOfBuyer, type CheckoutKey, type CheckoutRecord } from '../prisma/checkout';
import { findMerchant } from '../prisma/identity';
import { refundedOf } from '../prisma/refund';
import { asEverybody } from '../prisma/tenant';
import { renderBuyerPayment } from '../render';
import { buyerOf } from './authentication';
import type { ApiDependencies } from './checkouts';
import { idOf, listAnswer, pageOf } from './paging';
import { Problem } from './problem';

/** Of whichever merchant: its id, and the checkout's. */
export const buyerPaymentPattern = /^[A-Za-z0-9._-]{1,64}:[A-Za-z0-9._-]{1,64}$/;

/**
 * What somebody has paid: checkouts whose `buyer_info.email` is an address that the issuer of their token has confirmed, with whichever
 * merchant. No merchant's scopes lead here, and from here nothing leads to what is the merchant's.
 */
export function buyerRoutes({ databases }: ApiDependencies): Router {
  const router = express.Router();
  router.get('/payments', async (request, response) => {
    const { email } = buyerOf(response);
    const { limit, after } = pageOf(request, buyerPaymentPattern);
    const found = await asEverybody(() =>
      listPaymentsOfBuyer(databases.payments, email, limit + 1, after === null ? null : keyOf(after)),
    );
    const shown = await rendering(found);
    response.json(listAnswer(found, limit, shown, ({ merchantId, checkoutId }) => `${merchantId}:${checkoutId}`));
  });
  router.get('/payments/:id', async (request, response) => {
    const { email } = buyerOf(response);
    const found = await asEverybody(() =>
      findPaymentOfBuyer(databases.payments, email, keyOf(idOf(request, buyerPaymentPattern))),
    );
    // The same whether it is not there or somebody else's.
    if (found === undefined) throw new Problem('not-found', 'there is no such payment of yours');
    response.json((await rendering([found]))(found));
  });
  return router;

  /** How each is shown, with its merchant's name and what was given back of it. */
  async function rendering(found: readonly CheckoutRecord[]): Promise<(payment: CheckoutRecord) => object> {
    const merchantIds = [...new Set(found.map(({ merchantId }) => merchantId))];
    const [refunded, merchants] = await asEverybody(() =>
      Promise.all([
        refundedOf(
          databases.payments,
          found.flatMap(({ paymentOrders }) => paymentOrders),
        ),
        Promise.all(merchantIds.map((merchantId) => findMerchant(databases.identity, merchantId))),
      ]),
    );
    const names = new Map(merchants.flatMap((merchant) => (merchant ? [[merchant.merchantId, merchant.name]] : [])));
    return (payment) => renderBuyerPayment(payment, names.get(payment.merchantId) ?? payment.merchantId, refunded);
  }
}

function keyOf(paymentId: string): CheckoutKey {
  const [merchantId = '', checkoutId = ''] = paymentId.split(':');
  return { merchantId, checkoutId };
}
