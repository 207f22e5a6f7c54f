import { z } from 'zod';
import { buyerPaymentPattern } from '../../buyers';
import { buyerPaymentAnswer, page } from '../answers';
import { paged, type Operation } from '../operation';

const explained =
  'For somebody who has signed in with an e-mail address that is confirmed: what was bought under it (`buyer_info.email`), with whichever merchant.';

/** Buyers: what they have paid, and nothing else. */
export const buyersOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/buyer/payments',
    id: 'listBuyerPayments',
    tag: 'Buyers',
    summary: 'What the person asking has paid, the newest first',
    description: explained,
    scope: 'buyer:read',
    query: z.object(paged(z.string().regex(buyerPaymentPattern))),
    answers: { 200: page(buyerPaymentAnswer) },
  },
  {
    method: 'get',
    path: '/v1/buyer/payments/{id}',
    id: 'getBuyerPayment',
    tag: 'Buyers',
    summary: 'One of them, with all that a receipt says',
    description: explained,
    scope: 'buyer:read',
    idPattern: buyerPaymentPattern,
    answers: { 200: buyerPaymentAnswer },
  },
];
