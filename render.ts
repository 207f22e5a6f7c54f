import { exchangeOf } from './domain/exchange';
import { midRate, rateText } from './domain/fx';
import { amountText, fromMinorUnits } from './domain/money';
import type { PositionReport } from './positions';
import { treatmentOf } from './domain/reconciliation';
import type { RequestedBy } from './domain/requested-by';
import { sellerGates, type SellerStanding } from './domain/seller';
import { priceOf, withAdjustments, type Dunning, type PeriodPrice } from './domain/subscription';
import { cardOf, type CheckoutRecord } from './prisma/checkout';
import type { DisputeRecord } from './prisma/dispute';
import type { QuoteRecord, StoredSheet } from './prisma/fx';
import type { SellerRecord } from './prisma/identity';
import type { AttemptRecord, ContactRecord, NotificationRecord } from './prisma/notification';
import type { PaymentOrderRecord } from './prisma/payment-order';
import type { PayoutRecord, PayoutScheduleRecord } from './prisma/payout';
import type { PspEventRecord } from './prisma/psp-event';
import type { ProposalRecord } from './prisma/proposal';
import type { BreakRecord } from './prisma/break';
import type { RunRecord } from './prisma/reconciliation';
import type { FileRecord } from './prisma/settlement-file';
import type { GivenBack, RefundRecord } from './prisma/refund';
import type { MigrationRecord } from './prisma/plan-migration';
import type { PeriodRecord, PlanRecord, SubscriptionRecord } from './prisma/subscription';
import type { TestClockRecord } from './prisma/test-clock';
import type { WalletBalance } from './prisma/wallet';

/** A payment order as merchants see it; with what has gone back of it, where that was asked for. */
export function renderPaymentOrder(order: PaymentOrderRecord, given?: GivenBack) {
  const amount = (minor: bigint): string => fromMinorUnits(minor, order.currency).amount;
  return {
    payment_order_id: order.paymentOrderId,
    checkout_id: order.checkoutId,
    buyer_account: order.buyerAccount,
    seller_account: order.sellerAccount,
    amount: fromMinorUnits(order.amount, order.currency).amount,
    currency: order.currency,
    platform_fee: fromMinorUnits(order.platformFee, order.sellerCurrency ?? order.currency).amount,
    exchange: renderExchange(order),
    captured_amount: order.capturedAmount === null ? null : amount(order.capturedAmount),
    ...(given !== undefined && {
      refunded_amount: amount(given.refundedMinor),
      disputed_amount: amount(given.heldMinor),
    }),
    statement_descriptor: order.statementDescriptor,
    payment_order_status: order.paymentOrderStatus,
    phase: order.phase,
    wallet_updated: order.walletUpdated,
    ledger_updated: order.ledgerUpdated,
    failure_reason: order.failureReason,
    decline_code: order.declineCode,
    // Events of before 0.10.0 don't have it.
    decline_advice: order.declineAdvice ?? null,
    failure_message: order.failureMessage,
    psp_reference: order.pspReference,
    next_action: order.nextActionUrl === null ? null : { redirect_url: order.nextActionUrl },
    attention_reason: order.attentionReason,
    created_at: order.createdAt.toISOString(),
    updated_at: order.updatedAt.toISOString(),
  };
}

/** What an order's quote promised; null for one that is paid in its seller's own currency. */
function renderExchange(order: PaymentOrderRecord) {
  const exchange = exchangeOf(order);
  if (exchange === undefined) return null;
  const { sellerCurrency, sellerMinor, positionMinor } = exchange;
  return {
    fx_quote_id: order.fxQuoteId,
    seller_currency: sellerCurrency,
    seller_amount: fromMinorUnits(sellerMinor, sellerCurrency).amount,
    spread_amount: fromMinorUnits(positionMinor - sellerMinor, sellerCurrency).amount,
  };
}

