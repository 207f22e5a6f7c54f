import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { parkedSeconds } from '../../domain/psp-event';
import { signatureHeader } from '../../sandbox/webhooks';
import { chargeAgain } from '../support/payment-page';
import {
  checkoutBody,
  opsKey,
  otherWebhookSecret,
  previousWebhookSecret,
  TestStack,
  unique,
  webhookSecret,
  type CheckoutView,
  type Problem,
} from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterEach(async () => {
  await stack.clearFaults();
  await webhookFaults({});
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

type Body = ReturnType<typeof checkoutBody>;
const idOf = (body: Body): string => body.payment_orders[0]?.payment_order_id ?? '';
const wait = { Prefer: 'wait=20' };
const ops = { Authorization: `Bearer ${opsKey}` };

async function webhookFaults(faults: Record<string, number>): Promise<void> {
  await fetch(`${stack.sandboxUrl}/_sandbox/webhooks/faults`, { method: 'POST', body: JSON.stringify(faults) });
}

async function finish(body: Body, outcome: 'succeeded' | 'failed'): Promise<void> {
  const { body: checkout } = await stack.checkout(body.checkout_id);
  const reference = checkout.payment_orders[0]?.psp_reference ?? '';
  await fetch(`${stack.sandboxUrl}/_sandbox/payment_intents/${reference}/finish`, {
    method: 'POST',
    body: JSON.stringify({ outcome }),
  });
}

interface EventFields {
  readonly id?: string;
  readonly type?: string;
  readonly account?: string;
  readonly livemode?: boolean;
  readonly object?: Record<string, unknown>;
}

/** An event as Stripe would send it about an order, and its bytes. */
function event(paymentOrderId: string, fields: EventFields = {}): { id: string; bytes: string } {
  const id = fields.id ?? unique('evt').replace('-', '_');
  const value = {
    id,
    object: 'event',
    type: fields.type ?? 'payment_intent.succeeded',
    created: Math.floor(Date.now() / 1000),
    livemode: fields.livemode ?? false,
    ...(fields.account !== undefined && { account: fields.account }),
    data: {
      object: {
        id: unique('pi').replace('-', '_'),
        object: 'payment_intent',
        amount: 1000,
        currency: 'eur',
        metadata: { merchant_id: 'default', payment_order_id: paymentOrderId, operation: 'charge', attempt: '1' },
        ...fields.object,
      },
    },
  };
  return { id, bytes: JSON.stringify(value) };
}

const signed = (bytes: string, secret = webhookSecret, ageSeconds = 0): string =>
  signatureHeader(bytes, secret, Math.floor(Date.now() / 1000) - ageSeconds);

const rowOf = async (eventId: string) =>
  (
    await stack.owner.query<{ state: string; reason: string | null; deliveries: number; tries: number }>(
      'SELECT state, reason, deliveries, tries FROM payments.psp_event WHERE event_id = $1',
      [eventId],
    )
  ).rows[0];

const settled = async (eventId: string) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const row = await rowOf(eventId);
    if (row !== undefined && row.state !== 'received') return row;
    await pause(50);
  }
  throw new Error(`event ${eventId} is not settled`);
};

describe('W1 only signed bytes come in', () => {
  it('our own header scheme is Stripe’s', () => {
    const payload = '{"id":"evt_1"}';
    const seconds = Math.floor(Date.now() / 1000);
    expect(signatureHeader(payload, webhookSecret, seconds)).toBe(
      Stripe.webhooks.generateTestHeaderString({ payload, secret: webhookSecret, timestamp: seconds }),
    );
  });

  it.each<[string, (bytes: string) => [string, string | undefined]]>([
    ['an altered byte', (bytes) => [bytes.replace('1000', '1001'), signed(bytes)]],
    ['the wrong secret', (bytes) => [bytes, signed(bytes, 'whsec_of_somebody_else')]],
    ["another merchant's secret", (bytes) => [bytes, signed(bytes, otherWebhookSecret)]],
    ['301 seconds old', (bytes) => [bytes, signed(bytes, webhookSecret, 301)]],
    ['no header', (bytes) => [bytes, undefined]],
    ['re-serialised JSON', (bytes) => [JSON.stringify(JSON.parse(bytes), null, 1), signed(bytes)]],
  ])('%s: 400 and no row', async (_what, make) => {
    const { id, bytes } = event('nobody');
    expect(await stack.postWebhook(...make(bytes))).toBe(400);
    expect(await rowOf(id)).toBeUndefined();
  });

  it('the secret before is still good while it is being changed', async () => {
    const { id, bytes } = event('nobody', { type: 'charge.succeeded' });
    expect(await stack.postWebhook(bytes, signed(bytes, previousWebhookSecret))).toBe(200);
    expect(await settled(id)).toMatchObject({ state: 'ignored' });
  });

  it('a merchant that is not there has no door', async () => {
    const { bytes } = event('nobody');
    expect(await stack.postWebhook(bytes, signed(bytes), '/webhooks/stripe/nobody')).toBe(404);
  });
});

