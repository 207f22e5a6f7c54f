import express, { type Request, type Response, type Router } from 'express';
import { LRUCache } from 'lru-cache';
import type { Counter } from 'prom-client';
import { identifierPattern } from '../domain/identifiers';
import { toldElsewhere } from '../domain/psp-event';
import { findPspAccount, type PspAccount } from '../prisma/identity';
import { storePspEvent, type PspEventRecord } from '../prisma/psp-event';
import { asMerchant } from '../prisma/tenant';
import type { ProviderEvent } from '../providers/provider';
import { open } from '../providers/secret-box';
import { readStripeEvent, WebhookRefused } from '../providers/stripe/webhook';
import { applyPspEvent, type EventWorld } from '../psp-events';
import { signalWorkflow, startMoneyProcess, startStrayPaymentWorkflow } from '../temporal/orchestrator';
import type { ApiDependencies } from './checkouts';
import { Problem } from './problem';

/** What webhooks are checked with. `secrets`: the default merchant's live ones, at most two; others have sealed ones of their own. */
export interface WebhookSettings {
  readonly secrets: readonly string[];
  readonly secretsKey: Buffer;
}

type Results = Counter<'result'>;

interface Account {
  readonly secrets: readonly string[];
  readonly livemode: boolean | null;
}

const bodyLimit = '1mb';
/** A changed secret is noticed within this time. */
const rememberedMs = 10_000;
/** Events applied side by side, and how many may wait in memory; the rest are taken up from the table. */
const abreast = 8;
const mostWaiting = 5_000;
const temporalPatienceMs = 2_000;

/**
 * `POST /webhooks/stripe` for the default merchant, `/webhooks/stripe/{merchant_id}` for others: signature over the raw
 * bytes, stored under the event's id, 200, and only then applied (W1, W2).
 */
export function createWebhooks(
  dependencies: ApiDependencies,
  settings: WebhookSettings,
  results: Results,
): { router: Router; drain: () => Promise<void> } {
  const { databases, failpoint } = dependencies;
  const router = express.Router();
  const accounts = accountsOf(dependencies, settings);
  const queue = new EventQueue(dependencies);
  const raw = express.raw({ type: () => true, limit: bodyLimit });
  const receive = async (merchantId: string, request: Request, response: Response): Promise<void> => {
    const account = await accounts(merchantId);
    const event = verified(request, account.secrets, results);
    const stored = { merchantId, ...event };
    const ignored = ignoredReason(event, account);
    await failpoint('webhook.before_commit', event.eventId);
    const isNew = await storePspEvent(databases.payments, stored, ignored);
    await failpoint('webhook.after_commit', event.eventId);
    if (!isNew) results.inc({ result: 'duplicate' });
    else if (ignored !== null) results.inc({ result: 'ignored' });
    else {
      results.inc({ result: 'accepted' });
      queue.add(recordOf(stored));
    }
    response.setHeader('Cache-Control', 'no-store');
    response.json({ received: true });
  };
  const receiveFor = (merchantId: string, request: Request, response: Response): Promise<void> => {
    if (!identifierPattern.test(merchantId)) throw noMerchant();
    return asMerchant(merchantId, () => receive(merchantId, request, response));
  };
  router.post('/stripe', raw, (request, response) => receiveFor('default', request, response));
  router.post('/stripe/:merchant', raw, (request, response) => receiveFor(request.params.merchant, request, response));
  return { router, drain: () => queue.drain() };
}

const noMerchant = (): Problem => new Problem('not-found', 'there is no such merchant');

function verified(request: Request, secrets: readonly string[], results: Results): ProviderEvent {
  try {
    const signature = request.headersDistinct['stripe-signature'] ?? [];
    if (signature.length !== 1 || signature[0] === undefined || !Buffer.isBuffer(request.body))
      throw new WebhookRefused('signature', 'one Stripe-Signature header and a body are needed');
    return readStripeEvent(request.body, signature[0], secrets);
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error;
    results.inc({ result: 'refused' });
    throw new Problem('webhook-refused', error.message);
  }
}

