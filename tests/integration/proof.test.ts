import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { checkLedger } from '../../ledger-check';
import { ageing, extendChain } from '../../prisma/ledger-report';
import { checkoutBody, opsKey, otherKey, secondOpsKey, TestStack, unique, type Problem } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterEach(async () => {
  // V1 and V3 hold after every test, whatever it did.
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

interface Proof {
  readonly verdict: string;
  readonly checks: readonly { check: string; ok: boolean; detail: string }[];
  readonly transactions: readonly {
    source: string;
    chained: boolean;
    entries: readonly { account: string; amount_minor: string }[];
  }[];
  readonly workflows: readonly {
    workflow_id: string;
    status: string;
    steps: readonly { name: string; outcome: string }[];
  }[];
  readonly operations: readonly { operation: string; sends: number; outcome: string }[];
  readonly psp: { payment: string; status: string; refunds: readonly unknown[]; disputes: readonly unknown[] };
}
const proof = async (id: string): Promise<Proof> => (await stack.call<Proof>('GET', `/v1/payments/${id}/proof`)).body;
const failed = ({ checks }: Proof): string[] => checks.filter(({ ok }) => !ok).map(({ check }) => check);
const ops = { Authorization: `Bearer ${opsKey}` };
const secondOps = { Authorization: `Bearer ${secondOpsKey}`, Prefer: 'wait=20' };
const chain = async (): Promise<void> => {
  while ((await extendChain(stack.databases.ledger)).more);
};

describe('the proof of a payment order', () => {
  it('joins histories, ledger and PSP over its whole life, and says what they prove', async () => {
    const { id, payment } = await stack.paid({ available: true });
    await stack.refund(id, { amount: '30.00' });
    await chain();
    // A row has its last word a moment before its run has ended.
    const found = await stack.when<Proof>(`/v1/payments/${id}/proof`, ({ workflows }) =>
      workflows.every(({ status }) => status === 'completed'),
    );
    expect(failed(found)).toEqual([]);
    expect(found.verdict).toBe('proved');
    expect(found.transactions.map(({ source, chained }) => [source.split('/')[2], chained])).toEqual([
      ['capture', true],
      ['available', true],
      ['requested', true],
      ['succeeded', true],
    ]);
    expect(found.psp).toMatchObject({ payment, status: 'succeeded' });
    expect(found.operations).toMatchObject([{ operation: 'charge', sends: 1, outcome: 'succeeded' }]);
    const [order, refund] = found.workflows;
    expect(order?.steps.map(({ name }) => name)).toEqual(expect.arrayContaining(['chargePaymentOrder', 'bookCapture']));
    expect(refund?.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['reserveRefund', 'sendRefund', 'settleRefund']),
    );
  });

  it('is in progress while something is still to come, and says what', async () => {
    const { id, payment } = await stack.paid();
    const { id: disputeId } = await stack.outside<{ id: string }>('disputes', { payment_intent: payment });
    await stack.when<{ disputed_amount: string }>(`/v1/payments/${id}`, (order) => order.disputed_amount === '100.00');
    const found = await proof(id);
    expect(found.verdict).toBe('in_progress');
    expect(found.checks.find(({ check }) => check === 'nothing_open')?.detail).toBe(`dispute ${disputeId} is open`);
    expect(failed(found)).toEqual(['nothing_open']);
  });

  it('of an order that was declined: nothing moved, nothing stands anywhere', async () => {
    const body = checkoutBody({ paymentMethod: 'pm_card_chargeCustomerFail' });
    await stack.post(body, { Prefer: 'wait=30' });
    const found = await proof(body.payment_orders[0]?.payment_order_id ?? '');
    expect(found).toMatchObject({ verdict: 'proved', transactions: [] });
  });

  it('is broken when the PSP holds another amount than the ledger says, and names the check', async () => {
    const { id, payment } = await stack.paid();
    const account = stack.sandbox.accountOf(payment) ?? '';
    // A refund whose webhook never comes: the PSP has given back what nobody here knows of.
    await fetch(`${stack.sandboxUrl}/_sandbox/webhooks/faults`, { method: 'POST', body: JSON.stringify({ drop: 1 }) });
    await stack.sandbox.act(account, '', (api) => api.createRefund(), { payment_intent: payment, amount: '1' });
    await fetch(`${stack.sandboxUrl}/_sandbox/webhooks/faults`, { method: 'POST', body: '{}' });
    const found = await proof(id);
    expect(found.verdict).toBe('broken');
    expect(failed(found)).toEqual(['psp_clearing']);
  });

  it("another merchant's order is not there", async () => {
    const { id } = await stack.paid();
    const { status } = await stack.call('GET', `/v1/payments/${id}/proof`, undefined, {
      Authorization: `Bearer ${otherKey}`,
    });
    expect(status).toBe(404);
  });
});

/** As somebody with all rights over the database: no trigger is in the way. */
async function asSuperuser(sql: string, ...values: unknown[]): Promise<void> {
  await stack.owner.query('SET session_replication_role = replica');
  try {
    await stack.owner.query(sql, values);
  } finally {
    await stack.owner.query('SET session_replication_role = origin');
  }
}
const problems = async (): Promise<string[]> =>
  (await checkLedger(stack.databases, 10)).flatMap(({ merchantId, problems: found }) =>
    found.map((problem) => `${merchantId}: ${problem}`),
  );

describe('V10 the hash chain', () => {
  it('names the row that somebody with all rights has changed, and the one that is gone', async () => {
    const { id } = await stack.paid();
    await chain();
    expect(await problems()).toEqual([]);
    // Both sides of an entry, so that everything still sums to zero: only the chain can tell.
    const shift = (by: number) =>
      asSuperuser(
        `UPDATE ledger.entry SET amount = amount + CASE WHEN amount > 0 THEN $2::int ELSE -$2::int END
         WHERE transaction_id = (SELECT transaction_id FROM ledger.transaction WHERE source_id = $1)
           AND account_id IN (SELECT account_id FROM ledger.account WHERE code IN ('psp_clearing', 'platform_fees'))`,
        id,
        by,
      );
    await shift(1);
    expect(await problems()).toEqual([
      expect.stringContaining(`(payment_order/${id}/capture): the transaction or a link was changed`),
    ]);
    expect((await proof(id)).verdict).toBe('broken');
    await shift(-1);
    expect(await problems()).toEqual([]);

    await asSuperuser('UPDATE ledger.transaction SET reason = $2 WHERE source_id = $1', id, 'nothing to see here');
    expect(await problems()).toEqual([expect.stringContaining(`payment_order/${id}/capture`)]);
    await asSuperuser('UPDATE ledger.transaction SET reason = NULL WHERE source_id = $1', id);
    expect(await problems()).toEqual([]);
  });

  it('a transaction slipped in, and links taken away, are named too', async () => {
    await stack.paid();
    await chain();
    const { rows } = await stack.owner.query<{ seq: string; row: string }>(
      "SELECT seq, row_to_json(c)::text AS row FROM ledger.chain AS c WHERE merchant_id = 'default' ORDER BY seq DESC OFFSET 1 LIMIT 1",
    );
    await asSuperuser("DELETE FROM ledger.chain WHERE merchant_id = 'default' AND seq = $1", rows[0]?.seq);
    expect(await problems()).toEqual([expect.stringContaining('links before it are gone')]);
    await asSuperuser(
      'INSERT INTO ledger.chain SELECT * FROM json_populate_record(NULL::ledger.chain, $1::json)',
      rows[0]?.row,
    );
    expect(await problems()).toEqual([]);
  });

  it('L8 appends and chaining at once: every transaction is linked once, in an order that holds', async () => {
    await Promise.all([
      ...Array.from({ length: 12 }, () => stack.paid()),
      ...Array.from({ length: 12 }, () => extendChain(stack.databases.ledger)),
    ]);
    await chain();
    const { rows } = await stack.owner.query(
      'SELECT count(*)::int AS missing FROM ledger.transaction t WHERE NOT EXISTS (SELECT FROM ledger.chain c WHERE c.transaction_id = t.transaction_id)',
    );
    expect(rows).toEqual([{ missing: 0 }]);
    expect(await problems()).toEqual([]);
  });

  it('is checked by the nightly workflow, which shows ops what does not prove itself', async () => {
    const { id } = await stack.paid();
    await chain();
    const check = () =>
      stack.client.workflow.execute<() => Promise<{ problems: string[] }>>('ledgerCheckWorkflow', {
        workflowId: unique('check'),
        taskQueue: stack.taskQueue,
        args: [],
      });
    expect(await check()).toEqual({ problems: [] });
    await asSuperuser('UPDATE ledger.transaction SET reason = $2 WHERE source_id = $1', id, 'x');
    expect((await check()).problems).toEqual([expect.stringContaining(id)]);
    const metrics = await (await fetch(`${stack.apiUrl}/metrics`)).text();
    expect(metrics).toContain('paysaga_ledger_problems{merchant="default"} 1');
    await asSuperuser('UPDATE ledger.transaction SET reason = NULL WHERE source_id = $1', id);
    expect(await check()).toEqual({ problems: [] });
  });
});

describe('L6 the checker', () => {
  it('names a wallet that is not its ledger', async () => {
    const { seller } = await stack.paid();
    await chain();
    await stack.owner.query('UPDATE wallet.wallet SET pending = pending + 1 WHERE seller_account = $1', [seller]);
    expect(await problems()).toEqual([`default: wallet of ${seller} EUR: pending is 9001, the ledger says 9000`]);
    await stack.owner.query('UPDATE wallet.wallet SET pending = pending - 1 WHERE seller_account = $1', [seller]);
    expect(await problems()).toEqual([]);
  });
});

describe("a seller's statement", () => {
  it('opening, entries and closing add up to the last unit, as JSON and as CSV', async () => {
    const { id, seller } = await stack.paid({ available: true });
    const middle = new Date().toISOString();
    await stack.refund(id, { amount: '12.34' });
    await stack.paid({ seller });
    const path = `/v1/sellers/${seller}/statement?currency=EUR&from=${middle}`;
    const { body } = await stack.call<{
      opening: Record<string, string>;
      closing: Record<string, string>;
      entries: { balance: string; amount: string; kind: string }[];
    }>('GET', path);
    expect(body.opening).toEqual({ pending: '0.00', available: '90.00', reserved: '0.00', owed: '0.00' });
    expect(body.closing).toEqual({ pending: '90.00', available: '78.89', reserved: '0.00', owed: '0.00' });
    for (const name of ['pending', 'available', 'reserved', 'owed']) {
      const moved = body.entries
        .filter((entry) => entry.balance === name)
        .reduce((sum, entry) => sum + Math.round(Number(entry.amount) * 100), 0);
      expect(Math.round(Number(body.opening[name]) * 100) + moved).toBe(Math.round(Number(body.closing[name]) * 100));
    }
    expect(body.entries.map(({ kind }) => kind)).toEqual(['refund_requested', 'capture']);
    const response = await fetch(`${stack.apiUrl}${path}&format=csv`, {
      headers: { Authorization: 'Bearer psk_test_default_key_of_the_tests' },
    });
    expect(response.headers.get('content-type')).toContain('text/csv');
    const lines = (await response.text()).trim().split('\r\n');
    expect(lines[0]).toBe('date,transaction_id,kind,source,payment_order_id,balance,amount,currency');
    expect(lines).toHaveLength(1 + 4 + 2 + 4);
    expect(lines.find((line) => line.includes('refund_requested'))).toContain(',available,-11.11,EUR');
  });

  it.each([
    ['', 'currency'],
    ['?currency=eur', 'currency'],
    ['?currency=EUR&from=yesterday', 'from'],
    ['?currency=EUR&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'to'],
    ['?currency=EUR&format=pdf', 'format'],
  ])('bad input "%s" names %s', async (query, pointer) => {
    const { seller } = await stack.paid();
    const { status, body } = await stack.call<Problem>('GET', `/v1/sellers/${seller}/statement${query}`);
    expect([status, body.errors?.[0]?.pointer]).toEqual([422, pointer]);
  });
});

interface Proposal {
  readonly proposal_id: string;
  readonly state: string;
  readonly problem: string | null;
  readonly proposed_by: string;
  readonly decided_by: string | null;
}
const propose = (body: Record<string, unknown>) =>
  stack.call<Proposal & Problem>('POST', '/v1/ledger/proposals', { reason: 'checked with the bank', ...body }, ops);
const approve = (id: string, headers: Record<string, string> = secondOps) =>
  stack.call<Proposal & Problem>('POST', `/v1/ledger/proposals/${id}/approve`, { reason: 'agreed' }, headers);
const adjustment = (lines: unknown, more: Record<string, unknown> = {}) => ({
  kind: 'adjustment',
  currency: 'EUR',
  effective_at: new Date().toISOString(),
  lines,
  ...more,
});

describe('acts by hand take two persons', () => {
  it('L1 an adjustment is posted when a second person agrees, with reason and both names; the wallet follows', async () => {
    const { seller } = await stack.paid({ available: true });
    const { status, body } = await propose(
      adjustment([
        { account: `seller:${seller}:available`, debit: '5.00' },
        { account: 'platform_fees', credit: '5.00' },
      ]),
    );
    expect([status, body.state]).toEqual([201, 'proposed']);
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
    expect((await approve(body.proposal_id, { ...ops })).body.type).toBe('urn:paysaga:problem:second-person-needed');
    expect((await approve(body.proposal_id)).body).toMatchObject({
      state: 'done',
      proposed_by: 'api-key:k3',
      decided_by: 'api-key:k4',
    });
    expect(await stack.wallet(seller)).toMatchObject({ available: '85.00' });
    const { rows } = await stack.owner.query('SELECT reason FROM ledger.transaction WHERE source_id = $1', [
      body.proposal_id,
    ]);
    expect(rows).toEqual([{ reason: 'checked with the bank (api-key:k3, api-key:k4)' }]);
    expect((await approve(body.proposal_id)).status).toBe(409);
  });

  it('one that a seller has too little for is refused by the book, and nothing moves', async () => {
    const { seller } = await stack.paid({ available: true });
    const { body } = await propose(
      adjustment([
        { account: `seller:${seller}:available`, debit: '90.01' },
        { account: 'platform_fees', credit: '90.01' },
      ]),
    );
    expect((await approve(body.proposal_id)).body).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('less than nothing'),
    });
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
  });

  it('a rejected one is never posted', async () => {
    const { body } = await propose(
      adjustment([
        { account: 'bank', debit: '1.00' },
        { account: 'suspense', credit: '1.00' },
      ]),
    );
    await stack.call('POST', `/v1/ledger/proposals/${body.proposal_id}/reject`, { reason: 'no' }, secondOps);
    expect((await approve(body.proposal_id)).status).toBe(409);
    expect(await stack.book([body.proposal_id])).toEqual({});
  });

  it.each([
    [adjustment([{ account: 'bank', debit: '1.00' }]), '/lines'],
    [
      adjustment([
        { account: 'bank', debit: '1.00' },
        { account: 'suspense', credit: '2.00' },
      ]),
      '/lines',
    ],
    [
      adjustment([
        { account: 'cash', debit: '1.00' },
        { account: 'suspense', credit: '1.00' },
      ]),
      '/lines/0',
    ],
    [
      adjustment([
        { account: 'bank', debit: '1.00', credit: '1.00' },
        { account: 'suspense', credit: '1.00' },
      ]),
      '/lines/0',
    ],
    [
      adjustment([
        { account: 'seller:a:pending', debit: '1.00' },
        { account: 'bank', credit: '1.00' },
      ]),
      '/lines/0',
    ],
    [
      adjustment([
        { account: 'seller:a:available', debit: '1.00' },
        { account: 'seller:b:available', credit: '1.00' },
      ]),
      '/lines',
    ],
    [adjustment([], { effective_at: 'today' }), '/effective_at'],
    [{ kind: 'write_off', seller_account: 'a', amount: '0.00', currency: 'EUR' }, '/amount'],
    [{ kind: 'period_close', through: '2999-01-01T00:00:00Z' }, '/through'],
    [{ kind: 'gift' }, '/kind'],
  ])('bad input %j names %s and proposes nothing', async (body, pointer) => {
    const before = await stack.count('ledger.proposal');
    const { status, body: answer } = await propose(body);
    expect([status, answer.errors?.[0]?.pointer]).toEqual([422, pointer]);
    expect(await stack.count('ledger.proposal')).toBe(before);
  });

  it("a storefront's key may not", async () => {
    const { status } = await stack.call('POST', '/v1/ledger/proposals', adjustment([]));
    expect(status).toBe(403);
  });
});

