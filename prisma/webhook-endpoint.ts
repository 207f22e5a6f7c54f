import type { PrismaClient } from './database';

/** Where a merchant wants to be told of events. Secrets are sealed by the caller. */
export interface WebhookEndpointRecord {
  readonly merchantId: string;
  readonly endpointId: string;
  readonly url: string;
  /** Empty: of every type. */
  readonly types: readonly string[];
  readonly secretSealed: Uint8Array;
  readonly previousSecretSealed: Uint8Array | null;
  readonly previousSecretUntil: Date | null;
  readonly disabledAt: Date | null;
  readonly disabledReason: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface EndpointKey {
  readonly merchantId: string;
  readonly endpointId: string;
}

export async function createEndpoint(
  events: PrismaClient,
  {
    merchantId,
    endpointId,
    url,
    types,
    secretSealed,
  }: EndpointKey & {
    readonly url: string;
    readonly types: readonly string[];
    readonly secretSealed: Uint8Array;
  },
): Promise<boolean> {
  const made = await events.webhookEndpoint.createMany({
    data: [{ merchantId, endpointId, url, types: [...types], secretSealed: Uint8Array.from(secretSealed) }],
    skipDuplicates: true,
  });
  return made.count === 1;
}

export async function findEndpoint(events: PrismaClient, key: EndpointKey): Promise<WebhookEndpointRecord | undefined> {
  const { merchantId, endpointId } = key;
  return (await events.webhookEndpoint.findFirst({ where: { merchantId, endpointId } })) ?? undefined;
}

/** Newest first. `after` is the last one of the page before. */
export async function listEndpoints(
  events: PrismaClient,
  merchantId: string,
  limit: number,
  after: string | null,
): Promise<WebhookEndpointRecord[]> {
  return events.webhookEndpoint.findMany({
    where: { merchantId },
    orderBy: [{ createdAt: 'desc' }, { endpointId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_endpointId: { merchantId, endpointId: after } }, skip: 1 }),
  });
}

/** Puts another secret in the place of the present one, which is signed with, too, until a time. */
export async function rotateEndpointSecret(
  events: PrismaClient,
  key: EndpointKey,
  secretSealed: Uint8Array,
  oldUntil: Date,
): Promise<void> {
  await events.$executeRaw`
    UPDATE events.webhook_endpoint
    SET previous_secret_sealed = secret_sealed, previous_secret_until = ${oldUntil}, secret_sealed = ${secretSealed}::bytea, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND endpoint_id = ${key.endpointId}`;
}

/** Stops telling an endpoint, or begins to again. Its deliveries that wait end where they are. */
export async function setEndpointDisabled(
  events: PrismaClient,
  key: EndpointKey,
  reason: string | null,
): Promise<void> {
  await events.$executeRaw`
    UPDATE events.webhook_endpoint
    SET disabled_at = CASE WHEN ${reason}::text IS NULL THEN NULL ELSE coalesce(disabled_at, now()) END, disabled_reason = ${reason}::text, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND endpoint_id = ${key.endpointId}`;
}

