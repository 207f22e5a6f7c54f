import express, { type Router } from 'express';
import { disputeProcess } from '../disputes';
import { disputeStatuses } from '../domain/dispute';
import { findDispute, keepAcceptance, keepEvidence, listDisputes, type DisputeRecord } from '../prisma/dispute';
import { callerWith } from './authentication';
import { mustFindOrder, startProcess, type ApiDependencies } from './checkouts';
import { idOf, idParameter, listAnswer, pageOf, wordOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { renderDispute } from '../render';
import { evidenceBody, requestBody } from './schemas';

const disputeId = /^[A-Za-z0-9_]{1,255}$/;

/** Disputes: seen, answered with evidence, or given up. What the bank makes of it comes by webhook. */
export function disputeRoutes(dependencies: ApiDependencies): Router {
  const { payments } = dependencies.databases;
  const router = express.Router();
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const { limit, after } = pageOf(request, disputeId);
    const status = wordOf(request, 'dispute_status', disputeStatuses);
    const found = await listDisputes(
      payments,
      merchantId,
      { status, paymentOrderId: idParameter(request, 'payment_order_id', 'a payment order') },
      limit + 1,
      after,
    );
    response.json(listAnswer(found, limit, renderDispute, (dispute) => dispute.disputeId));
  });
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    response.json(renderDispute(await mustFind(merchantId, idOf(request, disputeId))));
  });
  router.post('/:id/evidence', async (request, response) => {
    const { merchantId, actor } = callerWith('payments:write', response);
    const { evidence, submit = false } = readBody(request, evidenceBody);
    const dispute = await mustFind(merchantId, idOf(request, disputeId));
    const by = { actor, reason: 'evidence submitted' };
    if (!(await keepEvidence(payments, dispute, evidence, submit ? by : null)))
      throw tooLate(await mustFind(merchantId, dispute.disputeId));
    await follow(dispute);
    response.status(202).json(renderDispute(await mustFind(merchantId, dispute.disputeId)));
  });
  router.post('/:id/accept', async (request, response) => {
    const { merchantId, actor } = callerWith('payments:write', response);
    const { reason = 'dispute accepted' } = readBody(request, requestBody, { optional: true });
    const dispute = await mustFind(merchantId, idOf(request, disputeId));
    if (!(await keepAcceptance(payments, dispute, { actor, reason })))
      throw tooLate(await mustFind(merchantId, dispute.disputeId));
    await follow(dispute);
    response.status(202).json(renderDispute(await mustFind(merchantId, dispute.disputeId)));
  });
  return router;

  async function mustFind(merchantId: string, id: string): Promise<DisputeRecord> {
    const dispute = await findDispute(payments, { merchantId, disputeId: id });
    if (dispute === undefined) throw new Problem('not-found', 'there is no such dispute');
    return dispute;
  }

  async function follow(dispute: DisputeRecord): Promise<void> {
    const { sellerAccount } = await mustFindOrder(dependencies, dispute.merchantId, dispute.paymentOrderId);
    await startProcess(dependencies, disputeProcess(dispute, sellerAccount));
  }
}

const tooLate = (dispute: DisputeRecord): Problem =>
  new Problem(
    'already-final',
    dispute.submitRequested !== null || dispute.acceptRequested !== null
      ? 'the evidence is with the bank, or the dispute was accepted'
      : `the dispute is ${dispute.disputeStatus}`,
  );
