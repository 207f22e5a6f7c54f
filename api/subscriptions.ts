import express, { type Request, type Response, type Router } from 'express';
import { toMinorUnits } from '../domain/money';
import { defaultDunning, subscriptionStatuses } from '../domain/subscription';
import { ensureSellers } from '../prisma/identity';
import { stoppedSellers } from '../prisma/seller';
import {
  actionUrlOf,
  createPlan,
  createSubscription,
  findPlan,
  findSubscription,
  listPeriods,
  listPlans,
  listSubscriptions,
  periodBounds,
  timeOf,
  type PlanRecord,
  type SubscriptionRecord,
} from '../prisma/subscription';
import {
  changeSubscription,
  effectOfTerms,
  pendingAdjustments,
  type NewTerms,
  type SubscriptionChange,
} from '../prisma/subscription-change';
import {
  countSubscriptionsOf,
  createPlanMigration,
  findPlanMigration,
  type MigrationWay,
} from '../prisma/plan-migration';
import { findTestClock, followersOf } from '../prisma/test-clock';
import { chargeableIn } from '../providers/stripe/amounts';
import { renderPeriod, renderPlan, renderPlanMigration, renderSubscription, renderUpcoming } from '../render';
import { callerWith } from './authentication';
import { mostFollowers } from './test-clocks';
import { checkedReturnUrl, startProcess, whyStopped, type ApiDependencies } from './checkouts';
import { fingerprint } from './fingerprint';
import { idOf, idParameter, listAnswer, pageOf, wordOf, wrongParameter } from './paging';
import { Problem } from './problem';
import { readBody } from './read-body';
import {
  pauseBody,
  planBody,
  subscriptionBody,
  subscriptionCancelBody,
  subscriptionCardBody,
  subscriptionChangeBody,
  planMigrationBody,
  type PlanBody,
  type SubscriptionBody,
  type SubscriptionChangeBody,
} from './schemas';

/** What may be paid again and again. */
export function planRoutes(dependencies: ApiDependencies): Router {
  const { payments } = dependencies.databases;
  const router = express.Router();
  router.post('/', (request, response) => postPlan(dependencies, request, response));
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const { limit, after } = pageOf(request);
    const found = await listPlans(payments, merchantId, limit + 1, after);
    response.json(listAnswer(found, limit, renderPlan, (plan) => plan.planId));
  });
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    response.json(renderPlan(await mustFindPlan(dependencies, merchantId, idOf(request))));
  });
  return router;
}

async function postPlan(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:write', response);
  const body = readBody(request, planBody);
  const requestFingerprint = fingerprint(body);
  const known = await findPlan(dependencies.databases.payments, merchantId, body.plan_id);
  const plan =
    known ?? (await createPlan(dependencies.databases.payments, newPlan(merchantId, body, requestFingerprint)));
  checkSame(plan, requestFingerprint, 'plan_id', 'plan');
  await ensureSellers(dependencies.databases.identity, merchantId, [plan.sellerAccount]);
  if (known !== undefined) response.setHeader('Idempotent-Replayed', 'true');
  response
    .status(known === undefined ? 201 : 200)
    .location(`/v1/plans/${plan.planId}`)
    .json(renderPlan(plan));
}

function newPlan(merchantId: string, body: PlanBody, requestFingerprint: Uint8Array) {
  const { currency, dunning } = body;
  return {
    merchantId,
    planId: body.plan_id,
    name: body.name,
    sellerAccount: body.seller_account,
    amount: toMinorUnits({ amount: body.amount, currency }),
    currency,
    platformFee: toMinorUnits({ amount: body.platform_fee ?? '0', currency }),
    periodUnit: body.interval,
    periodCount: body.interval_count ?? 1,
    trialDays: body.trial_days ?? 0,
    whenUnpaid: body.when_unpaid ?? 'cancel',
    dunning: {
      soft: dunning?.soft_hours ?? defaultDunning.soft,
      technical: dunning?.technical_hours ?? defaultDunning.technical,
      giveUpDays: dunning?.give_up_days ?? defaultDunning.giveUpDays,
    },
    requestFingerprint,
  };
}

