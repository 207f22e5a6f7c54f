import { setTimeout as pause } from 'node:timers/promises';
import express, { type Express, type Request, type Response, type Router } from 'express';
import helmet from 'helmet';
import { checkoutStatuses, isFinalCheckout, type CheckoutStatus } from '../domain/checkout';
import { paymentOrderStatuses } from '../domain/payment-order';
import { listCheckouts } from '../prisma/checkout';
import { listPaymentOrders, type PaymentOrderRecord } from '../prisma/payment-order';
import { listBreakers } from '../prisma/psp-breaker';
import { givenBack } from '../prisma/refund';
import { asMerchant } from '../prisma/tenant';
import { fingerprintOf } from '../providers/fingerprint';
import { apiKeyRoutes } from './api-keys';
import { authenticate, authenticateBuyer, callerOf, callerWith } from './authentication';
import { buyerRoutes } from './buyers';
import { callRoutes } from './call-records';
import { idempotencyKey, recordCalls } from './calls';
import {
  acceptCheckout,
  askNow,
  awaitOutcome,
  giveCard,
  isHosted,
  isSettled,
  mustFind,
  mustFindOrder,
  preferredWait,
  requestForCheckout,
  requestForOrder,
  type ApiDependencies,
} from './checkouts';
import { version } from '../package.json';
import { docsRoutes, onlyAllowed, onlyDescribed } from './docs';
import { eventRoutes } from './events';
import { fxRoutes } from './fx';
import { riskRoutes } from './risk';
import { webhookEndpointRoutes } from './webhook-endpoints';
import { disputeRoutes } from './disputes';
import { ledgerRoutes } from './ledger';
import { merchantRoutes } from './merchants';
import { createMetrics } from './metrics';
import { createdBetween, idOf, idParameter, listAnswer, pageOf, wordOf } from './paging';
import { notificationRoutes } from './notifications';
import { opsRoutes } from './ops';
import { payoutRoutes } from './payouts';
import { Problem, problemHandler } from './problem';
import { pspEventRoutes } from './psp-events';
import { readBody } from './read-body';
import { reconciliationRoutes } from './reconciliation';
import { refundRoutes } from './refunds';
import { renderCheckout, renderPaymentOrder } from '../render';
import { giveRequestId } from './request-id';
import { returnPage } from './return-page';
import { captureBody, checkoutBody, paymentMethodBody, requestBody } from './schemas';
import { sellerRoutes } from './sellers';
import { planMigrationRoutes, planRoutes, subscriptionRoutes } from './subscriptions';
import { testClockRoutes } from './test-clocks';
import { unsubscribeRoutes } from './unsubscribe';
import { createWebhooks, type WebhookSettings } from './webhooks';

const bodyLimit = '512kb';
const healthPatienceMs = 500;
/** How long a storefront waits for the address of the payment page when it hasn't said how long. */
const pageWaitSeconds = 5;

/** The HTTP API: parse, store, start or signal, answer. `drain` finishes what goes on behind answers already given. */
export function createApp(
  dependencies: ApiDependencies,
  webhookSettings: WebhookSettings,
): { app: Express; drain: () => Promise<void> } {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...dependencies.trustedProxies]);
  const metrics = createMetrics(dependencies.databases);
  app.use(giveRequestId, helmet(), metrics.observe);
  app.get('/metrics', metrics.expose);
  app.get('/healthz', async (_request, response) => {
    response.json({ status: 'ok', psp: await pspHealth(dependencies) });
  });
  app.get('/readyz', (_request, response) => ready(dependencies, response));
  app.get('/return', returnPage);
  app.use('/unsubscribe', unsubscribeRoutes(dependencies));
  app.use(docsRoutes(dependencies.publicUrl, version));
  const webhooks = createWebhooks(dependencies, webhookSettings, metrics.webhooks);
  app.use('/webhooks', webhooks.router);
  const { databases, limits, logger } = dependencies;
  app.use(
    '/v1/buyer',
    authenticateBuyer(dependencies.operators),
    onlyDescribed,
    limits.perKey,
    buyerRoutes(dependencies),
  );
  app.use(
    '/v1',
    authenticate(databases.identity, dependencies.operators, (error) =>
      logger.warn({ err: error }, "a key's use could not be noted"),
    ),
    onlyDescribed,
    limits.perKey,
    onlyAllowed,
    express.json({ limit: bodyLimit, strict: true }),
    // From here on the database shows the caller's own rows and no others.
    (_request, response, next) => asMerchant(callerOf(response).merchantId, next),
    recordCalls(databases.identity, dependencies),
    routes(dependencies),
  );
  app.use(() => {
    throw new Problem('not-found', 'there is no such path');
  });
  app.use(problemHandler(dependencies.logger));
  const drain = async (): Promise<void> => {
    await Promise.all([webhooks.drain(), dependencies.behindAnswers.drain()]);
  };
  return { app, drain };
}