describe('W2 stored under its id, acknowledged, then applied', () => {
  it('the same event twice: 200 both times, one row, one effect', async () => {
    const body = checkoutBody();
    await stack.post(body, wait);
    await stack.eventsSettled();
    const { body: checkout } = await stack.checkout(body.checkout_id);
    const { id, bytes } = event(idOf(body), { object: { id: checkout.payment_orders[0]?.psp_reference } });
    for (let times = 0; times < 3; times += 1) expect(await stack.postWebhook(bytes, signed(bytes))).toBe(200);
    expect(await settled(id)).toMatchObject({ state: 'no_change', deliveries: 3, tries: 1 });
  });

  it('an event whose API process died after the 200 is taken up by the schedule', async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_authenticationRequired' });
    await stack.post(body, wait);
    await webhookFaults({ drop: 1 });
    await finish(body, 'succeeded');
    const { body: checkout } = await stack.checkout(body.checkout_id);
    // As the dead process left it: stored, not applied.
    await stack.owner.query(
      `INSERT INTO payments.psp_event (merchant_id, event_id, type, livemode, occurred_at, subject, payment_order_id)
       VALUES ('default', $1, 'payment_intent.succeeded', false, now(), $2, $3)`,
      [
        unique('evt'),
        JSON.stringify({
          claim: 'succeeded',
          payment: checkout.payment_orders[0]?.psp_reference,
          object: 'x',
          amountMinor: '1000',
          currency: 'EUR',
          metadata: { merchant_id: 'default', payment_order_id: idOf(body), attempt: '1' },
        }),
        idOf(body),
      ],
    );
    await stack.takeUpEvents();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    // On a busy machine the poll (W5) may have been there before it.
    const taken = (await stack.events(idOf(body))).at(-1);
    expect(taken).toMatchObject({ tries: 1 });
    expect(['applied', 'no_change']).toContain(taken?.state);
  });

  it('while the database is away the answer is no 2xx, so that Stripe sends it again', async () => {
    const { id, bytes } = event('nobody', { type: 'charge.succeeded' });
    await stack.owner.query('ALTER TABLE payments.psp_event RENAME TO psp_event_away');
    expect(await stack.postWebhook(bytes, signed(bytes))).toBeGreaterThanOrEqual(500);
    await stack.owner.query('ALTER TABLE payments.psp_event_away RENAME TO psp_event');
    expect(await stack.postWebhook(bytes, signed(bytes))).toBe(200);
    expect(await settled(id)).toMatchObject({ state: 'ignored', deliveries: 1 });
  });
});

