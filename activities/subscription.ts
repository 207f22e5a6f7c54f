import { createHash } from 'node:crypto';
import { checkoutInput } from '../checkout-input';
import { isFinalCheckout, type CheckoutStatus } from '../domain/checkout';
import { carriersOf } from '../domain/identifiers';
import { fromMinorUnits, type Money } from '../domain/money';
import type { DeclineAdvice, FailureReason } from '../domain/payment-order';
import {
  cardNetworkLimit,
  declineClassOf,
  mayTryCard,
  nextTry,
  pageEndOf,
  priceOf,
  type DeclineClass,
  type Dunning,
  withAdjustments,
  type SubscriptionStatus,
} from '../domain/subscription';
import { declinesOfCard, keepDecline } from '../prisma/card-decline';
import {
  createCheckout,
  findCheckout,
  findPspCustomer,
  onlyOrderOf,
  requestOnCheckout,
  type CheckoutRecord,
} from '../prisma/checkout';
import type { PrismaClient } from '../prisma/database';
import {
  beginCardPage,
  beginTry,
  failTry,
  findPlan,
  findSubscription,
  keepCard,
  lastPeriodOf,
  leaveCardPage,
  lockSubscription,
  markSubscription,
  noteSteppedTo,
  openPeriod,
  openPeriodOf,
  periodBounds,
  saveCardPage,
  settlePeriod,
  timeOf,
  type PeriodRecord,
  type PlanRecord,
  type SubscriptionKey,
  type SubscriptionRecord,
} from '../prisma/subscription';
import { applyAdjustments, pendingAdjustments } from '../prisma/subscription-change';
import type { PaymentProvider } from '../providers/provider';
import { chargeableIn } from '../providers/stripe/amounts';
import type { CheckoutInput } from '../workflows/messages';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/** What a subscription's workflow is to do next. */
export type SubscriptionStep = (
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
    }
) & {
  /** A page for a card is wanted, or open, and to be looked after meanwhile. */
  readonly cardPage?: true;
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
  await dependencies.failpoint('subscription.before_step', key.subscriptionId);
  const { step, withdrawn } = await dependencies.databases.payments.$transaction(async (rows) => {
    const subscription = await lockSubscription(rows, key);
    if (subscription === undefined) throw failure('NotFound', `there is no subscription ${key.subscriptionId}`);
    const now = await timeOf(rows, subscription);
    const turn = await new Step(rows, now).take(subscription);
    if (subscription.testClockId !== null && turn.step.next === 'wait') await noteSteppedTo(rows, key, now);
    return subscription.cardPageState === null ? turn : { ...turn, step: { ...turn.step, cardPage: true as const } };
  });
  await dependencies.failpoint(
    'subscription.after_step',
    step.next === 'pay' ? step.checkout.checkoutId : key.subscriptionId,
  );
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

  /** @param locked the subscription, whose lock is held */
  async take(locked: SubscriptionRecord): Promise<Turn> {
    let subscription: SubscriptionRecord | undefined = locked;
    for (let turns = 0; turns < mostTurns && subscription !== undefined; turns += 1) {
      const done = await this.turn(subscription);
      if (done !== undefined) return done;
      subscription = await findSubscription(this.rows, locked);
    }
    return { step: { next: 'wait', ms: 0, status: 'active', for: 'more to catch up with' } };
  }

  /** Does one thing; answers nothing where there may be more to do at once. */
  private async turn(subscription: SubscriptionRecord): Promise<Turn | undefined> {
    const { endedAt, endReason, resumeAt, pausedAt } = subscription;
    if (endedAt !== null) return { step: { next: 'end', reason: endReason ?? '' } };
    if (subscription.paymentMethod === null)
      return subscription.cancelRequested === null
        ? { step: { next: 'wait', ms: longestWaitMs, status: 'incomplete', for: 'its buyer to leave a card' } }
        : this.end(subscription, 'canceled');
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
    await this.open(subscription, plan, bounds);
    return undefined;
  }

  /** Opens the next period, with what earlier ones have left for it. One of which nothing can be charged is paid by that. */
  private async open(
    subscription: SubscriptionRecord,
    plan: PlanRecord,
    bounds: { readonly startsAt: Date; readonly endsAt: Date },
  ): Promise<void> {
    const { merchantId, subscriptionId, nextPeriod: period, quantity, cardNumber, pausedAt } = subscription;
    const { planId, sellerAccount, currency } = plan;
    const isSkipped = pausedAt !== null;
    const adjustments = isSkipped ? [] : await pendingAdjustments(this.rows, subscription);
    // Of what is skipped nothing is to be charged: it says what it would have cost.
    const chargeable = isSkipped ? (amount: bigint) => amount : chargeableIn(currency);
    const { due, leftOver } = withAdjustments(priceOf(plan, quantity), adjustments, chargeable);
    await openPeriod(this.rows, {
      merchantId,
      subscriptionId,
      period,
      ...bounds,
      planId,
      quantity,
      sellerAccount,
      ...due,
      currency,
      cardNumber,
      state: isSkipped ? 'skipped' : due.amount === 0n ? 'paid' : 'open',
      at: this.now,
    });
    await applyAdjustments(this.rows, subscription, period, adjustments, { ...leftOver, currency }, this.now);
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
      return this.wait(subscription, open.tryAfter, `another ${open.withBuyer ? 'page' : 'try of the card'}`);
    const withBuyer = open.withBuyer && !hasNewCard;
    if (!withBuyer && !(await this.mayTryCard(subscription))) await this.askBuyerInstead(subscription, open);
    else await this.attempt(subscription, open, withBuyer);
    return undefined;
  }

  /** Whether the networks allow another try of a subscription's card now, after those of all its buyer's subscriptions. */
  private async mayTryCard(subscription: SubscriptionRecord): Promise<boolean> {
    return mayTryCard(await declinesOfCard(this.rows, subscription, this.now), this.now);
  }

  /** A card that may not be tried is left out: the buyer gets a page, and may pay with any. */
  private async askBuyerInstead(subscription: SubscriptionRecord, open: PeriodRecord): Promise<void> {
    await failTry(this.rows, open, {
      firstFailedAt: open.firstFailedAt ?? this.now,
      declineClass: 'hard',
      declineCode: cardNetworkLimit,
      withBuyer: true,
      tryAfter: this.now,
      cardTries: open.cardTries,
      cardNumber: subscription.cardNumber,
    });
    await this.mark(subscription, 'past_due');
  }

  /** Stores the checkout of a try. Its id is the period's own, so that there is one of each. */
  private async attempt(subscription: SubscriptionRecord, open: PeriodRecord, withBuyer: boolean): Promise<void> {
    const { merchantId, subscriptionId, paymentMethod, returnUrl, metadata, cardNumber } = subscription;
    if (paymentMethod === null)
      throw failure('InvariantViolated', `subscription ${subscriptionId} has no card to charge`);
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
    const [order] = checkout.paymentOrders;
    const failed = {
      reason: (order?.failureReason ?? null) as FailureReason | null,
      code: order?.declineCode ?? null,
      advice: (order?.declineAdvice ?? null) as DeclineAdvice | null,
    };
    if (!open.withBuyer && failed.reason === 'declined') await keepDecline(this.rows, subscription, checkout, this.now);
    // What becomes of a page says nothing new of the card.
    const { declineClass, declineCode } = open.withBuyer
      ? { declineClass: (open.declineClass ?? 'hard') as DeclineClass, declineCode: open.declineCode }
      : { declineClass: declineClassOf(failed), declineCode: failed.code };
    const firstFailedAt = open.firstFailedAt ?? this.now;
    const after = nextTry(plan.dunning as Dunning, {
      declineClass,
      ...(open.withBuyer && { page: pageEndOf(failed.reason) }),
      cardTries: open.cardTries,
      firstFailedAt,
      at: this.now,
    });
    await failTry(this.rows, open, {
      firstFailedAt,
      declineClass,
      declineCode,
      withBuyer: after.next === 'buyer',
      tryAfter: after.next === 'give_up' ? null : after.at,
      // The PSP has not heard of it.
      cardTries: !open.withBuyer && declineClass === 'seller' ? open.cardTries - 1 : open.cardTries,
      cardNumber: open.cardNumber,
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

/** Stripe's pages live for a day at most (docs.stripe.com/api/checkout/sessions/create#expires_at); a minute is left for the way there. */
const cardPageSeconds = 24 * 3600 - 60;

/**
 * Looks after the page that a subscription's buyer is to leave a card on: opens it where it is wanted, and asks the PSP what has become
 * of it. A retry is safe: until when it lives is written before the PSP hears of it, its key is made of subscription and number, and a
 * card is taken over once.
 *
 * @returns whether there is something new for the subscription
 */
export async function followCardPage(
  { databases, providerOf }: Dependencies,
  key: SubscriptionKey,
): Promise<{ readonly changed: boolean }> {
  const { payments } = databases;
  const subscription = await findSubscription(payments, key);
  if (subscription === undefined || subscription.cardPageState === null) return { changed: false };
  const provider = await providerOf(key.merchantId);
  const { cardPage: page, endedAt } = subscription;
  if (page === null) return endedAt === null ? openCardPage(provider, payments, subscription) : { changed: false };
  const standing = await (endedAt === null ? provider.readPage(page) : provider.closePage(page));
  switch (standing.state) {
    case 'open':
      return { changed: false };
    case 'card_saved':
      await leaveCardPage(payments, key, { page, paymentMethod: standing.paymentMethod });
      return { changed: true };
    case 'expired':
      await leaveCardPage(payments, key, { page, why: 'no_card' });
      return { changed: true };
    case 'paid':
      throw failure('InvariantViolated', `page ${page} took money, and was to take a card`);
  }
}

async function openCardPage(
  provider: PaymentProvider,
  payments: PrismaClient,
  subscription: SubscriptionRecord,
): Promise<{ readonly changed: boolean }> {
  const { merchantId, subscriptionId, returnUrl } = subscription;
  const buyer = subscription.buyerInfo as { id: string; email?: string; name?: string };
  const pspCustomer =
    (await findPspCustomer(payments, merchantId, buyer.id)) ??
    (await provider.createCustomer({
      merchantId,
      buyerId: buyer.id,
      email: buyer.email ?? null,
      name: buyer.name ?? null,
    }));
  const { number, until } = await beginCardPage(payments, subscription, cardPageSeconds);
  const opened = await provider.openCardPage({
    merchantId,
    subscriptionId,
    number,
    customer: pspCustomer,
    returnUrl,
    expiresAtSeconds: Math.floor(until.getTime() / 1000),
  });
  if (opened.outcome === 'rejected') await leaveCardPage(payments, subscription, { page: null, why: 'page_refused' });
  else
    await saveCardPage(payments, subscription, { buyerId: buyer.id, pspCustomer, page: opened.page, url: opened.url });
  return { changed: opened.outcome === 'rejected' };
}
