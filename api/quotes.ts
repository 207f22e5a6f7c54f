import type { Exchange } from '../domain/exchange';
import { fromMinorUnits, MoneyError, toMinorUnits } from '../domain/money';
import { findCheckout } from '../prisma/checkout';
import type { PrismaClient } from '../prisma/database';
import { findQuotes, type QuoteRecord } from '../prisma/fx';
import { Problem, type FieldError } from './problem';
import type { CheckoutBody } from './schemas';

/** What a quote promises to the order that is paid by it. */
export const promiseOf = (quote: QuoteRecord): Exchange => ({
  sellerCurrency: quote.sellerCurrency,
  sellerMinor: quote.sellerMinor,
  positionMinor: quote.sellerMinor + quote.spreadMinor,
});

/**
 * The quotes that a new checkout is paid by, by payment order: locked by being used, whatever rates do from then on. One that expires after
 * its checkout was accepted still holds for that.
 *
 * @throws Problem that names the order and says what would be right
 */
export async function quotesFor(
  payments: PrismaClient,
  merchantId: string,
  body: CheckoutBody,
): Promise<ReadonlyMap<string, QuoteRecord>> {
  const wanted = body.payment_orders.flatMap((order, index) =>
    order.fx_quote_id === undefined ? [] : [{ order, index, quoteId: order.fx_quote_id }],
  );
  if (wanted.length === 0) return new Map();
  const found = await findQuotes(
    payments,
    merchantId,
    wanted.map(({ quoteId }) => quoteId),
  );
  const byOrder = new Map<string, QuoteRecord>();
  const faults: FieldError[] = [];
  const taken = new Set<string>();
  for (const { order, index, quoteId } of wanted) {
    const quote = found.get(quoteId);
    const fault = (field: string, detail: string) =>
      faults.push({ pointer: `/payment_orders/${String(index)}/${field}`, detail });
    if (quote === undefined) fault('fx_quote_id', 'there is no such quote: POST /v1/fx/quotes makes one');
    else if (taken.has(quoteId)) fault('fx_quote_id', 'must not repeat within a checkout: a quote holds for one order');
    else {
      byOrder.set(order.payment_order_id, quote);
      for (const [field, detail] of mismatches(order, quote)) fault(field, detail);
    }
    taken.add(quoteId);
  }
  const expired = wanted.filter(({ quoteId }) => (found.get(quoteId)?.expiresAt ?? new Date()) < new Date());
  // What was accepted while its quotes held is answered again, however late that is asked.
  if (expired.length > 0 && (await findCheckout(payments, merchantId, body.checkout_id)) === undefined)
    for (const { index, quoteId } of expired)
      faults.push({
        pointer: `/payment_orders/${String(index)}/fx_quote_id`,
        detail: `has expired at ${found.get(quoteId)?.expiresAt.toISOString() ?? ''}: ask for a new quote`,
      });
  if (faults.length > 0)
    throw new Problem(
      'validation-failed',
      faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '),
      faults,
    );
  return byOrder;
}

function* mismatches(order: CheckoutBody['payment_orders'][number], quote: QuoteRecord): Generator<[string, string]> {
  const { amount, currency } = fromMinorUnits(quote.buyerMinor, quote.buyerCurrency);
  if (order.currency !== currency) yield ['currency', `must be ${currency}, which the quote is for`];
  else if (toMinorUnits(order) !== quote.buyerMinor) yield ['amount', `must be ${amount}, which the quote is for`];
  if (order.platform_fee === undefined) return;
  const seller = fromMinorUnits(quote.sellerMinor, quote.sellerCurrency);
  try {
    if (toMinorUnits({ amount: order.platform_fee, currency: seller.currency }) > quote.sellerMinor)
      yield [
        'platform_fee',
        `is in ${seller.currency}, and must not be above the ${seller.amount} that the seller is owed`,
      ];
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
    yield ['platform_fee', `is in ${seller.currency}, the seller's currency: ${error.message}`];
  }
}
