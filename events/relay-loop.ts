import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { releaseSink } from '../prisma/event';
import { markDeliveryStarted, unstartedDeliveries, type DeliveryKey } from '../prisma/webhook-endpoint';
import { markNotificationStarted, unstartedNotifications, type NotificationKey } from '../prisma/notification';
import type { Failpoint } from '../failpoint';
import { feedSink, takeOverOutboxes, type OutboxDatabases } from './relay';
import type { Sink } from './sink';

const idleMs = 400;
const longestPauseMs = 10_000;
const startsAtOnce = 100;

export interface RelayWorld {
  readonly databases: OutboxDatabases;
  readonly sinks: readonly Sink[];
  /** Starts a delivery's workflow, or wakes the one that runs. Safe to repeat. */
  readonly startDelivery: (delivery: DeliveryKey) => Promise<void>;
  /** Starts the workflow of a message to a person, or wakes the one that runs. Safe to repeat. */
  readonly startNotification: (notification: NotificationKey) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly failpoint: Failpoint;
}

type Step = () => Promise<{ taken: number; more: boolean }>;

/**
 * Relays events until it is told to stop: each sink at its own pace, so that one that is away holds up no other. What fails
 * is tried again, later and later; nothing is lost meanwhile, it waits in its table.
 */
export async function relayUntil(stopped: AbortSignal, world: RelayWorld): Promise<void> {
  const { databases, sinks, onError, failpoint } = world;
  const owner = `${hostname()}:${String(process.pid)}:${randomUUID()}`;
  const sleepers = new Set<{ readonly alarm: AbortController; readonly stage: number }>();
  const wake = (which: (stage: number) => boolean): void => {
    for (const { alarm, stage } of sleepers) if (which(stage)) alarm.abort();
  };
  stopped.addEventListener('abort', () => wake(() => true), { once: true });
  const sleep = async (ms: number, stage: number): Promise<void> => {
    if (stopped.aborted) return;
    const sleeper = { alarm: new AbortController(), stage };
    sleepers.add(sleeper);
    await pause(ms, undefined, { signal: sleeper.alarm.signal }).catch(() => undefined);
    sleepers.delete(sleeper);
  };
  const repeat = async (stage: number, step: Step): Promise<void> => {
    let failures = 0;
    while (!stopped.aborted) {
      let more = false;
      try {
        const result = await step();
        more = result.more;
        failures = 0;
        // What one stage has taken is work for the next, and for that alone: the first one gathers what comes between its looks.
        if (result.taken > 0) wake((next) => next === stage + 1);
      } catch (error) {
        failures += 1;
        onError(error);
      }
      if (!more) await sleep(Math.min(longestPauseMs, idleMs * 2 ** failures), failures === 0 ? stage : 0);
    }
  };
  const feed = async (sink: Sink): Promise<void> => {
    await repeat(1, () => feedSink(databases.events, sink, owner, failpoint));
    await releaseSink(databases.events, sink.name, owner).catch(onError);
    await sink.close?.();
  };
  await Promise.all([
    repeat(0, () => takeOverOutboxes(databases, failpoint)),
    repeat(2, () => startDeliveries(world)),
    repeat(2, () => startNotifications(world)),
    ...sinks.map(feed),
  ]);
}

/** Row first, then its workflow: a delivery that Temporal has not been told of is told of now. */
async function startDeliveries({
  databases,
  startDelivery,
  failpoint,
}: RelayWorld): Promise<{ taken: number; more: boolean }> {
  const waiting = await unstartedDeliveries(databases.events, startsAtOnce);
  for (const delivery of waiting) {
    await startDelivery(delivery);
    await failpoint('delivery.after_start', delivery.deliveryId);
    await markDeliveryStarted(databases.events, delivery);
  }
  return { taken: 0, more: waiting.length === startsAtOnce };
}

/** As for deliveries. */
async function startNotifications({
  databases,
  startNotification,
  failpoint,
}: RelayWorld): Promise<{ taken: number; more: boolean }> {
  const waiting = await unstartedNotifications(databases.events, startsAtOnce);
  for (const notification of waiting) {
    await startNotification(notification);
    await failpoint('notification.after_start', notification.notificationId);
    await markNotificationStarted(databases.events, notification);
  }
  return { taken: 0, more: waiting.length === startsAtOnce };
}
