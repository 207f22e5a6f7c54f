import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createActivities, type Activities } from '../../activities';
import { requestRefund } from '../../refunds';
import { charge } from '../lives/life';
import { TestStack, unique } from '../support/stack';
import { liveThrough, partOf, runs, wishesFor, type Actor } from './interleaving';

jest.setTimeout(60_000 + runs * 5_000);

describe('the model of refunds', () => {
  let stack: TestStack;
  let activities: Activities;
  beforeAll(async () => {
    stack = await TestStack.start({ withWorker: false, webhooks: false });
    activities = createActivities(stack.dependencies());
  });
  afterAll(() => stack.stop());

  it('V3 V7 C1 whatever the order of steps: never more back than was paid, the seller has what the book says, a second run changes nothing', async () => {
    const { payments } = stack.databases;
    await liveThrough(wishesFor('succeeds', 'fails', 'succeeds, and fails later'), async ({ amount, wishes }) => {
      const [order, seller] = [unique('o'), unique('s')];
      await charge(stack, order, seller, { amount, fee: Math.floor(amount / 10), card: 'pm_card_visa' });
      const granted: { minor: number; fate: string }[] = [];
      const refused: number[] = [];
      const actors = wishes.flatMap((wish, number) => {
        const { fate, copies } = wish;
        const minor = partOf(amount, wish);
        const refundId = `${order}-r${String(number)}`;
        const key = { merchantId: 'default', refundId };
        return Array.from({ length: copies }, (_, copy): Actor => async (turn) => {
          const answer = await turn(() =>
            requestRefund(payments, {
              ...key,
              paymentOrderId: order,
              amountMinor: BigInt(minor),
              reason: null,
              requestedBy: { actor: 'model', reason: 'wished' },
              pspReference: null,
              idempotencyKey: null,
            }),
          );
          if (!('refund' in answer)) {
            if (copy === 0) refused.push(minor);
            return;
          }
          if (answer.outcome === 'created') granted.push({ minor, fate });
          await turn(() => activities.reserveRefund(key));
          if (fate !== 'fails') await turn(() => activities.settleRefund(key));
          if (fate !== 'succeeds') await turn(() => activities.reinstateRefund({ ...key, reason: 'declined' }));
        });
      });
      const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
      return {
        actors,
        check: async () => {
          const kept = sum(granted.filter(({ fate }) => fate === 'succeeds').map(({ minor }) => minor));
          expect(kept).toBeLessThanOrEqual(amount);
          for (const minor of refused) expect(sum(granted.map((one) => one.minor)) + minor).toBeGreaterThan(amount);
          const { rows } = await stack.owner.query<{ status: string; sum: string }>(
            'SELECT refund_status AS status, sum(amount)::text FROM payments.refund WHERE payment_order_id = $1 GROUP BY 1',
            [order],
          );
          const stored = Object.fromEntries(rows.map(({ status, sum: total }) => [status, BigInt(total)]));
          expect(stored['succeeded'] ?? 0n).toBe(BigInt(kept));
          expect(stored['failed'] ?? 0n).toBe(BigInt(sum(granted.map(({ minor }) => minor)) - kept));
          expect((await stack.ledger([order]))['psp_clearing'] ?? 0).toBe(amount - kept);
          expect(await stack.differences()).toEqual([]);
        },
      };
    });
  });
});
