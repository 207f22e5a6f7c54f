import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createActivities, type Activities } from '../../activities';
import { requestRefund } from '../../refunds';
import { charge } from '../lives/life';
import { TestStack, unique } from '../support/stack';
import { liveThrough, runs, type Actor } from './interleaving';

jest.setTimeout(60_000 + runs * 5_000);

/** Somebody wants so many percent back; this is what becomes of it at the PSP, and how many runs of its process there are. */
interface Wish {
  readonly percent: number;
  readonly fate: 'succeeds' | 'fails' | 'succeeds, and fails later';
  readonly copies: number;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  percent: fc.integer({ min: 1, max: 100 }),
  fate: fc.constantFrom('succeeds', 'fails', 'succeeds, and fails later'),
  copies: fc.integer({ min: 1, max: 2 }),
});

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
    const histories = fc.record({
      amount: fc.integer({ min: 100, max: 20_000 }),
      wishes: fc.array(wish, { minLength: 1, maxLength: 4 }),
    });
    await liveThrough(histories, async ({ amount, wishes }) => {
      const [order, seller] = [unique('o'), unique('s')];
      await charge(stack, order, seller, { amount, fee: Math.floor(amount / 10), card: 'pm_card_visa' });
      const granted: { minor: number; fate: Wish['fate'] }[] = [];
      const refused: number[] = [];
      const actors = wishes.flatMap(({ percent, fate, copies }, number) => {
        const minor = Math.max(1, Math.floor((amount * percent) / 100));
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
          const stored = Object.fromEntries(rows.map(({ status, sum: total }) => [status, Number(total)]));
          expect(stored['succeeded'] ?? 0).toBe(kept);
          expect(stored['failed'] ?? 0).toBe(sum(granted.map(({ minor }) => minor)) - kept);
          expect((await stack.ledger([order]))['psp_clearing'] ?? 0).toBe(amount - kept);
          expect(await stack.differences()).toEqual([]);
        },
      };
    });
  });
});
