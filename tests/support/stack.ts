import { randomBytes } from 'node:crypto';
import { type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import pg from 'pg';
import pino from 'pino';
import { createActivities, type Dependencies } from '../../activities';
import { sweepCheckouts, type SweepCounts } from '../../activities/sweep';
import { createApp } from '../../api/app';
import { BehindAnswers } from '../../api/behind-answers';
import { createHttpServer } from '../../api/http-server';
import type { OperatorTokens } from '../../api/operator-token';
import { RateLimits, type Limits } from '../../api/limits';
import { hashApiKey, prefixOf } from '../../api/api-key-secret';
import { merchantScopes, opsScopes, platformScopes } from '../../api/scopes';
import { checkoutInput } from '../../checkout-input';
import { firstTries } from '../../first-tries';
import { createApiKey } from '../../prisma/api-key';
import { findCheckout } from '../../prisma/checkout';
import { closeDatabases, openDatabases, type Databases } from '../../prisma/database';
import { findPspAccount, notificationRuleReader, policyReader, saveMerchant } from '../../prisma/identity';
import { relayUntil } from '../../events/relay-loop';
import { webhookSink } from '../../events/webhook-sink';
import { notificationSink } from '../../notifications/sink';
import type { SchemaUrls } from '../../prisma/services';
import { ecbRates } from '../../providers/rates/ecb';
import { providersOfMerchants } from '../../providers';
import type { Breaker } from '../../providers/breaker';
import { seal } from '../../providers/secret-box';
import { Sandbox } from '../../sandbox/server';
import { accountOfKey } from '../../sandbox/wire';
import {
  runningCheckouts,
  runRecord,
  runState,
  signalWorkflow,
  startMoneyProcess,
  startNotification,
  startCheckoutWorkflow,
  startStrayPaymentWorkflow,
  startWebhookDelivery,
} from '../../temporal/orchestrator';
import { dataConverter } from '../../temporal/data-converter';
import type { PayloadKey } from '../../temporal/payload-codec';
import { putPayoutSchedule } from '../../temporal/schedules';
import { notificationTaskQueue, pspTaskQueue, webhookTaskQueue } from '../../workflows/messages';
import { noFailpoints } from './failpoints';
import { breaches } from './conformance';
import { serviceUrlsOf, testServers } from './servers';

export interface Order {
  readonly payment_order_id: string;
  readonly payment_order_status: string;
  readonly phase: string;
  readonly wallet_updated: boolean;
  readonly ledger_updated: boolean;
  readonly failure_reason: string | null;
  readonly decline_code: string | null;
  readonly psp_reference: string | null;
  readonly next_action: { readonly redirect_url: string } | null;
  readonly attention_reason: string | null;
}

export interface CheckoutView {
  readonly checkout_id: string;
  readonly checkout_status: string;
  readonly is_payment_done: boolean;
  readonly hosted_payment_url: string | null;
  readonly next_action: { readonly redirect_url: string } | null;
  readonly payment_attempt: number;
  readonly payment_orders: readonly Order[];
}

export interface Answer<Body = CheckoutView> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface Problem {
  readonly type: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export interface RefundView {
  readonly refund_id: string;
  readonly payment_order_id: string;
  readonly amount: string;
  readonly refund_status: string;
  readonly method: string;
  readonly seller_amount: string;
  readonly platform_fee_amount: string;
  readonly failure_reason: string | null;
  readonly psp_reference: string | null;
}

export interface PayoutView {
  readonly payout_id: string;
  readonly amount: string;
  readonly payout_status: string;
  readonly failure_reason: string | null;
  readonly approvals_needed: number;
  readonly approvals: readonly { readonly actor: string }[];
  readonly psp_transfer: string | null;
  readonly psp_payout: string | null;
  readonly psp_transfer_reversal: string | null;
}

export interface DisputeView {
  readonly dispute_id: string;
  readonly dispute_status: string;
  readonly held_amount: string;
  readonly seller_amount: string;
  readonly evidence_submitted: boolean;
  readonly closed_at: string | null;
}

export interface EventRow {
  readonly event_id: string;
  readonly type: string;
  readonly state: string;
  readonly reason: string | null;
  readonly deliveries: number;
  readonly tries: number;
}

export interface JournalCall {
  readonly payment_order_id: string | null;
  readonly idempotency_key: string | null;
  readonly path: string;
  readonly operation: string | null;
  readonly object: string | null;
  readonly result: string;
  readonly status: number;
}

/** Tests ask more often than any storefront. */
const generous: Limits = {
  readsPerMinute: 1e9,
  writesPerMinute: 1e9,
  checkoutsPerBuyerPer10Minutes: 1e9,
  checkoutsPerAddressPer10Minutes: 1e9,
  cardsPerCheckoutPerHour: 1e9,
};
export const secretsKey = randomBytes(32);
export const webhookSecret = 'whsec_the_live_secret_of_the_tests';
export const previousWebhookSecret = 'whsec_the_one_before_of_the_tests';
export const otherWebhookSecret = 'whsec_another_merchants_secret';
/** A new id. Its letter in the middle keeps a run of digits from looking like a card number, which the API refuses. */
export const unique = (prefix: string): string =>
  `${prefix}-${randomBytes(3).toString('hex')}x${randomBytes(3).toString('hex')}`;
export const defaultKey = 'psk_test_default_key_of_the_tests';
export const opsKey = 'pok_test_operators_key_of_the_tests_';
export const platformKey = 'pok_test_platforms_key_of_the_tests__';
export const secondOpsKey = 'pok_test_second_operators_key_of_tests';
export const otherOpsKey = 'pok_test_other_operators_key_of_tests';
export const otherKey = 'psk_test_other_merchants_key_of_tests';

/** A whole Paysaga for one test file: a database of its own, a sandbox, both workers and the API, all on real parts. */
export class TestStack {
  private constructor(
    readonly databases: Databases,
    readonly urls: SchemaUrls,
    readonly owner: pg.Client,
    readonly ownerUrl: string,
    readonly client: Client,
    readonly taskQueue: string,
    readonly sandboxUrl: string,
    readonly apiUrl: string,
    readonly sandbox: Sandbox,
    private readonly buyerSeconds: number,
    private readonly breaker: Breaker | undefined,
    private readonly plant: (dependencies: Dependencies) => Dependencies,
    private readonly notifications: boolean,
    private readonly stops: (() => Promise<unknown>)[],
  ) {}

  /** @param options `webhooks: false`: nobody tells, everything is polled. `buyerMinutes`: how long a payment page lives */
  static async start(
    options: {
      withWorker?: boolean;
      apiTemporalAddress?: string;
      webhooks?: boolean;
      buyerMinutes?: number;
      breaker?: Breaker;
      limits?: Partial<Limits>;
      /** Seals what Temporal keeps, with a bundle of workflows that was made for it. */
      sealed?: { readonly keys: readonly PayloadKey[]; readonly bundle: string };
      /** Whether people are told, by the ways that `plant` gives. */
      notifications?: boolean;
      /** Changes what the worker's activities reach the world through. */
      plant?: (dependencies: Dependencies) => Dependencies;
    } = {},
  ): Promise<TestStack> {
    const servers = testServers();
    const stops: (() => Promise<unknown>)[] = [];
    const database = unique('t').replace('-', '_');
    const admin = new pg.Client({ connectionString: `${servers.databaseServerUrl}/postgres` });
    await admin.connect();
    // Template copies wait for each other: one at a time is all Postgres allows.
    for (let tries = 0; ; tries += 1) {
      try {
        await admin.query(`CREATE DATABASE ${database} TEMPLATE template_paysaga`);
        break;
      } catch (error) {
        if (tries > 50) throw error;
        await pause(100);
      }
    }
    await admin.end();
    const urls = serviceUrlsOf(servers.databaseServerUrl, database);
    const databases = openDatabases(urls, 'everything', () => undefined);
    const ownerUrl = `${servers.databaseServerUrl}/${database}`;
    const owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
    stops.push(
      () => owner.end(),
      () => closeDatabases(databases),
    );

    const sandbox = new Sandbox(join(servers.folder, database, 'sandbox.jsonl'));
    const sandboxUrl = `http://127.0.0.1:${String(await sandbox.listen(0))}`;
    stops.push(() => sandbox.close());

    const connection = await Connection.connect({ address: servers.temporalAddress });
    const sealing = dataConverter(options.sealed?.keys ?? []);
    const client = new Client({ connection, ...sealing });
    const taskQueue = unique('test');
    stops.push(() => connection.close());

    await addMerchants(databases);
    const apiConnection =
      options.apiTemporalAddress === undefined ? connection : Connection.lazy({ address: options.apiTemporalAddress });
    if (apiConnection !== connection) stops.push(() => apiConnection.close());
    const api = await startApi(
      urls,
      new Client({ connection: apiConnection, ...sealing }),
      taskQueue,
      options.limits ?? {},
      // No schedule heals here what a busy machine was too slow for.
      apiConnection === connection ? 10_000 : 500,
    );
    stops.push(api.stop);
    const apiUrl = api.url;

    if (options.webhooks !== false) {
      sandbox.setWebhookEndpoint({
        url: `${apiUrl}/webhooks/stripe`,
        secret: webhookSecret,
        account: accountOfKey('sk_test_default'),
      });
      sandbox.setWebhookEndpoint({
        url: `${apiUrl}/webhooks/stripe/other`,
        secret: otherWebhookSecret,
        account: accountOfKey('sk_test_other'),
      });
    }
    const buyerSeconds = (options.buyerMinutes ?? 1_440) * 60;
    const stack = new TestStack(
      databases,
      urls,
      owner,
      ownerUrl,
      client,
      taskQueue,
      sandboxUrl,
      apiUrl,
      sandbox,
      buyerSeconds,
      options.breaker,
      options.plant ?? ((same) => same),
      options.notifications === true,
      stops,
    );
    if (options.withWorker !== false) await stack.startWorker(options.sealed);
    return stack;
  }

  /** Both workers of the product, on a task queue of this stack's own. */
  async startWorker(sealed?: { readonly keys: readonly PayloadKey[]; readonly bundle: string }): Promise<void> {
    const servers = testServers();
    const sealing = dataConverter(sealed?.keys ?? []);
    try {
      Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
    } catch {
      // Another file of this process has installed it.
    }
    const connection = await NativeConnection.connect({ address: servers.temporalAddress });
    const activities = createActivities(this.plant(this.dependencies()));
    const common = {
      connection,
      taskQueue: this.taskQueue,
      activities,
      shutdownGraceTime: '1 second' as const,
      ...sealing,
    };
    const workers = await Promise.all([
      Worker.create({
        ...common,
        workflowBundle: { codePath: sealed?.bundle ?? servers.bundle },
        interceptors: {
          activity: [
            firstTries({
              abreast: 30,
              patienceMs: 1_000,
              isReachable: () => (this.breaker?.state ?? 'closed') === 'closed',
              take: () => Promise.resolve(true),
            }),
          ],
        },
      }),
      Worker.create({ ...common, taskQueue: pspTaskQueue(this.taskQueue) }),
      Worker.create({ ...common, taskQueue: webhookTaskQueue(this.taskQueue) }),
      ...(this.notifications ? [Worker.create({ ...common, taskQueue: notificationTaskQueue(this.taskQueue) })] : []),
    ]);
    const running = workers.map((worker) => worker.run());
    const stopped = new AbortController();
    const relaying = relayUntil(stopped.signal, {
      databases: this.databases,
      sinks: [
        webhookSink(this.databases.events),
        ...(this.notifications
          ? [notificationSink(this.databases.events, notificationRuleReader(this.databases.identity))]
          : []),
      ],
      startDelivery: (delivery) => startWebhookDelivery(this.client, this.taskQueue, delivery),
      startNotification: (message) => startNotification(this.client, this.taskQueue, message),
      onError: () => undefined,
      failpoint: noFailpoints,
    });
    this.stops.push(async () => {
      stopped.abort();
      await relaying;
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
    });
  }

  /** Another API process's worth of API on the same database. */
  async anotherApi(
    limits: Partial<Limits> = {},
    { logger, operators }: { logger?: pino.Logger; operators?: OperatorTokens } = {},
  ): Promise<string> {
    const { url, stop } = await startApi(this.urls, this.client, this.taskQueue, limits, 10_000, logger, operators);
    this.stops.push(stop);
    return url;
  }

  dependencies(): Dependencies {
    const { databases, client, taskQueue } = this;
    return {
      databases,
      providerOf: providersOfMerchants({
        stripeSecretKey: 'sk_test_default',
        stripeUrl: this.sandboxUrl,
        secretsKey,
        findAccount: (merchantId) => findPspAccount(databases.identity, merchantId),
        ...(this.breaker !== undefined && { breaker: this.breaker }),
      }),
      orchestrator: {
        stateOf: (workflowId) => runState(client, workflowId),
        recordOf: (workflowId) => runRecord(client, workflowId),
        startCheckout: async (merchantId, checkoutId) => {
          const checkout = await findCheckout(databases.payments, merchantId, checkoutId);
          if (checkout !== undefined) await startCheckoutWorkflow(client, taskQueue, checkoutInput(checkout, true));
        },
        signal: (workflowId, name, by) => signalWorkflow(client, workflowId, name, ...(by === undefined ? [] : [by])),
        startStrayPayment: (input) => startStrayPaymentWorkflow(client, taskQueue, input),
        runningCheckouts: (...which) => runningCheckouts(client, taskQueue, ...which),
        startProcess: (process) => startMoneyProcess(client, taskQueue, process),
        putPayoutSchedule: (schedule) => putPayoutSchedule(client, taskQueue, schedule),
      },
      rates: ecbRates({ from: `${this.sandboxUrl}/rates/eurofxref-daily.xml` }),
      policiesOf: policyReader(databases.identity),
      buyerSeconds: this.buyerSeconds,
      riskKey: secretsKey,
      webhooks: { allowLoopback: true, secretsKey },
      failpoint: noFailpoints,
    };
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
  }

  /** Whether its calls do what an answer of 503 says: come again. */
  comesAgain = false;

  async call<Body = CheckoutView>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    apiUrl = this.apiUrl,
  ): Promise<Answer<Body>> {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${defaultKey}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const answer = {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as Body,
    };
    if (this.comesAgain && answer.status === 503) {
      await pause(1_000);
      return this.call(method, path, body, headers, apiUrl);
    }
    // Whatever a test is about, each answer keeps to the API's description.
    const broken = breaches(method, path, answer.status, response.headers.get('content-type') ?? '', answer.body);
    if (broken.length > 0) throw new Error(broken.join('\n'));
    return answer;
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', '/v1/payments', body, headers);
  }

  checkout(id: string): Promise<Answer> {
    return this.call('GET', `/v1/checkouts/${id}`);
  }

  /** Arms a fault of the sandbox. */
  async fault(fault: Record<string, unknown>): Promise<void> {
    const response = await fetch(`${this.sandboxUrl}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(fault) });
    if (!response.ok) throw new Error(await response.text());
  }

  async clearFaults(): Promise<void> {
    await fetch(`${this.sandboxUrl}/_sandbox/faults`, { method: 'DELETE' });
  }

  async journal(paymentOrderId: string): Promise<JournalCall[]> {
    const response = await fetch(`${this.sandboxUrl}/_sandbox/journal?payment_order_id=${paymentOrderId}`);
    return ((await response.json()) as { calls: JournalCall[] }).calls;
  }

  async pspTotals(
    checkoutId: string,
  ): Promise<Record<string, { charges: number; captured: number; refunded: number }>> {
    const response = await fetch(`${this.sandboxUrl}/_sandbox/totals?checkout_id=${checkoutId}`);
    return (
      (await response.json()) as { totals: Record<string, { charges: number; captured: number; refunded: number }> }
    ).totals;
  }

  /** Reads a checkout until it is as wanted. */
  async until(checkoutId: string, wanted: (checkout: CheckoutView) => boolean, seconds = 120): Promise<CheckoutView> {
    const deadline = Date.now() + seconds * 1000;
    for (let sweepAt = Date.now() + 20_000; ;) {
      const { body } = await this.checkout(checkoutId);
      if (wanted(body)) return body;
      if (Date.now() > deadline) throw new Error(`not as wanted after ${String(seconds)} s: ${JSON.stringify(body)}`);
      // As the schedule does: on a busy machine a start or a signal may have missed its moment.
      if (Date.now() > sweepAt) {
        await this.sweep().catch(() => undefined);
        sweepAt = Date.now() + 20_000;
      }
      await pause(100);
    }
  }

  /** Brings every open checkout under a running workflow, as the schedule does. */
  async sweep(): Promise<SweepCounts> {
    await this.owner.query('UPDATE payments.checkout SET sweep_after = now()');
    return new MockActivityEnvironment().run(() => sweepCheckouts(this.dependencies()));
  }

  /** Looks until nothing is said to be missing any more. */
  async eventually(missing: () => Promise<string | undefined>, seconds = 90): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const problem = await missing();
      if (problem === undefined) return;
      if (Date.now() > deadline) throw new Error(`after ${String(seconds)} s: ${problem}`);
      await pause(100);
    }
  }

  final = (checkoutId: string): Promise<CheckoutView> =>
    this.until(checkoutId, (checkout) => !['open', 'awaiting_buyer'].includes(checkout.checkout_status));

  parked = (checkoutId: string): Promise<CheckoutView> =>
    this.until(checkoutId, (checkout) => checkout.payment_orders.some((order) => order.phase === 'needs_attention'));

  /** How an event of the PSP stands, by its type and payment order. */
  async events(paymentOrderId: string, type?: string): Promise<EventRow[]> {
    const { rows } = await this.owner.query<EventRow>(
      `SELECT event_id, type, state, reason, deliveries, tries FROM payments.psp_event
       WHERE payment_order_id = $1 AND ($2::text IS NULL OR type = $2) ORDER BY received_at`,
      [paymentOrderId, type ?? null],
    );
    return rows;
  }

  /** Waits until no event is on its way any more. */
  async eventsSettled(seconds = 120): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const { pending } = this.sandbox.sender.state().counts;
      const { rows } = await this.owner.query<{ count: string }>(
        "SELECT count(*) FROM payments.psp_event WHERE state IN ('received', 'parked')",
      );
      const unsettled = rows[0]?.count ?? '';
      if (pending === 0 && unsettled === '0') return;
      if (Date.now() > deadline)
        throw new Error(`events are still on their way: ${String(pending)} unsent, ${unsettled} unsettled`);
      await pause(500);
      await this.takeUpEvents();
    }
  }

  /** Takes up parked events now, and not when their time has come. */
  async takeUpEvents(): Promise<void> {
    await this.owner.query("UPDATE payments.psp_event SET next_try_at = now() WHERE state IN ('received', 'parked')");
    await this.client.workflow.execute('pspEventsWorkflow', {
      workflowId: unique('events'),
      taskQueue: this.taskQueue,
      args: [],
    });
  }

  /** Makes available what is due, as the schedule does. */
  async releaseAvailable(): Promise<void> {
    await this.client.workflow.execute('availabilityWorkflow', {
      workflowId: unique('availability'),
      taskQueue: this.taskQueue,
      args: [],
    });
  }

  /** What the worker's schedules do every few seconds: takes up events and processes that somebody left behind. */
  async takeUp(): Promise<void> {
    await this.client.workflow.execute('pspEventsWorkflow', {
      workflowId: unique('psp-events'),
      taskQueue: this.taskQueue,
      args: [],
    });
  }

  /** Reconciles a day, and answers the breaks that are open after it. */
  async reconcile(date: string): Promise<{ break_id: string }[]> {
    await this.client.workflow.execute('reconciliationWorkflow', {
      workflowId: unique('reconciliation'),
      taskQueue: this.taskQueue,
      args: [{ merchantId: 'default', date }],
    });
    const path = '/v1/reconciliation/breaks?state=open';
    const { body } = await this.call<{ data: { break_id: string }[] }>('GET', path, undefined, {
      Authorization: `Bearer ${opsKey}`,
    });
    return body.data;
  }

  /** A payment of one order that has succeeded. With `available`, its money is available at once. */
  async paid(
    options: {
      seller?: string;
      amount?: string;
      fee?: string;
      currency?: string;
      paymentMethod?: string;
      available?: boolean;
    } = {},
  ): Promise<{ id: string; checkoutId: string; seller: string; payment: string }> {
    const { amount = '100.00', fee = '10.00', currency = 'EUR', available = false } = options;
    const seller = options.seller ?? unique('seller');
    const body = checkoutBody({
      paymentMethod: options.paymentMethod ?? (available ? 'pm_card_bypassPending' : 'pm_card_visa'),
    });
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    const order = { payment_order_id: id, seller_account: seller, amount, currency, platform_fee: fee };
    const { body: checkout } = await this.post({ ...body, payment_orders: [order] }, { Prefer: 'wait=30' });
    if (checkout.checkout_status !== 'paid') throw new Error(`not paid: ${JSON.stringify(checkout)}`);
    if (available) await this.releaseAvailable();
    return { id, checkoutId: body.checkout_id, seller, payment: checkout.payment_orders[0]?.psp_reference ?? '' };
  }

  /** A seller's wallet in one currency, as the API shows it. */
  async wallet(seller: string, currency = 'EUR'): Promise<Record<string, string>> {
    const { body } = await this.call<{ balances: Record<string, string>[] }>('GET', `/v1/sellers/${seller}/wallet`);
    const found = body.balances.find((balance) => balance['currency'] === currency) ?? {};
    return Object.fromEntries(Object.entries(found).filter(([name]) => name !== 'currency'));
  }

  /** A seller who may be paid out: verified, with an account of its own at the PSP. */
  async verifiedSeller(
    metadata: Record<string, string> = {},
    seller = unique('seller'),
  ): Promise<{ seller: string; account: string }> {
    const { id: account } = await this.outside<{ id: string }>('accounts', { secret_key: 'sk_test_default', metadata });
    await this.call('PUT', `/v1/sellers/${seller}`, { payout_account: account });
    await this.call('PUT', `/v1/sellers/${seller}`, { kyc_status: 'verified' }, { Authorization: `Bearer ${opsKey}` });
    return { seller, account };
  }

  payOut(
    body: Record<string, unknown>,
    headers: Record<string, string> = { Prefer: 'wait=30' },
  ): Promise<Answer<PayoutView>> {
    return this.call('POST', '/v1/payouts', { currency: 'EUR', ...body }, headers);
  }

  /** The net amounts of every ledger account of some sources, and of what was booked about some orders. */
  async book(sources: readonly string[], orders: readonly string[] = []): Promise<Record<string, number>> {
    const { rows } = await this.owner.query<{ code: string; amount: string }>(
      `SELECT account.code, (CASE normal_side WHEN 'debit' THEN 1 ELSE -1 END * sum(entry.amount))::text AS amount
       FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
       WHERE source_id = ANY($1) OR payment_order_id = ANY($2)
       GROUP BY account.code, normal_side HAVING sum(entry.amount) <> 0`,
      [sources, orders],
    );
    return Object.fromEntries(rows.map(({ code, amount }) => [code, Number(amount)]));
  }

  refund(
    id: string,
    body: Record<string, unknown> = {},
    headers: Record<string, string> = { Prefer: 'wait=30' },
  ): Promise<Answer<RefundView>> {
    return this.call('POST', `/v1/payments/${id}/refunds`, body, headers);
  }

  /** Tells the sandbox what the world outside does. */
  async outside<Body = Record<string, unknown>>(path: string, body: Record<string, unknown> = {}): Promise<Body> {
    const response = await fetch(`${this.sandboxUrl}/_sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  }

  /** Asks the API until the answer is as wanted. */
  async when<Body>(path: string, wanted: (body: Body) => boolean, seconds = 120): Promise<Body> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const { body } = await this.call<Body>('GET', path);
      if (wanted(body)) return body;
      if (Date.now() > deadline) throw new Error(`not as wanted after ${String(seconds)} s: ${JSON.stringify(body)}`);
      await pause(100);
    }
  }

  /** Sends bytes to the webhook door. */
  async postWebhook(body: string, signature: string | undefined, path = '/webhooks/stripe'): Promise<number> {
    const response = await fetch(`${this.apiUrl}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(signature !== undefined && { 'Stripe-Signature': signature }),
      },
      body,
    });
    await response.text();
    return response.status;
  }

  /** Waits until a search in Temporal finds that many workflows; its visibility store lags behind. */
  async found(query: string, count: number): Promise<void> {
    for (let tries = 0; (await this.client.workflow.count(query)).count !== count; tries += 1) {
      if (tries > 100) throw new Error(`not ${String(count)} found: ${query}`);
      await pause(100);
    }
  }

  /** Net ledger amounts per account (on the normal side, minor units) of some payment orders. */
  async ledger(paymentOrderIds: readonly string[]): Promise<Record<string, number>> {
    const { rows } = await this.owner.query<{ code: string; amount: string }>(
      `SELECT account.code, (CASE normal_side WHEN 'debit' THEN 1 ELSE -1 END * sum(entry.amount))::text AS amount
       FROM ledger.transaction JOIN ledger.entry USING (transaction_id) JOIN ledger.account USING (account_id)
       WHERE payment_order_id = ANY($1) GROUP BY account.code, normal_side HAVING sum(entry.amount) <> 0`,
      [paymentOrderIds],
    );
    return Object.fromEntries(rows.map(({ code, amount }) => [code, Number(amount)]));
  }

  /** V1, V3 and V7: the book sums to zero, and wallets, positions and pending lots equal their ledger accounts. */
  async differences(): Promise<unknown[]> {
    const { rows: sums } = await this.owner.query(
      'SELECT merchant_id, currency, sum(amount) FROM ledger.entry GROUP BY 1, 2 HAVING sum(amount) <> 0',
    );
    const { rows: balances } = await this.owner.query(`
      WITH book AS (
        SELECT account.merchant_id, account.seller, account.currency, account.balance,
               sum(CASE WHEN account.balance = 'owed' THEN amount ELSE -amount END) AS amount
        FROM ledger.entry JOIN ledger.account USING (account_id) WHERE seller IS NOT NULL GROUP BY 1, 2, 3, 4),
      kept AS (
        SELECT 'wallet' AS what, w.merchant_id, w.seller_account AS seller, w.currency, b.balance, b.amount
        FROM wallet.wallet AS w, LATERAL (VALUES ('pending', pending), ('available', available), ('reserved', reserved), ('owed', owed)) AS b(balance, amount)
        UNION ALL
        SELECT 'position', p.merchant_id, p.seller, p.currency, b.balance, b.amount
        FROM ledger.seller_position AS p, LATERAL (VALUES ('available', available), ('reserved', reserved), ('owed', owed)) AS b(balance, amount)
        UNION ALL
        SELECT 'lots', merchant_id, seller, currency, 'pending', sum(remaining) FROM ledger.pending_lot GROUP BY 2, 3, 4)
      SELECT kept.what, coalesce(kept.seller, book.seller) AS seller, coalesce(kept.balance, book.balance) AS balance,
             kept.amount AS kept, book.amount AS book
      FROM kept LEFT JOIN book USING (merchant_id, seller, currency, balance)
      WHERE coalesce(kept.amount, 0) <> coalesce(book.amount, 0)
      UNION ALL
      SELECT 'no wallet', book.seller, book.balance, NULL, book.amount FROM book
      LEFT JOIN wallet.wallet AS w ON w.merchant_id = book.merchant_id AND w.seller_account = book.seller AND w.currency = book.currency
      WHERE w.seller_account IS NULL AND book.amount <> 0`);
    const { rows: exceeded } = await this.owner.query(`
      SELECT o.payment_order_id, o.captured_amount, sum(r.amount) AS refunded FROM payments.refund AS r
      JOIN payments.payment_order AS o USING (merchant_id, payment_order_id)
      WHERE r.refund_status <> 'failed' AND r.method = 'refund' GROUP BY 1, 2 HAVING sum(r.amount) > o.captured_amount`);
    return [...(sums as unknown[]), ...(balances as unknown[]), ...(exceeded as unknown[])];
  }

  async count(table: string): Promise<number> {
    const { rows } = await this.owner.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    return Number(rows[0]?.count);
  }
}

/** An API on a database of its own reach, as its process has it: each request sees its own merchant's rows. */
async function startApi(
  urls: SchemaUrls,
  temporal: Client,
  taskQueue: string,
  wanted: Partial<Limits>,
  temporalPatienceMs: number,
  logger: pino.Logger = pino({ level: 'silent' }),
  operators?: OperatorTokens,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const databases = openDatabases(urls, 'one_merchant', () => undefined);
  const limits = new RateLimits(urls.identity, { ...generous, ...wanted }, () => undefined);
  const { app, drain } = createApp(
    {
      databases,
      limits,
      operators,
      webhooks: { allowLoopback: true },
      secretsKey,
      temporal,
      taskQueue,
      logger,
      behindAnswers: new BehindAnswers(),
      fxMaxAgeMs: 48 * 3_600_000,
      publicUrl: 'https://pay.example',
      trustedProxies: ['127.0.0.1'],
      temporalUi: 'http://127.0.0.1:8233/namespaces/default',
      temporalPatienceMs,
      draining: new AbortController().signal,
      failpoint: noFailpoints,
    },
    { secrets: [webhookSecret, previousWebhookSecret], secretsKey },
  );
  const server = createHttpServer(app);
  const url = await new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${String(typeof address === 'object' && address !== null ? address.port : 0)}`);
    });
  });
  const stop = async (): Promise<void> => {
    await closeServer(server);
    await drain();
    await closeDatabases(databases);
    await limits.close();
  };
  return { url, stop };
}

