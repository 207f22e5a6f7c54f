import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { historyText } from '../support/history';
import { answer, submitCard, submitWay } from '../support/payment-page';
import { checkoutBody, TestStack, unique, type CheckoutView, type Problem } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ buyerMinutes: 30 });
});
afterEach(async () => {
  await stack.clearFaults();
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

const visa = '4242424242424242';
type Body = ReturnType<typeof checkoutBody>;
const idOf = (body: Body): string => body.payment_orders[0]?.payment_order_id ?? '';

/** Posts a checkout without a card and answers the page's address. */
async function open(body: Body): Promise<string> {
  const { status, body: checkout } = await stack.post(body);
  expect(status).toBe(202);
  expect(checkout.checkout_status).toBe('awaiting_buyer');
  return checkout.hosted_payment_url ?? '';
}

const giveCard = <Answered = CheckoutView>(checkoutId: string, paymentMethod: string, headers = {}) =>
  stack.call<Answered>(
    'POST',
    `/v1/checkouts/${checkoutId}/payment_method`,
    { credit_card_info: { payment_method: paymentMethod } },
    headers,
  );

describe('one order, paid on the page', () => {
  it('a good card: paid, booked, one charge; the page itself charged, nothing was sent twice', async () => {
    const body = checkoutBody({ hosted: true, more: { return_url: 'https://shop.example/thanks?order=7' } });
    const url = await open(body);
    expect(await submitCard(url, visa)).toMatchObject({ status: 303, location: 'https://shop.example/thanks?order=7' });
    const checkout = await stack.final(body.checkout_id);
    expect(checkout).toMatchObject({ checkout_status: 'paid', is_payment_done: true, hosted_payment_url: null });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1, captured: 1000 } });
    expect(await stack.ledger([idOf(body)])).toMatchObject({ psp_clearing: 1000, platform_fees: 100 });
    expect((await stack.journal(idOf(body))).filter((call) => call.path === '/v1/payment_intents')).toEqual([]);
  });

  it('a decline leaves the page open for the next card', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    const declined = await submitCard(url, '4000000000009995');
    expect(declined.status).toBe(402);
    expect(declined.text).toContain('insufficient funds');
    expect((await stack.checkout(body.checkout_id)).body.checkout_status).toBe('awaiting_buyer');
    expect((await submitCard(url, visa)).status).toBe(303);
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', payment_attempt: 1 });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
  });

  it('a challenge refused goes back to the page; accepted, it pays', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    const refused = await answer(url, (await submitCard(url, '4000002760003184')).location, 'failed');
    expect(refused.location).toContain('/c/pay/');
    expect((await stack.checkout(body.checkout_id)).body.checkout_status).toBe('awaiting_buyer');
    const accepted = await answer(url, (await submitCard(url, '4000002760003184')).location, 'succeeded');
    expect(accepted.location).toBe('https://pay.example/return');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
  });

  it('W5 coming back without paying changes nothing: whatever the address says, the checkout waits', async () => {
    const body = checkoutBody({ hosted: true });
    await open(body);
    const back = await fetch(
      `${stack.apiUrl}/return?redirect_status=succeeded&payment_intent=pi_1&checkout_id=${body.checkout_id}`,
    );
    expect(back.status).toBe(200);
    expect(back.headers.get('cache-control')).toBe('no-store');
    expect(back.headers.get('x-content-type-options')).toBe('nosniff');
    expect(back.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect((await stack.checkout(body.checkout_id)).body.checkout_status).toBe('awaiting_buyer');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, undefined, { Prefer: 'wait=20' });
  });

  it('the storefront asks with Prefer: wait when the buyer is back: the PSP is asked now', async () => {
    const faults = (drop: number) =>
      fetch(`${stack.sandboxUrl}/_sandbox/webhooks/faults`, { method: 'POST', body: JSON.stringify({ drop }) });
    await faults(1);
    const body = checkoutBody({ hosted: true });
    await submitCard(await open(body), visa);
    const { headers, body: checkout } = await stack.call('GET', `/v1/checkouts/${body.checkout_id}`, undefined, {
      Prefer: 'wait=20',
    });
    expect(headers.get('preference-applied')).toBe('wait=20');
    expect(checkout.checkout_status).toBe('paid');
    await faults(0);
  });

  it('canceled by the storefront: the page is closed at the PSP, nothing is owed', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    const { body: checkout } = await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, undefined, {
      Prefer: 'wait=20',
    });
    expect(checkout).toMatchObject({
      checkout_status: 'canceled',
      payment_orders: [{ phase: 'canceled', failure_reason: 'canceled' }],
    });
    expect((await submitCard(url, visa)).text).toContain('expired');
    expect(await stack.pspTotals(body.checkout_id)).toEqual({});
  });

  it('C6 not paid in time: expired here and at the PSP, status FAILED, nothing owed', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    expect(await stack.final(body.checkout_id)).toMatchObject({
      checkout_status: 'expired',
      payment_orders: [{ payment_order_status: 'FAILED', phase: 'expired', failure_reason: 'expired' }],
    });
    expect((await submitCard(url, visa)).text).toContain('expired');
    expect(await stack.ledger([idOf(body)])).toEqual({});
  });

  it('manual capture: authorized on the page by card only, captured on request', async () => {
    const body = checkoutBody({ hosted: true, more: { capture_method: 'manual' } });
    const url = await open(body);
    expect((await submitWay(url, 'bank')).status).toBe(422);
    await submitCard(url, visa);
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'authorized');
    expect(await stack.pspTotals(body.checkout_id)).toEqual({});
    const { body: checkout } = await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`, undefined, {
      Prefer: 'wait=20',
    });
    expect(checkout.checkout_status).toBe('paid');
  });

  it('the buyer pays in the moment of the cancel: the payment is taken up, given back and booked', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    // The cancel is on the row before anybody hears of the payment.
    await stack.owner.query(
      `UPDATE payments.checkout SET cancel_requested = '{"actor":"test","reason":"too late"}' WHERE checkout_id = $1`,
      [body.checkout_id],
    );
    await submitCard(url, visa);
    expect(await stack.final(body.checkout_id)).toMatchObject({
      checkout_status: 'canceled',
      payment_orders: [{ phase: 'refunded' }],
    });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { captured: 1000, refunded: 1000 } });
  });

  it('U5 paid on the page, canceled while the PSP does not answer: first taken up, then given back', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    await stack.fault({ kind: 'rate_limit', method: 'GET', path: '/v1/payment_intents/', times: 100 });
    await submitCard(url, visa);
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'charging');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
    // Longer than the activity's own tries: the workflow has to wait, too.
    await pause(7_000);
    expect((await stack.checkout(body.checkout_id)).body.payment_orders[0]?.payment_order_status).toBe('EXECUTING');
    await stack.clearFaults();
    expect(await stack.final(body.checkout_id)).toMatchObject({
      checkout_status: 'canceled',
      payment_orders: [{ phase: 'refunded' }],
    });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { captured: 1000, refunded: 1000 } });
  });

  it('X1 a card number typed on the page is nowhere in our database or histories', async () => {
    const body = checkoutBody({ hosted: true });
    await submitCard(await open(body), '5555555555554444');
    await stack.final(body.checkout_id);
    const { rows } = await stack.owner.query<{ found: boolean }>(
      "SELECT bool_or(subject::text LIKE '%55554444%') AS found FROM payments.psp_event WHERE checkout_id = $1",
      [body.checkout_id],
    );
    expect(rows[0]?.found).toBe(false);
    // More than the last four digits: those alone turn up by chance among ids and times.
    expect(await historyText(stack.client, `checkout/default/${body.checkout_id}`)).not.toContain('55554444');
  });
});

describe('methods that take days', () => {
  it('a bank debit stays processing until the bank has paid', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    expect((await submitWay(url, 'bank')).status).toBe(303);
    const waiting = await stack.until(
      body.checkout_id,
      (checkout) => checkout.payment_orders[0]?.phase === 'processing',
    );
    expect(waiting).toMatchObject({ checkout_status: 'open', payment_orders: [{ payment_order_status: 'EXECUTING' }] });
    await finish(waiting.payment_orders[0]?.psp_reference, 'succeeded');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
  });

  it('a voucher shows where to pay, stays processing, and fails when it is never paid', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    const voucher = await submitWay(url, 'voucher');
    expect(voucher.location).toContain('/c/voucher/');
    const waiting = await stack.until(
      body.checkout_id,
      (checkout) => checkout.payment_orders[0]?.phase === 'processing',
    );
    expect(waiting.payment_orders[0]?.next_action?.redirect_url).toContain('/c/voucher/');
    await answer(url, voucher.location, 'failed');
    // The buyer still has time: the page is open again, as another attempt.
    const again = await stack.until(
      body.checkout_id,
      (checkout) => checkout.payment_attempt === 2 && checkout.checkout_status === 'awaiting_buyer',
    );
    expect(again.payment_orders[0]?.decline_code).not.toBeNull();
    await submitCard(again.hosted_payment_url ?? '', visa);
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', payment_attempt: 2 });
  });

  it('a voucher paid in cash at the agent succeeds', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    const voucher = await submitWay(url, 'voucher');
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'processing');
    await answer(url, voucher.location, 'succeeded');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
  });
});

describe('several orders: the page saves a card, each is charged to it', () => {
  it('all are paid with one card', async () => {
    const body = checkoutBody({ hosted: true, orders: 3 });
    await submitCard(await open(body), visa);
    const checkout = await stack.final(body.checkout_id);
    expect(checkout).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 3, captured: 3000 } });
  });

  it('a card that is saved and then declines opens the page again, with new attempts and new keys', async () => {
    const body = checkoutBody({ hosted: true, orders: 2 });
    await submitCard(await open(body), '4000000000000341');
    const again = await stack.until(
      body.checkout_id,
      (checkout) => checkout.payment_attempt === 2 && checkout.checkout_status === 'awaiting_buyer',
    );
    expect(again.payment_orders.map((order) => order.payment_order_status)).toEqual(['NOT_STARTED', 'NOT_STARTED']);
    await submitCard(again.hosted_payment_url ?? '', visa);
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', payment_attempt: 2 });
    const keys = (await stack.journal(idOf(body)))
      .filter((call) => call.path === '/v1/payment_intents')
      .map((call) => call.idempotency_key);
    expect(new Set(keys).size).toBe(2);
  });

  it('I7 a further attempt has workflows of its own; the completed one is never run again', async () => {
    const body = checkoutBody({ hosted: true, orders: 2 });
    await submitCard(await open(body), '4000000000000341');
    await stack.until(
      body.checkout_id,
      (checkout) => checkout.payment_attempt === 2 && checkout.checkout_status === 'awaiting_buyer',
    );
    const state = async (id: string) => (await stack.client.workflow.getHandle(id).describe()).status.name;
    expect(await state(`checkout/default/${body.checkout_id}`)).toBe('COMPLETED');
    expect(await state(`checkout/default/${body.checkout_id}/2`)).toBe('RUNNING');
    const { body: checkout } = await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, undefined, {
      Prefer: 'wait=20',
    });
    expect(checkout.checkout_status).toBe('canceled');
  });

  it('a card that wants a challenge is confirmed once on the page', async () => {
    const body = checkoutBody({ hosted: true, orders: 2 });
    const url = await open(body);
    const challenge = await submitCard(url, '4000002500003155');
    await answer(url, challenge.location, 'succeeded');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
  });

  it('3-D Secure on every order shows one challenge at a time', async () => {
    const body = checkoutBody({ orders: 2, paymentMethod: 'pm_card_authenticationRequired' });
    await stack.post(body);
    const both = await stack.until(body.checkout_id, (checkout) =>
      checkout.payment_orders.every((order) => order.phase === 'requires_action'),
    );
    expect(both.payment_orders.map((order) => order.next_action !== null)).toEqual([true, false]);
    expect(both.next_action).toEqual(both.payment_orders[0]?.next_action);
    await finish(both.payment_orders[0]?.psp_reference, 'succeeded');
    const second = await stack.until(
      body.checkout_id,
      (checkout) => checkout.payment_orders[0]?.phase === 'authorized',
    );
    expect(second.payment_orders[1]?.next_action).not.toBeNull();
    await finish(second.payment_orders[1]?.psp_reference, 'succeeded');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
  });
});

describe('another card for the same checkout', () => {
  it('a declined checkout is paid with the next card, as a new business attempt', async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_chargeDeclinedInsufficientFunds' });
    expect((await stack.post(body, { Prefer: 'wait=20' })).body.checkout_status).toBe('failed');
    const { status, body: checkout } = await giveCard(body.checkout_id, 'pm_card_visa', { Prefer: 'wait=20' });
    expect(status).toBe(200);
    expect(checkout).toMatchObject({ checkout_status: 'paid', is_payment_done: true, payment_attempt: 2 });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
  });

  it('independent orders: only the declined one is tried again', async () => {
    const body = checkoutBody({ orders: 2, more: { failure_policy: 'independent' } });
    await stack.fault({ kind: 'decline', metadata: { payment_order_id: body.payment_orders[1]?.payment_order_id } });
    expect((await stack.post(body, { Prefer: 'wait=20' })).body.checkout_status).toBe('partially_paid');
    const { body: checkout } = await giveCard(body.checkout_id, 'pm_card_mastercard', { Prefer: 'wait=20' });
    expect(checkout.checkout_status).toBe('paid');
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 2, captured: 2000 } });
  });

  it('instead of the page: the page is closed, the card is charged', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    const { body: checkout } = await giveCard(body.checkout_id, 'pm_card_visa', { Prefer: 'wait=20' });
    expect(checkout).toMatchObject({ checkout_status: 'paid' });
    expect((await submitCard(url, visa)).text).toContain('expired');
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
  });

  it('the buyer pays on the page first: that counts, and no run after it charges the card as well', async () => {
    const body = checkoutBody({ hosted: true });
    const url = await open(body);
    // The PSP does not answer for a moment: the card comes in between the payment and our hearing of it.
    await stack.fault({ kind: 'rate_limit', method: 'GET', path: '/v1/checkout/sessions/', times: 3 });
    await submitCard(url, visa);
    await giveCard(body.checkout_id, 'pm_card_mastercard');
    await stack.until(body.checkout_id, (checkout) => checkout.checkout_status !== 'awaiting_buyer');
    await stack.client.workflow
      .getHandle(`checkout/default/${body.checkout_id}`)
      .terminate('test')
      .catch(() => undefined);
    await stack.owner.query('UPDATE payments.checkout SET sweep_after = now() WHERE checkout_id = $1', [
      body.checkout_id,
    ]);
    await stack.client.workflow.execute('sweeperWorkflow', {
      workflowId: unique('sweep'),
      taskQueue: stack.taskQueue,
      args: [],
    });
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1, captured: 1000, refunded: 0 } });
  });

  it('a page that the PSP refuses ends the checkout, and is not asked for again', async () => {
    const body = checkoutBody({ hosted: true });
    await stack.fault({ kind: 'refuse', path: '/v1/checkout/sessions' });
    await stack.post(body);
    expect(await stack.final(body.checkout_id)).toMatchObject({
      checkout_status: 'failed',
      payment_attempt: 1,
      payment_orders: [{ phase: 'rejected', failure_reason: 'rejected_by_psp' }],
    });
  });

  it('U3 while the outcome is unknown a second attempt is refused with 409 and the reason', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'error_before_effect', times: 100, metadata: { payment_order_id: idOf(body) } });
    await stack.post(body);
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'unknown');
    const refused = await giveCard<Problem>(body.checkout_id, 'pm_card_mastercard');
    expect(refused.status).toBe(409);
    expect(refused.body.type).toBe('urn:paysaga:problem:outcome-unknown');
    expect(refused.body.detail).toContain('pay twice');
    await stack.clearFaults();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
  });

  it('while an order is authorized, and after the checkout is paid, it is refused with 409', async () => {
    const body = checkoutBody({ more: { capture_method: 'manual' } });
    await stack.post(body, { Prefer: 'wait=20' });
    expect((await giveCard<Problem>(body.checkout_id, 'pm_card_mastercard')).body.type).toBe(
      'urn:paysaga:problem:payment-in-progress',
    );
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`, undefined, { Prefer: 'wait=20' });
    expect((await giveCard<Problem>(body.checkout_id, 'pm_card_mastercard')).body.type).toBe(
      'urn:paysaga:problem:already-final',
    );
    expect((await giveCard<Problem>('no-such-checkout', 'pm_card_visa')).status).toBe(404);
  });
});

describe('where the buyer may be sent back to', () => {
  it('a return URL outside the merchant’s list is a 422 that names the field, and nothing is stored', async () => {
    const body = checkoutBody({ hosted: true, more: { return_url: 'https://shop.example.evil.test/' } });
    const { status, body: problem } = await stack.call<Problem>('POST', '/v1/payments', body);
    expect(status).toBe(422);
    expect(problem.errors).toEqual([
      { pointer: '/return_url', detail: 'must begin with one of: https://shop.example, http://127.0.0.1' },
    ]);
    expect((await stack.checkout(body.checkout_id)).status).toBe(404);
  });
});

async function finish(reference: string | null | undefined, outcome: 'succeeded' | 'failed'): Promise<void> {
  const response = await fetch(`${stack.sandboxUrl}/_sandbox/payment_intents/${reference ?? ''}/finish`, {
    method: 'POST',
    body: JSON.stringify({ outcome }),
  });
  if (!response.ok) throw new Error(await response.text());
}
