import type { Dunning, PeriodState, SubscriptionStatus } from '../domain/subscription';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import type { Prisma } from './generated/client';

/** What is paid, how often, and to whom. Never changed: a new price is a new plan. Amounts in minor units, for one of it. */
export interface NewPlan {
  readonly merchantId: string;
  readonly planId: string;
  readonly name: string;
  readonly sellerAccount: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly platformFee: bigint;
  readonly periodUnit: string;
  readonly periodCount: number;
  readonly trialDays: number;
  readonly whenUnpaid: string;
  readonly dunning: Dunning;
  readonly requestFingerprint: Uint8Array;
}

/** A stored plan. */
export interface PlanRecord extends Omit<NewPlan, 'dunning'> {
  readonly dunning: unknown;
  readonly createdAt: Date;
}

export interface SubscriptionKey {
  readonly merchantId: string;
  readonly subscriptionId: string;
}

/** A buyer who pays by a plan, as it is posted. */
export interface NewSubscription extends SubscriptionKey {
  readonly planId: string;
  readonly quantity: number;
  readonly buyerInfo: { readonly id: string } & Readonly<Record<string, unknown>>;
  readonly paymentMethod: string;
  readonly returnUrl: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly timeZone: string;
  /** When it begins; a trial of so many days goes before its first period. */
  readonly startsAt: Date;
  readonly trialDays: number;
  readonly requestFingerprint: Uint8Array;
}

/** A stored subscription. */
export interface SubscriptionRecord extends SubscriptionKey {
  readonly planId: string;
  readonly quantity: number;
  readonly buyerInfo: unknown;
  readonly paymentMethod: string;
  readonly cardNumber: number;
  readonly returnUrl: string;
  readonly metadata: unknown;
  readonly timeZone: string;
  readonly anchor: Date;
  readonly nextPeriod: number;
  readonly subscriptionStatus: string;
  readonly pausedAt: Date | null;
  readonly resumeAt: Date | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelRequested: unknown;
  readonly endedAt: Date | null;
  readonly endReason: string | null;
  readonly requestFingerprint: Uint8Array;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is due for one period of a subscription. Amounts in minor units. */
export interface PeriodRecord extends SubscriptionKey {
  readonly period: number;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly planId: string;
  readonly quantity: number;
  readonly sellerAccount: string;
  readonly amount: bigint;
  readonly platformFee: bigint;
  readonly currency: string;
  readonly periodState: string;
  readonly tries: number;
  readonly cardTries: number;
  readonly cardNumber: number;
  readonly checkoutId: string | null;
  readonly withBuyer: boolean;
  readonly tryAfter: Date | null;
  readonly firstFailedAt: Date | null;
  readonly declineClass: string | null;
  readonly declineCode: string | null;
  readonly openedAt: Date;
  readonly settledAt: Date | null;
}

type Rows = Pick<PrismaClient, 'plan' | 'subscription' | 'subscriptionPeriod' | '$queryRaw' | '$executeRaw'>;

/** Stores a plan, once per id: one that is there stays. Answers what is stored under the id. */
export async function createPlan(payments: PrismaClient, plan: NewPlan): Promise<PlanRecord> {
  await payments.plan.createMany({
    data: [
      {
        ...plan,
        dunning: plan.dunning as unknown as Prisma.InputJsonValue,
        requestFingerprint: new Uint8Array(plan.requestFingerprint),
      },
    ],
    skipDuplicates: true,
  });
  const stored = await findPlan(payments, plan.merchantId, plan.planId);
  if (stored === undefined) throw new Error(`plan ${plan.planId} was stored and is not there`);
  return stored;
}

export async function findPlan(payments: Rows, merchantId: string, planId: string): Promise<PlanRecord | undefined> {
  return (await payments.plan.findFirst({ where: { merchantId, planId } })) ?? undefined;
}

/** A page of plans, the newest first. `after` is the last one of the page before. */
export async function listPlans(
  payments: PrismaClient,
  merchantId: string,
  limit: number,
  after: string | null,
): Promise<PlanRecord[]> {
  return payments.plan.findMany({
    where: { merchantId },
    orderBy: [{ createdAt: 'desc' }, { planId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_planId: { merchantId, planId: after } }, skip: 1 }),
  });
}

/** Stores a subscription, once per id: one that is there stays. Answers what is stored under the id, and whether it is new. */
export async function createSubscription(
  payments: PrismaClient,
  subscription: NewSubscription,
): Promise<{ created: boolean; subscription: SubscriptionRecord }> {
  const { merchantId, subscriptionId, trialDays, startsAt, timeZone } = subscription;
  const created = await payments.$executeRaw`
    INSERT INTO payments.subscription (merchant_id, subscription_id, plan_id, quantity, buyer_info, payment_method, return_url, metadata,
      time_zone, anchor, subscription_status, request_fingerprint)
    VALUES (${merchantId}, ${subscriptionId}, ${subscription.planId}, ${subscription.quantity}::int, ${JSON.stringify(subscription.buyerInfo)}::jsonb,
      ${subscription.paymentMethod}, ${subscription.returnUrl}, ${JSON.stringify(subscription.metadata)}::jsonb, ${timeZone},
      payments.period_start(${startsAt}::timestamptz, ${timeZone}, 'day', 1, ${trialDays}::int), ${trialDays > 0 ? 'trialing' : 'active'},
      ${subscription.requestFingerprint}::bytea)
    ON CONFLICT DO NOTHING`;
  const stored = await findSubscription(payments, { merchantId, subscriptionId });
  if (stored === undefined) throw new Error(`subscription ${subscriptionId} was stored and is not there`);
  return { created: created > 0, subscription: stored };
}

