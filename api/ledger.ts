import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { AdjustmentError, adjustmentPosting, writeOffPosting } from '../domain/adjustment';
import { MoneyError } from '../domain/money';
import {
  closedThrough,
  createProposal,
  decideProposal,
  findProposal,
  listProposals,
  proposalStates,
  type ProposalRecord,
} from '../prisma/proposal';
import {
  DoesNotFoot,
  generalLedgerCsv,
  sellerStatement,
  statementCsv,
  StatementTooLong,
  type Period,
} from '../statements';
import type { ProofInput } from '../workflows/messages';
import { callerAbout, callerWith } from './authentication';
import { idFor } from './calls';
import { mustFindOrder, preferredWait, startProcess, type ApiDependencies } from './checkouts';
import { jsonOrCsv, idOf, listAnswer, pageOf, rowWhen, timeParameter, wordOf, wrongParameter } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { renderProposal } from '../render';
import { proposalBody, reasonBody, type ProposalBody } from './schemas';
import { aboutSeller, mustFindSeller } from './sellers';

const proofPatienceMs = 20_000;

/** What proves the book: the proof of one payment order, sellers' statements, the general ledger, and acts by hand that take two. */
export function ledgerRoutes(dependencies: ApiDependencies): Router {
  const { ledger } = dependencies.databases;
  const router = express.Router();
  router.get('/payments/:id/proof', (request, response) => getProof(dependencies, request, response));
  router.get('/sellers/:id/statement', (request, response) => getStatement(dependencies, request, response));
  router.get('/ledger/general_ledger', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    const csv = await generalLedgerCsv(ledger, merchantId, periodOf(request)).catch((error: unknown) => {
      if (error instanceof DoesNotFoot) throw new Problem('internal-error', 'the book does not foot: check the ledger');
      throw error;
    });
    response.type('text/csv').attachment('general-ledger.csv').send(csv);
  });
  router.post('/ledger/proposals', (request, response) => postProposal(dependencies, request, response));
  router.get('/ledger/proposals', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    const { limit, after } = pageOf(request);
    const state = wordOf(request, 'state', proposalStates);
    const found = await listProposals(ledger, merchantId, state, limit + 1, after);
    response.json(listAnswer(found, limit, renderProposal, (proposal) => proposal.proposalId));
  });
  router.get('/ledger/proposals/:id', async (request, response) => {
    const { merchantId } = callerWith('ops:read', response);
    response.json(renderProposal(await mustFind(dependencies, merchantId, idOf(request))));
  });
  for (const verb of ['approve', 'reject'] as const)
    router.post(`/ledger/proposals/:id/${verb}`, (request, response) => decide(dependencies, verb, request, response));
  return router;
}

/** The worker puts it together: it alone talks to the PSP. */
async function getProof(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:read', response);
  const { paymentOrderId } = await mustFindOrder(dependencies, merchantId, idOf(request));
  const { temporal, taskQueue } = dependencies;
  const input: ProofInput = { merchantId, paymentOrderId };
  try {
    const proof = await temporal.connection.withDeadline(Date.now() + proofPatienceMs, () =>
      temporal.workflow.execute<(input: ProofInput) => Promise<object>>('proofWorkflow', {
        workflowId: `proof/${merchantId}/${paymentOrderId}/${randomUUID()}`,
        taskQueue,
        args: [input],
        workflowExecutionTimeout: proofPatienceMs,
      }),
    );
    response.json({ payment_order_id: paymentOrderId, ...proof });
  } catch (error) {
    dependencies.logger.warn({ err: error, paymentOrderId }, 'a proof could not be made');
    throw new Problem('proof-unavailable', 'PSP, worker or Temporal did not answer in time: try again in a moment');
  }
}

async function getStatement(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const asked = idOf(request);
  const { merchantId } = callerAbout(asked, aboutSeller, response);
  const { sellerId } = await mustFindSeller(dependencies, merchantId, asked);
  const currency = request.query['currency'];
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency))
    throw wrongParameter('currency', 'must be an ISO 4217 code of three capital letters');
  const format = jsonOrCsv(request);
  try {
    const statement = await sellerStatement(
      dependencies.databases.ledger,
      merchantId,
      sellerId,
      currency,
      periodOf(request),
    );
    if (format === 'json') response.json(statement);
    else response.type('text/csv').attachment(`statement-${sellerId}-${currency}.csv`).send(statementCsv(statement));
  } catch (error) {
    if (error instanceof StatementTooLong)
      throw wrongParameter('from', 'must begin a shorter period: there are too many entries');
    if (error instanceof MoneyError) throw wrongParameter('currency', error.message);
    throw error;
  }
}

