import express, { type Request, type Response, type Router } from 'express';
import { csvLine } from '../domain/csv';
import { callFactors, listCalls, type CallFilter, type CallRecord } from '../prisma/call';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { jsonOrCsv, listAnswer, pageOf, spanOf, wordOf, wrongParameter } from './paging';

/** What an export reads at a time. */
const batch = 1_000;
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
      await exportCalls(dependencies, merchantId, filter, response);
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

/** All that is found, as CSV, the newest first; read bit by bit, as fast as it is taken. */
async function exportCalls(
  { databases }: ApiDependencies,
  merchantId: string,
  filter: CallFilter,
  response: Response,
): Promise<void> {
  const read = (before: bigint | null) => listCalls(databases.identity, merchantId, filter, batch, before);
  // A database that is away is told of while there is a status to tell it with.
  let found = await read(null);
  response.type('text/csv').attachment(`calls-${merchantId}.csv`);
  response.write(csvLine(columns));
  for (;;) {
    const lines = found.map((call) => {
      const row = renderCall(call);
      return csvLine(columns.map((name) => (row[name] === null ? null : String(row[name]))));
    });
    if (!response.write(lines.join('')))
      await new Promise<void>((resolve) => {
        response.once('drain', resolve).once('close', resolve);
      });
    const last = found.at(-1);
    if (last === undefined || found.length < batch || response.closed) break;
    found = await read(last.callId);
  }
  response.end();
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
