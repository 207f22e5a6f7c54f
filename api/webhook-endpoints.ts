import { randomBytes, randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { AddressRefused, checkedUrl } from '../events/address-guard';
import { keepEvents } from '../prisma/event';
import {
  createEndpoint,
  deliveryStates,
  findDelivery,
  findEndpoint,
  listDeliveries,
  listEndpoints,
  makeDelivery,
  replayDelivery,
  rotateEndpointSecret,
  setEndpointDisabled,
  type DeliveryRecord,
  type WebhookEndpointRecord,
} from '../prisma/webhook-endpoint';
import { seal } from '../providers/secret-box';
import { callerWith } from './authentication';
import { idFor } from './calls';
import type { ApiDependencies } from './checkouts';
import { idOf, idParameter, listAnswer, pageOf, wordOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { endpointBody, rotateEndpointBody } from './schemas';

const hourMs = 3_600_000;
const overlapHours = 24;
const deliveryId = /^evt_[a-z0-9]{1,64}\.[A-Za-z0-9_-]{1,64}$/;

/** Where a merchant is told of events, and how that went. */
export function webhookEndpointRoutes({ databases, secretsKey, webhooks }: ApiDependencies): Router {
  const { events } = databases;
  const router = express.Router();
  router.get('/webhook_endpoints', async (request, response) => {
    const { merchantId } = callerWith('webhooks:read', response);
    const { limit, after } = pageOf(request);
    const found = await listEndpoints(events, merchantId, limit + 1, after);
    response.json(listAnswer(found, limit, renderEndpoint, (endpoint) => endpoint.endpointId));
  });
  router.get('/webhook_endpoints/:id', async (request, response) => {
    const { merchantId } = callerWith('webhooks:read', response);
    response.json(renderEndpoint(await mustFind(merchantId, idOf(request))));
  });
  router.post('/webhook_endpoints', (request, response) => postEndpoint(request, response));
  router.post('/webhook_endpoints/:id/rotate_secret', (request, response) => rotate(request, response));
  for (const verb of ['disable', 'enable'] as const)
    router.post(`/webhook_endpoints/:id/${verb}`, async (request, response) => {
      const { merchantId, actor } = callerWith('webhooks:write', response);
      const endpoint = await mustFind(merchantId, idOf(request));
      await setEndpointDisabled(events, endpoint, verb === 'disable' ? `by ${actor}` : null);
      response.json(renderEndpoint(await mustFind(merchantId, endpoint.endpointId)));
    });
  router.post('/webhook_endpoints/:id/test', (request, response) => test(request, response));
  router.get('/webhook_deliveries', async (request, response) => {
    const { merchantId } = callerWith('webhooks:read', response);
    const { limit, after } = pageOf(request, deliveryId);
    const filter = {
      endpointId: idParameter(request, 'endpoint_id', 'a webhook endpoint'),
      state: wordOf(request, 'state', deliveryStates),
    };
    const found = await listDeliveries(events, merchantId, filter, limit + 1, after);
    response.json(listAnswer(found, limit, renderDelivery, (delivery) => delivery.deliveryId));
  });
  router.get('/webhook_deliveries/:id', async (request, response) => {
    const { merchantId } = callerWith('webhooks:read', response);
    response.json(renderDelivery(await mustFindDelivery(merchantId, idOf(request, deliveryId))));
  });
  router.post('/webhook_deliveries/:id/replay', async (request, response) => {
    const { merchantId } = callerWith('webhooks:write', response);
    const delivery = await mustFindDelivery(merchantId, idOf(request, deliveryId));
    if (!(await replayDelivery(events, delivery)))
      throw new Problem('already-final', 'it is on its way: there is nothing to replay');
    response.status(202).json(renderDelivery(await mustFindDelivery(merchantId, delivery.deliveryId)));
  });
  return router;

  async function postEndpoint(request: Request, response: Response): Promise<void> {
    const { merchantId } = callerWith('webhooks:write', response);
    const { url, types = [] } = readBody(request, endpointBody);
    try {
      checkedUrl(url, webhooks);
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      throw new Problem('validation-failed', `/url ${error.message}`, [{ pointer: '/url', detail: error.message }]);
    }
    const endpointId = idFor('we_', request, response, () => randomBytes(12).toString('hex'));
    const secret = newSecret();
    const secretSealed = sealed(secret, merchantId, endpointId);
    // The process died between making it and answering: nobody has seen its secret.
    if (!(await createEndpoint(events, { merchantId, endpointId, url, types, secretSealed })))
      throw new Problem('already-final', `endpoint ${endpointId} was made and its answer lost: rotate its secret`);
    response
      .status(201)
      .location(`/v1/webhook_endpoints/${endpointId}`)
      .set('Cache-Control', 'no-store')
      .json({ ...renderEndpoint(await mustFind(merchantId, endpointId)), secret });
  }

  async function rotate(request: Request, response: Response): Promise<void> {
    const { merchantId } = callerWith('webhooks:write', response);
    const { old_secret_lives_hours: hours = overlapHours } = readBody(request, rotateEndpointBody, { optional: true });
    const { endpointId } = await mustFind(merchantId, idOf(request));
    const secret = newSecret();
    const oldUntil = new Date(Date.now() + hours * hourMs);
    await rotateEndpointSecret(events, { merchantId, endpointId }, sealed(secret, merchantId, endpointId), oldUntil);
    response
      .status(201)
      .set('Cache-Control', 'no-store')
      .json({ ...renderEndpoint(await mustFind(merchantId, endpointId)), secret });
  }

  /** An event that is sent to this endpoint alone, disabled or not, once. */
  async function test(request: Request, response: Response): Promise<void> {
    const { merchantId } = callerWith('webhooks:write', response);
    const endpoint = await mustFind(merchantId, idOf(request));
    const id = `evt_${idFor('', request, response, () => randomUUID().replaceAll('-', ''))}`;
    await keepEvents(events, [
      {
        eventId: id,
        merchantId,
        type: 'webhook.test',
        resourceType: 'webhook_endpoint',
        resourceId: endpoint.endpointId,
        version: 1,
        data: { endpoint_id: endpoint.endpointId },
        occurredAt: new Date(),
      },
    ]);
    const made = await makeDelivery(events, endpoint, id);
    response.status(202).json(renderDelivery(await mustFindDelivery(merchantId, made)));
  }

  function sealed(secret: string, merchantId: string, endpointId: string): Buffer {
    return seal(secret, secretsKey, `${merchantId}:webhook:${endpointId}`);
  }

  async function mustFind(merchantId: string, endpointId: string): Promise<WebhookEndpointRecord> {
    const endpoint = await findEndpoint(events, { merchantId, endpointId });
    if (endpoint === undefined) throw new Problem('not-found', 'there is no such webhook endpoint');
    return endpoint;
  }

  async function mustFindDelivery(merchantId: string, id: string): Promise<DeliveryRecord> {
    const delivery = await findDelivery(events, { merchantId, deliveryId: id });
    if (delivery === undefined) throw new Problem('not-found', 'there is no such delivery');
    return delivery;
  }
}

/** 256 random bits, in Standard Webhooks' form. */
const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

const renderEndpoint = (endpoint: WebhookEndpointRecord) => ({
  endpoint_id: endpoint.endpointId,
  url: endpoint.url,
  types: endpoint.types,
  disabled_at: endpoint.disabledAt?.toISOString() ?? null,
  disabled_reason: endpoint.disabledReason,
  previous_secret_until: endpoint.previousSecretUntil?.toISOString() ?? null,
  created_at: endpoint.createdAt.toISOString(),
  updated_at: endpoint.updatedAt.toISOString(),
});

const renderDelivery = (delivery: DeliveryRecord) => ({
  delivery_id: delivery.deliveryId,
  endpoint_id: delivery.endpointId,
  event_id: delivery.eventId,
  state: delivery.state,
  attempts: delivery.attempts,
  reply:
    delivery.attempts === 0
      ? null
      : { status: delivery.lastStatus, problem: delivery.lastProblem, bytes: delivery.lastBytes, ms: delivery.lastMs },
  next_try_at: delivery.nextTryAt?.toISOString() ?? null,
  created_at: delivery.createdAt.toISOString(),
  updated_at: delivery.updatedAt.toISOString(),
});
