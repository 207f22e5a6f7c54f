import type { NotificationKind } from '../domain/notification';
import { deadlineReminderMs } from '../domain/notification';
import { isTerminal, type PaymentOrderStatus } from '../domain/payment-order';
import { isSettledPayout, type PayoutStatus } from '../domain/payout';
import { isSettledRefund, type RefundStatus } from '../domain/refund';
import { workflowIds } from '../domain/identifiers';
import { amountText } from '../domain/money';
import { notificationRulesFrom, payoutRulesFrom } from '../domain/policies';
import { topicsOf } from '../domain/seller';
import type { FactsOf, Sum } from '../notifications/facts';
import { findBreak } from '../prisma/break';
import { findCheckout } from '../prisma/checkout';
import { findDispute } from '../prisma/dispute';
import { findMerchant, findSeller, merchantPolicies, type SellerRecord } from '../prisma/identity';
import type { NotificationRecord } from '../prisma/notification';
import { findContact } from '../prisma/notification';
import { findPaymentOrder } from '../prisma/payment-order';
import { findPayout } from '../prisma/payout';
import { findRefund } from '../prisma/refund';
import { actionUrlOf, findPlan, findSubscription, openPeriodOf } from '../prisma/subscription';
import { open } from '../providers/secret-box';
import type { PushSubscription } from '../notifications/push';
import type { Dependencies } from './dependencies';

/** Where somebody can be reached, and how they read. */
export interface Addressee {
  readonly email: string | null;
  readonly sms: string | null;
  readonly chat: string | null;
  readonly push: PushSubscription | null;
  readonly locale: string | null;
}

/** What there is to tell now, which may be nothing any more, or nothing yet. */
export type Gathered<Kind extends NotificationKind = NotificationKind> =
  | { readonly next: 'tell'; readonly facts: FactsOf[Kind]; readonly to: Addressee }
  | { readonly next: 'wait'; readonly seconds: number }
  | { readonly next: 'nothing'; readonly reason: string };

/** In whose name it is told. */
export interface Sender {
  readonly merchant: string;
  readonly timeZone: string;
  readonly locale: string;
}

export async function senderOf({ databases }: Dependencies, merchantId: string): Promise<Sender> {
  const merchant = await findMerchant(databases.identity, merchantId);
  return {
    merchant: merchant?.name ?? merchantId,
    timeZone: merchant?.pspAccount?.timeZone ?? 'UTC',
    locale: notificationRulesFrom(merchant?.policies).locale,
  };
}

type Gather<Kind extends NotificationKind> = (
  dependencies: Dependencies,
  notification: NotificationRecord,
) => Promise<Gathered<Kind>>;

const nothing = (reason: string) => ({ next: 'nothing', reason }) as const;
const gone = nothing('not_there');
const settled = nothing('settled_meanwhile');
const sum = (minor: bigint, currency: string): Sum => ({ amount: amountText(minor, currency), currency });

/** As a storefront has described a buyer. */
function buyerOf(buyerInfo: unknown): Addressee {
  const { email, phone, locale } = buyerInfo as { email?: string; phone?: string; locale?: string };
  return { email: email ?? null, sms: phone ?? null, chat: null, push: null, locale: locale ?? null };
}

async function sellerOf(
  { databases }: Dependencies,
  { merchantId, recipient }: NotificationRecord,
): Promise<Addressee | undefined> {
  const seller = await findSeller(databases.identity, merchantId, recipient);
  return seller && reachedAt(seller);
}

const reachedAt = ({ email, phone, locale }: SellerRecord): Addressee => ({
  email,
  sms: phone,
  chat: null,
  push: null,
  locale,
});

async function contactOf(
  { databases, webhooks }: Dependencies,
  { merchantId, recipient }: NotificationRecord,
): Promise<Addressee | undefined> {
  const contact = await findContact(databases.events, merchantId, recipient);
  if (contact?.active !== true) return undefined;
  const { email, phone, chatUrlSealed, pushSealed, locale } = contact;
  const opened = (sealed: Uint8Array | null, what: string): string | null =>
    sealed === null ? null : open(sealed, webhooks.secretsKey, `${merchantId}:${what}:${recipient}`);
  const push = opened(pushSealed, 'push');
  return {
    email,
    sms: phone,
    chat: opened(chatUrlSealed, 'chat'),
    push: push === null ? null : (JSON.parse(push) as PushSubscription),
    locale,
  };
}

