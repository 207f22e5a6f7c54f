import { accountType, postingLines, type PaymentOrderAmounts, type PostingKind } from '../domain/ledger';
import type { PrismaClient } from './database';

/** One posting about one payment order. The source and leg make it unique in the merchant's book. */
export interface AppendTransactionInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  /** What the posting comes from, where that isn't the payment order itself. */
  readonly source?: { readonly type: 'psp_payment'; readonly id: string };
  readonly currency: string;
  readonly order: PaymentOrderAmounts;
  readonly kind: PostingKind;
  /** When it happened in the world; recorded_at is the database's own. */
  readonly effectiveAt: Date;
}

/**
 * Appends a posting in one statement. Safe to repeat: the unique source makes a repeat a no-op, and the same source
 * with other lines is refused (L5).
 *
 * @returns whether it was new
 */
export async function appendTransaction(ledger: PrismaClient, input: AppendTransactionInput): Promise<boolean> {
  const lines = postingLines(input.kind, input.order).map((line) => ({
    account: line.account,
    type: accountType(line.account),
    amount: line.amountMinor.toString(),
  }));
  const rows = await ledger.$queryRaw<{ appended: boolean }[]>`
    SELECT ledger.append_transaction(${input.merchantId}, ${input.source?.type ?? 'payment_order'}, ${input.source?.id ?? input.paymentOrderId}, ${input.kind}, ${input.kind},
      ${input.effectiveAt}::timestamptz, ${input.currency}, ${JSON.stringify(lines)}::jsonb) AS appended`;
  return rows[0]?.appended ?? false;
}
