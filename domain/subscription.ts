import { blockedByRisk, type DeclineAdvice, type FailureReason } from './payment-order';
import { sellerNotAccepting } from './seller';

/** How often a plan is due. */
export const periodUnits = ['day', 'week', 'month', 'year'] as const;
export type PeriodUnit = (typeof periodUnits)[number];

/** What becomes of a subscription when nobody pays for a period in the end: it ends, or goes on with the next one. */
export const unpaidPolicies = ['cancel', 'keep'] as const;
export type UnpaidPolicy = (typeof unpaidPolicies)[number];

/** `incomplete`: its buyer has not left a card yet, and nothing is due. */
export const subscriptionStatuses = [
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'paused',
  'unpaid',
  'canceled',
] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

export const periodStates = ['open', 'paid', 'skipped', 'failed', 'void'] as const;
export type PeriodState = (typeof periodStates)[number];

/**
 * What a failed try says of another one with the same card: `soft`, the bank may say yes on another day; `technical`, in an hour; `hard`,
 * never with this card; `authentication`, only with the buyer there; `seller`, once its seller takes payments again, whatever the card.
 */
export type DeclineClass = 'soft' | 'technical' | 'hard' | 'authentication' | 'seller';

/** docs.stripe.com/declines/codes: those of which it says that the customer needs another card, or that the card is not to be tried again. */
const hard: ReadonlySet<string> = new Set([
  'card_not_supported',
  'currency_not_supported',
  'expired_card',
  'fraudulent',
  'incorrect_cvc',
  'incorrect_number',
  'invalid_account',
  'invalid_cvc',
  'invalid_expiry_month',
  'invalid_expiry_year',
  'invalid_number',
  'invalid_pin',
  'lost_card',
  'merchant_blacklist',
  'new_account_information_available',
  'no_action_taken',
  'not_permitted',
  'pickup_card',
  'restricted_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'security_violation',
  'service_not_allowed',
  'stolen_card',
  'stop_payment_order',
  'testmode_decline',
  'transaction_not_allowed',
]);
const technical: ReadonlySet<string> = new Set([
  'issuer_not_available',
  'processing_error',
  'reenter_transaction',
  'try_again_later',
]);

/**
 * The class of a try that failed. Of what a bank says, what isn't known is soft: banks say `do_not_honor` and `generic_decline` of
 * anything. What we, or the PSP, have refused would be refused again with the same card; and where the card's network says that it is not to be
 * tried again, or that its data are wrong, that counts for more than the bank's word.
 */
export function declineClassOf(failed: {
  readonly reason: FailureReason | null;
  readonly code: string | null;
  readonly advice?: DeclineAdvice | null;
}): DeclineClass {
  const { reason, code, advice } = failed;
  if (reason === sellerNotAccepting) return 'seller';
  if (reason !== 'declined' || code === null || code === blockedByRisk || hard.has(code)) return 'hard';
  if (code === 'authentication_required') return 'authentication';
  if (advice === 'do_not_try_again' || advice === 'confirm_card_data') return 'hard';
  return technical.has(code) ? 'technical' : 'soft';
}

/** When a period that wasn't paid is tried again. */
export interface Dunning {
  /** Hours after each failed try until the next one, by the class of its decline. */
  readonly soft: readonly number[];
  readonly technical: readonly number[];
  /** After so many days since the first failed try nobody is asked any more. */
  readonly giveUpDays: number;
}

/**
 * Four tries in fifteen days of a card that may work on another day, and five of one that only met a fault. No plan allows more than
 * {@link mostTriesPerCard} for one period.
 */
export const defaultDunning: Dunning = { soft: [72, 120, 168], technical: [1, 6, 24, 72], giveUpDays: 21 };
export const mostTriesPerCard = 10;

/**
 * How often a card may be declined without its buyer there, whatever it was for: then it is left alone until it has been quiet for long enough. Mastercard fines
 * the 11th declined try of a card within a day, Visa the 16th within 30 days (docs.stripe.com/declines/card#retrying-issuer-declines and the networks'
 * own rules on excessive reattempts). Whose card it is isn't known before it is charged, so that the stricter one counts for each.
 */
export const networkLimits = [
  { hours: 24, declines: 10 },
  { hours: 30 * 24, declines: 15 },
] as const;
/** The code of a try that was left out for that; the buyer gets a page. */
export const cardNetworkLimit = 'card_network_limit';

