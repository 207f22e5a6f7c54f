import { postingLines, sellerAccount, type PaymentOrderAmounts, type PostingKind, type SellerBalance } from './ledger';

/** How a posting changes a seller's wallet, in minor units; zero where it doesn't. */
export interface WalletChange {
  readonly pendingMinor: bigint;
  readonly availableMinor: bigint;
  readonly reservedMinor: bigint;
  /** What the seller owes. */
  readonly owedMinor: bigint;
}

/**
 * The wallet is a projection of the seller's ledger accounts (L6, V3): its change is read off the posting's own lines,
 * so the two can't drift apart in code. Seller accounts are liabilities, hence the sign.
 */
export function walletChange(kind: PostingKind, order: PaymentOrderAmounts): WalletChange {
  const lines = postingLines(kind, order);
  const change = (balance: SellerBalance) => {
    const account = sellerAccount(order.sellerAccount, balance);
    return -lines.filter((line) => line.account === account).reduce((running, line) => running + line.amountMinor, 0n);
  };
  return {
    pendingMinor: change('pending'),
    availableMinor: change('available'),
    reservedMinor: change('reserved'),
    owedMinor: 0n,
  };
}
