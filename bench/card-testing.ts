import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { Stack, type RunFile } from '../local/stack';
import { quantiles } from './measure';

/**
 * `npm run card-testing [attempts]`: a whole stack, and somebody who tries 5,000 stolen cards (unless told otherwise) from one address, a
 * hundred at a time, each as another buyer, and doesn't wait to hear what became of them (with `--waiting`: eight at a time, and does). Real buyers pay meanwhile,
 * from addresses of their own. The rules are those that are built in; with `--open-door` nothing but them stands in the way. Prints how many tries
 * reached the PSP; exits 1 when that is more than it says there, or a real buyer was not served.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { waiting: { type: 'boolean', default: false }, 'open-door': { type: 'boolean', default: false } },
});
const attempts = Number(positionals[0] ?? 5_000);
const abreast = options.waiting ? 8 : 100;
const realBuyers = 60;
/** No more are declined, or may yet be. Each that goes well reaches the PSP itself, and allows one more. */
const mostDeclined = 10;
let atTheDoor = 0;
const attackerIp = '198.51.100.66';
const deadlineMs = 25 * 60_000;

/** Never more than a few digits in a row: the API refuses what could be a card number. */
const unique = (prefix: string): string =>
  `${prefix}-${randomBytes(3).toString('hex')}x${randomBytes(3).toString('hex')}`;

async function post(run: RunFile, id: string, ip: string, card: string, waitSeconds: number): Promise<boolean> {
  const response = await fetch(`${run.apiUrl}/v1/payments`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${run.apiKey}`,
      'Content-Type': 'application/json',
      Prefer: `wait=${String(waitSeconds)}`,
    },
    body: JSON.stringify({
      checkout_id: id,
      buyer_info: { id: `${id}-buyer`, ip },
      credit_card_info: { payment_method: card },
      payment_orders: [{ payment_order_id: `${id}-1`, seller_account: 'shop', amount: '1.00', currency: 'EUR' }],
    }),
  });
  const checkout = (await response.json()) as { is_payment_done?: boolean };
  if (response.status === 429) {
    atTheDoor += 1;
    return false;
  }
  if (!response.ok) throw new Error(`${String(response.status)}: ${JSON.stringify(checkout)}`);
  return checkout.is_payment_done === true;
}

async function attack(run: RunFile): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < attempts) {
      next += 1;
      // One stolen card in ten is good.
      const card = next % 10 === 0 ? 'pm_card_visa' : 'pm_card_chargeCustomerFail';
      await post(run, unique('attack'), attackerIp, card, options.waiting ? 60 : 0);
    }
  };
  await Promise.all(Array.from({ length: abreast }, one));
}

async function buy(run: RunFile): Promise<{ paid: number; latencies: number[] }> {
  const latencies: number[] = [];
  let paid = 0;
  for (let index = 0; index < realBuyers; index += 1) {
    const startedAt = performance.now();
    if (await post(run, unique('real'), `203.0.113.${String(index + 1)}`, 'pm_card_visa', 60)) paid += 1;
    latencies.push(performance.now() - startedAt);
    await pause(1_000);
  }
  return { paid, latencies };
}

async function main(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'paysaga-card-testing-'));
  chmodSync(home, 0o755);
  const stack = await Stack.open({
    home,
    env: {
      ...process.env,
      LOG_LEVEL: 'error',
      RATE_LIMIT_WRITES_PER_MINUTE: '10000000',
      ...(options['open-door'] && { RATE_LIMIT_CHECKOUTS_PER_ADDRESS: '10000000' }),
    },
    say: () => undefined,
  });
  try {
    const run = await stack.start();
    const database = new pg.Client({ connectionString: run.databaseUrl });
    await database.connect();
    const calm = await buy(run);
    console.log(`${String(attempts)} tries from one address, ${String(abreast)} at a time …`);
    const attacking = attack(run);
    const busy = await buy(run);
    await attacking;
    const until = Date.now() + deadlineMs;
    for (;;) {
      const { rows } = await database.query<{ open: string }>(
        "SELECT count(*) AS open FROM payments.checkout WHERE checkout_id LIKE 'attack-%' AND checkout_status = 'open'",
      );
      if (rows[0]?.open === '0') break;
      if (Date.now() > until) throw new Error(`${rows[0]?.open ?? '?'} tries are still open`);
      await pause(2_000);
    }
    const { rows } = await database.query<{ reason: string; count: string }>(
      `SELECT coalesce(failure_reason, 'paid') AS reason, count(*) FROM payments.payment_order
       WHERE checkout_id LIKE 'attack-%' GROUP BY 1 ORDER BY 1`,
    );
    const came = new Map(rows.map(({ reason, count }) => [reason, Number(count)]));
    const { rows: held } = await database.query<{ count: string }>(
      `SELECT count(*) FROM risk.assessment WHERE checkout_id LIKE 'attack-%' AND wait_until IS NOT NULL`,
    );
    await database.end();
    const [declined, paid] = [came.get('declined') ?? 0, came.get('paid') ?? 0];
    const [reached, most] = [declined + paid, mostDeclined + 2 * paid];
    console.log(`\nOf ${String(attempts)} tries:`);
    console.log(`  refused at the door (429)                ${String(atTheDoor)}`);
    console.log(`  blocked, the PSP has not heard of them   ${String(came.get('blocked_by_risk') ?? 0)}`);
    console.log(`  held for a while first                   ${held[0]?.count ?? ''}`);
    console.log(`  reached the PSP: declined                ${String(declined)}`);
    console.log(`  reached the PSP: paid                    ${String(paid)}`);
    const of = (load: typeof calm): string =>
      `${String(load.paid)} of ${String(realBuyers)} paid, ms ${JSON.stringify(quantiles(load.latencies))}`;
    console.log(`Real buyers before it:  ${of(calm)}`);
    console.log(`Real buyers meanwhile:  ${of(busy)}`);
    const good = reached <= most && calm.paid === realBuyers && busy.paid === realBuyers;
    console.log(
      `\n${good ? 'stopped' : 'NOT stopped'}: ${String(reached)} reached the PSP, ${String(paid)} of them paid; ${String(most)} are the most`,
    );
    return good ? 0 : 1;
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
