import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import Long from 'long';
import { usualWindows } from '../../activities';
import { scenarios } from '../replay/scenarios';
import { carrierOf, checkoutBody, type JournalCall, opsKey, TestStack, unique } from '../support/stack';

jest.setTimeout(1_200_000);

const { EventType, ResetReapplyExcludeType } = temporal.api.enums.v1;
/** The events that Temporal takes a run back to (temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest). */
const resettable: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
]);
/** Calls of ours that move money at the PSP, or back. */
const moving = ['charge', 'authorize', 'capture', 'void', 'refund', 'transfer', 'payout', 'transfer_reversal'];
const abreast = 6;
/** Every workflow type that the worker bundles. */
const allTypes =
  readFileSync(join(__dirname, '..', '..', 'workflows', 'index.ts'), 'utf8').match(/\w+Workflow(?=[ ,])/g) ?? [];

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    notifications: true,
    // As the histories are recorded.
    plant: (dependencies) => ({
      ...dependencies,
      reconciliationWindows: { ...usualWindows, settleSeconds: 0, windowSeconds: 0 },
    }),
  });
});
afterAll(() => stack.stop());

interface Run {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly points: readonly number[];
}

async function runOf(workflowId: string): Promise<Run> {
  const handle = stack.client.workflow.getHandle(workflowId);
  // On a busy machine its start may come after the answer that it is under way.
  await stack.eventually(() =>
    handle.describe().then(
      () => undefined,
      (error: unknown) => (error instanceof WorkflowNotFoundError ? error.message : Promise.reject(error as Error)),
    ),
  );
  const { runId, type } = await handle.describe();
  let points: number[] = [];
  // What a run does itself is to be seen outside before its task is written.
  await stack.eventually(async () => {
    const { events } = await stack.client.workflow.getHandle(workflowId, runId).fetchHistory();
    points = (events ?? [])
      .filter(({ eventType }) => resettable.has(eventType ?? 0))
      .map(({ eventId }) => Number(eventId));
    return points.length === 0 ? `${workflowId} can not be reset yet` : undefined;
  });
  return { workflowId, runId, type, points };
}

async function reset({ workflowId, runId }: Run, point: number, withSignals = true): Promise<void> {
  await stack.client.workflowService.resetWorkflowExecution({
    namespace: stack.client.options.namespace,
    workflowExecution: { workflowId, runId },
    reason: `as ops might, at event ${String(point)}`,
    workflowTaskFinishEventId: Long.fromNumber(point),
    requestId: randomUUID(),
    resetReapplyExcludeTypes: withSignals ? [] : [ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL],
  });
}

/** Waits for the end of whatever run of a workflow is the current one. */
async function ended(workflowId: string): Promise<void> {
  await stack.eventually(async () => {
    const { status } = await stack.client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? `${workflowId} still runs` : undefined;
  }, 120);
}

/** The same where there may be no such workflow. */
async function endedIfAny(workflowId: string): Promise<void> {
  await ended(workflowId).catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
}