function routes(dependencies: ApiDependencies): Router {
  const router = express.Router();
  router.post('/payments', (request, response) => postPayments(dependencies, request, response));
  router.get('/payments/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const order = await mustFindOrder(dependencies, merchantId, idOf(request));
    response.json(renderPaymentOrder(order, await givenBack(dependencies.databases.payments, order)));
  });
  router.get('/payments', (request, response) => getPayments(dependencies, request, response));
  router.get('/checkouts', (request, response) => getCheckouts(dependencies, request, response));
  router.get('/checkouts/:id', (request, response) => getCheckout(dependencies, request, response));
  for (const verb of ['cancel', 'capture'] as const) {
    router.post(`/checkouts/:id/${verb}`, (request, response) =>
      postCheckoutRequest(dependencies, verb, request, response),
    );
    router.post(`/payments/:id/${verb}`, (request, response) =>
      postOrderRequest(dependencies, verb, request, response),
    );
  }
  router.post('/checkouts/:id/payment_method', (request, response) =>
    postPaymentMethod(dependencies, request, response),
  );
  router.use('/psp_events', pspEventRoutes(dependencies));
  router.use(refundRoutes(dependencies));
  router.use(ledgerRoutes(dependencies));
  router.use('/disputes', disputeRoutes(dependencies));
  router.use('/payouts', payoutRoutes(dependencies));
  router.use('/sellers', sellerRoutes(dependencies));
  router.use('/fx', fxRoutes(dependencies));
  router.use('/risk', riskRoutes(dependencies));
  router.use('/plans', planRoutes(dependencies));
  router.use('/subscriptions', subscriptionRoutes(dependencies));
  router.use('/plan_migrations', planMigrationRoutes(dependencies));
  router.use('/test_clocks', testClockRoutes(dependencies));
  router.use('/api_keys', apiKeyRoutes(dependencies));
  router.use('/merchants', merchantRoutes(dependencies));
  router.use('/reconciliation', reconciliationRoutes(dependencies));
  router.use('/ops', opsRoutes(dependencies));
  router.use('/calls', callRoutes(dependencies));
  router.use('/events', eventRoutes(dependencies));
  router.use(webhookEndpointRoutes(dependencies));
  router.use(notificationRoutes(dependencies));
  return router;
}

async function getPayments({ databases }: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:read', response);
  const { limit, after } = pageOf(request);
  const filter = {
    status: wordOf(request, 'payment_order_status', paymentOrderStatuses),
    sellerAccount: idParameter(request, 'seller_account', 'a seller'),
    checkoutId: idParameter(request, 'checkout_id', 'a checkout'),
    created: createdBetween(request),
  };
  const found = await listPaymentOrders(databases.payments, merchantId, filter, limit + 1, after);
  const render = (order: PaymentOrderRecord) => renderPaymentOrder(order);
  response.json(listAnswer(found, limit, render, (order) => order.paymentOrderId));
}

async function getCheckouts({ databases }: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:read', response);
  const { limit, after } = pageOf(request);
  const filter = {
    status: wordOf(request, 'checkout_status', checkoutStatuses),
    sellerAccount: idParameter(request, 'seller_account', 'a seller'),
    created: createdBetween(request),
  };
  const found = await listCheckouts(databases.payments, merchantId, filter, limit + 1, after);
  response.json(listAnswer(found, limit, renderCheckout, (checkout) => checkout.checkoutId));
}

async function postPayments(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:write', response);
  const key = idempotencyKey(request);
  const body = readBody(request, checkoutBody);
  const { limits, secretsKey } = dependencies;
  const { id: buyer, ip } = body.buyer_info;
  if (ip !== undefined) await limits.perAddress(fingerprintOf(secretsKey, merchantId, 'ip', ip), response);
  await limits.perBuyer(merchantId, buyer, response);
  const accepted = await acceptCheckout(dependencies, merchantId, body, key);
  if (accepted.replayed) response.setHeader('Idempotent-Replayed', 'true');
  await answerCheckout(dependencies, request, response, accepted.checkout, isSettled);
}

