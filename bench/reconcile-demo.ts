import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import Stripe from 'stripe';
import { Stack, type RunFile } from '../local/stack';

/**
 * `npm run reconcile:demo [payments]`: a whole stack, 2,000 payments over three settlement days unless told otherwise, with refunds,
 * disputes and payouts, and 60 planted faults of every class. Each day is reconciled when it is over, as every night does; then all
 * of them again. Each fault must be found once and classed right, none invented, the safe ones mended, the books agree, and a rerun
 * must change nothing. Exits 1 when one thing is not as it must be.
 */
const dayMs = 86_400_000;
const days = 3;
const ordersPerCheckout = 10;
const abreast = 4;

/** What is planted, how often, how it must be named, and what must become of it. */
const plan = {
  /** The PSP has no line of a payment, ever. */
  missing: { count: 8, class: 'missing_there', state: 'open' },
  /** … or has it a day later. */
  late: { count: 6, class: 'timing', state: 'closed' },
  /** The same charge is listed twice. */
  listed_twice: { count: 6, class: 'duplicate', state: 'open' },
  /** The buyer is charged twice, and nobody is told: the second payment goes back. */
  charged_twice: { count: 6, class: 'duplicate', state: 'closed' },
  /** A parked order turns out to be charged: it is completed. */
  parked: { count: 4, class: 'missing_here', state: 'closed' },
  /** The PSP charges under an id that nobody here has: suspense, and a person. */
  unbooked: { count: 4, class: 'missing_here', state: 'open' },
  amount: { count: 6, class: 'amount', state: 'open' },
  currency: { count: 5, class: 'currency', state: 'open' },
  /** A dispute costs more than was booked: the difference is booked. */
  fee: { count: 4, class: 'fee', state: 'closed' },
  /** A refund comes back, and nobody is told: it is reinstated. */
  status: { count: 4, class: 'status', state: 'closed' },
  /** A line that nothing explains: suspense, and a person. */
  foreign: { count: 7, class: 'unknown', state: 'open' },
} as const;
type Fault = keyof typeof plan;
const faults = Object.keys(plan) as Fault[];
const spoilt: ReadonlySet<Fault> = new Set(['missing', 'late', 'listed_twice', 'amount', 'currency', 'foreign']);

interface Break {
  readonly break_id: string;
  readonly settlement_date: string;
  readonly class: string;
  readonly key: string;
  readonly state: string;
  readonly remedy: string | null;
  readonly psp_lines: readonly string[];
}
interface Run {
  readonly settlement_date: string;
  readonly state: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly details: readonly string[] }[];
}
interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}
interface Paid {
  readonly id: string;
  readonly payment: string;
  readonly charge: string;
}
interface Planted {
  readonly fault: Fault;
  readonly key: string;
}

/** A zone in which it is noon: the three days don't end while the demo runs. */
const hoursToNoon = 12 - new Date().getUTCHours();
const zone = `Etc/GMT${hoursToNoon > 0 ? `-${String(hoursToNoon)}` : `+${String(-hoursToNoon)}`}`;
const dateIn = (offset: number): string =>
  new Date(Date.now() + hoursToNoon * 3_600_000 + offset * dayMs).toISOString().slice(0, 10);
const unique = (prefix: string): string =>
  `${prefix}-${randomBytes(3).toString('hex')}x${randomBytes(3).toString('hex')}`;

class Demo {
  private readonly planted: Planted[] = [];
  private readonly stripe: Stripe;
  private readonly pspUrl: string;
  private seller = '';
  private payments = 0;
  good = true;

  constructor(
    private readonly run: RunFile,
    private readonly database: pg.Client,
    private readonly home: string,
    private readonly secretKey: string,
  ) {
    this.pspUrl = run.pspUrl ?? '';
    const { port } = new URL(this.pspUrl);
    this.stripe = new Stripe(secretKey, { host: '127.0.0.1', port: Number(port), protocol: 'http' });
  }

  async play(wanted: number): Promise<void> {
    await this.database.query("UPDATE identity.psp_account SET time_zone = $1 WHERE merchant_id = 'default'", [zone]);
    await this.outside('clock', { advance_seconds: (-(days - 1) * dayMs) / 1000 });
    await this.reconcile(dateIn(-days), 'the day before, with nothing in it');
    await this.openSeller();
    for (let day = 0; day < days; day += 1) {
      const date = dateIn(day - days + 1);
      await this.live(Math.round(wanted / days), date);
      await this.plant(day);
      await this.reconcile(date, 'as every night');
      if (day < days - 1) await this.outside('clock', { advance_seconds: dayMs / 1000 });
    }
    await this.outside('clock', { advance_seconds: dayMs / 1000 });
    await this.reconcile(dateIn(1), 'a day later: late lines are there');
    for (let day = 0; day < days; day += 1) await this.reconcile(dateIn(day - days + 1), 'again');
    await this.judge();
    await this.judgeRerun();
  }

