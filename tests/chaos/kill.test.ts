import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunFile } from '../../local/stack';
import { kills, struck } from '../support/failpoints';
import { testServers } from '../support/servers';
import { checkoutBody, type CheckoutView, type JournalCall } from '../support/stack';

/** A whole stack, started as its user starts it, to be killed for real. */
const home = mkdtempSync(join(tmpdir(), 'paysaga-kill-'));
const killed = join(home, 'killed');
let stack: ChildProcess;
let run: RunFile;

const readRunFile = (): RunFile => JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunFile;
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

beforeAll(async () => {
  // The account that Postgres runs under has to get in.
  chmodSync(home, 0o755);
  stack = spawn(process.execPath, ['--import', 'tsx', 'local/start.ts', '--no-sample'], {
    env: {
      ...process.env,
      PAYSAGA_HOME: home,
      PAYSAGA_FAILPOINTS: JSON.stringify(kills(killed, [{ name: 'charge.after_call' }])),
      WORKFLOW_BUNDLE: testServers().realBundle,
      LOG_LEVEL: 'warn',
    },
    stdio: 'ignore',
  });
  while (!existsSync(join(home, 'run.json'))) {
    if (stack.exitCode !== null) throw new Error('the stack did not start');
    await pause(200);
  }
  run = readRunFile();
});

afterAll(() => {
  if (stack.exitCode === null) stack.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

interface Reply<Body> {
  readonly status: number;
  readonly body: Body;
}

async function call<Body>(method: string, url: string, body?: unknown): Promise<Reply<Body>> {
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
    // One after the other: each new checkout meets a worker that has just come back, while the earlier ones recover.
    for (const [index, body] of bodies.entries()) {
      await call('POST', `${run.apiUrl}/v1/payments`, body);
      while (struck(killed).length <= index) await pause(100);
    }
    await Promise.all(bodies.map((body) => paid(body.checkout_id, 200)));
    expect(struck(killed)).toHaveLength(20);

    let resent = 0;
    for (const body of bodies) {
      const id = body.payment_orders[0]?.payment_order_id ?? '';
      const { calls } = (
        await call<{ calls: JournalCall[] }>('GET', `${run.pspUrl ?? ''}/_sandbox/journal?payment_order_id=${id}`)
      ).body;
      const charges = calls.filter((entry) => entry.path === '/v1/payment_intents');
      expect(new Set(charges.map((entry) => entry.idempotency_key)).size).toBe(1);
      expect(charges.filter((entry) => entry.result === 'executed')).toHaveLength(1);
      resent += charges.filter((entry) => entry.result === 'replayed').length;
    }
    expect(resent).toBeGreaterThan(0);
    const { totals } = (
      await call<{ totals: Record<string, { charges: number; captured: number }> }>(
        'GET',
        `${run.pspUrl ?? ''}/_sandbox/totals`,
      )
    ).body;
    expect(totals['EUR']).toMatchObject({ charges: 20, captured: 20_000 });
    const { body: wallet } = await call<{ balances: unknown[] }>('GET', `${run.apiUrl}/v1/sellers/seller-1/wallet`);
    expect(wallet.balances).toMatchObject([{ currency: 'EUR', pending: '180.00' }]);
  }, 500_000);

  it('V5 of Temporal: POST still answers 202, and the checkout completes when it is back', async () => {
    process.kill(readRunFile().pids.temporal ?? 0, 'SIGKILL');
    const body = checkoutBody();
    const { status } = await call('POST', `${run.apiUrl}/v1/payments`, body);
    expect(status).toBe(202);
    await paid(body.checkout_id, 150);
  }, 200_000);

  it('Ctrl-C stops everything: no process is left, and the state stays', async () => {
    const pids = Object.values(readRunFile().pids).filter((pid) => pid !== null);
    expect(pids).toHaveLength(8);
    const ended = new Promise((resolve) => stack.once('exit', resolve));
    stack.kill('SIGINT');
    // From npm, which passes on what the terminal has sent to all.
    setTimeout(() => stack.kill('SIGINT'), 100);
    expect(await ended).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(home, 'run.json'))).toBe(false);
    expect(existsSync(join(home, 'secrets.json'))).toBe(true);
  });
});
