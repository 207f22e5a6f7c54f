import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { checkoutBody, opsKey, otherKey, TestStack, unique, type Problem, type RefundView } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterEach(async () => {
  await stack.clearFaults();
  // V1, V3 and V7 hold after every test, whatever it did.
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

const wait = { Prefer: 'wait=30' };
type Refused = Problem & { readonly remaining_amount?: string };

/** What the PSP gave back of a checkout, in minor units. */
const refundedAtPsp = async (checkoutId: string): Promise<number> =>
  (await stack.pspTotals(checkoutId))['EUR']?.refunded ?? 0;

describe('a refund', () => {
  it('C2 of the whole order: PSP, ledger and wallet agree', async () => {
    const { id, checkoutId, seller } = await stack.paid();
    const { status, body } = await stack.refund(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      refund_status: 'succeeded',
      amount: '100.00',
      seller_amount: '90.00',
      platform_fee_amount: '10.00',
    });
    expect(await stack.ledger([id])).toEqual({});
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '0.00', reserved: '0.00', owed: '0.00' });
    expect(await refundedAtPsp(checkoutId)).toBe(10_000);
    const { body: order } = await stack.call<Record<string, string>>('GET', `/v1/payments/${id}`);
    expect(order).toMatchObject({
      payment_order_status: 'SUCCESS',
      captured_amount: '100.00',
      refunded_amount: '100.00',
      disputed_amount: '0.00',
    });
  });

  it('M3 in many odd parts: the parts of seller and fee sum to theirs', async () => {
    const { id, seller } = await stack.paid({ amount: '10.00', fee: '0.33' });
    for (const amount of ['3.33', '0.01', '3.33', '0.02']) {
      const { body } = await stack.refund(id, { amount });
      expect(body.refund_status).toBe('succeeded');
    }
    const { body: last } = await stack.refund(id);
    expect(last.amount).toBe('3.31');
    const { body: list } = await stack.call<{ data: RefundView[] }>('GET', `/v1/payments/${id}/refunds`);
    const sum = (name: 'seller_amount' | 'platform_fee_amount') =>
      list.data.reduce((total, refund) => total + Math.round(Number(refund[name]) * 100), 0);
    expect([sum('seller_amount'), sum('platform_fee_amount')]).toEqual([967, 33]);
    expect(await stack.ledger([id])).toEqual({});
    expect((await stack.wallet(seller))['pending']).toBe('0.00');
  });

  it('C2 two of 60 % at once: one succeeds, the other is told what is left', async () => {
    const { id, checkoutId } = await stack.paid();
    const answers = await Promise.all([stack.refund(id, { amount: '60.00' }), stack.refund(id, { amount: '60.00' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    const refused = answers.find(({ status }) => status === 422)?.body as unknown as Refused;
    expect(refused).toMatchObject({
      type: 'urn:paysaga:problem:refund-exceeds-remaining',
      remaining_amount: '40.00',
      errors: [{ pointer: '/amount', detail: 'must be at most 40.00' }],
    });
    expect(await refundedAtPsp(checkoutId)).toBe(6_000);
    expect(await stack.ledger([id])).toEqual({
      psp_clearing: 4_000,
      platform_fees: 400,
      [`seller:${(await orderOf(id)).seller}:pending`]: 3_600,
    });
  });

  it('C2 20 at once of 10 % each, of an order with half already refunded: five fit', async () => {
    const { id, checkoutId } = await stack.paid();
    await stack.refund(id, { amount: '50.00' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => stack.refund(id, { amount: '10.00' })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(15);
    expect(await refundedAtPsp(checkoutId)).toBe(10_000);
    expect(await stack.ledger([id])).toEqual({});
  });

  it('C2 a pending one counts: what it holds is not refunded again', async () => {
    const { id } = await stack.paid({ paymentMethod: 'pm_card_pendingRefund' });
    const { body } = await stack.refund(id, { amount: '60.00' });
    expect(body.refund_status).toBe('pending');
    expect((await stack.refund(id, { amount: '60.00' })).status).toBe(422);
    expect(await stack.ledger([id])).toMatchObject({ refunds_in_transit: 6_000, psp_clearing: 10_000 });
    await stack.outside(`refunds/${body.psp_reference ?? ''}/finish`);
    await stack.when<RefundView>(`/v1/refunds/${body.refund_id}`, (refund) => refund.refund_status === 'succeeded');
    expect(await stack.ledger([id])).toMatchObject({ psp_clearing: 4_000, platform_fees: 400 });
  });

  it('C3 one that fails days after it succeeded reinstates seller and fee, and can be asked for again', async () => {
    const { id, seller } = await stack.paid({ paymentMethod: 'pm_card_refundFail' });
    const { body } = await stack.refund(id, { amount: '50.00' });
    const failed = await stack.when<RefundView>(`/v1/refunds/${body.refund_id}`, (r) => r.refund_status === 'failed');
    expect(failed.failure_reason).toBe('expired_or_canceled_card');
    expect(await stack.ledger([id])).toEqual({
      psp_clearing: 10_000,
      platform_fees: 1_000,
      [`seller:${seller}:pending`]: 9_000,
    });
    expect((await stack.refund(id, { amount: '100.00' })).status).toBe(200);
    await stack.eventsSettled();
  });

  it('C3 a pending one that fails reinstates', async () => {
    const { id, seller } = await stack.paid({ paymentMethod: 'pm_card_pendingRefund' });
    const { body } = await stack.refund(id, {});
    await stack.outside(`refunds/${body.psp_reference ?? ''}/finish`, { outcome: 'failed' });
    await stack.when<RefundView>(`/v1/refunds/${body.refund_id}`, (refund) => refund.refund_status === 'failed');
    expect((await stack.wallet(seller))['pending']).toBe('90.00');
  });

  it('C5 of an authorized order is a void: nothing enters the ledger', async () => {
    const body = checkoutBody({ more: { capture_method: 'manual' } });
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.post(body, wait);
    const partial = await stack.refund(id, { amount: '4.00' });
    expect(partial.status).toBe(409);
    const { status, body: refund } = await stack.refund(id);
    expect(status).toBe(200);
    expect(refund).toMatchObject({ refund_status: 'voided', method: 'void' });
    expect((await stack.final(body.checkout_id)).payment_orders[0]).toMatchObject({
      payment_order_status: 'FAILED',
      failure_reason: 'canceled',
    });
    expect(await stack.ledger([id])).toEqual({});
    expect(await stack.pspTotals(body.checkout_id)).toEqual({});
  });

  it('P3 after the money became available takes that, and what is missing is owed; the next sale pays it back', async () => {
    const { id, seller } = await stack.paid({ available: true });
    expect(await stack.wallet(seller)).toMatchObject({ pending: '0.00', available: '90.00' });
    // What was paid out elsewhere: only the ledger knows where the money is.
    await stack.owner.query(
      `SELECT ledger.post('default', 'adjustment', $1, 'test', jsonb_build_object('kind', 'test', 'currency', 'EUR', 'effective_at', now(),
         'lines', '[{"account":"bank","type":"asset","amount":-6000}]'::jsonb, 'seller', $2::text, 'mode', 'payout', 'amount', 6000))`,
      [unique('a'), seller],
    );
    await stack.owner.query('UPDATE wallet.wallet SET available = available - 6000 WHERE seller_account = $1', [
      seller,
    ]);
    await stack.refund(id);
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '0.00', reserved: '0.00', owed: '60.00' });
    expect(await stack.ledger([id])).toEqual({
      [`receivable:seller:${seller}`]: 6_000,
      // Released and taken back again: what is left is what the payout took.
      [`seller:${seller}:available`]: 6_000,
    });
    await stack.paid({ seller, available: true });
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '30.00', reserved: '0.00', owed: '0.00' });
  });

  it('C4 with the policy "kept" the platform keeps its fee, and the seller bears the whole', async () => {
    await stack.owner.query(
      `UPDATE identity.merchant SET policies = '{"platformFeeOnRefund": "kept"}' WHERE merchant_id = 'other'`,
    );
    const seller = unique('seller');
    const body = checkoutBody();
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    const other = { ...wait, Authorization: `Bearer ${otherKey}` };
    await stack.post({ ...body, payment_orders: [{ ...body.payment_orders[0], seller_account: seller }] }, other);
    const { body: refund } = await stack.refund(id, { amount: '5.00' }, other);
    expect(refund).toMatchObject({ refund_status: 'succeeded', seller_amount: '5.00', platform_fee_amount: '0.00' });
    expect(await stack.ledger([id])).toEqual({
      psp_clearing: 500,
      platform_fees: 100,
      [`seller:${seller}:pending`]: 400,
    });
  });

  it('V6 one that somebody makes at the PSP itself is taken up, booked and counted', async () => {
    const { id, seller, payment } = await stack.paid();
    await stack.sandbox.act(stack.sandbox.accountOf(payment) ?? '', '', (api) => api.createRefund(), {
      payment_intent: payment,
      amount: '3000',
    });
    await stack.eventsSettled();
    const { data } = await stack.when<{ data: RefundView[] }>(
      `/v1/payments/${id}/refunds`,
      ({ data }) => data[0]?.refund_status === 'succeeded',
    );
    expect(data).toMatchObject([{ amount: '30.00', seller_amount: '27.00' }]);
    expect((await stack.wallet(seller))['pending']).toBe('63.00');
    expect((await stack.refund(id, { amount: '70.01' })).status).toBe(422);
  });

  it.each(['error_after_effect', 'drop_after_effect', 'error_before_effect'])(
    'U1 whose answer is lost (%s) is looked up: one refund at the PSP',
    async (kind) => {
      const { id, checkoutId } = await stack.paid();
      await stack.fault({ kind, path: '/v1/refunds' });
      const { body } = await stack.refund(id, { amount: '25.00' });
      const refund = await stack.when<RefundView>(`/v1/refunds/${body.refund_id}`, (r) =>
        ['succeeded', 'needs_attention'].includes(r.refund_status),
      );
      expect(refund.refund_status).toBe('succeeded');
      expect(await refundedAtPsp(checkoutId)).toBe(2_500);
    },
  );

  it('that the PSP refuses reinstates, and says why', async () => {
    const { id, seller } = await stack.paid();
    await stack.fault({ kind: 'refuse', path: '/v1/refunds' });
    const { body } = await stack.refund(id);
    expect(body.refund_status).toBe('failed');
    expect((await stack.wallet(seller))['pending']).toBe('90.00');
  });

  it('I2 the same key and body replay the first answer; another body is refused', async () => {
    const { id, checkoutId } = await stack.paid();
    const headers = { ...wait, 'Idempotency-Key': unique('key') };
    const first = await stack.refund(id, { amount: '10.00' }, headers);
    const again = await stack.refund(id, { amount: '10.00' }, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body.refund_id).toBe(first.body.refund_id);
    expect((await stack.refund(id, { amount: '11.00' }, headers)).status).toBe(422);
    const named = { refund_id: unique('rf'), amount: '10.00' };
    await stack.refund(id, named);
    expect((await stack.refund(id, named)).headers.get('idempotent-replayed')).toBe('true');
    expect((await stack.refund(id, { ...named, amount: '12.00' })).status).toBe(422);
    expect(await refundedAtPsp(checkoutId)).toBe(2_000);
  });

  it.each([
    [{ amount: '0.00' }, '/amount'],
    [{ amount: '1.001' }, '/amount'],
    [{ amount: 5 }, '/amount'],
    [{ amount: '-1.00' }, '/amount'],
    [{ refund_id: 'a b' }, '/refund_id'],
    [{ surprise: 1 }, '/surprise'],
  ])('bad input %j names %s and stores nothing', async (body, pointer) => {
    const { id } = await paidOnce();
    const before = await stack.count('payments.refund');
    const answer = await stack.refund(id, body);
    expect(answer.status).toBe(422);
    expect((answer.body as unknown as Problem).errors?.[0]?.pointer).toBe(pointer);
    expect(await stack.count('payments.refund')).toBe(before);
  });

  it("another merchant's order is not there, and a key without the scope may not", async () => {
    const { id } = await paidOnce();
    expect((await stack.refund(id, {}, { Authorization: `Bearer ${otherKey}` })).status).toBe(404);
    expect((await stack.refund(id, {}, { Authorization: `Bearer ${opsKey}` })).status).toBe(403);
  });
});

describe('C7 an authorization', () => {
  it('is no payment: nothing is done, booked or owed to a seller until the money is captured', async () => {
    const body = checkoutBody({ more: { capture_method: 'manual' } });
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    const { body: authorized } = await stack.post(body, wait);
    await stack.eventsSettled();
    expect(authorized).toMatchObject({ checkout_status: 'open', is_payment_done: false });
    const { body: order } = await stack.call<Record<string, unknown>>('GET', `/v1/payments/${id}`);
    expect(order).toMatchObject({
      payment_order_status: 'EXECUTING',
      phase: 'authorized',
      wallet_updated: false,
      ledger_updated: false,
      captured_amount: null,
    });
    expect(await stack.ledger([id])).toEqual({});
    await stack.call('POST', `/v1/payments/${id}/cancel`);
    await stack.final(body.checkout_id);
  });
});

describe('C1 a partial capture', () => {
  it('takes what is asked for, and splits the fee by the rule for all parts', async () => {
    const body = checkoutBody({ amount: '10.00', more: { capture_method: 'manual' } });
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    const seller = unique('seller');
    await stack.post({ ...body, payment_orders: [{ ...body.payment_orders[0], seller_account: seller }] }, wait);
    expect((await stack.call('POST', `/v1/payments/${id}/capture`, { amount: '10.01' })).status).toBe(422);
    expect(await stack.ledger([id])).toEqual({});
    expect((await stack.call('POST', `/v1/payments/${id}/capture`, { amount: '6.66' })).status).toBe(202);
    expect((await stack.final(body.checkout_id)).checkout_status).toBe('paid');
    expect(await stack.ledger([id])).toEqual({
      psp_clearing: 666,
      platform_fees: 67,
      [`seller:${seller}:pending`]: 599,
    });
    expect((await stack.refund(id, { amount: '6.67' })).body).toMatchObject({ remaining_amount: '6.66' });
    expect((await stack.refund(id)).body).toMatchObject({ amount: '6.66', seller_amount: '5.99' });
    expect(await stack.ledger([id])).toEqual({});
  });
});

let once: Promise<{ id: string }> | undefined;
const paidOnce = (): Promise<{ id: string }> => (once ??= stack.paid());

const orderOf = async (id: string): Promise<{ seller: string }> => {
  const { body } = await stack.call<{ seller_account: string }>('GET', `/v1/payments/${id}`);
  return { seller: body.seller_account };
};
