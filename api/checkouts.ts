import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Request } from 'express';
import { checkoutInput } from '../checkout-input';
import { defaultFailurePolicy, isFinalCheckout, type CheckoutStatus } from '../domain/checkout';
import { carriersOf, workflowIds } from '../domain/identifiers';
import { fromMinorUnits, MoneyError, toMinorUnits, toPositiveMinorUnits, type Money } from '../domain/money';
import { isTerminal, type PaymentOrderStatus } from '../domain/payment-order';
import type { RequestedBy } from '../domain/requested-by';
import type { Failpoint } from '../failpoint';
import type { Logger } from '../log';
import {
  cardOf,
  createCheckout,
  findCheckout,
  onlyOrderOf,
  reopenCheckout,
  requestOnCheckout,
  type CheckoutRecord,
  type NewCheckout,
} from '../prisma/checkout';
import type { Databases } from '../prisma/database';
import { ensureSellers, returnUrlsOf } from '../prisma/identity';
import type { QuoteRecord } from '../prisma/fx';
import { stoppedSellers, type StoppedSeller } from '../prisma/seller';
import { findPaymentOrder, requestOnPaymentOrder, type PaymentOrderRecord } from '../prisma/payment-order';
import { ProviderError } from '../providers/provider';
import { toStripeAmount } from '../providers/stripe/amounts';
import { signalWorkflow, startCheckoutWorkflow, startMoneyProcess } from '../temporal/orchestrator';
import { putPayoutSchedule } from '../temporal/schedules';
import { tellSchedules as tellPayoutSchedules } from '../payouts';
import type { MoneyProcess } from '../workflows/messages';
import type { BehindAnswers } from './behind-answers';
import { fingerprint } from './fingerprint';
import type { GuardSettings } from '../events/address-guard';
import type { RateLimits } from './limits';
import type { OperatorTokens } from './operator-token';
import { Problem } from './problem';
import { promiseOf, quotesFor } from './quotes';
import { isAllowedReturnUrl } from './return-url';
import type { CheckoutBody } from './schemas';

/** What the use cases reach the world through. */
export interface ApiDependencies {
  readonly databases: Databases;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly logger: Logger;
  /** Where buyers reach this API. */
  readonly publicUrl: string;
  /** Proxies that are believed where a call came from. */
  readonly trustedProxies: readonly string[];
  /** The Temporal UI of the namespace, for links; null where nobody has said where it is. */
  readonly temporalUi: string | null;
  /** Temporal gets this long inside a request; what it doesn't take, the sweeper starts. */
  readonly temporalPatienceMs: number;
  readonly limits: RateLimits;
  /** Undefined where operators don't sign in as people. */
  readonly operators: OperatorTokens | undefined;
  /** Aborted when this process is to end: whoever waits for an outcome is answered with how it stands. */
  readonly draining: AbortSignal;
  /** Seals what is kept and must not be read in the database. */
  readonly secretsKey: Buffer;
  readonly failpoint: Failpoint;
  /** Rates that are older aren't quoted by. */
  readonly fxMaxAgeMs: number;
  /** Calls to Temporal that go on behind answers already given. */
  readonly behindAnswers: BehindAnswers;
  /** Where webhooks may be sent to. */
  readonly webhooks: GuardSettings;
}

/** The row is read again after so long, and each time after longer. */
const rowPollMs = { first: 200, most: 2_000 };
const longestWaitSeconds = 60;
const createRoute = 'POST /v1/payments';

/** Seconds a client wants to wait for the outcome (RFC 7240), 0 when it doesn't. */
export function preferredWait(request: Request): number {
  const seconds = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/.exec(request.get('prefer') ?? '')?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds), longestWaitSeconds);
}