/** Why an event, however well signed, is kept and not applied: it isn't about this merchant's own payments (W6), or is no news. */
function ignoredReason(event: ProviderEvent, account: Account): string | null {
  const { claim } = event.subject;
  if (event.account !== null && claim !== 'payout_changed' && claim !== 'account_changed')
    return 'it is about a connected account';
  if (event.account === null && claim === 'payout_changed') return "it is the merchant's own payout";
  if (event.account === null && claim === 'account_changed') return "it is the merchant's own account";
  if (account.livemode !== null && event.livemode !== account.livemode) {
    return event.livemode
      ? 'it is of live mode, and the key is a test key'
      : 'it is of test mode, and the key is a live key';
  }
  return event.subject.claim === 'told_elsewhere' ? toldElsewhere : null;
}

function accountsOf(
  { databases }: ApiDependencies,
  settings: WebhookSettings,
): (merchantId: string) => Promise<Account> {
  const known = new LRUCache<string, Account>({ max: 1_000, ttl: rememberedMs });
  return async (merchantId) => {
    const remembered = known.get(merchantId);
    if (remembered !== undefined) return remembered;
    const account = await findPspAccount(databases.identity, merchantId);
    if (account === undefined) throw noMerchant();
    const opened = { secrets: secretsOf(account, settings), livemode: account.livemode };
    known.set(merchantId, opened);
    return opened;
  };
}

function secretsOf(account: PspAccount, { secrets, secretsKey }: WebhookSettings): readonly string[] {
  if (account.secretKeySealed === null) return secrets;
  return [account.webhookSecretSealed, account.previousWebhookSecretSealed]
    .filter((sealed) => sealed !== null)
    .map((sealed) => open(sealed, secretsKey, account.merchantId));
}

function recordOf(event: { merchantId: string } & ProviderEvent): PspEventRecord {
  const { metadata } = event.subject;
  const now = new Date();
  return {
    ...event,
    paymentOrderId: metadata.payment_order_id ?? null,
    checkoutId: metadata.checkout_id ?? null,
    state: 'received',
    reason: null,
    tries: 0,
    deliveries: 1,
    nextTryAt: now,
    receivedAt: now,
    settledAt: null,
  };
}

/** Applies events right after they were acknowledged. What it loses, or has no room for, is taken up by the worker's schedule. */
class EventQueue {
  private readonly waiting: PspEventRecord[] = [];
  private readonly working = new Set<Promise<void>>();
  private readonly world: EventWorld;

  constructor(private readonly dependencies: ApiDependencies) {
    const { temporal, taskQueue, databases } = dependencies;
    const inTime = <Result>(call: () => Promise<Result>): Promise<Result> =>
      temporal.connection.withDeadline(Date.now() + temporalPatienceMs, call);
    this.world = {
      payments: databases.payments,
      payouts: databases.payouts,
      identity: databases.identity,
      tell: (workflowId) => inTime(() => signalWorkflow(temporal, workflowId, 'review')),
      startStrayPayment: (input) => inTime(() => startStrayPaymentWorkflow(temporal, taskQueue, input)),
      startProcess: (process) => inTime(() => startMoneyProcess(temporal, taskQueue, process)),
    };
  }

  add(event: PspEventRecord): void {
    if (this.waiting.length >= mostWaiting) return;
    this.waiting.push(event);
    if (this.working.size >= abreast) return;
    const worker = this.work().finally(() => this.working.delete(worker));
    this.working.add(worker);
  }

  /** Lets go of what waits, and resolves when what is being applied is done. */
  async drain(): Promise<void> {
    this.waiting.length = 0;
    await Promise.all(this.working);
  }

  private async work(): Promise<void> {
    for (let event = this.waiting.shift(); event !== undefined; event = this.waiting.shift()) {
      try {
        await this.dependencies.failpoint('webhook.before_applied', event.eventId);
        await asMerchant(event.merchantId, () => applyPspEvent(this.world, event));
        await this.dependencies.failpoint('webhook.after_applied', event.eventId);
      } catch (error) {
        this.dependencies.logger.warn({ err: error, eventId: event.eventId }, 'an event is left to the worker');
      }
    }
  }
}
