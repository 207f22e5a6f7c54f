import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunFile } from '../local/stack';

const warmUp = 20;
const measured = 50;

/** `npm run bench`: a stack of its own, warm one-order checkouts one after the other, answered when done (`Prefer: wait`). */
async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'paysaga-bench-'));
  const stack = spawn(process.execPath, ['--import', 'tsx', 'local/start.ts', '--no-sample'], {
    env: { ...process.env, PAYSAGA_HOME: home, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    while (!existsSync(join(home, 'run.json'))) {
      if (stack.exitCode !== null) throw new Error('the stack did not start');
      await pause(200);
    }
    const run = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunFile;
    const times: number[] = [];
    for (let index = 0; index < warmUp + measured; index += 1) {
      const startedAt = performance.now();
      await pay(run, `bench-${String(index)}`);
      if (index >= warmUp) times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    const quantile = (q: number): number =>
      Math.round(times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0);
    const result = {
      what: 'one-order checkout, POST to outcome',
      count: times.length,
      p50_ms: quantile(0.5),
      p95_ms: quantile(0.95),
      max_ms: quantile(1),
    };
    console.log(JSON.stringify({ ...result, cores: cpus().length, node: process.version }));
  } finally {
    const ended = new Promise((resolve) => stack.once('exit', resolve));
    stack.kill('SIGINT');
    if (stack.exitCode === null) await ended;
    rmSync(home, { recursive: true, force: true });
  }
}

async function pay(run: RunFile, id: string): Promise<void> {
  const response = await fetch(`${run.apiUrl}/v1/payments`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${run.apiKey}`, 'Content-Type': 'application/json', Prefer: 'wait=10' },
    body: JSON.stringify({
      checkout_id: id,
      buyer_info: { id: `${id}-buyer` },
      credit_card_info: { payment_method: 'pm_card_visa' },
      payment_orders: [
        { payment_order_id: id, seller_account: 'ada', amount: '10.00', currency: 'EUR', platform_fee: '1.00' },
      ],
    }),
  });
  const checkout = (await response.json()) as { is_payment_done?: boolean };
  if (checkout.is_payment_done !== true) throw new Error(`a checkout was not paid: ${JSON.stringify(checkout)}`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