/** Row first, then start: once this returns, the checkout will be carried out, whatever happens to anyone. */
export async function acceptCheckout(
  dependencies: ApiDependencies,
  merchantId: string,
  body: CheckoutBody,
  key: string | null,
): Promise<{ checkout: CheckoutRecord; replayed: boolean }> {
  const { databases, failpoint } = dependencies;
  const [returnUrl, stopped] = await Promise.all([
    checkedReturnUrl(dependencies, merchantId, body.return_url),
    stoppedSellers(
      databases.identity,
      merchantId,
      body.payment_orders.map((order) => order.seller_account),
    ),
  ]);
  // What was taken before is answered as it was.
  if (stopped.length > 0 && (await findCheckout(databases.payments, merchantId, body.checkout_id)) === undefined)
    throw notAccepting(body, stopped);
  await failpoint('accept_checkout.before_commit', body.checkout_id);
  const quotes = await quotesFor(databases.payments, merchantId, body);
  const outcome = await createCheckout(databases.payments, newCheckout(merchantId, body, key, returnUrl, quotes));
  await failpoint('accept_checkout.after_commit', body.checkout_id);
  switch (outcome) {
    case 'created':
    case 'replayed':
      break;
    case 'idempotency_key_reused':
      throw new Problem('idempotency-key-reused', 'send a new Idempotency-Key with a new body', [
        { pointer: 'Idempotency-Key', detail: 'came with another body before' },
      ]);
    case 'checkout_id_reused':
      throw new Problem('checkout-id-reused', "a checkout can't be changed once it is posted: send a new checkout_id", [
        { pointer: '/checkout_id', detail: 'came with another body before' },
      ]);
    case 'payment_order_id_reused':
      throw new Problem('validation-failed', 'a payment_order_id belongs to another checkout', [
        { pointer: '/payment_orders', detail: 'a payment_order_id of these belongs to another checkout' },
      ]);
    case 'quote_used':
      throw new Problem('validation-failed', 'a quote holds for one payment order: ask for a new one', [
        { pointer: '/payment_orders', detail: 'an fx_quote_id of these is of another payment order' },
      ]);
  }
  // Sellers also when it is replayed: an API killed right after the row left them to whoever comes next (the worker does it too).
  const [checkout] = await Promise.all([
    startIfNeeded(dependencies, merchantId, body.checkout_id, outcome === 'created'),
    ensureSellers(databases.identity, merchantId, [
      ...new Set(body.payment_orders.map((order) => order.seller_account)),
    ]),
  ]);
  await failpoint('accept_checkout.before_reply', body.checkout_id);
  return { checkout, replayed: outcome === 'replayed' };
}

async function startIfNeeded(
  dependencies: ApiDependencies,
  merchantId: string,
  checkoutId: string,
  isNew: boolean,
): Promise<CheckoutRecord> {
  const checkout = await mustFind(dependencies, merchantId, checkoutId);
  if (isNew || looksForgotten(checkout)) await tryToStart(dependencies, checkout, !isNew);
  return checkout;
}

function notAccepting(body: CheckoutBody, stopped: readonly StoppedSeller[]): Problem {
  const whyOf = new Map(stopped.map((seller) => [seller.sellerId, seller]));
  const errors = body.payment_orders.flatMap(({ seller_account: id }, place) => {
    const why = whyOf.get(id);
    return why === undefined
      ? []
      : [{ pointer: `/payment_orders/${String(place)}/seller_account`, detail: whyStopped(why) }];
  });
  const sellers = stopped.map((seller) => `${seller.sellerId} ${whyStopped(seller)}`);
  return new Problem('seller-not-accepting', [...new Set(sellers)].join('; '), errors);
}

export const whyStopped = ({
  standing,
  suspensionReason,
}: Pick<StoppedSeller, 'standing' | 'suspensionReason'>): string =>
  `is ${standing}${suspensionReason === null ? '' : `: ${suspensionReason}`}`;

/** The merchant's own return URL when its list allows it, or a plain page of ours. @throws Problem that says what is allowed */
export async function checkedReturnUrl(
  { databases, publicUrl }: ApiDependencies,
  merchantId: string,
  wanted: string | undefined,
): Promise<string> {
  if (wanted === undefined) return `${publicUrl}/return`;
  return allowedUrl(databases, merchantId, '/return_url', wanted, 'must be left out: ');
}

