import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import express, { type Request, type Response, type Router } from 'express';
import { workflowIds } from '../domain/identifiers';
import { fromMinorUnits } from '../domain/money';
import { isSettledPayout, payoutStatuses, type PayoutBlock, type PayoutStatus } from '../domain/payout';
import { payoutProcess, requestPayout, type PayoutAnswer } from '../payouts';
import { findPayout, listPayouts, type PayoutRecord } from '../prisma/payout';
import { callerAbout, callerOf, callerWith } from './authentication';
import { idempotencyKey } from './calls';
import { positiveAmount, preferredWait, startProcess, type ApiDependencies } from './checkouts';
import { createdBetween, idOf, idParameter, listAnswer, pageOf, rowWhen, wordOf } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { renderPayout } from '../render';
import { payoutBody, reasonBody } from './schemas';

/** Payouts to sellers: asked for, read, and approved or rejected by operators. */
export function payoutRoutes(dependencies: ApiDependencies): Router {
  const { payouts } = dependencies.databases;
  const router = express.Router();
  router.post('/', (request, response) => postPayout(dependencies, request, response));
  router.get('/', async (request, response) => {
    const { scopes, sellers } = callerOf(response);
    // Who is one seller, and none of the merchant's people, needs not name it.
    const ownAccount = sellers.length === 1 && !scopes.includes('payouts:read') ? sellers[0] : undefined;
    const sellerAccount = idParameter(request, 'seller_account', 'a seller') ?? ownAccount;
    const { merchantId } =
      sellerAccount === undefined
        ? callerWith('payouts:read', response)
        : callerAbout(sellerAccount, { scope: 'payouts:read', own: 'seller:read' }, response);
    const { limit, after } = pageOf(request);
    const status = wordOf(request, 'payout_status', payoutStatuses);
    const filter = { status, sellerAccount, created: createdBetween(request) };
    const found = await listPayouts(payouts, merchantId, filter, limit + 1, after);
    response.json(listAnswer(found, limit, renderPayout, (payout) => payout.payoutId));
  });
  router.get('/:id', async (request, response) => {
    const { merchantId, scopes, sellers } = callerWith(['payouts:read', 'seller:read'], response);
    const payout = await mustFind(dependencies, merchantId, idOf(request));
    if (!scopes.includes('payouts:read') && !sellers.includes(payout.sellerAccount)) throw noSuchPayout();
    response.json(renderPayout(payout));
  });
  for (const verb of ['approve', 'reject'] as const)
    router.post(`/:id/${verb}`, (request, response) => decide(dependencies, verb, request, response));
  return router;
}

async function postPayout(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId, actor } = callerWith('payouts:write', response);
  const key = idempotencyKey(request);
  const body = readBody(request, payoutBody);
  const { currency } = body;
  const answer = await requestPayout(dependencies.databases, {
    merchantId,
    payoutId: body.payout_id ?? `po-${randomUUID()}`,
    sellerAccount: body.seller_account,
    amountMinor: body.amount === undefined ? null : positiveAmount({ amount: body.amount, currency }, '/amount'),
    currency,
    requestedBy: { actor, reason: 'payout requested' },
    scheduled: false,
    idempotencyKey: key,
  });
  const payout = accepted(answer, currency);
  await dependencies.failpoint('accept_payout.after_commit', payout.payoutId);
  await startProcess(dependencies, payoutProcess(payout));
  await dependencies.failpoint('accept_payout.before_reply', payout.payoutId);
  if (answer.outcome === 'replayed') response.setHeader('Idempotent-Replayed', 'true');

  const wait = preferredWait(request);
  const rests = ({ payoutStatus }: PayoutRecord): boolean =>
    payoutStatus === 'awaiting_approval' || isSettledPayout(payoutStatus as PayoutStatus);
  const read = () => mustFind(dependencies, merchantId, payout.payoutId);
  const standing = wait === 0 ? payout : await rowWhen(dependencies, wait, read, rests);
  if (wait > 0) response.setHeader('Preference-Applied', `wait=${String(wait)}`);
  response
    .status(wait > 0 && rests(standing) ? 200 : 202)
    .location(`/v1/payouts/${payout.payoutId}`)
    .json(renderPayout(standing));
}

const blocks: Readonly<Record<PayoutBlock, string>> = {
  no_payout_account: 'the seller has no payout account: PUT /v1/sellers/{id} sets one',
  kyc_not_verified: 'the seller is not verified',
  payout_account_changed: 'the payout account was changed lately: nothing is paid out to it yet',
  seller_owes: 'the seller owes: what is owed is recovered from its next sales first',
  insufficient_funds: 'less than that is available',
  account_not_enabled: 'the PSP does not pay out to the account yet',
  seller_suspended: 'the seller is suspended: GET /v1/sellers/{id} says why',
};

/** The stored payout. @throws Problem that says what speaks against it */
function accepted(answer: PayoutAnswer, currency: string): PayoutRecord {
  switch (answer.outcome) {
    case 'created':
    case 'replayed':
      return answer.payout;
    case 'blocked':
      throw new Problem('payout-blocked', blocks[answer.block], [], {
        block: answer.block,
        available_amount: fromMinorUnits(answer.availableMinor, currency).amount,
        owed_amount: fromMinorUnits(answer.owedMinor, currency).amount,
        currency,
      });
    case 'no_such_seller':
      throw new Problem('validation-failed', 'there is no such seller', [
        { pointer: '/seller_account', detail: 'must be a seller of this merchant' },
      ]);
    case 'key_reused':
      throw new Problem('idempotency-key-reused', 'send a new Idempotency-Key with a new body', [
        { pointer: 'Idempotency-Key', detail: 'came with another body before' },
      ]);
    case 'id_reused':
      throw new Problem('id-reused', 'send a new payout_id with a new payout', [
        { pointer: '/payout_id', detail: 'came with another seller, amount or currency before' },
      ]);
  }
}

/** One operator's yes or no to a payout above the limit; who it is is the key's, and cannot be chosen (X4, P5). */
async function decide(
  dependencies: ApiDependencies,
  verb: 'approve' | 'reject',
  request: Request,
  response: Response,
): Promise<void> {
  const { merchantId, actor } = callerWith(['finance:write', 'ops:write'], response);
  const { reason } = readBody(request, reasonBody);
  const payout = await mustFind(dependencies, merchantId, idOf(request));
  const handle = dependencies.temporal.workflow.getHandle(workflowIds.payout(merchantId, payout.payoutId));
  try {
    await handle.executeUpdate(verb, { args: [{ actor, reason }] });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw notAwaited(await mustFind(dependencies, merchantId, payout.payoutId));
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const why = error.cause?.message ?? '';
    if (why.includes('another person'))
      throw new Problem('second-person-needed', 'you have approved it: another person must, too');
    throw notAwaited(await mustFind(dependencies, merchantId, payout.payoutId));
  }
  response.status(202).json(renderPayout(await mustFind(dependencies, merchantId, payout.payoutId)));
}

const notAwaited = (payout: PayoutRecord): Problem =>
  new Problem('already-final', `the payout is ${payout.payoutStatus}: no approval is awaited`);

async function mustFind({ databases }: ApiDependencies, merchantId: string, payoutId: string): Promise<PayoutRecord> {
  const payout = await findPayout(databases.payouts, { merchantId, payoutId });
  if (payout === undefined) throw noSuchPayout();
  return payout;
}

const noSuchPayout = (): Problem => new Problem('not-found', 'there is no such payout');