describe('W3 any order, any time', () => {
  it('success before the answer to our own call: one charge, one booking', async () => {
    await webhookFaults({ before_answer: 1 });
    const body = checkoutBody();
    const { body: checkout } = await stack.post(body, wait);
    expect(checkout.checkout_status).toBe('paid');
    await stack.takeUpEvents();
    await stack.eventsSettled();
    expect(await stack.events(idOf(body), 'payment_intent.succeeded')).toMatchObject([{ state: 'no_change' }]);
    expect(await stack.ledger([idOf(body)])).toMatchObject({ psp_clearing: 1000 });
  });

  it('an old "processing" that comes after success changes nothing', async () => {
    const body = checkoutBody();
    await stack.post(body, wait);
    const { body: checkout } = await stack.checkout(body.checkout_id);
    const late = event(idOf(body), {
      type: 'payment_intent.processing',
      object: { id: checkout.payment_orders[0]?.psp_reference },
    });
    await stack.postWebhook(late.bytes, signed(late.bytes));
    expect(await settled(late.id)).toMatchObject({ state: 'no_change' });
    expect((await stack.checkout(body.checkout_id)).body.checkout_status).toBe('paid');
  });

  it('a claim is only a hint: "succeeded" about a payment that has not succeeded moves nothing', async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_authenticationRequired' });
    await stack.post(body, wait);
    const { body: waiting } = await stack.checkout(body.checkout_id);
    const lie = event(idOf(body), { object: { id: waiting.payment_orders[0]?.psp_reference } });
    await stack.postWebhook(lie.bytes, signed(lie.bytes));
    expect(await settled(lie.id)).toMatchObject({ state: 'applied' });
    await pause(300);
    const { body: still } = await stack.checkout(body.checkout_id);
    expect(still.payment_orders[0]).toMatchObject({ phase: 'requires_action', ledger_updated: false });
    await finish(body, 'failed');
    expect(await stack.final(body.checkout_id)).toMatchObject({
      checkout_status: 'failed',
      payment_orders: [{ failure_reason: 'declined' }],
    });
  });

  it('an event for an order that is not there yet is parked and finds it later', async () => {
    const body = checkoutBody();
    const early = event(idOf(body), { type: 'payment_intent.processing' });
    expect(await stack.postWebhook(early.bytes, signed(early.bytes))).toBe(200);
    expect(await settled(early.id)).toMatchObject({ state: 'parked', reason: 'there is no such payment order' });
    await stack.post(body, wait);
    await stack.takeUpEvents();
    expect(await settled(early.id)).toMatchObject({ state: 'no_change' });
  });

  it('an event for a payment that never appears is shown to ops in the end, and can be replayed', async () => {
    const orphan = event(unique('orphan'));
    const from = new Date(Date.now() - 1_000).toISOString();
    await stack.postWebhook(orphan.bytes, signed(orphan.bytes));
    await settled(orphan.id);
    for (let tries = 0; tries < parkedSeconds.length; tries += 1) await stack.takeUpEvents();
    expect(await rowOf(orphan.id)).toMatchObject({ state: 'dead_letter', reason: 'there is no such payment order' });

    const list = await stack.call<{ data: { event_id: string; reason: string }[] }>(
      'GET',
      '/v1/psp_events?state=dead_letter',
      undefined,
      ops,
    );
    expect(list.body.data.map((each) => each.event_id)).toContain(orphan.id);
    const metrics = await (await fetch(`${stack.apiUrl}/metrics`)).text();
    expect(metrics).toMatch(/paysaga_psp_events\{state="dead_letter"\} [1-9]/);

    const one = await stack.call<{ state: string }>('POST', `/v1/psp_events/${orphan.id}/replay`, undefined, ops);
    expect([one.status, one.body.state]).toEqual([202, 'received']);
    await stack.takeUpEvents();
    expect(await rowOf(orphan.id)).toMatchObject({ state: 'parked' });
    for (let tries = 0; tries < parkedSeconds.length; tries += 1) await stack.takeUpEvents();
    const span = await stack.call<{ replayed: number }>(
      'POST',
      '/v1/psp_events/replay',
      { from, to: new Date().toISOString() },
      ops,
    );
    expect(span.body.replayed).toBeGreaterThanOrEqual(1);
    await stack.takeUpEvents();
    expect(await rowOf(orphan.id)).toMatchObject({ state: 'parked' });
  });

  it("X4 a storefront's key may not see or replay events: 403; a wrong query names its parameter", async () => {
    expect((await stack.call('GET', '/v1/psp_events')).status).toBe(403);
    expect((await stack.call('POST', '/v1/psp_events/replay', { from: 'x', to: 'y' })).status).toBe(403);
    const wrong = await stack.call<Problem>('GET', '/v1/psp_events?state=lost', undefined, ops);
    expect([wrong.status, wrong.body.errors?.[0]?.pointer]).toEqual([422, 'state']);
    const span = await stack.call<Problem>('POST', '/v1/psp_events/replay', { from: 'yesterday', to: 'today' }, ops);
    expect(span.body.errors?.map((error) => error.pointer)).toEqual(['/from', '/to']);
    expect((await stack.call('POST', '/v1/psp_events/evt_nobody/replay', undefined, ops)).status).toBe(404);
  });
});

describe('W4 amount and currency are checked', () => {
  it.each([
    ['another amount', { amount: 999 }],
    ['another currency', { currency: 'usd' }],
  ])('%s: a break for people, the order is not touched', async (_what, object) => {
    const body = checkoutBody({ paymentMethod: 'pm_card_authenticationRequired' });
    await stack.post(body, wait);
    const { body: waiting } = await stack.checkout(body.checkout_id);
    const wrong = event(idOf(body), { object: { id: waiting.payment_orders[0]?.psp_reference, ...object } });
    await stack.postWebhook(wrong.bytes, signed(wrong.bytes));
    expect(await settled(wrong.id)).toMatchObject({
      state: 'dead_letter',
      reason: expect.stringContaining('break') as unknown,
    });
    expect((await stack.checkout(body.checkout_id)).body.payment_orders[0]?.phase).toBe('requires_action');
    await finish(body, 'failed');
    await stack.final(body.checkout_id);
  });
});