describe('receivables', () => {
  it('P3 age by the day that each was owed, and are written off by two persons', async () => {
    const seller = unique('seller');
    const { id } = await stack.paid({ seller, available: true });
    await propose(
      adjustment([
        { account: `seller:${seller}:available`, debit: '90.00' },
        { account: 'bank', credit: '90.00' },
      ]),
    ).then(({ body }) => approve(body.proposal_id));
    await stack.refund(id);
    expect(await stack.wallet(seller)).toMatchObject({ owed: '90.00' });
    const aged = async (days: number) =>
      (await ageing(stack.databases.ledger, 'default', new Date(Date.now() + days * 86_400_000))).find(
        (row) => row.seller === seller,
      );
    expect(await aged(1)).toMatchObject({ owed: 9000n, upTo30: 9000n, over90: 0n });
    expect(await aged(45)).toMatchObject({ upTo30: 0n, upTo60: 9000n });
    expect(await aged(100)).toMatchObject({ over90: 9000n });
    const { body } = await propose({ kind: 'write_off', seller_account: seller, amount: '60.00', currency: 'EUR' });
    await approve(body.proposal_id);
    expect(await stack.wallet(seller)).toMatchObject({ owed: '30.00' });
    expect(await stack.book([body.proposal_id])).toEqual({ bad_debt: 6000, [`receivable:seller:${seller}`]: -6000 });
    const { body: tooMuch } = await propose({
      kind: 'write_off',
      seller_account: seller,
      amount: '30.01',
      currency: 'EUR',
    });
    expect((await approve(tooMuch.proposal_id)).body.state).toBe('failed');
    expect(await aged(100)).toMatchObject({ owed: 3000n });
  });
});

