import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createActivities, type Activities } from '../../activities';
import { checkoutBody, TestStack } from '../support/stack';

let stack: TestStack;
let activities: Activities;
beforeAll(async () => {
  // No worker: each activity is called by hand, as often and as late as the test wants.
  stack = await TestStack.start({ withWorker: false });
  activities = createActivities(stack.dependencies());
});
afterEach(() => stack.clearFaults());
afterAll(() => stack.stop());

async function prepared(paymentMethod = 'pm_card_visa') {
  const body = checkoutBody({ paymentMethod });
  await stack.post(body);
  const key = { merchantId: 'default', checkoutId: body.checkout_id };
  const buyer = await activities.prepareBuyer(key);
  if (buyer.outcome !== 'prepared') throw new Error(`the buyer is ${buyer.outcome}`);
  const paymentOrderId = body.payment_orders[0]?.payment_order_id ?? '';
  return { ...key, paymentOrderId, customer: buyer.customer, paymentMethod: buyer.paymentMethod, attempt: 1 };
}
const executed = async (paymentOrderId: string): Promise<number> =>
  (await stack.journal(paymentOrderId)).filter(
    (call) => call.path === '/v1/payment_intents' && call.result === 'executed',
  ).length;
const sentAgo = (paymentOrderId: string, interval: string) =>
  stack.owner.query(
    `UPDATE payments.psp_operation SET first_sent_at = now() - $2::interval, last_sent_at = now() - $2::interval WHERE payment_order_id = $1`,
    [paymentOrderId, interval],
  );