describe('W5 a webhook that never comes', () => {
  it('the poll finds the outcome, also when every webhook is lost', async () => {
    await webhookFaults({ drop: 1 });
    const body = checkoutBody({ paymentMethod: 'pm_usBankAccount_success' });
    await stack.post(body, wait);
    await finish(body, 'succeeded');
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
    expect(await stack.events(idOf(body))).toEqual([]);
  });

  it('days late: it changes nothing any more', async () => {
    const body = checkoutBody();
    await stack.post(body, wait);
    const { body: checkout } = await stack.checkout(body.checkout_id);
    const late = event(idOf(body), { object: { id: checkout.payment_orders[0]?.psp_reference } });
    await stack.postWebhook(late.bytes, signed(late.bytes));
    expect(await settled(late.id)).toMatchObject({ state: 'no_change' });
  });
});

describe('W6 events of another account or mode', () => {
  it.each<[string, EventFields, string]>([
    ['live mode', { livemode: true }, 'it is of live mode, and the key is a test key'],
    ['a connected account', { account: 'acct_1' }, 'it is about a connected account'],
    [
      "another merchant's ids",
      { object: { metadata: { merchant_id: 'other', payment_order_id: 'x' } } },
      'the ids on it are of another merchant',
    ],
  ])('%s: 200, ignored, nothing changes', async (_what, fields, reason) => {
    const body = checkoutBody({ paymentMethod: 'pm_card_authenticationRequired' });
    await stack.post(body, wait);
    const foreign = event(idOf(body), fields);
    expect(await stack.postWebhook(foreign.bytes, signed(foreign.bytes))).toBe(200);
    expect(await settled(foreign.id)).toEqual({ state: 'ignored', reason, deliveries: 1, tries: 1 });
    expect((await stack.checkout(body.checkout_id)).body.payment_orders[0]?.phase).toBe('requires_action');
    await finish(body, 'failed');
    await stack.final(body.checkout_id);
  });

  it("another merchant's events come in at its own door, with its own secret", async () => {
    const { id, bytes } = event('nobody', { type: 'charge.succeeded' });
    expect(await stack.postWebhook(bytes, signed(bytes), '/webhooks/stripe/other')).toBe(400);
    expect(await stack.postWebhook(bytes, signed(bytes, otherWebhookSecret), '/webhooks/stripe/other')).toBe(200);
    expect(await settled(id)).toMatchObject({ state: 'ignored' });
  });
});

describe('V6 an unreliable post', () => {
  it('doubled, reordered, delayed, forged, before the answer: every payment ends as the PSP says, once', async () => {
    await webhookFaults({ duplicate: 0.5, reorder: 0.5, delay: 0.2, delay_ms: 500, forge: 0.3, before_answer: 0.3 });
    const methods = [
      'pm_card_visa',
      'pm_usBankAccount_success',
      'pm_usBankAccount_insufficientFunds',
      'pm_card_chargeCustomerFail',
    ];
    const bodies = Array.from({ length: 12 }, (_, index) => checkoutBody({ paymentMethod: methods[index % 4] ?? '' }));
    await Promise.all(bodies.map((body) => stack.post(body, wait)));
    await Promise.all(
      bodies.filter((_, index) => index % 4 === 1 || index % 4 === 2).map((body) => finish(body, 'succeeded')),
    );
    const ends = await Promise.all(bodies.map((body) => stack.final(body.checkout_id)));
    expect(ends.map((end: CheckoutView) => end.checkout_status)).toEqual(
      bodies.map((_, index) => (index % 4 < 2 ? 'paid' : 'failed')),
    );
    await stack.takeUpEvents();
    await stack.eventsSettled();
    const { forged, forged_accepted: accepted, doubled } = stack.sandbox.sender.state().counts;
    expect([forged > 0, doubled > 0, accepted]).toEqual([true, true, 0]);
    const { rows } = await stack.owner.query(
      "SELECT event_id FROM payments.psp_event WHERE event_id LIKE 'evt_forged%'",
    );
    expect(rows).toEqual([]);
  });
});

