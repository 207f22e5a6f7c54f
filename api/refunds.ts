import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { fromMinorUnits } from '../domain/money';
import { isSettledRefund, refundStatuses, type RefundStatus } from '../domain/refund';
import { findRefund, listRefunds, type RefundRecord } from '../prisma/refund';
import { refundProcess, requestRefund, type RefundAnswer } from '../refunds';
import { callerWith } from './authentication';
import { idempotencyKey } from './calls';
import {
  mustFindOrder,
  positiveAmount,
  preferredWait,
  requestForOrder,
  startProcess,
  type ApiDependencies,
} from './checkouts';
import { createdBetween, idOf, idParameter, listAnswer, pageOf, rowWhen, wordOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { renderRefund } from '../render';
import { refundBody } from './schemas';

/** Refunds of payment orders: asked for, and read. */
export function refundRoutes(dependencies: ApiDependencies): Router {
  const { payments } = dependencies.databases;
  const router = express.Router();
  router.post('/payments/:id/refunds', (request, response) => postRefund(dependencies, request, response));
  router.get('/payments/:id/refunds', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const { paymentOrderId } = await mustFindOrder(dependencies, merchantId, idOf(request));
    await answerList(merchantId, request, response, paymentOrderId);
  });
  router.get('/refunds', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    await answerList(merchantId, request, response, idParameter(request, 'payment_order_id', 'a payment order'));
  });
  router.get('/refunds/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    response.json(renderRefund(await mustFindRefund(dependencies, merchantId, idOf(request))));
  });
  return router;

  async function answerList(
    merchantId: string,
    request: Request,
    response: Response,
    paymentOrderId: string | undefined,
  ): Promise<void> {
    const { limit, after } = pageOf(request);
    const status = wordOf(request, 'refund_status', refundStatuses);
    const filter = { paymentOrderId, status, created: createdBetween(request) };
    const found = await listRefunds(payments, merchantId, filter, limit + 1, after);
    response.json(listAnswer(found, limit, renderRefund, (refund) => refund.refundId));
  }
}

async function postRefund(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId, actor } = callerWith('refunds:write', response);
  const key = idempotencyKey(request);
  const body = readBody(request, refundBody, { optional: true });
  const order = await mustFindOrder(dependencies, merchantId, idOf(request));
  const { currency, paymentOrderId } = order;
  const by = { actor, reason: body.reason ?? 'refund requested' };
  const answer = await requestRefund(dependencies.databases.payments, {
    merchantId,
    paymentOrderId,
    refundId: body.refund_id ?? `rf-${randomUUID()}`,
    amountMinor: body.amount === undefined ? null : positiveAmount({ amount: body.amount, currency }, '/amount'),
    reason: body.reason ?? null,
    requestedBy: by,
    pspReference: null,
    idempotencyKey: key,
  });
  const refund = accepted(answer, currency);
  await dependencies.failpoint('accept_refund.after_commit', refund.refundId);
  if (refund.method === 'void') await releaseOrder(dependencies, refund, by);
  await startProcess(dependencies, refundProcess(refund, order.sellerAccount));
  await dependencies.failpoint('accept_refund.before_reply', refund.refundId);
  if (answer.outcome === 'replayed') response.setHeader('Idempotent-Replayed', 'true');

  const wait = preferredWait(request);
  const rests = ({ refundStatus }: RefundRecord): boolean =>
    refundStatus === 'pending' || isSettledRefund(refundStatus as RefundStatus);
  const read = () => mustFindRefund(dependencies, merchantId, refund.refundId);
  const standing = wait === 0 ? refund : await rowWhen(dependencies, wait, read, rests);
  if (wait > 0) response.setHeader('Preference-Applied', `wait=${String(wait)}`);
  response
    .status(wait > 0 && rests(standing) ? 200 : 202)
    .location(`/v1/refunds/${refund.refundId}`)
    .json(renderRefund(standing));
}

/** The stored refund. @throws Problem that says why there is none, and what would be left to refund */
function accepted(answer: RefundAnswer, currency: string): RefundRecord {
  if ('refund' in answer) return answer.refund;
  const remaining = fromMinorUnits(answer.remainingMinor, currency).amount;
  const field = (detail: string) => [{ pointer: '/amount', detail }];
  switch (answer.outcome) {
    case 'exceeds':
      throw new Problem(
        'refund-exceeds-remaining',
        `${remaining} ${currency} is left to refund: refunds and disputes have the rest`,
        field(`must be at most ${remaining}`),
        { remaining_amount: remaining, currency },
      );
    case 'not_captured_whole':
      throw new Problem(
        'not-refundable',
        'nothing is captured yet: leave the amount out to release the whole order, or capture less',
        field(`must be left out, or be ${remaining}`),
      );
    case 'not_refundable':
      throw new Problem('not-refundable', 'the payment order has not succeeded');
    case 'key_reused':
      throw new Problem('idempotency-key-reused', 'send a new Idempotency-Key with a new body', [
        { pointer: 'Idempotency-Key', detail: 'came with another body before' },
      ]);
    case 'id_reused':
      throw new Problem('id-reused', 'send a new refund_id with a new refund', [
        { pointer: '/refund_id', detail: 'came with another amount or payment order before' },
      ]);
  }
}

/** An authorized order is released by its own workflow (C5). One that has just been captured is refunded instead. */
async function releaseOrder(
  dependencies: ApiDependencies,
  refund: RefundRecord,
  by: { actor: string; reason: string },
): Promise<void> {
  const { merchantId, paymentOrderId } = refund;
  try {
    await requestForOrder(dependencies, 'cancel', merchantId, paymentOrderId, by, undefined);
  } catch (error) {
    if (!(error instanceof Problem && error.problem === 'already-final')) throw error;
  }
}

async function mustFindRefund(
  { databases }: ApiDependencies,
  merchantId: string,
  refundId: string,
): Promise<RefundRecord> {
  const refund = await findRefund(databases.payments, { merchantId, refundId });
  if (refund === undefined) throw new Problem('not-found', 'there is no such refund');
  return refund;
}