/** Buyers who pay by a plan. */
export function subscriptionRoutes(dependencies: ApiDependencies): Router {
  const { payments } = dependencies.databases;
  const router = express.Router();
  router.post('/', (request, response) => postSubscription(dependencies, request, response));
  router.get('/', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const { limit, after } = pageOf(request);
    const filter = {
      status: wordOf(request, 'subscription_status', subscriptionStatuses),
      planId: idParameter(request, 'plan_id', 'a plan'),
    };
    const found = await listSubscriptions(payments, merchantId, filter, limit + 1, after);
    response.json(
      listAnswer(
        found,
        limit,
        (one) => renderSubscription(one),
        (one) => one.subscriptionId,
      ),
    );
  });
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const subscription = await mustFindSubscription(dependencies, merchantId, idOf(request));
    response.json(renderSubscription(subscription, await actionUrlOf(dependencies.databases.payments, subscription)));
  });
  router.get('/:id/periods', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const { limit, after } = pageOf(request);
    if (after !== null && !/^\d{1,6}$/.test(after))
      throw wrongParameter('after', 'must be the next_cursor of the page before');
    const subscription = await mustFindSubscription(dependencies, merchantId, idOf(request));
    const found = await listPeriods(payments, subscription, limit + 1, after === null ? null : Number(after));
    response.json(listAnswer(found, limit, renderPeriod, (period) => String(period.period)));
  });
  router.get('/:id/upcoming', (request, response) => getUpcoming(dependencies, request, response));
  const change = (path: string, wish: ChangeWish) =>
    router.post(`/:id/${path}`, (request, response) => postChange(dependencies, wish, request, response));
  change('change', async (request, _response, present) => ({
    terms: await termsOf(dependencies, present, readBody(request, subscriptionChangeBody)),
  }));
  change('pause', (request) => {
    const { resume_at: at } = readBody(request, pauseBody);
    return Promise.resolve({ paused: { resumeAt: at === undefined ? null : new Date(at) } });
  });
  change('resume', () => Promise.resolve({ paused: null }));
  change('payment_method', (request) => {
    const { credit_card_info: card } = readBody(request, subscriptionCardBody);
    return Promise.resolve({ card: card === undefined ? 'on_page' : { paymentMethod: card.payment_method } });
  });
  change('cancel', (request, response) => {
    const { actor } = callerWith('payments:write', response);
    const { at, reason } = readBody(request, subscriptionCancelBody);
    return Promise.resolve({ cancel: { at, by: { actor, reason: reason ?? 'canceled' } } });
  });
  return router;
}

/** What is due next, as things are or as a change would make them. */
async function getUpcoming(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { payments } = dependencies.databases;
  const { merchantId } = callerWith('payments:read', response);
  const present = await mustFindSubscription(dependencies, merchantId, idOf(request));
  const change = changeOf(request);
  const effect =
    change === undefined
      ? undefined
      : await effectOfTerms(
          payments,
          present,
          await termsOf(dependencies, present, change),
          await timeOf(payments, present),
        );
  if (effect !== undefined && 'notNow' in effect) throw new Problem('not-legal-now', effect.notNow);
  const { difference, anchor, ...terms } = effect ?? {};
  const anew = anchor === undefined ? {} : { anchor, anchorPeriod: present.nextPeriod };
  const subscription = { ...present, ...terms, ...anew };
  const plan = await mustFindPlan(dependencies, merchantId, subscription.planId);
  const bounds = await periodBounds(payments, subscription, plan, subscription.nextPeriod);
  const pending = await pendingAdjustments(payments, subscription);
  const adjustments = difference === undefined ? pending : [...pending, difference];
  response.json(renderUpcoming(subscription, plan, bounds, adjustments, chargeableIn(plan.currency)));
}

