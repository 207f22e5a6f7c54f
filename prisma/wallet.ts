import type { PaymentOrderAmounts, PostingKind } from '../domain/ledger';
import { walletChange, type WalletChange } from '../domain/wallet';
import type { PrismaClient } from './database';
import type { PostingSource } from './ledger';
import { numbered, together } from './together';

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
 * Moves a seller's wallet, in one statement with whatever other movements come at the same time. Safe to repeat: the movement's unique
 * source makes a repeat a no-op, and other amounts under the same source are refused.
 *
 * @returns whether it was new
 */
export const applyMovement = together<ApplyMovementInput, boolean>(async (wallet, inputs) => {
  const wire = inputs.map(({ merchantId, paymentOrderId, currency, order, kind }) => {
    const change = walletChange(kind, order);
    return {
      merchant_id: merchantId,
      source_id: paymentOrderId,
      leg: kind,
      seller: order.sellerAccount,
      currency,
      pending: change.pendingMinor.toString(),
      available: change.availableMinor.toString(),
      reserved: change.reservedMinor.toString(),
    };
  });
  // In the order of the wallets, whose rows are locked: two batches never wait for each other.
  const rows = await wallet.$queryRaw<{ applied: boolean }[]>`
    SELECT applied FROM (
      SELECT place, wallet.apply_movement(merchant_id, 'payment_order', source_id, leg, seller, currency, pending, available, reserved) AS applied
      FROM (SELECT * FROM jsonb_to_recordset(${numbered(wire)}::jsonb)
            AS one(place int, merchant_id text, source_id text, leg text, seller text, currency text,
                   pending bigint, available bigint, reserved bigint)
            ORDER BY merchant_id, seller, currency, source_id, leg) AS one) AS done
    ORDER BY place`;
  return rows.map(({ applied }) => applied);
});

/** One posting of the ledger that a wallet is to follow. */
export interface FollowInput {
  readonly merchantId: string;
  readonly source: PostingSource;
  readonly sellerAccount: string;
  readonly currency: string;
  readonly change: WalletChange;
}

/**
 * Moves wallets as the ledger has moved its accounts, all of these or none, in one statement. Safe to repeat: each source
 * is followed once. A movement that comes before one it depends on is refused for now (PS503).
 */
export async function followLedger(wallet: PrismaClient, inputs: readonly FollowInput[]): Promise<void> {
  const moves = inputs
    .filter(({ change }) => Object.values(change).some((minor) => minor !== 0n))
    .map(({ merchantId, source, sellerAccount, currency, change }) => ({
      merchant_id: merchantId,
      source_type: source.type,
      source_id: source.id,
      leg: source.leg,
      seller: sellerAccount,
      currency,
      pending: change.pendingMinor.toString(),
      available: change.availableMinor.toString(),
      reserved: change.reservedMinor.toString(),
      owed: change.owedMinor.toString(),
    }));
  if (moves.length === 0) return;
  await wallet.$queryRaw`
    SELECT count(wallet.follow(merchant_id, source_type, source_id, leg, seller, currency, pending, available, reserved, owed))
    FROM (SELECT * FROM jsonb_to_recordset(${JSON.stringify(moves)}::jsonb)
          AS move(merchant_id text, source_type text, source_id text, leg text, seller text, currency text,
                  pending bigint, available bigint, reserved bigint, owed bigint)
          ORDER BY merchant_id, seller, currency, source_id, leg) AS move`;
}

/** A seller's balances, one per currency ever used, in the order of the currency codes. */
export async function walletBalances(
  wallet: PrismaClient,
  merchantId: string,
  sellerAccount: string,
): Promise<WalletBalance[]> {
  return wallet.wallet.findMany({ where: { merchantId, sellerAccount }, orderBy: { currency: 'asc' } });
}

/** Every seller's balances, for comparing with the book. */
export async function allWallets(
  wallet: PrismaClient,
  merchantId: string,
): Promise<(WalletBalance & { readonly seller: string })[]> {
  const rows = await wallet.wallet.findMany({ where: { merchantId } });
  return rows.map((row) => ({ ...row, seller: row.sellerAccount }));
}

/** How wallets moved for some postings, by source and leg, in minor units. */
export async function movementsOf(
  wallet: PrismaClient,
  merchantId: string,
  sourceIds: readonly string[],
): Promise<(WalletChange & { readonly sourceType: string; readonly sourceId: string; readonly leg: string })[]> {
  const rows = await wallet.movement.findMany({ where: { merchantId, sourceId: { in: [...sourceIds] } } });
  return rows.map((row) => ({
    sourceType: row.sourceType,
    sourceId: row.sourceId,
    leg: row.leg,
    pendingMinor: row.pendingChange,
    availableMinor: row.availableChange,
    reservedMinor: row.reservedChange,
    owedMinor: row.owedChange,
  }));
}
