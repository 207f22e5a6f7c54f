import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createActivities, type Dependencies } from '../../activities';
import { Breaker } from '../../providers/breaker';
import { settlementDay } from '../../prisma/reconciliation';
import { chargeAgain } from '../support/payment-page';
import {
  carrierOf,
  checkoutBody,
  defaultKey,
  opsKey,
  otherOpsKey,
  secondOpsKey,
  TestStack,
  unique,
  type Problem,
} from '../support/stack';
import { atOnce } from '../support/windows';

interface Break {
  readonly break_id: string;
  readonly class: string;
  readonly key: string;
  readonly payment_order_id: string | null;
  readonly our_amount: string | null;
  readonly psp_amount: string | null;
  readonly our_currencies: readonly string[];
  readonly psp_currencies: readonly string[];
  readonly psp_lines: readonly string[];
  readonly state: string;
  readonly treatment: string;
  readonly remedy: string | null;
  readonly due_at: string | null;
  readonly overdue_since: string | null;
  readonly proposed: { readonly outcome: string } | null;
  readonly resolution: string | null;
}
interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly details: readonly string[];
}
interface Run {
  readonly settlement_date: string;
  readonly state: string;
  readonly times_run: number;
  readonly checks: readonly Check[];
  readonly totals: readonly {
    readonly currency: string;
    readonly family: string;
    readonly lines: number;
    readonly matched: number;
    readonly amount: string;
    readonly net: string;
  }[];
}
interface Result {
  readonly state: string;
  readonly openBreaks: number;
}

const ops = { Authorization: `Bearer ${opsKey}` };
/** A zone in which it is noon: no test here runs over midnight. */
const hoursToNoon = 12 - new Date().getUTCHours();
const zone = `Etc/GMT${hoursToNoon > 0 ? `-${String(hoursToNoon)}` : `+${String(-hoursToNoon)}`}`;
const inDays = (days: number): string =>
  new Date(Date.now() + hoursToNoon * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
const [today, tomorrow] = [inDays(0), inDays(1)];

/** A stack whose sides are compared at once: nothing counts as on its way unless a test says so. */
async function start(
  windows = { ...atOnce, mendingSeconds: 60 },
  more: Partial<Pick<Dependencies, 'failpoint'>> = {},
  options: { withWorker?: boolean; webhooks?: boolean } = {},
): Promise<TestStack> {
  const stack = await TestStack.start({
    ...options,
    // As the worker has it.
    breaker: new Breaker(() => undefined),
    plant: (dependencies) => ({ ...dependencies, reconciliationWindows: windows, ...more }),
  });
  await stack.owner.query('UPDATE identity.psp_account SET time_zone = $1', [zone]);
  return stack;
}

async function reconcile(stack: TestStack, date = today, merchantId = 'default'): Promise<Result> {
  return stack.client.workflow.execute<(input: { merchantId: string; date: string }) => Promise<Result>>(
    'reconciliationWorkflow',
    { workflowId: unique('reconciliation'), taskQueue: stack.taskQueue, args: [{ merchantId, date }] },
  );
}

const breaksOf = async (stack: TestStack, query = 'state=open', key = opsKey): Promise<Break[]> =>
  (
    await stack.call<{ data: Break[] }>('GET', `/v1/reconciliation/breaks?limit=100&${query}`, undefined, {
      Authorization: `Bearer ${key}`,
    })
  ).body.data;

/** Reconciles until what is still being booked is booked, and answers what differs then. */
async function settled(stack: TestStack, wanted: readonly string[]): Promise<{ result: Result; found: Break[] }> {
  for (const deadline = Date.now() + 60_000; ;) {
    const result = await reconcile(stack);
    const found = await breaksOf(stack);
    const told = found.map(({ key, class: name }) => `${name} ${key.replace(/txn_.*/, 'txn')}`).sort();
    if (Date.now() > deadline) expect(told).toEqual([...wanted].sort());
    if (JSON.stringify(told) === JSON.stringify([...wanted].sort())) return { result, found };
    await pause(300);
  }
}

const spoil = (stack: TestStack, kind: string, about: Record<string, unknown>): Promise<unknown> =>
  stack.outside('settlement_lines/faults', { kind, ...about });

/** What an account of the ledger holds, on its normal side, in minor units. */
async function balanceOf(stack: TestStack, code: string, currency: string): Promise<number> {
  const { rows } = await stack.owner.query<{ balance: string }>(
    "SELECT balance FROM ledger.account_balance WHERE merchant_id = 'default' AND code = $1 AND currency = $2",
    [code, currency],
  );
  return Number(rows[0]?.balance ?? 0);
}

async function checksOf(stack: TestStack): Promise<readonly Check[]> {
  await reconcile(stack);
  return (await stack.call<Run>('GET', `/v1/reconciliation/runs/${today}`, undefined, ops)).body.checks;
}

/** A charge at the PSP that we have not asked for. */
async function charge(stack: TestStack, fields: Record<string, string>): Promise<void> {
  const response = await fetch(`${stack.sandboxUrl}/v1/payment_intents`, {
    method: 'POST',
    headers: { Authorization: 'Bearer sk_test_default', 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      currency: 'eur',
      confirm: 'true',
      payment_method: 'pm_card_visa',
      'payment_method_types[0]': 'card',
      ...fields,
    }),
  });
  expect(response.status).toBe(200);
}

