import type { Dunning, PeriodState, SubscriptionStatus } from '../domain/subscription';
import { findCheckout } from './checkout';
import type { PrismaClient } from './database';
import type { Prisma } from './generated/client';
import { findTestClock } from './test-clock';

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
  /** Null: its buyer leaves one on a page of the PSP, and it begins then. */
  readonly paymentMethod: string | null;
  readonly returnUrl: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly timeZone: string;
  readonly testClockId: string | null;
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
  /** Null while its buyer has not left one. */
  readonly paymentMethod: string | null;
  readonly cardNumber: number;
  readonly returnUrl: string;
  readonly metadata: unknown;
  readonly timeZone: string;
  readonly trialDays: number;
  /** The page of the PSP for a card: which one it is, and how it stands; null when none is wanted. */
  readonly cardPageNumber: number;
  readonly cardPageState: string | null;
  readonly cardPage: string | null;
  readonly cardPageUrl: string | null;
  readonly cardPageUntil: Date | null;
  readonly testClockId: string | null;
  readonly steppedTo: Date | null;
  /** When the period of that number began, or begins: later ones are counted from there. */
  readonly anchor: Date;
  readonly anchorPeriod: number;
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

/** A client, or a transaction of one. */
export type Rows = Pick<
  PrismaClient,
  | 'plan'
  | 'subscription'
  | 'subscriptionPeriod'
  | 'subscriptionAdjustment'
  | 'cardDecline'
  | 'testClock'
  | 'planMigration'
  | '$queryRaw'
  | '$executeRaw'