/** A whole checkout as merchants see it. The buyer's personal data stay inside: only the id comes back. */
export function renderCheckout(checkout: CheckoutRecord) {
  const orders = checkout.paymentOrders.map((order) => renderPaymentOrder(order));
  // A buyer can pass one challenge at a time: the next one shows when the one before it is done.
  const challenged = orders.find((order) => order.phase === 'requires_action' && order.next_action !== null);
  const awaitsBuyer = checkout.checkoutStatus === 'awaiting_buyer';
  return {
    checkout_id: checkout.checkoutId,
    checkout_status: checkout.checkoutStatus,
    is_payment_done: checkout.isPaymentDone,
    hosted_payment_url: awaitsBuyer ? checkout.pageUrl : null,
    expires_at: awaitsBuyer ? (checkout.buyerDeadlineAt?.toISOString() ?? null) : null,
    next_action: challenged?.next_action ?? null,
    return_url: checkout.returnUrl,
    credit_card_info: cardOf(checkout) === null ? null : { payment_method: cardOf(checkout) },
    payment_attempt: checkout.round,
    failure_policy: checkout.failurePolicy,
    capture_method: checkout.captureMethod,
    buyer_info: { id: (checkout.buyerInfo as { id: string }).id },
    metadata: checkout.metadata,
    cancel_requested: checkout.cancelRequested !== null,
    payment_orders: orders.map((order) =>
      order.phase === 'requires_action' && order !== challenged ? { ...order, next_action: null } : order,
    ),
    created_at: checkout.createdAt.toISOString(),
    updated_at: checkout.updatedAt.toISOString(),
  };
}

/**
 * A checkout as its buyer sees it: what was bought of whom, paid and given back. Nothing of it is the merchant's alone.
 *
 * @param refunded minor units by `merchant/order`
 */
export function renderBuyerPayment(
  checkout: CheckoutRecord,
  merchantName: string,
  refunded: ReadonlyMap<string, bigint>,
) {
  const totals = new Map<string, { amount: bigint; paid: bigint; refunded: bigint }>();
  const lines = checkout.paymentOrders.map((order) => {
    const { merchantId, paymentOrderId, currency, amount, capturedAmount } = order;
    const paid = order.paymentOrderStatus === 'SUCCESS' ? (capturedAmount ?? amount) : 0n;
    const back = refunded.get(`${merchantId}/${paymentOrderId}`) ?? 0n;
    const sum = totals.get(currency) ?? { amount: 0n, paid: 0n, refunded: 0n };
    totals.set(currency, {
      amount: sum.amount + amount,
      paid: sum.paid + paid,
      refunded: sum.refunded + back,
    });
    return {
      payment_order_id: paymentOrderId,
      seller_account: order.sellerAccount,
      statement_descriptor: order.statementDescriptor,
      payment_order_status: order.paymentOrderStatus,
      amount: amountText(amount, currency),
      currency,
      paid_amount: amountText(paid, currency),
      refunded_amount: amountText(back, currency),
    };
  });
  return {
    payment_id: `${checkout.merchantId}:${checkout.checkoutId}`,
    merchant: { merchant_id: checkout.merchantId, name: merchantName },
    checkout_id: checkout.checkoutId,
    checkout_status: checkout.checkoutStatus,
    totals: [...totals].map(([currency, sum]) => ({
      currency,
      amount: amountText(sum.amount, currency),
      paid_amount: amountText(sum.paid, currency),
      refunded_amount: amountText(sum.refunded, currency),
    })),
    lines,
    created_at: checkout.createdAt.toISOString(),
    updated_at: checkout.updatedAt.toISOString(),
  };
}

