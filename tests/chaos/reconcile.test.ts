import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { kills, struck } from '../support/failpoints';
import { TestStack, unique } from '../support/stack';
import { WorkerProcesses } from '../support/worker-process';

jest.setTimeout(1_200_000);

const day = new Date().toISOString().slice(0, 10);
/** Each gap of a run: at import, at matching, before and after what mends, and between a posting's plan, its commit and its note. */
const gaps = [
  'reconciliation.importing',
  'reconciliation.before_matching',
  'reconciliation.after_matching',
  'reconciliation.before_mending',
  'reconciliation.mending',
  'reconciliation.after_mending',
  'reconciliation.planned',
  'reconciliation.posted',
];

describe('kill -9 of the worker in every gap of a reconciliation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paysaga-reconcile-gaps-'));
  let stack: TestStack;
  let workers: WorkerProcesses;

  beforeAll(async () => {
    stack = await TestStack.start({ withWorker: false });
    workers = new WorkerProcesses(stack, { RECONCILIATION_SETTLE_SECONDS: '0', RECONCILIATION_WINDOW_HOURS: '0' });
    workers.keep(
      kills(
        folder,
        gaps.map((name) => ({ name })),
      ),
    );
  });
  afterAll(async () => {
    workers.stop();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('R8 the run finishes with the same result: each break once, each posting once, the books agree', async () => {
    const paid = await Promise.all(Array.from({ length: 4 }, () => stack.paid()));
    const unbooked = unique('o');
    const response = await fetch(`${stack.sandboxUrl}/v1/payment_intents`, {
      method: 'POST',
      headers: { Authorization: 'Bearer sk_test_default', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        amount: '4200',
        currency: 'eur',
        confirm: 'true',
        payment_method: 'pm_card_visa',
        'payment_method_types[0]': 'card',
        'metadata[merchant_id]': 'default',
        'metadata[payment_order_id]': unbooked,
      }),
    });
    expect(response.status).toBe(200);
    const { rows } = await stack.owner.query<{ charge: string }>(
      'SELECT psp_charge_reference AS charge FROM payments.payment_order WHERE payment_order_id = $1',
      [paid[0]?.id],
    );
    await stack.outside('settlement_lines/faults', { kind: 'doubled', source: rows[0]?.charge });

    expect((await stack.reconcile(day)).length).toBe(2);
    // Each gap has killed, once for each that came through it.
    const names = struck(folder).map((gap) => gap.split(' ')[0]);
    expect([...new Set(names)].sort()).toEqual([...gaps].sort());

    const read = async (sql: string) => (await stack.owner.query<Record<string, unknown>>(sql)).rows;
    expect(await read('SELECT class, key, state, remedy FROM reconciliation.break ORDER BY class')).toEqual([
      { class: 'duplicate', key: `charge/${paid[0]?.id ?? ''}`, state: 'open', remedy: 'none' },
      { class: 'missing_here', key: `charge/${unbooked}`, state: 'open', remedy: 'suspense' },
    ]);
    const balances = await read(
      "SELECT code, balance::int FROM ledger.account_balance WHERE code IN ('psp_clearing', 'psp_balance', 'psp_fees', 'suspense') ORDER BY code",
    );
    // Of four payments of 100.00 with a fee of 3.20 each, three are settled, and so is what is in suspense.
    expect(balances).toEqual([
      { code: 'psp_balance', balance: 3 * 9_680 + 4_200 - 152 },
      { code: 'psp_clearing', balance: 10_000 },
      { code: 'psp_fees', balance: 3 * 320 + 152 },
      { code: 'suspense', balance: 4_200 },
    ]);
    expect(await read('SELECT count(*)::int AS unposted FROM reconciliation.booking WHERE posted_at IS NULL')).toEqual([
      { unposted: 0 },
    ]);
    const transactions = await read('SELECT count(*)::int AS n FROM ledger.transaction');
    expect((await stack.reconcile(day)).length).toBe(2);
    expect(await read('SELECT count(*)::int AS n FROM ledger.transaction')).toEqual(transactions);
  });
});