>;

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
  const { merchantId, subscriptionId, trialDays, startsAt, timeZone, paymentMethod } = subscription;
  const isIncomplete = paymentMethod === null;
  const status: SubscriptionStatus = isIncomplete ? 'incomplete' : trialDays > 0 ? 'trialing' : 'active';
  const created = await payments.$executeRaw`
    INSERT INTO payments.subscription (merchant_id, subscription_id, plan_id, quantity, buyer_info, payment_method, return_url, metadata,
      time_zone, anchor, trial_days, subscription_status, card_page_number, card_page_state, test_clock_id, request_fingerprint)
    VALUES (${merchantId}, ${subscriptionId}, ${subscription.planId}, ${subscription.quantity}::int, ${JSON.stringify(subscription.buyerInfo)}::jsonb,
      ${paymentMethod}, ${subscription.returnUrl}, ${JSON.stringify(subscription.metadata)}::jsonb, ${timeZone},
      payments.period_start(${startsAt}::timestamptz, ${timeZone}, 'day', 1, ${trialDays}::int), ${trialDays}::int, ${status},
      ${isIncomplete ? 1 : 0}::int, ${isIncomplete ? 'wanted' : null}, ${subscription.testClockId}, ${subscription.requestFingerprint}::bytea)
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

/** Another card for a subscription; `on_page`: its buyer leaves one on a page of the PSP. */
export type NewCard = { readonly paymentMethod: string } | 'on_page';

/** What becomes of the row with another card. */
export function cardChange(subscription: SubscriptionRecord, card: NewCard) {
  if (card !== 'on_page')
    return {
      paymentMethod: card.paymentMethod,
      ...(subscription.paymentMethod !== null && { cardNumber: { increment: 1 } }),
    };
  // One that is open already is the one that is wanted.
  if (subscription.cardPageState !== null) return {};
  return { cardPageState: 'wanted', cardPageNumber: { increment: 1 } };
}

/** A subscription that had no card begins now, or when it was to begin, whichever is later. */
export async function beginWithCard(rows: Rows, subscription: SubscriptionRecord): Promise<void> {
  const { merchantId, subscriptionId, timeZone, trialDays } = subscription;
  const now = await timeOf(rows, subscription);
  const status: SubscriptionStatus = trialDays > 0 ? 'trialing' : 'active';
  await rows.$executeRaw`
    UPDATE payments.subscription
    SET anchor = greatest(anchor, payments.period_start(${now}::timestamptz, ${timeZone}, 'day', 1, ${trialDays}::int)),
        subscription_status = ${status}
    WHERE merchant_id = ${merchantId} AND subscription_id = ${subscriptionId}`;
}

/** The time by which a subscription is due: its test clock's, where it has one. */
export async function timeOf(
  rows: Rows,
  { merchantId, testClockId }: Pick<SubscriptionRecord, 'merchantId' | 'testClockId'>,
): Promise<Date> {
  if (testClockId === null) return new Date();
  const clock = await findTestClock(rows, merchantId, testClockId);
  if (clock === undefined) throw new Error(`there is no test clock ${testClockId}`);
  return clock.frozenAt;
}

/** A period that came to nothing gives back what was put on it: the next one has it. */
async function giveAdjustmentsBack(
  rows: Rows,
  { merchantId, subscriptionId, period }: Pick<PeriodRecord, 'merchantId' | 'subscriptionId' | 'period'>,
): Promise<void> {
  await rows.subscriptionAdjustment.updateMany({
    where: { merchantId, subscriptionId, ofPeriod: period, adjustmentState: 'pending' },
    data: { adjustmentState: 'void' },
  });
  await rows.subscriptionAdjustment.updateMany({
    where: { merchantId, subscriptionId, appliedTo: period },
    data: { adjustmentState: 'pending', appliedTo: null },
  });
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

/** Where a subscription's buyer can pay what the card could not; null where there is nothing for a buyer to do. */
export async function actionUrlOf(payments: PrismaClient, subscription: SubscriptionKey): Promise<string | null> {
  const open = await openPeriodOf(payments, subscription);
  if (open?.checkoutId === undefined || open.checkoutId === null || !open.withBuyer) return null;
  const checkout = await findCheckout(payments, subscription.merchantId, open.checkoutId);
  return checkout?.checkoutStatus === 'awaiting_buyer' ? checkout.pageUrl : null;
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
  subscription: Pick<SubscriptionRecord, 'anchor' | 'anchorPeriod' | 'timeZone'>,
  plan: Pick<PlanRecord, 'periodUnit' | 'periodCount'>,
  period: number,
): Promise<{ readonly startsAt: Date; readonly endsAt: Date }> {
  const { anchor, anchorPeriod, timeZone } = subscription;
  const counted = period - anchorPeriod;
  const { periodUnit, periodCount } = plan;
  const [row] = await rows.$queryRaw<{ startsAt: Date; endsAt: Date }[]>`
    SELECT payments.period_start(${anchor}::timestamptz, ${timeZone}, ${periodUnit}, ${periodCount}::int, ${counted}::int) AS "startsAt",
           payments.period_start(${anchor}::timestamptz, ${timeZone}, ${periodUnit}, ${periodCount}::int, ${counted + 1}::int) AS "endsAt"`;
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
    > & { readonly state: 'open' | 'paid' | 'skipped'; readonly at: Date; readonly cardNumber: number },
): Promise<void> {
  const { state, at, ...row } = period;
  await rows.subscriptionPeriod.create({
    data: { ...row, periodState: state, openedAt: at, ...(state === 'open' ? { tryAfter: at } : { settledAt: at }) },
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
  if (state === 'failed' || state === 'void') await giveAdjustmentsBack(rows, key);
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
  failed: Pick<
    PeriodRecord,
    'firstFailedAt' | 'declineClass' | 'declineCode' | 'tryAfter' | 'withBuyer' | 'cardTries' | 'cardNumber'
  >,
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

/** Notes up to when a subscription with a test clock has done what was due. */
export async function noteSteppedTo(
  rows: Rows,
  { merchantId, subscriptionId }: SubscriptionKey,
  at: Date,
): Promise<void> {
  await rows.$executeRaw`
    UPDATE payments.subscription SET stepped_to = greatest(stepped_to, ${at}::timestamptz)
    WHERE merchant_id = ${merchantId} AND subscription_id = ${subscriptionId}`;
}

// ─────────────────────────────────────────── a card by a page ────────────────────────────────────────

/** Until when the page of a subscription is to live: written before the PSP hears of it, so that a repeat asks for the same page. */
export async function beginCardPage(
  payments: PrismaClient,
  { merchantId, subscriptionId }: SubscriptionKey,
  pageSeconds: number,
): Promise<{ readonly number: number; readonly until: Date }> {
  // One that was never opened, and whose end is near, is given up for another.
  const [row] = await payments.$queryRaw<{ number: number; until: Date }[]>`
    UPDATE payments.subscription
    SET card_page_number = card_page_number + (card_page_until < now() + interval '35 minutes' AND card_page_until IS NOT NULL)::int,
        card_page_until = CASE WHEN card_page_until >= now() + interval '35 minutes' THEN card_page_until
                               ELSE now() + make_interval(secs => ${pageSeconds}::float8) END
    WHERE merchant_id = ${merchantId} AND subscription_id = ${subscriptionId}
    RETURNING card_page_number AS number, card_page_until AS until`;
  if (row === undefined) throw new Error(`there is no subscription ${subscriptionId}`);
  return row;
}

/** The buyer can leave a card now. Safe to repeat. */
export async function saveCardPage(
  payments: PrismaClient,
  { merchantId, subscriptionId }: SubscriptionKey,
  opened: { readonly buyerId: string; readonly pspCustomer: string; readonly page: string; readonly url: string },
): Promise<void> {
  await payments.$executeRaw`
    WITH customer AS (
      INSERT INTO payments.psp_customer (merchant_id, buyer_id, psp_customer)
      VALUES (${merchantId}, ${opened.buyerId}, ${opened.pspCustomer}) ON CONFLICT DO NOTHING)
    UPDATE payments.subscription
    SET card_page_state = 'open', card_page = ${opened.page}, card_page_url = ${opened.url}, updated_at = now()
    WHERE merchant_id = ${merchantId} AND subscription_id = ${subscriptionId} AND card_page_state = 'wanted'`;
}

/**
 * The page has come to its end: with a card, which is charged from now on and lets a subscription without one begin; or without, which
 * ends one that has none. Safe to repeat.
 */
export async function leaveCardPage(
  payments: PrismaClient,
  key: SubscriptionKey,
  left:
    | { readonly page: string | null; readonly paymentMethod: string }
    | { readonly page: string | null; readonly why: string },
): Promise<void> {
  await payments.$transaction(async (rows) => {
    const subscription = await lockSubscription(rows, key);
    if (subscription === undefined || subscription.cardPageState === null) return;
    // Another page has taken its place.
    if (subscription.cardPage !== left.page) return;
    const { merchantId, subscriptionId } = key;
    await rows.subscription.updateMany({
      where: { merchantId, subscriptionId },
      data: {
        cardPageState: null,
        cardPage: null,
        cardPageUrl: null,
        cardPageUntil: null,
        ...('paymentMethod' in left && subscription.endedAt === null && cardChange(subscription, left)),
        updatedAt: new Date(),
      },
    });
    if (subscription.endedAt !== null || subscription.paymentMethod !== null) return;
    if ('paymentMethod' in left) await beginWithCard(rows, subscription);
    else
      await markSubscription(rows, key, {
        status: 'canceled',
        ended: { at: await timeOf(rows, subscription), reason: left.why },
      });
  });
}
