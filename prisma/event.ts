import type { PrismaClient } from './database';

/** A change as its service wrote it down, in the transaction of the change. */
export interface OutboxRow {
  readonly outboxId: bigint;
  readonly merchantId: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly version: number;
  readonly type: string;
  /** The row as it was, by column names. */
  readonly snapshot: unknown;
  readonly occurredAt: Date;
}

/** An event as stored. */
export interface EventRecord {
  readonly sequence: bigint;
  readonly eventId: string;
  readonly merchantId: string;
  readonly type: string;
  readonly resourceType: string;
  readonly resourceId: string;
  /** Counts the changes of its resource that are told of. */
  readonly version: number;
  readonly data: unknown;
  readonly occurredAt: Date;
}
export type NewEvent = Omit<EventRecord, 'sequence'>;

/** A service's outbox: read from its front, and emptied of what has been taken over. */
export interface Outbox {
  readonly name: 'payments' | 'payouts' | 'reconciliation' | 'identity';
  read(limit: number): Promise<OutboxRow[]>;
  remove(ids: readonly bigint[]): Promise<void>;
}

export const outboxes = (databases: {
  readonly payments: PrismaClient;
  readonly payouts: PrismaClient;
  readonly reconciliation: PrismaClient;
  readonly identity: PrismaClient;
}): Outbox[] => [
  {
    name: 'payments',
    read: (take) => databases.payments.outbox.findMany({ orderBy: { outboxId: 'asc' }, take }),
    remove: async (ids) => void (await databases.payments.outbox.deleteMany({ where: { outboxId: { in: [...ids] } } })),
  },
  {
    name: 'payouts',
    read: (take) => databases.payouts.payoutOutbox.findMany({ orderBy: { outboxId: 'asc' }, take }),
    remove: async (ids) =>
      void (await databases.payouts.payoutOutbox.deleteMany({ where: { outboxId: { in: [...ids] } } })),
  },
  {
    name: 'reconciliation',
    read: (take) => databases.reconciliation.reconciliationOutbox.findMany({ orderBy: { outboxId: 'asc' }, take }),
    remove: async (ids) =>
      void (await databases.reconciliation.reconciliationOutbox.deleteMany({ where: { outboxId: { in: [...ids] } } })),
  },
  {
    name: 'identity',
    read: (take) => databases.identity.identityOutbox.findMany({ orderBy: { outboxId: 'asc' }, take }),
    remove: async (ids) =>
      void (await databases.identity.identityOutbox.deleteMany({ where: { outboxId: { in: [...ids] } } })),
  },
];

/** Keeps events, once per id, in the order given. Safe to repeat. */
export async function keepEvents(events: PrismaClient, found: readonly NewEvent[]): Promise<void> {
  if (found.length === 0) return;
  const rows = found.map((event, place) => ({
    event_id: event.eventId,
    merchant_id: event.merchantId,
    type: event.type,
    resource_type: event.resourceType,
    resource_id: event.resourceId,
    version: event.version,
    data: event.data,
    occurred_at: event.occurredAt.toISOString(),
    place,
  }));
  await events.$executeRaw`SELECT events.keep(${JSON.stringify(rows)}::jsonb)`;
}

/** A merchant's events from behind one of them on, the oldest first. */
export async function listEvents(
  events: PrismaClient,
  merchantId: string,
  filter: { readonly type?: string | undefined; readonly resourceId?: string | undefined },
  limit: number,
  after: bigint | null,
): Promise<EventRecord[]> {
  return events.event.findMany({
    where: {
      merchantId,
      ...(filter.type !== undefined && { type: filter.type }),
      ...(filter.resourceId !== undefined && { resourceId: filter.resourceId }),
      ...(after !== null && { sequence: { gt: after } }),
    },
    orderBy: { sequence: 'asc' },
    take: limit,
  });
}

export async function findEvent(
  events: PrismaClient,
  merchantId: string,
  eventId: string,
): Promise<EventRecord | undefined> {
  return (await events.event.findFirst({ where: { merchantId, eventId } })) ?? undefined;
}

/**
 * Takes a sink's lease, or keeps it: one relay at a time feeds a sink.
 *
 * @returns up to which event it has had them all; nothing while another relay feeds it
 */
export async function leaseSink(
  events: PrismaClient,
  sink: string,
  owner: string,
  seconds: number,
): Promise<bigint | undefined> {
  const rows = await events.$queryRaw<{ sequence: bigint | null }[]>`
    SELECT events.lease_sink(${sink}, ${owner}, ${seconds}::integer) AS sequence`;
  return rows[0]?.sequence ?? undefined;
}

/** Lets another relay have a sink at once. */
export async function releaseSink(events: PrismaClient, sink: string, owner: string): Promise<void> {
  await events.sinkPosition.updateMany({
    where: { sink, leasedBy: owner },
    data: { leasedBy: null, leasedUntil: null },
  });
}

/** Events of all merchants from behind one on, the oldest first. */
export async function eventsAfter(events: PrismaClient, sequence: bigint, limit: number): Promise<EventRecord[]> {
  return events.event.findMany({ where: { sequence: { gt: sequence } }, orderBy: { sequence: 'asc' }, take: limit });
}

/** Notes how far a sink has got. Never goes back. */
export async function moveSink(events: PrismaClient, sink: string, sequence: bigint): Promise<void> {
  await events.$executeRaw`
    INSERT INTO events.sink_position AS p (sink, sequence) VALUES (${sink}, ${sequence})
    ON CONFLICT (sink) DO UPDATE SET sequence = greatest(p.sequence, excluded.sequence)`;
}
