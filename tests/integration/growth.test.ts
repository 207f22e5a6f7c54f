import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fill } from '../../bench/fill';
import { checkoutBody, TestStack } from '../support/stack';

const stored = 20_000;
/** A connection that is idle tells what it has read within ten seconds. */
const toldWithinMs = 11_000;

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
  const template = async (id: string): Promise<void> => {
    const body = {
      ...checkoutBody(),
      checkout_id: id,
      buyer_info: { id: `${id}-buyer`, email: `${id}@buyers.example` },
    };
    const [order] = body.payment_orders;
    await stack.post({ ...body, payment_orders: [{ ...order, payment_order_id: `${id}-1` }] }, { Prefer: 'wait=30' });
  };
  await fill(stack.owner, template, stored);
}, 240_000);
afterAll(() => stack.stop());

/** How many rows of each large table were read by reading all of it. */
async function readWhole(): Promise<Map<string, number>> {
  await pause(toldWithinMs);
  const { rows } = await stack.owner.query<{ name: string; read: string }>(
    `SELECT schemaname || '.' || relname AS name, seq_tup_read AS read FROM pg_stat_user_tables WHERE n_live_tup >= $1`,
    [stored / 2],
  );
  return new Map(rows.map(({ name, read }) => [name, Number(read)]));
}

describe('with twenty thousand orders stored', () => {
  it('payments, refunds and what is read of them go by indexes: no table is read from end to end', async () => {
    const before = await readWhole();
    expect([...before.keys()]).toEqual(
      expect.arrayContaining([
        'payments.checkout',
        'payments.payment_order',
        'ledger.entry',
        'wallet.movement',
        'events.event',
      ]),
    );
    const bodies = [1, 1, 3].map((orders) => checkoutBody({ orders, more: { failure_policy: 'independent' } }));
    bodies.push(checkoutBody({ orders: 2 }), checkoutBody({ paymentMethod: 'pm_card_chargeCustomerFail' }));
    await Promise.all(bodies.map((body) => stack.post(body, { Prefer: 'wait=30' })));
    const order = bodies[0]?.payment_orders[0];
    const id = order?.payment_order_id ?? '';
    await stack.refund(id, { amount: '1.00' }, { Prefer: 'wait=30' });
    const paths = [
      `/v1/payments/${id}`,
      `/v1/payments?checkout_id=${bodies[0]?.checkout_id ?? ''}`,
      `/v1/events?resource_id=${id}`,
      `/v1/payments/${id}/proof`,
      `/v1/checkouts/${bodies[2]?.checkout_id ?? ''}`,
      '/v1/events?limit=20',
      `/v1/sellers/${order?.seller_account ?? ''}/wallet`,
    ];
    const answers = await Promise.all(paths.map(async (path) => [path, (await stack.call('GET', path)).status]));
    expect(answers).toEqual(paths.map((path) => [path, 200]));

    const after = await readWhole();
    const read = [...after]
      .map(([name, rows]) => [name, rows - (before.get(name) ?? 0)])
      .filter(([, rows]) => rows !== 0);
    expect(read).toEqual([]);
  });
});
