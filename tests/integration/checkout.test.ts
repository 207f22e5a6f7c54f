import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { carrierOf, checkoutBody, TestStack } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterEach(async () => {
  await stack.clearFaults();
  // V1 and V3 hold after every test, whatever it did.
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

const wait = { Prefer: 'wait=30' };
const ids = (body: { payment_orders: { payment_order_id: string }[] }): string[] =>
  body.payment_orders.map((order) => order.payment_order_id);

describe('a checkout that goes well', () => {
  it('V4 two sellers: both SUCCESS, wallet and ledger updated, is_payment_done', async () => {
    const body = checkoutBody({ orders: 2 });
    const { status, body: checkout } = await stack.post(body, wait);
    expect(status).toBe(200);
    expect(checkout).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
    for (const order of checkout.payment_orders) {
      expect(order).toMatchObject({
        payment_order_status: 'SUCCESS',
        phase: 'succeeded',
        wallet_updated: true,
        ledger_updated: true,
        failure_reason: null,
      });
    }
    expect(await stack.ledger(ids(body))).toEqual({
      psp_clearing: 2000,
      platform_fees: 200,
      'seller:seller-1:pending': 900,
      'seller:seller-2:pending': 900,
    });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 2, captured: 2000, refunded: 0 } });
  });

  it("L4 the wallet shows the seller's part as pending", async () => {
    const body = checkoutBody();
    const order = { ...body.payment_orders[0], seller_account: body.checkout_id };
    await stack.post({ ...body, payment_orders: [order] }, wait);
    const { body: wallet } = await stack.call<unknown>('GET', `/v1/sellers/${body.checkout_id}/wallet`);
    expect(wallet).toEqual({
      seller_account: body.checkout_id,
      kyc_status: 'unverified',
      balances: [{ currency: 'EUR', pending: '9.00', available: '0.00', reserved: '0.00', owed: '0.00' }],
    });
  });

  it('answers 202 with Location at once when nobody waits, and carries it out', async () => {
    const body = checkoutBody();
    const { status, headers, body: checkout } = await stack.post(body);
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/checkouts/${body.checkout_id}`);
    expect(checkout.checkout_status).toBe('open');
    expect((await stack.final(body.checkout_id)).checkout_status).toBe('paid');
  });

  it.each([
    ['JPY', '1500', 1500],
    ['KWD', '1.250', 1250],
    ['ISK', '300', 300],
    ['USD', '0.99', 99],
  ])('M2 %s %s is charged and booked exactly', async (currency, amount, minor) => {
    const body = checkoutBody();
    const { body: checkout } = await stack.post(
      { ...body, payment_orders: [{ ...body.payment_orders[0], amount, currency, platform_fee: undefined }] },
      wait,
    );
    expect(checkout.checkout_status).toBe('paid');
    expect(await stack.ledger(ids(body))).toEqual({ psp_clearing: minor, 'seller:seller-1:pending': minor });
  });

  it('a card is attached once and pays for every order of the checkout', async () => {
    const body = checkoutBody({ orders: 3, more: { failure_policy: 'independent' } });
    expect((await stack.post(body, wait)).body).toMatchObject({ checkout_status: 'paid' });
  });

  it('a second merchant pays through its own PSP account', async () => {
    const body = checkoutBody();
    const { body: checkout } = await stack.post(body, {
      ...wait,
      Authorization: 'Bearer psk_test_other_merchants_key_of_tests',
    });
    expect(checkout.checkout_status).toBe('paid');
    expect((await stack.checkout(body.checkout_id)).status).toBe(404);
  });
});

describe('declines', () => {
  it("one order: FAILED with the PSP's decline code, answered with 200", async () => {
    const { status, body } = await stack.post(
      checkoutBody({ paymentMethod: 'pm_card_chargeDeclinedInsufficientFunds' }),
      wait,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ checkout_status: 'failed', is_payment_done: false });
    expect(body.payment_orders[0]).toMatchObject({
      payment_order_status: 'FAILED',
      phase: 'declined',
      failure_reason: 'declined',
      decline_code: 'insufficient_funds',
    });
  });

  it('a card that attaches and declines when charged', async () => {
    const { body } = await stack.post(checkoutBody({ paymentMethod: 'pm_card_chargeCustomerFail' }), wait);
    expect(body.payment_orders[0]).toMatchObject({ payment_order_status: 'FAILED', decline_code: 'generic_decline' });
  });

  it('all_or_nothing: one declined order voids the rest, nothing is captured, nothing stands in ledger or wallet', async () => {
    const body = checkoutBody({ orders: 3 });
    await stack.fault({
      kind: 'decline',
      decline_code: 'insufficient_funds',
      metadata: { payment_order_id: ids(body)[1] },
    });
    const { body: checkout } = await stack.post(body, wait);
    expect(checkout).toMatchObject({ checkout_status: 'failed', is_payment_done: false });
    expect(checkout.payment_orders[1]).toMatchObject({
      phase: 'declined',
      failure_reason: 'declined',
      decline_code: 'insufficient_funds',
    });
    for (const index of [0, 2])
      expect(checkout.payment_orders[index]).toMatchObject({
        payment_order_status: 'FAILED',
        phase: 'voided',
        failure_reason: 'another_order_failed',
      });
    expect(await stack.ledger(ids(body))).toEqual({});
    expect(await stack.pspTotals(body.checkout_id)).toEqual({});
  });

  it('independent: the others succeed', async () => {
    const body = checkoutBody({ orders: 3, more: { failure_policy: 'independent' } });
    await stack.fault({ kind: 'decline', metadata: { payment_order_id: ids(body)[0] } });
    const { body: checkout } = await stack.post(body, wait);
    expect(checkout).toMatchObject({ checkout_status: 'partially_paid', is_payment_done: false });
    expect(checkout.payment_orders.map((order) => order.payment_order_status)).toEqual([
      'FAILED',
      'SUCCESS',
      'SUCCESS',
    ]);
  });

  it('a payment method the PSP does not know is rejected, not retried', async () => {
    const { body } = await stack.post(checkoutBody({ paymentMethod: 'pm_nosuchcard' }), wait);
    expect(body.payment_orders[0]).toMatchObject({
      payment_order_status: 'FAILED',
      phase: 'rejected',
      failure_reason: 'rejected_by_psp',
      decline_code: 'resource_missing',
    });
  });
});

describe('unknown outcomes', () => {
  it.each(['timeout_after_effect', 'drop_after_effect', 'error_after_effect'])(
    'U1 %s: the order ends SUCCESS with one charge',
    async (kind) => {
      const body = checkoutBody();
      await stack.fault({ kind, metadata: { operation: 'charge', payment_order_id: ids(body)[0] } });
      const { body: checkout } = await stack.post(body, { Prefer: 'wait=60' });
      expect(checkout).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
      expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1, captured: 1000 } });
      const calls = (await stack.journal(ids(body)[0] ?? '')).filter((call) => call.operation === 'charge');
      expect(new Set(calls.map((call) => call.idempotency_key)).size).toBe(1);
      expect(calls.filter((call) => call.result === 'executed')).toHaveLength(1);
    },
  );

  it('T2 a 429 is repeated under the same key', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'rate_limit', times: 2 });
    expect((await stack.post(body, wait)).body.checkout_status).toBe('paid');
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
  });

  it('a slow PSP is waited for', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'slow', delay_ms: 1500 });
    expect((await stack.post(body, wait)).body.checkout_status).toBe('paid');
  });

  it('an outcome that stays unknown is parked, and ops retry sends it again after look-up', async () => {
    const body = checkoutBody();
    const [id = ''] = ids(body);
    await stack.fault({ kind: 'error_before_effect', times: 50, metadata: { payment_order_id: id } });
    await stack.post(body);
    const parked = await stack.parked(body.checkout_id);
    expect(parked.payment_orders[0]).toMatchObject({
      payment_order_status: 'EXECUTING',
      attention_reason: 'outcome_unknown',
    });
    // Ops find it by what they know, and metrics count it.
    const query = `NeedsAttention = true AND Phase = 'needs_attention' AND PaymentOrderId = '${id}' AND SellerId = 'seller-1'`;
    await stack.found(query, 1);
    expect(await (await fetch(`${stack.apiUrl}/metrics`)).text()).toMatch(
      /paysaga_payment_orders_for_ops\{phase="needs_attention",reason="outcome_unknown"\} 1/,
    );
    await stack.clearFaults();
    const order = stack.client.workflow.getHandle(`payment-order/default/${id}`);
    await expect(order.executeUpdate('retry', { args: [{ actor: '', reason: 'x' }] })).rejects.toThrow();
    await expect(order.executeUpdate('abandon', { args: [{ actor: 'ana', reason: 'give up' }] })).rejects.toMatchObject(
      { cause: { message: expect.stringContaining('unknown') as unknown } },
    );
    await order.executeUpdate('retry', { args: [{ actor: 'ana', reason: 'the PSP is back' }] });
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1, captured: 1000 } });
    await stack.found(query, 0);
    const { rows } = await stack.owner.query(
      'SELECT action, actor, reason FROM payments.ops_action WHERE payment_order_id = $1',
      [id],
    );
    expect(rows).toEqual([{ action: 'retry', actor: 'ana', reason: 'the PSP is back' }]);
  });

  it("supply_outcome: a person's word settles an unknown outcome and is kept as such", async () => {
    const body = checkoutBody();
    const [id = ''] = ids(body);
    await stack.fault({ kind: 'error_before_effect', times: 50, metadata: { payment_order_id: id } });
    await stack.post(body);
    await stack.parked(body.checkout_id);
    const order = stack.client.workflow.getHandle(`payment-order/default/${id}`);
    await expect(
      order.executeUpdate('supply_outcome', { args: [{ outcome: 'succeeded', actor: 'ana', reason: 'seen' }] }),
    ).rejects.toMatchObject({ cause: { message: expect.stringContaining('psp_reference') as unknown } });
    await order.executeUpdate('supply_outcome', {
      args: [{ outcome: 'declined', actor: 'ana', reason: 'the dashboard shows none' }],
    });
    const final = await stack.final(body.checkout_id);
    expect(final.payment_orders[0]).toMatchObject({
      payment_order_status: 'FAILED',
      phase: 'declined',
      decline_code: 'supplied_by_ops',
    });
  });

  it('wrong PSP credentials park the order; abandon ends it, as nothing was sent', async () => {
    const body = checkoutBody();
    const [id = ''] = ids(body);
    await stack.fault({ kind: 'unauthorized', times: 50, metadata: { payment_order_id: id } });
    await stack.post(body);
    expect((await stack.parked(body.checkout_id)).payment_orders[0]).toMatchObject({
      attention_reason: 'psp_misconfigured',
    });
    await stack.client.workflow
      .getHandle(`payment-order/default/${id}`)
      .executeUpdate('abandon', { args: [{ actor: 'ana', reason: 'the account is closed' }] });
    expect((await stack.final(body.checkout_id)).payment_orders[0]).toMatchObject({
      payment_order_status: 'FAILED',
      phase: 'abandoned',
      failure_reason: 'abandoned',
    });
  });
});

describe('a person and a wrong key', () => {
  it('abandon counts also when it comes while the order is about to try by itself', async () => {
    const body = checkoutBody();
    const [id = ''] = ids(body);
    await stack.fault({ kind: 'unauthorized', times: 500, metadata: { payment_order_id: id } });
    // The look-up before a try takes its time, so that the word comes in the middle of it.
    const metadata = { buyer_id: body.buyer_info.id };
    await stack.fault({ kind: 'slow', method: 'GET', delay_ms: 2000, metadata });
    await stack.post(body);
    await stack.parked(body.checkout_id);
    const order = stack.client.workflow.getHandle(`payment-order/default/${id}`);
    await order.signal('review');
    await stack.eventually(async () => {
      const { raw } = await order.describe();
      const isAsking = raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'lookUpPaymentOrder');
      return isAsking === true ? undefined : 'not looked up yet';
    });
    await order.executeUpdate('abandon', { args: [{ actor: 'ana', reason: 'the account is closed' }] });
    expect((await stack.final(body.checkout_id)).payment_orders[0]).toMatchObject({ phase: 'abandoned' });
  });
});

describe('cancel and capture', () => {
  it('manual: authorized, then captured on request', async () => {
    const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
    const { body: authorized } = await stack.post(body, wait);
    expect(authorized.payment_orders.map((order) => order.phase)).toEqual(['authorized', 'authorized']);
    expect(await stack.ledger(ids(body))).toEqual({});
    const { body: captured } = await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`, undefined, wait);
    expect(captured).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
  });

  it('manual and independent: one order captured, one canceled', async () => {
    const body = checkoutBody({ orders: 2, more: { capture_method: 'manual', failure_policy: 'independent' } });
    await stack.post(body, wait);
    expect((await stack.call('POST', `/v1/payments/${ids(body)[0] ?? ''}/capture`)).status).toBe(202);
    expect(
      (await stack.call('POST', `/v1/payments/${ids(body)[1] ?? ''}/cancel`, { reason: 'out of stock' })).status,
    ).toBe(202);
    const final = await stack.final(body.checkout_id);
    expect(final).toMatchObject({ checkout_status: 'partially_paid' });
    expect(final.payment_orders.map((order) => order.phase)).toEqual(['succeeded', 'canceled']);
  });

  it('T4 canceled while authorized: voided at the PSP, nothing in ledger or wallet', async () => {
    const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
    await stack.post(body, wait);
    const { body: canceled } = await stack.call(
      'POST',
      `/v1/checkouts/${body.checkout_id}/cancel`,
      { reason: 'changed my mind' },
      wait,
    );
    expect(canceled).toMatchObject({ checkout_status: 'canceled', is_payment_done: false });
    expect(await stack.ledger(ids(body))).toEqual({});
    expect((await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`)).status).toBe(202);
  });

  it('T4 canceled during the charge: the charge is refunded, booked, and nets to zero', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'slow', delay_ms: 2000 });
    await stack.post(body);
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'charging');
    expect((await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`)).status).toBe(202);
    const final = await stack.final(body.checkout_id);
    expect(final).toMatchObject({ checkout_status: 'canceled', is_payment_done: false });
    expect(final.payment_orders[0]).toMatchObject({
      phase: 'refunded',
      failure_reason: 'canceled',
      wallet_updated: false,
      ledger_updated: false,
    });
    expect(await stack.ledger(ids(body))).toEqual({});
    const { rows } = await stack.owner.query('SELECT leg FROM ledger.transaction WHERE source_id = $1 ORDER BY 1', [
      ids(body)[0],
    ]);
    expect(rows).toEqual([{ leg: 'capture' }, { leg: 'refund_requested' }, { leg: 'refund_succeeded' }]);
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
      EUR: { charges: 1, captured: 1000, refunded: 1000 },
    });
  });

  it('a final checkout can no longer be canceled: 409', async () => {
    const body = checkoutBody();
    await stack.post(body, wait);
    const { status, body: problem } = await stack.call<{ type: string }>(
      'POST',
      `/v1/checkouts/${body.checkout_id}/cancel`,
    );
    expect(status).toBe(409);
    expect(problem.type).toBe('urn:paysaga:problem:already-final');
  });

  it('canceled in the Temporal UI while authorized: undone, and shown as Canceled', async () => {
    const body = checkoutBody({ more: { capture_method: 'manual' } });
    await stack.post(body, wait);
    const handle = stack.client.workflow.getHandle(carrierOf(body));
    await handle.cancel();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'canceled' });
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
  });

  it('all_or_nothing: a failing capture refunds what was captured and voids nothing twice', async () => {
    const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
    const { body: authorized } = await stack.post(body, wait);
    // Somebody cancels one authorization on the PSP's dashboard.
    await fetch(`${stack.sandboxUrl}/v1/payment_intents/${authorized.payment_orders[1]?.psp_reference ?? ''}/cancel`, {
      method: 'POST',
      headers: { Authorization: 'Bearer sk_test_default' },
    });
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
    const final = await stack.final(body.checkout_id);
    expect(final).toMatchObject({ checkout_status: 'failed', is_payment_done: false });
    expect(final.payment_orders[1]).toMatchObject({ phase: 'capture_failed', failure_reason: 'capture_failed' });
    expect(final.payment_orders[0]).toMatchObject({
      payment_order_status: 'FAILED',
      failure_reason: 'another_order_failed',
    });
    const totals = (await stack.pspTotals(body.checkout_id))['EUR'];
    expect(totals === undefined || totals.captured === totals.refunded).toBe(true);
    expect(Object.values(await stack.ledger(ids(body))).every((amount) => amount === 0)).toBe(true);
  });
});

describe('buyer actions', () => {
  it('3-D Secure: the redirect URL is given, and the payment goes on when the buyer passes', async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_authenticationRequired' });
    const { status, body: waiting } = await stack.post(body, wait);
    expect(status).toBe(200);
    expect(waiting.payment_orders[0]).toMatchObject({ phase: 'requires_action', payment_order_status: 'EXECUTING' });
    await fetch(
      `${stack.sandboxUrl}/_sandbox/payment_intents/${waiting.payment_orders[0]?.psp_reference ?? ''}/finish`,
      { method: 'POST', body: '{}' },
    );
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
  });

  it('C6 an abandoned challenge expires and is canceled at the PSP', async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_authenticationRequired' });
    await stack.post(body);
    const final = await stack.final(body.checkout_id);
    expect(final).toMatchObject({ checkout_status: 'expired' });
    expect(final.payment_orders[0]).toMatchObject({ phase: 'expired', failure_reason: 'expired' });
  });
});