async function postSubscription(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId } = callerWith('payments:write', response);
  const body = readBody(request, subscriptionBody);
  const { payments } = dependencies.databases;
  const plan = await findPlan(payments, merchantId, body.plan_id);
  if (plan === undefined) throw wrongPlan('there is no such plan: POST /v1/plans makes one');
  const returnUrl = await checkedReturnUrl(dependencies, merchantId, body.return_url);
  const requestFingerprint = fingerprint(body);
  const startsAt = startOf(body, await clockOf(dependencies, merchantId, body.test_clock_id));
  const known = await findSubscription(payments, { merchantId, subscriptionId: body.subscription_id });
  if (known === undefined) {
    const [stopped] = await stoppedSellers(dependencies.databases.identity, merchantId, [plan.sellerAccount]);
    if (stopped !== undefined)
      throw new Problem('seller-not-accepting', `${plan.sellerAccount} ${whyStopped(stopped)}`, [
        { pointer: '/plan_id', detail: `its seller ${whyStopped(stopped)}` },
      ]);
  }
  const { subscription } =
    known === undefined
      ? await createSubscription(payments, {
          merchantId,
          subscriptionId: body.subscription_id,
          planId: plan.planId,
          quantity: body.quantity ?? 1,
          buyerInfo: body.buyer_info,
          paymentMethod: body.credit_card_info?.payment_method ?? null,
          returnUrl,
          metadata: body.metadata ?? {},
          timeZone: body.time_zone ?? 'UTC',
          testClockId: body.test_clock_id ?? null,
          startsAt,
          trialDays: body.trial_days ?? plan.trialDays,
          requestFingerprint,
        })
      : { subscription: known };
  checkSame(subscription, requestFingerprint, 'subscription_id', 'subscription');
  await startProcess(dependencies, processOf(subscription));
  if (known !== undefined) response.setHeader('Idempotent-Replayed', 'true');
  response
    .status(known === undefined ? 201 : 200)
    .location(`/v1/subscriptions/${subscription.subscriptionId}`)
    .json(renderSubscription(subscription));
}

/** The time by which a new subscription goes. */
async function clockOf({ databases }: ApiDependencies, merchantId: string, id: string | undefined): Promise<Date> {
  if (id === undefined) return new Date();
  const clock = await findTestClock(databases.payments, merchantId, id);
  const refused = (detail: string): Problem =>
    new Problem('validation-failed', `/test_clock_id ${detail}`, [{ pointer: '/test_clock_id', detail }]);
  if (clock === undefined) throw refused('there is no such clock: POST /v1/test_clocks makes one');
  if ((await followersOf(databases.payments, clock)).length >= mostFollowers)
    throw refused(`goes for ${String(mostFollowers)} subscriptions already: make another one`);
  return clock.frozenAt;
}

/** Two years ahead at most; nothing is charged for a time that is over. */
function startOf({ starts_at: at }: SubscriptionBody, now: Date): Date {
  const start = at === undefined ? now : new Date(at);
  const ahead = start.getTime() - now.getTime();
  if (ahead < -3_600_000 || ahead > 2 * 366 * 24 * 3_600_000)
    throw new Problem('validation-failed', '/starts_at must be within the next two years', [
      { pointer: '/starts_at', detail: 'must be within the next two years' },
    ]);
  return start;
}

/** What a request wants changed of the subscription as it is. */
type ChangeWish = (request: Request, response: Response, present: SubscriptionRecord) => Promise<SubscriptionChange>;

