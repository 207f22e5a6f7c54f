import { heartbeat } from '@temporalio/activity';
import { bankPosting, idOfKey } from '../domain/reconciliation';
import type { PostingLine } from '../domain/ledger';
import {
  findBankEntry,
  matchBank,
  noteBankEntryPosted,
  unpostedBankEntries,
  type BankEntryRecord,
} from '../prisma/bank';
import type { BreakRecord } from '../prisma/break';
import { post } from '../prisma/ledger';
import type { Dependencies } from './dependencies';
import { windowsOf, type ReconciliationDay } from './reconciliation';

const atOnce = 500;
const noonMs = 12 * 3_600_000;

/**
 * The third way (R1): the PSP's payouts against the bank's entries, each entry that has found its payout booked. A retry is safe: an
 * entry is the unique source of its posting.
 */
export async function matchBankSide(dependencies: Dependencies, day: ReconciliationDay): Promise<void> {
  const { reconciliation } = dependencies.databases;
  for (const merchantId of day.merchants) {
    await matchBank(reconciliation, merchantId, day.account, day.date, windowsOf(dependencies).bankDays);
    for (;;) {
      heartbeat();
      const entries = await unpostedBankEntries(reconciliation, merchantId, atOnce);
      for (const entry of entries) {
        await bookEntry(
          dependencies,
          entry,
          'received',
          bankPosting(entry.amount, 'psp_clearing'),
          'paid out by the PSP',
        );
      }
      if (entries.length < atOnce) break;
    }
  }
}

/** What the bank has from nobody we know goes to suspense. */
export async function suspendBankEntry(dependencies: Dependencies, found: BreakRecord): Promise<void> {
  const entry = await entryOf(dependencies, found);
  if (entry === undefined) return;
  const reason = `nobody here knows it: break ${found.breakId}`;
  await bookEntry(dependencies, entry, 'suspended', bankPosting(entry.amount, 'suspense'), reason);
}

/** A person has said that the bank is right: what it has more or less than the PSP has paid out is an adjustment. */
export async function correctBankEntry(dependencies: Dependencies, found: BreakRecord, reason: string): Promise<void> {
  const entry = await entryOf(dependencies, found);
  if (entry === undefined || found.class !== 'amount' || found.ourAmount === null) return;
  const lines = [
    { account: 'bank', amountMinor: entry.amount },
    { account: 'psp_adjustments', amountMinor: found.ourAmount - entry.amount },
    { account: 'psp_clearing', amountMinor: -found.ourAmount },
  ].filter((line) => line.amountMinor !== 0n);
  await bookEntry(dependencies, entry, 'received', lines, reason);
}

async function entryOf({ databases }: Dependencies, found: BreakRecord): Promise<BankEntryRecord | undefined> {
  const { family, id } = idOfKey(found.key);
  return family === 'bank-entry' ? findBankEntry(databases.reconciliation, found.merchantId, id) : undefined;
}

async function bookEntry(
  { databases }: Dependencies,
  { merchantId, entryId, bookedOn, currency }: BankEntryRecord,
  leg: 'received' | 'suspended',
  lines: readonly PostingLine[],
  reason: string,
): Promise<void> {
  await post(databases.ledger, {
    merchantId,
    source: { type: 'bank_entry', id: entryId, leg },
    paymentOrderId: null,
    currency,
    posting: { kind: `bank_${leg}`, lines, seller: null },
    effectiveAt: new Date(Math.min(bookedOn.getTime() + noonMs, Date.now())),
    reason,
  });
  await noteBankEntryPosted(databases.reconciliation, merchantId, entryId);
}
