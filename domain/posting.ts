import type { Crossing, ExchangedPart } from './exchange';
import { assertBalanced, connectedAccount, crossed, sellerAccount, type PostingLine } from './ledger';
import type { MoneyPolicies } from './policies';

/**
 * How a seller's side of a posting is found, under the lock of what the seller has:
 * `take` from what is pending of this very payment order, else what is available, else the seller owes it (P3);
 * `payout` from what is available only, and only when nothing is owed (V7);
 * `give` off what the seller owes first, then back to where the reversed leg took it from, else available.
 */
export type SellerMode = 'take' | 'payout' | 'give';

/**
 * A posting whose seller lines depend on what the seller has at that moment. The fixed lines and the seller's amount
 * together sum to zero; Postgres finds the seller's lines and checks the sum (see `ledger.post`).
 */
export interface Posting {
  readonly kind: string;
  readonly lines: readonly PostingLine[];
  readonly seller: { readonly account: string; readonly mode: SellerMode; readonly amountMinor: bigint } | null;
  /** The leg of the same source that this one takes back; a correction is a posting of its own (L1). */
  readonly reversesLeg?: string;
}

type Seller = NonNullable<Posting['seller']>;

/** A posting without its zero lines. @throws RangeError when fixed lines and seller's amount don't sum to zero (L2) */
function posting(kind: string, lines: readonly PostingLine[], seller: Seller | null, reversesLeg?: string): Posting {
  const sign = seller?.mode === 'give' ? -1n : 1n;
  assertBalanced(lines, sign * (seller?.amountMinor ?? 0n));
  return {
    kind,
    lines: lines.filter((line) => line.amountMinor !== 0n),
    seller: seller?.amountMinor === 0n ? null : seller,
    ...(reversesLeg !== undefined && { reversesLeg }),
  };
}

/** Whose money a refund is. Minor units; the parts sum to what the buyer gets, or to what that stands for. */
export interface RefundParts {
  readonly sellerAccount: string;
  readonly sellerMinor: bigint;
  readonly feeMinor: bigint;
  /** Where the buyer paid in another currency: the parts are in the seller's then. */
  readonly crossing?: Crossing;
}

export const refundLegs = ['requested', 'succeeded', 'returned', 'failed'] as const;
export type RefundLeg = (typeof refundLegs)[number];

/**
 * A refund: taken from seller and fee when it is requested, out of our hands when it has succeeded. `returned`: the PSP
 * gave the money back after all (C3); `failed` then reinstates seller and fee.
 */
export function refundPosting(leg: RefundLeg, refund: RefundParts): Posting {
  const { sellerAccount: account, sellerMinor, feeMinor, crossing } = refund;
  const grossMinor = sellerMinor + feeMinor;
  const moved = (debit: string, credit: string) =>
    between(debit, credit, crossing?.buyerMinor ?? grossMinor, crossing?.buyerCurrency);
  switch (leg) {
    case 'requested':
      return posting(
        'refund_requested',
        [
          { account: 'platform_fees', amountMinor: feeMinor },
          ...crossed('refunds_in_transit', 'credit', grossMinor, crossing),
        ],
        { account, mode: 'take', amountMinor: sellerMinor },
      );
    case 'succeeded':
      return posting('refund_succeeded', moved('refunds_in_transit', 'psp_clearing'), null);
    case 'returned':
      return posting('refund_returned', moved('psp_clearing', 'refunds_in_transit'), null, 'succeeded');
    case 'failed':
      return posting(
        'refund_failed',
        [
          ...crossed('refunds_in_transit', 'debit', grossMinor, crossing),
          { account: 'platform_fees', amountMinor: -feeMinor },
        ],
        { account, mode: 'give', amountMinor: sellerMinor },
        'requested',
      );
  }
}

export const payoutLegs = ['requested', 'transferred', 'paid', 'returned', 'transfer_reversed', 'failed'] as const;
export type PayoutLeg = (typeof payoutLegs)[number];

/**
 * A payout: out of the seller's reach before the PSP hears of it (P2), transferred to the seller's own account there,
 * paid out of that. `returned`: a bank sent a paid one back; `transfer_reversed` and `failed` undo the rest.
 */
export function payoutPosting(leg: PayoutLeg, payout: { sellerAccount: string; amountMinor: bigint }): Posting {
  const { sellerAccount: account, amountMinor } = payout;
  const connected = connectedAccount(account);
  switch (leg) {
    case 'requested':
      return posting('payout_requested', [{ account: 'payouts_in_transit', amountMinor: -amountMinor }], {
        account,
        mode: 'payout',
        amountMinor,
      });
    case 'transferred':
      return posting('payout_transferred', between(connected, 'psp_clearing', amountMinor), null);
    case 'paid':
      return posting('payout_paid', between('payouts_in_transit', connected, amountMinor), null);
    case 'returned':
      return posting('payout_returned', between(connected, 'payouts_in_transit', amountMinor), null, 'paid');
    case 'transfer_reversed':
      return posting('payout_transfer_reversed', between('psp_clearing', connected, amountMinor), null, 'transferred');
    case 'failed':
      return posting(
        'payout_failed',
        [{ account: 'payouts_in_transit', amountMinor }],
        { account, mode: 'give', amountMinor },
        'requested',
      );
  }
}

