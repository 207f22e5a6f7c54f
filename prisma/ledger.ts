import {
  accountType,
  postingLines,
  type PaymentOrderAmounts,
  type PostingKind,
  type PostingLine,
} from '../domain/ledger';
import type { Posting } from '../domain/posting';
import type { WalletChange } from '../domain/wallet';
import type { PrismaClient } from './database';
import { sqlState, storageMessage } from './storage-error';
import { numbered, together } from './together';

/** What a posting comes from: with its leg it makes the posting unique in the merchant's book (L5). */
export interface PostingSource {
  readonly type:
    | 'payment_order'
    | 'refund'
    | 'payout'
    | 'dispute'
    | 'adjustment'
    | 'settlement'
    | 'break'
    | 'bank_entry'
    | 'revaluation';
  readonly id: string;
  readonly leg: string;
}

/** A seller's balance doesn't allow what was asked. Nothing was posted. */
export class InsufficientFunds extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InsufficientFunds';
  }
}

export interface PostInput {
  readonly merchantId: string;
  readonly source: PostingSource;
  readonly paymentOrderId: string | null;
  readonly currency: string;
  readonly posting: Posting;
  readonly effectiveAt: Date;
  /** Refused when the date is in a closed period, instead of dated now. */
  readonly dated?: boolean;
  readonly reason?: string;
}

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
 * Appends a posting, in one statement with whatever others come at the same time. Safe to repeat: the unique source makes a repeat
 * a no-op, and the same source with other lines is refused (L5).
 *
 * @returns whether it was new
 */
export const appendTransaction = together<AppendTransactionInput, boolean>(async (ledger, inputs) => {
  const wire = inputs.map((input) => ({
    merchant_id: input.merchantId,
    source_type: input.source?.type ?? 'payment_order',
    source_id: input.source?.id ?? input.paymentOrderId,
    leg: input.kind,
    kind: input.kind,
    effective_at: input.effectiveAt.toISOString(),
    currency: input.currency,
    seller: input.order.sellerAccount,
    lines: wireLines(postingLines(input.kind, input.order), input.currency),
  }));
  const rows = await ledger.$queryRaw<{ appended: boolean }[]>`
    SELECT appended FROM ledger.append_transactions(${numbered(wire)}::jsonb) ORDER BY place`;
  return rows.map(({ appended }) => appended);
});

const wireLines = (lines: readonly PostingLine[], currency: string) =>
  lines.map((line) => ({
    account: line.account,
    type: accountType(line.account),
    currency: line.currency ?? currency,
    amount: line.amountMinor.toString(),
  }));

/**
 * Appends a posting whose seller lines depend on what the seller has, found under the lock of the seller's position. Safe
 * to repeat: a source posted before is answered as it was posted.
 *
 * @returns how the seller's balances changed: the wallet follows by exactly that
 * @throws InsufficientFunds for a payout of more than is available, or while the seller owes anything
 */
export async function post(ledger: PrismaClient, input: PostInput): Promise<WalletChange> {
  const { merchantId, source, posting } = input;
  const wire = {
    kind: posting.kind,
    currency: input.currency,
    effective_at: input.effectiveAt.toISOString(),
    payment_order_id: input.paymentOrderId,
    dated: input.dated,
    reason: input.reason,
    reverses_leg: posting.reversesLeg,
    lines: wireLines(posting.lines, input.currency),
    seller: posting.seller?.account,
    mode: posting.seller?.mode,
    amount: posting.seller?.amountMinor.toString(),
  };
  const append = () =>
    ledger.$queryRaw<
      { pending: bigint; available: bigint; reserved: bigint; owed: bigint }[]
    >`SELECT pending, available, reserved, owed FROM ledger.post(${merchantId}, ${source.type}, ${source.id}, ${source.leg}, ${JSON.stringify(wire)}::jsonb)`;
  try {
    // Of two runs of one step at the same moment, such as one that is late and its repeat, the second finds what the first has posted.
    const [row] = await append().catch((error: unknown) => (isTwin(error) ? append() : Promise.reject(error as Error)));
    if (row === undefined) throw new Error(`posting ${source.type}/${source.id}/${source.leg} was not answered`);
    return {
      pendingMinor: row.pending,
      availableMinor: row.available,
      reservedMinor: row.reserved,
      owedMinor: row.owed,
    };
  } catch (error) {
    if (sqlState(error) === 'PS402') throw new InsufficientFunds(storageMessage(error));
    throw error;
  }
}

const isTwin = (error: unknown): boolean =>
  sqlState(error) === '23505' &&
  storageMessage(error).includes('transaction_merchant_id_source_type_source_id_leg_key');

/** A payment order whose money is pending and whose day nobody has told the ledger yet. */
export interface UndatedLot {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly capturedAt: Date;
}

