import { createHash } from 'node:crypto';
import { keepEvents } from '../prisma/event';
import { sellersWithEntries } from '../prisma/ledger-report';
import type { SellerPosition } from '../workflows/messages';
import type { Dependencies } from './dependencies';

const atOnce = 500;

/** How far the statements of a month have been told of. */
export interface AnnouncedStatements {
  readonly announced: number;
  /** Where to go on; null when all are told of. */
  readonly next: SellerPosition | null;
}

/**
 * Keeps an event `statement.ready` for each of the next sellers who had entries in a month (UTC). A retry is safe: an event's id is made
 * of merchant, seller and month, and is kept once.
 */
export async function announceStatements(
  { databases }: Dependencies,
  { month, after }: { readonly month: string; readonly after: SellerPosition | null },
): Promise<AnnouncedStatements> {
  const from = new Date(`${month}-01T00:00:00Z`);
  const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
  const sellers = await sellersWithEntries(databases.ledger, { from, to }, after, atOnce);
  await keepEvents(
    databases.events,
    sellers.map(({ merchantId, seller, currencies }) => ({
      eventId: `evt_${createHash('sha256')
        .update(JSON.stringify(['statement', merchantId, seller, month]))
        .digest('hex')
        .slice(0, 24)}`,
      merchantId,
      type: 'statement.ready',
      resourceType: 'statement',
      resourceId: `${seller}.${month}.${currencies.join('-')}`,
      version: 1,
      data: { seller_account: seller, month, currencies, from: from.toISOString(), to: to.toISOString() },
      occurredAt: to,
    })),
  );
  const last = sellers.at(-1);
  return {
    announced: sellers.length,
    next: sellers.length < atOnce || last === undefined ? null : { merchantId: last.merchantId, seller: last.seller },
  };
}