/** A URL that a merchant's people may be sent to. @throws Problem that says what is allowed */
export async function allowedUrl(
  { identity }: Pick<Databases, 'identity'>,
  merchantId: string,
  pointer: string,
  wanted: string,
  otherwise = '',
): Promise<string> {
  const allowed = await returnUrlsOf(identity, merchantId);
  if (isAllowedReturnUrl(wanted, allowed)) return wanted;
  const detail =
    allowed.length === 0
      ? `${otherwise}no return URL is allowed for this merchant yet`
      : `must begin with one of: ${allowed.join(', ')}`;
  throw new Problem('validation-failed', `${pointer} ${detail}`, [{ pointer, detail }]);
}

function newCheckout(
  merchantId: string,
  body: CheckoutBody,
  key: string | null,
  returnUrl: string,
  quotes: ReadonlyMap<string, QuoteRecord>,
): NewCheckout {
  return {
    merchantId,
    checkoutId: body.checkout_id,
    buyerInfo: body.buyer_info,
    creditCardInfo:
      body.credit_card_info === undefined ? null : { paymentMethod: body.credit_card_info.payment_method },
    returnUrl,
    failurePolicy: body.failure_policy ?? defaultFailurePolicy(body.payment_orders.length),
    captureMethod: body.capture_method ?? 'automatic',
    metadata: body.metadata ?? {},
    paymentOrders: body.payment_orders.map((order) => {
      const quote = quotes.get(order.payment_order_id);
      const feeCurrency = quote?.sellerCurrency ?? order.currency;
      return {
        paymentOrderId: order.payment_order_id,
        sellerAccount: order.seller_account,
        amountMinor: toMinorUnits(order),
        currency: order.currency,
        platformFeeMinor:
          order.platform_fee === undefined ? 0n : toMinorUnits({ amount: order.platform_fee, currency: feeCurrency }),
        statementDescriptor: order.statement_descriptor ?? null,
        ...(quote !== undefined && { exchange: { ...promiseOf(quote), quoteId: quote.quoteId } }),
      };
    }),
    requestFingerprint: fingerprint(body),
    route: createRoute,
    idempotencyKey: key,
  };
}

/** Whether the buyer is to pay on the PSP's page. */
export const isHosted = (checkout: CheckoutRecord): boolean => cardOf(checkout) === null;

/** Stored a while ago and not begun: the first request may have died between row and start. The sweeper would find it too. */
function looksForgotten(checkout: CheckoutRecord): boolean {
  const ageMs = Date.now() - checkout.updatedAt.getTime();
  return ageMs > 1_000 && checkout.paymentOrders.every((order) => order.paymentOrderStatus === 'NOT_STARTED');
}

async function tryToStart(dependencies: ApiDependencies, checkout: CheckoutRecord, resume: boolean): Promise<void> {
  const { temporal, taskQueue, logger } = dependencies;
  await patiently(
    dependencies,
    () => startCheckoutWorkflow(temporal, taskQueue, checkoutInput(checkout, resume)),
    (error) => {
      logger.warn({ err: error, checkoutId: checkout.checkoutId }, 'stored, not started: the sweeper will');
    },
  );
}

/** So long a call to Temporal may go on behind an answer that was given meanwhile; what comes to nothing then, the sweeper does. */
const temporalDeadlineMs = 10_000;

/**
 * Gives Temporal a moment before the request is answered, and the call a while longer behind that: on a busy machine a start that
 * was merely slow would else wait for the sweeper. A failure is no failure of the request: the row is there.
 */