const linkTo = ({ notifications }: Dependencies, workflowId: string): string | null =>
  notifications?.temporalUi === undefined || notifications.temporalUi === null
    ? null
    : `${notifications.temporalUi}/workflows/${encodeURIComponent(workflowId)}`;

const receipt: Gather<'receipt'> = async ({ databases }, { merchantId, resourceId }) => {
  const checkout = await findCheckout(databases.payments, merchantId, resourceId);
  if (checkout === undefined) return gone;
  const paid = checkout.paymentOrders.filter((order) => order.paymentOrderStatus === 'SUCCESS');
  if (paid.length === 0) return settled;
  const totals = new Map<string, bigint>();
  for (const { amount, capturedAmount, currency } of paid)
    totals.set(currency, (totals.get(currency) ?? 0n) + (capturedAmount ?? amount));
  return {
    next: 'tell',
    to: buyerOf(checkout.buyerInfo),
    facts: {
      checkoutId: checkout.checkoutId,
      paidAt: checkout.updatedAt,
      lines: paid.map(({ sellerAccount, amount, capturedAmount, currency }) => ({
        seller: sellerAccount,
        ...sum(capturedAmount ?? amount, currency),
      })),
      totals: [...totals].map(([currency, minor]) => sum(minor, currency)),
      failed: checkout.paymentOrders.length - paid.length,
    },
  };
};

const refund: Gather<'refund'> = async ({ databases }, { merchantId, resourceId }) => {
  const found = await findRefund(databases.payments, { merchantId, refundId: resourceId });
  const order =
    found && (await findPaymentOrder(databases.payments, { merchantId, paymentOrderId: found.paymentOrderId }));
  const checkout = order && (await findCheckout(databases.payments, merchantId, order.checkoutId));
  if (found === undefined || order === undefined || checkout === undefined) return gone;
  const { paymentOrderId, checkoutId } = order;
  return {
    next: 'tell',
    to: buyerOf(checkout.buyerInfo),
    facts: { ...sum(found.amount, found.currency), paymentOrderId, checkoutId },
  };
};

const cardNeeded: Gather<'card_needed'> = async ({ databases }, { merchantId, resourceId, createdAt }) => {
  const { payments } = databases;
  const subscription = await findSubscription(payments, { merchantId, subscriptionId: resourceId });
  if (subscription === undefined) return gone;
  if (subscription.subscriptionStatus !== 'past_due') return settled;
  const [period, actionUrl] = [await openPeriodOf(payments, subscription), await actionUrlOf(payments, subscription)];
  // Another try may need nobody; a page for the buyer is opened a moment after that was found out.
  if (period === undefined || actionUrl === null)
    return { next: 'wait', seconds: Date.now() - createdAt.getTime() < 600_000 ? 30 : 3_600 };
  const plan = await findPlan(payments, merchantId, period.planId);
  return {
    next: 'tell',
    to: buyerOf(subscription.buyerInfo),
    facts: { ...sum(period.amount, period.currency), planName: plan?.name ?? period.planId, actionUrl },
  };
};

const payout =
  <Kind extends 'payout_paid' | 'payout_failed'>(
    tell: (found: NonNullable<Awaited<ReturnType<typeof findPayout>>>) => FactsOf[Kind] | undefined,
  ): Gather<Kind> =>
  async (dependencies, notification) => {
    const { merchantId, resourceId } = notification;
    const found = await findPayout(dependencies.databases.payouts, { merchantId, payoutId: resourceId });
    const to = await sellerOf(dependencies, notification);
    if (found === undefined || to === undefined) return gone;
    const facts = tell(found);
    return facts === undefined ? settled : { next: 'tell', to, facts };
  };

const payoutPaid = payout<'payout_paid'>(({ amount, currency, payoutId, payoutAccount, paidAt }) =>
  paidAt === null ? undefined : { ...sum(amount, currency), payoutId, account: payoutAccount, paidAt },
);
const payoutFailed = payout<'payout_failed'>(({ amount, currency, payoutId, payoutAccount, failureReason }) => ({
  ...sum(amount, currency),
  payoutId,
  account: payoutAccount,
  why: failureReason ?? 'refused_by_the_bank',
}));

