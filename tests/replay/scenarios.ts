import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { onboardSeller } from '../support/onboarding';
import { chargeAgain, submitCard } from '../support/payment-page';
import {
  carrierOf,
  checkoutBody,
  opsKey,
  type PayoutView,
  secondOpsKey,
  type TestStack,
  unique,
} from '../support/stack';

/** A life of a checkout worth keeping the history of. Answers the workflow ids to record. */
export interface Scenario {
  readonly name: string;
  readonly run: (stack: TestStack) => Promise<readonly string[]>;
}

type Body = ReturnType<typeof checkoutBody>;
const orderIds = (body: Body): string[] => body.payment_orders.map((order) => order.payment_order_id);
const workflowsOf = (body: Body): string[] => [
  ...new Set([carrierOf(body), ...orderIds(body).map((id) => `payment-order/default/${id}`)]),
];
const ops = { actor: 'recorder', reason: 'recording a history' };
const asOps = { Authorization: `Bearer ${opsKey}` };

/** A checkout while one rule speaks of all, and a person approves what waits for one. */
async function judged(stack: TestStack, rule: object, body: Body): Promise<readonly string[]> {
  await ruled(stack, rule);
  await stack.post(body);
  await approved(stack, body);
  await ruled(stack);
  return workflowsOf(body);
}

async function approved(stack: TestStack, body: Body): Promise<void> {
  for (let final = false; !final;) {
    await stack.call('POST', `/v1/ops/processes/checkout:${body.checkout_id}/approve`, { reason: 'recorded' }, asOps);
    await pause(200);
    final = (await stack.checkout(body.checkout_id)).body.checkout_status !== 'open';
  }
}

/** One rule that speaks of all, or none. */
async function ruled(stack: TestStack, rule?: object): Promise<void> {
  const all = { rule_id: 'all', when: [{ kind: 'amount', above: { '*': '1' } }] };
  const rules = rule === undefined ? [] : [{ ...all, ...rule }];
  await stack.call('POST', '/v1/risk/rule_sets', { mode: 'live', reason: 'a recording', rules }, asOps);
}

