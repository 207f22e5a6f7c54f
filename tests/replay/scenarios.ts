import { checkoutBody, type TestStack } from '../support/stack';

/** A life of a checkout worth keeping the history of. Answers the workflow ids to record. */
export interface Scenario {
  readonly name: string;
  readonly run: (stack: TestStack) => Promise<readonly string[]>;
}

type Body = ReturnType<typeof checkoutBody>;
const orderIds = (body: Body): string[] => body.payment_orders.map((order) => order.payment_order_id);
const workflowsOf = (body: Body): string[] => [
  `checkout/default/${body.checkout_id}`,
  ...orderIds(body).map((id) => `payment-order/default/${id}`),
];
const ops = { actor: 'recorder', reason: 'recording a history' };

export const scenarios: readonly Scenario[] = [
  {
    name: 'success',
    run: async (stack) => {
      const body = checkoutBody();
      await stack.post(body, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'success-all-or-nothing',
    run: async (stack) => {
      const body = checkoutBody({ orders: 2 });
      await stack.post(body, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'decline',
    run: async (stack) => {
      const body = checkoutBody({ paymentMethod: 'pm_card_chargeCustomerFail' });
      await stack.post(body, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'compensation',
    run: async (stack) => {
      const body = checkoutBody({ orders: 2 });
      await stack.fault({ kind: 'decline', metadata: { payment_order_id: orderIds(body)[1] } });
      await stack.post(body, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'unknown',
    run: async (stack) => {
      const body = checkoutBody();
      await stack.fault({ kind: 'error_after_effect', metadata: { payment_order_id: orderIds(body)[0] } });
      await stack.post(body);
      await stack.final(body.checkout_id);
      return workflowsOf(body);
    },
  },
  {
    name: 'cancel',
    run: async (stack) => {
      const body = checkoutBody({ more: { capture_method: 'manual' } });
      await stack.post(body, { Prefer: 'wait=30' });
      await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, undefined, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'cancel-during-charge',
    run: async (stack) => {
      const body = checkoutBody();
      await stack.fault({ kind: 'slow', delay_ms: 1500 });
      await stack.post(body);
      await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'charging');
      await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, undefined, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'parked',
    run: async (stack) => {
      const body = checkoutBody();
      const [id = ''] = orderIds(body);
      await stack.fault({ kind: 'unauthorized', metadata: { payment_order_id: id } });
      await stack.post(body);
      await stack.parked(body.checkout_id);
      await stack.client.workflow.getHandle(`payment-order/default/${id}`).executeUpdate('retry', { args: [ops] });
      await stack.final(body.checkout_id);
      return workflowsOf(body);
    },
  },
];
