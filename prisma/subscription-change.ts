import { priceOf, prorated, type PeriodPrice } from '../domain/subscription';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import {
  beginWithCard,
  cardChange,
  findPlan,
  findSubscription,
  lockSubscription,
  timeOf,
  type NewCard,
  type PeriodRecord,
  type Rows,
  type SubscriptionKey,
  type SubscriptionRecord,
} from './subscription';

/** What a merchant or its buyer wants changed. Each counts from the next step of the subscription on. */
export interface SubscriptionChange {
  readonly terms?: NewTerms;
  readonly card?: NewCard;
  /** Null goes on again. */
  readonly paused?: { readonly resumeAt: Date | null } | null;
  readonly cancel?: { readonly at: 'now' | 'period_end' | 'never'; readonly by: RequestedBy };
}

/** Another plan, another quantity, or both. */
export interface NewTerms {
  readonly planId?: string;
  readonly quantity?: number;
  /** Whether the rest of the period that runs is charged by the new terms; the difference goes on the next one. */
  readonly prorate: boolean;
  /** `now`: the period that runs ends, and the next one begins, from which later ones are counted. */
  readonly at: 'next_period' | 'now';
}

/** Why terms can't be changed at once. */
export interface NotNow {
  readonly notNow: string;
}

/** Keeps a wish on the row. Answers the row; nothing when the subscription has ended, and why where it can't be now. */
export async function changeSubscription(
  payments: PrismaClient,
  key: SubscriptionKey,
  change: SubscriptionChange,
): Promise<SubscriptionRecord | NotNow | undefined> {
  return payments.$transaction(async (rows) => {
    const subscription = await lockSubscription(rows, key);
    if (subscription === undefined || subscription.endedAt !== null) return undefined;
    const { paused, cancel, terms, card } = change;
    const changed = terms === undefined ? undefined : await changeTerms(rows, subscription, terms);
    if (changed !== undefined) return changed;
    await rows.subscription.updateMany({
      where: { merchantId: key.merchantId, subscriptionId: key.subscriptionId },
      data: {
        ...(card !== undefined && cardChange(subscription, card)),
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
    if (card !== undefined && card !== 'on_page' && subscription.paymentMethod === null)
      await beginWithCard(rows, subscription);
    return findSubscription(rows, key);
  });
}

/** What other terms come to. */
export interface TermsEffect {
  readonly planId: string;
  readonly quantity: number;
  /** What they add to the next period for the rest of the one that runs; left out where they add nothing. */
  readonly difference?: PeriodPrice & { readonly ofPeriod: PeriodRecord; readonly currency: string };
  /** Since when periods are counted from then on; left out where that stays. */
  readonly anchor?: Date;
}

/** What other terms would come to at this moment, or why they can't be had; nothing where they are the present ones. */
export async function effectOfTerms(
  rows: Rows,
  subscription: SubscriptionRecord,
  terms: NewTerms,
  at: Date,
): Promise<TermsEffect | NotNow | undefined> {
  const { merchantId, planId, quantity } = subscription;
  const next = { planId: terms.planId ?? planId, quantity: terms.quantity ?? quantity };
  if (next.planId === planId && next.quantity === quantity) return undefined;
  const isNow = terms.at === 'now';
  // Where another period is just beginning, the one before it has been reckoned up.
  const isBetween = subscription.anchorPeriod === subscription.nextPeriod;
  const period = isBetween || !(terms.prorate || isNow) ? undefined : await runningPeriod(rows, subscription, at);
  if (isNow) {
    const why = whyNotNow(subscription, period);
    if (why !== undefined) return { notNow: why };
  }
  const anew = isNow ? { anchor: at } : {};
  if (!terms.prorate || period === undefined) return { ...next, ...anew };
  const charged = await chargedTerms(rows, period);
  const [from, to] = [await findPlan(rows, merchantId, charged.planId), await findPlan(rows, merchantId, next.planId)];
  if (from === undefined || to === undefined) throw new Error(`there is no plan ${charged.planId} or ${next.planId}`);
  const after = isNow ? { amount: 0n, platformFee: 0n } : priceOf(to, next.quantity);
  const difference = prorated(priceOf(from, charged.quantity), after, period, at);
  if (difference.amount === 0n && difference.platformFee === 0n) return { ...next, ...anew };
  return { ...next, ...anew, difference: { ...difference, ofPeriod: period, currency: to.currency } };
}

/** Why the period that runs can't end for another one to begin. */
function whyNotNow(subscription: SubscriptionRecord, period: PeriodRecord | undefined): string | undefined {
  const { pausedAt, cancelAtPeriodEnd, cancelRequested, nextPeriod } = subscription;
  if (pausedAt !== null) return 'the subscription is paused: resume it first';
  if (cancelRequested !== null || cancelAtPeriodEnd) return 'the subscription is about to end';
  if (nextPeriod === 0) return 'its first period has not begun: change it for the next period';
  if (period === undefined) return 'no paid period runs now: change it for the next period';
  return period.periodState === 'paid' ? undefined : 'the present period is not paid yet';
}

/** By which terms the rest of a period is charged as things are: those it began with, or those of the last change that counted. */
async function chargedTerms(
  rows: Rows,
  period: PeriodRecord,
): Promise<{ readonly planId: string; readonly quantity: number }> {
  const { merchantId, subscriptionId } = period;
  const last = await rows.subscriptionAdjustment.findFirst({
    where: {
      merchantId,
      subscriptionId,
      ofPeriod: period.period,
      cause: 'change',
      adjustmentState: { not: 'void' },
    },
    orderBy: { adjustmentId: 'desc' },
  });
  return last === null ? period : { planId: last.toPlanId, quantity: last.toQuantity };
}

/** Writes new terms under the subscription's lock, with what they come to. Answers why they can't be had, where they can't. */
export async function changeTerms(
  rows: Rows,
  subscription: SubscriptionRecord,
  terms: NewTerms,
): Promise<NotNow | undefined> {
  const { merchantId, subscriptionId, planId, quantity, nextPeriod } = subscription;
  const at = await timeOf(rows, subscription);
  const effect = await effectOfTerms(rows, subscription, terms, at);
  if (effect === undefined || 'notNow' in effect) return effect;
  const { difference, anchor } = effect;
  await rows.subscription.updateMany({
    where: { merchantId, subscriptionId },
    data: {
      planId: effect.planId,
      quantity: effect.quantity,
      ...(anchor !== undefined && { anchor, anchorPeriod: nextPeriod, steppedTo: null }),
    },
  });
  if (difference === undefined) return undefined;
  const { amount, platformFee, currency, ofPeriod } = difference;
  await rows.subscriptionAdjustment.create({
    data: {
      merchantId,
      subscriptionId,
      ofPeriod: ofPeriod.period,
      cause: 'change',
      fromPlanId: planId,
      fromQuantity: quantity,
      toPlanId: effect.planId,
      toQuantity: effect.quantity,
      amount,
      platformFee,
      currency,
      effectiveAt: at,
    },
  });
  return undefined;
}

/** The period whose time it is, where it is paid or being paid. */
async function runningPeriod(
  rows: Rows,
  { merchantId, subscriptionId, nextPeriod }: SubscriptionRecord,
  at: Date,
): Promise<PeriodRecord | undefined> {
  const found = await rows.subscriptionPeriod.findFirst({
    where: { merchantId, subscriptionId, period: nextPeriod - 1, endsAt: { gt: at } },
  });
  return found !== null && ['open', 'paid'].includes(found.periodState) ? found : undefined;
}

/** What an earlier period has left for the next one, in minor units. */
export interface AdjustmentRecord extends PeriodPrice {
  readonly adjustmentId: bigint;
  readonly ofPeriod: number;
  readonly cause: string;
}

/**
 * What the next period has added to it, and taken from it. A change within a period that was never paid is of no account: nobody had
 * what it would take back.
 */
export async function pendingAdjustments(
  rows: Rows,
  { merchantId, subscriptionId }: SubscriptionKey,
): Promise<AdjustmentRecord[]> {
  return rows.$queryRaw`
    SELECT a.adjustment_id AS "adjustmentId", a.of_period AS "ofPeriod", a.cause, a.amount, a.platform_fee AS "platformFee"
    FROM payments.subscription_adjustment AS a
    JOIN payments.subscription_period AS p
      ON p.merchant_id = a.merchant_id AND p.subscription_id = a.subscription_id AND p.period = a.of_period
    WHERE a.merchant_id = ${merchantId} AND a.subscription_id = ${subscriptionId} AND a.adjustment_state = 'pending'
      AND p.period_state IN ('open', 'paid')
    ORDER BY a.adjustment_id`;
}

/** Puts adjustments on a period, and keeps what did not fit into it for the one after. */
export async function applyAdjustments(
  rows: Rows,
  subscription: SubscriptionRecord,
  period: number,
  adjustments: readonly AdjustmentRecord[],
  leftOver: PeriodPrice & { readonly currency: string },
  at: Date,
): Promise<void> {
  const { merchantId, subscriptionId, planId, quantity } = subscription;
  if (adjustments.length > 0)
    await rows.subscriptionAdjustment.updateMany({
      where: { merchantId, adjustmentId: { in: adjustments.map((one) => one.adjustmentId) } },
      data: { adjustmentState: 'applied', appliedTo: period },
    });
  if (leftOver.amount === 0n && leftOver.platformFee === 0n) return;
  await rows.subscriptionAdjustment.create({
    data: {
      merchantId,
      subscriptionId,
      ofPeriod: period,
      cause: 'left_over',
      fromPlanId: planId,
      fromQuantity: quantity,
      toPlanId: planId,
      toQuantity: quantity,
      ...leftOver,
      effectiveAt: at,
    },
  });
}
