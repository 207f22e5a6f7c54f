import { deadlineReminderMs, kindRules, kindsOf, type NotificationKind } from '../domain/notification';
import type { NotificationRules } from '../domain/policies';
import type { Sink } from '../events/sink';
import type { PrismaClient } from '../prisma/database';
import type { EventRecord } from '../prisma/event';
import { makeNotifications, type WantedNotification } from '../prisma/notification';

/**
 * Makes a message of each event that somebody is to be told of; each then has a workflow of its own. Buyers and sellers are told where
 * their merchant wants it, ops where there is a contact.
 */
export const notificationSink = (
  events: PrismaClient,
  rulesOf: (merchantId: string) => Promise<NotificationRules>,
): Sink => ({
  name: 'notifications',
  take: async (found) => {
    const wanted: WantedNotification[] = [];
    for (const event of found)
      for (const kind of kindsOf(event.type)) {
        const rules = await rulesOf(event.merchantId);
        if (isTold(kind, rules)) wanted.push(wantedOf(event, kind));
      }
    await makeNotifications(events, wanted);
  },
});

function isTold(kind: NotificationKind, { tellBuyers, tellSellers }: NotificationRules): boolean {
  // Whoever it was that has changed it: its owner hears of it, whatever else its merchant wants told.
  if (kind === 'payout_account_changed') return true;
  switch (kindRules[kind].audience) {
    case 'buyer':
      return tellBuyers;
    case 'seller':
      return tellSellers;
    case 'ops':
      return true;
  }
}

function wantedOf(event: EventRecord, kind: NotificationKind): WantedNotification {
  const { merchantId, eventId, resourceType, resourceId } = event;
  const data = event.data as { readonly seller_account?: string; readonly evidence_due_by?: string | null };
  const { audience } = kindRules[kind];
  const due = kind === 'dispute_deadline' ? data.evidence_due_by : undefined;
  return {
    merchantId,
    eventId,
    kind,
    audience,
    // Where a buyer is reached stands with what was bought.
    recipient:
      audience === 'ops' ? null : audience === 'seller' ? (data.seller_account ?? '') : `${resourceType}:${resourceId}`,
    resourceType,
    resourceId,
    notBefore: due === undefined || due === null ? null : new Date(Date.parse(due) - deadlineReminderMs),
  };
}