/** What has happened outside of Temporal: what the PSP was told, what it has moved, and what stands in the books. */
async function facts() {
  const journal = await fetch(`${stack.sandboxUrl}/_sandbox/journal`);
  const { calls } = (await journal.json()) as { calls: JournalCall[] };
  const lines: string[] = [];
  for (let after = ''; ;) {
    const response = await fetch(`${stack.sandboxUrl}/v1/balance_transactions?limit=100${after}`, {
      headers: { Authorization: 'Bearer sk_test_default' },
    });
    const page = (await response.json()) as { data: { id: string }[]; has_more: boolean };
    lines.push(...page.data.map(({ id }) => id));
    if (!page.has_more) break;
    after = `&starting_after=${lines.at(-1) ?? ''}`;
  }
  const { rows: book } = await stack.owner.query(
    `SELECT source_type, source_id, leg, account.code, sum(entry.amount)::text AS amount
     FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
     WHERE source_type NOT IN ('settlement') GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
  );
  const { rows: orders } = await stack.owner.query(
    'SELECT payment_order_id, payment_order_status, phase, wallet_updated, ledger_updated FROM payments.payment_order ORDER BY 1',
  );
  const told = calls.filter(({ operation, result }) => result === 'executed' && moving.includes(operation ?? ''));
  return { lines: lines.sort(), told: told.map(({ idempotency_key: key }) => key).sort(), book, orders };
}

describe('reset, from the Temporal UI, of every workflow type at every event that it offers', () => {
  it('V2 V3 of runs that have ended: nothing moves at the PSP, nothing is booked twice, and each comes to its end again', async () => {
    const ids: string[] = [];
    for (const scenario of scenarios) {
      // The first payout is refused for want of funds, and the seller has the money back; those after it find some.
      if (scenario.name === 'payout-failed')
        await stack.paid({ amount: '30000.00', fee: '0.00', paymentMethod: 'pm_card_bypassPending' });
      ids.push(...(await scenario.run(stack)));
      await stack.clearFaults();
    }
    // A day's mail is one workflow for all stacks of these tests; so this one has its own besides.
    const mail = unique('reconciliation-mail/default/m');
    await stack.client.workflow.start('reportMailWorkflow', {
      workflowId: mail,
      taskQueue: stack.taskQueue,
      args: [{ account: 'default', date: new Date().toISOString().slice(0, 10) }],
    });
    const own = [...ids.filter((id) => !id.startsWith('reconciliation-mail/')), mail];
    await Promise.all(own.map(ended));
    const runs = await Promise.all(own.map(runOf));
    const before = await facts();
    expect(before.lines.length).toBeGreaterThan(20);

    let resets = 0;
    const queue = [...runs];
    await Promise.all(
      Array.from({ length: abreast }, async () => {
        for (let run = queue.shift(); run !== undefined; run = queue.shift())
          for (const point of run.points) {
            await reset(run, point);
            await ended(run.workflowId);
            resets += 1;
          }
      }),
    );
    expect(await facts()).toEqual(before);
    expect(await stack.differences()).toEqual([]);
    expect(resets).toBeGreaterThan(150);
    const types = new Set(runs.map(({ type }) => type));
    expect([...types].sort()).toEqual([...allTypes].sort());
  });

  it.each(['parent', 'child'] as const)(
    'V2 T3 of a %s while parent and children run: the checkout is paid, each order charged once',
    async (which) => {
      const prepared = async () => {
        const body = checkoutBody({ orders: 2, more: { capture_method: 'manual' } });
        await stack.post(body, { Prefer: 'wait=30' });
        const [first] = body.payment_orders;
        return {
          body,
          run: await runOf(
            which === 'parent'
              ? `checkout/default/${body.checkout_id}`
              : `payment-order/default/${first?.payment_order_id ?? ''}`,
          ),
        };
      };
      const { run } = await prepared();
      for (const [index] of run.points.entries()) {
        const { body, run: one } = await prepared();
        // Two runs may differ by a task: then the last one is taken again.
        await reset(one, one.points[Math.min(index, one.points.length - 1)] ?? 0);
        await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`);
        expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
        expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 2, refunded: 0 } });
        await Promise.all(
          [
            `checkout/default/${body.checkout_id}`,
            ...body.payment_orders.map(({ payment_order_id: id }) => `payment-order/default/${id}`),
          ].map(ended),
        );
      }
      expect(await stack.differences()).toEqual([]);
    },
  );

  it.each([1, 2])(
    'V2 I5 of a round that ended before a later card paid: %s order(s) are charged once, and keep their money',
    async (orders) => {
      // Declined on attaching it, so that no order's first attempt is ever sent.
      const body = checkoutBody({ orders, paymentMethod: 'pm_card_chargeDeclined' });
      await stack.post(body, { Prefer: 'wait=30' });
      const again = await stack.call('POST', `/v1/checkouts/${body.checkout_id}/payment_method`, {
        credit_card_info: { payment_method: 'pm_card_visa' },
      });
      expect(again.status).toBeLessThan(300);
      expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid' });
      await ended(`checkout/default/${body.checkout_id}/2`);
      const before = await facts();
      const first = await runOf(carrierOf(body));
      for (const point of first.points) {
        await reset(first, point);
        await ended(first.workflowId);
      }
      for (const { payment_order_id: id } of body.payment_orders) await endedIfAny(`payment-order/default/${id}`);
      expect(await facts()).toEqual(before);
      expect(await stack.checkout(body.checkout_id)).toMatchObject({ body: { checkout_status: 'paid' } });
    },
  );

  // With them the cancel is heard before anything that the run had done, and its new history says nothing of that.
  it.each(['with', 'without'])(
    'V2 U5 V8 of an order that is being given back, %s the signals it was sent: all of it goes back',
    async (signals) => {
      const body = checkoutBody();
      const [id = ''] = body.payment_orders.map((order) => order.payment_order_id);
      await stack.fault({ kind: 'slow', delay_ms: 1500 });
      // The order can't be given back, and waits for a person, who resets it.
      await stack.fault({ kind: 'error_before_effect', path: '/v1/refunds', times: 500 });
      await stack.post(body);
      await stack.until(body.checkout_id, (checkout) => checkout.payment_orders[0]?.phase === 'charging');
      expect((await stack.call('POST', `/v1/payments/${id}/cancel`)).status).toBe(202);
      await stack.parked(body.checkout_id);
      const order = await runOf(`payment-order/default/${id}`);
      await reset(order, order.points[0] ?? 0, signals === 'with');
      await stack.clearFaults();
      const final = await stack.final(body.checkout_id);
      expect(final).toMatchObject({ checkout_status: 'canceled', is_payment_done: false });
      expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
        EUR: { charges: 1, captured: 1000, refunded: 1000 },
      });
      expect(Object.values(await stack.ledger([id])).every((sum) => sum === 0)).toBe(true);
    },
  );

  it.each([1, 2])(
    'V9 T3 of one of %s order(s) while they are captured, without the signals it was sent: the capture is not forgotten',
    async (orders) => {
      const body = checkoutBody({ orders, more: { capture_method: 'manual' } });
      const [id = ''] = body.payment_orders.map((order) => order.payment_order_id);
      await stack.post(body, { Prefer: 'wait=30' });
      await stack.until(body.checkout_id, (checkout) =>
        checkout.payment_orders.every((order) => order.phase === 'authorized'),
      );
      await stack.fault({ kind: 'error_before_effect', times: 500 });
      expect((await stack.call('POST', `/v1/checkouts/${body.checkout_id}/capture`)).status).toBe(202);
      await stack.until(body.checkout_id, (checkout) =>
        checkout.payment_orders.every((order) => order.phase === 'needs_attention'),
      );
      const order = await runOf(`payment-order/default/${id}`);
      await stack.clearFaults();
      await reset(order, order.points[0] ?? 0, false);
      for (const { payment_order_id: other } of body.payment_orders.slice(1)) {
        const ops = { Authorization: `Bearer ${opsKey}` };
        const retry = `/v1/ops/processes/payment_order:${other}/retry`;
        await stack.call('POST', retry, { reason: 'the PSP is back' }, ops);
      }
      expect(await stack.final(body.checkout_id)).toMatchObject({ checkout_status: 'paid', is_payment_done: true });
      expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: orders, refunded: 0 } });
    },
  );
});