export async function findSubscription(
  payments: Rows,
  { merchantId, subscriptionId }: SubscriptionKey,
): Promise<SubscriptionRecord | undefined> {
  return (await payments.subscription.findFirst({ where: { merchantId, subscriptionId } })) ?? undefined;
}

/** A page of subscriptions, the newest first. `after` is the last one of the page before. */
export async function listSubscriptions(
  payments: PrismaClient,
  merchantId: string,
  filter: { readonly status?: SubscriptionStatus | undefined; readonly planId?: string | undefined },
  limit: number,
  after: string | null,
): Promise<SubscriptionRecord[]> {
  return payments.subscription.findMany({
    where: {
      merchantId,
      ...(filter.status !== undefined && { subscriptionStatus: filter.status }),
      ...(filter.planId !== undefined && { planId: filter.planId }),
    },
    orderBy: [{ createdAt: 'desc' }, { subscriptionId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_subscriptionId: { merchantId, subscriptionId: after } }, skip: 1 }),
  });
}

/** A page of a subscription's periods, the newest first. */
export async function listPeriods(
  payments: PrismaClient,
  { merchantId, subscriptionId }: SubscriptionKey,
  limit: number,
  before: number | null,
): Promise<PeriodRecord[]> {
  return payments.subscriptionPeriod.findMany({
    where: { merchantId, subscriptionId, ...(before !== null && { period: { lt: before } }) },
    orderBy: { period: 'desc' },
    take: limit,
  });
}

/** What a merchant or its buyer wants changed. Each counts from the next step of the subscription on. */
export interface SubscriptionChange {
  readonly planId?: string;
  readonly quantity?: number;
  readonly paymentMethod?: string;
  /** Null goes on again. */
  readonly paused?: { readonly resumeAt: Date | null } | null;
  readonly cancel?: { readonly at: 'now' | 'period_end' | 'never'; readonly by: RequestedBy };
}

/** Keeps a wish on the row. Answers the row; nothing when the subscription has ended. */
export async function changeSubscription(
  payments: PrismaClient,
  key: SubscriptionKey,
  change: SubscriptionChange,
): Promise<SubscriptionRecord | undefined> {
  const { paused, cancel, paymentMethod } = change;
  const changed = await payments.subscription.updateMany({
    where: { merchantId: key.merchantId, subscriptionId: key.subscriptionId, endedAt: null },
    data: {
      ...(change.planId !== undefined && { planId: change.planId }),
      ...(change.quantity !== undefined && { quantity: change.quantity }),
      ...(paymentMethod !== undefined && { paymentMethod, cardNumber: { increment: 1 } }),
      ...(paused !== undefined && {
        pausedAt: paused === null ? null : new Date(),
        resumeAt: paused === null ? null : paused.resumeAt,
      }),
      ...(cancel !== undefined && {
        cancelAtPeriodEnd: cancel.at === 'period_end',
        ...(cancel.at === 'now' && { cancelRequested: { ...cancel.by } }),
      }),
      sweepAfter: new Date(Date.now() + 10_000),
      updatedAt: new Date(),
    },
  });
  return changed.count === 0 ? undefined : findSubscription(payments, key);
}

/** Locks a subscription until the transaction's end: one step of it at a time. */
export async function lockSubscription(rows: Rows, key: SubscriptionKey): Promise<SubscriptionRecord | undefined> {
  await rows.$queryRaw`
    SELECT FROM payments.subscription WHERE merchant_id = ${key.merchantId} AND subscription_id = ${key.subscriptionId} FOR UPDATE`;
  return findSubscription(rows, key);
}

/** The period that is being paid; at most one. */
export async function openPeriodOf(
  rows: Rows,
  { merchantId, subscriptionId }: SubscriptionKey,
): Promise<PeriodRecord | undefined> {
  return (
    (await rows.subscriptionPeriod.findFirst({ where: { merchantId, subscriptionId, periodState: 'open' } })) ??
    undefined
  );
}

/** The last period that has come to its end. */
export async function lastPeriodOf(
  rows: Rows,
  { merchantId, subscriptionId }: SubscriptionKey,
): Promise<PeriodRecord | undefined> {
  return (
    (await rows.subscriptionPeriod.findFirst({
      where: { merchantId, subscriptionId, periodState: { not: 'open' } },
      orderBy: { period: 'desc' },
    })) ?? undefined
  );
}

