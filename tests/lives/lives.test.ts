import { describe, expect, it, jest } from '@jest/globals';
import type { Dependencies } from '../../activities';
import { Chance } from '../../chaos/chance';
import type { PaymentProvider } from '../../providers/provider';
import { accountOfKey } from '../../sandbox/wire';
import { TestStack, webhookSecret } from '../support/stack';
import { liveMany } from './life';

/** `npm run lives` sets it for the long run; `npm test` lives fewer. */
const lives = Number(process.env['PAYSAGA_LIVES'] ?? '150');
const firstSeed = Number(process.env['PAYSAGA_LIVES_SEED'] ?? '1');
/** A new stack now and then: the sandbox keeps everything in memory. */
const livesPerStack = 500;
/** One process does everything here: more at a time would only wait for each other. */
const abreast = 8;

jest.setTimeout(Math.max(1_800_000, lives * 2_000));

const told = [
  'refund.updated',
  'refund.failed',
  'payout.paid',
  'payout.failed',
  ...['created', 'updated', 'closed', 'funds_withdrawn', 'funds_reinstated'].map((what) => `charge.dispute.${what}`),
];

/** What a kill between two steps looks like to the activity that is run again: it has happened, and nobody knows. */
function interrupted(share: number): Dependencies['failpoint'] {
  const chance = new Chance(7);
  return (name) => {
    // Between the steps of a posting or a call: what every activity passes at its end, upkeep's too, is the kill matrix's business.
    if (name.endsWith('.completing') || !chance.happens(share)) return Promise.resolve();
    return Promise.reject(Object.assign(new Error('interrupted here'), { name: 'DriverAdapterError' }));
  };
}

/** A stack on which steps are interrupted and webhooks come twice and out of order, perhaps with a defect. */
async function start(
  defect: { plant?: (dependencies: Dependencies) => Dependencies; sql?: string } = {},
  share = 0.02,
): Promise<TestStack> {
  const { plant = (same: Dependencies) => same, sql } = defect;
  const stack = await TestStack.start({
    plant: (dependencies) => plant({ ...dependencies, failpoint: interrupted(share) }),
  });
  stack.comesAgain = true;
  if (sql !== undefined) await stack.owner.query(sql);
  // As an endpoint at Stripe is told of the types it asks for, and no others.
  stack.sandbox.setWebhookEndpoint({
    url: `${stack.apiUrl}/webhooks/stripe`,
    secret: webhookSecret,
    account: accountOfKey('sk_test_default'),
    events: told,
  });
  await stack.outside('webhooks/faults', { duplicate: 0.2, reorder: 0.2 });
  // The platform pays its sellers out of what it has at the PSP.
  await stack.paid({ amount: '9000000.00', fee: '0.00', available: true });
  return stack;
}

const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('random lives of a payment', () => {
  it(`V1 V2 V3 V6 V7 hold after every step of ${String(lives)} lives`, async () => {
    for (let from = firstSeed; from < firstSeed + lives; from += livesPerStack) {
      const stack = await start();
      try {
        const count = Math.min(livesPerStack, firstSeed + lives - from);
        expect(await liveMany(stack, seeds(from, count), { abreast, most: 3, settlesMs: 300_000 })).toEqual([]);
        expect(await stack.differences()).toEqual([]);
        if (lives > livesPerStack) console.log(`${String(from - firstSeed + count)} lives`);
      } finally {
        await stack.stop();
      }
    }
  });
});

/** Runs lives on a stack with a defect until it shows. */
async function violationsWith(defect: Parameters<typeof start>[0]): Promise<string[]> {
  const stack = await start(defect, 0.1);
  try {
    return await liveMany(stack, seeds(1, 60), { abreast: 8, most: 1, settlesMs: 20_000 });
  } finally {
    await stack.stop();
  }
}

/** Every refund under a new key, and nothing is looked up first. */
const withRandomKeys = (dependencies: Dependencies): Dependencies => ({
  ...dependencies,
  providerOf: async (merchantId) => {
    const provider = await dependencies.providerOf(merchantId);
    return new Proxy(provider, {
      get: (target, name, receiver) => {
        if (name === 'findRefund') return () => Promise.resolve(undefined);
        if (name !== 'refund') return Reflect.get(target, name, receiver) as unknown;
        return (input: Parameters<PaymentProvider['refund']>[0]) =>
          target.refund({ ...input, identity: { ...input.identity, attempt: Math.floor(Math.random() * 1e9) } });
      },
    });
  },
});

describe('planted defects are caught', () => {
  it('a random idempotency key, and no look-up before a refund is sent again', async () => {
    expect(await violationsWith({ plant: withRandomKeys })).toEqual([
      expect.stringMatching(/^V2 refund .* was made [2-9] times|^V6 refund/),
    ]);
  });

  it('a wallet that moves again when its step is run again: the guard of the movement is missing', async () => {
    const sql = `
      CREATE OR REPLACE FUNCTION wallet.follow(
        in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_seller_account text, in_currency text,
        in_pending bigint, in_available bigint, in_reserved bigint, in_owed bigint) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO wallet.movement (merchant_id, source_type, source_id, leg, seller_account, currency, pending_change, available_change, reserved_change, owed_change)
        VALUES (in_merchant_id, in_source_type, in_source_id, in_leg, in_seller_account, in_currency, in_pending, in_available, in_reserved, in_owed)
        ON CONFLICT DO NOTHING;
        INSERT INTO wallet.wallet (merchant_id, seller_account, currency) VALUES (in_merchant_id, in_seller_account, in_currency) ON CONFLICT DO NOTHING;
        UPDATE wallet.wallet SET pending = greatest(0, pending + in_pending), available = greatest(0, available + in_available),
               reserved = greatest(0, reserved + in_reserved), owed = greatest(0, owed + in_owed)
        WHERE merchant_id = in_merchant_id AND seller_account = in_seller_account AND currency = in_currency;
        RETURN true;
      END $$`;
    expect(await violationsWith({ sql })).toEqual([expect.stringContaining('V3 wallet')]);
  });

  it('a ledger that posts again when its step is run again: the source is not unique', async () => {
    const sql = `
      ALTER FUNCTION ledger.post(text, text, text, text, jsonb) RENAME TO post_once;
      CREATE FUNCTION ledger.post(in_merchant_id text, in_source_type text, in_source_id text, in_leg text, in_posting jsonb)
      RETURNS TABLE (appended boolean, pending bigint, available bigint, reserved bigint, owed bigint) LANGUAGE sql AS $$
        SELECT * FROM ledger.post_once(in_merchant_id, in_source_type, in_source_id,
          CASE WHEN EXISTS (SELECT FROM ledger.transaction WHERE merchant_id = in_merchant_id AND source_type = in_source_type AND source_id = in_source_id AND leg = in_leg)
               THEN in_leg || pg_current_xact_id() ELSE in_leg END, in_posting)
      $$`;
    expect(await violationsWith({ sql })).toEqual([expect.stringMatching(/^V2 the ledger says|^V3 wallet|^V9 stuck/)]);
  });
});
