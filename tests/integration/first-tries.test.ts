import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LeasedCounts } from '../../leased-counts';
import { kills, struck } from '../support/failpoints';
import { checkoutBody, opsKey, TestStack } from '../support/stack';
import { WorkerProcesses } from '../support/worker-process';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(() => stack.stop());

const wait = { Prefer: 'wait=30' };
const orderIds = (body: ReturnType<typeof checkoutBody>): string[] =>
  body.payment_orders.map((order) => order.payment_order_id);

/** What a run's history says of its steps: those of the queue by name, the others by their summary, and how many events there are. */
async function stepsOf(on: TestStack, workflowId: string) {
  const { events } = await on.client.workflow.getHandle(workflowId).fetchHistory();
  const all = events ?? [];
  return {
    events: all.length,
    queued: all.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []),
    atOnce: all
      .filter((event) => event.markerRecordedEventAttributes?.markerName === 'core_local_activity')
      .map((event) => ({
        summary: Buffer.from(event.userMetadata?.summary?.data ?? []).toString(),
        failed: Boolean(event.markerRecordedEventAttributes?.failure),
      })),
  };
}
const order = (id: string): string => `payment-order/default/${id}`;

describe('a call to the PSP is tried at once', () => {
  it('one order is paid in 7 events, without a task of the queue; what was sent is there to be read', async () => {
    const body = checkoutBody();
    expect((await stack.post(body, wait)).body.checkout_status).toBe('paid');
    const [id = ''] = orderIds(body);
    expect(await stepsOf(stack, order(id))).toEqual({
      events: 7,
      queued: [],
      atOnce: [
        { summary: expect.stringContaining('charge') as unknown, failed: false },
        { summary: expect.any(String) as unknown, failed: false },
      ],
    });
  });

  it.each(['independent', 'all_or_nothing'] as const)(
    'so are the orders of a checkout of several, %s',
    async (policy) => {
      const body = checkoutBody({ orders: 3, more: { failure_policy: policy } });
      expect((await stack.post(body, wait)).body.checkout_status).toBe('paid');
      const runs = await Promise.all(
        [`checkout/default/${body.checkout_id}`, ...orderIds(body).map(order)].map((id) => stepsOf(stack, id)),
      );
      expect(runs.flatMap(({ queued }) => queued)).toEqual([]);
      expect(runs.flatMap(({ atOnce }) => atOnce).filter(({ failed }) => failed)).toEqual([]);
    },
  );

  it.each(['error_before_effect', 'error_after_effect'] as const)(
    'what fails then (%s) goes through the queue under the same key: one charge',
    async (kind) => {
      const body = checkoutBody();
      await stack.fault({ kind, path: '/v1/payment_intents', times: 1 });
      expect((await stack.post(body, wait)).body.checkout_status).toBe('paid');
      const [id = ''] = orderIds(body);
      const { queued, atOnce } = await stepsOf(stack, order(id));
      expect(queued[0]).toBe('chargePaymentOrder');
      expect(atOnce[0]).toMatchObject({ failed: true });
      const sent = (await stack.journal(id)).filter(({ path }) => path === '/v1/payment_intents');
      expect(new Set(sent.map((call) => call.idempotency_key)).size).toBe(1);
      expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1, captured: 1000 } });
    },
  );

  it('a worker whose limit leaves no room for it sends all through the queue', async () => {
    const other = await TestStack.start({ withWorker: false });
    const workers = new WorkerProcesses(other, { PSP_CALLS_PER_SECOND: '1' });
    try {
      workers.keep();
      const body = checkoutBody();
      await other.post(body);
      expect((await other.final(body.checkout_id)).checkout_status).toBe('paid');
      const [id = ''] = orderIds(body);
      const { queued, atOnce } = await stepsOf(other, order(id));
      expect(queued).toEqual(['chargePaymentOrder']);
      expect(atOnce[0]).toMatchObject({ failed: true });
    } finally {
      workers.stop();
      await other.stop();
    }
  });

  it('T4 U5 V8 canceled while nobody knows that it was tried: the worker has died before its task was written', async () => {
    const other = await TestStack.start({ withWorker: false });
    const folder = mkdtempSync(join(tmpdir(), 'paysaga-lost-task-'));
    const workers = new WorkerProcesses(other);
    const gaps = ['charge.before_call', 'charge.after_call', 'charge.after_record'];
    try {
      const several = { orders: 2, more: { failure_policy: 'independent' } };
      const lost = [...gaps, ...gaps].map((gap, index) => ({ gap, body: checkoutBody(index < 3 ? {} : several) }));
      // One of them has waited before, for a hold to pass.
      const held = checkoutBody({ amount: '60.00' });
      const large = [{ kind: 'amount', above: { EUR: '50' } }];
      const rules = [{ rule_id: 'large', when: large, action: 'hold', hold_seconds: 2 }];
      const headers = { Authorization: `Bearer ${opsKey}` };
      await other.call('POST', '/v1/risk/rule_sets', { mode: 'live', reason: 'a test', rules }, headers);
      const all = [...lost, { gap: 'charge.after_record', body: held }];
      workers.keep(
        kills(
          folder,
          all.map(({ gap, body }) => ({ name: gap, key: orderIds(body)[0] ?? '' })),
        ),
      );
      for (const { gap, body } of all) {
        const [id = ''] = orderIds(body);
        await other.post(body);
        while (!struck(folder).includes(`${gap} ${id}`)) await pause(50);
        const { status } = await other.call('POST', `/v1/checkouts/${body.checkout_id}/cancel`);
        expect(status).toBe(202);
      }
      for (const { body } of all) {
        const final = await other.final(body.checkout_id);
        const [first] = final.payment_orders;
        expect(first).toMatchObject({ phase: 'refunded', failure_reason: 'canceled' });
        const { EUR } = await other.pspTotals(body.checkout_id);
        // Beside it another order may have succeeded before anybody canceled: that one stays.
        const succeeded = final.payment_orders.filter(({ phase }) => phase === 'succeeded');
        expect((EUR?.captured ?? 0) - (EUR?.refunded ?? 0)).toBe(1_000 * succeeded.length);
        expect(await other.ledger(orderIds(body).slice(0, 1))).toEqual({});
      }
    } finally {
      workers.stop();
      rmSync(folder, { recursive: true, force: true });
      await other.stop();
    }
  }, 180_000);

  it('all workers together have the calls of a second, however each takes its part', async () => {
    const policy = { name: 'psp', points: 40, seconds: 3_600, leases: 10 };
    const counts = [1, 2, 3].map(
      () =>
        new LeasedCounts(stack.urls.identity, (error) => {
          throw error;
        }),
    );
    try {
      const taken = await Promise.all(
        counts.flatMap((count) => Array.from({ length: 40 }, () => count.point(policy, 'calls'))),
      );
      const given = taken.filter(({ has }) => has).length;
      expect(given).toBe(40);
    } finally {
      await Promise.all(counts.map((count) => count.close()));
    }
  });
});
