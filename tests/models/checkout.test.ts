import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { BarrierDecision } from '../../domain/checkout';
import {
  createCheckout,
  findCheckout,
  finishPaidCheckout,
  recordDecision,
  reopenCheckout,
  requestOnCheckout,
  type CheckoutRecord,
} from '../../prisma/checkout';
import { markBooked, recordPhase } from '../../prisma/payment-order';
import { TestStack, unique } from '../support/stack';
import { liveThrough, runs, type Actor } from './interleaving';

jest.setTimeout(60_000 + runs * 5_000);

interface History {
  readonly policy: 'all_or_nothing' | 'independent';
  /** How each order's payment goes. */
  readonly orders: readonly ('succeeds' | 'is declined')[];
  /** Runs of the checkout's process that are there at once, such as after a reset. */
  readonly copies: number;
  readonly posts: number;
  readonly cancels: boolean;
  readonly card: boolean;
}

const histories: fc.Arbitrary<History> = fc.record({
  policy: fc.constantFrom('all_or_nothing', 'independent'),
  orders: fc.array(fc.constantFrom('succeeds', 'is declined'), { minLength: 1, maxLength: 3 }),
  copies: fc.integer({ min: 1, max: 2 }),
  posts: fc.integer({ min: 1, max: 3 }),
  cancels: fc.boolean(),
  card: fc.boolean(),
});

const legalNext: Readonly<Record<string, readonly string[]>> = { '': ['capture', 'undo'], capture: ['settle', 'undo'] };

describe('the model of a checkout', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.start({ withWorker: false, webhooks: false });
  });
  afterAll(() => stack.stop());

  it('V4 V5 T6 whatever the order of steps: one checkout, decisions go one way, what is final stays, done means all are', async () => {
    const { payments } = stack.databases;
    await liveThrough(histories, ({ policy, orders, copies, posts, cancels, card }) => {
      const checkoutId = unique('c');
      const key = { merchantId: 'default', checkoutId };
      const idOf = (position: number): string => `${checkoutId}-${String(position)}`;
      const seen: CheckoutRecord[] = [];
      // One look after the other: what is seen later was later.
      let looking: Promise<unknown> = Promise.resolve();
      const look = (): Promise<CheckoutRecord | undefined> => {
        const looked = looking.then(async () => {
          const checkout = await findCheckout(payments, 'default', checkoutId);
          if (checkout !== undefined) seen.push(checkout);
          return checkout;
        });
        looking = looked;
        return looked;
      };
      const outcomes: string[] = [];
      const post =
        (fingerprint: string): Actor =>
        async (turn) => {
          outcomes.push(
            await turn(() =>
              createCheckout(payments, {
                ...key,
                buyerInfo: { id: 'buyer' },
                creditCardInfo: { paymentMethod: 'pm_card_visa' },
                returnUrl: 'https://shop.example',
                failurePolicy: policy,
                captureMethod: 'automatic',
                metadata: {},
                paymentOrders: orders.map((_, position) => ({
                  paymentOrderId: idOf(position),
                  sellerAccount: 'seller',
                  amountMinor: 1_000n,
                  currency: 'EUR',
                  platformFeeMinor: 0n,
                  statementDescriptor: null,
                })),
                requestFingerprint: Buffer.from(fingerprint),
                route: 'model',
                idempotencyKey: null,
              }),
            ),
          );
          await look();
        };
      /** What the workflow of a checkout does to its rows, order by order. */
      const process: Actor = async (turn) => {
        while ((await turn(look)) === undefined);
        for (const [position, fate] of orders.entries()) {
          const order = { merchantId: 'default', paymentOrderId: idOf(position) };
          await turn(() => recordPhase(payments, order, { phase: 'charging' }));
          if (fate === 'is declined') {
            await turn(() => recordPhase(payments, order, { phase: 'declined', failureReason: 'declined' }));
            continue;
          }
          const completes = policy === 'independent' || orders.every((other) => other === 'succeeds');
          if (position % 2 === 0)
            await turn(() => markBooked(payments, order, { wallet: true, ledger: true, completes }));
          else {
            await turn(() => markBooked(payments, order, { wallet: true, ledger: false, completes }));
            await turn(() => markBooked(payments, order, { wallet: false, ledger: true, completes }));
          }
          if (!completes)
            await turn(() =>
              recordPhase(payments, order, { phase: 'refunded', failureReason: 'another_order_failed' }),
            );
          await look();
        }
        if (policy === 'all_or_nothing') {
          const wanted: BarrierDecision[] = orders.includes('is declined') ? ['undo'] : ['capture', 'settle'];
          for (const decision of wanted) {
            await turn(() => recordDecision(payments, { ...key, decision, reason: 'model' })).catch(() => undefined);
            await look();
          }
        }
        await turn(() => finishPaidCheckout(payments, { ...key, round: 1 }));
        await look();
      };
      const cancel: Actor = async (turn) => {
        await turn(() =>
          requestOnCheckout(payments, 'cancel', 'default', checkoutId, { actor: 'model', reason: 'no' }),
        );
        await look();
      };
      const bringCard: Actor = async (turn) => {
        if ((await turn(look)) === undefined) return;
        await turn(() => reopenCheckout(payments, { ...key, card: 'pm_card_mastercard', fromRound: null }));
        await look();
      };
      return Promise.resolve({
        actors: [
          ...Array.from({ length: posts }, () => post('same')),
          post('other'),
          ...Array.from({ length: copies }, () => process),
          ...(cancels ? [cancel] : []),
          // A run of before must not go on beside a new round: it reads its rows first, which a model of rows can't.
          ...(card && copies === 1 ? [bringCard] : []),
        ],
        check: async () => {
          expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
          expect(new Set(outcomes)).toEqual(
            new Set([
              'created',
              'checkout_id_reused',
              ...(posts > 1 ? outcomes.filter((one) => one === 'replayed') : []),
            ]),
          );
          const last = await look();
          for (const [index, next] of seen.entries()) {
            const before = seen[index - 1];
            if (before === undefined) continue;
            if (before.round === next.round && before.decision !== next.decision) {
              const path = [before.decision ?? '', next.decision ?? ''];
              const direct = legalNext[path[0] ?? '']?.includes(path[1] ?? '') === true;
              expect(direct || (path[0] === '' && path[1] === 'settle')).toBe(true);
            }
            for (const order of before.paymentOrders) {
              const after = next.paymentOrders.find(({ position }) => position === order.position);
              if (order.paymentOrderStatus === 'SUCCESS') expect(after?.paymentOrderStatus).toBe('SUCCESS');
              if (order.paymentOrderStatus === 'FAILED' && before.round === next.round)
                expect(after?.paymentOrderStatus).toBe('FAILED');
            }
          }
          const paid = last?.paymentOrders.every(
            (order) => order.paymentOrderStatus === 'SUCCESS' && order.walletUpdated && order.ledgerUpdated,
          );
          if (last?.checkoutStatus !== 'open') expect(last?.isPaymentDone).toBe(paid);
          if (last?.round === 1 && orders.every((fate) => fate === 'succeeds')) expect(last.isPaymentDone).toBe(true);
        },
      });
    });
  });
});