  /** A day's business: checkouts of several orders, some refunds, disputes and payouts. */
  private async live(wanted: number, date: string): Promise<void> {
    const startedAt = Date.now();
    const made: Paid[] = [];
    let left = Math.max(1, Math.round(wanted / ordersPerCheckout));
    const buyer = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        made.push(...(await this.pay(ordersPerCheckout, left % 5 === 0 ? 'JPY' : left % 7 === 0 ? 'KWD' : 'EUR')));
      }
    };
    await Promise.all(Array.from({ length: abreast }, buyer));
    this.payments += made.length;
    for (const { id } of made.filter((_one, index) => index % 25 === 0))
      await this.api('POST', `/v1/payments/${id}/refunds`, { reason: 'demo' }, 30);
    for (const [index, { payment }] of made.filter((_one, place) => place % 80 === 3).entries()) {
      const dispute = await this.outside<{ id: string }>('disputes', { payment_intent: payment, fee: 1_500 });
      await this.until(
        `dispute ${dispute.id}`,
        async () => (await this.dispute(dispute.id))?.held_amount !== undefined,
      );
      if (index % 2 === 0) {
        await this.outside(`disputes/${dispute.id}/finish`, { outcome: 'won' });
        await this.until(
          `dispute ${dispute.id}`,
          async () => (await this.dispute(dispute.id))?.closed_at?.startsWith('20') === true,
        );
      }
    }
    const available = await this.pay(1, 'EUR', 'pm_card_bypassPending', this.seller);
    this.payments += 1;
    await this.until('money to pay out', async () => (await this.available()) >= 10);
    const { body } = await this.api<{ payout_id: string }>(
      'POST',
      '/v1/payouts',
      { seller_account: this.seller, currency: 'EUR', amount: '10.00' },
      30,
    );
    await this.until(
      'the payout',
      async () =>
        (await this.api<{ payout_status: string }>('GET', `/v1/payouts/${body.payout_id}`)).body.payout_status ===
        'paid',
    );
    console.log(
      `  ${date}: ${String(made.length + available.length)} payments in ${String(Math.round((Date.now() - startedAt) / 1000))} s`,
    );
  }

  private async pay(orders: number, currency: string, method = 'pm_card_visa', seller = 'demo'): Promise<Paid[]> {
    const id = unique('demo');
    const amount =
      method === 'pm_card_visa' ? ({ EUR: '20.00', JPY: '2000', KWD: '2.500' }[currency] ?? '20.00') : '5000.00';
    const { body } = await this.api<{
      checkout_status: string;
      payment_orders: { payment_order_id: string; psp_reference: string }[];
    }>(
      'POST',
      '/v1/payments',
      {
        checkout_id: id,
        buyer_info: { id: `buyer-${id}` },
        credit_card_info: { payment_method: method },
        payment_orders: Array.from({ length: orders }, (_none, index) => ({
          payment_order_id: `${id}-${String(index + 1)}`,
          seller_account: seller,
          amount,
          currency,
        })),
      },
      60,
    );
    if (body.checkout_status !== 'paid') {
      await this.until(
        `checkout ${id}`,
        async () =>
          (await this.api<{ checkout_status: string }>('GET', `/v1/checkouts/${id}`)).body.checkout_status === 'paid',
      );
    }
    const { rows } = await this.database.query<{
      payment_order_id: string;
      psp_reference: string;
      psp_charge_reference: string;
    }>(
      'SELECT payment_order_id, psp_reference, psp_charge_reference FROM payments.payment_order WHERE checkout_id = $1',
      [id],
    );
    return rows.map((row) => ({
      id: row.payment_order_id,
      payment: row.psp_reference,
      charge: row.psp_charge_reference,
    }));
  }

  private async plant(day: number): Promise<void> {
    await this.quiet();
    const due = faults.flatMap((fault) => {
      // A third of each on each day, the rest on the last; a line that is a day late is late only for the last.
      const { count } = plan[fault];
      const third = fault === 'late' ? 0 : Math.floor(count / days);
      const share = day === days - 1 ? count - third * (days - 1) : third;
      return Array.from({ length: share }, () => fault);
    });
    const plantAll = async (waiting: Fault[]): Promise<void> => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift())
        this.planted.push({ fault, key: await this.plantOne(fault) });
    };
    // What only spoils a line can be done side by side; what nobody may be told of can not.
    const simple = due.filter((fault) => spoilt.has(fault));
    await Promise.all(Array.from({ length: abreast }, () => plantAll(simple)));
    await plantAll(due.filter((fault) => !spoilt.has(fault)));
    await this.outside('faults', undefined, 'DELETE');
    await this.outside('webhooks/faults', { drop: 0 });
  }

  /** Plants one fault, and answers the key that its break must have. */
  private async plantOne(fault: Fault): Promise<string> {
    switch (fault) {
      case 'missing':
        return this.spoil('missing');
      case 'late':
        return this.spoil('late', { seconds: dayMs / 1000 });
      case 'listed_twice':
        return this.spoil('doubled');
      case 'amount':
        return this.spoil('amount', { by: -100 });
      case 'currency':
        return this.spoil('currency', { currency: 'usd' });
      case 'foreign': {
        const line = await this.outside<{ id: string }>('settlement_lines/faults', {
          kind: 'foreign',
          source: unique('ch').replace('-', '_'),
          by: 777,
          secret_key: this.secretKey,
        });
        return `line/${line.id}`;
      }
      case 'charged_twice': {
        const one = await this.one();
        const first = await this.stripe.paymentIntents.retrieve(one.payment);
        await this.untold(() =>
          this.charge(first.amount, first.metadata, first.customer as string, first.payment_method as string),
        );
        return `charge/${one.id}`;
      }
      case 'unbooked': {
        const id = unique('nobody');
        await this.untold(() => this.charge(4_200, { merchant_id: 'default', payment_order_id: id }));
        return `charge/${id}`;
      }
      case 'parked':
        return this.park();
      case 'fee': {
        const { payment } = await this.one();
        const { id } = await this.outside<{ id: string }>('disputes', { payment_intent: payment, fee: 1_500 });
        await this.until(`dispute ${id}`, async () => (await this.dispute(id))?.held_amount !== undefined);
        await this.until(
          'its fee',
          async () =>
            (await this.number(
              "SELECT count(*) FROM ledger.transaction WHERE source_id = $1 AND kind = 'dispute_fee'",
              id,
            )) === 1,
        );
        await this.outside('settlement_lines/faults', { kind: 'fee', source: id, by: 250 });
        return `dispute/${id}`;
      }
      case 'status': {
        const { id } = await this.one();
        const { body } = await this.api<{ refund_id: string; psp_reference: string }>(
          'POST',
          `/v1/payments/${id}/refunds`,
          { amount: '4.00' },
          30,
        );
        await this.until(
          'the refund',
          async () =>
            (await this.number(
              "SELECT count(*) FROM payments.refund WHERE refund_id = $1 AND refund_status = 'succeeded'",
              body.refund_id,
            )) === 1,
        );
        await this.settled();
        const { rows } = await this.database.query<{ psp_reference: string }>(
          'SELECT psp_reference FROM payments.refund WHERE refund_id = $1',
          [body.refund_id],
        );
        await this.untold(() => this.outside(`refunds/${rows[0]?.psp_reference ?? ''}/finish`, { outcome: 'failed' }));
        return `refund/${body.refund_id}`;
      }
    }
  }

  private async one(): Promise<Paid> {
    const [paid] = await this.pay(1, 'EUR');
    if (paid === undefined) throw new Error('nothing was paid');
    this.payments += 1;
    return paid;
  }

  private async spoil(kind: string, more: Record<string, unknown> = {}): Promise<string> {
    const { id, charge } = await this.one();
    await this.outside('settlement_lines/faults', { kind, source: charge, ...more });
    return `charge/${id}`;
  }

  private charge(
    amount: number,
    metadata: Stripe.MetadataParam,
    customer?: string,
    method = 'pm_card_visa',
  ): Promise<Stripe.PaymentIntent> {
    return this.stripe.paymentIntents.create({
      amount,
      currency: 'eur',
      confirm: true,
      payment_method: method,
      metadata,
      ...(customer !== undefined && { customer }),
    });
  }

  /** The charge goes through, its answer is lost, and then our key is refused, for this buyer's payments: the order is parked for a person. */
  private async park(): Promise<string> {
    const id = unique('parked');
    const order = `${id}-1`;
    const metadata = { payment_order_id: order };
    await this.untold(async () => {
      await this.outside('faults', { kind: 'drop_after_effect', method: 'POST', metadata, times: 1 });
      await this.outside('faults', { kind: 'unauthorized', method: 'POST', metadata, times: 1_000 });
      const ofBuyer = { buyer_id: `buyer-${id}` };
      await this.outside('faults', { kind: 'unauthorized', method: 'GET', metadata: ofBuyer, times: 1_000 });
      await this.api('POST', '/v1/payments', {
        checkout_id: id,
        buyer_info: { id: `buyer-${id}` },
        credit_card_info: { payment_method: 'pm_card_visa' },
        payment_orders: [{ payment_order_id: order, seller_account: 'demo', amount: '33.00', currency: 'EUR' }],
      });
      await this.until(
        `${order} to be parked`,
        async () =>
          (await this.number(
            "SELECT count(*) FROM payments.payment_order WHERE payment_order_id = $1 AND phase = 'needs_attention'",
            order,
          )) === 1,
      );
    });
    this.payments += 1;
    return `charge/${order}`;
  }

  /** Does something at the PSP of which no webhook tells. */
  private async untold(work: () => Promise<unknown>): Promise<void> {
    await this.quiet();
    await this.outside('webhooks/faults', { drop: 1 });
    await work();
    await this.quiet();
    await this.outside('webhooks/faults', { drop: 0 });
  }

  /** Waits until whoever has been told of something has read it, too. */
  private async settled(): Promise<void> {
    await this.quiet();
    await this.until(
      'events',
      async () => (await this.number("SELECT count(*) FROM payments.psp_event WHERE state = 'parked'")) === 0,
    );
    await pause(1_000);
  }

  /** Waits until no webhook is on its way. */
  private quiet(): Promise<void> {
    return this.until('webhooks', async () => {
      const { counts } = (await (await fetch(`${this.pspUrl}/_sandbox/webhooks`)).json()) as {
        counts: { pending: number };
      };
      return (
        counts.pending === 0 &&
        (await this.number("SELECT count(*) FROM payments.psp_event WHERE state = 'received'")) === 0
      );
    });
  }

  private async reconcile(date: string, why: string): Promise<void> {
    const before = await this.runOf(date);
    await this.ops('POST', '/v1/reconciliation/runs', { from: date, to: date });
    let run: Run | undefined;
    await this.until(`the run of ${date}`, async () => {
      run = await this.runOf(date);
      return run !== undefined && run.finished_at !== null && run.started_at !== before?.started_at;
    });
    const wrong = run?.checks.filter(({ ok }) => !ok) ?? [];
    console.log(
      `  reconciled ${date} (${why}): ${run?.state ?? ''}${wrong.map(({ check, details }) => `\n    ✗ ${check}: ${details.join('; ')}`).join('')}`,
    );
  }

  private async runOf(date: string): Promise<Run | undefined> {
    const { status, body } = await this.ops<Run>('GET', `/v1/reconciliation/runs/${date}`);
    return status === 404 ? undefined : body;
  }

  private async breaks(): Promise<Break[]> {
    const all: Break[] = [];
    let after = '';
    for (;;) {
      const { body } = await this.ops<{ data: Break[]; next_cursor: string | null }>(
        'GET',
        `/v1/reconciliation/breaks?limit=100${after}`,
      );
      all.push(...body.data);
      if (body.next_cursor === null) return all;
      after = `&after=${body.next_cursor}`;
    }
  }

  private must(what: string, found: unknown, wanted: unknown): void {
    const same = JSON.stringify(found) === JSON.stringify(wanted);
    this.good &&= same;
    console.log(
      `  ${same ? '✓' : '✗'} ${what.padEnd(58)} ${JSON.stringify(found)}${same ? '' : `   must be ${JSON.stringify(wanted)}`}`,
    );
  }

  private async judge(): Promise<void> {
    // What a case was told to do may take a moment longer than the run has waited.
    await this.until(
      'the cases',
      async () => (await this.breaks()).every((one) => one.state !== 'open' || one.remedy !== 'told'),
      120,
    ).catch(() => undefined);
    const found = await this.breaks();
    console.log(
      `\n${String(this.payments)} payments, ${String(this.planted.length)} faults, ${String(found.length)} breaks:\n`,
    );
    for (const fault of faults) {
      const { count, class: name, state } = plan[fault];
      const keys = this.planted.filter((one) => one.fault === fault).map(({ key }) => key);
      const right = keys.filter((key) => {
        const of = found.filter((one) => one.key === key);
        const last = of.filter((one) => one.state === state);
        // A line that came late was timing while it was missing; a row keeps its last class.
        return of.length === 1 && last.length === 1 && of[0]?.class === name;
      });
      this.must(`${fault}: once each, ${name.replaceAll('_', ' ')}, ${state}`, right.length, count);
      for (const key of keys.filter((one) => !right.includes(one)))
        console.log(
          `      ${key}: ${
            found
              .filter((one) => one.key === key)
              .map((one) => `${one.class} ${one.state} ${one.remedy ?? ''} ${one.break_id}`)
              .join(', ') || 'not found'
          }`,
        );
    }
    const known = new Set(this.planted.map(({ key }) => key));
    const invented = found.filter(({ key }) => !known.has(key));
    this.must(
      'none invented',
      invented.map(({ class: name, key, state }) => `${name} ${key} ${state}`),
      [],
    );
    this.must('ledger entries sum to', await this.number('SELECT coalesce(sum(amount), 0) FROM ledger.entry'), 0);
    this.must(
      'orders that are not settled',
      await this.number(
        "SELECT count(*) FROM payments.payment_order WHERE payment_order_status NOT IN ('SUCCESS', 'FAILED')",
      ),
      0,
    );
    this.must(
      'lines that agree and are not booked',
      await this.number(
        'SELECT count(*) FROM reconciliation.line WHERE matched_at IS NOT NULL AND booked_amount IS NULL',
      ),
      0,
    );
    const open = new Set(
      found.filter(({ state, remedy }) => state === 'open' && remedy !== 'suspense').flatMap((one) => one.psp_lines),
    );
    this.must(
      'lines that are not booked are those of open breaks',
      await this.number('SELECT count(*) FROM reconciliation.line WHERE booked_amount IS NULL'),
      open.size,
    );
    const balance = await this.stripe.balance.retrieve();
    const hidden = this.planted.filter(({ fault }) => fault === 'missing').length;
    for (const currency of ['EUR', 'JPY', 'KWD', 'USD']) {
      const atPsp = [...balance.available, ...balance.pending]
        .filter((one) => one.currency === currency.toLowerCase())
        .reduce((sum, one) => sum + one.amount, 0);
      const ours = await this.number(
        "SELECT coalesce(sum(balance), 0) FROM ledger.account_balance WHERE code = 'psp_balance' AND currency = $1",
        currency,
      );
      const unbooked = await this.number(
        'SELECT coalesce(sum(net), 0) FROM reconciliation.line WHERE booked_amount IS NULL AND currency = $1',
        currency,
      );
      // Each lost line is of EUR 20.00, less the sandbox's fee of 2.9 % and 0.30.
      const missing = currency === 'EUR' ? hidden * (2_000 - 58 - 30) : 0;
      this.must(
        `${currency}: our balance at the PSP + open lines + lines it has lost`,
        ours + unbooked + missing,
        atPsp,
      );
    }
    for (let day = 0; day < days; day += 1) {
      const run = await this.runOf(dateIn(day - days + 1));
      const wrong = run?.checks.filter(({ ok }) => !ok).map(({ check }) => check) ?? [];
      // The PSP holds what its lost lines would explain: the night that lost them says so.
      this.must(`${run?.settlement_date ?? ''}: checks that fail`, wrong, ['opening + net = closing at the PSP']);
    }
    this.must(
      'the day after: checks that fail',
      (await this.runOf(dateIn(1)))?.checks.filter(({ ok }) => !ok).map(({ check }) => check),
      [],
    );
  }

  private async judgeRerun(): Promise<void> {
    const dump = async (): Promise<string> =>
      JSON.stringify([
        (await this.breaks()).map(({ break_id: id, class: name, state, remedy }) => [id, name, state, remedy]),
        await this.number('SELECT count(*) FROM ledger.transaction'),
        await this.number('SELECT count(*) FROM reconciliation.booking'),
        await this.number('SELECT count(*) FROM reconciliation.line WHERE matched_at IS NOT NULL'),
        await this.number('SELECT count(*) FROM payments.refund'),
      ]);
    const before = await dump();
    // By the command that people use, all days at once, twice at once: one does the work.
    const commands = [1, 2].map(() => this.command(dateIn(-days), dateIn(1)));
    const codes = await Promise.all(commands);
    this.must('npm run reconcile, twice at once: breaks are said by the exit code', codes, [1, 1]);
    this.must('a rerun of all days changes nothing', (await dump()) === before, true);
  }

  private command(from: string, to: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', 'cli/reconcile.ts', '--from', from, '--to', to, '--json'],
        {
          env: { ...process.env, PAYSAGA_HOME: this.home },
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      );
      child.on('error', reject);
      child.on('exit', (code) => {
        resolve(code ?? -1);
      });
    });
  }

  private async openSeller(): Promise<void> {
    this.seller = unique('seller');
    const { id } = await this.outside<{ id: string }>('accounts', { secret_key: this.secretKey, metadata: {} });
    await this.api('PUT', `/v1/sellers/${this.seller}`, { payout_account: id });
    await this.ops('PUT', `/v1/sellers/${this.seller}`, { kyc_status: 'verified' });
    // A new account is not paid out to for three days: the demo has no time.
    await this.database.query("UPDATE identity.seller SET payout_account_changed_at = now() - interval '30 days'");
  }

  private async available(): Promise<number> {
    const { body } = await this.api<{ balances: { currency: string; available: string }[] }>(
      'GET',
      `/v1/sellers/${this.seller}/wallet`,
    );
    return Number(body.balances.find(({ currency }) => currency === 'EUR')?.available ?? 0);
  }

  private async dispute(id: string): Promise<{ held_amount?: string; closed_at?: string | null } | undefined> {
    const { status, body } = await this.api<{ held_amount?: string; closed_at?: string | null }>(
      'GET',
      `/v1/disputes/${id}`,
    );
    return status === 200 ? body : undefined;
  }

  private async until(what: string, done: () => Promise<boolean>, seconds = 300): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await done())) {
      if (Date.now() > deadline) throw new Error(`waited ${String(seconds)} s for ${what}`);
      await pause(200);
    }
  }

  private api<Body = unknown>(method: string, path: string, body?: object, waitSeconds = 0): Promise<Answer<Body>> {
    return this.call(this.run.apiKey, method, path, body, waitSeconds);
  }
  private ops<Body = unknown>(method: string, path: string, body?: object): Promise<Answer<Body>> {
    return this.call(this.run.opsApiKey, method, path, body, 0);
  }

  private async call<Body = unknown>(
    key: string,
    method: string,
    path: string,
    body: object | undefined,
    waitSeconds: number,
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.run.apiUrl}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(waitSeconds > 0 && { Prefer: `wait=${String(waitSeconds)}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body;
    if (response.status === 503) {
      await pause(500);
      return this.call(key, method, path, body, waitSeconds);
    }
    if (!response.ok && response.status !== 404) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return { status: response.status, body: answer };
  }

  private async outside<Body = unknown>(path: string, body?: object, method = 'POST'): Promise<Body> {
    const response = await fetch(`${this.pspUrl}/_sandbox/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  private async number(sql: string, ...values: string[]): Promise<number> {
    const { rows } = await this.database.query<Record<string, string>>(sql, values);
    return Number(Object.values(rows[0] ?? {})[0] ?? 0);
  }
}

async function main(): Promise<number> {
  const wanted = Number(process.argv[2] ?? '2000');
  if (!Number.isSafeInteger(wanted) || wanted < 30) throw new RangeError('how many payments? 30 at least');
  const home = mkdtempSync(join(tmpdir(), 'paysaga-reconcile-'));
  chmodSync(home, 0o755);
  const env = { ...process.env, RECONCILIATION_SETTLE_SECONDS: '0', RECONCILIATION_WINDOW_HOURS: '24' };
  const stack = await Stack.open({ home, say: console.log, env });
  const startedAt = Date.now();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stack.stop().then(() => process.exit(130)));
  try {
    const run = await stack.start();
    const database = new pg.Client({ connectionString: run.databaseUrl });
    await database.connect();
    const { stripeSecretKey } = JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8')) as {
      stripeSecretKey: string;
    };
    const demo = new Demo(run, database, home, stripeSecretKey);
    console.log(
      `\n${String(wanted)} payments over ${String(days)} settlement days of ${zone}, ${String(faults.reduce((sum, fault) => sum + plan[fault].count, 0))} faults\n`,
    );
    await demo.play(wanted);
    await database.end();
    console.log(
      `\n${demo.good ? 'Everything is as it must be' : 'SOMETHING IS NOT AS IT MUST BE'}, after ${String(Math.round((Date.now() - startedAt) / 1000))} s.`,
    );
    return demo.good ? 0 : 1;
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
