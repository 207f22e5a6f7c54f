/** What kind of movement both sides speak of. `payout`, `fee` and `other` are the PSP's only: nothing of ours stands against them. */
export type LineFamily = 'charge' | 'refund' | 'transfer' | 'dispute' | 'payout' | 'fee' | 'other';

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