/** A payment of one order, with the PSP's id of its charge. */
async function paid(stack: TestStack, more: Parameters<TestStack['paid']>[0] = {}) {
  const made = await stack.paid(more);
  const { rows } = await stack.owner.query<{ psp_charge_reference: string }>(
    'SELECT psp_charge_reference FROM payments.payment_order WHERE payment_order_id = $1',
    [made.id],
  );
  return { ...made, charge: rows[0]?.psp_charge_reference ?? '' };
}

describe('two sides that agree', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await start();
  });
  afterAll(() => stack.stop());

  it('R1 R5 charges, refunds, disputes with fees, payouts and what was undone: every line matched to the unit, no false break', async () => {
    // The platform pays sellers out of what it has at the PSP.
    await paid(stack, { amount: '5000.00', fee: '0.00', available: true });
    const [one, two, three] = await Promise.all([paid(stack), paid(stack), paid(stack, { available: true })]);
    const yen = await paid(stack, { amount: '5000', fee: '100', currency: 'JPY' });
    const dinar = await paid(stack, { amount: '12.340', fee: '1.000', currency: 'KWD' });
    await stack.refund(one.id, { amount: '3.00' }, { Prefer: 'wait=30' });
    await stack.refund(one.id, {}, { Prefer: 'wait=30' });
    const dispute = await stack.outside<{ id: string }>('disputes', { payment_intent: two.payment, fee: 1_500 });
    await stack.when<{ held_amount?: string }>(`/v1/disputes/${dispute.id}`, (found) => found.held_amount === '100.00');
    await stack.outside(`disputes/${dispute.id}/finish`, { outcome: 'won' });
    await stack.when<{ closed_at?: string | null }>(`/v1/disputes/${dispute.id}`, (found) => found.closed_at !== null);
    await stack.verifiedSeller({}, three.seller);
    const payout = await stack.payOut({ seller_account: three.seller, amount: '5.00' }, { Prefer: 'wait=30' });
    await stack.when<{ payout_status?: string }>(
      `/v1/payouts/${payout.body.payout_id}`,
      (found) => found.payout_status === 'paid',
    );
    const failing = await paid(stack, { available: true });
    await stack.verifiedSeller({ sandbox_payouts: 'failed' }, failing.seller);
    const failed = await stack.payOut({ seller_account: failing.seller, amount: '7.00' }, { Prefer: 'wait=30' });
    await stack.when<{ payout_status?: string }>(
      `/v1/payouts/${failed.body.payout_id}`,
      (found) => found.payout_status === 'failed',
    );

    // What the PSP takes for itself, and what it holds back.
    for (const [type, by] of [
      ['stripe_fee', -300],
      ['reserve_transaction', -1_000],
    ] as const)
      await spoil(stack, 'foreign', { type, by, source: unique('x'), secret_key: 'sk_test_default' });

    // A payment that no order waits for is given back.
    await chargeAgain(stack, one.payment);
    await stack.eventually(async () => {
      const { rows } = await stack.owner.query("SELECT FROM payments.stray_payment WHERE state = 'refunded'");
      return rows.length === 1 ? undefined : 'the stray payment is not given back yet';
    });

    const { result } = await settled(stack, []);
    expect(result).toMatchObject({ state: 'balanced', openBreaks: 0 });
    const { body } = await stack.call<{ data: Run[] }>('GET', '/v1/reconciliation/runs', undefined, ops);
    const [run] = body.data;
    expect(run).toMatchObject({ settlement_date: today, state: 'balanced' });
    for (const total of run?.totals ?? []) expect([total.family, total.matched]).toEqual([total.family, total.lines]);
    const of = (family: string, currency: string) =>
      run?.totals.find((total) => total.family === family && total.currency === currency);
    expect(of('charge', 'EUR')).toMatchObject({ lines: 6, amount: '5500.00' });
    expect(of('refund', 'EUR')).toMatchObject({ lines: 3, amount: '-200.00' });
    expect(of('charge', 'JPY')).toMatchObject({ lines: 1, amount: '5000' });
    expect(of('charge', 'KWD')).toMatchObject({ lines: 1, amount: '12.340' });
    expect(of('transfer', 'EUR')).toMatchObject({ lines: 3, amount: '-5.00' });
    expect([yen.id, dinar.id]).toHaveLength(2);

    expect(await balanceOf(stack, 'psp_reserve', 'EUR')).toBe(1_000);
    // R2: what has settled is the balance at the PSP, less what the PSP keeps; nothing is left between.
    const response = await fetch(`${stack.sandboxUrl}/v1/balance`, {
      headers: { Authorization: 'Bearer sk_test_default' },
    });
    const { available, pending } = (await response.json()) as Record<
      'available' | 'pending',
      { amount: number; currency: string }[]
    >;
    for (const currency of ['EUR', 'JPY', 'KWD']) {
      const holds = [...available, ...pending].filter((part) => part.currency === currency.toLowerCase());
      // Stripe's amounts of KWD end in a zero, and are thousandths like ours.
      expect(await balanceOf(stack, 'psp_balance', currency)).toBe(holds.reduce((sum, part) => sum + part.amount, 0));
      expect(await balanceOf(stack, 'psp_clearing', currency)).toBe(0);
      expect(await balanceOf(stack, 'psp_fees', currency)).toBeGreaterThan(0);
    }
    for (const { check, ok, details } of run?.checks ?? [])
      expect([check, ok, details]).toEqual([check, true, details]);
    expect(run?.checks).toHaveLength(6);
  });

  it('R8 the same day again: the same result, nothing opened or matched twice; what is new is added', async () => {
    const dump = async () =>
      (
        await stack.owner.query<{ dump: string }>(
          "SELECT string_agg(l::text, ' ' ORDER BY line_id) || (SELECT string_agg(i::text, ' ' ORDER BY source_id, leg) FROM reconciliation.item AS i) AS dump FROM reconciliation.line AS l",
        )
      ).rows[0]?.dump;
    const before = await dump();
    expect(await reconcile(stack)).toMatchObject({ state: 'balanced' });
    expect(await dump()).toBe(before);
    await paid(stack);
    expect(await reconcile(stack)).toMatchObject({ state: 'balanced' });
    expect(await dump()).not.toBe(before);
  });

  it('R8 two runs of one day at once by the API: one does the work, both are answered', async () => {
    const ask = () =>
      stack.call<{ workflow_ids: string[] }>('POST', '/v1/reconciliation/runs', { from: today, to: today }, ops);
    const [first, second] = await Promise.all([ask(), ask()]);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body).toEqual(first.body);
    const id = first.body.workflow_ids[0] ?? '';
    expect(id).toBe(`reconciliation/default/${today}`);
    await stack.client.workflow.getHandle(id).result();
    expect(await breaksOf(stack)).toEqual([]);
  });

  it('T8 the night takes the day that has ended in the account’s zone, and leaves a day that runs to that run', async () => {
    const night = () =>
      stack.client.workflow.execute('nightlyReconciliationWorkflow', {
        workflowId: unique('nightly'),
        taskQueue: stack.taskQueue,
        args: [{ merchantId: 'default' }],
      });
    await Promise.all([night(), night()]);
    const yesterday = inDays(-1);
    const { body } = await stack.call<Run>('GET', `/v1/reconciliation/runs/${yesterday}`, undefined, ops);
    expect(body).toMatchObject({ settlement_date: yesterday, totals: [] });
    expect(['balanced', 'breaks']).toContain(body.state);
    for (const nothing of [inDays(-9), '0000-00-00', '2026-13-01'])
      expect((await stack.call('GET', `/v1/reconciliation/runs/${nothing}`, undefined, ops)).status).toBe(404);
    const page = await stack.call<Problem>('GET', '/v1/reconciliation/runs?after=0000-00-00', undefined, ops);
    expect(page.status).toBe(422);
  });

  it('a run that comes to nothing says so, and the next one of the day is like any other', async () => {
    const list = { method: 'GET', path: '/v1/balance_transactions' };
    await stack.fault({ kind: 'unauthorized', ...list });
    await expect(reconcile(stack)).rejects.toThrow();
    const path = `/v1/reconciliation/runs/${today}`;
    expect((await stack.call<Run>('GET', path, undefined, ops)).body.state).toBe('failed');
    await stack.fault({ kind: 'error_before_effect', ...list });
    expect(await reconcile(stack)).toMatchObject({ state: 'balanced' });
    expect((await stack.call<Run>('GET', path, undefined, ops)).body.state).toBe('balanced');
  });

  it("another merchant's account is another run, and sees nothing of this one", async () => {
    const result = await reconcile(stack, today, 'other');
    expect(result).toMatchObject({ state: 'balanced', openBreaks: 0 });
    const { body } = await stack.call<{ data: Run[] }>('GET', '/v1/reconciliation/runs', undefined, {
      Authorization: `Bearer ${otherOpsKey}`,
    });
    expect(body.data.map((run) => run.totals)).toEqual([[]]);
  });

  it.each([
    [{ from: '2026-11-20', to: '2026-11-19' }, '/to'],
    [{ from: '2026-01-01', to: '2026-11-19' }, '/to'],
    [{ from: '2026-11-31', to: '2026-12-01' }, '/from'],
  ])('%j is refused by name', async (body, pointer) => {
    const answer = await stack.call<Problem>('POST', '/v1/reconciliation/runs', body, ops);
    expect([answer.status, answer.body.errors?.map((error) => error.pointer)]).toEqual([422, [pointer]]);
  });
});

