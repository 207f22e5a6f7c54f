import { fromMinorUnits, isCurrency } from './money';
import type { PostingLine } from './ledger';
import { approvalsNeeded, type ReconciliationRules } from './policies';

/** What kind of movement both sides speak of. From `payout` on they are the PSP's only: nothing of ours stands against them. */
export type LineFamily = 'charge' | 'refund' | 'transfer' | 'dispute' | 'payout' | 'fee' | 'reserve' | 'other';

/** What a mismatch is (R5). `timing` closes itself when the other side comes within its window. */
export const breakClasses = [
  'timing',
  'missing_here',
  'missing_there',
  'amount',
  'currency',
  'duplicate',
  'status',
  'fee',
  'unknown',
] as const;
export type BreakClass = (typeof breakClasses)[number];
/** How a settlement day is written. */
export const settlementDayPattern = /^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
/** Who a mismatch is for: nobody yet, the payment's own process and the book, a person's decision, or a person's search. */
export type Treatment = 'wait' | 'auto' | 'person' | 'investigate';

export const treatmentOf: Readonly<Record<BreakClass, Treatment>> = {
  timing: 'wait',
  missing_here: 'auto',
  duplicate: 'auto',
  status: 'auto',
  fee: 'auto',
  unknown: 'auto',
  amount: 'person',
  currency: 'person',
  missing_there: 'investigate',
};

/** What was done about a mismatch by itself. `told`: the payment's own process. `none`: nothing could be. */
export const remedies = ['told', 'booked_fee', 'suspense', 'none'] as const;
export type Remedy = (typeof remedies)[number];

/** What a person decides. `psp_is_right`: our book is corrected to the PSP's side. `explained`: it is left as it is. */
export const breakOutcomes = ['psp_is_right', 'explained'] as const;
export type BreakOutcome = (typeof breakOutcomes)[number];

const hourMs = 3_600_000;
/** Until when a mismatch should be settled. */
const dueHours: Readonly<Record<Treatment, number>> = { wait: 0, auto: 24, person: 72, investigate: 120 };

export const dueOf = (name: BreakClass, from: Date): Date =>
  new Date(from.getTime() + dueHours[treatmentOf[name]] * hourMs);

/** People are reminded this long before the deadline and at it; from then on it is overdue, and they hear of it daily. */
const reminderLeadMs = 24 * hourMs;

/** When the next reminder of a case is due, and whether that one says that it is overdue. */
export function nextCaseReminder(dueMs: number, given: number): { readonly atMs: number; readonly overdue: boolean } {
  return { atMs: dueMs + (given - 1) * reminderLeadMs, overdue: given >= 1 };
}

/** What one side of a mismatch has more than the other, in one currency. Minor units. */
export interface Difference {
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
}

/** Whether a mismatch is worth so much that two persons must agree on it. A currency that nobody can pay in here always is. */
export function needsTwoPersons(rules: ReconciliationRules, differences: readonly Difference[]): boolean {
  return differences.some(({ currency, amountMinor, feeMinor }) => {
    const total = amountMinor + feeMinor;
    if (!isCurrency(currency)) return true;
    return approvalsNeeded(rules, fromMinorUnits(total < 0n ? -total : total, currency)) > 0;
  });
}

export const bookingKinds = ['settled', 'disputed', 'psp_fee', 'reserved'] as const;
export type BookingKind = (typeof bookingKinds)[number];

/**
 * What the PSP's lines mean in the book: moved money becomes the balance at the PSP, less what the PSP keeps (R2). A dispute's fee
 * is booked with the dispute; a fee of the PSP's own has nothing moved against it; what it holds back is its reserve. In above zero,
 * minor units.
 */
export function settlementPosting(kind: BookingKind, amountMinor: bigint, feeMinor: bigint): PostingLine[] {
  const net = amountMinor - feeMinor;
  const lines: Record<BookingKind, PostingLine[]> = {
    settled: [
      { account: 'psp_balance', amountMinor: net },
      { account: 'psp_fees', amountMinor: feeMinor },
      { account: 'psp_clearing', amountMinor: -amountMinor },
    ],
    disputed: [
      { account: 'psp_balance', amountMinor: net },
      { account: 'psp_clearing', amountMinor: -net },
    ],
    psp_fee: [
      { account: 'psp_balance', amountMinor: net },
      { account: 'psp_fees', amountMinor: -net },
    ],
    reserved: [
      { account: 'psp_balance', amountMinor: net },
      { account: 'psp_reserve', amountMinor: -net },
    ],
  };
  return lines[kind].filter((line) => line.amountMinor !== 0n);
}

