import type { Crossing } from './exchange';

/**
 * Double entry, as plain rules. A posting's lines are signed: debits positive, credits negative, and every currency
 * sums to zero (L2). Postgres enforces the same again; see prisma/migrations.
 */
export const accountTypes = ['asset', 'liability', 'income', 'expense'] as const;
export type AccountType = (typeof accountTypes)[number];

/** One line of a posting. `amountMinor`: debit above zero, credit below, never zero. */
export interface PostingLine {
  readonly account: string;
  readonly amountMinor: bigint;
  /** Where it isn't the posting's own, which is the seller's. */
  readonly currency?: string;
}

/** What may be posted now. One string per row of the posting table in docs/ledger.md. */
export const postingKinds = [
  'capture',
  'refund_succeeded',
  'stray_received',
  'stray_refund_requested',
  'stray_refund_succeeded',
] as const;
export type PostingKind = (typeof postingKinds)[number];

/** The facts of a payment order that its postings need. Amounts in minor units. */
export interface PaymentOrderAmounts {
  readonly sellerAccount: string;
  readonly amountMinor: bigint;
  readonly platformFeeMinor: bigint;
  /** Where the buyer paid in another currency: the amounts above are in the seller's then. */
  readonly crossing?: Crossing;
}

export type SellerBalance = 'pending' | 'available' | 'reserved';

export const sellerAccount = (seller: string, balance: SellerBalance): string => `seller:${seller}:${balance}`;

/** What a seller owes us: refunds and disputes that its balances could not bear. */
export const receivableAccount = (seller: string): string => `receivable:seller:${seller}`;
/** Transferred to the seller's own account at the PSP, not yet paid out of it. */
export const connectedAccount = (seller: string): string => `connected:${seller}`;

/** The accounts that are there once in every book. A person may post to these by hand, with a second one's consent. */
export const platformAccountTypes = {
  psp_clearing: 'asset',
  psp_balance: 'asset',
  psp_reserve: 'asset',
  bank: 'asset',
  dispute_held: 'asset',
  refunds_in_transit: 'liability',
  payouts_in_transit: 'liability',
  suspense: 'liability',
  fx_position: 'asset',
  platform_fees: 'income',
  fx_spread: 'income',
  fx_gain_loss: 'income',
  psp_fees: 'expense',
  dispute_losses: 'expense',
  bad_debt: 'expense',
  psp_adjustments: 'expense',
} as const satisfies Readonly<Record<string, AccountType>>;

/** The type of an account by its code; the normal side follows from it (L3). */
export function accountType(code: string): AccountType {
  const fixed = (platformAccountTypes as Readonly<Record<string, AccountType>>)[code];
  if (fixed !== undefined) return fixed;
  if (/^seller:[A-Za-z0-9._-]{1,64}:(pending|available|reserved)$/.test(code)) return 'liability';
  if (/^(receivable:seller|connected):[A-Za-z0-9._-]{1,64}$/.test(code)) return 'asset';
  throw new RangeError(`no such ledger account: ${code}`);
}

/** Assets and expenses grow on the debit side, liabilities and income on the credit side (L3). */
export function normalSide(type: AccountType): 'debit' | 'credit' {
  return type === 'asset' || type === 'expense' ? 'debit' : 'credit';
}

/**
 * The lines of a posting about one payment order.
 *
 * `capture` 100 with fee 10: psp_clearing +100, seller pending −90, platform_fees −10.
 * `refund_succeeded` clears the transit of a capture that was given back whole (see `refundPosting` for how it got there).
 * The `stray_…` postings are about money that no order waits for: it is owed back from the moment it came in, and no seller sees it.
 */
export function postingLines(kind: PostingKind, order: PaymentOrderAmounts): PostingLine[] {
  const { amountMinor, platformFeeMinor, crossing } = order;
  const buyerMinor = crossing?.buyerMinor ?? amountMinor;
  const buyers = crossing === undefined ? {} : { currency: crossing.buyerCurrency };
  const pending = sellerAccount(order.sellerAccount, 'pending');
  const sellerPart = amountMinor - platformFeeMinor;
  const lines: Record<PostingKind, PostingLine[]> = {
    capture: [
      ...crossed('psp_clearing', 'debit', amountMinor, crossing),
      { account: pending, amountMinor: -sellerPart },
      { account: 'platform_fees', amountMinor: -platformFeeMinor },
    ],
    refund_succeeded: [
      { account: 'refunds_in_transit', amountMinor: buyerMinor, ...buyers },
      { account: 'psp_clearing', amountMinor: -buyerMinor, ...buyers },
    ],
    stray_received: [
      { account: 'psp_clearing', amountMinor },
      { account: 'suspense', amountMinor: -amountMinor },
    ],
    stray_refund_requested: [
      { account: 'suspense', amountMinor },
      { account: 'refunds_in_transit', amountMinor: -amountMinor },
    ],
    stray_refund_succeeded: [
      { account: 'refunds_in_transit', amountMinor },
      { account: 'psp_clearing', amountMinor: -amountMinor },
    ],
  };
  const posted = lines[kind].filter((line) => line.amountMinor !== 0n);
  assertBalanced(posted);
  return posted;
}

/**
 * One side of a posting against what is the seller's, the platform's included. Where the buyer's money is in another currency it goes
 * through the position account of each of the two, so that each currency sums to zero, and what the middle rate makes of it beyond the
 * seller's is an entry of its own: the spread, with what was rounded (M4).
 *
 * @param grossMinor the seller's and the platform's together, in the seller's currency
 */
export function crossed(
  account: string,
  side: 'debit' | 'credit',
  grossMinor: bigint,
  crossing: Crossing | undefined,
): PostingLine[] {
  const sign = side === 'debit' ? 1n : -1n;
  if (crossing === undefined) return [{ account, amountMinor: sign * grossMinor }];
  const { buyerCurrency: currency, buyerMinor, positionMinor } = crossing;
  return [
    { account, amountMinor: sign * buyerMinor, currency },
    { account: 'fx_position', amountMinor: -sign * buyerMinor, currency },
    { account: 'fx_position', amountMinor: sign * positionMinor },
    { account: 'fx_spread', amountMinor: sign * (grossMinor - positionMinor) },
  ];
}

/**
 * @param others what the lines of the posting's own currency are to sum to, turned round: the seller's part, where Postgres finds that
 * @throws RangeError when lines of one currency don't sum to zero, or there are fewer than two (L2)
 */
export function assertBalanced(lines: readonly PostingLine[], others?: bigint): void {
  const sums = new Map<string | undefined, bigint>([[undefined, others ?? 0n]]);
  for (const { currency, amountMinor } of lines) sums.set(currency, (sums.get(currency) ?? 0n) + amountMinor);
  for (const [currency, sum] of sums)
    if (sum !== 0n)
      throw new RangeError(
        `a posting must sum to zero, this one sums to ${sum.toString()}${currency === undefined ? '' : ` ${currency}`}`,
      );
  if (lines.length < 2 && others === undefined) throw new RangeError('a posting has at least two lines');
}
