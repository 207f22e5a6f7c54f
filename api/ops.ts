import express, { type Request, type Response, type Router } from 'express';
import { identifierPattern, workflowIds } from '../domain/identifiers';
import { fromMinorUnits } from '../domain/money';
import { opsVerbs, processKinds, type OpsVerb, type ProcessKind } from '../domain/process';
import { findCheckout } from '../prisma/checkout';
import {
  listPaymentActions,
  listPayoutActions,
  type OpsActionCursor,
  type OpsActionRecord,
} from '../prisma/ops-action';
import { findPaymentOrder, ordersOfReference } from '../prisma/payment-order';
import { runState } from '../temporal/orchestrator';
import {
  listProcesses,
  standingOf,
  tellProcess,
  WorkflowsUnavailable,
  type ProcessRecord,
} from '../temporal/processes';
import { callerWith } from './authentication';
import { idempotencyKey } from './calls';
import { carriers, type ApiDependencies } from './checkouts';
import { idOf, idParameter, limitOf, timeParameter, wordOf, wrongParameter } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import { wordBodies } from './schemas';

/** A process by what it is about, such as `payment_order:order-1`. */
export const processId = new RegExp(`^(${processKinds.join('|')}):[A-Za-z0-9._-]{1,64}$`);
export const actionCursor = /^(\d{1,15})-(payments|payouts)-(\d{1,18})$/;
export const processCursor = /^[A-Za-z0-9_-]{1,4000}$/;
export const phasePattern = /^[a-z_]{1,40}$/;

/** What ops do with processes: find them by what they know, read how they stand, tell them what a person has decided, and see who has told what. */
export function opsRoutes(dependencies: ApiDependencies): Router {
  const router = express.Router();
  router.get('/processes', (request, response) => getProcesses(dependencies, request, response));
  router.get('/processes/:id', (request, response) => getProcess(dependencies, request, response));
  for (const verb of opsVerbs)
    router.post(`/processes/:id/${verb}`, (request, response) => postWord(dependencies, verb, request, response));
  router.get('/actions', (request, response) => getActions(dependencies, request, response));
  return router;
}

async function getProcesses(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { databases, temporal, taskQueue, temporalUi } = dependencies;
  const { merchantId } = callerWith('ops:read', response);
  const about = idParameter(request, 'about', 'anything: a payment order, checkout, seller, refund … or of the PSP');
  const attention = wordOf(request, 'needs_attention', ['true', 'false'] as const);
  const running = wordOf(request, 'running', ['true', 'false'] as const);
  const filter = {
    kind: wordOf(request, 'kind', processKinds),
    needsAttention: attention === undefined ? undefined : attention === 'true',
    running: running === undefined ? undefined : running === 'true',
    phase: textParameter(request, 'phase', phasePattern, 'must be a phase, such as "needs_attention"'),
    startedBefore: timeParameter(request, 'started_before'),
    // Off the happy path runs are found by the PSP's id themselves; of all others the row knows it.
    about:
      about === undefined ? undefined : [about, ...(await ordersOfReference(databases.payments, merchantId, about))],
  };
  const after = textParameter(request, 'after', processCursor, 'must be a next_cursor of an earlier answer') ?? null;
  const { processes, next } = await answered(() =>
    listProcesses(temporal, taskQueue, merchantId, filter, { limit: limitOf(request), after }),
  );
  const data = processes.map((one) => ({ ...renderProcess(one), temporal_url: uiOf(temporalUi, one.workflowId) }));
  response.json({ data, has_more: next !== null, next_cursor: next });
}

const renderProcess = (one: ProcessRecord) => ({
  process_id: `${one.kind}:${one.id}`,
  kind: one.kind,
  workflow_id: one.workflowId,
  status: one.status,
  phase: one.phase,
  needs_attention: one.needsAttention,
  checkout_id: one.checkoutId,
  payment_order_id: one.paymentOrderId,
  seller_account: one.sellerAccount,
  amount:
    one.amountMinor === null || one.currency === null ? null : fromMinorUnits(one.amountMinor, one.currency).amount,
  currency: one.currency,
  started_at: one.startedAt.toISOString(),
  closed_at: one.closedAt?.toISOString() ?? null,
});

const uiOf = (temporalUi: string | null, workflowId: string): string | null =>
  temporalUi === null ? null : `${temporalUi}/workflows/${encodeURIComponent(workflowId)}`;

async function getProcess(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('ops:read', response);
  const { kind, id } = partsOf(request);
  response.json(await standing(dependencies, merchantId, kind, id));
}

async function standing(dependencies: ApiDependencies, merchantId: string, kind: ProcessKind, id: string) {
  const { temporal, temporalUi } = dependencies;
  const workflowId = await workflowIdOf(dependencies, merchantId, kind, id);
  const found = await answered(() => standingOf(temporal, workflowId));
  if (found === undefined) throw noSuchProcess();
  const said = found.standing;
  return {
    process_id: `${kind}:${id}`,
    kind,
    workflow_id: workflowId,
    status: found.status,
    phase: said?.phase ?? null,
    says: said?.says ?? null,
    since: said?.since ?? null,
    // What has ended takes no word any more.
    verbs: found.status === 'running' ? (said?.verbs ?? []) : [],
    temporal_url: uiOf(temporalUi, workflowId),
  };
}