/** A refund as merchants see it. */
export function renderRefund(refund: RefundRecord) {
  const amount = (minor: bigint): string => fromMinorUnits(minor, refund.currency).amount;
  const sellerCurrency = refund.sellerCurrency ?? refund.currency;
  const share = (minor: bigint): string => fromMinorUnits(minor, sellerCurrency).amount;
  return {
    refund_id: refund.refundId,
    payment_order_id: refund.paymentOrderId,
    amount: amount(refund.amount),
    currency: refund.currency,
    refund_status: refund.refundStatus,
    method: refund.method,
    seller_currency: sellerCurrency,
    seller_amount: share(refund.sellerAmount),
    platform_fee_amount: share(refund.feeAmount),
    reason: refund.reason,
    failure_reason: refund.failureReason,
    psp_reference: refund.pspReference,
    created_at: refund.createdAt.toISOString(),
    updated_at: refund.updatedAt.toISOString(),
  };
}

/** A dispute as merchants see it. Evidence may hold the buyer's data: only which pieces there are comes back. */
export function renderDispute(dispute: DisputeRecord) {
  const amount = (minor: bigint): string => fromMinorUnits(minor, dispute.currency).amount;
  return {
    dispute_id: dispute.disputeId,
    payment_order_id: dispute.paymentOrderId,
    amount: amount(dispute.amount),
    currency: dispute.currency,
    dispute_status: dispute.disputeStatus,
    psp_status: dispute.pspStatus,
    reason: dispute.reason,
    held_amount: amount(dispute.heldAmount),
    seller_currency: dispute.sellerCurrency ?? dispute.currency,
    seller_amount: fromMinorUnits(dispute.sellerAmount, dispute.sellerCurrency ?? dispute.currency).amount,
    is_charge_refundable: dispute.chargeRefundable,
    evidence_due_by: dispute.evidenceDueBy?.toISOString() ?? null,
    evidence_given: Object.keys(dispute.evidence as object),
    evidence_sent: dispute.evidenceRevision > 0 && dispute.evidenceSent === dispute.evidenceRevision,
    evidence_submitted: dispute.submitRequested !== null,
    accepted: dispute.acceptRequested !== null,
    opened_at: dispute.openedAt.toISOString(),
    closed_at: dispute.closedAt?.toISOString() ?? null,
    updated_at: dispute.updatedAt.toISOString(),
  };
}

/** A settlement day as it was reconciled. */
export const renderRun = (run: RunRecord) => ({
  settlement_date: run.settlementDate,
  time_zone: run.timeZone,
  starts_at: run.startsAt.toISOString(),
  ends_at: run.endsAt.toISOString(),
  state: run.state,
  totals: run.totals.map(({ currency, family, lines, matched, booked = 0, amount, fee, net }) => ({
    currency,
    family,
    lines,
    matched,
    booked,
    amount: amountText(BigInt(amount), currency),
    fee: amountText(BigInt(fee), currency),
    net: amountText(BigInt(net), currency),
  })),
  breaks: run.breaks,
  checks: run.checks,
  times_run: run.timesRun,
  started_at: run.startedAt.toISOString(),
  finished_at: run.finishedAt?.toISOString() ?? null,
});

/** A mismatch; amounts are null on a side that has several currencies, or nothing. */
export function renderBreak(found: BreakRecord) {
  const amount = (minor: bigint | null, [currency, ...others]: readonly string[]): string | null =>
    minor === null || currency === undefined || others.length > 0 ? null : amountText(minor, currency);
  return {
    break_id: found.breakId,
    settlement_date: found.settlementDate,
    class: found.class,
    treatment: treatmentOf[found.class],
    against: found.against,
    key: found.key,
    payment_order_id: found.paymentOrderId,
    our_amount: amount(found.ourAmount, found.ourCurrencies),
    psp_amount: amount(found.pspAmount, found.pspCurrencies),
    our_fee: amount(found.ourFee, found.ourCurrencies),
    psp_fee: amount(found.pspFee, found.pspCurrencies),
    our_currencies: found.ourCurrencies,
    psp_currencies: found.pspCurrencies,
    psp_lines: found.lineIds,
    state: found.state,
    remedy: found.remedy,
    remedy_note: found.remedyNote,
    due_at: found.dueAt?.toISOString() ?? null,
    reminders: found.reminders,
    overdue_since: found.escalatedAt?.toISOString() ?? null,
    proposed: found.proposed,
    outcome: found.outcome,
    resolution: found.resolution,
    resolved_by: personsOf(found.resolvedBy),
    opened_at: found.openedAt.toISOString(),
    updated_at: found.updatedAt.toISOString(),
    closed_at: found.closedAt?.toISOString() ?? null,
  };
}

