import express, { type Request, type Router } from 'express';
import { pspEventStates } from '../domain/psp-event';
import { findPspEvent, listPspEvents, replayPspEvents } from '../prisma/psp-event';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { listAnswer, pageOf, wordOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { renderPspEvent } from '../render';
import { replayBody } from './schemas';

const eventId = /^[A-Za-z0-9_]{1,255}$/;

/** What operators do with the PSP's events: see them, the dead letters above all, and have them taken up again. */
export function pspEventRoutes({ databases }: ApiDependencies): Router {
  const router = express.Router();
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    const state = wordOf(request, 'state', pspEventStates) ?? 'dead_letter';
    const { limit, after } = pageOf(request, eventId);
    const found = await listPspEvents(databases.payments, merchantId, state, limit + 1, after);
    response.json(listAnswer(found, limit, renderPspEvent, (event) => event.eventId));
  });
  router.post('/replay', async (request, response) => {
    const { merchantId } = callerWith('ops:write', response);
    const { from, to } = readBody(request, replayBody);
    const replayed = await replayPspEvents(databases.payments, merchantId, { from: new Date(from), to: new Date(to) });
    response.status(202).json({ replayed });
  });
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    response.json(renderPspEvent(await mustFindEvent(request, merchantId)));
  });
  router.post('/:id/replay', async (request, response) => {
    const { merchantId } = callerWith('ops:write', response);
    const event = await mustFindEvent(request, merchantId);
    const replayed = await replayPspEvents(databases.payments, merchantId, { eventId: event.eventId });
    if (replayed === 0) throw new Problem('already-final', `the event is ${event.state}: there is nothing to replay`);
    response.status(202).json(renderPspEvent(await mustFindEvent(request, merchantId)));
  });
  return router;

  async function mustFindEvent(request: Request, merchantId: string) {
    const id = String(request.params['id']);
    const event = eventId.test(id) ? await findPspEvent(databases.payments, merchantId, id) : undefined;
    if (event === undefined) throw new Problem('not-found', 'there is no such event');
    return event;
  }
}