export const deliveryStates = ['pending', 'delivered', 'dead', 'disabled'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** One event on its way to one endpoint. Of the reply its status, size and time are kept, never what it said. */
export interface DeliveryRecord {
  readonly merchantId: string;
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly state: string;
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastProblem: string | null;
  readonly lastBytes: number | null;
  readonly lastMs: number | null;
  readonly starts: number;
  readonly started: number;
  readonly nextTryAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface DeliveryKey {
  readonly merchantId: string;
  readonly deliveryId: string;
}

/** Makes a delivery of each event for each endpoint that wants it. Safe to repeat. */
export async function makeDeliveries(
  events: PrismaClient,
  upTo: readonly { readonly merchantId: string; readonly eventId: string; readonly type: string }[],
): Promise<void> {
  await events.$executeRaw`
    INSERT INTO events.webhook_delivery (merchant_id, delivery_id, endpoint_id, event_id)
    SELECT endpoint.merchant_id, event.event_id || '.' || endpoint.endpoint_id, endpoint.endpoint_id, event.event_id
    FROM jsonb_to_recordset(${JSON.stringify(upTo.map(({ merchantId, eventId, type }) => ({ merchant_id: merchantId, event_id: eventId, type })))}::jsonb)
           AS event(merchant_id text, event_id text, type text)
    JOIN events.webhook_endpoint AS endpoint ON endpoint.merchant_id = event.merchant_id
    WHERE endpoint.disabled_at IS NULL AND (endpoint.types = '{}' OR event.type = ANY (endpoint.types))
    ON CONFLICT DO NOTHING`;
}

/** Makes one delivery, for a test of an endpoint. Safe to repeat. */
export async function makeDelivery(
  events: PrismaClient,
  { merchantId, endpointId }: EndpointKey,
  eventId: string,
): Promise<string> {
  const deliveryId = `${eventId}.${endpointId}`;
  await events.webhookDelivery.createMany({
    data: [{ merchantId, deliveryId, endpointId, eventId }],
    skipDuplicates: true,
  });
  return deliveryId;
}

/** Deliveries whose workflow hasn't been told of their latest start. */
export async function unstartedDeliveries(events: PrismaClient, limit: number): Promise<DeliveryRecord[]> {
  return events.$queryRaw<DeliveryRecord[]>`
    SELECT merchant_id AS "merchantId", delivery_id AS "deliveryId", endpoint_id AS "endpointId", event_id AS "eventId", state, attempts, starts, started
    FROM events.webhook_delivery WHERE started < starts ORDER BY created_at LIMIT ${limit}`;
}

export async function markDeliveryStarted(
  events: PrismaClient,
  { merchantId, deliveryId, starts }: DeliveryRecord,
): Promise<void> {
  await events.$executeRaw`
    UPDATE events.webhook_delivery SET started = greatest(started, ${starts}::integer)
    WHERE merchant_id = ${merchantId} AND delivery_id = ${deliveryId}`;
}

export async function findDelivery(events: PrismaClient, key: DeliveryKey): Promise<DeliveryRecord | undefined> {
  const { merchantId, deliveryId } = key;
  return (await events.webhookDelivery.findFirst({ where: { merchantId, deliveryId } })) ?? undefined;
}

/** Notes a try. `state` says how it stands after it. */
export async function recordDeliveryTry(
  events: PrismaClient,
  key: DeliveryKey,
  tried: {
    readonly state: DeliveryState;
    readonly status: number | null;
    readonly problem: string | null;
    readonly bytes: number | null;
    readonly ms: number | null;
    readonly nextTryAt: Date | null;
  },
): Promise<void> {
  await events.$executeRaw`
    UPDATE events.webhook_delivery
    SET state = ${tried.state}, attempts = attempts + 1, last_status = ${tried.status}::integer, last_problem = ${tried.problem}::text,
        last_bytes = ${tried.bytes}::integer, last_ms = ${tried.ms}::integer, next_try_at = ${tried.nextTryAt}::timestamptz, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND delivery_id = ${key.deliveryId}`;
}

/** Begins a delivery anew. Answers false while it is on its way. */
export async function replayDelivery(events: PrismaClient, key: DeliveryKey): Promise<boolean> {
  const changed = await events.$executeRaw`
    UPDATE events.webhook_delivery SET state = 'pending', starts = starts + 1, next_try_at = NULL, updated_at = now()
    WHERE merchant_id = ${key.merchantId} AND delivery_id = ${key.deliveryId} AND state <> 'pending'`;
  return changed > 0;
}

/** Newest first. `after` is the last one of the page before. */
export async function listDeliveries(
  events: PrismaClient,
  merchantId: string,
  filter: { readonly endpointId?: string | undefined; readonly state?: DeliveryState | undefined },
  limit: number,
  after: string | null,
): Promise<DeliveryRecord[]> {
  return events.webhookDelivery.findMany({
    where: {
      merchantId,
      ...(filter.endpointId !== undefined && { endpointId: filter.endpointId }),
      ...(filter.state !== undefined && { state: filter.state }),
    },
    orderBy: [{ createdAt: 'desc' }, { deliveryId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_deliveryId: { merchantId, deliveryId: after } }, skip: 1 }),
  });
}

/** How many deliveries wait or are dead, for metrics. */
export async function countDeliveries(events: PrismaClient): Promise<{ state: string; count: bigint }[]> {
  return events.$queryRaw`
    SELECT state, count(*) FROM events.webhook_delivery WHERE state IN ('pending', 'dead') GROUP BY state`;
}