/** A person's word; who it is is the key's or the token's, and can't be chosen (X4). */
async function postWord(
  dependencies: ApiDependencies,
  verb: OpsVerb,
  request: Request,
  response: Response,
): Promise<void> {
  const { merchantId, actor } = callerWith('ops:write', response);
  const { kind, id } = partsOf(request);
  const word = readBody(request, wordBodies[verb]);
  const workflowId = await workflowIdOf(dependencies, merchantId, kind, id);
  const key = idempotencyKey(request);
  const outcome = await answered(() =>
    tellProcess(dependencies.temporal, workflowId, verb, { ...word, actor }, ...(key === null ? [] : [key])),
  );
  switch (outcome.outcome) {
    case 'not_running':
      if ((await answered(() => standingOf(dependencies.temporal, workflowId))) === undefined) throw noSuchProcess();
      throw new Problem('already-final', 'it has ended: there is nothing to tell it any more');
    case 'refused':
      throw new Problem('not-legal-now', outcome.why);
    case 'taken':
      response.json({
        message: outcome.message,
        process: await standing(dependencies, merchantId, kind, id),
      });
  }
}

async function getActions(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { payments, payouts } = dependencies.databases;
  const { merchantId } = callerWith('ops:read', response);
  const limit = limitOf(request);
  const filter = {
    actor: textParameter(request, 'actor', /^.{1,200}$/, 'must be one actor, such as "api-key:local"'),
    paymentOrderId: idParameter(request, 'payment_order_id', 'a payment order'),
  };
  const after = cursorOf(request);
  const found = [
    ...(await listPaymentActions(payments, merchantId, filter, limit + 1, after)),
    ...(filter.paymentOrderId === undefined
      ? await listPayoutActions(payouts, merchantId, filter, limit + 1, after)
      : []),
  ].sort((one, other) => other.recordedAt.getTime() - one.recordedAt.getTime());
  const data = found.slice(0, limit);
  const last = data.at(-1);
  response.json({
    data: data.map(renderAction),
    has_more: found.length > limit,
    next_cursor: found.length > limit && last !== undefined ? renderCursor(last) : null,
  });
}

const renderAction = (action: OpsActionRecord) => ({
  process_id: action.subject,
  action: action.action,
  actor: action.actor,
  reason: action.reason,
  details: action.details,
  recorded_at: action.recordedAt.toISOString(),
});

const renderCursor = ({ recordedAt, service, opsActionId }: OpsActionCursor): string =>
  `${String(recordedAt.getTime())}-${service}-${String(opsActionId)}`;

function cursorOf(request: Request): OpsActionCursor | null {
  const text = textParameter(request, 'after', actionCursor, 'must be a next_cursor of an earlier answer');
  const [, time, service, id] = actionCursor.exec(text ?? '') ?? [];
  if (time === undefined || id === undefined) return null;
  return {
    recordedAt: new Date(Number(time)),
    service: service === 'payouts' ? 'payouts' : 'payments',
    opsActionId: BigInt(id),
  };
}

function textParameter(request: Request, name: string, pattern: RegExp, detail: string): string | undefined {
  const given = request.query[name];
  if (given === undefined || (typeof given === 'string' && pattern.test(given))) return given;
  throw wrongParameter(name, detail);
}

function partsOf(request: Request): { kind: ProcessKind; id: string } {
  const [kind = '', id = ''] = idOf(request, processId).split(':');
  return { kind: kind as ProcessKind, id };
}

async function workflowIdOf(
  { databases, temporal }: ApiDependencies,
  merchantId: string,
  kind: ProcessKind,
  id: string,
): Promise<string> {
  if (!identifierPattern.test(id)) throw noSuchProcess();
  switch (kind) {
    case 'checkout':
    case 'payment_order': {
      // Each further payment method is a round with runs of its own: the row knows which one it is at.
      const key = { merchantId, paymentOrderId: id };
      const checkoutId = kind === 'checkout' ? id : (await findPaymentOrder(databases.payments, key))?.checkoutId;
      const checkout =
        checkoutId === undefined ? undefined : await findCheckout(databases.payments, merchantId, checkoutId);
      if (checkout === undefined) throw noSuchProcess();
      if (kind === 'payment_order') return workflowIds.paymentOrder(merchantId, id, checkout.round);
      const [likeliest, ...others] = carriers(checkout);
      for (const workflowId of others) if ((await runState(temporal, workflowId)) === 'running') return workflowId;
      return likeliest;
    }
    case 'refund':
      return workflowIds.refund(merchantId, id);
    case 'payout':
      return workflowIds.payout(merchantId, id);
    case 'dispute':
      return workflowIds.dispute(merchantId, id);
    case 'adjustment':
      return workflowIds.adjustment(merchantId, id);
    case 'stray_payment':
      return workflowIds.strayPayment(merchantId, id);
    case 'break':
      return workflowIds.break(merchantId, id);
    case 'reconciliation':
      return workflowIds.reconciliation(merchantId, id);
    case 'settlement_file':
      return workflowIds.settlementFile(merchantId, id);
    case 'notification':
      return workflowIds.notification(merchantId, id);
    case 'webhook_delivery':
      return workflowIds.webhookDelivery(merchantId, id);
    case 'subscription':
      return workflowIds.subscription(merchantId, id);
    case 'plan_migration':
      return workflowIds.planMigration(merchantId, id);
    case 'seller':
      return workflowIds.seller(merchantId, id);
    case 'scheduled_payout':
      throw noSuchProcess();
  }
}

const noSuchProcess = (): Problem => new Problem('not-found', 'there is no such process');

/** Asks the workflow engine. @throws Problem when it, or the workers, are away */
export async function answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowsUnavailable)
      throw new Problem(
        'workflows-unavailable',
        'nobody has answered: send the same again, with the same Idempotency-Key if it has one',
      );
    throw error;
  }
}
