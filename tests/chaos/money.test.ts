import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { accountOfKey } from '../../sandbox/wire';
import { beginOnboarding } from '../../prisma/seller';
import { sellerPages } from '../support/onboarding';
import { TestStack, unique, type PayoutView, type RefundView } from '../support/stack';
import { kills, struck } from '../support/failpoints';
import { WorkerProcesses } from '../support/worker-process';

jest.setTimeout(1_200_000);

/** Each gap between two effects of a refund and of a payout: a posting's two commits, and the PSP's call with its record. */
const posting = (name: string): string[] =>
  ['before_ledger', 'before_wallet', 'after_wallet'].map((gap) => `${name}.${gap}`);
const call = (name: string): string[] => ['before_call', 'after_call', 'after_record'].map((gap) => `${name}.${gap}`);
const refundGaps = [
  ...posting('refund.requested'),
  'refund.before_call',
  'refund.after_call',
  ...posting('refund.succeeded'),
];
const payoutGaps = [
  ...posting('payout.requested'),
  ...call('transfer'),
  ...posting('payout.transferred'),
  ...call('payout'),
  ...posting('payout.paid'),
];
const returnGaps = [...call('transfer_reversal'), ...posting('payout.transfer_reversed'), ...posting('payout.failed')];

const folder = mkdtempSync(join(tmpdir(), 'paysaga-gaps-'));
const idOf = (gap: string, kind = ''): string => `${kind}${gap}`.replaceAll('_', '-');
let stack: TestStack;
let workers: WorkerProcesses;

beforeAll(async () => {
  stack = await TestStack.start({ withWorker: false });
  workers = new WorkerProcesses(stack);
});
afterAll(async () => {
  workers.stop();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Operation {
  readonly gap: string;
  readonly id: string;
  readonly seller: string;
  readonly order: string;
}

describe('kill -9 of the worker in every gap of refunds and payouts', () => {
  it('V2 V3 V8 one refund, one payout at the PSP each; ledger and wallet right', async () => {
    const prepared = async (gap: string, kind: string, bank: string): Promise<Operation> => {
      const { seller } = await stack.verifiedSeller({ sandbox_payouts: bank });
      const { id } = await stack.paid({ seller, paymentMethod: 'pm_card_bypassPending' });
      return { gap, id: `${idOf(gap, kind)}-${unique('k')}`, seller, order: id };
    };
    // Paid for by workers that nobody kills; three that take turns in being killed come after.
    const armed: { name: string; key: string }[] = [];
    workers.keep();
    await stack.paid({ amount: '9000.00', fee: '0.00', paymentMethod: 'pm_card_bypassPending' });
    const refunds = await Promise.all(refundGaps.map((gap) => prepared(gap, 'rf-', 'paid')));
    const payouts = await Promise.all(payoutGaps.map((gap) => prepared(gap, 'po-', 'paid')));
    const returns = await Promise.all(returnGaps.map((gap) => prepared(gap, 'rt-', 'failed')));
    const operations = [...refunds, ...payouts, ...returns];
    await stack.releaseAvailable();
    for (const { gap, id } of operations) armed.push({ name: gap, key: id });
    await workers.rest();
    for (let count = 0; count < 3; count += 1) workers.keep(kills(folder, armed));

    await Promise.all([
      ...refunds.map(({ id, order }) => stack.refund(order, { refund_id: id }, {})),
      ...[...payouts, ...returns].map(({ id, seller }) =>
        stack.payOut({ payout_id: id, seller_account: seller, amount: '90.00' }, {}),
      ),
    ]);
    await Promise.all([
      ...refunds.map(({ id }) =>
        stack.when<RefundView>(`/v1/refunds/${id}`, (refund) => refund.refund_status === 'succeeded', 1_000),
      ),
      ...payouts.map(({ id }) =>
        stack.when<PayoutView>(`/v1/payouts/${id}`, (payout) => payout.payout_status === 'paid', 1_000),
      ),
      ...returns.map(({ id }) =>
        stack.when<PayoutView>(`/v1/payouts/${id}`, (payout) => payout.payout_status === 'failed', 1_000),
      ),
    ]);
    // Each gap has killed once.
    expect(struck(folder).sort()).toEqual(operations.map(({ gap, id }) => `${gap} ${id}`).sort());

    const { store } = stack.sandbox;
    const platform = accountOfKey('sk_test_default');
    const all = (kind: string) =>
      store.accounts().flatMap((account) => store.list(account, kind).map(({ value }) => value));
    const metadata = (object: Record<string, unknown>) => object['metadata'] as Record<string, string>;
    for (const { id } of refunds)
      expect(all('refund').filter((made) => metadata(made)['refund_id'] === id)).toHaveLength(1);
    for (const { id } of [...payouts, ...returns]) {
      expect(all('payout').filter((made) => metadata(made)['payout_id'] === id)).toHaveLength(1);
      expect(store.list(platform, 'transfer').filter(({ value }) => metadata(value)['payout_id'] === id)).toHaveLength(
        1,
      );
    }
    const nothing = { pending: '0.00', available: '0.00', reserved: '0.00', owed: '0.00' };
    for (const { seller, order } of refunds) {
      expect(await stack.wallet(seller)).toEqual(nothing);
      expect(await stack.ledger([order])).toEqual({});
    }
    for (const { seller, id } of payouts) {
      expect(await stack.wallet(seller)).toEqual(nothing);
      expect(await stack.book([id])).toEqual({ [`seller:${seller}:available`]: -9_000, psp_clearing: -9_000 });
    }
    for (const { seller, id } of returns) {
      expect(await stack.wallet(seller)).toEqual({ ...nothing, available: '90.00' });
      expect(await stack.book([id])).toEqual({});
    }
    expect(await stack.differences()).toEqual([]);
  });

  it("a seller's onboarding: killed between the account and its record there is one account; and before the run began, the sweeper begins it", async () => {
    const [killed, forgotten] = [unique('seller'), unique('seller')];
    const gap = 'seller.after_open';
    await workers.rest();
    for (let count = 0; count < 2; count += 1) workers.keep(kills(folder, [{ name: gap, key: killed }]));
    const onboard = (seller: string) =>
      stack.call<{ url?: string }>('POST', `/v1/sellers/${seller}/onboarding`, { country: 'DE', ...sellerPages });
    await stack.eventually(async () => {
      const { status, body } = await onboard(killed);
      return status === 200 && body.url !== undefined ? undefined : `answered ${String(status)}`;
    }, 300);
    expect(struck(folder)).toContain(`${gap} ${killed}`);

    // As by an API that died after its row: nobody comes back to it.
    await beginOnboarding(
      stack.databases.identity,
      { merchantId: 'default', sellerId: forgotten },
      {
        country: 'DE',
        returnUrl: sellerPages.return_url,
        onboardingUrl: sellerPages.refresh_url,
      },
    );
    await stack.eventually(async () => {
      await stack.sweep();
      const { body } = await stack.call<{ payout_account: string | null }>('GET', `/v1/sellers/${forgotten}`);
      return body.payout_account === null ? 'no account yet' : undefined;
    }, 300);
    const { store } = stack.sandbox;
    for (const seller of [killed, forgotten])
      expect(
        store
          .list(accountOfKey('sk_test_default'), 'account')
          .filter(({ value }) => (value['metadata'] as Record<string, string>)['seller_id'] === seller),
      ).toHaveLength(1);
  });
});
