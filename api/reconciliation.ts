import express, { type Request, type Response, type Router } from 'express';
import { settleByPerson } from '../breaks';
import { breakClasses, breakStates, settlementDayPattern } from '../domain/reconciliation';
import { settledAccounts } from '../prisma/identity';
import { findBreak, listBreaks, type BreakRecord } from '../prisma/break';
import { findRun, listRuns } from '../prisma/reconciliation';
import { fileKinds, findFile, listFiles } from '../prisma/settlement-file';
import { asEverybody } from '../prisma/tenant';
import { gatherReport, reportCsv, reportHtml } from '../reconciliation-report';
import { renderBreak, renderFile, renderRun } from '../render';
import { startMoneyProcess, startReconciliation, startSettlementFile } from '../temporal/orchestrator';
import { callerWith } from './authentication';
import type { ApiDependencies } from './checkouts';
import { idOf, listAnswer, pageOf, wordOf, wrongParameter } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { resolveBody, runsBody } from './schemas';
import { fileId, fileName, takeUpload } from './settlement-upload';

const breakId = /^brk_[a-f0-9]{24}$/;
const dayMs = 24 * 3_600_000;

/** Whether the book equals what the PSP has moved: days that were looked at, and what differs. */
export function reconciliationRoutes(dependencies: ApiDependencies): Router {
  const { databases, temporal, taskQueue } = dependencies;
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
    await ownAccount(merchantId);
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
      date: dayOf(request),
    };
    const found = await listBreaks(reconciliation, merchantId, filter, limit + 1, after);
    response.json(listAnswer(found, limit, renderBreak, (one) => one.breakId));
  });
  router.get('/breaks/:id', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:read', response);
    response.json(renderBreak(await mustFindBreak(dependencies, merchantId, idOf(request, breakId))));
  });
  router.post('/breaks/:id/resolve', (request, response) => postResolution(dependencies, request, response));
  router.get('/runs/:id/report', (request, response) => getReport(dependencies, request, response));
  router.get('/files', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:read', response);
    const { limit, after } = pageOf(request, fileId);
    const found = await listFiles(reconciliation, merchantId, limit + 1, after);
    response.json(listAnswer(found, limit, renderFile, (file) => file.fileId));
  });
  router.post('/files', async (request, response) => {
    const { merchantId, actor } = callerWith('reconciliation:write', response);
    const kind = wordOf(request, 'kind', fileKinds);
    if (kind === undefined) throw wrongParameter('kind', `must be one of: ${fileKinds.join(', ')}`);
    const { name = `${kind} file` } = request.query;
    if (typeof name !== 'string' || !fileName.test(name))
      throw wrongParameter('name', 'must be a file name of letters, digits, blanks and . _ ( ) + -');
    const { timeZone } = await ownAccount(merchantId);
    const { file, isNew } = await takeUpload(reconciliation, request, {
      merchantId,
      kind,
      name,
      timeZone,
      receivedBy: actor,
    });
    if (file.state === 'received') await startSettlementFile(temporal, taskQueue, file);
    response
      .status(isNew ? 202 : 200)
      .location(`/v1/reconciliation/files/${file.fileId}`)
      .json(renderFile(file));
  });
  router.get('/files/:id', async (request, response) => {
    const { merchantId } = callerWith('reconciliation:read', response);
    const file = await findFile(reconciliation, { merchantId, fileId: idOf(request, fileId) });
    if (file === undefined) throw new Problem('not-found', 'there is no such file');
    response.json(renderFile(file));
  });
  return router;

  async function ownAccount(merchantId: string) {
    const own = (await asEverybody(() => settledAccounts(identity))).find(({ account }) => account === merchantId);
    if (own === undefined)
      throw new Problem('not-found', "this merchant's money is in the platform's account, which is reconciled as one");
    return own;
  }

  function dayOf(request: Request): string | undefined {
    const { settlement_date: day } = request.query;
    if (
      day !== undefined &&
      (typeof day !== 'string' || !settlementDayPattern.test(day) || Number.isNaN(Date.parse(day)))
    )
      throw wrongParameter('settlement_date', 'must be a day such as "2026-11-20"');
    return day;
  }
}

async function mustFindBreak(
  { databases }: ApiDependencies,
  merchantId: string,
  breakId: string,
): Promise<BreakRecord> {
  const found = await findBreak(databases.reconciliation, { merchantId, breakId });
  if (found === undefined) throw new Problem('not-found', 'there is no such break');
  return found;
}

/** A person's word on a mismatch; its case hears of it, and books what it means. */
async function postResolution(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { databases, temporal, taskQueue } = dependencies;
  const { merchantId, actor } = callerWith('reconciliation:write', response);
  const { reason, outcome } = readBody(request, resolveBody);
  const found = await mustFindBreak(dependencies, merchantId, idOf(request, breakId));
  const answer = await settleByPerson(databases, { merchantId, breakId: found.breakId }, { actor, reason }, outcome);
  switch (answer.outcome) {
    case 'already_final':
      throw new Problem('already-final', `the break is ${answer.detail} already`);
    case 'other_proposal':
      throw new Problem('second-person-needed', answer.detail);
    case 'proposed':
      response.status(202).json(renderBreak(await mustFindBreak(dependencies, merchantId, found.breakId)));
      return;
    case 'resolved': {
      const { class: name, key, paymentOrderId } = found;
      const input = { merchantId, breakId: found.breakId, class: name, key, paymentOrderId };
      await startMoneyProcess(temporal, taskQueue, { workflow: 'breakWorkflow', input });
      response.json(renderBreak(await mustFindBreak(dependencies, merchantId, found.breakId)));
    }
  }
}

async function getReport(
  { databases, publicUrl, temporalUi }: ApiDependencies,
  request: Request,
  response: Response,
): Promise<void> {
  const { merchantId } = callerWith('reconciliation:read', response);
  const day = idOf(request, settlementDayPattern);
  const format =
    wordOf(request, 'format', ['html', 'csv'] as const) ??
    (request.accepts(['text/html', 'text/csv']) === 'text/csv' ? 'csv' : 'html');
  const report = await gatherReport(databases.reconciliation, merchantId, day, new Date());
  if (report === undefined) throw new Problem('not-found', 'that day has not been reconciled');
  response.setHeader('Cache-Control', 'no-store');
  if (format === 'csv')
    response.type('text/csv').attachment(`reconciliation-${merchantId}-${day}.csv`).send(reportCsv(report));
  else response.type('text/html').send(reportHtml(report, { apiUrl: publicUrl, temporalUi }));
}