/** A checkout that is under review. */
async function underReview(stack: TestStack, body: Body): Promise<Body> {
  await ruled(stack, { action: 'review' });
  await stack.post(body);
  await stack.found(`CheckoutId = "${body.checkout_id}" AND Phase = "in_review"`, 1);
  await ruled(stack);
  return body;
}

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
    name: 'first-try-refused',
    run: async (stack) => {
      const body = checkoutBody({ orders: 2, more: { failure_policy: 'independent' } });
      await stack.fault({ kind: 'rate_limit', times: 1, metadata: { payment_order_id: orderIds(body)[0] } });
      await stack.fault({ kind: 'error_before_effect', times: 1, path: '/v1/customers' });
      await stack.post(body, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'review',
    run: (stack) => judged(stack, { action: 'review' }, checkoutBody()),
  },
  {
    name: 'review-of-several',
    run: (stack) => judged(stack, { action: 'review' }, checkoutBody({ orders: 2 })),
  },
  {
    name: 'review-canceled',
    run: async (stack) => {
      const body = await underReview(stack, checkoutBody());
      await stack.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`, undefined, { Prefer: 'wait=30' });
      return workflowsOf(body);
    },
  },
  {
    name: 'review-broken-off',
    run: async (stack) => {
      const body = await underReview(stack, checkoutBody({ orders: 2, more: { failure_policy: 'independent' } }));
      await stack.client.workflow.getHandle(`checkout/default/${body.checkout_id}`).terminate('oops');
      // Its run begins with that.
      await stack.call('POST', `/v1/payments/${orderIds(body)[0] ?? ''}/cancel`);
      await stack.sweep();
      await approved(stack, body);
      return workflowsOf(body);
    },
  },
  {
    name: 'held',
    run: (stack) => judged(stack, { action: 'hold', hold_seconds: 1 }, checkoutBody()),
  },
  {
    name: 'unwanted',
    run: async (stack) => {
      const when = [{ kind: 'psp_signal', signal: 'cvc_failed' }];
      return judged(stack, { action: 'block', when }, checkoutBody({ paymentMethod: 'pm_card_cvcCheckFail' }));
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
    name: 'broken-off',
    run: async (stack) => {
      const body = checkoutBody({ more: { capture_method: 'manual' } });
      await stack.post(body, { Prefer: 'wait=30' });
      await stack.client.workflow.getHandle(carrierOf(body)).terminate('oops');
      await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
      await stack.sweep();
      await stack.final(body.checkout_id);
      return [`checkout/default/${body.checkout_id}`, carrierOf(body)];
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
      const ids = {
        sweeperWorkflow: unique('sweeper/default/s'),
        pspEventsWorkflow: unique('psp-events/default/e'),
        availabilityWorkflow: unique('availability/default/a'),
        ledgerChainWorkflow: unique('ledger-chain/default/c'),
        ledgerCheckWorkflow: unique('ledger-check/default/c'),
        ratesWorkflow: unique('rates/default/r'),
        housekeepingWorkflow: unique('housekeeping/default/h'),
      };
      for (const [type, workflowId] of Object.entries(ids))
        await stack.client.workflow.execute(type, { workflowId, taskQueue: stack.taskQueue, args: [] });
      return Object.values(ids);
    },
  },
  {
    name: 'reconciliation',
    run: async (stack) => {
      await stack.post(checkoutBody(), { Prefer: 'wait=30' });
      const date = new Date().toISOString().slice(0, 10);
      const [day, nightly] = [unique('reconciliation/default/d'), unique('nightly-reconciliation/default/n')];
      const run = (type: string, workflowId: string, input: object) =>
        stack.client.workflow.execute(type, { workflowId, taskQueue: stack.taskQueue, args: [input] });
      await run('reconciliationWorkflow', day, { merchantId: 'default', date });
      await run('nightlyReconciliationWorkflow', nightly, { merchantId: 'default' });
      return [day, nightly];
    },
  },
  {
    name: 'cases',
    run: async (stack) => {
      const date = new Date().toISOString().slice(0, 10);
      await stack.outside('settlement_lines/faults', {
        kind: 'foreign',
        source: unique('ch').replace('-', '_'),
        by: 777,
        secret_key: 'sk_test_default',
      });
      const run = unique('reconciliation/default/c');
      const args = [{ merchantId: 'default', date }];
      await stack.client.workflow.execute('reconciliationWorkflow', {
        workflowId: run,
        taskQueue: stack.taskQueue,
        args,
      });
      const { body: breaks } = await stack.call<{ data: { break_id: string; class: string }[] }>(
        'GET',
        '/v1/reconciliation/breaks?state=open',
        undefined,
        { Authorization: `Bearer ${opsKey}` },
      );
      const id = breaks.data.find(({ class: name }) => name === 'unknown')?.break_id ?? '';
      const handle = stack.client.workflow.getHandle(`break/default/${id}`);
      await handle.executeUpdate('resolve', { args: [{ ...ops, outcome: 'psp_is_right' }] });
      await handle.result();
      const response = await fetch(`${stack.apiUrl}/v1/reconciliation/files?kind=settlement`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${opsKey}`, 'Content-Type': 'text/csv' },
        body: 'no file',
      });
      const { file_id: fileId } = (await response.json()) as { file_id: string };
      return [run, `break/default/${id}`, `reconciliation-mail/default/${date}`, `settlement-file/default/${fileId}`];
    },
  },
  {
    name: 'webhook',
    run: async (stack) => {
      let asked = 0;
      const receiver = createServer(
        (_request, response) => void response.writeHead((asked += 1) === 1 ? 503 : 204).end(),
      );
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
      const address = receiver.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const url = `http://127.0.0.1:${String(port)}/`;
      const made = await stack.call<{ endpoint_id: string }>('POST', '/v1/webhook_endpoints', {
        url,
        types: ['checkout.open'],
      });
      await stack.post(checkoutBody());
      const path = `/v1/webhook_deliveries?endpoint_id=${made.body.endpoint_id}`;
      const found = await stack.when<{ data: { delivery_id: string; state: string }[] }>(
        path,
        ({ data }) => data[0]?.state === 'delivered',
      );
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
      await stack.call('POST', `/v1/webhook_endpoints/${made.body.endpoint_id}/disable`);
      return [`webhook/default/${found.data[0]?.delivery_id ?? ''}`];
    },
  },
  {
    name: 'notification',
    run: async (stack) => {
      // Nobody has a mail server here: it has nothing to tell, and then, sent again, no way to tell it by.
      await stack.call(
        'PUT',
        '/v1/contacts/recorder',
        { name: 'Recorder', email: 'recorder@shop.example' },
        {
          Authorization: `Bearer ${opsKey}`,
        },
      );
      const body = checkoutBody();
      const [id = ''] = orderIds(body);
      await stack.fault({ kind: 'error_before_effect', times: 500, metadata: { payment_order_id: id } });
      await stack.post(body);
      await stack.parked(body.checkout_id);
      const path = `/v1/notifications?resource_id=${id}`;
      const { data } = await stack.when<{ data: { notification_id: string; state: string }[] }>(
        path,
        (found) => found.data[0]?.state === 'failed',
      );
      await stack.clearFaults();
      await stack.client.workflow.getHandle(`payment-order/default/${id}`).executeUpdate('retry', { args: [ops] });
      await stack.final(body.checkout_id);
      return [`notification/default/${data[0]?.notification_id ?? ''}`];
    },
  },
  {
    name: 'statements',
    run: async (stack) => {
      await stack.paid();
      const workflowId = `statements/default/${unique('month')}`;
      const month = new Date().toISOString().slice(0, 7);
      await stack.client.workflow.execute('statementsWorkflow', {
        workflowId,
        taskQueue: stack.taskQueue,
        args: [{ month }],
      });
      return [workflowId];
    },
  },
  {
    name: 'parked',
    run: async (stack) => {
      const body = checkoutBody();
      const [id = ''] = orderIds(body);
      await stack.fault({ kind: 'unauthorized', times: 2, metadata: { payment_order_id: id } });
      await stack.post(body);
      await stack.parked(body.checkout_id);
      await stack.client.workflow.getHandle(`payment-order/default/${id}`).executeUpdate('retry', { args: [ops] });
      await stack.final(body.checkout_id);
      return workflowsOf(body);
    },
  },
  {
    name: 'refund',
    run: async (stack) => {
      const { id } = await stack.paid();
      const { body } = await stack.refund(id, { amount: '40.00' });
      return [`refund/default/${body.refund_id}`];
    },
  },
  {
    name: 'refund-pending-then-failed',
    run: async (stack) => {
      const { id } = await stack.paid({ paymentMethod: 'pm_card_pendingRefund' });
      const { body } = await stack.refund(id);
      await stack.outside(`refunds/${body.psp_reference ?? ''}/finish`, { outcome: 'failed' });
      return [`refund/default/${body.refund_id}`];
    },
  },
  {
    name: 'refund-void',
    run: async (stack) => {
      const body = checkoutBody({ more: { capture_method: 'manual' } });
      await stack.post(body, { Prefer: 'wait=30' });
      const { body: refund } = await stack.refund(orderIds(body)[0] ?? '');
      return [`refund/default/${refund.refund_id}`];
    },
  },
  {
    name: 'partial-capture',
    run: async (stack) => {
      const body = checkoutBody({ more: { capture_method: 'manual' } });
      await stack.post(body, { Prefer: 'wait=30' });
      await stack.call('POST', `/v1/payments/${orderIds(body)[0] ?? ''}/capture`, { amount: '6.66' });
      await stack.final(body.checkout_id);
      return workflowsOf(body);
    },
  },
  {
    name: 'payout',
    run: async (stack) => {
      const { seller } = await stack.verifiedSeller();
      await stack.paid({ seller, available: true });
      const { body } = await stack.payOut({ seller_account: seller });
      return [`payout/default/${body.payout_id}`];
    },
  },
  {
    name: 'payout-failed',
    run: async (stack) => {
      const { seller } = await stack.verifiedSeller({ sandbox_payouts: 'failed' });
      await stack.paid({ seller, available: true });
      const { body } = await stack.payOut({ seller_account: seller });
      return [`payout/default/${body.payout_id}`];
    },
  },
  {
    name: 'payout-returned',
    run: async (stack) => {
      const { seller } = await stack.verifiedSeller({ sandbox_payouts: 'manual' });
      await stack.paid({ seller, available: true });
      const { body } = await stack.payOut({ seller_account: seller }, {});
      const path = `/v1/payouts/${body.payout_id}`;
      const moving = await stack.when<PayoutView>(path, (payout) => payout.payout_status === 'in_transit');
      await stack.outside(`payouts/${moving.psp_payout ?? ''}/finish`, { outcome: 'paid' });
      await stack.when<PayoutView>(path, (payout) => payout.payout_status === 'paid');
      await stack.outside(`payouts/${moving.psp_payout ?? ''}/finish`, { outcome: 'failed' });
      await stack.when<PayoutView>(path, (payout) => payout.payout_status === 'returned');
      return [`payout/default/${body.payout_id}`];
    },
  },
  {
    name: 'payout-approved',
    run: async (stack) => {
      const { seller } = await stack.verifiedSeller();
      await stack.paid({ seller, amount: '20000.00', available: true });
      const { body } = await stack.payOut({ seller_account: seller });
      const handle = stack.client.workflow.getHandle(`payout/default/${body.payout_id}`);
      for (const actor of ['ada', 'grace'])
        await handle.executeUpdate('approve', { args: [{ actor, reason: 'checked' }] });
      return [`payout/default/${body.payout_id}`];
    },
  },
  {
    name: 'payout-scheduled',
    run: async (stack) => {
      const { seller } = await stack.verifiedSeller();
      const workflowId = unique('scheduled-payout/default/p');
      await stack.client.workflow.execute('scheduledPayoutWorkflow', {
        workflowId,
        taskQueue: stack.taskQueue,
        args: [{ merchantId: 'default', sellerAccount: seller, currency: 'EUR' }],
      });
      return [workflowId];
    },
  },
  {
    name: 'dispute',
    run: async (stack) => {
      const { payment } = await stack.paid();
      const { id } = await stack.outside<{ id: string }>('disputes', { payment_intent: payment });
      await stack.when<{ held_amount?: string }>(`/v1/disputes/${id}`, ({ held_amount: held }) => held === '100.00');
      await stack.call('POST', `/v1/disputes/${id}/evidence`, {
        evidence: { uncategorized_text: 'winning_evidence' },
        submit: true,
      });
      await stack.when<{ closed_at?: string | null }>(
        `/v1/disputes/${id}`,
        ({ closed_at: at }) => typeof at === 'string',
      );
      return [`dispute/default/${id}`];
    },
  },
  {
    // Onboarded, asked for more, stopped, and refused in the end.
    name: 'seller',
    run: async (stack) => {
      const id = unique('seller');
      const read = (standing: string) =>
        stack.when<{ standing: string; payout_account: string }>(
          `/v1/sellers/${id}`,
          (seller) => seller.standing === standing,
        );
      await onboardSeller(stack, id, { found: 'document' });
      const { payout_account: account } = await read('action_required');
      await stack.outside(`accounts/${account}/verify`, { payouts_enabled: false });
      await read('restricted');
      await stack.outside(`accounts/${account}/verify`, { payouts_enabled: false, disabled_reason: 'rejected.fraud' });
      await read('rejected');
      return [`seller/default/${id}`];
    },
  },
  {
    name: 'subscription',
    run: async (stack) => {
      const [planId, id] = [unique('plan'), unique('sub')];
      await stack.call('POST', '/v1/plans', {
        plan_id: planId,
        name: 'Gold',
        seller_account: 'ada',
        amount: '9.90',
        currency: 'EUR',
        interval: 'month',
      });
      await stack.call('POST', '/v1/subscriptions', {
        subscription_id: id,
        plan_id: planId,
        buyer_info: { id: 'buyer' },
        credit_card_info: { payment_method: 'pm_card_visa' },
      });
      await stack.when<{ data: { period_state: string }[] }>(
        `/v1/subscriptions/${id}/periods`,
        ({ data }) => data[0]?.period_state === 'paid',
      );
      await stack.call('POST', `/v1/subscriptions/${id}/cancel`, { at: 'now' });
      await stack.when<{ ended_at: string | null }>(`/v1/subscriptions/${id}`, ({ ended_at: at }) => at !== null);
      return [`subscription/default/${id}`, `payment-order/default/${id}.0`];
    },
  },
  {
    name: 'subscription-by-page',
    run: async (stack) => {
      const seller = unique('seller');
      const [plans, id, migration] = [[unique('plan'), unique('plan')], unique('sub'), unique('migration')];
      for (const planId of plans)
        await stack.call('POST', '/v1/plans', {
          plan_id: planId,
          name: 'Gold',
          seller_account: seller,
          amount: '9.90',
          currency: 'EUR',
          interval: 'month',
        });
      await stack.call('POST', '/v1/subscriptions', {
        subscription_id: id,
        plan_id: plans[0],
        buyer_info: { id: 'buyer' },
      });
      const page = await stack.when<{ card_page_url: string | null }>(
        `/v1/subscriptions/${id}`,
        ({ card_page_url: url }) => url !== null,
      );
      await submitCard(page.card_page_url ?? '', '4242424242424242');
      await stack.when<{ data: { period_state: string }[] }>(
        `/v1/subscriptions/${id}/periods`,
        ({ data }) => data[0]?.period_state === 'paid',
      );
      await stack.call('POST', '/v1/plan_migrations', {
        migration_id: migration,
        from_plan_id: plans[0],
        to_plan_id: plans[1],
        prorate: true,
      });
      await stack.when<{ finished_at: string | null }>(
        `/v1/plan_migrations/${migration}`,
        ({ finished_at: at }) => at !== null,
      );
      await stack.call('POST', `/v1/subscriptions/${id}/cancel`, { at: 'now' });
      await stack.when<{ ended_at: string | null }>(`/v1/subscriptions/${id}`, ({ ended_at: at }) => at !== null);
      return [`subscription/default/${id}`, `plan-migration/default/${migration}`];
    },
  },
  {
    name: 'by-hand',
    run: async (stack) => {
      const { id } = await stack.paid();
      const line = (account: string, side: string) => ({ account, [side]: '1.00' });
      const { body } = await stack.call<{ proposal_id: string }>(
        'POST',
        '/v1/ledger/proposals',
        {
          kind: 'adjustment',
          currency: 'EUR',
          effective_at: new Date().toISOString(),
          reason: 'recording a history',
          lines: [line('bank', 'debit'), line('suspense', 'credit')],
        },
        { Authorization: `Bearer ${opsKey}` },
      );
      await stack.call(
        'POST',
        `/v1/ledger/proposals/${body.proposal_id}/approve`,
        { reason: 'recording a history' },
        { Authorization: `Bearer ${secondOpsKey}` },
      );
      const workflowId = unique('proof/default/p');
      await stack.client.workflow.execute('proofWorkflow', {
        workflowId,
        taskQueue: stack.taskQueue,
        args: [{ merchantId: 'default', paymentOrderId: id }],
      });
      return [`adjustment/default/${body.proposal_id}`, workflowId];
    },
  },
];