async function addMerchants(databases: Databases): Promise<void> {
  const apiKey = (keyId: string, key: string, scopes: readonly string[]) => ({
    keyId,
    name: 'test',
    prefix: prefixOf(key),
    secretHash: hashApiKey(key),
    scopes: [...scopes],
  });
  const merchant = {
    merchantId: 'default',
    name: 'Default',
    pspSecretKeySealed: null,
    livemode: false,
    returnUrls: ['https://shop.example', 'http://127.0.0.1'],
    policies: { payouts: { accountChanges: 'storefront' as const } },
  };
  await saveMerchant(databases.identity, { ...merchant, apiKey: apiKey('k1', defaultKey, merchantScopes) });
  await saveMerchant(databases.identity, { ...merchant, apiKey: apiKey('k3', opsKey, opsScopes) });
  await saveMerchant(databases.identity, { ...merchant, apiKey: apiKey('k4', secondOpsKey, opsScopes) });
  await saveMerchant(databases.identity, {
    merchantId: 'other',
    name: 'Other',
    pspSecretKeySealed: seal('sk_test_other', secretsKey, 'other'),
    webhookSecretSealed: seal(otherWebhookSecret, secretsKey, 'other'),
    livemode: false,
    apiKey: apiKey('k2', otherKey, merchantScopes),
  });
  await saveMerchant(databases.identity, { ...merchant, apiKey: apiKey('k6', platformKey, platformScopes) });
  await createApiKey(databases.identity, {
    ...apiKey('k5', otherOpsKey, [...merchantScopes, ...opsScopes]),
    merchantId: 'other',
    createdBy: 'test',
    expiresAt: null,
    rotatedFrom: null,
  });
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });

