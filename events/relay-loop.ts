import { setTimeout as pause } from 'node:timers/promises';
import type { PrismaClient } from '../prisma/database';
import { markDeliveryStarted, unstartedDeliveries, type DeliveryKey } from '../prisma/webhook-endpoint';
import { relayEvents } from './relay';
import type { Sink } from './sink';

const idleMs = 400;
const longestPauseMs = 10_000;
const startsAtOnce = 100;

export interface RelayWorld {
  readonly databases: {
    readonly payments: PrismaClient;
    readonly payouts: PrismaClient;
    readonly events: PrismaClient;
  };
  readonly sinks: readonly Sink[];
  /** Starts a delivery's workflow, or wakes the one that runs. Safe to repeat. */
  readonly startDelivery: (delivery: DeliveryKey) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Relays events until it is told to stop. What fails is tried again, later and later; nothing is lost meanwhile, it waits in its table. */
export async function relayUntil(stopped: AbortSignal, world: RelayWorld): Promise<void> {
  let failures = 0;
  while (!stopped.aborted) {
    let more = false;
    try {
      more = await relayEvents(world.databases, world.sinks);
      more = (await startDeliveries(world)) || more;
      failures = 0;
    } catch (error) {
      failures += 1;
      world.onError(error);
    }
    if (more) continue;
    const waitMs = failures === 0 ? idleMs : Math.min(longestPauseMs, idleMs * 2 ** failures);
    await pause(waitMs, undefined, { signal: stopped }).catch(() => undefined);
  }
}

/** Row first, then its workflow: a delivery that Temporal has not been told of is told of now. */
async function startDeliveries({ databases, startDelivery }: RelayWorld): Promise<boolean> {
  const waiting = await unstartedDeliveries(databases.events, startsAtOnce);
  for (const delivery of waiting) {
    await startDelivery(delivery);
    await markDeliveryStarted(databases.events, delivery);
  }
  return waiting.length === startsAtOnce;
}