/** Who has settled something, and who has agreed to it where two were needed. */
function personsOf(resolvedBy: unknown) {
  if (resolvedBy === null || resolvedBy === undefined) return null;
  const { actor, reason, agreedBy } = resolvedBy as RequestedBy & { agreedBy?: RequestedBy };
  return { actor, reason, ...(agreedBy !== undefined && { agreed_by: agreedBy }) };
}

/** A settlement file or bank statement, and what was found of it. */
export const renderFile = (file: FileRecord) => ({
  file_id: file.fileId,
  kind: file.kind,
  name: file.name,
  size: Number(file.size),
  state: file.state,
  verdict: file.verdict,
  problem: file.problem,
  line_number: file.lineNumber,
  lines: file.lines,
  new_lines: file.newLines,
  changed_lines: file.changedLines,
  totals: file.totals.map(({ currency, lines, amount, fee, net }) => ({
    currency,
    lines,
    amount: amountText(BigInt(amount), currency),
    fee: amountText(BigInt(fee), currency),
    net: amountText(BigInt(net), currency),
  })),
  settlement_dates: file.days,
  received_by: file.receivedBy,
  received_at: file.receivedAt.toISOString(),
  finished_at: file.finishedAt?.toISOString() ?? null,
});

/** A payout as merchants see it. */
export function renderPayout(payout: PayoutRecord) {
  return {
    payout_id: payout.payoutId,
    seller_account: payout.sellerAccount,
    amount: fromMinorUnits(payout.amount, payout.currency).amount,
    currency: payout.currency,
    payout_status: payout.payoutStatus,
    payout_account: payout.payoutAccount,
    scheduled: payout.scheduled,
    approvals_needed: payout.approvalsNeeded,
    approvals: payout.approvals,
    failure_reason: payout.failureReason,
    failure_message: payout.failureMessage,
    psp_transfer: payout.transferReference,
    psp_payout: payout.payoutReference,
    psp_transfer_reversal: payout.reversalReference,
    created_at: payout.createdAt.toISOString(),
    updated_at: payout.updatedAt.toISOString(),
    paid_at: payout.paidAt?.toISOString() ?? null,
  };
}

/** Rates as they are for one unit of a currency. */
export function renderRates(sheet: StoredSheet, base: string, isStale: boolean) {
  const currencies = [sheet.base, ...sheet.rates.keys()].filter((currency) => currency !== base).sort();
  const rates = currencies.flatMap((currency) => {
    const rate = midRate(sheet, base, currency);
    return rate === undefined ? [] : [[currency, rateText(rate)] as const];
  });
  return {
    base,
    rates: Object.fromEntries(rates),
    source: sheet.source,
    as_of: sheet.asOf.toISOString(),
    loaded_at: sheet.loadedAt.toISOString(),
    is_stale: isStale,
  };
}

/** A quote as merchants see it. */
export function renderQuote(quote: QuoteRecord) {
  return {
    quote_id: quote.quoteId,
    buyer_currency: quote.buyerCurrency,
    buyer_amount: fromMinorUnits(quote.buyerMinor, quote.buyerCurrency).amount,
    seller_currency: quote.sellerCurrency,
    seller_amount: fromMinorUnits(quote.sellerMinor, quote.sellerCurrency).amount,
    fixed_side: quote.fixedSide,
    mid_rate: rateText(quote.mid),
    rate: rateText(quote.rate),
    spread_basis_points: quote.spreadBasisPoints,
    spread_amount: fromMinorUnits(quote.spreadMinor, quote.sellerCurrency).amount,
    rate_source: quote.rateSource,
    rate_as_of: quote.rateAsOf.toISOString(),
    created_at: quote.createdAt.toISOString(),
    expires_at: quote.expiresAt.toISOString(),
    is_expired: quote.expiresAt.getTime() <= Date.now(),
  };
}