/** A checkout body with orders of 10.00 EUR, fee 1.00, unless told otherwise. */
export function checkoutBody(
  options: {
    orders?: number;
    paymentMethod?: string;
    /** Without a card: the buyer pays on the PSP's page. */
    hosted?: boolean;
    buyer?: string;
    /** One order for each. */
    sellers?: readonly string[];
    more?: Record<string, unknown>;
    amount?: string;
  } = {},
) {
  const id = unique('c');
  return {
    checkout_id: id,
    buyer_info: { id: options.buyer ?? unique('buyer') },
    ...(options.hosted !== true && {
      credit_card_info: { payment_method: options.paymentMethod ?? 'pm_card_visa' },
    }),
    payment_orders: Array.from({ length: options.sellers?.length ?? options.orders ?? 1 }, (_, index) => ({
      payment_order_id: `${id}-${String(index + 1)}`,
      seller_account: options.sellers?.[index] ?? `seller-${String(index + 1)}`,
      amount: options.amount ?? '10.00',
      currency: 'EUR',
      platform_fee: '1.00',
    })),
    ...options.more,
  };
}

/** The workflow that carries a checkout in its first round: its only order's where it brought a card for one, else its own. */
export function carrierOf(body: ReturnType<typeof checkoutBody>): string {
  const [order, ...others] = body.payment_orders;
  return order === undefined || others.length > 0 || body.credit_card_info === undefined
    ? `checkout/default/${body.checkout_id}`
    : `payment-order/default/${order.payment_order_id}`;
}