describe('L9 a closed period', () => {
  it('takes no back-dated posting, keeps its balances, and what happened in it and comes late is dated now', async () => {
    const { id, seller } = await stack.paid();
    const through = new Date().toISOString();
    const { body } = await propose({ kind: 'period_close', through });
    expect((await approve(body.proposal_id)).body.state).toBe('done');
    const { rows } = await stack.owner.query<{ trial_balance: Record<string, string>; closed_by: string }>(
      "SELECT trial_balance, closed_by FROM ledger.period_close WHERE merchant_id = 'default' ORDER BY closed_through DESC LIMIT 1",
    );
    expect(rows[0]?.trial_balance[`seller:${seller}:pending EUR`]).toBe('-9000');
    expect(rows[0]?.closed_by).toBe('api-key:k4');
    const late = await propose(
      adjustment(
        [
          { account: 'bank', debit: '1.00' },
          { account: 'suspense', credit: '1.00' },
        ],
        { effective_at: through },
      ),
    );
    expect(late.body.errors?.[0]?.pointer).toBe('/effective_at');
    const insert = stack.owner.query(
      "INSERT INTO ledger.transaction (merchant_id, source_type, source_id, leg, kind, effective_at) VALUES ('default', 'test', $1, 'x', 'x', $2)",
      [unique('s'), through],
    );
    await expect(insert).rejects.toMatchObject({ code: 'PS423' });
    await expect(stack.owner.query('DELETE FROM ledger.period_close')).rejects.toThrow('append-only');
    // Money that became available yesterday is made available today.
    await stack.owner.query(
      "UPDATE ledger.pending_lot SET available_on = now() - interval '1 day' WHERE payment_order_id = $1",
      [id],
    );
    await stack.releaseAvailable();
    expect(await stack.wallet(seller)).toMatchObject({ available: '90.00' });
    const again = await propose({ kind: 'period_close', through });
    expect(again.body.errors?.[0]?.pointer).toBe('/through');
  });

  it('L3 the general ledger of a period foots, in every currency', async () => {
    await stack.paid({ currency: 'JPY', amount: '1500', fee: '0' });
    await stack.paid({ currency: 'KWD', amount: '1.250', fee: '0.120' });
    const response = await fetch(`${stack.apiUrl}/v1/ledger/general_ledger?from=2020-01-01T00:00:00Z`, {
      headers: ops,
    });
    const rows = (await response.text())
      .trim()
      .split('\r\n')
      .map((line) => line.split(','));
    expect(rows[0]).toEqual(['account', 'type', 'currency', 'opening', 'debit', 'credit', 'closing']);
    for (const currency of ['EUR', 'JPY', 'KWD']) {
      const units = (text: string | undefined): number => Math.round(Number(text) * 1000);
      const own = rows.filter((row) => row[2] === currency && row[0] !== 'TOTAL');
      const sum = (column: number): number => own.reduce((total, row) => total + units(row[column]), 0);
      expect(own.length).toBeGreaterThan(1);
      expect([sum(3), sum(6), sum(4) - sum(5)]).toEqual([0, 0, 0]);
      for (const row of own) expect(units(row[3]) + units(row[4]) - units(row[5])).toBe(units(row[6]));
    }
    expect(rows.filter(([account]) => account === 'TOTAL')).toHaveLength(3);
  });
});

