import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Stack, type RunFile } from '../local/stack';

/**
 * `npm run webhook-storm [events]`: a whole stack, 10,000 webhooks unless told otherwise, a fifth of them doubled, a fifth out of
 * order, one in twenty followed by a forged one, one in ten before the answer of its own call, and the worker killed
 * twice. Then every payment is compared with the PSP, and every count is printed. Exits 1 when one is not as it must be.
 */
const faults = { duplicate: 0.2, reorder: 0.2, forge: 0.05, before_answer: 0.1, delay: 0.05, delay_ms: 3_000 };
const methods = [
  'pm_card_visa',
  'pm_usBankAccount_success',
  'pm_card_visa',
  'pm_card_chargeCustomerFail',
  'pm_card_visa',
  'pm_usBankAccount_insufficientFunds',
  'pm_card_mastercard',
  'pm_usBankAccount_success',
];
const buyers = 12;
const healWithinMs = 15 * 60_000;

interface PspPayment {
  readonly id: string;
  readonly status: string;
  readonly amount: number;
  readonly amount_refunded: number;
  readonly metadata: Record<string, string>;
}

interface WebhookCounts {
  readonly events: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly delayed: number;
  readonly dropped: number;
  readonly before_answer: number;
  readonly forged: number;
  readonly forged_accepted: number;
  readonly failed_deliveries: number;
  readonly given_up: number;
  readonly pending: number;
}

class Storm {
  private posted = 0;
  private done = false;

  constructor(
    private readonly run: RunFile,
    private readonly database: pg.Client,
    private readonly wanted: number,
  ) {}

  async blow(pidOfWorker: () => number): Promise<void> {
    await this.psp('POST', '/webhooks/faults', faults);
    const finishing = this.finishDelayed();
    const killing = this.killTwice(pidOfWorker);
    await Promise.all(Array.from({ length: buyers }, () => this.buy()));
    await killing;
    await this.heal();
    this.done = true;
    await finishing;
  }

