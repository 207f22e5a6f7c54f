import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkoutBody,
  opsKey,
  otherOpsKey,
  platformKey,
  TestStack,
  unique,
  type Problem,
  type RefundView,
} from '../support/stack';
import { atOnce } from '../support/windows';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    plant: (dependencies) => ({ ...dependencies, reconciliationWindows: atOnce }),
  });
  await tell({ rates: fixed });
  await load();
});
afterEach(async () => {
  await stack.clearFaults();
  // V1, V3 and V7 hold after every test, whatever it did.
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

const fixed = { USD: '1.1588', JPY: '180.12', KWD: '0.3561' };
const asOps = { Authorization: `Bearer ${opsKey}` };
const tell = (body: object): Promise<unknown> => stack.outside('rates', body as Record<string, unknown>);
const load = () =>
  stack.client.workflow.execute('ratesWorkflow', {
    workflowId: unique('rates'),
    taskQueue: stack.taskQueue,
    args: [],
  }) as Promise<{ revalued: number }>;

interface Quote {
  readonly quote_id: string;
  readonly buyer_currency: string;
  readonly buyer_amount: string;
  readonly seller_currency: string;
  readonly seller_amount: string;
  readonly spread_amount: string;
  readonly expires_at: string;
}
const quote = async (body: object = {}): Promise<Quote> =>
  (
    await stack.call<Quote>('POST', '/v1/fx/quotes', {
      buyer_currency: 'USD',
      seller_currency: 'EUR',
      seller_amount: '49.90',
      ...body,
    })
  ).body;

/** A checkout of one order that is paid by a quote, with a seller of its own. */
function quoted(told: Quote, more: Record<string, unknown> = {}, order: Record<string, unknown> = {}) {
  const body = checkoutBody();
  const seller = unique('seller');
  const [first] = body.payment_orders;
  return {
    ...body,
    payment_orders: [
      {
        ...first,
        seller_account: seller,
        amount: told.buyer_amount,
        currency: told.buyer_currency,
        platform_fee: '4.90',
        fx_quote_id: told.quote_id,
        ...order,
      },
    ],
    ...more,
  };
}

async function paid(told: Quote, more: Record<string, unknown> = {}) {
  const body = quoted(told, more);
  expect((await stack.post(body, { Prefer: 'wait=20' })).status).toBe(200);
  const checkout = await stack.final(body.checkout_id);
  expect(checkout.checkout_status).toBe('paid');
  const [order] = checkout.payment_orders;
  if (order === undefined) throw new Error('it has an order');
  const seller = body.payment_orders[0]?.seller_account ?? '';
  return {
    id: order.payment_order_id,
    checkoutId: body.checkout_id,
    seller,
    payment: order.psp_reference ?? '',
    order,
  };
}

/** What the ledger has of some orders, by account and currency; debits above zero. */
async function book(ids: readonly string[]): Promise<Record<string, number>> {
  const { rows } = await stack.owner.query<{ name: string; amount: string }>(
    `SELECT account.code || ' ' || entry.currency AS name, sum(amount)::text AS amount
     FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
     WHERE payment_order_id = ANY($1) GROUP BY 1 HAVING sum(amount) <> 0`,
    [ids],
  );
  return Object.fromEntries(rows.map(({ name, amount }) => [name, Number(amount)]));
}

const refund = async (id: string, amount?: string): Promise<RefundView> => {
  const { status, body } = await stack.refund(id, amount === undefined ? {} : { amount });
  expect(status).toBe(200);
  return body;
};
const proof = async (id: string) => {
  const { body } = await stack.call<{ verdict: string; checks: { ok: boolean; detail: string }[] }>(
    'GET',
    `/v1/payments/${id}/proof`,
  );
  return { verdict: body.verdict, broken: body.checks.filter(({ ok }) => !ok) };
};
const errors = (body: unknown): string[] =>
  ((body as Problem).errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);

describe('M4 a checkout that is paid by a quote', () => {
  it('charges the buyer in one currency and owes the seller in another: each sums to zero, the spread is an entry of its own', async () => {
    const told = await quote();
    const { id, checkoutId, seller, order } = await paid(told);
    expect(order).toMatchObject({
      amount: '58.99',
      currency: 'USD',
      captured_amount: '58.99',
      platform_fee: '4.90',
      exchange: { fx_quote_id: told.quote_id, seller_currency: 'EUR', seller_amount: '49.90', spread_amount: '1.01' },
    });
    expect(await book([id])).toEqual({
      'psp_clearing USD': 5_899,
      'fx_position USD': -5_899,
      'fx_position EUR': 5_091,
      'fx_spread EUR': -101,
      [`seller:${seller}:pending EUR`]: -4_500,
      'platform_fees EUR': -490,
    });
    expect(await stack.wallet(seller, 'EUR')).toMatchObject({ pending: '45.00' });
    const { rows } = await stack.owner.query(
      `SELECT FROM wallet.wallet WHERE seller_account = $1 AND currency = 'USD'`,
      [seller],
    );
    expect(rows).toHaveLength(0);
    expect(await stack.pspTotals(checkoutId)).toEqual({ USD: expect.objectContaining({ captured: 5_899 }) });
    expect(await proof(id)).toEqual({ verdict: 'proved', broken: [] });
  });

  it('of several orders, each with a quote of its own or none, is paid in one go', async () => {
    const told = await quote({ buyer_currency: 'USD', seller_currency: 'JPY', seller_amount: '5000' });
    const plain = checkoutBody({ orders: 1 });
    const [first] = plain.payment_orders;
    const body = quoted(told, {}, { platform_fee: '500' });
    const both = {
      ...body,
      failure_policy: 'all_or_nothing',
      payment_orders: [
        ...body.payment_orders,
        { ...first, payment_order_id: unique('po'), currency: 'USD', seller_account: unique('seller') },
      ],
    };
    expect((await stack.post(both)).status).toBe(202);
    const checkout = await stack.final(both.checkout_id);
    expect(checkout.checkout_status).toBe('paid');
    const ids = checkout.payment_orders.map((order) => order.payment_order_id);
    expect(await book(ids)).toMatchObject({ 'platform_fees JPY': -500, 'platform_fees USD': -100 });
  });

  it('T4 that is canceled during the charge goes back, and leaves nothing in any account, in any currency', async () => {
    const body = quoted(await quote());
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.fault({ kind: 'slow', delay_ms: 2000 });
    await stack.post(body);
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'charging');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
    expect((await stack.final(body.checkout_id)).payment_orders[0]).toMatchObject({ phase: 'refunded' });
    const { rows } = await stack.owner.query('SELECT leg FROM ledger.transaction WHERE source_id = $1 ORDER BY 1', [
      id,
    ]);
    expect(rows).toEqual([{ leg: 'capture' }, { leg: 'refund_requested' }, { leg: 'refund_succeeded' }]);
    expect(await book([id])).toEqual({});
  });

  it('C1 of which a part is captured owes the seller that part, rounded down', async () => {
    const told = await quote();
    const body = quoted(told, { capture_method: 'manual' });
    await stack.post(body, { Prefer: 'wait=20' });
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.call('POST', `/v1/payments/${id}/capture`, { amount: '20.00' });
    await stack.final(body.checkout_id);
    const seller = body.payment_orders[0]?.seller_account ?? '';
    // 20.00 of 58.99 of 49.90, 50.91 and 4.90.
    expect(await book([id])).toEqual({
      'psp_clearing USD': 2_000,
      'fx_position USD': -2_000,
      'fx_position EUR': 1_726,
      'fx_spread EUR': -35,
      [`seller:${seller}:pending EUR`]: -1_525,
      'platform_fees EUR': -166,
    });
  });

  it('refunds go back at the original rate, whatever it is now; after the last of many nothing of it is left', async () => {
    const told = await quote();
    const { id, seller } = await paid(told);
    await tell({ rates: { USD: '2' } });
    await load();
    try {
      const part = await refund(id, '10.00');
      // 10.00 of 58.99: of 49.90, what the seller and the platform give back by their shares.
      expect(part).toMatchObject({ amount: '10.00', currency: 'USD', seller_currency: 'EUR', seller_amount: '7.62' });
      for (const amount of ['0.01', '33.33', '0.02']) await refund(id, amount);
      expect(await book([id])).toMatchObject({ 'fx_position USD': -1_563 });
      await refund(id);
      expect(await book([id])).toEqual({});
      expect(await stack.wallet(seller)).toMatchObject({ pending: '0.00', owed: '0.00' });
      expect(await proof(id)).toEqual({ verdict: 'proved', broken: [] });
      const answer = await stack.refund(id, { amount: '0.01' });
      expect(answer.status).toBe(422);
    } finally {
      await tell({ rates: fixed });
      await load();
    }
  });

  it('D1, D2, M5 a lost dispute takes from the seller in its own currency, the fee too', async () => {
    const { id, seller, payment } = await paid(await quote());
    const { id: disputeId } = await stack.outside<{ id: string }>('disputes', { payment_intent: payment });
    await stack.when<{ held_amount: string }>(`/v1/disputes/${disputeId}`, ({ held_amount: held }) => held !== '0.00');
    await stack.eventually(async () =>
      (await stack.wallet(seller))['reserved'] === '45.00' ? undefined : 'the share is not reserved yet',
    );
    await stack.outside(`disputes/${disputeId}/finish`, { outcome: 'lost' });
    await stack.when<{ closed_at: string | null }>(`/v1/disputes/${disputeId}`, ({ closed_at: at }) => at !== null);
    // What is left is the PSP's fee, which the platform bears in the currency it was taken in.
    expect(await book([id])).toEqual({ 'psp_clearing USD': -1_500, 'dispute_losses USD': 1_500 });
    expect(await stack.wallet(seller)).toMatchObject({
      pending: '0.00',
      available: '0.00',
      reserved: '0.00',
      owed: '0.00',
    });
  });

  it('reconciles with what the PSP says has moved', async () => {
    const { id } = await paid(await quote());
    await refund(id, '5.00');
    await stack.eventsSettled();
    expect(await stack.reconcile(new Date().toISOString().slice(0, 10))).toEqual([]);
  });
});

describe('a quote', () => {
  it('I2 that has expired still answers the checkout which it was accepted with, and no other', async () => {
    const told = await quote();
    const body = quoted(told);
    expect((await stack.post(body)).status).toBe(202);
    await stack.final(body.checkout_id);
    await stack.owner.query('UPDATE payments.fx_quote SET expires_at = now() WHERE quote_id = $1', [told.quote_id]);
    const again = await stack.post(body);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true']);

    const late = await quote();
    await stack.owner.query('UPDATE payments.fx_quote SET expires_at = now() WHERE quote_id = $1', [late.quote_id]);
    const refused = await stack.post(quoted(late));
    expect(refused.status).toBe(422);
    expect(errors(refused.body)[0]).toMatch(
      /^\/payment_orders\/0\/fx_quote_id has expired at .*: ask for a new quote$/,
    );
  });

  it('holds for one order', async () => {
    const told = await quote();
    await paid(told);
    const second = await stack.post(quoted(told));
    expect(second.status).toBe(422);
    expect(errors(second.body)).toEqual(['/payment_orders an fx_quote_id of these is of another payment order']);
  });

  it.each([
    [{ fx_quote_id: 'nobodys' }, /^\/payment_orders\/0\/fx_quote_id there is no such quote/],
    [{ amount: '58.98' }, /^\/payment_orders\/0\/amount must be 58\.99, which the quote is for$/],
    [{ currency: 'EUR' }, /^\/payment_orders\/0\/currency must be USD, which the quote is for$/],
    [{ platform_fee: '49.91' }, /^\/payment_orders\/0\/platform_fee is in EUR, and must not be above the 49\.90/],
    [
      { platform_fee: '1.001' },
      /^\/payment_orders\/0\/platform_fee is in EUR, the seller's currency: EUR has 2 decimals/,
    ],
  ])('with %j is refused, and what is wrong is named', async (order, expected) => {
    const before = await stack.count('payments.checkout');
    const refused = await stack.post(quoted(await quote(), {}, order));
    expect(refused.status).toBe(422);
    expect(errors(refused.body)[0]).toMatch(expected);
    expect(await stack.count('payments.checkout')).toBe(before);
  });
});

describe('positions', () => {
  const positions = async (currency?: string) =>
    (
      await stack.call<{
        positions: { currency: string; amount: string; worth: string | null }[];
        unbooked_gain: string | null;
        revalued_as_of: string | null;
      }>('GET', `/v1/fx/positions${currency === undefined ? '' : `?currency=${currency}`}`, undefined, asOps)
    ).body;
  const held = (of: { positions: { currency: string; amount: string }[] }, currency: string): number =>
    Number(of.positions.find((one) => one.currency === currency)?.amount ?? '0');

  it('say what is held in each currency; each day’s rates revalue them, once, and book what was gained', async () => {
    const { body: others } = await stack.call<{ positions: unknown[] }>('GET', '/v1/fx/positions', undefined, {
      Authorization: `Bearer ${otherOpsKey}`,
    });
    expect(others.positions).toEqual([]);
    const before = await positions('EUR');
    await paid(await quote());
    const after = await positions('EUR');
    expect(held(after, 'USD') - held(before, 'USD')).toBeCloseTo(58.99, 2);
    expect(held(after, 'EUR') - held(before, 'EUR')).toBeCloseTo(-50.91, 2);

    const { status } = await stack.call(
      'PUT',
      '/v1/merchants/default',
      { policies: { fx: { reporting_currency: 'EUR' } } },
      {
        Authorization: `Bearer ${platformKey}`,
      },
    );
    expect(status).toBe(200);
    // A dollar is worth a euro now: what is held in dollars has gained.
    await tell({ rates: { USD: '1' } });
    expect(await load()).toMatchObject({ revalued: 1 });
    const gained = await positions('EUR');
    expect(gained.unbooked_gain).toBe('0.00');
    expect(gained.revalued_as_of).toBe(new Date().toISOString().slice(0, 10));
    const { rows } = await stack.owner.query<{ amount: string }>(
      `SELECT sum(amount)::text AS amount FROM ledger.entry JOIN ledger.account USING (account_id) WHERE code = 'fx_gain_loss'`,
    );
    expect(Number(rows[0]?.amount)).toBeLessThan(0);
    expect(await load()).toMatchObject({ revalued: 0 });
  });

  it('are refused in a currency that has no rate', async () => {
    const { status, body } = await stack.call('GET', '/v1/fx/positions?currency=XOF', undefined, asOps);
    expect(status).toBe(422);
    expect(errors(body)[0]).toMatch(/^currency must be one of/);
  });
});
