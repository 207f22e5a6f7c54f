import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities, type Activities } from '../../activities';
import { requestPayout } from '../../payouts';
import { recordPayout } from '../../prisma/payout';
import { charge } from '../lives/life';
import { TestStack, unique } from '../support/stack';
import { liveThrough, partOf, runs, wishesFor, type Actor } from './interleaving';

jest.setTimeout(60_000 + runs * 5_000);

describe('the model of payouts', () => {
  let stack: TestStack;
  let activities: Activities;
  beforeAll(async () => {
    stack = await TestStack.start({ withWorker: false, webhooks: false });
    activities = createActivities(stack.dependencies());
  });
  afterAll(() => stack.stop());

  it('V3 V7 P2 whatever the order of steps: never more out than there is, what failed is back, a second run changes nothing', async () => {
    const { payouts } = stack.databases;
    await liveThrough(wishesFor('is paid', 'fails'), async ({ amount, wishes }) => {
      const order = unique('o');
      const { seller } = await stack.verifiedSeller();
      await stack.owner.query(
        "UPDATE identity.seller SET payout_account_changed_at = now() - interval '40 days' WHERE seller_id = $1",
        [seller],
      );
      await charge(stack, order, seller, { amount, fee: 0, card: 'pm_card_bypassPending' });
      await new MockActivityEnvironment().run(() => activities.releaseAvailableFunds());
      const reserved = new Map<string, { minor: number; fate: string }>();
      const actors = wishes.flatMap((wish, number) => {
        const { fate, copies } = wish;
        const minor = partOf(amount, wish);
        const payoutId = `${order}-p${String(number)}`;
        const key = { merchantId: 'default', payoutId };
        return Array.from({ length: copies }, (): Actor => async (turn) => {
          const answer = await turn(() =>
            requestPayout(stack.databases, {
              ...key,
              sellerAccount: seller,
              amountMinor: BigInt(minor),
              currency: 'EUR',
              requestedBy: { actor: 'model', reason: 'wished' },
              scheduled: false,
              idempotencyKey: null,
            }),
          );
          if (!('payout' in answer)) return;
          const { refusal } = await turn(() => activities.reservePayout(key));
          if (refusal !== null) return;
          reserved.set(payoutId, { minor, fate });
          await turn(() => recordPayout(payouts, key, { status: 'transferring', transferReference: `tr_${payoutId}` }));
          await turn(() => activities.bookPayoutLeg({ ...key, leg: 'transferred' }));
          if (fate === 'is paid') {
            await turn(() => activities.bookPayoutLeg({ ...key, leg: 'paid' }));
            await turn(() => recordPayout(payouts, key, { status: 'paid', payoutReference: `po_${payoutId}` }));
            return;
          }
          await turn(() => recordPayout(payouts, key, { status: 'returning', reversalReference: `trr_${payoutId}` }));
          await turn(() => activities.bookPayoutLeg({ ...key, leg: 'transfer_reversed' }));
          await turn(() => activities.bookPayoutLeg({ ...key, leg: 'failed' }));
          await turn(() => recordPayout(payouts, key, { status: 'failed', failureReason: 'payout_failed' }));
        });
      });
      return {
        actors,
        check: async () => {
          const paid = [...reserved.values()].filter(({ fate }) => fate === 'is paid');
          const out = paid.reduce((sum, { minor }) => sum + minor, 0);
          expect(out).toBeLessThanOrEqual(amount);
          const left = amount - out;
          expect(await stack.wallet(seller)).toEqual({
            pending: '0.00',
            available: `${String(Math.floor(left / 100))}.${String(left % 100).padStart(2, '0')}`,
            reserved: '0.00',
            owed: '0.00',
          });
          expect(await stack.differences()).toEqual([]);
        },
      };
    });
  });
});
