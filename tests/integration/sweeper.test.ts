import Long from 'long';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkoutBody, TestStack } from '../support/stack';

let stack: TestStack;
/** Nobody listens there: a Temporal that is away. */
const nowhere = '127.0.0.1:1';
beforeAll(async () => {
  stack = await TestStack.start({ apiTemporalAddress: nowhere });
});
afterAll(() => stack.stop());

const sweep = () => stack.sweep();

describe('row first', () => {
  it('V5 without Temporal POST still answers 202, quickly, and the sweeper starts it later', async () => {
    const body = checkoutBody();
    const { status } = await stack.post(body);
    expect(status).toBe(202);
    expect((await sweep()).started).toBe(1);
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
  });

  it('readiness says that Temporal is away and stays ready', async () => {
    const response = await fetch(`${stack.apiUrl}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ready',
      database: 'ok',
      temporal: 'unavailable',
      psp: 'ok',
    });
  });

  it('a cancel without Temporal is kept on the row and honoured', async () => {
    const body = checkoutBody({ orders: 2 });
    await stack.post(body);
    expect((await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`)).status).toBe(202);
    await sweep();
    const final = await stack.final(body.checkout_id);
    expect(final).toMatchObject({ checkout_status: 'canceled' });
    expect(await stack.pspTotals(body.checkout_id)).toEqual({});
  });
});

describe('T5 terminated in the UI', () => {
  it('parent and children: picked up again, and nothing is charged twice', async () => {
    const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
    await stack.post(body);
    await sweep();
    await stack.until(body.checkout_id, (checkout) =>
      checkout.payment_orders.every((order) => order.phase === 'authorized'),
    );
    const ids = body.payment_orders.map((order) => order.payment_order_id);
    await stack.client.workflow.getHandle(`checkout/default/${body.checkout_id}`).terminate('oops');
    for (const id of ids) await stack.client.workflow.getHandle(`payment-order/default/${id}`).terminate('oops');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
    expect((await sweep()).started).toBeGreaterThanOrEqual(1);
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 2, captured: 2000 } });
    for (const id of ids)
      expect(
        new Set(
          (await stack.journal(id))
            .filter((call) => call.path === '/v1/payment_intents')
            .map((call) => call.idempotency_key),
        ).size,
      ).toBe(1);
    expect(await stack.differences()).toEqual([]);
  });

  it('the parent alone: the new one follows children that still run', async () => {
    const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
    await stack.post(body);
    await sweep();
    await stack.until(body.checkout_id, (checkout) =>
      checkout.payment_orders.every((order) => order.phase === 'authorized'),
    );
    await stack.client.workflow.getHandle(`checkout/default/${body.checkout_id}`).terminate('oops');
    await sweep();
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
    await sweep();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 2, captured: 2000 } });
  });

  it.each([1, 2])('one of %s order(s): it is started again', async (orders) => {
    const body = checkoutBody({ orders, more: { capture_method: 'manual' } });
    await stack.post(body);
    await sweep();
    await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'authorized');
    await stack.client.workflow
      .getHandle(`payment-order/default/${body.payment_orders[0]?.payment_order_id ?? ''}`)
      .terminate('oops');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
    await sweep();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
  });

  it('T4 an order terminated after its capture is refunded and booked whole when its checkout is undone', async () => {
    const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
    await stack.post(body);
    await sweep();
    const ids = body.payment_orders.map((order) => order.payment_order_id);
    await stack.until(body.checkout_id, (checkout) =>
      checkout.payment_orders.every((order) => order.phase === 'authorized'),
    );
    await stack.fault({ kind: 'slow', delay_ms: 4000, metadata: { payment_order_id: ids[1] } });
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
    await sweep();
    await stack.until(
      body.checkout_id,
      ({ payment_orders: [first] }) => first?.ledger_updated === true && first.wallet_updated,
    );
    await stack.client.workflow.getHandle(`checkout/default/${body.checkout_id}`).terminate('oops');
    await stack.client.workflow.getHandle(`payment-order/default/${ids[0] ?? ''}`).terminate('oops');
    await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
    await sweep();
    expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'canceled', is_payment_done: false });
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { captured: 2000, refunded: 2000 } });
    expect(Object.values(await stack.ledger(ids)).every((amount) => amount === 0)).toBe(true);
    expect(await stack.differences()).toEqual([]);
  });

  it('a workflow that has completed over an open row raises an alarm', async () => {
    const body = checkoutBody({ orders: 2 });
    await stack.post(body);
    await sweep();
    await stack.final(body.checkout_id);
    await stack.client.workflow.getHandle(`checkout/default/${body.checkout_id}`).result();
    await stack.owner.query(
      `UPDATE payments.checkout SET checkout_status = 'open', is_payment_done = false WHERE checkout_id = $1`,
      [body.checkout_id],
    );
    expect((await sweep()).alarms).toBe(1);
    const { rows } = await stack.owner.query('SELECT alarm FROM payments.checkout WHERE checkout_id = $1', [
      body.checkout_id,
    ]);
    expect(rows).toEqual([{ alarm: 'the workflow has completed while the checkout is open' }]);
  });
});

describe('reset in the UI', () => {
  it('a reset checkout and a reset order charge nothing twice', async () => {
    const body = checkoutBody({ orders: 2 });
    await stack.post(body);
    await sweep();
    await stack.final(body.checkout_id);
    for (const workflowId of [
      `payment-order/default/${body.payment_orders[0]?.payment_order_id ?? ''}`,
      `checkout/default/${body.checkout_id}`,
    ]) {
      const { runId } = await stack.client.workflow.getHandle(workflowId).describe();
      await stack.client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId, runId },
        reason: 'test',
        requestId: `${workflowId}-reset`,
        workflowTaskFinishEventId: Long.fromNumber(4),
      });
      await stack.client.workflow.getHandle(workflowId).result();
    }
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 2, captured: 2000 } });
    expect(await stack.differences()).toEqual([]);
  });
});
