import { createHash } from 'node:crypto';
import { checkoutInput } from '../checkout-input';
import { isFinalCheckout, type CheckoutStatus } from '../domain/checkout';
import { carriersOf } from '../domain/identifiers';
import { fromMinorUnits, type Money } from '../domain/money';
import {
  declineClassOf,
  nextTry,
  type DeclineClass,
  type Dunning,
  type SubscriptionStatus,
} from '../domain/subscription';
import { createCheckout, findCheckout, onlyOrderOf, requestOnCheckout, type CheckoutRecord } from '../prisma/checkout';
import type { PrismaClient } from '../prisma/database';
import {
  beginTry,
  failTry,
  findPlan,
  keepCard,
  lastPeriodOf,
  lockSubscription,
  markSubscription,
  openPeriod,
  openPeriodOf,
  periodBounds,
  settlePeriod,
  type PeriodRecord,
  type PlanRecord,
  type SubscriptionKey,
  type SubscriptionRecord,
} from '../prisma/subscription';
import type { CheckoutInput } from '../workflows/messages';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/** What a subscription's workflow is to do next. */
export type SubscriptionStep =
  | { readonly next: 'end'; readonly reason: string }
  /** Until it is time for something, in milliseconds of this system's clock. */
  | { readonly next: 'wait'; readonly ms: number; readonly status: SubscriptionStatus; readonly for: string }
  /** A period's checkout is under way, or to be started. */
  | {
      readonly next: 'pay';
      readonly status: SubscriptionStatus;
      readonly period: number;
      readonly amount: Money;
      readonly checkout: CheckoutInput;
    };

/** A step does at most so much: the rest is for the next one. */
const mostTurns = 20;
/** A buyer's own page is looked after that often; its end is heard of at once. */
const longestWaitMs = 24 * 3_600_000;

type Rows = Omit<PrismaClient, '$transaction' | '$on' | '$connect' | '$disconnect' | '$extends'>;

/**
 * Takes a subscription one step on, under its row's lock: opens the period that is due, once (S2), lets a checkout try to be paid for
 * it, and settles it by what that came to. A retry is safe: what was done is on the rows, and each is done once.
 *
 * @throws NotFound
 */
export async function stepSubscription(dependencies: Dependencies, key: SubscriptionKey): Promise<SubscriptionStep> {
  const now = dependencies.now?.() ?? new Date();
  await dependencies.failpoint('subscription.before_step', key.subscriptionId);
  const { step, withdrawn } = await dependencies.databases.payments.$transaction((rows) =>
    new Step(rows, now).take(key),
  );
  await dependencies.failpoint('subscription.after_step', key.subscriptionId);
  if (withdrawn !== undefined)
    for (const carrier of carriersOf({ ...withdrawn, onlyOrder: onlyOrderOf(withdrawn) }))
      await dependencies.orchestrator.signal(carrier, 'cancel', withdrawing);
  return step;
}

const withdrawing = { actor: 'subscription', reason: 'the period is not to be paid on this page any more' };

/** What a turn has left to do. */
interface Turn {
  readonly step: SubscriptionStep;
  /** A page whose buyer is not to pay on it any more: its workflow is told. */
  readonly withdrawn?: CheckoutRecord;
}

class Step {
  constructor(
    private readonly rows: Rows,
    private readonly now: Date,
  ) {}

  async take(key: SubscriptionKey): Promise<Turn> {
    for (let turns = 0; turns < mostTurns; turns += 1) {
      const subscription = await lockSubscription(this.rows, key);
      if (subscription === undefined) throw failure('NotFound', `there is no subscription ${key.subscriptionId}`);
      const done = await this.turn(subscription);
      if (done !== undefined) return done;
    }
    return { step: { next: 'wait', ms: 0, status: 'active', for: 'more to catch up with' } };
  }