async function postChange(
  dependencies: ApiDependencies,
  wish: ChangeWish,
  request: Request,
  response: Response,
): Promise<void> {
  const { merchantId } = callerWith('payments:write', response);
  const subscription = await mustFindSubscription(dependencies, merchantId, idOf(request));
  const changed = await changeSubscription(
    dependencies.databases.payments,
    subscription,
    await wish(request, response, subscription),
  );
  if (changed === undefined)
    throw new Problem('already-final', `the subscription has ended: ${subscription.endReason ?? 'just now'}`);
  if ('notNow' in changed) throw new Problem('not-legal-now', changed.notNow);
  await startProcess(dependencies, processOf(changed));
  response.status(202).json(renderSubscription(changed));
}

/** What a question about the next period would have changed; nothing where it is asked as things are. */
function changeOf(request: Request): SubscriptionChangeBody | undefined {
  const planId = idParameter(request, 'plan_id', 'a plan');
  const quantity = numberOf(request, 'quantity');
  const at = wordOf(request, 'at', ['next_period', 'now'] as const);
  const prorate = wordOf(request, 'prorate', ['true', 'false'] as const);
  if (planId === undefined && quantity === undefined && at === undefined && prorate === undefined) return undefined;
  const asked = subscriptionChangeBody.safeParse({
    ...(planId !== undefined && { plan_id: planId }),
    ...(quantity !== undefined && { quantity }),
    ...(at !== undefined && { at }),
    ...(prorate !== undefined && { prorate: prorate === 'true' }),
  });
  if (asked.success) return asked.data;
  const [issue] = asked.error.issues;
  throw wrongParameter(String(issue?.path[0] ?? 'plan_id'), issue?.message ?? 'is wrong');
}

function numberOf(request: Request, name: string): number | undefined {
  const value = request.query[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value)) throw wrongParameter(name, 'must be a whole number');
  return Number(value);
}

/** Another quantity, or another plan of the same seller and currency; of another interval only where its first period begins at once. */
async function termsOf(
  dependencies: ApiDependencies,
  { merchantId, planId: presentId }: SubscriptionRecord,
  { plan_id: planId, quantity, prorate, at = 'next_period' }: SubscriptionChangeBody,
): Promise<NewTerms> {
  if (planId !== undefined)
    await checkAlike(dependencies, merchantId, presentId, planId, 'plan_id', at === 'now' ? 'any' : 'same');
  return {
    ...(planId !== undefined && { planId }),
    ...(quantity !== undefined && { quantity }),
    prorate: prorate ?? false,
    at,
  };
}

/** Only what is paid changes from one plan to another: whom, in what, and how often unless it begins anew, stay. */
async function checkAlike(
  { databases }: ApiDependencies,
  merchantId: string,
  fromId: string,
  toId: string,
  field: 'plan_id' | 'to_plan_id',
  interval: 'same' | 'any' = 'same',
): Promise<void> {
  const [from, to] = [
    await findPlan(databases.payments, merchantId, fromId),
    await findPlan(databases.payments, merchantId, toId),
  ];
  if (from === undefined) throw wrongPlan('there is no such plan: POST /v1/plans makes one', 'from_plan_id');
  if (to === undefined) throw wrongPlan('there is no such plan: POST /v1/plans makes one', field);
  if (to.sellerAccount !== from.sellerAccount || to.currency !== from.currency)
    throw wrongPlan('must be a plan of the same seller and currency', field);
  if (interval === 'same' && (to.periodUnit !== from.periodUnit || to.periodCount !== from.periodCount))
    throw wrongPlan(
      field === 'plan_id'
        ? 'must be a plan of the same interval, unless it begins at once ("at": "now")'
        : 'must be a plan of the same interval',
      field,
    );
}

/** All subscriptions of a plan go over to another one. */
export function planMigrationRoutes(dependencies: ApiDependencies): Router {
  const { payments } = dependencies.databases;
  const router = express.Router();
  router.post('/', (request, response) => postPlanMigration(dependencies, request, response));
  router.get('/:id', async (request, response) => {
    const { merchantId } = callerWith('payments:read', response);
    const found = await findPlanMigration(payments, { merchantId, migrationId: idOf(request) });
    if (found === undefined) throw new Problem('not-found', 'there is no such migration');
    response.json(renderPlanMigration(found, await countSubscriptionsOf(payments, merchantId, found.fromPlanId)));
  });
  return router;
}