describe('charging', () => {
  it('I5 a finished charge is answered from its row: nothing is sent again', async () => {
    const input = await prepared();
    const first = await activities.chargePaymentOrder(input);
    expect(await activities.chargePaymentOrder(input)).toEqual(first);
    expect(await stack.journal(input.paymentOrderId)).toHaveLength(1);
  });

  it('I6 after 24 hours, when the PSP has forgotten the key, the charge is looked up and not sent again', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_after_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    await sentAgo(input.paymentOrderId, '25 hours');
    await fetch(`${stack.sandboxUrl}/_sandbox/clock`, { method: 'POST', body: '{"advance_seconds": 90000}' });
    expect(await activities.chargePaymentOrder(input)).toMatchObject({ outcome: { outcome: 'succeeded' } });
    expect(await executed(input.paymentOrderId)).toBe(1);
  });

  it('I6 an old key under which nothing is found stays unknown', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_before_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    await sentAgo(input.paymentOrderId, '25 hours');
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    expect(await executed(input.paymentOrderId)).toBe(0);
  });

  it('I4 a 500 kept under the key is no outcome: look-up finds the charge', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'error_after_effect' });
    for (let send = 0; send < 2; send += 1) {
      await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    }
    const found = await activities.lookUpPaymentOrder({ ...input, operation: 'charge' });
    expect(found).toMatchObject({ outcome: { outcome: 'succeeded' } });
    expect(await executed(input.paymentOrderId)).toBe(1);
  });

  it('I5 a new business attempt is not started while the last one may still be on its way', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_before_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    expect(await activities.startNewAttempt({ ...input, operation: 'charge', current: 1 })).toBe(1);
    await sentAgo(input.paymentOrderId, '3 minutes');
    expect(await activities.startNewAttempt({ ...input, operation: 'charge', current: 1 })).toBe(2);
    expect(await activities.startNewAttempt({ ...input, operation: 'charge', current: 1 })).toBe(2);
    expect(await activities.chargePaymentOrder({ ...input, attempt: 2 })).toMatchObject({
      outcome: { outcome: 'succeeded' },
    });
    expect(new Set((await stack.journal(input.paymentOrderId)).map((call) => call.idempotency_key)).size).toBe(2);
  });

  it('I5 an attempt that a later one has replaced is not sent, looked up or undone, and leaves the row alone', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_before_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    await sentAgo(input.paymentOrderId, '3 minutes');
    await activities.startNewAttempt({ ...input, operation: 'charge', current: 1 });
    await activities.chargePaymentOrder({ ...input, attempt: 2 });
    const late = { type: 'AttemptSuperseded', nonRetryable: true };
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject(late);
    await expect(activities.authorizePaymentOrder(input)).rejects.toMatchObject(late);
    await expect(activities.lookUpPaymentOrder({ ...input, operation: 'charge' })).rejects.toMatchObject(late);
    await expect(activities.reversePayment({ ...input, refundCaptured: true })).rejects.toMatchObject(late);
    await activities.recordPhase({ ...input, phase: 'canceled', failureReason: 'canceled' });
    expect((await activities.loadPaymentOrder(input)).phase).toBe('captured');
    expect(await executed(input.paymentOrderId)).toBe(1);
  });

  it('V8 an order is canceled as one to which nothing was sent, or is charged: never both', async () => {
    const inputs = await Promise.all(Array.from({ length: 24 }, () => prepared()));
    const ends = new Set<string>();
    await Promise.all(
      inputs.map(async (input, index) => {
        const cancel = () => activities.cancelUnsent({ ...input, failureReason: 'canceled' });
        const charge = () => activities.chargePaymentOrder(input);
        const [{ phase }, { outcome }] =
          index % 2 === 0
            ? await Promise.all([cancel(), charge()])
            : await Promise.all([charge(), cancel()]).then(([charged, canceled]) => [canceled, charged] as const);
        const canceled = phase === 'canceled';
        ends.add(phase);
        expect(outcome).toMatchObject({ outcome: canceled ? 'canceled' : 'succeeded' });
        expect(await executed(input.paymentOrderId)).toBe(canceled ? 0 : 1);
        expect((await activities.loadPaymentOrder(input)).phase).toBe(canceled ? 'canceled' : 'captured');
        // Whoever is told again is told the same.
        expect((await charge()).outcome).toEqual(outcome);
        expect((await cancel()).phase).toBe(canceled ? 'canceled' : 'captured');
      }),
    );
    expect(ends.has('canceled')).toBe(true);
    expect(ends.size).toBeGreaterThan(1);
  });

  it('V8 an order that has ended is not paid for by a run that was reset to before its end', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_before_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    await activities.recordPhase({ ...input, phase: 'abandoned', failureReason: 'abandoned' });
    const nothing = { outcome: { outcome: 'canceled', reference: '' } };
    expect(await activities.chargePaymentOrder(input)).toEqual(nothing);
    expect(await activities.authorizePaymentOrder(input)).toEqual(nothing);
    expect(await executed(input.paymentOrderId)).toBe(0);
  });

  it('V3 an order that has succeeded is given back by a refund only', async () => {
    const input = await prepared();
    await activities.chargePaymentOrder(input);
    await stack.owner.query(
      'UPDATE payments.payment_order SET wallet_updated = true, ledger_updated = true WHERE payment_order_id = $1',
      [input.paymentOrderId],
    );
    await activities.recordPhase({ ...input, phase: 'succeeded' });
    await expect(activities.reversePayment({ ...input, refundCaptured: true })).rejects.toMatchObject({
      type: 'InvariantViolated',
    });
    expect(await activities.reversePayment({ ...input, refundCaptured: false })).toEqual({
      outcome: 'captured_meanwhile',
    });
    expect((await stack.journal(input.paymentOrderId)).map(({ path }) => path)).not.toContain('/v1/refunds');
  });

  it('V2 an earlier round decides nothing and ends nothing of a later one', async () => {
    const { merchantId, checkoutId, paymentOrderId } = await prepared();
    const key = { merchantId, checkoutId };
    await stack.owner.query('UPDATE payments.checkout SET round = 2 WHERE checkout_id = $1', [checkoutId]);
    const undo = { decision: 'undo', reason: 'another_order_failed' } as const;
    expect(await activities.recordDecision({ ...key, ...undo, round: 1 })).toEqual(undo);
    expect((await activities.loadCheckout(key)).decision).toBeNull();
    const end = { phase: 'canceled', failureReason: 'canceled', code: null, message: null } as const;
    await activities.failUnstartedOrders({ ...key, ...end, round: 1 });
    expect(await activities.loadPaymentOrder({ merchantId, paymentOrderId })).toMatchObject({
      phase: 'not_started',
      round: 2,
    });
    await activities.failUnstartedOrders({ ...key, ...end, round: 2 });
    expect((await activities.loadPaymentOrder({ merchantId, paymentOrderId })).phase).toBe('canceled');
  });

  it('V11 another card in the moment between the decline and the end of its round: that round ends nothing, and does not fail', async () => {
    const { merchantId, checkoutId, paymentOrderId } = await prepared();
    const key = { merchantId, checkoutId };
    await activities.recordPhase({ merchantId, paymentOrderId, phase: 'declined', failureReason: 'declined' });
    const card = { credit_card_info: { payment_method: 'pm_card_mastercard' } };
    expect((await stack.call('POST', `/v1/checkouts/${checkoutId}/payment_method`, card)).status).toBe(202);
    expect(await activities.finishCheckout({ ...key, round: 1 })).toEqual({
      checkoutStatus: 'open',
      isPaymentDone: false,
    });
    expect((await stack.checkout(checkoutId)).body).toMatchObject({ checkout_status: 'open', payment_attempt: 2 });
    await activities.failUnstartedOrders({
      ...key,
      phase: 'declined',
      failureReason: 'declined',
      code: null,
      message: null,
      round: 2,
    });
    expect(await activities.finishCheckout({ ...key, round: 2 })).toMatchObject({ checkoutStatus: 'failed' });
    // A run of before 0.8.0 names no round.
    expect(await activities.finishCheckout(key)).toMatchObject({ checkoutStatus: 'failed' });
  });

  it('V3 V4 a capture that is booked many times at once is booked once, and ends its checkout only as a whole', async () => {
    const input = await prepared();
    const { merchantId, checkoutId, paymentOrderId } = input;
    await activities.chargePaymentOrder(input);
    const { rows } = await stack.owner.query<{ seller: string }>(
      'SELECT seller_account AS seller FROM payments.payment_order WHERE payment_order_id = $1',
      [paymentOrderId],
    );
    const booking = {
      merchantId,
      paymentOrderId,
      sellerAccount: rows[0]?.seller ?? '',
      amount: { amount: '10.00', currency: 'EUR' },
      platformFee: { amount: '1.00', currency: 'EUR' },
      kind: 'capture' as const,
      effectiveAt: new Date().toISOString(),
      ends: { checkoutId, round: 1 },
    };
    expect(await activities.bookCapture({ ...booking, completes: false })).toEqual({});
    expect((await stack.checkout(checkoutId)).body).toMatchObject({ checkout_status: 'open', is_payment_done: false });
    const whole = { ...booking, completes: true };
    const ends = await Promise.all(Array.from({ length: 8 }, () => activities.bookCapture(whole)));
    expect(new Set(ends.map(({ checkoutStatus }) => checkoutStatus))).toEqual(new Set(['paid']));
    expect((await stack.checkout(checkoutId)).body).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
    expect(await stack.ledger([paymentOrderId])).toMatchObject({ psp_clearing: 1_000, platform_fees: 100 });
    expect(await stack.differences()).toEqual([]);
    // Other money under the same names is refused, and changes nothing.
    await expect(
      activities.bookCapture({ ...whole, amount: { amount: '11.00', currency: 'EUR' } }),
    ).rejects.toMatchObject({ type: 'InvariantViolated' });
    expect(await stack.ledger([paymentOrderId])).toMatchObject({ psp_clearing: 1_000 });
  });

  it('W4 an amount at the PSP that is not ours is no success', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_after_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toBeDefined();
    await stack.owner.query('ALTER TABLE payments.payment_order DISABLE TRIGGER payment_order_keep_final');
    await stack.owner.query('UPDATE payments.payment_order SET amount = amount + 1 WHERE payment_order_id = $1', [
      input.paymentOrderId,
    ]);
    await stack.owner.query('ALTER TABLE payments.payment_order ENABLE TRIGGER payment_order_keep_final');
    await expect(activities.lookUpPaymentOrder({ ...input, operation: 'charge' })).rejects.toMatchObject({
      type: 'InvariantViolated',
    });
  });
});