describe('a fee that its own process is about to book', () => {
  it('R6 is left to it, and not booked a second time', async () => {
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const stack = await start(undefined, {
      failpoint: (name) => (name === 'dispute.fee.before_ledger' ? held : Promise.resolve()),
    });
    try {
      const { payment } = await paid(stack);
      await stack.outside('disputes', { payment_intent: payment, fee: 1_500 });
      const count = async (query: string): Promise<number> =>
        Number((await stack.owner.query<{ count: string }>(query)).rows[0]?.count);
      const lines = "SELECT count(*) FROM ledger.transaction WHERE source_type = 'dispute' AND leg LIKE 'line:%'";
      await stack.eventually(async () => ((await count(lines)) === 1 ? undefined : 'not withdrawn yet'));
      const night = reconcile(stack);
      const cases = "SELECT count(*) FROM reconciliation.break WHERE class = 'fee' AND remedy IS NOT NULL";
      await stack.eventually(async () => ((await count(cases)) === 1 ? undefined : 'no case yet'));
      goOn();
      await night;
      await settled(stack, []);
      expect(await count("SELECT count(*) FROM ledger.transaction WHERE kind = 'reconciliation_correction'")).toBe(0);
      expect(await balanceOf(stack, 'dispute_losses', 'EUR')).toBe(1_500);
    } finally {
      goOn();
      await stack.stop();
    }
  });
});

