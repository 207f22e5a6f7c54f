import type { PaymentOrderAmounts, PostingKind } from '../domain/ledger';
import { toMinorUnits, type Money } from '../domain/money';
import { appendTransaction } from '../prisma/ledger';
import { markBooked } from '../prisma/payment-order';
import { applyMovement } from '../prisma/wallet';
import type { Dependencies } from './dependencies';

/** One posting about one payment order, for the wallet or the ledger. */
export interface BookInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly sellerAccount: string;
  readonly amount: Money;
  readonly platformFee: Money;
  readonly kind: PostingKind;
  /** Whether the order is SUCCESS once wallet and ledger both stand. */
  readonly completes: boolean;
  /** ISO 8601. */
  readonly effectiveAt: string;
}

const amountsOf = (input: BookInput): PaymentOrderAmounts => ({
  sellerAccount: input.sellerAccount,
  amountMinor: toMinorUnits(input.amount),
  platformFeeMinor: toMinorUnits(input.platformFee),
});

const common = (input: BookInput) => ({
  merchantId: input.merchantId,
  paymentOrderId: input.paymentOrderId,
  currency: input.amount.currency,
  order: amountsOf(input),
  kind: input.kind,
});

/** Moves the seller's wallet by a posting. A retry is safe: the movement's source is unique, and the flag is only ever set. */
export async function moveWallet({ databases, failpoint }: Dependencies, input: BookInput): Promise<void> {
  await failpoint('wallet.before_commit', input.paymentOrderId);
  await applyMovement(databases.wallet, common(input));
  await failpoint('wallet.after_commit', input.paymentOrderId);
  if (input.kind === 'capture')
    await markBooked(databases.payments, input, { wallet: true, ledger: false, completes: input.completes });
}

/** Appends a posting to the ledger. A retry is safe: the transaction's source is unique, and the flag is only ever set. */
export async function appendLedger({ databases, failpoint }: Dependencies, input: BookInput): Promise<void> {
  await failpoint('ledger.before_commit', input.paymentOrderId);
  await appendTransaction(databases.ledger, { ...common(input), effectiveAt: new Date(input.effectiveAt) });
  await failpoint('ledger.after_commit', input.paymentOrderId);
  if (input.kind === 'capture')
    await markBooked(databases.payments, input, { wallet: false, ledger: true, completes: input.completes });
}