describe('U1 locked out of the PSP', () => {
  it('is a matter of keys when nothing was executed, however often it was tried', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'unauthorized', times: 2 });
    for (let send = 0; send < 2; send += 1) {
      await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderMisconfigured' });
    }
  });

  it('is an unknown outcome when an earlier call was never answered', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_after_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    await stack.fault({ kind: 'unauthorized' });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type: 'ProviderOutcomeUnknown' });
    expect(await executed(input.paymentOrderId)).toBe(1);
  });
});

describe('undoing', () => {
  it('C5 by the state at the PSP: refund after capture, void before, nothing when nothing is there; and only once', async () => {
    const captured = await prepared();
    await activities.chargePaymentOrder(captured);
    for (let time = 0; time < 2; time += 1) {
      expect(await activities.reversePayment({ ...captured, refundCaptured: true })).toMatchObject({
        outcome: 'refunded',
      });
    }
    const refunds = (await stack.journal(captured.paymentOrderId)).filter((call) => call.path === '/v1/refunds');
    expect(refunds).toHaveLength(1);
    const authorized = await prepared();
    await activities.authorizePaymentOrder(authorized);
    for (let time = 0; time < 2; time += 1) {
      expect(await activities.reversePayment({ ...authorized, refundCaptured: true })).toEqual({ outcome: 'voided' });
    }
    const untouched = await prepared();
    expect(await activities.reversePayment({ ...untouched, refundCaptured: true })).toEqual({ outcome: 'voided' });
    expect(await stack.journal(untouched.paymentOrderId)).toEqual([]);
  });

  it('U5 a charge whose answer was lost is found and refunded', async () => {
    const input = await prepared();
    await stack.fault({ kind: 'drop_after_effect', times: 2 });
    await expect(activities.chargePaymentOrder(input)).rejects.toBeDefined();
    expect(await activities.reversePayment({ ...input, refundCaptured: true })).toMatchObject({ outcome: 'refunded' });
    expect(await stack.pspTotals(input.checkoutId)).toMatchObject({ EUR: { captured: 1000, refunded: 1000 } });
  });

  it('a refund that answered 500 after its effect is found, not made twice', async () => {
    const input = await prepared();
    await activities.chargePaymentOrder(input);
    await stack.fault({ kind: 'error_after_effect', path: '/v1/refunds' });
    await expect(activities.reversePayment({ ...input, refundCaptured: true })).rejects.toMatchObject({
      type: 'ProviderOutcomeUnknown',
    });
    expect(await activities.reversePayment({ ...input, refundCaptured: true })).toMatchObject({ outcome: 'refunded' });
    expect(await stack.pspTotals(input.checkoutId)).toMatchObject({ EUR: { captured: 1000, refunded: 1000 } });
  });
});