async function patiently(
  { temporal, temporalPatienceMs, behindAnswers }: ApiDependencies,
  call: () => Promise<unknown>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const answered = new AbortController();
  const underWay = temporal.connection
    .withDeadline(Date.now() + Math.max(temporalDeadlineMs, temporalPatienceMs), call)
    .then(() => undefined, onFailure)
    .finally(() => answered.abort());
  behindAnswers.add(underWay);
  const patience = pause(temporalPatienceMs, undefined, { ref: false, signal: answered.signal }).catch(() => undefined);
  await Promise.race([underWay, patience]);
}

export async function mustFind(
  { databases }: ApiDependencies,
  merchantId: string,
  checkoutId: string,
): Promise<CheckoutRecord> {
  const checkout = await findCheckout(databases.payments, merchantId, checkoutId);
  if (checkout === undefined) throw new Problem('not-found', 'there is no such checkout');
  return checkout;
}

export async function mustFindOrder(
  { databases }: ApiDependencies,
  merchantId: string,
  paymentOrderId: string,
): Promise<PaymentOrderRecord> {
  const order = await findPaymentOrder(databases.payments, { merchantId, paymentOrderId });
  if (order === undefined) throw new Problem('not-found', 'there is no such payment order');
  return order;
}

/** The workflows that may carry a stored checkout, the likeliest first. */
export const carriers = (checkout: CheckoutRecord): readonly [string, ...string[]] =>
  carriersOf({ ...checkout, onlyOrder: onlyOrderOf(checkout) });

/** Phases in which nothing more happens until somebody acts: a waiting client gets its answer then, too. */
const restingPhases = new Set(['authorized', 'requires_action', 'processing', 'needs_attention']);

/** Whether a checkout has come to its outcome, or to a rest that only somebody else can end. */
export function isSettled(checkout: CheckoutRecord): boolean {
  if (isFinalCheckout(checkout.checkoutStatus as CheckoutStatus)) return true;
  if (checkout.checkoutStatus === 'awaiting_buyer') return true;
  const waitsForCapture = checkout.captureMethod === 'manual' || checkout.failurePolicy === 'independent';
  return (
    checkout.paymentOrders.every(
      (order) =>
        isTerminal(order.paymentOrderStatus as PaymentOrderStatus) ||
        (restingPhases.has(order.phase) && (order.phase !== 'authorized' || waitsForCapture)),
    ) && checkout.paymentOrders.some((order) => restingPhases.has(order.phase))
  );
}

/**
 * Waits for the outcome as long as the client wants to. The workflow's end is the fast way to learn it; the row is read
 * too, for outcomes that end no workflow and for days when Temporal is away.
 */
export async function awaitOutcome(
  dependencies: ApiDependencies,
  accepted: CheckoutRecord,
  seconds: number,
  settled: (checkout: CheckoutRecord) => boolean,
): Promise<CheckoutRecord> {
  const deadline = Date.now() + seconds * 1000;
  const { merchantId, checkoutId } = accepted;
  const handle = dependencies.temporal.workflow.getHandle(carriers(accepted)[0]);
  let closed = false as boolean;
  // Given up as soon as there is an answer: a long poll left behind would outlive the request.
  const answered = new AbortController();
  const { connection } = dependencies.temporal;
  const close = connection
    .withAbortSignal(answered.signal, () => connection.withDeadline(deadline + 1_000, () => handle.result()))
    .then(
      () => (closed = true),
      () => false,
    );
  try {
    return await settledRow();
  } finally {
    answered.abort();
  }

  async function settledRow(): Promise<CheckoutRecord> {
    for (let waitMs = rowPollMs.first; ; waitMs = Math.min(waitMs * 2, rowPollMs.most)) {
      const left = deadline - Date.now();
      if (left <= 0 || dependencies.draining.aborted) return mustFind(dependencies, merchantId, checkoutId);
      await Promise.race([...(closed ? [] : [close]), pause(Math.min(waitMs, left), undefined, { ref: false })]);
      const checkout = await mustFind(dependencies, merchantId, checkoutId);
      if (settled(checkout)) return checkout;
      if (closed) await pause(Math.min(waitMs, Math.max(0, deadline - Date.now())), undefined, { ref: false });
    }
  }
}