export async function undatedLots(ledger: PrismaClient, limit: number): Promise<UndatedLot[]> {
  return ledger.pendingLot.findMany({
    // What was given back whole has nothing to become available, and must not stand in the way of what has.
    where: { releasedAt: null, availableOn: null, remaining: { gt: 0 } },
    orderBy: { capturedAt: 'asc' },
    take: limit,
    select: { merchantId: true, paymentOrderId: true, capturedAt: true },
  });
}

/** Dates pending money. What is dated stays. */
export async function dateLots(
  ledger: PrismaClient,
  lots: readonly { merchantId: string; paymentOrderId: string; availableOn: Date }[],
): Promise<void> {
  await ledger.$executeRaw`
    UPDATE ledger.pending_lot AS lot SET available_on = dated.available_on
    FROM unnest(${lots.map((lot) => lot.merchantId)}::text[], ${lots.map((lot) => lot.paymentOrderId)}::text[],
                ${lots.map((lot) => lot.availableOn)}::timestamptz[]) AS dated(merchant_id, payment_order_id, available_on)
    WHERE lot.merchant_id = dated.merchant_id AND lot.payment_order_id = dated.payment_order_id AND lot.available_on IS NULL`;
}

/** Makes available what is due by now, a batch at a time; sellers who owe pay back at once (P1, P3). Answers how many. */
export async function releaseDue(ledger: PrismaClient, limit: number): Promise<number> {
  const rows = await ledger.$queryRaw<{ released: number }[]>`SELECT ledger.release_due(${limit}::int) AS released`;
  return rows[0]?.released ?? 0;
}

/** Released money that the wallets have not been told of. */
export interface UnmovedLot {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly seller: string;
  readonly currency: string;
  readonly released: bigint | null;
  readonly recovered: bigint | null;
}

export async function unmovedLots(ledger: PrismaClient, limit: number): Promise<UnmovedLot[]> {
  return ledger.pendingLot.findMany({
    where: { releasedAt: { not: null }, walletMovedAt: null },
    orderBy: { releasedAt: 'asc' },
    take: limit,
  });
}

export async function markMoved(ledger: PrismaClient, lots: readonly UnmovedLot[]): Promise<void> {
  await ledger.$executeRaw`
    UPDATE ledger.pending_lot AS lot SET wallet_moved_at = now()
    FROM unnest(${lots.map((lot) => lot.merchantId)}::text[], ${lots.map((lot) => lot.paymentOrderId)}::text[])
      AS moved(merchant_id, payment_order_id)
    WHERE lot.merchant_id = moved.merchant_id AND lot.payment_order_id = moved.payment_order_id`;
}

/** What a seller can be paid in a currency, and whether it owes anything in any: the ledger's own count, by which payouts are decided. */
export async function sellerPosition(
  ledger: PrismaClient,
  key: { merchantId: string; seller: string; currency: string },
): Promise<{ availableMinor: bigint; owedMinor: bigint; owesAnything: boolean }> {
  const { merchantId, seller, currency } = key;
  const positions = await ledger.sellerPosition.findMany({ where: { merchantId, seller } });
  const own = positions.find((position) => position.currency === currency);
  return {
    availableMinor: own?.available ?? 0n,
    owedMinor: own?.owed ?? 0n,
    owesAnything: positions.some((position) => position.owed > 0n),
  };
}

/** How many sellers owe something, by currency, for metrics. */
export async function countOwed(ledger: PrismaClient): Promise<{ currency: string; count: bigint }[]> {
  return ledger.$queryRaw`SELECT currency, count(*) AS count FROM ledger.seller_position WHERE owed > 0 GROUP BY currency`;
}

/** Keeps what the last check of a book found. */
export async function saveLedgerCheck(
  ledger: PrismaClient,
  check: { merchantId: string; links: string; head: string | null; problems: readonly string[] },
): Promise<void> {
  const { merchantId, links, head, problems } = check;
  const found = { links: BigInt(links), head, problems: [...problems], checkedAt: new Date() };
  await ledger.ledgerCheck.upsert({ where: { merchantId }, create: { merchantId, ...found }, update: found });
}

/** What the last check of each book found. */
export async function ledgerChecks(
  ledger: PrismaClient,
): Promise<{ merchantId: string; problems: readonly string[]; checkedAt: Date }[]> {
  return ledger.ledgerCheck.findMany();
}

/** Whether a source's leg stands in the book. */
export async function isPosted(ledger: PrismaClient, merchantId: string, source: PostingSource): Promise<boolean> {
  const { type: sourceType, id: sourceId, leg } = source;
  return (await ledger.ledgerTransaction.count({ where: { merchantId, sourceType, sourceId, leg } })) > 0;
}
