import express, { type Router } from 'express';
import { breakClasses, breakStates, settlementDayPattern } from '../domain/reconciliation';
import { settledAccounts } from '../prisma/identity';
import { findBreak, findRun, listBreaks, listRuns, resolveBreak, type BreakRecord } from '../prisma/reconciliation';
import { asEverybody } from '../prisma/tenant';
import { renderBreak, renderRun } from '../render';
import { startReconciliation } from '../temporal/orchestrator';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { idOf, listAnswer, pageOf, wordOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { reasonBody, runsBody } from './schemas';

const breakId = /^brk_[a-f0-9]{24}$/;
const dayMs = 24 * 3_600_000;

/** Whether the book equals what the PSP has moved: days that were looked at, and what differs. */
export function reconciliationRoutes({ databases, temporal, taskQueue }: ApiDependencies): Router {
  const { reconciliation, identity } = databases;
  const router = express.Router();
  router.get('/runs', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:read', response);
    const { limit, after } = pageOf(request, settlementDayPattern);
    const found = await listRuns(reconciliation, merchantId, limit + 1, after);
    response.json(listAnswer(found, limit, renderRun, (run) => run.settlementDate));
  });
  router.get('/runs/:id', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:read', response);
    const run = await findRun(reconciliation, merchantId, idOf(request, settlementDayPattern));
    if (run === undefined) throw new Problem('not-found', 'that day has not been reconciled');
    response.json(renderRun(run));
  });
  router.post('/runs', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:write', response);
    const { from, to } = readBody(request, runsBody);
    const accounts = await asEverybody(() => settledAccounts(identity));
    if (!accounts.some(({ account }) => account === merchantId))
      throw new Problem('not-found', "this merchant's money is in the platform's account, which is reconciled as one");
    const ids: string[] = [];
    for (let day = Date.parse(from); day <= Date.parse(to); day += dayMs)
      ids.push(await startReconciliation(temporal, taskQueue, merchantId, new Date(day).toISOString().slice(0, 10)));
    response.status(202).json({ workflow_ids: ids });
  });
  router.get('/breaks', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:read', response);
    const { limit, after } = pageOf(request, breakId);
    const filter = {
      state: wordOf(request, 'state', breakStates),
      class: wordOf(request, 'class', breakClasses),
    };
    const found = await listBreaks(reconciliation, merchantId, filter, limit + 1, after);
    response.json(listAnswer(found, limit, renderBreak, (one) => one.breakId));
  });
  router.get('/breaks/:id', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:read', response);
    response.json(renderBreak(await mustFind(merchantId, idOf(request, breakId))));
  });
  router.post('/breaks/:id/resolve', async (request, response) => {
    const { merchantId, actor } = callerWith('reconciliation:write', response);
    const { reason } = readBody(request, reasonBody);
    const found = await mustFind(merchantId, idOf(request, breakId));
    if (!(await resolveBreak(reconciliation, merchantId, found.breakId, { actor, reason })))
      throw new Problem('already-final', `the break is ${found.state} already`);
    response.json(renderBreak(await mustFind(merchantId, found.breakId)));
  });
  return router;

  async function mustFind(merchantId: string, id: string): Promise<BreakRecord> {
    const found = await findBreak(reconciliation, merchantId, id);
    if (found === undefined) throw new Problem('not-found', 'there is no such break');
    return found;
  }
}