  /** Does one thing; answers nothing where there may be more to do at once. */
  private async turn(subscription: SubscriptionRecord): Promise<Turn | undefined> {
    const { endedAt, endReason, resumeAt, pausedAt } = subscription;
    if (endedAt !== null) return { step: { next: 'end', reason: endReason ?? '' } };
    if (pausedAt !== null && resumeAt !== null && resumeAt <= this.now) {
      await markSubscription(this.rows, subscription, { status: 'active', resumed: true });
      return undefined;
    }
    const plan = await findPlan(this.rows, subscription.merchantId, subscription.planId);
    if (plan === undefined) throw failure('InvariantViolated', `there is no plan ${subscription.planId}`);
    const open = await openPeriodOf(this.rows, subscription);
    if (open !== undefined) return this.pursue(subscription, plan, open);
    if (subscription.cancelRequested !== null) return this.end(subscription, 'canceled');

    const bounds = await periodBounds(this.rows, subscription, plan, subscription.nextPeriod);
    if (bounds.startsAt > this.now) return this.wait(subscription, bounds.startsAt, 'the next period');
    if (subscription.cancelAtPeriodEnd) return this.end(subscription, 'canceled');
    const { merchantId, subscriptionId, nextPeriod: period, quantity, cardNumber } = subscription;
    const { planId, sellerAccount, currency } = plan;
    await openPeriod(this.rows, {
      merchantId,
      subscriptionId,
      period,
      ...bounds,
      planId,
      quantity,
      sellerAccount,
      amount: plan.amount * BigInt(quantity),
      platformFee: plan.platformFee * BigInt(quantity),
      currency,
      cardNumber,
      state: pausedAt === null ? 'open' : 'skipped',
      at: this.now,
    });
    return undefined;
  }

  /** Has an open period paid, or gives it up. */
  private async pursue(
    subscription: SubscriptionRecord,
    plan: PlanRecord,
    open: PeriodRecord,
  ): Promise<Turn | undefined> {
    if (open.checkoutId !== null) {
      const checkout = await findCheckout(this.rows, open.merchantId, open.checkoutId);
      if (checkout === undefined) throw failure('InvariantViolated', `there is no checkout ${open.checkoutId}`);
      if (!isFinalCheckout(checkout.checkoutStatus as CheckoutStatus)) return this.follow(subscription, open, checkout);
      // A name of the PSP's for trying things out becomes a card of its own when it is attached: that one is charged from then on.
      if (!open.withBuyer && checkout.pspPaymentMethod !== null)
        await keepCard(this.rows, subscription, open.cardNumber, checkout.pspPaymentMethod);
      if (checkout.checkoutStatus === 'paid') {
        await settlePeriod(this.rows, open, 'paid', this.now);
        await this.mark(subscription, 'active');
        return undefined;
      }
      await this.afterFailure(subscription, plan, open, checkout);
      return undefined;
    }
    if (subscription.cancelRequested !== null) {
      await settlePeriod(this.rows, open, 'void', this.now);
      return this.end(subscription, 'canceled');
    }
    if (subscription.pausedAt !== null) return this.wait(subscription, subscription.resumeAt, 'the end of its pause');
    const hasNewCard = subscription.cardNumber > open.cardNumber;
    if (!hasNewCard && open.tryAfter === null && !open.withBuyer) {
      await settlePeriod(this.rows, open, 'failed', this.now);
      if (plan.whenUnpaid === 'cancel') return this.end(subscription, 'unpaid');
      await this.mark(subscription, 'unpaid');
      return undefined;
    }
    if (!hasNewCard && open.tryAfter !== null && open.tryAfter > this.now)
      return this.wait(subscription, open.tryAfter, 'another try of the card');
    await this.attempt(subscription, open, open.withBuyer && !hasNewCard);
    return undefined;
  }

  /** Stores the checkout of a try. Its id is the period's own, so that there is one of each. */
  private async attempt(subscription: SubscriptionRecord, open: PeriodRecord, withBuyer: boolean): Promise<void> {
    const { merchantId, subscriptionId, paymentMethod, returnUrl, metadata, cardNumber } = subscription;
    const buyerInfo = subscription.buyerInfo as { id: string };
    const checkoutId = [subscriptionId, open.period, ...(open.tries === 0 ? [] : [open.tries])].join('.');
    const outcome = await createCheckout(this.rows, {
      merchantId,
      checkoutId,
      buyerInfo,
      creditCardInfo: withBuyer ? null : { paymentMethod },
      returnUrl,
      failurePolicy: 'independent',
      captureMethod: 'automatic',
      metadata: {
        ...(metadata as Record<string, string>),
        subscription_id: subscriptionId,
        period: String(open.period),
      },
      paymentOrders: [
        {
          paymentOrderId: checkoutId,
          sellerAccount: open.sellerAccount,
          amountMinor: open.amount,
          currency: open.currency,
          platformFeeMinor: open.platformFee,
          statementDescriptor: null,
        },
      ],
      requestFingerprint: createHash('sha256').update(`subscription ${checkoutId}`).digest(),
      route: 'subscription',
      idempotencyKey: null,
    });
    if (outcome !== 'created')
      throw failure('InvariantViolated', `checkout ${checkoutId} can not be made: ${outcome.replaceAll('_', ' ')}`);
    const sameCard = cardNumber === open.cardNumber;
    const cardTries = withBuyer ? open.cardTries : sameCard ? open.cardTries + 1 : 1;
    await beginTry(this.rows, open, {
      checkoutId,
      withBuyer,
      cardNumber: withBuyer ? open.cardNumber : cardNumber,
      cardTries,
    });
  }