/** One line of the PSP's balance about a dispute; `sellerMinor` is the seller's share of it. */
export interface DisputedMoney {
  readonly sellerAccount: string;
  readonly amountMinor: bigint;
  /** The currency of that amount, where it isn't the seller's. */
  readonly buyerCurrency?: string;
  readonly sellerMinor: bigint;
}

/** What is lost with a dispute. Where the buyer paid in another currency the shares are of `grossMinor`, in the seller's. */
export interface LostMoney extends DisputedMoney {
  readonly feeMinor: bigint;
  readonly exchanged?: ExchangedPart;
}

/** The PSP takes a disputed amount, or gives it back (D1, D2). Ours to claim meanwhile, and the seller's share reserved. */
export function disputeLinePosting(line: 'withdrawn' | 'reinstated', money: DisputedMoney): Posting {
  const { sellerAccount: account, amountMinor, sellerMinor, buyerCurrency } = money;
  const reserved = sellerAccount(account, 'reserved');
  return line === 'withdrawn'
    ? posting(
        'dispute_withdrawn',
        [
          ...between('dispute_held', 'psp_clearing', amountMinor, buyerCurrency),
          { account: reserved, amountMinor: -sellerMinor },
        ],
        { account, mode: 'take', amountMinor: sellerMinor },
      )
    : posting(
        'dispute_reinstated',
        [
          ...between('psp_clearing', 'dispute_held', amountMinor, buyerCurrency),
          { account: reserved, amountMinor: sellerMinor },
        ],
        { account, mode: 'give', amountMinor: sellerMinor },
      );
}

/**
 * A lost dispute: what was claimed is gone. The seller bears its share and the platform its fee, or the platform bears all
 * of it, by the policies that held when the money came in.
 */
export function disputeLostPosting(money: LostMoney, policies: MoneyPolicies): Posting {
  const { sellerAccount: account, amountMinor, sellerMinor, buyerCurrency, exchanged } = money;
  const grossMinor = exchanged?.grossMinor ?? amountMinor;
  const crossing =
    exchanged === undefined || buyerCurrency === undefined
      ? undefined
      : { buyerCurrency, buyerMinor: amountMinor, positionMinor: exchanged.positionMinor };
  const reserved = { account: sellerAccount(account, 'reserved'), amountMinor: sellerMinor };
  const held = crossed('dispute_held', 'credit', grossMinor, crossing);
  if (policies.disputeLoss === 'platform')
    return posting('dispute_lost', [reserved, { account: 'dispute_losses', amountMinor: grossMinor }, ...held], {
      account,
      mode: 'give',
      amountMinor: sellerMinor,
    });
  const feeMinor = policies.platformFeeOnRefund === 'returned' ? money.feeMinor : 0n;
  return posting(
    'dispute_lost',
    [
      reserved,
      { account: 'platform_fees', amountMinor: feeMinor },
      { account: 'dispute_losses', amountMinor: grossMinor - sellerMinor - feeMinor },
      ...held,
    ],
    null,
  );
}

/** Takes a booked loss back, when the money comes after all: line by line the opposite, the seller's share reserved again. */
export function disputeLossReversedPosting(money: LostMoney, policies: MoneyPolicies): Posting {
  const lost = disputeLostPosting(money, policies);
  const lines = lost.lines.map((line) => ({ ...line, amountMinor: -line.amountMinor }));
  return posting('dispute_loss_reversed', lines, lost.seller === null ? null : { ...lost.seller, mode: 'take' });
}

/**
 * The PSP's fee for a dispute, or its return, apart from the disputed amount and in the fee's own currency (D1, M5). A seller who is
 * owed in another one bears what it is worth there.
 */
export function disputeFeePosting(
  fee: { sellerAccount: string; feeMinor: bigint; crossing?: Crossing },
  bearer: MoneyPolicies['disputeFee'],
): Posting {
  const { sellerAccount: account, feeMinor, crossing } = fee;
  const kind = feeMinor > 0n ? 'dispute_fee' : 'dispute_fee_returned';
  if (bearer === 'platform')
    return posting(kind, between('dispute_losses', 'psp_clearing', feeMinor, crossing?.buyerCurrency), null);
  const costMinor = crossing?.positionMinor ?? feeMinor;
  const clearing = crossed('psp_clearing', 'credit', costMinor, crossing);
  return feeMinor > 0n
    ? posting(kind, clearing, { account, mode: 'take', amountMinor: costMinor })
    : posting(kind, clearing, { account, mode: 'give', amountMinor: -costMinor });
}

/**
 * What positions have gained or lost since they were last looked at, by what their currencies are worth now: credits are gains. In the
 * currency in which the merchant keeps its books.
 */
export const revaluationPosting = (gainMinor: bigint): Posting =>
  posting('fx_revaluation', between('fx_position', 'fx_gain_loss', gainMinor), null);

function between(debit: string, credit: string, amountMinor: bigint, buyerCurrency?: string): PostingLine[] {
  const currency = buyerCurrency === undefined ? {} : { currency: buyerCurrency };
  return [
    { account: debit, amountMinor, ...currency },
    { account: credit, amountMinor: -amountMinor, ...currency },
  ];
}
