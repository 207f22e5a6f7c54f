import { createHash } from 'node:crypto';
import type { PrismaClient } from '../prisma/database';
import { eventsAfter, keepEvents, leaseSink, moveSink, outboxes, type NewEvent, type OutboxRow } from '../prisma/event';
import type { Failpoint } from '../failpoint';
import type { Sink } from './sink';
import { dataOf } from './snapshot';

const atOnce = 200;
/** How long a sink waits for another relay when the one that fed it has died. */
const leaseSeconds = 10;

/** An outbox row becomes one event, whoever relays it and how often. */
const eventIdOf = (outbox: string, { outboxId, merchantId }: OutboxRow): string =>
  `evt_${createHash('sha256').update([outbox, outboxId, merchantId].join(':')).digest('hex').slice(0, 24)}`;

export interface OutboxDatabases {
  readonly payments: PrismaClient;
  readonly payouts: PrismaClient;
  readonly reconciliation: PrismaClient;
  readonly identity: PrismaClient;
  readonly events: PrismaClient;
}

/**
 * Takes what the services have written into their outboxes over into the events. Safe to repeat and to run beside itself:
 * an event is kept once.
 *
 * @returns how many were taken over, and whether there may be more
 */
export async function takeOverOutboxes(
  databases: OutboxDatabases,
  failpoint: Failpoint,
): Promise<{ taken: number; more: boolean }> {
  let taken = 0;
  let more = false;
  for (const outbox of outboxes(databases)) {
    const rows = await outbox.read(atOnce);
    if (rows.length === 0) continue;
    const batch = rows[0]?.outboxId.toString() ?? '';
    await failpoint('outbox.before_keep', `${outbox.name}-${batch}`);
    await keepEvents(
      databases.events,
      rows.map((row): NewEvent => ({ ...row, eventId: eventIdOf(outbox.name, row), data: dataOf(row) })),
    );
    await failpoint('outbox.after_keep', `${outbox.name}-${batch}`);
    await outbox.remove(rows.map((row) => row.outboxId));
    taken += rows.length;
    more ||= rows.length === atOnce;
  }
  return { taken, more };
}

/**
 * Hands a sink the events that it hasn't had, from where it had got to, unless another relay feeds it. Safe to repeat: what
 * a sink has taken is noted after it, so that it gets some again at worst.
 *
 * @param owner this relay, for its lease
 */
export async function feedSink(
  events: PrismaClient,
  sink: Sink,
  owner: string,
  failpoint: Failpoint,
): Promise<{ taken: number; more: boolean }> {
  const position = await leaseSink(events, sink.name, owner, leaseSeconds);
  if (position === undefined) return { taken: 0, more: false };
  const waiting = await eventsAfter(events, position, atOnce);
  const last = waiting.at(-1);
  if (last === undefined) return { taken: 0, more: false };
  await sink.take(waiting);
  await failpoint('sink.after_take', `${sink.name}-${last.sequence.toString()}`);
  await moveSink(events, sink.name, last.sequence);
  return { taken: waiting.length, more: waiting.length === atOnce };
}