/** What a merchant holds in each currency against the others, valued in one. */
export function renderPositions(report: PositionReport, isStale: boolean) {
  const value = (minor: bigint | null): string | null =>
    minor === null ? null : fromMinorUnits(minor, report.currency).amount;
  return {
    currency: report.currency,
    rate_source: report.sheet.source,
    rate_as_of: report.sheet.asOf.toISOString(),
    is_stale: isStale,
    positions: report.positions.map(({ currency, minor, worthMinor }) => ({
      currency,
      amount: fromMinorUnits(minor, currency).amount,
      worth: value(worthMinor),
    })),
    unbooked_gain: value(report.gainMinor),
    revalued_as_of: report.revaluedAsOf,
  };
}

/** A plan as merchants see it. */
export function renderPlan(plan: PlanRecord) {
  const { soft, technical, giveUpDays } = plan.dunning as Dunning;
  return {
    plan_id: plan.planId,
    name: plan.name,
    seller_account: plan.sellerAccount,
    amount: fromMinorUnits(plan.amount, plan.currency).amount,
    currency: plan.currency,
    platform_fee: fromMinorUnits(plan.platformFee, plan.currency).amount,
    interval: plan.periodUnit,
    interval_count: plan.periodCount,
    trial_days: plan.trialDays,
    when_unpaid: plan.whenUnpaid,
    dunning: { soft_hours: soft, technical_hours: technical, give_up_days: giveUpDays },
    created_at: plan.createdAt.toISOString(),
  };
}

/** A subscription as merchants see it; with where its buyer can pay what the card could not, where that was looked up. */
export function renderSubscription(subscription: SubscriptionRecord, actionUrl: string | null = null) {
  return {
    subscription_id: subscription.subscriptionId,
    plan_id: subscription.planId,
    quantity: subscription.quantity,
    subscription_status: subscription.subscriptionStatus,
    buyer_info: { id: (subscription.buyerInfo as { id: string }).id },
    credit_card_info: subscription.paymentMethod === null ? null : { payment_method: subscription.paymentMethod },
    card_page_url: subscription.cardPageUrl,
    time_zone: subscription.timeZone,
    first_period_at: subscription.anchor.toISOString(),
    next_period: subscription.nextPeriod,
    test_clock_id: subscription.testClockId,
    action_url: actionUrl,
    paused: subscription.pausedAt !== null,
    resume_at: subscription.resumeAt?.toISOString() ?? null,
    cancel_at_period_end: subscription.cancelAtPeriodEnd,
    ended_at: subscription.endedAt?.toISOString() ?? null,
    end_reason: subscription.endReason,
    metadata: subscription.metadata,
    created_at: subscription.createdAt.toISOString(),
    updated_at: subscription.updatedAt.toISOString(),
  };
}

/** What was due for a period, and what came of it. */
export const renderPeriod = (period: PeriodRecord) => ({
  period: period.period,
  starts_at: period.startsAt.toISOString(),
  ends_at: period.endsAt.toISOString(),
  plan_id: period.planId,
  quantity: period.quantity,
  amount: fromMinorUnits(period.amount, period.currency).amount,
  currency: period.currency,
  period_state: period.periodState,
  tries: period.tries,
  checkout_id: period.checkoutId,
  next_try_at: period.tryAfter?.toISOString() ?? null,
  decline_class: period.declineClass,
  decline_code: period.declineCode,
  settled_at: period.settledAt?.toISOString() ?? null,
});