describe('U4 late success after we said "failed" or "canceled"', () => {
  it('the effect comes after the order was canceled: refunded, booked, nothing stays', async () => {
    const body = checkoutBody();
    // Our call is lost on the way and takes effect long after; a look-up right away finds nothing.
    await stack.fault({ kind: 'late_effect', delay_ms: 20_000, metadata: { payment_order_id: idOf(body) } });
    await stack.fault({ kind: 'error_before_effect', times: 100, metadata: { payment_order_id: idOf(body) } });
    await stack.post(body);
    await stack.parked(body.checkout_id);
    await stack.client.workflow.getHandle(`payment-order/default/${idOf(body)}`).executeUpdate('supply_outcome', {
      args: [{ actor: 'ops', reason: 'not on the dashboard', outcome: 'declined' }],
    });
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'failed' });
    await stack.clearFaults();
    const refunded = await stray(idOf(body), 'refunded');
    expect(refunded).toMatchObject({ amount: '1000', attempt: 1 });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
      EUR: { charges: 1, captured: 1000, refunded: 1000 },
    });
    expect(await strayLedger(refunded.psp_reference)).toEqual({
      psp_clearing: '0',
      suspense: '0',
      refunds_in_transit: '0',
    });
    expect((await stack.checkout(body.checkout_id)).body.checkout_status).toBe('failed');
    await stack.found(`PaymentOrderId = "${idOf(body)}" AND WorkflowType = "strayPaymentWorkflow"`, 1);
  }, 120_000);

  it('U5 a cancel while the outcome is unknown is honoured only when the outcome is known', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'late_effect', delay_ms: 1_500, metadata: { payment_order_id: idOf(body) } });
    await stack.fault({ kind: 'error_before_effect', times: 6, metadata: { payment_order_id: idOf(body) } });
    await stack.post(body);
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'unknown');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
    const end = await stack.final(body.checkout_id);
    expect(end).toMatchObject({ checkout_status: 'canceled', payment_orders: [{ phase: 'refunded' }] });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
      EUR: { charges: 1, captured: 1000, refunded: 1000 },
    });
  });

  it('a second authorization under our ids is voided, and the ledger never hears of it', async () => {
    const body = checkoutBody();
    await stack.post(body, wait);
    const { body: paid } = await stack.checkout(body.checkout_id);
    const second = await chargeAgain(stack, paid.payment_orders[0]?.psp_reference ?? '', 'manual');
    expect(await stray(idOf(body), 'voided')).toMatchObject({ psp_reference: second, amount: null });
    expect(await strayLedger(second)).toEqual({});
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1, refunded: 0 } });
  });

  it('U6 a stray payment that cannot be given back now is shown to ops and tried until it can', async () => {
    const body = checkoutBody();
    await stack.post(body, wait);
    const { body: paid } = await stack.checkout(body.checkout_id);
    // A second payment under our ids, such as a double click on the dashboard.
    await stack.fault({ kind: 'error_before_effect', times: 5, path: '/v1/refunds' });
    const second = await chargeAgain(stack, paid.payment_orders[0]?.psp_reference ?? '');
    await stack.fault({ kind: 'error_before_effect', times: 7, path: '/v1/refunds' });
    await stack.found(`PaymentOrderId = "${idOf(body)}" AND NeedsAttention = true`, 1);
    expect(await stray(idOf(body), 'refunded')).toMatchObject({ psp_reference: second });
    expect((await stack.checkout(body.checkout_id)).body.checkout_status).toBe('paid');
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
      EUR: { charges: 2, captured: 2000, refunded: 1000 },
    });
  });
});

async function stray(
  paymentOrderId: string,
  state: string,
): Promise<{ psp_reference: string; amount: string | null; attempt: number }> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { rows } = await stack.owner.query<{
      psp_reference: string;
      amount: string | null;
      attempt: number;
      state: string;
    }>('SELECT psp_reference, amount, attempt, state FROM payments.stray_payment WHERE payment_order_id = $1', [
      paymentOrderId,
    ]);
    if (rows[0]?.state === state) return rows[0];
    await pause(100);
  }
  throw new Error(`no stray payment of ${paymentOrderId} has become ${state}`);
}

async function strayLedger(reference: string): Promise<Record<string, string>> {
  const { rows } = await stack.owner.query<{ code: string; sum: string }>(
    `SELECT account.code, sum(entry.amount) FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
     WHERE source_type = 'psp_payment' AND source_id = $1 GROUP BY account.code`,
    [reference],
  );
  return Object.fromEntries(rows.map(({ code, sum }) => [code, sum]));
}