/** When a period begins and ends, by the calendar of the buyer's time zone (S1). */
export async function periodBounds(
  rows: Rows,
  subscription: Pick<SubscriptionRecord, 'anchor' | 'timeZone'>,
  plan: Pick<PlanRecord, 'periodUnit' | 'periodCount'>,
  period: number,
): Promise<{ readonly startsAt: Date; readonly endsAt: Date }> {
  const { anchor, timeZone } = subscription;
  const { periodUnit, periodCount } = plan;
  const [row] = await rows.$queryRaw<{ startsAt: Date; endsAt: Date }[]>`
    SELECT payments.period_start(${anchor}::timestamptz, ${timeZone}, ${periodUnit}, ${periodCount}::int, ${period}::int) AS "startsAt",
           payments.period_start(${anchor}::timestamptz, ${timeZone}, ${periodUnit}, ${periodCount}::int, ${period + 1}::int) AS "endsAt"`;
  if (row === undefined) throw new Error('the bounds of a period were not answered');
  return row;
}

/** Keeps what a period is about, and that the next one comes after it: in one transaction with the subscription's lock. */
export async function openPeriod(
  rows: Rows,
  period: SubscriptionKey &
    Pick<
      PeriodRecord,
      'period' | 'startsAt' | 'endsAt' | 'planId' | 'quantity' | 'sellerAccount' | 'amount' | 'platformFee' | 'currency'
    > & { readonly state: 'open' | 'skipped'; readonly at: Date; readonly cardNumber: number },
): Promise<void> {
  const { state, at, ...row } = period;
  await rows.subscriptionPeriod.create({
    data: { ...row, periodState: state, openedAt: at, ...(state === 'skipped' ? { settledAt: at } : { tryAfter: at }) },
  });
  await rows.subscription.updateMany({
    where: { merchantId: row.merchantId, subscriptionId: row.subscriptionId },
    data: { nextPeriod: row.period + 1 },
  });
}

type PeriodKey = Pick<PeriodRecord, 'merchantId' | 'subscriptionId' | 'period'>;
const ofPeriod = ({ merchantId, subscriptionId, period }: PeriodKey) => ({ merchantId, subscriptionId, period });

export async function settlePeriod(rows: Rows, key: PeriodKey, state: PeriodState, at: Date): Promise<void> {
  await rows.subscriptionPeriod.updateMany({
    where: ofPeriod(key),
    data: { periodState: state, settledAt: at, tryAfter: null },
  });
}

/** Notes that a period is being tried by a checkout. */
export async function beginTry(
  rows: Rows,
  key: PeriodKey,
  attempt: {
    readonly checkoutId: string;
    readonly withBuyer: boolean;
    readonly cardNumber: number;
    readonly cardTries: number;
  },
): Promise<void> {
  await rows.subscriptionPeriod.updateMany({
    where: ofPeriod(key),
    data: { ...attempt, tryAfter: null, tries: { increment: 1 } },
  });
  if (attempt.withBuyer) return;
  await rows.$executeRaw`
    UPDATE payments.checkout SET off_session = true WHERE merchant_id = ${key.merchantId} AND checkout_id = ${attempt.checkoutId}`;
}

/** Notes that a try came to nothing, and when there is another. */
export async function failTry(
  rows: Rows,
  key: PeriodKey,
  failed: Pick<PeriodRecord, 'firstFailedAt' | 'declineClass' | 'declineCode' | 'tryAfter' | 'withBuyer'>,
): Promise<void> {
  await rows.subscriptionPeriod.updateMany({ where: ofPeriod(key), data: { ...failed, checkoutId: null } });
}

/** Writes how a subscription stands; once ended it stays so. */
export async function markSubscription(
  rows: Rows,
  { merchantId, subscriptionId }: SubscriptionKey,
  change: {
    readonly status: SubscriptionStatus;
    readonly ended?: { readonly at: Date; readonly reason: string };
    readonly resumed?: true;
  },
): Promise<void> {
  const { status, ended, resumed } = change;
  await rows.subscription.updateMany({
    where: { merchantId, subscriptionId, endedAt: null },
    data: {
      subscriptionStatus: status,
      ...(ended !== undefined && { endedAt: ended.at, endReason: ended.reason }),
      ...(resumed === true && { pausedAt: null, resumeAt: null }),
      updatedAt: new Date(),
    },
  });
}

/** The card as it stands attached at the PSP, unless another one has been given since. */
export async function keepCard(
  rows: Rows,
  { merchantId, subscriptionId }: SubscriptionKey,
  cardNumber: number,
  paymentMethod: string,
): Promise<void> {
  await rows.subscription.updateMany({ where: { merchantId, subscriptionId, cardNumber }, data: { paymentMethod } });
}

/** Subscriptions whose workflow should be looked at, the longest waiting first; each is given an hour. */
export async function claimSubscriptions(payments: PrismaClient, limit: number): Promise<SubscriptionKey[]> {
  return payments.$queryRaw`
    UPDATE payments.subscription AS s SET sweep_after = now() + interval '1 hour'
    FROM (SELECT merchant_id, subscription_id FROM payments.subscription
          WHERE ended_at IS NULL AND sweep_after <= now() ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE s.merchant_id = due.merchant_id AND s.subscription_id = due.subscription_id
    RETURNING s.merchant_id AS "merchantId", s.subscription_id AS "subscriptionId"`;
}
