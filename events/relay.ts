import { createHash } from 'node:crypto';
import type { PrismaClient } from '../prisma/database';
import { eventsForSink, keepEvents, moveSink, outboxes, type NewEvent, type OutboxRow } from '../prisma/event';
import type { Sink } from './sink';
import { dataOf } from './snapshot';

const atOnce = 200;

/** An outbox row becomes one event, whoever relays it and how often. */
const eventIdOf = (outbox: string, { outboxId, merchantId }: OutboxRow): string =>
  `evt_${createHash('sha256').update([outbox, outboxId, merchantId].join(':')).digest('hex').slice(0, 24)}`;

/**
 * Takes what the services have written into their outboxes over into the events, and hands events to the sinks, each from
 * where it had got to. Safe to repeat and to run beside itself: events are kept once, and a sink gets one again at worst.
 *
 * @returns whether there may be more
 */
export async function relayEvents(
  databases: { readonly payments: PrismaClient; readonly payouts: PrismaClient; readonly events: PrismaClient },
  sinks: readonly Sink[],
): Promise<boolean> {
  let more = false;
  for (const outbox of outboxes(databases)) {
    const rows = await outbox.read(atOnce);
    if (rows.length === 0) continue;
    await keepEvents(
      databases.events,
      rows.map((row): NewEvent => ({ ...row, eventId: eventIdOf(outbox.name, row), data: dataOf(row) })),
    );
    await outbox.remove(rows.map((row) => row.outboxId));
    more ||= rows.length === atOnce;
  }
  for (const sink of sinks) {
    const waiting = await eventsForSink(databases.events, sink.name, atOnce);
    const last = waiting.at(-1);
    if (last === undefined) continue;
    await sink.take(waiting);
    await moveSink(databases.events, sink.name, last.sequence);
    more ||= waiting.length === atOnce;
  }
  return more;
}
