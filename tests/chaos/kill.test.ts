import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Stack, type RunFile } from '../../local/stack';
import { checkoutBody, type CheckoutView, type JournalCall } from '../support/stack';

/** A whole stack of processes, to be killed for real. */
const home = mkdtempSync(join(tmpdir(), 'paysaga-kill-'));
const killed = join(home, 'killed');
let stack: Stack;
let run: RunFile;
beforeAll(async () => {
  stack = await Stack.open({
    home,
    env: { ...process.env, PAYSAGA_FAILPOINTS: `charge.after_call=${killed},wallet.after_commit=${join(home, 'killed-wallet')}`, LOG_LEVEL: 'warn' },
    say: () => undefined,
  });
  run = await stack.start();
});
afterAll(async () => {
  await stack.stop();
  rmSync(home, { recursive: true, force: true });
});

async function call<Body>(method: string, url: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const response = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${run.apiKey}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

async function paid(checkoutId: string, seconds: number): Promise<CheckoutView> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const { body } = await call<CheckoutView>('GET', `${run.apiUrl}/v1/checkouts/${checkoutId}`);
    if (body.checkout_status === 'paid') return body;
    if (Date.now() > deadline) throw new Error(`not paid after ${String(seconds)} s: ${JSON.stringify(body)}`);
    await pause(500);
  }
}

describe('kill -9', () => {
  it('V2 V3 of the worker right after the PSP acted, in each of 20 checkouts: all finish, one key and one charge per order', async () => {
    const bodies = Array.from({ length: 20 }, () => checkoutBody());
    await Promise.all(bodies.map((body) => call('POST', `${run.apiUrl}/v1/payments`, body)));
    await Promise.all(bodies.map((body) => paid(body.checkout_id, 400)));
    expect(readdirSync(killed)).toHaveLength(20);

    let resent = 0;
    for (const body of bodies) {
      const id = body.payment_orders[0]?.payment_order_id ?? '';
      const { calls } = (await call<{ calls: JournalCall[] }>('GET', `${run.pspUrl ?? ''}/_sandbox/journal?payment_order_id=${id}`)).body;
      const charges = calls.filter((entry) => entry.path === '/v1/payment_intents');
      expect(new Set(charges.map((entry) => entry.idempotency_key)).size).toBe(1);
      expect(charges.filter((entry) => entry.result === 'executed')).toHaveLength(1);
      resent += charges.filter((entry) => entry.result === 'replayed').length;
    }
    expect(resent).toBeGreaterThan(0);
    const { totals } = (await call<{ totals: Record<string, { charges: number; captured: number }> }>('GET', `${run.pspUrl ?? ''}/_sandbox/totals`)).body;
    expect(totals['EUR']).toMatchObject({ charges: 20, captured: 20_000 });
    const { body: wallet } = await call<{ balances: unknown[] }>('GET', `${run.apiUrl}/v1/sellers/seller-1/wallet`);
    expect(wallet.balances).toMatchObject([{ currency: 'EUR', pending: '180.00' }]);
  }, 500_000);

  it('V5 of Temporal: POST still answers 202, and the checkout completes when it is back', async () => {
    process.kill(stack.runFile().pids.temporal ?? 0, 'SIGKILL');
    const body = checkoutBody();
    const { status } = await call('POST', `${run.apiUrl}/v1/payments`, body);
    expect(status).toBe(202);
    await paid(body.checkout_id, 150);
  }, 200_000);
});