describe('an order that has ended and left a charge standing', () => {
  it('V8 U4 its night gives it back, books it, and leaves no case open', async () => {
    const stack = await start(undefined, {}, { withWorker: false, webhooks: false });
    try {
      const activities = createActivities(stack.dependencies());
      const body = checkoutBody();
      await stack.post(body);
      const key = { merchantId: 'default', checkoutId: body.checkout_id };
      const paymentOrderId = body.payment_orders[0]?.payment_order_id ?? '';
      const buyer = await activities.prepareBuyer(key);
      if (buyer.outcome !== 'prepared') throw new Error(`the buyer is ${buyer.outcome}`);
      const { customer, paymentMethod } = buyer;
      const order = { ...key, paymentOrderId, attempt: 1 };
      await activities.chargePaymentOrder({ ...order, customer, paymentMethod });
      // As 0.9.0 could.
      await activities.recordPhase({ ...order, phase: 'canceled', failureReason: 'canceled' });
      await stack.client.workflow.getHandle(carrierOf(body)).terminate('it has ended');
      await stack.startWorker();
      await settled(stack, []);
      expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
        EUR: { charges: 1, captured: 1_000, refunded: 1_000 },
      });
      const { rows } = await stack.owner.query('SELECT payment_order_id, state FROM payments.stray_payment');
      expect(rows).toEqual([{ payment_order_id: paymentOrderId, state: 'refunded' }]);
      expect(await stack.differences()).toEqual([]);
    } finally {
      await stack.stop();
    }
  });
});