/** Phases that end when the PSP says so: asking it now may end them sooner than its webhook or our next poll. */
const askablePhases = new Set(['requires_action', 'processing', 'unknown']);

/**
 * Has the PSP asked now, for a storefront whose buyer has just come back. Nothing that the buyer brought along is believed;
 * a signal that is lost costs no more than the next poll.
 */
export async function askNow(dependencies: ApiDependencies, checkout: CheckoutRecord): Promise<void> {
  const { merchantId, checkoutId, round } = checkout;
  if (checkout.checkoutStatus === 'awaiting_buyer')
    return tell(dependencies, workflowIds.checkout(merchantId, checkoutId, round), 'review');
  const asked = checkout.paymentOrders.filter((order) => askablePhases.has(order.phase));
  await Promise.all(
    asked.map((order) =>
      tell(dependencies, workflowIds.paymentOrder(merchantId, order.paymentOrderId, round), 'review'),
    ),
  );
}

/** Asks a whole checkout to be canceled or captured: on the row first, then by signal. */
export async function requestForCheckout(
  dependencies: ApiDependencies,
  verb: 'cancel' | 'capture',
  merchantId: string,
  checkoutId: string,
  by: RequestedBy,
): Promise<CheckoutRecord> {
  const checkout = await mustFind(dependencies, merchantId, checkoutId);
  if (verb === 'capture' && checkout.captureMethod !== 'manual')
    throw new Problem('not-capturable', 'this checkout has capture_method "automatic"');
  const open = await requestOnCheckout(dependencies.databases.payments, verb, merchantId, checkoutId, by);
  if (!open) {
    const standing = await mustFind(dependencies, merchantId, checkoutId);
    if (verb === 'cancel' && standing.checkoutStatus === 'canceled') return standing;
    throw new Problem('already-final', `the checkout is ${standing.checkoutStatus}`);
  }
  await Promise.all(carriers(checkout).map((workflowId) => tell(dependencies, workflowId, verb, by)));
  return mustFind(dependencies, merchantId, checkoutId);
}

/**
 * Gives a declined checkout, or one whose buyer is on the payment page, another card. While an attempt is unknown or on
 * its way a second one is refused: it could pay twice (U3).
 */
export async function giveCard(
  dependencies: ApiDependencies,
  merchantId: string,
  checkoutId: string,
  card: string,
): Promise<{ checkout: CheckoutRecord; replayed: boolean }> {
  await mustFind(dependencies, merchantId, checkoutId);
  const { payments } = dependencies.databases;
  const outcome = await reopenCheckout(payments, { merchantId, checkoutId, card, fromRound: null });
  await dependencies.failpoint('accept_card.after_commit', checkoutId);
  const checkout = await mustFind(dependencies, merchantId, checkoutId);
  switch (outcome) {
    case 'reopened':
      await tryToStart(dependencies, checkout, true);
      break;
    case 'replayed':
      if (looksForgotten(checkout)) await tryToStart(dependencies, checkout, true);
      break;
    case 'page':
      await tell(dependencies, workflowIds.checkout(merchantId, checkoutId, checkout.round), 'review');
      break;
    case 'unknown':
      throw new Problem(
        'outcome-unknown',
        'nobody knows yet whether the last attempt was paid; another one could pay twice. It is being looked up: try again later',
      );
    case 'in_progress':
      throw new Problem(
        'payment-in-progress',
        'an attempt is on its way or authorized: wait for its outcome, or cancel',
      );
    case 'final':
      throw new Problem('already-final', `the checkout is ${checkout.checkoutStatus}, and no order of it was declined`);
  }
  return { checkout, replayed: outcome === 'replayed' };
}

