import { log } from '@temporalio/activity';
import { revaluationPosting } from '../domain/posting';
import { newestRates } from '../prisma/fx';
import { merchantsRevalued } from '../prisma/identity';
import { isPosted, post } from '../prisma/ledger';
import { positionReport } from '../positions';
import type { Dependencies } from './dependencies';

/**
 * Books what each merchant's positions have gained or lost by the newest rates, once per day of rates, for those that keep their books in
 * a currency of their choice. A retry is safe: a day's posting has its own source in the book, and one that stands is left.
 *
 * @returns how many were booked
 */
export async function revaluePositions({ databases }: Dependencies): Promise<number> {
  const sheet = await newestRates(databases.payments);
  if (sheet === undefined) return 0;
  const day = sheet.asOf.toISOString().slice(0, 10);
  let booked = 0;
  for (const { merchantId, currency } of await merchantsRevalued(databases.identity)) {
    const source = { type: 'revaluation' as const, id: currency, leg: day };
    if (await isPosted(databases.ledger, merchantId, source)) continue;
    const { gainMinor, positions } = await positionReport(databases, merchantId, sheet, currency);
    if (gainMinor === null) {
      const without = positions.filter(({ worthMinor }) => worthMinor === null).map((held) => held.currency);
      log.warn('positions are not revalued: a currency has no rate', { merchantId, currency, without });
      continue;
    }
    if (gainMinor === 0n) continue;
    await post(databases.ledger, {
      merchantId,
      source,
      paymentOrderId: null,
      currency,
      posting: revaluationPosting(gainMinor),
      effectiveAt: new Date(),
      reason: `rates of ${sheet.source}, ${sheet.asOf.toISOString()}`,
    });
    booked += 1;
  }
  return booked;
}