describe('what differs', () => {
  let stack: TestStack;
  const about = { amount: '', currency: '' };
  beforeAll(async () => {
    stack = await start();
  });
  afterAll(() => stack.stop());

  it('R5 R6 R7 each planted fault is found once and classed right, none is invented; the safe ones are mended', async () => {
    await Promise.all([paid(stack), paid(stack), paid(stack)]);
    const [missing, doubled, amount, currency, refunded, disputed, twice] = [
      await paid(stack),
      await paid(stack),
      await paid(stack),
      await paid(stack),
      await paid(stack),
      await paid(stack),
      await paid(stack),
    ];
    about.amount = `charge/${amount.id}`;
    about.currency = `charge/${currency.id}`;
    const refund = await stack.refund(refunded.id, { amount: '4.00' }, { Prefer: 'wait=30' });
    const dispute = await stack.outside<{ id: string }>('disputes', { payment_intent: disputed.payment, fee: 1_500 });
    await stack.when<{ held_amount?: string }>(`/v1/disputes/${dispute.id}`, (found) => found.held_amount === '100.00');
    await stack.eventsSettled();
    await spoil(stack, 'missing', { source: missing.charge });
    await spoil(stack, 'doubled', { source: doubled.charge });
    await spoil(stack, 'amount', { source: amount.charge, by: -100 });
    await spoil(stack, 'currency', { source: currency.charge, currency: 'usd' });
    await spoil(stack, 'fee', { source: dispute.id, by: 500 });
    await spoil(stack, 'foreign', { source: 'ch_nobodys', by: 777, secret_key: 'sk_test_default' });
    // The PSP gives a refund back, and nobody is told; nor of a second payment.
    const { rows } = await stack.owner.query<{ psp_reference: string }>(
      'SELECT psp_reference FROM payments.refund WHERE refund_id = $1',
      [refund.body.refund_id],
    );
    await stack.outside('webhooks/faults', { drop: 1 });
    await stack.outside(`refunds/${rows[0]?.psp_reference ?? ''}/finish`, { outcome: 'failed' });
    const second = await chargeAgain(stack, twice.payment);
    // A charge that carries our ids, and that nobody here has booked.
    const unbooked = unique('o');
    await charge(stack, { amount: '4200', 'metadata[merchant_id]': 'default', 'metadata[payment_order_id]': unbooked });
    const { result, found } = await settled(stack, [
      `missing_here charge/${unbooked}`,
      `missing_there charge/${missing.id}`,
      `duplicate charge/${doubled.id}`,
      `amount charge/${amount.id}`,
      `currency charge/${currency.id}`,
      'unknown line/txn',
    ]);
    expect(result).toMatchObject({ state: 'breaks', openBreaks: 6 });
    expect(found.find(({ key }) => key === `charge/${amount.id}`)).toMatchObject({
      treatment: 'person',
      our_amount: '100.00',
      psp_amount: '99.00',
      payment_order_id: amount.id,
    });
    expect(found.find(({ key }) => key === `charge/${currency.id}`)).toMatchObject({
      our_currencies: ['EUR'],
      psp_currencies: ['USD'],
    });
    expect(found.every(({ due_at: due }) => due !== null)).toBe(true);

    // What was mended: by the payment's own process, or by a posting that says why.
    // The second payment goes back while it is compared: nothing is given time to settle here.
    const closed = (await breaksOf(stack, 'state=closed')).filter(({ key }) => key !== `given-back/${twice.id}`);
    expect(closed.map(({ class: name, key, remedy }) => [name, key, remedy]).sort()).toEqual(
      [
        ['duplicate', `charge/${twice.id}`, 'told'],
        ['fee', `dispute/${dispute.id}`, 'booked_fee'],
        ['status', `refund/${refund.body.refund_id}`, 'told'],
      ].sort(),
    );
    const { body: reinstated } = await stack.call<{ refund_status: string }>(
      'GET',
      `/v1/refunds/${refund.body.refund_id}`,
    );
    expect(reinstated.refund_status).toBe('failed');
    const { rows: strays } = await stack.owner.query('SELECT psp_reference, state FROM payments.stray_payment');
    expect(strays).toEqual([{ psp_reference: second, state: 'refunded' }]);
    expect(await balanceOf(stack, 'suspense', 'EUR')).toBe(4_200 + 777);
    const { rows: reasons } = await stack.owner.query<{ reason: string }>(
      "SELECT reason FROM ledger.transaction WHERE source_type = 'break' ORDER BY reason",
    );
    expect(reasons.map(({ reason }) => reason.replace(/brk_\w+/, 'brk'))).toEqual([
      'fee differs by break brk',
      'nobody here knows it: break brk',
      'nobody here knows it: break brk',
    ]);

    // Again: the same breaks, under the same ids, and nothing booked twice.
    const transactions = () => stack.owner.query('SELECT count(*) FROM ledger.transaction');
    const before = (await transactions()).rows;
    await reconcile(stack);
    expect((await breaksOf(stack)).map(({ break_id: id }) => id).sort()).toEqual(
      found.map(({ break_id: id }) => id).sort(),
    );
    expect((await transactions()).rows).toEqual(before);
  });

  it('a person resolves one by the API, once, with a reason; the same mismatch stays so', async () => {
    const one = (await breaksOf(stack)).find(({ class: name }) => name === 'unknown');
    const path = `/v1/reconciliation/breaks/${one?.break_id ?? ''}`;
    const reason = 'the PSP has said whose it is';
    const byStorefront = await stack.call(
      'POST',
      `${path}/resolve`,
      { reason },
      { Authorization: `Bearer ${defaultKey}` },
    );
    expect(byStorefront.status).toBe(403);
    const wrong = await stack.call<Problem>('POST', `${path}/resolve`, { reason, outcome: 'we_are_right' }, ops);
    expect([wrong.status, wrong.body.errors?.[0]?.pointer]).toEqual([422, '/outcome']);
    const resolved = await stack.call<Break>('POST', `${path}/resolve`, { reason }, ops);
    expect(resolved.body).toMatchObject({
      state: 'resolved',
      outcome: 'explained',
      resolution: reason,
      resolved_by: { actor: 'api-key:k3', reason },
    });
    expect((await stack.call<Problem>('POST', `${path}/resolve`, { reason: 'again' }, ops)).status).toBe(409);
    expect(await reconcile(stack)).toMatchObject({ openBreaks: 5 });
    expect((await breaksOf(stack, 'state=resolved')).map(({ break_id: id }) => id)).toEqual([one?.break_id]);
    await stack.found(`WorkflowId = 'break/default/${one?.break_id ?? ''}' AND ExecutionStatus = 'Running'`, 0);
  });

  it('over the limit two persons: the first proposes, the second agrees, then the book is corrected and both sides agree', async () => {
    await stack.owner.query(
      `UPDATE identity.merchant SET policies = policies || '{"reconciliation": {"approvalAbove": {"*": "0.50"}}}' WHERE merchant_id = 'default'`,
    );
    const one = (await breaksOf(stack)).find(({ key }) => key === about.amount);
    const path = `/v1/reconciliation/breaks/${one?.break_id ?? ''}/resolve`;
    const say = (key: string, outcome = 'psp_is_right') =>
      stack.call<Break & Problem>(
        'POST',
        path,
        { reason: 'the PSP has kept a fee', outcome },
        { Authorization: `Bearer ${key}` },
      );
    const first = await say(opsKey);
    expect([first.status, first.body.state, first.body.proposed?.outcome]).toEqual([202, 'open', 'psp_is_right']);
    // The same person twice is one person.
    expect((await say(opsKey)).status).toBe(202);
    expect((await say(secondOpsKey, 'explained')).status).toBe(409);
    const second = await say(secondOpsKey);
    expect(second.body).toMatchObject({
      state: 'resolved',
      resolved_by: { actor: 'api-key:k3', agreed_by: { reason: 'the PSP has kept a fee' } },
    });
    await stack.eventually(async () =>
      (await balanceOf(stack, 'psp_adjustments', 'EUR')) === 100 ? undefined : 'the correction is not booked',
    );
    expect(await reconcile(stack)).toMatchObject({ openBreaks: 4 });
    const { rows } = await stack.owner.query(
      'SELECT count(*)::int AS unbooked FROM reconciliation.line WHERE key = $1 AND booked_amount IS NULL',
      [about.amount],
    );
    expect(rows).toEqual([{ unbooked: 0 }]);
  });

  it('ops find open breaks by class in Temporal, and settle one there; a word that is none is refused', async () => {
    const one = (await breaksOf(stack)).find(({ key }) => key === about.currency);
    const query = "BreakClass = 'currency' AND ExecutionStatus = 'Running' AND TaskQueue = ";
    await stack.found(`${query}'${stack.taskQueue}'`, 1);
    const handle = stack.client.workflow.getHandle(`break/default/${one?.break_id ?? ''}`);
    const say = (by: object) => handle.executeUpdate('resolve', { args: [by] });
    await expect(say({ actor: 'ana' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('say who you are and why') as unknown },
    });
    await expect(say({ actor: 'ana', reason: 'x', outcome: 'y' })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('outcome must be one of') as unknown },
    });
    expect(await say({ actor: 'ana', reason: 'seen' })).toContain('proposed');
    expect(await say({ actor: 'ben', reason: 'seen too' })).toBe('resolved: explained');
    expect(await handle.result()).toEqual({ state: 'resolved' });
    await stack.found(`${query}'${stack.taskQueue}'`, 0);
    expect(await breaksOf(stack)).toHaveLength(3);
  });

  it('a case that nobody settles reminds people, is overdue, and is told of as an event', async () => {
    const one = (await breaksOf(stack)).find(({ class: name }) => name === 'missing_there');
    const id = one?.break_id ?? '';
    await stack.owner.query("UPDATE reconciliation.break SET due_at = now() - interval '1 hour' WHERE break_id = $1", [
      id,
    ]);
    await stack.client.workflow.getHandle(`break/default/${id}`).signal('review');
    await stack.eventually(async () => {
      const { body } = await stack.call<Break>('GET', `/v1/reconciliation/breaks/${id}`, undefined, ops);
      return body.overdue_since === null ? 'it is not overdue' : undefined;
    });
    await stack.found(`WorkflowId = 'break/default/${id}' AND Phase = 'overdue' AND NeedsAttention = true`, 1);
    await stack.eventually(async () => {
      const { rows } = await stack.owner.query<{ type: string }>(
        'SELECT type FROM events.event WHERE resource_id = $1 ORDER BY version',
        [id],
      );
      const told = rows.map(({ type }) => type).join(' ');
      return told === 'reconciliation_break.opened reconciliation_break.overdue' ? undefined : `told of: ${told}`;
    });
    const { rows } = await stack.owner.query("SELECT FROM events.event WHERE type = 'reconciliation_run.differs'");
    expect(rows.length).toBeGreaterThan(0);
  });

  it('V3 V4 the night sees what contradicts itself inside, and checkouts and workflows without their other half', async () => {
    const { checkoutId } = await paid(stack);
    expect((await checksOf(stack)).filter(({ ok }) => !ok).map(({ check }) => check)).toEqual([]);
    await stack.owner.query('UPDATE payments.checkout SET is_payment_done = false WHERE checkout_id = $1', [
      checkoutId,
    ]);
    const lost = unique('lost');
    await stack.owner.query(
      `INSERT INTO payments.checkout (merchant_id, checkout_id, buyer_info, seller_info, credit_card_info, failure_policy, capture_method,
                                      metadata, return_url, request_fingerprint, checkout_status, created_at, updated_at)
       SELECT merchant_id, $2, buyer_info, seller_info, credit_card_info, failure_policy, capture_method,
              metadata, return_url, request_fingerprint, 'open', created_at, now() - interval '1 hour'
       FROM payments.checkout WHERE checkout_id = $1`,
      [checkoutId, lost],
    );
    await stack.owner.query(
      'UPDATE wallet.wallet SET pending = pending + 1 WHERE seller_account IN (SELECT seller_account FROM payments.payment_order WHERE checkout_id = $1)',
      [checkoutId],
    );
    const wrong = (await checksOf(stack)).filter(({ ok }) => !ok);
    expect(wrong.map(({ check }) => check)).toEqual([
      'wallet = ledger, trial balance, hash chain',
      'checkouts done = all their orders booked',
      'every open checkout has its workflow',
    ]);
    expect(wrong.map(({ details }) => details.join())).toEqual([
      expect.stringContaining('pending is'),
      expect.stringContaining(checkoutId),
      expect.stringContaining(lost),
    ]);
  });
});