describe('C2 a refund that stays pending', () => {
  it('is not taken for done before the PSP says so, and not made twice', async () => {
    const input = await prepared('pm_card_pendingRefund');
    await activities.chargePaymentOrder(input);
    for (let time = 0; time < 2; time += 1) {
      const pending = await activities.reversePayment({ ...input, refundCaptured: true });
      expect(pending).toEqual({ outcome: 'refund_pending' });
    }
    const refunds = (await stack.journal(input.paymentOrderId)).filter((call) => call.path === '/v1/refunds');
    expect(refunds).toHaveLength(1);
    await fetch(`${stack.sandboxUrl}/_sandbox/refunds/${refunds[0]?.object ?? ''}/finish`, { method: 'POST' });
    expect(await activities.reversePayment({ ...input, refundCaptured: true })).toMatchObject({ outcome: 'refunded' });
  });
});

describe('T2 failures', () => {
  it.each([
    ['rate_limit', 'ProviderRateLimited', false],
    ['unauthorized', 'ProviderMisconfigured', true],
    ['error_before_effect', 'ProviderOutcomeUnknown', false],
  ])('%s is %s', async (kind, type, nonRetryable) => {
    const input = await prepared();
    await stack.fault({ kind });
    await expect(activities.chargePaymentOrder(input)).rejects.toMatchObject({ type, nonRetryable });
  });

  it('a row that is not there is NotFound', async () => {
    const nobody = {
      merchantId: 'default',
      checkoutId: 'none',
      paymentOrderId: 'none',
      customer: 'c',
      paymentMethod: 'p',
      attempt: 1,
    };
    await expect(activities.chargePaymentOrder(nobody)).rejects.toMatchObject({ type: 'NotFound', nonRetryable: true });
    await expect(activities.prepareBuyer(nobody)).rejects.toMatchObject({ type: 'NotFound', nonRetryable: true });
  });
});
