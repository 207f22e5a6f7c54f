import type { Audience, Channel, NotificationKind, NotificationState } from '../domain/notification';
import type { PrismaClient } from './database';

/** One of the merchant's own people who is told. What is sealed is sealed by the caller. */
export interface ContactRecord {
  readonly merchantId: string;
  readonly contactId: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly chatUrlSealed: Uint8Array | null;
  readonly pushSealed: Uint8Array | null;
  readonly locale: string | null;
  /** Empty: of every kind that ops are told of. */
  readonly kinds: readonly string[];
  readonly active: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
export type ContactToSave = Omit<ContactRecord, 'createdAt' | 'updatedAt'>;

const bytesOf = (value: Uint8Array | null) => (value === null ? null : Uint8Array.from(value));

/** Keeps who is told, as said now. Safe to repeat. */
export async function saveContact(events: PrismaClient, contact: ContactToSave): Promise<void> {
  const { merchantId, contactId, ...said } = contact;
  const columns = {
    ...said,
    kinds: [...said.kinds],
    chatUrlSealed: bytesOf(said.chatUrlSealed),
    pushSealed: bytesOf(said.pushSealed),
  };
  await events.contact.upsert({
    where: { merchantId_contactId: { merchantId, contactId } },
    create: { merchantId, contactId, ...columns },
    update: { ...columns, updatedAt: new Date() },
  });
}

export async function findContact(
  events: PrismaClient,
  merchantId: string,
  contactId: string,
): Promise<ContactRecord | undefined> {
  return (await events.contact.findFirst({ where: { merchantId, contactId } })) ?? undefined;
}

/** In the order of their ids. */
export async function listContacts(
  events: PrismaClient,
  merchantId: string,
  limit: number,
  after: string | null,
): Promise<ContactRecord[]> {
  return events.contact.findMany({
    where: { merchantId, ...(after !== null && { contactId: { gt: after } }) },
    orderBy: { contactId: 'asc' },
    take: limit,
  });
}

/** A message to one recipient about one event. */
export interface NotificationRecord {
  readonly merchantId: string;
  readonly notificationId: string;
  readonly eventId: string;
  readonly kind: string;
  readonly audience: string;
  /** Whose address it goes to: a contact or seller by its id, a buyer by what was bought (`checkout:…`). */
  readonly recipient: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly state: string;
  readonly reason: string | null;
  readonly channel: string | null;
  /** Since it was last begun. */
  readonly tries: number;
  readonly starts: number;
  readonly started: number;
  readonly notBefore: Date | null;
  readonly nextTryAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface NotificationKey {
  readonly merchantId: string;
  readonly notificationId: string;
}

/** A message to be made; one for ops goes to each contact that wants its kind, and has no recipient yet. */
export interface WantedNotification {
  readonly merchantId: string;
  readonly eventId: string;
  readonly kind: NotificationKind;
  readonly audience: Audience;
  readonly recipient: string | null;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly notBefore: Date | null;
}

/** Makes a message of each for each recipient, once per event, kind and recipient. Safe to repeat. */
export async function makeNotifications(events: PrismaClient, wanted: readonly WantedNotification[]): Promise<void> {
  if (wanted.length === 0) return;
  const rows = wanted.map((one) => ({
    merchant_id: one.merchantId,
    event_id: one.eventId,
    kind: one.kind,
    audience: one.audience,
    recipient: one.recipient,
    resource_type: one.resourceType,
    resource_id: one.resourceId,
    not_before: one.notBefore?.toISOString() ?? null,
  }));
  await events.$executeRaw`
    WITH wanted AS (
      SELECT w.*, coalesce(w.recipient, c.contact_id) AS told
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
             AS w(merchant_id text, event_id text, kind text, audience text, recipient text, resource_type text, resource_id text,
                  not_before timestamptz)
      LEFT JOIN events.contact AS c
        ON w.recipient IS NULL AND c.merchant_id = w.merchant_id AND c.active AND (c.kinds = '{}' OR w.kind = ANY (c.kinds))
    )
    INSERT INTO events.notification (merchant_id, notification_id, event_id, kind, audience, recipient, resource_type, resource_id, not_before)
    SELECT merchant_id, 'ntf_' || substr(encode(sha256(convert_to(jsonb_build_array(event_id, kind, audience, told)::text, 'UTF8')), 'hex'), 1, 24),
           event_id, kind, audience, told, resource_type, resource_id, not_before
    FROM wanted WHERE told IS NOT NULL
    ON CONFLICT DO NOTHING`;
}

/** Messages whose workflow hasn't been told of their latest start. */
export async function unstartedNotifications(events: PrismaClient, limit: number): Promise<NotificationRecord[]> {
  return events.$queryRaw<NotificationRecord[]>`
    SELECT merchant_id AS "merchantId", notification_id AS "notificationId", kind, starts
    FROM events.notification WHERE started < starts ORDER BY created_at LIMIT ${limit}`;
}

/** So long after a message should have been tried somebody looks for its workflow. */
const forgottenAfter = '15 minutes';

/**
 * Has the workflows of messages begun again that should have gone on long ago: one may have failed over a defect of ours, or been terminated.
 * Safe to repeat: a workflow that runs only looks once more. Answers how many.
 */
export function reviveNotifications(events: PrismaClient, limit: number): Promise<number> {
  return events.$executeRaw`
    UPDATE events.notification AS n SET started = 0, updated_at = now()
    FROM (SELECT merchant_id, notification_id FROM events.notification
          WHERE state = 'pending' AND started = starts AND updated_at < now() - ${forgottenAfter}::interval
            AND coalesce(next_try_at, not_before, created_at) < now() - ${forgottenAfter}::interval
          ORDER BY updated_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS forgotten
    WHERE n.merchant_id = forgotten.merchant_id AND n.notification_id = forgotten.notification_id`;
}

export async function markNotificationStarted(
  events: PrismaClient,
  { merchantId, notificationId, starts }: Pick<NotificationRecord, 'merchantId' | 'notificationId' | 'starts'>,
): Promise<void> {
  await events.$executeRaw`
    UPDATE events.notification SET started = greatest(started, ${starts}::integer)
    WHERE merchant_id = ${merchantId} AND notification_id = ${notificationId}`;
}

export async function findNotification(
  events: PrismaClient,
  key: NotificationKey,
): Promise<NotificationRecord | undefined> {
  const { merchantId, notificationId } = key;
  return (await events.notification.findFirst({ where: { merchantId, notificationId } })) ?? undefined;
}

/** Newest first. `after` is the last one of the page before. */
export async function listNotifications(
  events: PrismaClient,
  merchantId: string,
  filter: {
    readonly state?: NotificationState | undefined;
    readonly kind?: NotificationKind | undefined;
    readonly eventId?: string | undefined;
    readonly resourceId?: string | undefined;
  },
  limit: number,
  after: string | null,
): Promise<NotificationRecord[]> {
  const { state, kind, eventId, resourceId } = filter;
  return events.notification.findMany({
    where: {
      merchantId,
      ...(state !== undefined && { state }),
      ...(kind !== undefined && { kind }),
      ...(eventId !== undefined && { eventId }),
      ...(resourceId !== undefined && { resourceId }),
    },
    orderBy: [{ createdAt: 'desc' }, { notificationId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_notificationId: { merchantId, notificationId: after } }, skip: 1 }),
  });
}

export const attemptStates = ['sending', 'handing_over', 'delivered', 'deferred', 'refused', 'unknown'] as const;
export type AttemptState = (typeof attemptStates)[number];

/** One try by one way, as the log has it. Of the address only enough to recognise it by. */
export interface AttemptRecord {
  readonly attempt: number;
  /** Which beginning of the message it belongs to. */
  readonly start: number;
  readonly channel: string;
  readonly shown: string;
  readonly state: string;
  readonly detail: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

/** In the order in which they were made. */
export async function attemptsOf(events: PrismaClient, key: NotificationKey): Promise<AttemptRecord[]> {
  const { merchantId, notificationId } = key;
  return events.notificationAttempt.findMany({ where: { merchantId, notificationId }, orderBy: { attempt: 'asc' } });
}

/** Writes a try down before it is made. Answers false when another process has written one of that number. */
export async function beginAttempt(
  events: PrismaClient,
  key: NotificationKey,
  attempt: number,
  way: { readonly start: number; readonly channel: Channel; readonly shown: string },
): Promise<boolean> {
  const { merchantId, notificationId } = key;
  const made = await events.notificationAttempt.createMany({
    data: [{ merchantId, notificationId, attempt, ...way }],
    skipDuplicates: true,
  });
  return made.count === 1;
}

/** From here on the other side may have it. Answers false when somebody else has ended this try meanwhile. */
export async function noteHandingOver(events: PrismaClient, key: NotificationKey, attempt: number): Promise<boolean> {
  const { merchantId, notificationId } = key;
  const { count } = await events.notificationAttempt.updateMany({
    where: { merchantId, notificationId, attempt, state: 'sending' },
    data: { state: 'handing_over' },
  });
  return count === 1;
}

/** Writes down how a try ended. Answers false when it had ended. */
export async function endAttempt(
  events: PrismaClient,
  key: NotificationKey,
  attempt: number,
  end: { readonly state: AttemptState; readonly detail: string | null; readonly from?: AttemptState },
): Promise<boolean> {
  const { merchantId, notificationId } = key;
  const { count } = await events.notificationAttempt.updateMany({
    where: {
      merchantId,
      notificationId,
      attempt,
      state: end.from ?? { in: ['sending', 'handing_over'] },
    },
    data: { state: end.state, detail: end.detail, endedAt: new Date() },
  });
  return count === 1;
}

/** Whether somebody is being told, or was told since a time, of the same by an earlier message. */
export async function isToldAlready(
  events: PrismaClient,
  { merchantId, notificationId, kind, recipient, resourceId, createdAt }: NotificationRecord,
  since: Date,
): Promise<boolean> {
  const earlier = await events.notification.findFirst({
    where: {
      merchantId,
      kind,
      recipient,
      resourceId,
      // Of those that were made in one statement one is the first, too: they don't all give way to each other.
      AND: [
        { OR: [{ createdAt: { lt: createdAt } }, { createdAt, notificationId: { lt: notificationId } }] },
        { OR: [{ state: 'pending' }, { deliveredAt: { gt: since } }] },
      ],
    },
    select: { notificationId: true },
  });
  return earlier !== null;
}

/** Writes down how a message stands. */
export async function recordNotification(
  events: PrismaClient,
  key: NotificationKey,
  standing: {
    readonly state: NotificationState;
    readonly reason: string | null;
    readonly channel?: Channel | null;
    readonly tries: number;
    readonly nextTryAt: Date | null;
  },
): Promise<void> {
  const { merchantId, notificationId } = key;
  const { state, reason, channel, tries, nextTryAt } = standing;
  const now = new Date();
  await events.notification.updateMany({
    where: { merchantId, notificationId },
    data: {
      state,
      reason,
      tries,
      nextTryAt,
      updatedAt: now,
      ...(channel !== undefined && { channel }),
      ...(state === 'delivered' && { deliveredAt: now }),
    },
  });
}

/** Begins a message anew. Answers false while it is on its way. */
export async function restartNotification(events: PrismaClient, key: NotificationKey): Promise<boolean> {
  const changed = await events.$executeRaw`
    UPDATE events.notification
    SET state = 'pending', reason = NULL, starts = starts + 1, tries = 0, next_try_at = NULL, not_before = NULL, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND notification_id = ${key.notificationId} AND state <> 'pending'`;
  return changed > 0;
}

/** How many messages wait or have failed, for metrics. */
export async function countNotifications(events: PrismaClient): Promise<{ state: string; count: bigint }[]> {
  return events.$queryRaw`
    SELECT state, count(*) FROM events.notification WHERE state IN ('pending', 'failed') GROUP BY state`;
}

/** Remembers that an address wants no more messages of a kind. Safe to repeat. */
export async function optOut(
  events: PrismaClient,
  merchantId: string,
  addressHash: string,
  kind: NotificationKind,
): Promise<void> {
  await events.optOut.createMany({ data: [{ merchantId, addressHash, kind }], skipDuplicates: true });
}

/** Takes it back. */
export async function optIn(
  events: PrismaClient,
  merchantId: string,
  addressHash: string,
  kind: NotificationKind,
): Promise<void> {
  await events.optOut.deleteMany({ where: { merchantId, addressHash, kind } });
}

export async function hasOptedOut(
  events: PrismaClient,
  merchantId: string,
  addressHash: string,
  kind: NotificationKind,
): Promise<boolean> {
  return (await events.optOut.findFirst({ where: { merchantId, addressHash, kind } })) !== null;
}

/** An address that nothing can be delivered to, until somebody says otherwise. */
export interface BouncedRecord {
  readonly merchantId: string;
  readonly addressHash: string;
  readonly shown: string;
  readonly reason: string;
  readonly bouncedAt: Date;
}

/** Remembers that an address takes nothing. Safe to repeat. */
export async function noteBounce(events: PrismaClient, bounce: Omit<BouncedRecord, 'bouncedAt'>): Promise<void> {
  await events.bouncedAddress.createMany({ data: [bounce], skipDuplicates: true });
}

export async function findBounce(
  events: PrismaClient,
  merchantId: string,
  addressHash: string,
): Promise<BouncedRecord | undefined> {
  return (await events.bouncedAddress.findFirst({ where: { merchantId, addressHash } })) ?? undefined;
}

/** Lets an address be written to again. Answers false when it was. */
export async function forgetBounce(events: PrismaClient, merchantId: string, addressHash: string): Promise<boolean> {
  const { count } = await events.bouncedAddress.deleteMany({ where: { merchantId, addressHash } });
  return count > 0;
}
