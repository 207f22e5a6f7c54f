import type { ExchangedMoney } from '../domain/exchange';
import { postingKinds, type PaymentOrderAmounts, type PostingKind } from '../domain/ledger';
import { toMinorUnits, type Money } from '../domain/money';
import { refundPosting, type Posting } from '../domain/posting';
import { finishPaidCheckout } from '../prisma/checkout';
import { appendTransaction, post, type PostingSource } from '../prisma/ledger';
import { markBooked } from '../prisma/payment-order';
import { applyMovement, followLedger } from '../prisma/wallet';
import type { Dependencies } from './dependencies';

/** One posting about one payment order, for the wallet or the ledger. */
export interface BookInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly sellerAccount: string;
  /** What was captured of the order, and the platform's part of it. */
  readonly amount: Money;
  readonly platformFee: Money;
  /** What the captured amount stands for, where the buyer pays in another currency than the seller is owed; the fee is of this, then. */
  readonly exchange?: ExchangedMoney;
  /** `refund_requested`: the whole order is to be given back before it ever succeeded. */
  readonly kind: PostingKind | 'refund_requested';
  /** Whether the order is SUCCESS once wallet and ledger both stand. */
  readonly completes: boolean;
  /** ISO 8601. */
  readonly effectiveAt: string;
}

function amountsOf({ sellerAccount, amount, platformFee, exchange }: BookInput): PaymentOrderAmounts {
  const platformFeeMinor = toMinorUnits(platformFee);
  if (exchange === undefined) return { sellerAccount, amountMinor: toMinorUnits(amount), platformFeeMinor };
  return {
    sellerAccount,
    amountMinor: toMinorUnits(exchange.sellerAmount),
    platformFeeMinor,
    crossing: {
      buyerCurrency: amount.currency,
      buyerMinor: toMinorUnits(amount),
      positionMinor: toMinorUnits(exchange.positionAmount),
    },
  };
}

const currencyOf = ({ amount, exchange }: BookInput): string => (exchange?.sellerAmount ?? amount).currency;

const fixed = (input: BookInput, kind: PostingKind) => ({
  merchantId: input.merchantId,
  paymentOrderId: input.paymentOrderId,
  currency: currencyOf(input),
  order: amountsOf(input),
  kind,
});

const fixedKind = (kind: BookInput['kind']): PostingKind | undefined => postingKinds.find((known) => known === kind);

/** Moves the seller's wallet by a posting. A retry is safe: the movement's source is unique, and the flag is only ever set. */
export async function moveWallet(dependencies: Dependencies, input: BookInput): Promise<void> {
  await inWallet(dependencies, input);
  if (input.kind === 'capture')
    await markBooked(dependencies.databases.payments, input, { ...input, wallet: true, ledger: false });
}

/** Appends a posting to the ledger. A retry is safe: the transaction's source is unique, and the flag is only ever set. */
export async function appendLedger(dependencies: Dependencies, input: BookInput): Promise<void> {
  await inLedger(dependencies, input);
  if (input.kind === 'capture')
    await markBooked(dependencies.databases.payments, input, { ...input, wallet: false, ledger: true });
}

/** A capture, for wallet and ledger in one step. */
export interface BookCaptureInput extends BookInput {
  /** Set where the order is all of its checkout, which its success ends. */
  readonly ends?: { readonly checkoutId: string; readonly round: number };
}

/** What its checkout came to, where the booking has ended it. */
export interface BookedCapture {
  readonly checkoutStatus?: string;
}

/**
 * Books a capture: wallet and ledger in flight together, then the order's flags, then the checkout's end where that is all there was to
 * it. A retry is safe: each part is, and what stands already is left as it is.
 */
export async function bookCapture(dependencies: Dependencies, input: BookCaptureInput): Promise<BookedCapture> {
  const { payments } = dependencies.databases;
  const { merchantId, paymentOrderId, ends } = input;
  const parts = await Promise.allSettled([inWallet(dependencies, input), inLedger(dependencies, input)]);
  // Only when neither is under way any more: a retry must not run beside what it repeats.
  for (const part of parts) if (part.status === 'rejected') throw part.reason as Error;
  await markBooked(payments, input, { ...input, wallet: true, ledger: true });
  if (ends === undefined || !input.completes) return {};
  await dependencies.failpoint('booking.before_end', paymentOrderId);
  const { status } = await finishPaidCheckout(payments, { merchantId, ...ends });
  return { checkoutStatus: status };
}

async function inWallet(dependencies: Dependencies, input: BookInput): Promise<void> {
  const { databases, failpoint } = dependencies;
  await failpoint('wallet.before_commit', input.paymentOrderId);
  const kind = fixedKind(input.kind);
  if (kind === undefined) await bookGivingBack(dependencies, input);
  else await applyMovement(databases.wallet, fixed(input, kind));
  await failpoint('wallet.after_commit', input.paymentOrderId);
}

async function inLedger(dependencies: Dependencies, input: BookInput): Promise<void> {
  const { databases, failpoint } = dependencies;
  await failpoint('ledger.before_commit', input.paymentOrderId);
  const kind = fixedKind(input.kind);
  if (kind === undefined) await bookGivingBack(dependencies, input);
  else await appendTransaction(databases.ledger, { ...fixed(input, kind), effectiveAt: new Date(input.effectiveAt) });
  await failpoint('ledger.after_commit', input.paymentOrderId);
}

/** Takes a capture back that was booked: from where the seller's part is by now, which only the ledger can say. */
async function bookGivingBack(dependencies: Dependencies, input: BookInput): Promise<void> {
  const { sellerAccount, amountMinor, platformFeeMinor, crossing } = amountsOf(input);
  const parts = {
    sellerAccount,
    sellerMinor: amountMinor - platformFeeMinor,
    feeMinor: platformFeeMinor,
    ...(crossing !== undefined && { crossing }),
  };
  await book(dependencies, {
    merchantId: input.merchantId,
    source: { type: 'payment_order', id: input.paymentOrderId, leg: input.kind },
    paymentOrderId: input.paymentOrderId,
    sellerAccount,
    currency: currencyOf(input),
    posting: refundPosting('requested', parts),
    effectiveAt: new Date(input.effectiveAt),
  });
}

/** A posting with the seller whose wallet follows it. */
export interface PostingInput {
  readonly merchantId: string;
  readonly source: PostingSource;
  readonly paymentOrderId: string | null;
  readonly sellerAccount: string;
  readonly currency: string;
  readonly posting: Posting;
  readonly effectiveAt: Date;
  /** Refused when the date is in a closed period, instead of dated now: a person has chosen it. */
  readonly dated?: boolean;
  readonly reason?: string;
}

/**
 * Posts to the ledger, which decides what it means for the seller's balances, and has the wallet follow by exactly that.
 * A retry is safe: both have the posting's source as their unique key, and the ledger answers a repeat as it was posted.
 *
 * @throws InsufficientFunds for a payout that the seller's balance doesn't allow
 */
export async function book({ databases, failpoint }: Dependencies, input: PostingInput): Promise<void> {
  const { merchantId, source, sellerAccount, currency } = input;
  // Without what follows a colon, such as the id of a dispute's line.
  const gap = `${source.type}.${source.leg.replace(/:.*/, '')}`;
  await failpoint(`${gap}.before_ledger`, source.id);
  const change = await post(databases.ledger, input);
  await failpoint(`${gap}.before_wallet`, source.id);
  await followLedger(databases.wallet, [{ merchantId, source, sellerAccount, currency, change }]);
  await failpoint(`${gap}.after_wallet`, source.id);
}