/** Asks one payment order to be canceled or captured. */
export async function requestForOrder(
  dependencies: ApiDependencies,
  verb: 'cancel' | 'capture',
  merchantId: string,
  paymentOrderId: string,
  by: RequestedBy,
  amount: string | undefined,
): Promise<PaymentOrderRecord> {
  const order = await mustFindOrder(dependencies, merchantId, paymentOrderId);
  const checkout = await mustFind(dependencies, merchantId, order.checkoutId);
  if (verb === 'capture' && checkout.captureMethod !== 'manual')
    throw new Problem('not-capturable', 'its checkout has capture_method "automatic"');
  if (verb === 'capture' && checkout.failurePolicy === 'all_or_nothing' && checkout.paymentOrders.length > 1) {
    throw new Problem(
      'not-capturable',
      'orders of an all_or_nothing checkout are captured together: capture the checkout',
    );
  }
  const request = amount === undefined ? by : { ...by, amount_minor: captureMinor(order, amount).toString() };
  const open = await requestOnPaymentOrder(
    dependencies.databases.payments,
    verb,
    { merchantId, paymentOrderId },
    request,
  );
  if (!open) {
    const standing = await mustFindOrder(dependencies, merchantId, paymentOrderId);
    if (verb === 'cancel' && standing.failureReason === 'canceled') return standing;
    throw new Problem('already-final', `the payment order is ${standing.phase}`);
  }
  await tell(dependencies, workflowIds.paymentOrder(merchantId, paymentOrderId, checkout.round), verb, by);
  return mustFindOrder(dependencies, merchantId, paymentOrderId);
}

/** The amount to capture of an order, in minor units. @throws Problem that says what would be right */
function captureMinor(order: PaymentOrderRecord, amount: string): bigint {
  const { currency } = order;
  const minor = positiveAmount({ amount, currency }, '/amount');
  if (minor <= order.amount) return minor;
  const detail = `must be at most ${fromMinorUnits(order.amount, currency).amount}, which is authorized`;
  throw new Problem('validation-failed', `/amount ${detail}`, [{ pointer: '/amount', detail }]);
}

/** Minor units of an amount above zero that the PSP can take exactly. @throws Problem that names the field */
export function positiveAmount(money: Money, pointer: string): bigint {
  try {
    const amountMinor = toPositiveMinorUnits(money);
    toStripeAmount({ amountMinor, currency: money.currency });
    return amountMinor;
  } catch (error) {
    if (!(error instanceof MoneyError || error instanceof ProviderError)) throw error;
    const field = error instanceof MoneyError && error.field === 'currency' ? '/currency' : pointer;
    throw new Problem('validation-failed', `${field} ${error.message}`, [{ pointer: field, detail: error.message }]);
  }
}

/** Has Temporal told of payout schedules. A failure is no failure of the request: the rows are there. */
export const tellSchedules = (dependencies: ApiDependencies): Promise<void> =>
  patiently(
    dependencies,
    () =>
      tellPayoutSchedules(dependencies.databases.payouts, (schedule) =>
        putPayoutSchedule(dependencies.temporal, dependencies.taskQueue, schedule),
      ),
    (error) => {
      dependencies.logger.warn({ err: error }, 'payout schedules are stored, not told: the sweeper will');
    },
  );

/** Starts a process that moves money, or wakes the one that runs. A failure is no failure of the request: its row is there. */
export const startProcess = (dependencies: ApiDependencies, process: MoneyProcess): Promise<void> =>
  patiently(
    dependencies,
    () => startMoneyProcess(dependencies.temporal, dependencies.taskQueue, process),
    (error) => {
      dependencies.logger.warn({ err: error, workflow: process.workflow }, 'stored, not started: the sweeper will');
    },
  );

const tell = (
  dependencies: ApiDependencies,
  workflowId: string,
  verb: 'cancel' | 'capture' | 'review',
  by?: RequestedBy,
): Promise<void> =>
  patiently(
    dependencies,
    () => signalWorkflow(dependencies.temporal, workflowId, verb, ...(by === undefined ? [] : [by])),
    (error) => {
      dependencies.logger.warn({ err: error, workflowId, verb }, 'on the row, not signalled: the sweeper will');
    },
  );
