import { chargeAgain, submitCard } from '../support/payment-page';
import { checkoutBody, unique, type TestStack } from '../support/stack';

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
    name: 'page',
    run: async (stack) => {
      const body = checkoutBody({ hosted: true });
      const { body: checkout } = await stack.post(body);
      await submitCard(checkout.hosted_payment_url ?? '', '4242424242424242');
      await stack.final(body.checkout_id);
      return workflowsOf(body);
    },
  },
  {
    name: 'page-canceled',
    run: async (stack) => {
      const body = checkoutBody({ hosted: true });
      await stack.post(body);
      await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, undefined, { Prefer: 'wait=30' });
      return [`checkout/default/${body.checkout_id}`];
    },
  },
  {
    name: 'page-opened-again',
    run: async (stack) => {
      const body = checkoutBody({ hosted: true, orders: 2 });
      const { body: checkout } = await stack.post(body);
      await submitCard(checkout.hosted_payment_url ?? '', '4000000000000341');
      const again = await stack.until(
        body.checkout_id,
        (standing) => standing.payment_attempt === 2 && standing.checkout_status === 'awaiting_buyer',
      );
      await submitCard(again.hosted_payment_url ?? '', '4242424242424242');
      await stack.final(body.checkout_id);
      return workflowsOf(body).flatMap((id) => [id, `${id}/2`]);
    },
  },
  {
    name: 'stray',
    run: async (stack) => {
      const body = checkoutBody();
      await stack.post(body, { Prefer: 'wait=30' });
      const { body: paid } = await stack.checkout(body.checkout_id);
      const second = await chargeAgain(stack, paid.payment_orders[0]?.psp_reference ?? '');
      await stack.found(`PaymentOrderId = "${orderIds(body)[0] ?? ''}" AND WorkflowType = "strayPaymentWorkflow"`, 1);
      return [`stray-payment/default/${second}`];
    },
  },
  {
    name: 'schedules',
    run: async (stack) => {
      const ids = { sweeperWorkflow: unique('sweeper/default/s'), pspEventsWorkflow: unique('psp-events/default/e') };
      for (const [type, workflowId] of Object.entries(ids))
        await stack.client.workflow.execute(type, { workflowId, taskQueue: stack.taskQueue, args: [] });
      return Object.values(ids);
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
