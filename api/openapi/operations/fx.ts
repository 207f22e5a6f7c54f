import { z } from 'zod';
import { quoteBody } from '../../schemas';
import { positionsAnswer, quoteAnswer, ratesAnswer } from '../answers';
import { currency, type Operation } from '../operation';

/** Exchange rates, and what a price is in a buyer's own currency. */
export const fxOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/fx/rates',
    id: 'getFxRates',
    tag: 'FX',
    summary: 'What currencies are worth now',
    description: 'Middle rates, for showing; what a buyer pays by is a quote.',
    scope: 'payments:read',
    query: z.object({ base: currency.optional().meta({ description: 'Left out: the base of the source' }) }),
    answers: { 200: ratesAnswer },
    problems: ['rates-unavailable'],
  },
  {
    method: 'post',
    path: '/v1/fx/quotes',
    id: 'createFxQuote',
    tag: 'FX',
    summary: "Quote a price in a buyer's own currency",
    description:
      'With one of the two amounts; the other one is answered, with the rates it is made of. What the buyer pays is rounded up, what the seller gets down.',
    scope: 'payments:write',
    body: quoteBody,
    example: { quote_id: 'quote-1', buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '49.90' },
    links: { getFxQuote: '/quote_id' },
    answers: { 200: quoteAnswer, 201: quoteAnswer },
    problems: ['rates-unavailable', 'id-reused'],
  },
  {
    method: 'get',
    path: '/v1/fx/quotes/{id}',
    id: 'getFxQuote',
    tag: 'FX',
    summary: 'One quote, as it was told',
    scope: 'payments:read',
    answers: { 200: quoteAnswer },
  },
  {
    method: 'get',
    path: '/v1/fx/positions',
    id: 'getFxPositions',
    tag: 'FX',
    summary: 'What is held in each currency against the others',
    description:
      'Of payments whose buyers paid in another currency than their sellers are owed, less what was converted since. Valued at the newest middle rates.',
    scope: 'ops:read',
    query: z.object({
      currency: currency.optional().meta({
        description:
          'What to value all in. Left out: the reporting currency of the merchant, else the base of the source',
      }),
    }),
    answers: { 200: positionsAnswer },
    problems: ['rates-unavailable'],
  },
];