  /** A checkout that is under way. A page is taken back when its period is to be paid otherwise, or not now. */
  private async follow(subscription: SubscriptionRecord, open: PeriodRecord, checkout: CheckoutRecord): Promise<Turn> {
    const { pausedAt, cancelRequested, cardNumber } = subscription;
    const isUnwanted = cancelRequested !== null || pausedAt !== null || cardNumber > open.cardNumber;
    const step: SubscriptionStep = {
      next: 'pay',
      status: await this.mark(subscription, open.firstFailedAt === null ? 'active' : 'past_due'),
      period: open.period,
      amount: fromMinorUnits(open.amount, open.currency),
      checkout: checkoutInput(
        checkout,
        checkout.paymentOrders.some((order) => order.paymentOrderStatus !== 'NOT_STARTED'),
      ),
    };
    if (!open.withBuyer || !isUnwanted || checkout.cancelRequested !== null) return { step };
    await requestOnCheckout(this.rows, 'cancel', checkout.merchantId, checkout.checkoutId, withdrawing);
    return { step, withdrawn: checkout };
  }

  private async afterFailure(
    subscription: SubscriptionRecord,
    plan: PlanRecord,
    open: PeriodRecord,
    checkout: CheckoutRecord,
  ): Promise<void> {
    const code = checkout.paymentOrders[0]?.declineCode ?? null;
    // A page that ran out, or was taken back, says nothing new of the card.
    const declineClass = open.withBuyer ? ((open.declineClass ?? 'hard') as DeclineClass) : declineClassOf(code);
    const firstFailedAt = open.firstFailedAt ?? this.now;
    const after = nextTry(plan.dunning as Dunning, {
      declineClass,
      cardTries: open.cardTries,
      firstFailedAt,
      at: this.now,
    });
    await failTry(this.rows, open, {
      firstFailedAt,
      declineClass,
      declineCode: open.withBuyer ? open.declineCode : code,
      withBuyer: after.next === 'buyer',
      tryAfter: after.next === 'card' ? after.at : null,
    });
    await this.mark(subscription, 'past_due');
  }

  private async end(subscription: SubscriptionRecord, reason: string): Promise<Turn> {
    await markSubscription(this.rows, subscription, { status: 'canceled', ended: { at: this.now, reason } });
    return { step: { next: 'end', reason } };
  }

  /** Until a time, or a change. */
  private async wait(subscription: SubscriptionRecord, until: Date | null, what: string): Promise<Turn> {
    const last = await lastPeriodOf(this.rows, subscription);
    const open = await openPeriodOf(this.rows, subscription);
    const usual =
      open !== undefined && open.firstFailedAt !== null
        ? 'past_due'
        : last?.periodState === 'failed'
          ? 'unpaid'
          : subscription.nextPeriod === 0
            ? 'trialing'
            : 'active';
    const status = await this.mark(subscription, usual);
    const ends = [until, subscription.pausedAt === null ? null : subscription.resumeAt].filter((end) => end !== null);
    const ms = Math.min(longestWaitMs, ...ends.map((end) => Math.max(0, end.getTime() - this.now.getTime())));
    return { step: { next: 'wait', ms, status, for: what } };
  }

  private async mark(subscription: SubscriptionRecord, usual: SubscriptionStatus): Promise<SubscriptionStatus> {
    const status = subscription.pausedAt === null ? usual : 'paused';
    if (status !== subscription.subscriptionStatus) await markSubscription(this.rows, subscription, { status });
    return status;
  }
}