const statement: Gather<'statement'> = async (dependencies, notification) => {
  const to = await sellerOf(dependencies, notification);
  const [, month, currencies] = /\.(\d{4}-\d{2})\.([A-Z]{3}(?:-[A-Z]{3})*)$/.exec(notification.resourceId) ?? [];
  if (to === undefined || month === undefined || currencies === undefined) return gone;
  return { next: 'tell', to, facts: { month, currencies: currencies.split('-') } };
};

/** A step of a process that lasts longer has gone on. */
const longestTryMs = 120_000;

const sellerRequirements: Gather<'seller_requirements'> = async ({ databases }, { merchantId, recipient }) => {
  const seller = await findSeller(databases.identity, merchantId, recipient);
  if (seller === undefined) return gone;
  if (seller.standing !== 'action_required' && seller.standing !== 'restricted') return settled;
  const { currently_due: due = [], past_due: past = [] } = seller.requirements as Partial<Record<string, string[]>>;
  return {
    next: 'tell',
    to: reachedAt(seller),
    facts: {
      topics: topicsOf([...due, ...past]),
      dueBy: seller.requirementsDueBy,
      isStopped: seller.standing === 'restricted',
      url: seller.onboardingUrl,
    },
  };
};

const sellerSuspended: Gather<'seller_suspended'> = async ({ databases }, { merchantId, recipient }) => {
  const seller = await findSeller(databases.identity, merchantId, recipient);
  if (seller === undefined) return gone;
  const { suspendedAt: since } = seller;
  return since === null ? settled : { next: 'tell', to: reachedAt(seller), facts: { since } };
};

/** For so long after a change of its address a seller is still told at the old one where its money goes. */
const oldAddressMs = 30 * 24 * 3_600_000;

/** Told where the seller was reached before: who has taken its place may have changed that as well. */
const payoutAccountChanged: Gather<'payout_account_changed'> = async ({ databases }, { merchantId, recipient }) => {
  const { identity } = databases;
  const seller = await findSeller(identity, merchantId, recipient);
  if (seller === undefined || seller.payoutAccountChangedAt === null) return gone;
  const { emailBefore, emailChangedAt, payoutAccountChangedAt: changedAt } = seller;
  const isRecent = emailChangedAt !== null && Date.now() - emailChangedAt.getTime() < oldAddressMs;
  const { coolingHours } = payoutRulesFrom(await merchantPolicies(identity, merchantId));
  return {
    next: 'tell',
    to: { ...reachedAt(seller), ...(isRecent && emailBefore !== null && { email: emailBefore }) },
    facts: { changedAt, coolingHours },
  };
};

const needsAttention: Gather<'needs_attention'> = async (dependencies, notification) => {
  const { databases } = dependencies;
  const { merchantId, resourceType, resourceId } = notification;
  const to = await contactOf(dependencies, notification);
  const stuck = async (): Promise<
    | {
        readonly status: string;
        readonly isOver: boolean;
        readonly movedAt: Date;
        readonly why: string;
        readonly sum: Sum;
        readonly workflowId: string;
      }
    | undefined
  > => {
    switch (resourceType) {
      case 'payment': {
        const found = await findPaymentOrder(databases.payments, { merchantId, paymentOrderId: resourceId });
        const checkout = found && (await findCheckout(databases.payments, merchantId, found.checkoutId));
        return (
          found && {
            status: found.phase,
            isOver: isTerminal(found.paymentOrderStatus as PaymentOrderStatus),
            movedAt: found.updatedAt,
            why: found.attentionReason ?? 'unknown',
            sum: sum(found.amount, found.currency),
            workflowId: workflowIds.paymentOrder(merchantId, resourceId, checkout?.round),
          }
        );
      }
      case 'refund': {
        const found = await findRefund(databases.payments, { merchantId, refundId: resourceId });
        return (
          found && {
            status: found.refundStatus,
            isOver: isSettledRefund(found.refundStatus as RefundStatus),
            movedAt: found.updatedAt,
            why: found.failureReason ?? 'unknown',
            sum: sum(found.amount, found.currency),
            workflowId: workflowIds.refund(merchantId, resourceId),
          }
        );
      }
      default: {
        const found = await findPayout(databases.payouts, { merchantId, payoutId: resourceId });
        return (
          found && {
            status: found.payoutStatus,
            isOver: isSettledPayout(found.payoutStatus as PayoutStatus),
            movedAt: found.updatedAt,
            why: found.failureReason ?? 'unknown',
            sum: sum(found.amount, found.currency),
            workflowId: workflowIds.payout(merchantId, resourceId),
          }
        );
      }
    }
  };
  const found = await stuck();
  if (found === undefined || to === undefined) return gone;
  if (found.status !== 'needs_attention') {
    // What is stuck tries again now and then: only once that try has gone well it is over.
    const isTrying = !found.isOver && Date.now() - found.movedAt.getTime() < longestTryMs;
    return isTrying ? { next: 'wait', seconds: 5 } : settled;
  }
  const what = resourceType === 'payment' || resourceType === 'refund' ? resourceType : 'payout';
  const { why, workflowId } = found;
  return {
    next: 'tell',
    to,
    facts: { what, id: resourceId, sum: found.sum, why, url: linkTo(dependencies, workflowId) },
  };
};