/** With `Prefer: wait` the PSP is asked now, and the answer waits until the checkout is final: for a buyer who is just back. */
async function getCheckout(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:read', response);
  const checkout = await mustFind(dependencies, merchantId, idOf(request));
  const wait = preferredWait(request);
  const final = (standing: typeof checkout): boolean =>
    isFinalCheckout(standing.checkoutStatus as CheckoutStatus) || standing.round > checkout.round;
  if (wait === 0 || final(checkout)) {
    response.json(renderCheckout(checkout));
    return;
  }
  await askNow(dependencies, checkout);
  response.setHeader('Preference-Applied', `wait=${String(wait)}`);
  response.json(renderCheckout(await awaitOutcome(dependencies, checkout, wait, final)));
}

async function postPaymentMethod(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:write', response);
  const { credit_card_info: card } = readBody(request, paymentMethodBody);
  const checkoutId = idOf(request);
  await dependencies.limits.perCheckout(merchantId, checkoutId, response);
  const { checkout, replayed } = await giveCard(dependencies, merchantId, checkoutId, card.payment_method);
  if (replayed) response.setHeader('Idempotent-Replayed', 'true');
  // The page closes a moment after the card has come: that moment is no outcome.
  await answerCheckout(
    dependencies,
    request,
    response,
    checkout,
    (standing) => standing.checkoutStatus !== 'awaiting_buyer' && isSettled(standing),
  );
}

/** 202 at once, or 200 with the outcome when the client waits for it and it comes in time. */
async function answerCheckout(
  dependencies: ApiDependencies,
  request: Request,
  response: Response,
  stored: Parameters<typeof renderCheckout>[0],
  settled: typeof isSettled,
): Promise<void> {
  const wait = preferredWait(request);
  const patience = wait === 0 && isHosted(stored) ? pageWaitSeconds : wait;
  const checkout =
    patience === 0 || settled(stored) ? stored : await awaitOutcome(dependencies, stored, patience, settled);
  if (wait > 0) response.setHeader('Preference-Applied', `wait=${String(wait)}`);
  response
    .status(wait > 0 && settled(checkout) ? 200 : 202)
    .location(`/v1/checkouts/${checkout.checkoutId}`)
    .json(renderCheckout(checkout));
}

async function postCheckoutRequest(
  dependencies: ApiDependencies,
  verb: 'cancel' | 'capture',
  request: Request,
  response: Response,
): Promise<void> {
  const caller = callerWith('payments:write', response);
  const { reason = `${verb} requested` } = readBody(request, requestBody, { optional: true });
  const checkout = await requestForCheckout(dependencies, verb, caller.merchantId, idOf(request), {
    actor: caller.actor,
    reason,
  });
  await answerCheckout(dependencies, request, response, checkout, (standing) =>
    isFinalCheckout(standing.checkoutStatus as CheckoutStatus),
  );
}

async function postOrderRequest(
  dependencies: ApiDependencies,
  verb: 'cancel' | 'capture',
  request: Request,
  response: Response,
): Promise<void> {
  const caller = callerWith('payments:write', response);
  const body = verb === 'capture' ? captureBody : requestBody;
  const { reason = `${verb} requested`, amount } = readBody(request, body, { optional: true }) as {
    reason?: string;
    amount?: string;
  };
  const by = { actor: caller.actor, reason };
  const order = await requestForOrder(dependencies, verb, caller.merchantId, idOf(request), by, amount);
  response.status(202).location(`/v1/payments/${order.paymentOrderId}`).json(renderPaymentOrder(order));
}

/** What the workers' circuit breakers say of the PSP. Never keeps anyone waiting: without an answer it is unknown. */
async function pspHealth({ databases }: ApiDependencies): Promise<'ok' | 'calls are held back' | 'unknown'> {
  const read = listBreakers(databases.payments).then(
    (breakers) => (breakers.every(({ state }) => state === 'closed') ? 'ok' : 'calls are held back'),
    () => 'unknown' as const,
  );
  return Promise.race([read, pause(healthPatienceMs, 'unknown' as const, { ref: false })]);
}

/** Ready means: can accept. Without Temporal the API still accepts, so it only reports it. */
async function ready(dependencies: ApiDependencies, response: Response): Promise<void> {
  const { databases, temporal } = dependencies;
  const works = async (probe: () => Promise<unknown>): Promise<'ok' | 'unavailable'> => {
    try {
      await probe();
      return 'ok';
    } catch {
      return 'unavailable';
    }
  };
  const [database, orchestrator, psp] = await Promise.all([
    works(() => databases.payments.$queryRaw`SELECT 1`),
    works(() => temporal.connection.withDeadline(Date.now() + 1_000, () => temporal.workflowService.getSystemInfo({}))),
    pspHealth(dependencies),
  ]);
  response
    .status(database === 'ok' ? 200 : 503)
    .json({ status: database === 'ok' ? 'ready' : 'not ready', database, temporal: orchestrator, psp });
}
