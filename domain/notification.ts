/** Whom a message is for: a buyer, a seller, or the merchant's own people. */
export const audiences = ['buyer', 'seller', 'ops'] as const;
export type Audience = (typeof audiences)[number];

/** By what way a message goes. */
export const channels = ['email', 'chat', 'push', 'sms'] as const;
export type Channel = (typeof channels)[number];

/** What people are told of. */
export const notificationKinds = [
  'receipt',
  'refund',
  'card_needed',
  'payout_paid',
  'payout_failed',
  'statement',
  'seller_requirements',
  'seller_suspended',
  'payout_account_changed',
  'needs_attention',
  'dispute_opened',
  'dispute_deadline',
  'break_opened',
] as const;
export type NotificationKind = (typeof notificationKinds)[number];

export const notificationStates = ['pending', 'delivered', 'failed', 'unneeded'] as const;
export type NotificationState = (typeof notificationStates)[number];

interface KindRule {
  readonly audience: Audience;
  /** Goes on by another way when the first one fails. */
  readonly urgent: boolean;
  /** Whether its recipient may do without it; what somebody has to act upon is always told. */
  readonly optional: boolean;
  /** Whether the same may happen again and again, and is then told of once an hour at most. */
  readonly isRepeated: boolean;
}

export const kindRules: Readonly<Record<NotificationKind, KindRule>> = {
  receipt: { audience: 'buyer', urgent: false, optional: true, isRepeated: false },
  refund: { audience: 'buyer', urgent: false, optional: true, isRepeated: false },
  card_needed: { audience: 'buyer', urgent: true, optional: false, isRepeated: false },
  payout_paid: { audience: 'seller', urgent: false, optional: true, isRepeated: false },
  payout_failed: { audience: 'seller', urgent: true, optional: false, isRepeated: false },
  statement: { audience: 'seller', urgent: false, optional: true, isRepeated: false },
  seller_requirements: { audience: 'seller', urgent: true, optional: false, isRepeated: false },
  seller_suspended: { audience: 'seller', urgent: false, optional: false, isRepeated: false },
  payout_account_changed: { audience: 'seller', urgent: true, optional: false, isRepeated: false },
  needs_attention: { audience: 'ops', urgent: true, optional: false, isRepeated: true },
  dispute_opened: { audience: 'ops', urgent: false, optional: true, isRepeated: false },
  dispute_deadline: { audience: 'ops', urgent: true, optional: false, isRepeated: false },
  break_opened: { audience: 'ops', urgent: false, optional: true, isRepeated: false },
};

/** What a merchant's own people may be told of. */
export const opsKinds = notificationKinds.filter((kind) => kindRules[kind].audience === 'ops');

/** The ids of notifications; a mail's Message-ID holds one. */
export const notificationIdPattern = /^ntf_[a-f0-9]{24}$/;

/** So long before the bank's deadline for evidence ops are reminded of it. */
export const deadlineReminderMs = 48 * 3_600_000;

const kindsOfType: Readonly<Record<string, readonly NotificationKind[]>> = {
  'checkout.paid': ['receipt'],
  'checkout.partially_paid': ['receipt'],
  'refund.succeeded': ['refund'],
  'subscription.past_due': ['card_needed'],
  'payout.paid': ['payout_paid'],
  'payout.failed': ['payout_failed'],
  'payout.returned': ['payout_failed'],
  'statement.ready': ['statement'],
  'seller.action_required': ['seller_requirements'],
  'seller.restricted': ['seller_requirements'],
  'seller.requirements_due': ['seller_requirements'],
  'seller.suspended': ['seller_suspended'],
  'seller.payout_account_changed': ['payout_account_changed'],
  'payment.needs_attention': ['needs_attention'],
  'refund.needs_attention': ['needs_attention'],
  'payout.needs_attention': ['needs_attention'],
  'dispute.needs_response': ['dispute_opened', 'dispute_deadline'],
  'reconciliation_break.open': ['break_opened'],
};

/** What is told of an event of a type. */
export const kindsOf = (type: string): readonly NotificationKind[] => kindsOfType[type] ?? [];

/** By which ways a message may go, the first one first. */
export function waysOf(kind: NotificationKind): readonly Channel[] {
  const { audience, urgent } = kindRules[kind];
  if (audience === 'ops') return urgent ? ['chat', 'email', 'push', 'sms'] : ['chat', 'email', 'push'];
  return urgent ? ['email', 'sms'] : ['email'];
}

/** Seconds before each further try by one way: over half a day, as mail servers do (RFC 5321, 4.5.4.1). */
const pauses = [30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800] as const;

/** After so many tries an urgent message goes by its next way. */
export const patienceOfUrgent = 3;

/**
 * Seconds until the next try, or nothing when it was the last.
 *
 * @param tries how many there have been
 * @param chance from 0 up to 1: spreads the tries of many, so that a server that comes back is not run over
 */
export function pauseBeforeTry(tries: number, chance: number): number | undefined {
  const pause = pauses[tries - 1];
  return pause === undefined ? undefined : pause * (0.8 + chance * 0.4);
}
