import type { PrismaClient } from '../prisma/database';
import { makeDeliveries } from '../prisma/webhook-endpoint';
import type { Sink } from './sink';

/** Makes a delivery of each event for each of its merchant's endpoints; each then has a workflow of its own. */
export const webhookSink = (events: PrismaClient): Sink => ({
  name: 'webhooks',
  take: (found) =>
    makeDeliveries(
      events,
      found.filter(({ type }) => type !== 'webhook.test'),
    ),
});