async function postPlanMigration(dependencies: ApiDependencies, request: Request, response: Response): Promise<void> {
  const { merchantId, actor } = callerWith('payments:write', response);
  const body = readBody(request, planMigrationBody);
  const { payments } = dependencies.databases;
  const { migration_id: migrationId, from_plan_id: fromPlanId, to_plan_id: toPlanId } = body;
  if (fromPlanId === toPlanId) throw wrongPlan('must be another plan than from_plan_id', 'to_plan_id');
  await checkAlike(dependencies, merchantId, fromPlanId, toPlanId, 'to_plan_id');
  const requestFingerprint = fingerprint(body);
  const known = await findPlanMigration(payments, { merchantId, migrationId });
  const migration =
    known ??
    (await createPlanMigration(payments, {
      merchantId,
      migrationId,
      fromPlanId,
      toPlanId,
      prorate: body.prorate ?? false,
      requestedBy: actor,
      requestFingerprint,
    }));
  if ('inTheWay' in migration) throw inTheWay(migration.inTheWay, fromPlanId, toPlanId);
  checkSame(migration, requestFingerprint, 'migration_id', 'migration');
  if (migration.finishedAt === null)
    await startProcess(dependencies, { workflow: 'planMigrationWorkflow', input: { merchantId, migrationId } });
  if (known !== undefined) response.setHeader('Idempotent-Replayed', 'true');
  response
    .status(known === undefined ? 202 : 200)
    .location(`/v1/plan_migrations/${migrationId}`)
    .json(renderPlanMigration(migration, await countSubscriptionsOf(payments, merchantId, fromPlanId)));
}

function inTheWay(other: MigrationWay, fromPlanId: string, toPlanId: string): Problem {
  const { migrationId } = other;
  const [pointer, detail] =
    other.fromPlanId === fromPlanId
      ? ['/from_plan_id', `migration ${migrationId} is moving the subscriptions of ${fromPlanId} already`]
      : [
          '/to_plan_id',
          `migration ${migrationId} is moving subscriptions to ${other.toPlanId}: what goes to ${toPlanId} now would come back`,
        ];
  return new Problem('not-legal-now', detail, [{ pointer, detail: `wait until ${migrationId} has finished` }]);
}

const processOf = ({ merchantId, subscriptionId }: SubscriptionRecord) =>
  ({ workflow: 'subscriptionWorkflow', input: { merchantId, subscriptionId } }) as const;

function checkSame(
  { requestFingerprint }: { readonly requestFingerprint: Uint8Array },
  wanted: Uint8Array,
  field: string,
  what: string,
): void {
  if (Buffer.from(requestFingerprint).equals(wanted)) return;
  throw new Problem('id-reused', `send a new ${field} with a new ${what}`, [
    { pointer: `/${field}`, detail: 'came with another body before' },
  ]);
}

const wrongPlan = (detail: string, field: 'plan_id' | 'from_plan_id' | 'to_plan_id' = 'plan_id'): Problem =>
  new Problem('validation-failed', `/${field} ${detail}`, [{ pointer: `/${field}`, detail }]);

async function mustFindPlan({ databases }: ApiDependencies, merchantId: string, planId: string): Promise<PlanRecord> {
  const plan = await findPlan(databases.payments, merchantId, planId);
  if (plan === undefined) throw new Problem('not-found', 'there is no such plan');
  return plan;
}

async function mustFindSubscription(
  { databases }: ApiDependencies,
  merchantId: string,
  subscriptionId: string,
): Promise<SubscriptionRecord> {
  const subscription = await findSubscription(databases.payments, { merchantId, subscriptionId });
  if (subscription === undefined) throw new Problem('not-found', 'there is no such subscription');
  return subscription;
}