  private async buy(): Promise<void> {
    while ((await this.counts()).events < this.wanted) {
      // Never more than a few digits in a row: the API refuses what could be a card number.
      const id = `storm-${randomBytes(3).toString('hex')}x${randomBytes(3).toString('hex')}`;
      const paymentMethod = methods[this.posted % methods.length];
      this.posted += 1;
      const body = {
        checkout_id: id,
        buyer_info: { id: `buyer-${id}` },
        credit_card_info: { payment_method: paymentMethod },
        payment_orders: [
          {
            payment_order_id: `${id}-1`,
            seller_account: 'storm',
            amount: '10.00',
            currency: 'EUR',
            platform_fee: '1.00',
          },
        ],
      };
      const response = await fetch(`${this.run.apiUrl}/v1/payments`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${this.run.apiKey}`, 'Content-Type': 'application/json', Prefer: 'wait=20' },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`a checkout was refused: ${await response.text()}`);
      await response.arrayBuffer();
    }
  }

  /** The banks: every payment that waits for one ends, as its test account wants. */
  private async finishDelayed(): Promise<void> {
    while (!this.done) {
      const waiting = (await this.payments()).filter((payment) => payment.status === 'processing');
      for (const { id } of waiting) await this.psp('POST', `/payment_intents/${id}/finish`, { outcome: 'succeeded' });
      await pause(1_000);
    }
  }

  private async killTwice(pidOfWorker: () => number): Promise<void> {
    for (const share of [0.33, 0.66]) {
      while ((await this.counts()).events < this.wanted * share) await pause(200);
      const pid = pidOfWorker();
      console.log(`  ${String((await this.counts()).events)} events: kill -9 of the worker, pid ${String(pid)}`);
      process.kill(pid, 'SIGKILL');
    }
  }

  /** Until nothing is on its way any more: no order open, no event unsent or unsettled. */
  private async heal(): Promise<void> {
    const deadline = Date.now() + healWithinMs;
    for (let round = 0; ; round += 1) {
      const [open, unsettled, { pending }] = await Promise.all([
        this.number(
          "SELECT count(*) FROM payments.payment_order WHERE payment_order_status IN ('NOT_STARTED', 'EXECUTING')",
        ),
        this.number("SELECT count(*) FROM payments.psp_event WHERE state IN ('received', 'parked')"),
        this.counts(),
      ]);
      if (open === 0 && unsettled === 0 && pending === 0) return;
      if (round % 20 === 0)
        console.log(
          `  healing: ${String(open)} orders open, ${String(pending)} events unsent, ${String(unsettled)} unsettled`,
        );
      if (Date.now() > deadline) throw new Error('not healed in time');
      await pause(500);
    }
  }

  /** Prints every count beside what it must be. */
  async verdict(): Promise<boolean> {
    const [counts, payments] = [await this.counts(), await this.payments()];
    const { rows: orders } = await this.database.query<{ payment_order_id: string; status: string }>(
      'SELECT payment_order_id, payment_order_status AS status FROM payments.payment_order',
    );
    const { rows: states } = await this.database.query<{ state: string; count: string }>(
      'SELECT state, count(*) FROM payments.psp_event GROUP BY state ORDER BY state',
    );
    const paid = payments.filter((payment) => payment.status === 'succeeded' && payment.amount_refunded === 0);
    const disagreeing = orders.filter(({ payment_order_id: id, status }) => {
      const atPsp = paid.filter((payment) => payment.metadata['payment_order_id'] === id).length;
      return atPsp !== (status === 'SUCCESS' ? 1 : 0);
    });
    console.log(`\n  sent: ${JSON.stringify(counts)}`);
    console.log(`  ours: ${states.map(({ state, count }) => `${count} ${state}`).join(', ')}\n`);
    const checks: [string, number, number][] = [
      [
        'events kept, of those that happened',
        await this.number('SELECT count(*) FROM payments.psp_event'),
        counts.events,
      ],
      [
        'of them settled for good',
        await this.number("SELECT count(*) FROM payments.psp_event WHERE state IN ('applied', 'no_change', 'ignored')"),
        counts.events,
      ],
      [
        'events that only a person could settle',
        await this.number("SELECT count(*) FROM payments.psp_event WHERE state = 'dead_letter'"),
        0,
      ],
      ['forged events accepted', counts.forged_accepted, 0],
      [
        'forged events kept',
        await this.number("SELECT count(*) FROM payments.psp_event WHERE event_id LIKE 'evt_forged%'"),
        0,
      ],
      ['events lost or given up', counts.dropped + counts.given_up, 0],
      ['payment orders', orders.length, this.posted],
      ['orders on which we and the PSP disagree', disagreeing.length, 0],
      [
        'captures booked, of payments made',
        await this.number("SELECT count(*) FROM ledger.transaction WHERE kind = 'capture'"),
        paid.length,
      ],
      ['sum of all ledger entries', await this.number('SELECT coalesce(sum(amount), 0) FROM ledger.entry'), 0],
      [
        'psp_clearing, minor units',
        await this.number("SELECT balance FROM ledger.account_balance WHERE code = 'psp_clearing'"),
        paid.length * 1_000,
      ],
      [
        "the seller's wallet, minor units",
        await this.number("SELECT sum(pending) FROM wallet.wallet WHERE seller_account = 'storm'"),
        paid.length * 900,
      ],
    ];
    for (const [what, found, must] of checks)
      console.log(
        `  ${found === must ? '✓' : '✗'} ${what.padEnd(44)} ${String(found).padStart(9)}   must be ${String(must)}`,
      );
    return checks.every(([, found, must]) => found === must) && counts.events >= this.wanted;
  }

  private async psp<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.run.pspUrl ?? ''}/_sandbox${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  }

  private counts = async (): Promise<WebhookCounts> =>
    (await this.psp<{ counts: WebhookCounts }>('GET', '/webhooks')).counts;
  private payments = async (): Promise<PspPayment[]> =>
    (await this.psp<{ payments: PspPayment[] }>('GET', '/payments')).payments;

  private async number(sql: string): Promise<number> {
    const { rows } = await this.database.query<Record<string, string>>(sql);
    return Number(Object.values(rows[0] ?? {})[0] ?? 0);
  }
}

async function main(): Promise<number> {
  const wanted = Number(process.argv[2] ?? '10000');
  if (!Number.isSafeInteger(wanted) || wanted < 1) throw new RangeError('how many events? a whole number above zero');
  const home = mkdtempSync(join(tmpdir(), 'paysaga-storm-'));
  chmodSync(home, 0o755);
  const stack = await Stack.open({ home, say: console.log });
  const startedAt = Date.now();
  try {
    const run = await stack.start();
    const database = new pg.Client({ connectionString: run.databaseUrl });
    await database.connect();
    console.log(`\n${String(wanted)} webhooks: ${JSON.stringify(faults)}`);
    const storm = new Storm(run, database, wanted);
    await storm.blow(() => (JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunFile).pids.worker ?? 0);
    const good = await storm.verdict();
    await database.end();
    console.log(
      `\n${good ? 'Every count is as it must be' : 'SOMETHING IS NOT AS IT MUST BE'}, after ${String(Math.round((Date.now() - startedAt) / 1000))} s.`,
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
