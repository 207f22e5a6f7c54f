import { balanceTransaction } from './objects';
import type { Store, StripeObject } from './store';
import type { StripeApi } from './stripe-api';
import { missing } from './stripe-error';

export const lineFaults = ['missing', 'late', 'doubled', 'amount', 'currency', 'fee', 'foreign'] as const;
export type LineFault = (typeof lineFaults)[number];

/**
 * The sandbox's own verb: what a PSP's account of what it has moved gets wrong. The money itself stays as it is.
 *
 * @param about the id of a line's object (a charge, a refund …), and how much, how late or in what
 */
export function spoilLine(
  api: StripeApi,
  kind: LineFault,
  about: { source: string; by?: number; currency?: string; seconds?: number },
): StripeObject {
  const { nowSeconds, account } = api.call;
  if (kind === 'foreign')
    return api.save(
      balanceTransaction(nowSeconds, {
        amount: about.by ?? 1_234,
        fee: 0,
        currency: about.currency ?? 'eur',
        source: about.source,
        type: 'adjustment',
        availableOn: nowSeconds,
        description: 'nobody here knows',
      }),
    );
  const line = lineOf(api.store, account, about.source);
  const [amount, fee] = [Number(line['amount']), Number(line['fee'])];
  switch (kind) {
    case 'missing':
      return api.save(line, { listedFrom: null });
    case 'late':
      return api.save(line, { listedFrom: nowSeconds + (about.seconds ?? 86_400) });
    case 'doubled':
      return api.save({ ...line, id: `${line.id}_again` });
    case 'amount':
      return api.save({ ...line, amount: amount + (about.by ?? 1), net: amount + (about.by ?? 1) - fee });
    case 'fee':
      return api.save({ ...line, fee: fee + (about.by ?? 1), net: amount - fee - (about.by ?? 1) });
    case 'currency':
      return api.save({ ...line, currency: about.currency ?? 'usd' });
  }
}

function lineOf(store: Store, account: string, source: string): StripeObject {
  const found = store.list(account, 'balance_transaction').find(({ value }) => value['source'] === source);
  if (found === undefined) throw missing('balance_transaction', source, 'source');
  return found.value;
}