/** Makes our side equal the PSP's: `against` bears or keeps what differs. */
export const correctionPosting = (
  differenceMinor: bigint,
  against: 'suspense' | 'psp_fees' | 'psp_adjustments',
): PostingLine[] => [
  { account: 'psp_clearing', amountMinor: differenceMinor },
  { account: against, amountMinor: -differenceMinor },
];

/** Money that has come to the bank, or has left it: from the PSP, or from nobody we know. */
export const bankPosting = (amountMinor: bigint, from: 'psp_clearing' | 'suspense'): PostingLine[] => [
  { account: 'bank', amountMinor },
  { account: from, amountMinor: -amountMinor },
];

export const breakStates = ['open', 'closed', 'resolved'] as const;
export type BreakState = (typeof breakStates)[number];

/** An entry on `psp_clearing`, with the ledger transaction that it is of. */
export interface ClearingMovement {
  readonly sourceType: string;
  readonly sourceId: string;
  readonly leg: string;
  readonly kind: string;
}

/** Whose movement it is, on both sides alike. */
export interface MovementKey {
  readonly key: string;
  readonly family: 'charge' | 'refund' | 'transfer' | 'dispute' | 'other';
  /** A fee that we book ourselves; the PSP has it on the line of what it is for. */
  readonly isFee: boolean;
}

const keys = {
  charge: (paymentOrderId: string) => `charge/${paymentOrderId}`,
  /** A capture that the saga has given back whole. */
  givenBack: (paymentOrderId: string) => `given-back/${paymentOrderId}`,
  refund: (refundId: string) => `refund/${refundId}`,
  transfer: (payoutId: string) => `transfer/${payoutId}`,
  dispute: (disputeId: string) => `dispute/${disputeId}`,
  stray: (payment: string) => `stray/${payment}`,
  strayRefund: (payment: string) => `stray-refund/${payment}`,
} as const;

/** The key of one of our own movements. */
export function keyOfMovement({ sourceType, sourceId, leg, kind }: ClearingMovement): MovementKey {
  const plain = (family: MovementKey['family'], key: string): MovementKey => ({ key, family, isFee: false });
  switch (sourceType) {
    case 'payment_order':
      return leg === 'capture' ? plain('charge', keys.charge(sourceId)) : plain('refund', keys.givenBack(sourceId));
    case 'psp_payment':
      return kind === 'stray_received'
        ? plain('charge', keys.stray(sourceId))
        : plain('refund', keys.strayRefund(sourceId));
    case 'refund':
      return plain('refund', keys.refund(sourceId));
    case 'payout':
      return plain('transfer', keys.transfer(sourceId));
    case 'dispute':
      return { key: keys.dispute(sourceId), family: 'dispute', isFee: kind.startsWith('dispute_fee') };
    default:
      return plain('other', `${sourceType}/${sourceId}`);
  }
}

const families = ['charge', 'refund', 'transfer', 'dispute'] as const;

/** The key of a correction: that of the mismatch it settles, on the side of the fees when it is one of those. */
export function keyOfCorrection(key: string, leg: string): MovementKey {
  const family = families.find((name) => key.startsWith(`${name}/`)) ?? 'other';
  return { key, family, isFee: leg.startsWith('fee') };
}

/** What a key is about, by our own id of it. */
export function idOfKey(key: string): { readonly family: string; readonly id: string } {
  const at = key.indexOf('/');
  return { family: key.slice(0, at), id: key.slice(at + 1) };
}

/** The key that the PSP's object names by our ids in its metadata; null when it carries none that says it. */
export function keyOfMetadata(family: LineFamily, metadata: Readonly<Record<string, string>>): string | null {
  const { payment_order_id: order, refund_id: refund, payout_id: payout } = metadata;
  switch (family) {
    case 'charge':
      return order === undefined ? null : keys.charge(order);
    case 'refund':
      return refund !== undefined ? keys.refund(refund) : order === undefined ? null : keys.givenBack(order);
    case 'transfer':
      return payout === undefined ? null : keys.transfer(payout);
    default:
      return null;
  }
}