describe('what comes late', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await start({ ...atOnce, mendingSeconds: 60, windowSeconds: 2 * 86_400 });
  });
  afterAll(() => stack.stop());

  it('R5 a line that comes a day later is timing meanwhile, and closes itself; one that never comes is missing there', async () => {
    const [late, never] = [await paid(stack), await paid(stack)];
    await spoil(stack, 'late', { source: late.charge, seconds: 86_400 });
    await spoil(stack, 'missing', { source: never.charge });
    expect(await reconcile(stack)).toMatchObject({ state: 'balanced', openBreaks: 0 });
    expect((await breaksOf(stack)).map(({ class: name }) => name)).toEqual(['timing', 'timing']);
    await stack.outside('clock', { advance_seconds: 90_000 });
    expect(await reconcile(stack, tomorrow)).toMatchObject({ state: 'balanced' });
    expect((await breaksOf(stack)).map(({ key }) => key)).toEqual([`charge/${never.id}`]);
    const closed = await breaksOf(stack, 'state=closed');
    expect(closed).toMatchObject([{ key: `charge/${late.id}`, resolution: 'both sides agree' }]);
    expect(await reconcile(stack, inDays(3))).toMatchObject({ state: 'breaks', openBreaks: 1 });
    expect(await breaksOf(stack)).toMatchObject([{ class: 'missing_there', key: `charge/${never.id}` }]);
  });

  it('R3 payments on both sides of midnight of the PSP account, one second apart: each is its own day’s, and no false break', async () => {
    const own = await start({ ...atOnce, mendingSeconds: 60, windowSeconds: 2 * 86_400 });
    try {
      const { from } = await settlementDay(own.databases.reconciliation, tomorrow, zone);
      let ahead = 0;
      /** Sets the PSP's clock so that the day before ends there in so many seconds. */
      const letMidnightBeIn = async (seconds: number): Promise<void> => {
        const by = Math.round((from.getTime() - Date.now()) / 1_000) - ahead - seconds;
        await own.outside('clock', { advance_seconds: by });
        ahead += by;
      };
      // The first is before it however slow this machine is, the last one behind it; those between are on either side.
      await letMidnightBeIn(60);
      await paid(own, { currency: 'EUR' });
      await letMidnightBeIn(2);
      for (const currency of ['JPY', 'EUR', 'KWD', 'EUR'])
        await Promise.all([
          // The last one begins after three of these: the PSP's clock is set by whole seconds, and midnight may be 2.5 away.
          pause(1_000),
          paid(own, { currency, ...(currency === 'JPY' && { amount: '5000', fee: '100' }) }),
        ]);
      const { rows } = await own.owner.query<{ days: number }>(
        'SELECT count(DISTINCT psp_reference)::int AS days FROM payments.payment_order',
      );
      expect(rows).toEqual([{ days: 5 }]);
      for (const date of [today, tomorrow, today]) expect(await reconcile(own, date)).toMatchObject({ openBreaks: 0 });
      // By the sandbox's clock it is half a day later than by ours: until its own day is run the other side is on its way.
      expect(await breaksOf(own)).toEqual([]);
      expect((await breaksOf(own, 'state=closed')).filter(({ class: name }) => name !== 'timing')).toEqual([]);
      const linesOf = async (date: string): Promise<number> => {
        const { body } = await own.call<Run>('GET', `/v1/reconciliation/runs/${date}`, undefined, ops);
        return body.totals.reduce((sum, total) => sum + total.lines, 0);
      };
      const [before, after] = [await linesOf(today), await linesOf(tomorrow)];
      expect(before + after).toBe(5);
      expect(Math.min(before, after)).toBeGreaterThan(0);
    } finally {
      await own.stop();
    }
  });

  it('R3 a day is a day of its zone: 23 and 25 hours when the clocks change, and midnight to midnight', async () => {
    const day = (date: string, zone: string) => settlementDay(stack.databases.reconciliation, date, zone);
    const hours = async (date: string, zone: string): Promise<number> => {
      const { from, to } = await day(date, zone);
      return (to.getTime() - from.getTime()) / 3_600_000;
    };
    expect(await hours('2026-03-29', 'Europe/Berlin')).toBe(23);
    expect(await hours('2026-10-25', 'Europe/Berlin')).toBe(25);
    expect(await hours('2026-10-26', 'Europe/Berlin')).toBe(24);
    expect(await hours('2026-03-08', 'America/New_York')).toBe(23);
    const { from, to } = await day('2026-12-31', 'Asia/Tokyo');
    expect([from.toISOString(), to.toISOString()]).toEqual(['2026-12-30T15:00:00.000Z', '2026-12-31T15:00:00.000Z']);
    // Captured at 23:59:59 there, it is that day's and no other's.
    expect((await day('2027-01-01', 'Asia/Tokyo')).from).toEqual(to);
  });
});