/** `from` and `to`: the last 30 days up to now, unless said otherwise. @throws Problem that names the parameter */
function periodOf(request: Request): Period {
  const to = timeParameter(request, 'to') ?? new Date();
  const from = timeParameter(request, 'from') ?? new Date(to.getTime() - 30 * 24 * 3_600_000);
  if (from >= to) throw wrongParameter('to', 'must be after from');
  return { from, to };
}

async function postProposal(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId, actor } = callerWith(['finance:write', 'ops:write'], response);
  const body = readBody(request, proposalBody);
  await checkProposal(dependencies, merchantId, body);
  const proposalId = body.proposal_id ?? idFor('pr-', request, response, randomUUID);
  const { kind, reason, ...details } = body;
  await createProposal(dependencies.databases.ledger, {
    merchantId,
    proposalId,
    kind,
    details,
    reason,
    proposedBy: actor,
  });
  const proposal = await mustFind(dependencies, merchantId, proposalId);
  response.status(201).location(`/v1/ledger/proposals/${proposalId}`).json(renderProposal(proposal));
}

/** What can be known to be wrong is refused before anybody has to decide about it. @throws Problem that names the field */
async function checkProposal({ databases }: ApiDependencies, merchantId: string, body: ProposalBody): Promise<void> {
  const wrong = (pointer: string, detail: string): Problem =>
    new Problem('validation-failed', `${pointer} ${detail}`, [{ pointer, detail }]);
  const closed = await closedThrough(databases.ledger, merchantId);
  try {
    switch (body.kind) {
      case 'adjustment':
        adjustmentPosting(body);
        if (closed !== null && new Date(body.effective_at) <= closed)
          throw wrong('/effective_at', `must be after ${closed.toISOString()}: the book is closed through then`);
        return;
      case 'write_off':
        writeOffPosting(body.seller_account, body);
        return;
      case 'period_close':
        if (new Date(body.through) >= new Date())
          throw wrong('/through', 'must be in the past: a period can be closed only when it is over');
        if (closed !== null && new Date(body.through) <= closed)
          throw wrong('/through', `must be after ${closed.toISOString()}, through which the book is closed`);
        return;
    }
  } catch (error) {
    if (error instanceof AdjustmentError)
      throw wrong(error.line === null ? '/lines' : `/lines/${String(error.line)}`, error.message);
    if (error instanceof MoneyError) throw wrong(error.field === 'currency' ? '/currency' : '/amount', error.message);
    throw error;
  }
}

async function decide(
  dependencies: ApiDependencies,
  verb: 'approve' | 'reject',
  request: Request,
  response: Response,
): Promise<void> {
  const { merchantId, actor } = callerWith(['finance:write', 'ops:write'], response);
  const { reason } = readBody(request, reasonBody);
  const proposal = await mustFind(dependencies, merchantId, idOf(request));
  const state = verb === 'approve' ? ('approved' as const) : ('rejected' as const);
  if (!(await decideProposal(dependencies.databases.ledger, proposal, { state, by: actor, why: reason }))) {
    if (verb === 'approve' && proposal.proposedBy === actor && proposal.state === 'proposed')
      throw new Problem('second-person-needed', 'you have proposed it: another person must approve it');
    const standing = await mustFind(dependencies, merchantId, proposal.proposalId);
    throw new Problem('already-final', `the proposal is ${standing.state}`);
  }
  if (state === 'approved')
    await startProcess(dependencies, {
      workflow: 'adjustmentWorkflow',
      input: { merchantId, adjustmentId: proposal.proposalId },
    });
  const read = () => mustFind(dependencies, merchantId, proposal.proposalId);
  const standing = await rowWhen(dependencies, preferredWait(request), read, (row) => row.state !== 'approved');
  response.status(202).json(renderProposal(standing));
}

async function mustFind(
  { databases }: ApiDependencies,
  merchantId: string,
  proposalId: string,
): Promise<ProposalRecord> {
  const proposal = await findProposal(databases.ledger, { merchantId, proposalId });
  if (proposal === undefined) throw new Problem('not-found', 'there is no such proposal');
  return proposal;
}
