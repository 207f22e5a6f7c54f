import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { opsKey, otherKey, secondOpsKey, TestStack, unique, type PayoutView, type Problem } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterEach(async () => {
  await stack.clearFaults();
  // V1, V3 and V7 hold after every test, whatever it did.
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

const ops = { Authorization: `Bearer ${opsKey}` };
const secondOps = { Authorization: `Bearer ${secondOpsKey}` };
type Blocked = Problem & { readonly block?: string; readonly available_amount?: string };
const asProblem = (body: unknown): Blocked => body as Blocked;
const settled = (id: string, status: string): Promise<PayoutView> =>
  stack.when<PayoutView>(`/v1/payouts/${id}`, (payout) => payout.payout_status === status);

/** A verified seller with 90.00 available. */
async function richSeller(
  metadata: Record<string, string> = {},
): Promise<{ seller: string; account: string; order: string }> {
  const verified = await stack.verifiedSeller(metadata);
  const { id } = await stack.paid({ seller: verified.seller, available: true });
  return { ...verified, order: id };
}

/** What the sandbox executed of a payout: transfers, payouts, reversals. */
async function executed(payoutId: string): Promise<Record<string, number>> {
  const response = await fetch(`${stack.sandboxUrl}/_sandbox/journal?payout_id=${payoutId}`);
  const { calls } = (await response.json()) as { calls: { operation: string; result: string }[] };
  const counts: Record<string, number> = {};
  for (const { operation, result } of calls)
    if (result === 'executed') counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

describe('P1 availability', () => {
  it('money is pending until the PSP says that it is available, not for a fixed time', async () => {
    const { seller, id } = await stack.paid();
    await stack.releaseAvailable();
    expect(await stack.wallet(seller)).toMatchObject({ pending: '90.00', available: '0.00' });
    const { rows } = await stack.owner.query<{ days: number }>(
      'SELECT extract(epoch FROM available_on - captured_at) / 86400 AS days FROM ledger.pending_lot WHERE payment_order_id = $1',
      [id],
    );
    expect(Number(rows[0]?.days)).toBeCloseTo(2, 2);
    await stack.owner.query('UPDATE ledger.pending_lot SET available_on = now() WHERE payment_order_id = $1', [id]);
    await stack.releaseAvailable();
    await stack.releaseAvailable();
    expect(await stack.wallet(seller)).toMatchObject({ pending: '0.00', available: '90.00' });
  });

  it("a date that the charge's own answer lacked is read from the account's lines", async () => {
    const { seller, id } = await stack.paid({ paymentMethod: 'pm_card_bypassPending' });
    await stack.owner.query('UPDATE payments.payment_order SET available_on = NULL WHERE payment_order_id = $1', [id]);
    await stack.owner.query(
      "UPDATE ledger.pending_lot SET captured_at = now() - interval '2 minutes' WHERE payment_order_id = $1",
      [id],
    );
    await stack.releaseAvailable();
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
  });

  it('one whose charge is not among those lines is asked for by its payment', async () => {
    const { seller, id } = await stack.paid({ paymentMethod: 'pm_card_bypassPending' });
    await stack.owner.query(
      'UPDATE payments.payment_order SET available_on = NULL, psp_charge_reference = NULL WHERE payment_order_id = $1',
      [id],
    );
    await stack.owner.query(
      "UPDATE ledger.pending_lot SET captured_at = now() - interval '2 minutes' WHERE payment_order_id = $1",
      [id],
    );
    await stack.releaseAvailable();
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
  });

  it('many at once are released by a few statements, and wallets that were not told are told by the next run', async () => {
    const sellers = await Promise.all(
      Array.from({ length: 8 }, () => stack.paid({ paymentMethod: 'pm_card_bypassPending' })),
    );
    await stack.releaseAvailable();
    // As if the worker had been killed between ledger and wallet.
    const [first] = sellers;
    await stack.owner.query('UPDATE ledger.pending_lot SET wallet_moved_at = NULL WHERE payment_order_id = $1', [
      first?.id,
    ]);
    await stack.releaseAvailable();
    for (const { seller } of sellers) expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
  });
});

describe('a payout', () => {
  it('P2 leaves the seller, is transferred and paid: ledger, wallet and PSP agree', async () => {
    const { seller, order } = await richSeller();
    const { body } = await stack.payOut({ seller_account: seller, amount: '50.00' });
    expect(body).toMatchObject({ payout_status: 'paid', amount: '50.00' });
    expect(await stack.wallet(seller)).toMatchObject({ available: '40.00', owed: '0.00' });
    expect(await stack.book([body.payout_id], [order])).toEqual({
      psp_clearing: 5_000,
      platform_fees: 1_000,
      [`seller:${seller}:available`]: 4_000,
    });
    expect(await executed(body.payout_id)).toEqual({ transfer: 1, payout: 1 });
  });

  it('without an amount pays out all that is available', async () => {
    const { seller } = await richSeller();
    expect((await stack.payOut({ seller_account: seller })).body).toMatchObject({
      payout_status: 'paid',
      amount: '90.00',
    });
    expect(asProblem((await stack.payOut({ seller_account: seller })).body).block).toBe('insufficient_funds');
  });

  it('P2 is in transit, out of the seller’s reach, before the bank has it', async () => {
    const { seller } = await richSeller({ sandbox_payouts: 'manual' });
    const { body } = await stack.payOut({ seller_account: seller }, {});
    const moving = await settled(body.payout_id, 'in_transit');
    expect(await stack.wallet(seller)).toMatchObject({ available: '0.00' });
    expect(await stack.book([body.payout_id])).toEqual({
      payouts_in_transit: 9_000,
      [`connected:${seller}`]: 9_000,
      [`seller:${seller}:available`]: -9_000,
      psp_clearing: -9_000,
    });
    await stack.outside(`payouts/${moving.psp_payout ?? ''}/finish`, { outcome: 'paid' });
    await settled(body.payout_id, 'paid');
    expect(await stack.book([body.payout_id])).toEqual({
      [`seller:${seller}:available`]: -9_000,
      psp_clearing: -9_000,
    });
  });

  it('P2 that the bank refuses is taken back, and the seller has the money again', async () => {
    const { seller } = await richSeller({ sandbox_payouts: 'failed' });
    const { body } = await stack.payOut({ seller_account: seller });
    expect(body).toMatchObject({ payout_status: 'failed', failure_reason: 'account_closed' });
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
    expect(await stack.book([body.payout_id])).toEqual({});
    expect(await executed(body.payout_id)).toEqual({ transfer: 1, payout: 1, transfer_reversal: 1 });
  });

  it('P2 that comes back after it was paid is undone: returned, and re-credited', async () => {
    const { seller } = await richSeller({ sandbox_payouts: 'manual' });
    const { body } = await stack.payOut({ seller_account: seller });
    const { psp_payout: payout } = await settled(body.payout_id, 'in_transit');
    for (const outcome of ['paid', 'failed']) {
      await stack.outside(`payouts/${payout ?? ''}/finish`, { outcome });
      if (outcome === 'paid') await settled(body.payout_id, 'paid');
    }
    const returned = await settled(body.payout_id, 'returned');
    expect(returned).toMatchObject({ failure_reason: 'account_closed' });
    expect(returned.psp_transfer_reversal).toMatch(/^trr_/);
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
    expect(await stack.book([body.payout_id])).toEqual({});
    const { rows } = await stack.owner.query(
      'SELECT leg FROM ledger.transaction WHERE source_id = $1 ORDER BY transaction_id',
      [body.payout_id],
    );
    expect(rows.map((row: { leg: string }) => row.leg)).toEqual([
      'requested',
      'transferred',
      'paid',
      'returned',
      'transfer_reversed',
      'failed',
    ]);
  });

  it('P3 blocked while anything is owed, and recovered from the next sale before any payout', async () => {
    const { seller, order } = await richSeller();
    const { body: paidOut } = await stack.payOut({ seller_account: seller });
    await stack.refund(order, { amount: '50.00' });
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '0.00', reserved: '0.00', owed: '45.00' });
    expect(asProblem((await stack.payOut({ seller_account: seller, amount: '1.00' })).body)).toMatchObject({
      type: 'urn:paysaga:problem:payout-blocked',
      block: 'seller_owes',
    });
    const next = await stack.paid({ seller, available: true });
    expect(await stack.wallet(seller)).toEqual({ pending: '0.00', available: '45.00', reserved: '0.00', owed: '0.00' });
    expect(await stack.book([paidOut.payout_id], [order, next.id])).toEqual({
      psp_clearing: 6_000,
      platform_fees: 1_500,
      [`seller:${seller}:available`]: 4_500,
    });
    expect((await stack.payOut({ seller_account: seller })).body).toMatchObject({
      payout_status: 'paid',
      amount: '45.00',
    });
  });

  it('P3 blocked while anything is owed in any currency', async () => {
    const { seller } = await richSeller();
    const { id } = await stack.paid({ seller, currency: 'USD', available: true });
    await stack.owner.query("UPDATE ledger.seller_position SET owed = 1 WHERE seller = $1 AND currency = 'USD'", [
      seller,
    ]);
    expect(asProblem((await stack.payOut({ seller_account: seller })).body).block).toBe('seller_owes');
    // The ledger itself has the last word, whatever was known when the payout was asked for.
    const post = stack.owner.query(
      `SELECT ledger.post('default', 'payout', $1, 'requested', jsonb_build_object('kind', 'x', 'currency', 'EUR', 'effective_at', now(),
         'lines', '[{"account":"payouts_in_transit","type":"liability","amount":-1}]'::jsonb, 'seller', $2::text, 'mode', 'payout', 'amount', 1))`,
      [unique('po'), seller],
    );
    await expect(post).rejects.toMatchObject({ code: 'PS402' });
    await stack.owner.query("UPDATE ledger.seller_position SET owed = 0 WHERE seller = $1 AND currency = 'USD'", [
      seller,
    ]);
    expect((await stack.payOut({ seller_account: seller })).body.payout_status).toBe('paid');
    await stack.refund(id);
  });

  it('L4 V7 what is on its way out is not available any more: of three at once one is paid, the others are refused', async () => {
    const { seller } = await richSeller();
    const answers = await Promise.all([1, 2, 3].map(() => stack.payOut({ seller_account: seller, amount: '60.00' })));
    const paid = answers.filter(({ body }) => body.payout_status === 'paid');
    expect(paid).toHaveLength(1);
    for (const { status, body } of answers)
      if (!paid.some((one) => one.body === body)) expect(status === 409 || body.payout_status === 'refused').toBe(true);
    expect(await stack.wallet(seller)).toMatchObject({ available: '30.00' });
  });

  it.each(['error_after_effect', 'drop_after_effect', 'error_before_effect'])(
    'P4 whose transfer and payout answers are lost (%s): looked up, one of each at the PSP',
    async (kind) => {
      const { seller } = await richSeller();
      await stack.fault({ kind, path: '/v1/transfers' });
      await stack.fault({ kind, path: '/v1/payouts' });
      const { body } = await stack.payOut({ seller_account: seller }, {});
      await settled(body.payout_id, 'paid');
      expect(await executed(body.payout_id)).toEqual({ transfer: 1, payout: 1 });
    },
  );

  it('P4 the PSP refuses the transfer: nothing has left, and the seller has the money again', async () => {
    const { seller } = await richSeller();
    await stack.fault({ kind: 'refuse', path: '/v1/transfers' });
    const { body } = await stack.payOut({ seller_account: seller });
    expect(body.payout_status).toBe('failed');
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
    expect(await executed(body.payout_id)).toEqual({});
  });

  it('I2 the same key replays, whatever has changed since; another body is refused', async () => {
    const { seller } = await richSeller();
    const headers = { Prefer: 'wait=30', 'Idempotency-Key': unique('key') };
    const first = await stack.payOut({ seller_account: seller, amount: '90.00' }, headers);
    const again = await stack.payOut({ seller_account: seller, amount: '90.00' }, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body.payout_id).toBe(first.body.payout_id);
    expect((await stack.payOut({ seller_account: seller, amount: '1.00' }, headers)).status).toBe(422);
    expect(await executed(first.body.payout_id)).toEqual({ transfer: 1, payout: 1 });
  });
});

describe('P5 who may be paid', () => {
  it('nobody without an account, and nobody who is not verified', async () => {
    const seller = unique('seller');
    await stack.paid({ seller, available: true });
    const block = async () => asProblem((await stack.payOut({ seller_account: seller })).body).block;
    expect(await block()).toBe('no_payout_account');
    const { id } = await stack.outside<{ id: string }>('accounts', { secret_key: 'sk_test_default' });
    await stack.call('PUT', `/v1/sellers/${seller}`, { payout_account: id });
    expect(await block()).toBe('kyc_not_verified');
    expect((await stack.call('PUT', `/v1/sellers/${seller}`, { kyc_status: 'verified' })).status).toBe(403);
    await stack.call('PUT', `/v1/sellers/${seller}`, { kyc_status: 'verified' }, ops);
    expect((await stack.payOut({ seller_account: seller })).body.payout_status).toBe('paid');
  });

  it('nobody whose account was changed lately', async () => {
    const { seller, account } = await richSeller();
    const { id } = await stack.outside<{ id: string }>('accounts', { secret_key: 'sk_test_default' });
    await stack.call('PUT', `/v1/sellers/${seller}`, { payout_account: account });
    const { body: same } = await stack.call<Record<string, unknown>>('GET', `/v1/sellers/${seller}`);
    expect(same['payout_account_changed_at']).toBeNull();
    await stack.call('PUT', `/v1/sellers/${seller}`, { payout_account: id });
    expect(asProblem((await stack.payOut({ seller_account: seller })).body).block).toBe('payout_account_changed');
    await stack.owner.query(
      "UPDATE identity.seller SET payout_account_changed_at = now() - interval '73 hours' WHERE seller_id = $1",
      [seller],
    );
    expect((await stack.payOut({ seller_account: seller })).body.payout_status).toBe('paid');
  });

  it('nobody whom the PSP would not pay: refused, with what it still needs', async () => {
    const { seller, account } = await richSeller();
    await stack.outside(`accounts/${account}/verify`, { payouts_enabled: false });
    const { body } = await stack.payOut({ seller_account: seller });
    expect(body).toMatchObject({ payout_status: 'refused', failure_reason: 'account_not_enabled' });
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
  });

  it('above the limit two persons must approve, and one person is not two', async () => {
    const { seller } = await stack.verifiedSeller();
    await stack.paid({ seller, amount: '20000.00', fee: '0.00', available: true });
    const { body } = await stack.payOut({ seller_account: seller, amount: '10000.01' });
    expect(body).toMatchObject({ payout_status: 'awaiting_approval', approvals_needed: 2 });
    const decide = (verb: string, headers: Record<string, string>, reason: unknown = { reason: 'checked' }) =>
      stack.call<PayoutView & Problem>('POST', `/v1/payouts/${body.payout_id}/${verb}`, reason, headers);
    expect((await decide('approve', {})).status).toBe(403);
    expect((await decide('approve', ops, {})).status).toBe(422);
    expect((await decide('approve', ops)).status).toBe(202);
    expect((await decide('approve', ops)).body.type).toBe('urn:paysaga:problem:second-person-needed');
    expect(await executed(body.payout_id)).toEqual({});
    expect((await decide('approve', secondOps)).status).toBe(202);
    const paid = await settled(body.payout_id, 'paid');
    expect(paid.approvals.map(({ actor }) => actor)).toEqual(['api-key:k3', 'api-key:k4']);
    expect((await decide('reject', ops)).status).toBe(409);
    const { rows } = await stack.owner.query(
      'SELECT action, actor FROM payouts.ops_action WHERE payout_id = $1 ORDER BY 1, 2',
      [body.payout_id],
    );
    expect(rows).toHaveLength(2);
  });

  it('one no is enough: the seller has the money again', async () => {
    const { seller } = await stack.verifiedSeller();
    await stack.paid({ seller, amount: '20000.00', fee: '0.00', available: true });
    const { body } = await stack.payOut({ seller_account: seller });
    await stack.call('POST', `/v1/payouts/${body.payout_id}/reject`, { reason: 'unusual' }, ops);
    expect(await settled(body.payout_id, 'refused')).toMatchObject({ failure_reason: 'rejected' });
    expect(await stack.wallet(seller)).toMatchObject({ available: '20000.00' });
  });
});

describe('scheduled payouts', () => {
  const schedule = (seller: string, more: Record<string, unknown>) =>
    stack.call<Problem & { payout_schedules: Record<string, unknown>[] }>('PUT', `/v1/sellers/${seller}`, {
      payout_schedules: [{ currency: 'EUR', ...more }],
    });
  const runNow = async (seller: string) => {
    await stack.client.schedule.getHandle(`payouts/default/${seller}/EUR`).trigger();
  };

  it('weekly: pays all that is available, once a day, and says what the last run came to', async () => {
    const { seller } = await richSeller();
    expect((await schedule(seller, { interval: 'weekly', day: 5, minimum_amount: '10.00' })).status).toBe(200);
    const { spec, state } = await stack.client.schedule.getHandle(`payouts/default/${seller}/EUR`).describe();
    expect(spec.calendars?.[0]).toMatchObject({ dayOfWeek: [{ start: 'FRIDAY' }], hour: [{ start: 3 }] });
    expect(state.paused).toBe(false);
    await runNow(seller);
    const { data } = await stack.when<{ data: PayoutView[] }>(
      `/v1/payouts?seller_account=${seller}`,
      ({ data }) => data[0]?.payout_status === 'paid',
    );
    expect(data).toMatchObject([{ amount: '90.00' }]);
    await stack.paid({ seller, available: true });
    await runNow(seller);
    await stack.when<{ payout_schedules: { last_result: { result: string } | null }[] }>(
      `/v1/sellers/${seller}`,
      ({ payout_schedules: [first] }) => first?.last_result?.result.startsWith('payout auto-') ?? false,
    );
    const { body } = await stack.call<{ data: PayoutView[] }>('GET', `/v1/payouts?seller_account=${seller}`);
    expect(body.data).toHaveLength(1);
  });

  it('less than the minimum stays, and a switched-off schedule is paused', async () => {
    const { seller } = await richSeller();
    await schedule(seller, { interval: 'monthly', day: 28, minimum_amount: '90.01' });
    await runNow(seller);
    await stack.when<{ payout_schedules: { last_result: { result: string } | null }[] }>(
      `/v1/sellers/${seller}`,
      ({ payout_schedules: [first] }) => first?.last_result?.result === 'below_minimum',
    );
    await schedule(seller, { interval: 'daily', active: false });
    const { spec, state } = await stack.client.schedule.getHandle(`payouts/default/${seller}/EUR`).describe();
    expect(state.paused).toBe(true);
    expect(spec.calendars?.[0]?.dayOfMonth).toMatchObject([{ start: 1, end: 31 }]);
  });

  it.each([
    [{ interval: 'weekly', day: 8 }, '/payout_schedules/0/day'],
    [{ interval: 'daily', day: 2 }, '/payout_schedules/0/day'],
    [{ interval: 'monthly', day: 29 }, '/payout_schedules/0/day'],
    [{ interval: 'hourly' }, '/payout_schedules/0/interval'],
    [{ interval: 'daily', minimum_amount: '0.001' }, '/payout_schedules/0/minimum_amount'],
  ])('bad input %j names %s and keeps nothing', async (more, pointer) => {
    const seller = unique('seller');
    const { status, body } = await schedule(seller, more);
    expect(status).toBe(422);
    expect(body.errors?.[0]?.pointer).toBe(pointer);
    expect((await stack.call('GET', `/v1/sellers/${seller}`)).status).toBe(404);
  });
});

describe('doors', () => {
  it("another merchant's sellers and payouts are not there", async () => {
    const { seller } = await richSeller();
    const { body } = await stack.payOut({ seller_account: seller, amount: '1.00' });
    const other = { Authorization: `Bearer ${otherKey}` };
    expect((await stack.call('GET', `/v1/payouts/${body.payout_id}`, undefined, other)).status).toBe(404);
    expect((await stack.call('GET', `/v1/sellers/${seller}`, undefined, other)).status).toBe(404);
    expect((await stack.payOut({ seller_account: seller }, other)).status).toBe(422);
    const { body: list } = await stack.call<{ data: unknown[] }>('GET', '/v1/payouts', undefined, other);
    expect(list.data).toEqual([]);
  });

  it('W6 an event about a payout of another account changes nothing', async () => {
    const { seller } = await richSeller({ sandbox_payouts: 'manual' });
    const { body } = await stack.payOut({ seller_account: seller }, {});
    await settled(body.payout_id, 'in_transit');
    const { account: stranger } = await stack.verifiedSeller();
    await stack.owner.query(
      `INSERT INTO payments.psp_event (merchant_id, event_id, type, account, livemode, occurred_at, subject)
       VALUES ('default', $1, 'payout.failed', $2, false, now(), $3)`,
      [
        unique('evt').replace('-', '_'),
        stranger,
        JSON.stringify({
          claim: 'payout_changed',
          payment: null,
          object: 'po_1',
          status: 'failed',
          amountMinor: '9000',
          currency: 'EUR',
          metadata: { payout_id: body.payout_id },
        }),
      ],
    );
    await stack.takeUpEvents();
    const { body: still } = await stack.call<PayoutView>('GET', `/v1/payouts/${body.payout_id}`);
    expect(still.payout_status).toBe('in_transit');
  });
});
