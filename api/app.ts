import express, { type Express, type Request, type Response, type Router } from 'express';
import helmet from 'helmet';
import { identifierPattern } from '../domain/identifiers';
import { findSeller } from '../prisma/identity';
import { walletBalances } from '../prisma/wallet';
import { authenticate, callerWith } from './authentication';
import {
  acceptCheckout,
  awaitOutcome,
  idempotencyKey,
  isSettled,
  mustFind,
  mustFindOrder,
  preferredWait,
  requestForCheckout,
  requestForOrder,
  type ApiDependencies,
} from './checkouts';
import { createMetrics } from './metrics';
import { Problem, problemHandler } from './problem';
import { readBody } from './read-body';
import { renderCheckout, renderPaymentOrder, renderWallet } from './render';
import { checkoutBody, requestBody } from './schemas';

const bodyLimit = '512kb';

/** The HTTP API: parse, store, start or signal, answer. */
export function createApp(dependencies: ApiDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  const metrics = createMetrics(dependencies.databases.payments);
  app.use(helmet(), metrics.observe);
  app.get('/metrics', metrics.expose);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', (_request, response) => ready(dependencies, response));
  app.use(
    '/v1',
    authenticate(dependencies.databases.identity),
    express.json({ limit: bodyLimit, strict: true }),
    routes(dependencies),
  );
  app.use(() => {
    throw new Problem('not-found', 'there is no such path');
  });
  app.use(problemHandler(dependencies.logger));
  return app;
}

function routes(dependencies: ApiDependencies): Router {
  const router = express.Router();
  router.post('/payments', (request, response) => postPayments(dependencies, request, response));
  router.get('/payments/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', request, response);
    response.json(renderPaymentOrder(await mustFindOrder(dependencies, merchantId, idOf(request))));
  });
  router.get('/checkouts/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', request, response);
    response.json(renderCheckout(await mustFind(dependencies, merchantId, idOf(request))));
  });
  for (const verb of ['cancel', 'capture'] as const) {
    router.post(`/checkouts/:id/${verb}`, (request, response) =>
      postCheckoutRequest(dependencies, verb, request, response),
    );
    router.post(`/payments/:id/${verb}`, (request, response) =>
      postOrderRequest(dependencies, verb, request, response),
    );
  }
  router.get('/sellers/:id/wallet', async (request, response) => {
    const { merchantId } = callerWith('sellers:read', request, response);
    const sellerId = idOf(request);
    const seller = await findSeller(dependencies.databases.identity, merchantId, sellerId);
    if (seller === undefined) throw new Problem('not-found', 'there is no such seller');
    response.json(
      renderWallet(
        sellerId,
        seller.kycStatus,
        await walletBalances(dependencies.databases.wallet, merchantId, sellerId),
      ),
    );
  });
  return router;
}

async function postPayments(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:write', request, response);
  const key = idempotencyKey(request);
  const body = readBody(request, checkoutBody);
  const accepted = await acceptCheckout(dependencies, merchantId, body, key);
  if (accepted.replayed) response.setHeader('Idempotent-Replayed', 'true');
  await answerCheckout(dependencies, request, response, accepted.checkout, isSettled);
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
  const checkout =
    wait === 0 || settled(stored)
      ? stored
      : await awaitOutcome(dependencies, stored.merchantId, stored.checkoutId, wait, settled);
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
  const caller = callerWith('payments:write', request, response);
  const { reason = `${verb} requested` } = readBody(request, requestBody, { optional: true });
  const checkout = await requestForCheckout(dependencies, verb, caller.merchantId, idOf(request), {
    actor: `api-key:${caller.keyId}`,
    reason,
  });
  await answerCheckout(dependencies, request, response, checkout, (standing) => standing.checkoutStatus !== 'open');
}

async function postOrderRequest(
  dependencies: ApiDependencies,
  verb: 'cancel' | 'capture',
  request: Request,
  response: Response,
): Promise<void> {
  const caller = callerWith('payments:write', request, response);
  const { reason = `${verb} requested` } = readBody(request, requestBody, { optional: true });
  const order = await requestForOrder(dependencies, verb, caller.merchantId, idOf(request), {
    actor: `api-key:${caller.keyId}`,
    reason,
  });
  response.status(202).location(`/v1/payments/${order.paymentOrderId}`).json(renderPaymentOrder(order));
}

/** Ids that can't exist are answered like ids that don't. */
function idOf(request: Request): string {
  const id = String(request.params['id']);
  if (!identifierPattern.test(id)) throw new Problem('not-found', 'there is no such id');
  return id;
}

/** Ready means: can accept. Without Temporal the API still accepts, so it only reports it. */
async function ready({ databases, temporal }: ApiDependencies, response: Response): Promise<void> {
  const works = async (probe: () => Promise<unknown>): Promise<'ok' | 'unavailable'> => {
    try {
      await probe();
      return 'ok';
    } catch {
      return 'unavailable';
    }
  };
  const [database, orchestrator] = await Promise.all([
    works(() => databases.payments.$queryRaw`SELECT 1`),
    works(() => temporal.connection.withDeadline(Date.now() + 1_000, () => temporal.workflowService.getSystemInfo({}))),
  ]);
  response
    .status(database === 'ok' ? 200 : 503)
    .json({ status: database === 'ok' ? 'ready' : 'not ready', database, temporal: orchestrator });
}