/** What will be due next, as things are; null where nothing will. */
export function renderUpcoming(
  subscription: SubscriptionRecord,
  plan: PlanRecord,
  { startsAt, endsAt }: { readonly startsAt: Date; readonly endsAt: Date },
  adjustments: readonly PeriodPrice[],
  chargeable: (amount: bigint) => bigint,
) {
  const ends = subscription.endedAt !== null || subscription.cancelRequested !== null || subscription.cancelAtPeriodEnd;
  const { pausedAt, resumeAt } = subscription;
  const isSkipped = pausedAt !== null && (resumeAt === null || resumeAt > startsAt);
  const adjustment = isSkipped ? 0n : adjustments.reduce((sum, one) => sum + one.amount, 0n);
  const { due } = withAdjustments(priceOf(plan, subscription.quantity), adjustments, chargeable);
  return {
    subscription_id: subscription.subscriptionId,
    upcoming: ends
      ? null
      : {
          period: subscription.nextPeriod,
          starts_at: startsAt.toISOString(),
          ends_at: endsAt.toISOString(),
          plan_id: plan.planId,
          quantity: subscription.quantity,
          amount: fromMinorUnits(isSkipped ? 0n : due.amount, plan.currency).amount,
          currency: plan.currency,
          adjustment_amount: fromMinorUnits(adjustment, plan.currency).amount,
          is_skipped: isSkipped,
        },
  };
}

/** A migration from plan to plan, and how many are still to be moved. */
export const renderPlanMigration = (migration: MigrationRecord, left: number) => ({
  migration_id: migration.migrationId,
  from_plan_id: migration.fromPlanId,
  to_plan_id: migration.toPlanId,
  prorate: migration.prorate,
  moved: migration.moved,
  left,
  requested_by: migration.requestedBy,
  created_at: migration.createdAt.toISOString(),
  finished_at: migration.finishedAt?.toISOString() ?? null,
});

/** A test clock, with who goes by it. */
export const renderTestClock = (clock: TestClockRecord, followers: readonly { readonly isBehind: boolean }[]) => ({
  test_clock_id: clock.testClockId,
  frozen_at: clock.frozenAt.toISOString(),
  subscriptions: followers.length,
  behind: followers.filter((one) => one.isBehind).length,
  created_at: clock.createdAt.toISOString(),
});

/** A proposal as operators see it. */
export function renderProposal(proposal: ProposalRecord) {
  return {
    proposal_id: proposal.proposalId,
    kind: proposal.kind,
    ...(proposal.details as Record<string, unknown>),
    reason: proposal.reason,
    state: proposal.state,
    proposed_by: proposal.proposedBy,
    proposed_at: proposal.proposedAt.toISOString(),
    decided_by: proposal.decidedBy,
    decided_why: proposal.decidedWhy,
    decided_at: proposal.decidedAt?.toISOString() ?? null,
    problem: proposal.problem,
    done_at: proposal.doneAt?.toISOString() ?? null,
  };
}

/** Who is told; of ways that are secret only whether they are there. */
export const renderContact = (contact: ContactRecord) => ({
  contact_id: contact.contactId,
  name: contact.name,
  email: contact.email,
  phone: contact.phone,
  has_chat: contact.chatUrlSealed !== null,
  has_push: contact.pushSealed !== null,
  locale: contact.locale,
  kinds: contact.kinds,
  active: contact.active,
  created_at: contact.createdAt.toISOString(),
  updated_at: contact.updatedAt.toISOString(),
});

/** A message to a person, and how it stands. */
export const renderNotification = (notification: NotificationRecord) => ({
  notification_id: notification.notificationId,
  event_id: notification.eventId,
  kind: notification.kind,
  audience: notification.audience,
  recipient: notification.recipient,
  resource_type: notification.resourceType,
  resource_id: notification.resourceId,
  state: notification.state,
  reason: notification.reason,
  channel: notification.channel,
  tries: notification.tries,
  next_try_at: notification.nextTryAt?.toISOString() ?? null,
  delivered_at: notification.deliveredAt?.toISOString() ?? null,
  created_at: notification.createdAt.toISOString(),
  updated_at: notification.updatedAt.toISOString(),
});

