/**
 * What a payout has come to. `paid` can still turn `returned`: a bank sends money back days later (P2). `refused` never
 * reached the PSP: a second person said no, or the rules did.
 */
export const payoutStatuses = [
  'requested',
  'awaiting_approval',
  'transferring',
  'in_transit',
  'paid',
  'returning',
  'failed',
  'returned',
  'refused',
  'needs_attention',
] as const;
export type PayoutStatus = (typeof payoutStatuses)[number];

/** Nothing more is expected of it. */
export function isSettledPayout(status: PayoutStatus): boolean {
  switch (status) {
    case 'paid':
    case 'failed':
    case 'returned':
    case 'refused':
      return true;
    case 'requested':
    case 'awaiting_approval':
    case 'transferring':
    case 'in_transit':
    case 'returning':
    case 'needs_attention':
      return false;
  }
}

/** Why no payout leaves for a seller now. Stable: the API shows it. */
export const payoutBlocks = [
  'no_payout_account',
  'kyc_not_verified',
  'payout_account_changed',
  'seller_owes',
  'insufficient_funds',
  'account_not_enabled',
  'seller_suspended',
] as const;
export type PayoutBlock = (typeof payoutBlocks)[number];

/** What is known of a seller when a payout is asked for. Amounts in minor units. */
export interface PayoutSituation {
  readonly payoutAccount: string | null;
  readonly kycStatus: string;
  readonly isSuspended: boolean;
  readonly accountChangedAtMs: number | null;
  readonly availableMinor: bigint;
  /** In any currency. */
  readonly owesAnything: boolean;
}

/**
 * Whether anything speaks against a payout (P3, P5). The ledger has the last word on the money, under its own lock.
 *
 * @param coolingMs how long after a change of the account no payout goes there
 */
export function payoutBlock(
  situation: PayoutSituation,
  amountMinor: bigint,
  nowMs: number,
  coolingMs: number,
): PayoutBlock | null {
  if (situation.isSuspended) return 'seller_suspended';
  if (situation.payoutAccount === null) return 'no_payout_account';
  if (situation.kycStatus !== 'verified') return 'kyc_not_verified';
  if (situation.accountChangedAtMs !== null && nowMs - situation.accountChangedAtMs < coolingMs)
    return 'payout_account_changed';
  if (situation.owesAnything) return 'seller_owes';
  if (situation.availableMinor < amountMinor) return 'insufficient_funds';
  return null;
}

/** How often a seller is paid out without asking. */
export const payoutIntervals = ['daily', 'weekly', 'monthly'] as const;
export type PayoutInterval = (typeof payoutIntervals)[number];
