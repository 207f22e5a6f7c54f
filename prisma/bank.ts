import type { PrismaClient } from './database';
import { long } from './reconciliation';

export interface BankEntryRecord {
  readonly merchantId: string;
  readonly entryId: string;
  readonly bookedOn: Date;
  readonly amount: bigint;
  readonly currency: string;
}

/** Compares the PSP's payouts with what the bank has, and names what differs. Set-based; safe to repeat (R1, R8). */
export async function matchBank(
  reconciliation: PrismaClient,
  merchantId: string,
  account: string,
  date: string,
  days: number,
): Promise<void> {
  await reconciliation.$transaction([
    long(reconciliation),
    reconciliation.$queryRaw`SELECT reconciliation.match_bank(${merchantId}, ${account}, ${date}::date, ${days}::integer)`,
  ]);
}

/** Entries that have found their payout, and are not in the book. */
export async function unpostedBankEntries(
  reconciliation: PrismaClient,
  merchantId: string,
  limit: number,
): Promise<BankEntryRecord[]> {
  return reconciliation.reconciliationBankEntry.findMany({
    where: { merchantId, matchedAt: { not: null }, postedAt: null },
    orderBy: [{ bookedOn: 'asc' }, { entryId: 'asc' }],
    take: limit,
  });
}

export async function findBankEntry(
  reconciliation: PrismaClient,
  merchantId: string,
  entryId: string,
): Promise<BankEntryRecord | undefined> {
  return (await reconciliation.reconciliationBankEntry.findFirst({ where: { merchantId, entryId } })) ?? undefined;
}

/** Notes that an entry is in the book, and is looked for no more. */
export async function noteBankEntryPosted(
  reconciliation: PrismaClient,
  merchantId: string,
  entryId: string,
): Promise<void> {
  await reconciliation.$executeRaw`
    UPDATE reconciliation.bank_entry SET posted_at = coalesce(posted_at, now()), matched_at = coalesce(matched_at, now())
    WHERE merchant_id = ${merchantId} AND entry_id = ${entryId}`;
}
