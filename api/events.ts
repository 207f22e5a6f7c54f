import express, { type Router } from 'express';
import { findEvent, listEvents, type EventRecord } from '../prisma/event';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { idOf, limitOf, wrongParameter } from './paging';
import { Problem } from './problem';

const eventId = /^evt_[a-z0-9]{1,64}$/;
const typePattern = /^[a-z_]{1,40}\.[a-z_]{1,40}$/;

/** What has happened, the oldest first: for who reads along instead of being told. */
export function eventRoutes({ databases }: ApiDependencies): Router {
  const { events } = databases;
  const router = express.Router();
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('events:read', response);
    const limit = limitOf(request);
    const { type, resource_id: resourceId, after } = request.query;
    if (type !== undefined && (typeof type !== 'string' || !typePattern.test(type)))
      throw wrongParameter('type', 'must be a type such as "payment.succeeded"');
    if (resourceId !== undefined && (typeof resourceId !== 'string' || !/^[A-Za-z0-9._-]{1,255}$/.test(resourceId)))
      throw wrongParameter('resource_id', 'must be the id of a checkout, payment order, refund, dispute or payout');
    if (after !== undefined && (typeof after !== 'string' || !eventId.test(after)))
      throw wrongParameter('after', 'must be the id of an event, such as next_cursor of an earlier answer');
    const from = after === undefined ? undefined : await findEvent(events, merchantId, after);
    if (after !== undefined && from === undefined) throw wrongParameter('after', 'must be the id of an event');
    const found = await listEvents(events, merchantId, { type, resourceId }, limit + 1, from?.sequence ?? null);
    const data = found.slice(0, limit);
    // The cursor stays where the list ended: ask again with it for what comes next.
    response.json({
      data: data.map(renderEvent),
      has_more: found.length > limit,
      next_cursor: data.at(-1)?.eventId ?? after ?? null,
    });
  });
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('events:read', response);
    const event = await findEvent(events, merchantId, idOf(request, eventId));
    if (event === undefined) throw new Problem('not-found', 'there is no such event');
    response.json(renderEvent(event));
  });
  return router;
}

const renderEvent = (event: EventRecord) => ({
  event_id: event.eventId,
  type: event.type,
  resource_type: event.resourceType,
  resource_id: event.resourceId,
  resource_version: event.version,
  occurred_at: event.occurredAt.toISOString(),
  data: event.data,
});
