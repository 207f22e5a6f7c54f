import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createPaysaga, PaysagaError, type Schemas } from '../client/src';
import type { RunFile } from './stack';

/** The sample: one buyer, two sellers, a platform fee on each; and what must stand in the ledger afterwards. */
const orders = [
  { seller: 'ceramics-by-ada', amount: '64.90', fee: '6.49', sellerPart: '58.41' },
  { seller: 'tea-of-linus', amount: '25.00', fee: '2.50', sellerPart: '22.50' },
] as const;
const expectedTotals = { clearing: '89.90', fees: '8.99' } as const;

/** Posts the sample as a storefront would, prints what came of it, and answers whether every figure is as expected. */
export async function runSample(run: RunFile, print: (line: string) => void): Promise<boolean> {
  const checkoutId = `sample-${randomBytes(5).toString('hex')}`;
  const startedAt = Date.now();
  const paysaga = createPaysaga({ apiUrl: run.apiUrl, apiKey: run.apiKey });
  let checkout: Schemas['Checkout'];
  try {
    checkout = await paysaga.createPayment({
      wait: 30,
      body: {
        checkout_id: checkoutId,
        buyer_info: { id: 'sample-buyer', email: 'buyer@example.com' },
        credit_card_info: { payment_method: 'pm_card_visa' },
        payment_orders: orders.map(({ seller, amount, fee }, index) => ({
          payment_order_id: `${checkoutId}-${String(index + 1)}`,
          seller_account: seller,
          amount,
          currency: 'EUR',
          platform_fee: fee,
        })),
      },
    });
  } catch (error) {
    if (!(error instanceof PaysagaError)) throw error;
    print(`the sample checkout was refused: ${error.type}: ${error.message}`);
    return false;
  }
  print(
    `\nCheckout ${checkoutId}: ${checkout.checkout_status}, is_payment_done ${String(checkout.is_payment_done)}, answered in ${String(Date.now() - startedAt)} ms`,
  );
  for (const order of checkout.payment_orders) {
    print(
      `  ${order.payment_order_id}  ${order.amount.padStart(6)} ${order.currency} to ${order.seller_account.padEnd(16)} ${order.payment_order_status}  wallet ${tick(order.wallet_updated)}  ledger ${tick(order.ledger_updated)}  ${order.psp_reference ?? ''}`,
    );
  }
  const paid =
    checkout.is_payment_done && checkout.payment_orders.every((order) => order.payment_order_status === 'SUCCESS');
  const balanced = await compareLedger(run, checkoutId, print);
  const agreed = run.pspUrl === null || (await comparePsp(run.pspUrl, checkoutId, print));
  if (run.temporalUiUrl !== null)
    print(
      `\nIts story: ${run.temporalUiUrl}/namespaces/${run.namespace}/workflows/${encodeURIComponent(`checkout/default/${checkoutId}`)}`,
    );
  const good = paid && balanced && agreed;
  print(good ? '\nEvery figure is as expected.' : '\nSOMETHING IS NOT AS EXPECTED.');
  return good;
}

const tick = (done: boolean): string => (done ? '✓' : '✗');

/** Every ledger account that the sample touched, against what the posting table says. */
async function compareLedger(run: RunFile, checkoutId: string, print: (line: string) => void): Promise<boolean> {
  const expected = new Map<string, string>([
    ['psp_clearing', expectedTotals.clearing],
    ['platform_fees', expectedTotals.fees],
    ...orders.map(({ seller, sellerPart }): [string, string] => [`seller:${seller}:pending`, sellerPart]),
  ]);
  const client = new pg.Client({ connectionString: run.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ code: string; side: string; amount: string }>(
      `SELECT account.code, account.normal_side AS side,
              (CASE account.normal_side WHEN 'debit' THEN 1 ELSE -1 END * sum(entry.amount) / 100.0)::numeric(18, 2)::text AS amount
       FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
       WHERE transaction.merchant_id = 'default' AND source_type = 'payment_order' AND source_id LIKE $1 || '-%'
       GROUP BY account.code, account.normal_side ORDER BY account.code`,
      [checkoutId],
    );
    print('\nLedger, for this checkout (EUR):');
    for (const { code, side, amount } of rows)
      print(
        `  ${code.padEnd(34)} ${side.padEnd(6)} ${amount.padStart(8)}   expected ${(expected.get(code) ?? 'nothing').padStart(8)}  ${tick(expected.get(code) === amount)}`,
      );
    return rows.length === expected.size && rows.every(({ code, amount }) => expected.get(code) === amount);
  } finally {
    await client.end();
  }
}

/** What the PSP says it moved for this checkout, against the ledger's clearing account. */
async function comparePsp(pspUrl: string, checkoutId: string, print: (line: string) => void): Promise<boolean> {
  const response = await fetch(`${pspUrl}/_sandbox/totals?checkout_id=${checkoutId}`);
  const { totals } = (await response.json()) as {
    totals: Record<string, { charges: number; captured: number; refunded: number }>;
  };
  const eur = totals['EUR'] ?? { charges: 0, captured: 0, refunded: 0 };
  const cents = Number(expectedTotals.clearing.replace('.', ''));
  const same = eur.captured - eur.refunded === cents && eur.charges === orders.length;
  print(
    `PSP sandbox: ${String(eur.charges)} charges, ${String(eur.captured)} minor units captured, ${String(eur.refunded)} refunded; psp_clearing ${String(cents)}  ${tick(same)}`,
  );
  return same;
}