/** Whether a card may be tried once more. @param declinedAt when it was declined of late */
export const mayTryCard = (declinedAt: readonly Date[], at: Date): boolean =>
  networkLimits.every(
    ({ hours, declines }) =>
      declinedAt.filter((one) => at.getTime() - one.getTime() < hours * 3_600_000).length < declines,
  );
/** What would be refused again at once, a page or a seller's payment, is tried again after so long: rules and sellers change. */
const refusedHours = 24;

/** What is to be done about a period that wasn't paid, and from when on. */
export type NextTry =
  /** `buyer`: gets a link, and may pay with any card. */
  { readonly next: 'card' | 'buyer'; readonly at: Date } | { readonly next: 'give_up' };

/** A try as it failed. */
export interface FailedTry {
  readonly declineClass: DeclineClass;
  /** Set where the buyer had a page instead of the card being charged: whether it was refused, so that the next one would be as well. */
  readonly page?: 'left' | 'refused';
  /** How often the present card was tried for this period. */
  readonly cardTries: number;
  readonly firstFailedAt: Date;
  readonly at: Date;
}

/** How the page of a try came to its end: one that ran out or was taken back was left, any other was refused. */
export const pageEndOf = (reason: FailureReason | null): 'left' | 'refused' =>
  reason === 'expired' || reason === 'canceled' ? 'left' : 'refused';

/** What comes after a failed try. */
export function nextTry(dunning: Dunning, failed: FailedTry): NextTry {
  const { declineClass, page, cardTries, firstFailedAt, at } = failed;
  const giveUpAt = firstFailedAt.getTime() + dunning.giveUpDays * 24 * 3_600_000;
  const after = (next: 'card' | 'buyer', hours: number): NextTry => {
    const then = at.getTime() + hours * 3_600_000;
    return then >= giveUpAt ? { next: 'give_up' } : { next, at: new Date(then) };
  };
  if (page !== undefined) return after('buyer', page === 'refused' ? refusedHours : 0);
  if (declineClass === 'seller') return after('card', refusedHours);
  if (declineClass === 'hard' || declineClass === 'authentication') return after('buyer', 0);
  const hours = dunning[declineClass][cardTries - 1];
  return hours === undefined || cardTries >= mostTriesPerCard ? { next: 'give_up' } : after('card', hours);
}

/** What a period costs, in minor units. */
export interface PeriodPrice {
  readonly amount: bigint;
  readonly platformFee: bigint;
}

/** What so many of something that costs this each period cost. */
export const priceOf = (each: PeriodPrice, quantity: number): PeriodPrice => ({
  amount: each.amount * BigInt(quantity),
  platformFee: each.platformFee * BigInt(quantity),
});

/** Towards the lower number, also below zero. */
function floorDivided(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor !== 0n && dividend < 0n ? quotient - 1n : quotient;
}

/**
 * What a change adds to the price of a period that runs, for the rest of it: by the millisecond, rounded down, so that a buyer is never
 * charged for more time than there was and is credited with no less. Below zero where the new price is the lower one.
 */
export function prorated(
  before: PeriodPrice,
  after: PeriodPrice,
  period: { readonly startsAt: Date; readonly endsAt: Date },
  at: Date,
): PeriodPrice {
  const whole = BigInt(period.endsAt.getTime() - period.startsAt.getTime());
  const rest = BigInt(Math.max(0, period.endsAt.getTime() - Math.max(at.getTime(), period.startsAt.getTime())));
  const share = (from: bigint, to: bigint): bigint => floorDivided((to - from) * rest, whole);
  return {
    amount: share(before.amount, after.amount),
    platformFee: share(before.platformFee, after.platformFee),
  };
}

/**
 * The price of a period with what earlier ones have left for it. Nothing is charged below zero, nothing that the PSP would not take, and
 * no fee that is more than the amount: what doesn't fit is left over for the period after it.
 *
 * @param chargeable the most of an amount that can be charged: a few cents, or a thousandth of a dinar, are paid together with later ones
 */
export function withAdjustments(
  price: PeriodPrice,
  adjustments: readonly PeriodPrice[],
  chargeable: (amount: bigint) => bigint,
): { readonly due: PeriodPrice; readonly leftOver: PeriodPrice } {
  const sum = (field: keyof PeriodPrice): bigint =>
    adjustments.reduce((total, one) => total + one[field], price[field]);
  const [amount, platformFee] = [sum('amount'), sum('platformFee')];
  const due = amount > 0n ? chargeable(amount) : 0n;
  const fee = platformFee < 0n ? 0n : platformFee > due ? due : platformFee;
  return { due: { amount: due, platformFee: fee }, leftOver: { amount: amount - due, platformFee: platformFee - fee } };
}
