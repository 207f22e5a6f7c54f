import type { PaymentOrderAmounts, PostingKind } from '../domain/ledger';
import { walletChange } from '../domain/wallet';
import type { PrismaClient } from './database';

/** The wallet's side of one posting. */
export interface ApplyMovementInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly currency: string;
  readonly order: PaymentOrderAmounts;
  readonly kind: PostingKind;
}

/** A seller's balances in one currency, in minor units. */
export interface WalletBalance {
  readonly currency: string;
  readonly pending: bigint;
  readonly available: bigint;
  readonly reserved: bigint;
  readonly owed: bigint;
}

/**
 * Moves a seller's wallet in one statement. Safe to repeat: the movement's unique source makes a repeat a no-op, and
 * other amounts under the same source are refused.
 *
 * @returns whether it was new
 */
export async function applyMovement(wallet: PrismaClient, input: ApplyMovementInput): Promise<boolean> {
  const change = walletChange(input.kind, input.order);
  const rows = await wallet.$queryRaw<{ applied: boolean }[]>`
    SELECT wallet.apply_movement(${input.merchantId}, 'payment_order', ${input.paymentOrderId}, ${input.kind},
      ${input.order.sellerAccount}, ${input.currency}, ${change.pendingMinor}::bigint, ${change.availableMinor}::bigint,
      ${change.reservedMinor}::bigint) AS applied`;
  return rows[0]?.applied ?? false;
}

/** A seller's balances, one per currency ever used, in the order of the currency codes. */
export async function walletBalances(
  wallet: PrismaClient,
  merchantId: string,
  sellerAccount: string,
): Promise<WalletBalance[]> {
  return wallet.wallet.findMany({ where: { merchantId, sellerAccount }, orderBy: { currency: 'asc' } });
}