/** One try of the log. */
export const renderAttempt = (attempt: AttemptRecord) => ({
  attempt: attempt.attempt,
  channel: attempt.channel,
  to: attempt.shown,
  state: attempt.state,
  detail: attempt.detail,
  started_at: attempt.startedAt.toISOString(),
  ended_at: attempt.endedAt?.toISOString() ?? null,
});

/** What of a seller's standing events tell, too. */
function renderStanding(seller: SellerRecord) {
  const { standing, suspendedAt, suspensionReason, requirements, requirementsDueBy, accountAskedAt, accountReadAt } =
    seller;
  const { charges, payouts } = sellerGates[standing as SellerStanding];
  const wants = requirements as Partial<Record<'currently_due' | 'past_due' | 'pending_verification', string[]>> & {
    readonly disabled_reason?: string | null;
  };
  return {
    standing,
    takes_charges: charges,
    takes_payouts: payouts,
    suspension: suspendedAt === null ? null : { since: suspendedAt.toISOString(), reason: suspensionReason ?? '' },
    requirements:
      accountAskedAt === null
        ? null
        : {
            currently_due: wants.currently_due ?? [],
            past_due: wants.past_due ?? [],
            pending_verification: wants.pending_verification ?? [],
            disabled_reason: wants.disabled_reason ?? null,
            due_by: requirementsDueBy?.toISOString() ?? null,
            read_at: accountReadAt?.toISOString() ?? null,
          },
  };
}

/** A seller as events tell of it: nothing of where it is reached. */
export const renderSellerEvent = (seller: SellerRecord) => ({
  seller_account: seller.sellerId,
  ...renderStanding(seller),
  kyc_status: seller.kycStatus,
  payout_account: seller.payoutAccount,
  payout_account_changed_at: seller.payoutAccountChangedAt?.toISOString() ?? null,
});

/** A seller as merchants see it. */
export function renderSeller(seller: SellerRecord, schedules: readonly PayoutScheduleRecord[]) {
  return {
    seller_account: seller.sellerId,
    ...renderStanding(seller),
    kyc_status: seller.kycStatus,
    payout_account: seller.payoutAccount,
    payout_account_changed_at: seller.payoutAccountChangedAt?.toISOString() ?? null,
    onboarding_url: seller.onboardingUrl,
    email: seller.email,
    phone: seller.phone,
    locale: seller.locale,
    payout_schedules: schedules.map((schedule) => ({
      currency: schedule.currency,
      interval: schedule.payoutInterval,
      ...(schedule.payoutInterval !== 'daily' && { day: schedule.day }),
      minimum_amount: fromMinorUnits(schedule.minimum, schedule.currency).amount,
      time_zone: schedule.timeZone,
      active: schedule.active,
      last_result: schedule.lastResult,
    })),
    created_at: seller.createdAt.toISOString(),
    updated_at: seller.updatedAt.toISOString(),
  };
}

/** A seller's wallet as merchants see it. */
export function renderWallet(sellerAccount: string, kycStatus: string, balances: readonly WalletBalance[]) {
  return {
    seller_account: sellerAccount,
    kyc_status: kycStatus,
    balances: balances.map((balance) => {
      const amount = (minor: bigint): string => fromMinorUnits(minor, balance.currency).amount;
      return {
        currency: balance.currency,
        pending: amount(balance.pending),
        available: amount(balance.available),
        reserved: amount(balance.reserved),
        owed: amount(balance.owed),
      };
    }),
  };
}

/** An event of the PSP as operators see it. */
export function renderPspEvent(event: PspEventRecord) {
  return {
    event_id: event.eventId,
    type: event.type,
    state: event.state,
    reason: event.reason,
    payment_order_id: event.paymentOrderId,
    checkout_id: event.checkoutId,
    subject: event.subject,
    tries: event.tries,
    deliveries: event.deliveries,
    occurred_at: event.occurredAt.toISOString(),
    received_at: event.receivedAt.toISOString(),
    settled_at: event.settledAt?.toISOString() ?? null,
  };
}
