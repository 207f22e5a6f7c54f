import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sweepCheckouts } from '../../activities/sweep';
import { Interrupted, type Failpoint } from '../../failpoint';
import { checkoutBody, TestStack, type RefundView } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterEach(async () => {
  await stack.clearFaults();
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

const walletFunction = '(text, text, text, text, text, text, bigint, bigint, bigint)';
const wait = { Prefer: 'wait=30' };
const firstId = (body: ReturnType<typeof checkoutBody>): string => body.payment_orders[0]?.payment_order_id ?? '';

describe('U6 what must happen happens in the end', () => {
  it('a booking that fails is parked, seen, and done as soon as it can be', async () => {
    await stack.owner.query(`ALTER FUNCTION wallet.apply_movement${walletFunction} RENAME TO apply_movement_away`);
    const body = checkoutBody();
    await stack.post(body);
    const parked = await stack.parked(body.checkout_id);
    expect(parked.payment_orders[0]).toMatchObject({
      payment_order_status: 'EXECUTING',
      attention_reason: 'booking_failed',
      wallet_updated: false,
    });
    const order = stack.client.workflow.getHandle(`payment-order/default/${firstId(body)}`);
    await expect(
      order.executeUpdate('abandon', { args: [{ actor: 'ana', reason: 'never mind' }] }),
    ).rejects.toMatchObject({ cause: { message: expect.stringContaining('money stands at the PSP') as unknown } });
    await stack.owner.query(`ALTER FUNCTION wallet.apply_movement_away${walletFunction} RENAME TO apply_movement`);
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
  });

  it('a refund that fails is parked and tried until the money is back, once', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'slow', delay_ms: 1500 });
    await stack.fault({ kind: 'error_before_effect', path: '/v1/refunds', times: 8 });
    await stack.post(body);
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'charging');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
    const parked = await stack.parked(body.checkout_id);
    expect(parked.payment_orders[0]).toMatchObject({ attention_reason: 'compensation_failed' });
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'canceled' });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
      EUR: { charges: 1, captured: 1000, refunded: 1000 },
    });
    const refunds = (await stack.journal(firstId(body))).filter((call) => call.path === '/v1/refunds');
    expect(refunds.filter((call) => call.result === 'executed')).toHaveLength(1);
  });

  it('V9 a card that can not be attached shows up for ops, and is paid when the PSP lets us in again', async () => {
    const body = checkoutBody();
    await stack.fault({ kind: 'unauthorized', path: '/v1/customers', times: 1000 });
    await stack.post(body);
    const query = `NeedsAttention = true AND CheckoutId = '${body.checkout_id}'`;
    await stack.found(query, 1);
    await stack.clearFaults();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
    await stack.found(query, 0);
  });

  it('an authorization that can not be voided is parked and tried until it is', async () => {
    const body = checkoutBody({ more: { capture_method: 'manual' } });
    await stack.post(body, wait);
    await stack.fault({ kind: 'error_before_effect', times: 8 });
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
    expect((await stack.parked(body.checkout_id)).payment_orders[0]).toMatchObject({
      attention_reason: 'compensation_failed',
    });
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'canceled' });
  });
});

describe('V1 V3 the database', () => {
  it('cutting every connection again and again loses and doubles nothing', async () => {
    const bodies = Array.from({ length: 15 }, () => checkoutBody({ orders: 2 }));
    const posted = bodies.map(async (body) => {
      // As a storefront would: the same body again until it is taken.
      while ((await stack.post(body).catch(() => ({ status: 0 }))).status !== 202) await pause(100);
    });
    for (let cut = 0; cut < 12; cut += 1) {
      await stack.owner.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'paysaga\\_%'`,
      );
      await pause(150);
    }
    await Promise.all(posted);
    // What the schedule does every 15 seconds: an API that lost its connection after the row may have started nothing.
    await stack.owner.query('UPDATE payments.checkout SET sweep_after = now()');
    await new MockActivityEnvironment().run(() => sweepCheckouts(stack.dependencies()));
    for (const body of bodies) {
      expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
      expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
        EUR: { charges: 2, captured: 2000, refunded: 0 },
      });
    }
    const ids = bodies.flatMap((body) => body.payment_orders.map((order) => order.payment_order_id));
    expect(await stack.ledger(ids)).toMatchObject({ psp_clearing: 30_000, platform_fees: 3_000 });
  });
});

describe('V11 a step that keeps failing on its fast path', () => {
  it('goes on as an ordinary activity: no workflow fails, whatever it was doing', async () => {
    const failures = new Map<string, number>();
    // More often than a local activity is tried, as a database that is starting up does it.
    const failpoint: Failpoint = (name, key) => {
      const sofar = failures.get(`${name} ${key}`) ?? 0;
      if (!name.endsWith('.completing') || name.startsWith('applyDue') || sofar >= 3) return Promise.resolve();
      failures.set(`${name} ${key}`, sofar + 1);
      return Promise.reject(new Interrupted('the database system is starting up'));
    };
    const own = await TestStack.start({ plant: (dependencies) => ({ ...dependencies, failpoint }) });
    try {
      const [body, alone] = [checkoutBody({ orders: 2 }), checkoutBody()];
      for (const each of [body, alone]) {
        await own.post(each);
        expect(await own.final(each.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
      }
      const { body: refund } = await own.refund(firstId(body), {}, {});
      await own.when<RefundView>(
        `/v1/refunds/${refund.refund_id}`,
        ({ refund_status: state }) => state === 'succeeded',
      );
      const ended = `TaskQueue = '${own.taskQueue}' AND WorkflowType IN ('checkoutWorkflow', 'paymentOrderWorkflow', 'refundWorkflow')`;
      await own.found(`${ended} AND ExecutionStatus = 'Completed'`, 5);
      await own.found(`${ended} AND ExecutionStatus = 'Failed'`, 0);
      expect([...failures.keys()].map((step) => step.split('.')[0])).toEqual(
        expect.arrayContaining([
          'prepareBuyer',
          'finishCheckout',
          'bookCapture',
          'creditWallet',
          'appendLedger',
          'loadRefund',
        ]),
      );
    } finally {
      await own.stop();
    }
  });
});
