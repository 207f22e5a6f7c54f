import express, { type Router } from 'express';
import { listCalls, type CallRecord } from '../prisma/call';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { limitOf, wrongParameter } from './paging';

/** Who has changed what, and when: every call that changes something, whatever became of it. */
export function callRoutes({ databases }: ApiDependencies): Router {
  const router = express.Router();
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    const { actor, after } = request.query;
    if (actor !== undefined && (typeof actor !== 'string' || actor.length > 200))
      throw wrongParameter('actor', 'must be one actor, such as "api-key:local"');
    if (after !== undefined && (typeof after !== 'string' || !/^\d{1,18}$/.test(after)))
      throw wrongParameter('after', 'must be a next_cursor of an earlier answer');
    const limit = limitOf(request);
    const found = await listCalls(
      databases.identity,
      merchantId,
      { actor },
      limit + 1,
      after === undefined ? null : BigInt(after),
    );
    const data = found.slice(0, limit);
    response.json({
      data: data.map(renderCall),
      has_more: found.length > limit,
      next_cursor: found.length > limit ? String(data.at(-1)?.callId ?? '') : null,
    });
  });
  return router;
}

const renderCall = (call: CallRecord) => ({
  call_id: String(call.callId),
  actor: call.actor,
  method: call.method,
  path: call.path,
  reason: call.reason,
  idempotency_key: call.idempotencyKey,
  request_id: call.requestId,
  started_at: call.startedAt.toISOString(),
  finished_at: call.finishedAt?.toISOString() ?? null,
  status: call.status,
  replayed: call.replayed,
});
