import express, { type Request, type Router } from 'express';
import { callFactors, listCalls, type CallFilter, type CallRecord } from '../prisma/call';
import { callerWith } from './authentication';
import { answerCsv } from './csv-answer';
import type { ApiDependencies } from './checkouts';
import { jsonOrCsv, listAnswer, pageOf, spanOf, wordOf, wrongParameter } from './paging';

const columns = [
  'call_id',
  'started_at',
  'finished_at',
  'actor',
  'factor',
  'remote_address',
  'method',
  'path',
  'status',
  'reason',
  'idempotency_key',
  'replayed',
  'request_id',
] as const;

/** Who has changed what, when, from where and by what right: every call that changes something, whatever became of it. */
export function callRoutes(dependencies: ApiDependencies): Router {
  const { identity } = dependencies.databases;
  const router = express.Router();
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    const filter = filterOf(request);
    if (jsonOrCsv(request) === 'csv') {
      await answerCsv<CallRecord>(
        response,
        `calls-${merchantId}.csv`,
        columns,
        (batch, last) => listCalls(identity, merchantId, filter, batch, last?.callId ?? null),
        (call) => {
          const row = renderCall(call);
          return columns.map((name) => (row[name] === null ? null : String(row[name])));
        },
      );
      return;
    }
    const { limit, after } = pageOf(request, /^\d{1,18}$/);
    const found = await listCalls(identity, merchantId, filter, limit + 1, after === null ? null : BigInt(after));
    response.json(listAnswer(found, limit, renderCall, (call) => String(call.callId)));
  });
  return router;
}

function filterOf(request: Request): CallFilter {
  const text = (name: string, what: string): string | undefined => {
    const given = request.query[name];
    if (given !== undefined && (typeof given !== 'string' || given.length > 200)) throw wrongParameter(name, what);
    return given;
  };
  return {
    actor: text('actor', 'must be one actor, such as "api-key:local"'),
    path: text('path', 'must be what the path begins with, such as "/v1/payouts"'),
    factor: wordOf(request, 'factor', callFactors),
    started: spanOf(request, 'started'),
  };
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
  remote_address: call.remoteAddress,
  factor: call.factor,
});