const dispute = (isReminder: boolean) => async (dependencies: Dependencies, notification: NotificationRecord) => {
  const { merchantId, resourceId } = notification;
  const found = await findDispute(dependencies.databases.payments, { merchantId, disputeId: resourceId });
  const to = await contactOf(dependencies, notification);
  if (found === undefined || to === undefined) return gone;
  const isAnswered = found.submitRequested !== null || found.acceptRequested !== null;
  if (found.disputeStatus !== 'needs_response' || isAnswered) return settled;
  const { evidenceDueBy: dueBy, paymentOrderId, reason, amount, currency } = found;
  if (isReminder) {
    if (dueBy === null) return nothing('no_deadline');
    const seconds = Math.ceil((dueBy.getTime() - deadlineReminderMs - Date.now()) / 1_000);
    if (seconds > 0) return { next: 'wait' as const, seconds };
  }
  return {
    next: 'tell' as const,
    to,
    facts: {
      ...sum(amount, currency),
      disputeId: resourceId,
      paymentOrderId,
      why: reason,
      dueBy,
      url: linkTo(dependencies, workflowIds.dispute(merchantId, resourceId)),
    },
  };
};

const breakOpened: Gather<'break_opened'> = async (dependencies, notification) => {
  const { merchantId, resourceId } = notification;
  const found = await findBreak(dependencies.databases.reconciliation, { merchantId, breakId: resourceId });
  const to = await contactOf(dependencies, notification);
  if (found === undefined || to === undefined) return gone;
  if (found.state !== 'open') return settled;
  const side = (minor: bigint | null, [currency, ...more]: readonly string[]): Sum | null =>
    minor === null || currency === undefined || more.length > 0 ? null : sum(minor, currency);
  return {
    next: 'tell',
    to,
    facts: {
      breakId: resourceId,
      class: found.class,
      day: found.settlementDate,
      ours: side(found.ourAmount, found.ourCurrencies),
      psp: side(found.pspAmount, found.pspCurrencies),
      url: linkTo(dependencies, workflowIds.break(merchantId, resourceId)),
    },
  };
};

const gatherers: { readonly [Kind in NotificationKind]: Gather<Kind> } = {
  receipt,
  refund,
  card_needed: cardNeeded,
  payout_paid: payoutPaid,
  payout_failed: payoutFailed,
  statement,
  seller_requirements: sellerRequirements,
  seller_suspended: sellerSuspended,
  payout_account_changed: payoutAccountChanged,
  needs_attention: needsAttention,
  dispute_opened: dispute(false),
  dispute_deadline: dispute(true),
  break_opened: breakOpened,
};

/** What there is to tell of a message's event as things are now, and to whom. Reads only. */
export const gatherFacts = <Kind extends NotificationKind>(
  dependencies: Dependencies,
  kind: Kind,
  notification: NotificationRecord,
): Promise<Gathered<Kind>> => gatherers[kind](dependencies, notification);