describe('npm run ledger', () => {
  const run = promisify(execFile);
  const ledger = async (...args: string[]): Promise<{ code: number; out: string }> => {
    const env = {
      ...process.env,
      ...Object.fromEntries(
        Object.entries(stack.urls).map(([name, url]) => [`${name.toUpperCase()}_DATABASE_URL`, url]),
      ),
    };
    try {
      const { stdout } = await run(process.execPath, ['--import', 'tsx', 'cli/ledger.ts', ...args], { env });
      return { code: 0, out: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout + stderr };
    }
  };

  it('verify, trial-balance, statement, journal and ageing answer; wrong use says how', async () => {
    const { seller } = await stack.paid();
    await chain();
    const verified = await ledger('verify');
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('default: proved') });
    expect((await ledger('trial-balance')).out).toContain('EUR: debits and credits are equal');
    const statement = await ledger('statement', '--seller', seller, '--currency', 'EUR', '--csv');
    expect(statement.out).toContain(',pending,90.00,EUR');
    const journal = await ledger('journal', '--from', '2020-01-01', '--to', '2999-01-01');
    expect(journal.out.split('\r\n')[0]).toContain('entry_id,transaction_id');
    expect((await ledger('ageing')).code).toBe(0);
    expect(await ledger('statement', '--seller', seller)).toMatchObject({
      code: 2,
      out: expect.stringContaining('--currency is needed'),
    });
    expect((await ledger('dance')).code).toBe(2);
    expect((await ledger('trial-balance', '--at', 'noon')).out).toContain('--at must be a time');
  });

  it('V10 verify names the changed row and exits with 1', async () => {
    const { id } = await stack.paid();
    await chain();
    await asSuperuser('UPDATE ledger.transaction SET reason = $2 WHERE source_id = $1', id, 'x');
    const { code, out } = await ledger('verify');
    expect(code).toBe(1);
    expect(out).toContain(`(payment_order/${id}/capture): the transaction or a link was changed`);
    await asSuperuser('UPDATE ledger.transaction SET reason = NULL WHERE source_id = $1', id);
  });
});
