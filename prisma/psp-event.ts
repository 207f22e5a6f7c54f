import type { PaymentOrderPhase, PaymentOrderStatus } from '../domain/payment-order';
import { parkedSeconds, type PspEventRows, type PspEventState, type PspSubject } from '../domain/psp-event';
import type { PrismaClient } from './database';
import { together } from './together';

/** An event of the PSP as it came, signature checked. */
export interface NewPspEvent {
  readonly merchantId: string;
  readonly eventId: string;
  readonly type: string;
  readonly account: string | null;
  readonly livemode: boolean;
  readonly occurredAt: Date;
  readonly subject: PspSubject;
}

/** A stored event of the PSP. */
export interface PspEventRecord extends Omit<NewPspEvent, 'subject'> {
  readonly subject: unknown;
  readonly paymentOrderId: string | null;
  readonly checkoutId: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly tries: number;
  readonly deliveries: number;
  readonly nextTryAt: Date;
  readonly receivedAt: Date;
  readonly settledAt: Date | null;
}

/** While an event is being looked at, nobody else takes it up; if whoever had it dies, it is taken up after this. */
const leaseSeconds = 30;

/**
 * Keeps an event under its id before it is acknowledged (W2), in one statement with others that come at the same time. A second
 * delivery only counts up.
 *
 * @param ignored why it is kept and not applied, where that is known at the door
 * @returns whether it was new
 */
export function storePspEvent(
  payments: PrismaClient,
  event: NewPspEvent,
  ignored: string | null = null,
): Promise<boolean> {
  return storePspEvents(payments, { event, ignored });
}

const storePspEvents = together<{ event: NewPspEvent; ignored: string | null }, boolean>(
  async (payments, inputs) => {
    const wire = inputs.map(({ event, ignored }) => ({
      merchant_id: event.merchantId,
      event_id: event.eventId,
      type: event.type,
      account: event.account,
      livemode: event.livemode,
      occurred_at: event.occurredAt.toISOString(),
      subject: event.subject,
      payment_order_id: event.subject.metadata.payment_order_id ?? null,
      checkout_id: event.subject.metadata.checkout_id ?? null,
      ignored,
    }));
    const rows = await payments.$queryRaw<{ eventId: string; deliveries: number }[]>`
      INSERT INTO payments.psp_event AS e (merchant_id, event_id, type, account, livemode, occurred_at, subject, payment_order_id, checkout_id, next_try_at,
                                           state, reason, tries, settled_at)
      SELECT merchant_id, event_id, type, account, livemode, occurred_at, subject, payment_order_id, checkout_id,
             now() + make_interval(secs => ${leaseSeconds}::float8), CASE WHEN ignored IS NULL THEN 'received' ELSE 'ignored' END, ignored,
             (ignored IS NOT NULL)::int, CASE WHEN ignored IS NULL THEN NULL ELSE now() END
      FROM jsonb_to_recordset(${JSON.stringify(wire)}::jsonb)
      AS one(merchant_id text, event_id text, type text, account text, livemode boolean, occurred_at timestamptz, subject jsonb,
             payment_order_id text, checkout_id text, ignored text)
      ORDER BY event_id
      ON CONFLICT (merchant_id, event_id) DO UPDATE SET deliveries = e.deliveries + 1
      RETURNING event_id AS "eventId", deliveries`;
    const deliveries = new Map(rows.map((row) => [row.eventId, row.deliveries]));
    return inputs.map(({ event }) => deliveries.get(event.eventId) === 1);
  },
  ({ event }) => event.merchantId,
);

/** Takes up events whose time has come, the oldest first; each is taken up by one caller only. */
export async function claimPspEvents(payments: PrismaClient, limit: number): Promise<PspEventRecord[]> {
  const claimed = await payments.$queryRaw<{ merchantId: string; eventId: string }[]>`
    UPDATE payments.psp_event AS e SET next_try_at = now() + make_interval(secs => ${leaseSeconds}::float8)
    FROM (SELECT merchant_id, event_id FROM payments.psp_event
          WHERE state IN ('received', 'parked') AND next_try_at <= now()
          ORDER BY next_try_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE e.merchant_id = due.merchant_id AND e.event_id = due.event_id
    RETURNING e.merchant_id AS "merchantId", e.event_id AS "eventId"`;
  if (claimed.length === 0) return [];
  return payments.providerEvent.findMany({
    where: { OR: claimed.map(({ merchantId, eventId }) => ({ merchantId, eventId })) },
    orderBy: [{ receivedAt: 'asc' }, { eventId: 'asc' }],
  });
}

/**
 * The rows that an event is compared with, in one statement: the order by our own id where the PSP's object carries it,
 * else by the PSP's id of the payment; the order's checkout, else the one that the event names.
 *
 * With CASE and not `coalesce`: under row security Postgres takes that for something that could leak rows, and no index is used for it.
 */
export async function findEventRows(
  payments: PrismaClient,
  event: Pick<PspEventRecord, 'merchantId' | 'paymentOrderId' | 'checkoutId'>,
  payment: string | null,
): Promise<PspEventRows> {
  const rows = await payments.$queryRaw<EventRow[]>`
    WITH payment_order AS (
      SELECT * FROM payments.payment_order
      WHERE merchant_id = ${event.merchantId} AND payment_order_id = ${event.paymentOrderId}::text
      UNION ALL
      SELECT * FROM payments.payment_order
      WHERE ${event.paymentOrderId}::text IS NULL AND merchant_id = ${event.merchantId} AND psp_reference = ${payment}::text
      LIMIT 1)
    SELECT o.payment_order_id AS "paymentOrderId", o.payment_order_status AS "orderStatus", o.phase,
           o.seller_account AS "sellerAccount", o.business_attempt AS attempt, o.psp_reference AS reference, o.amount, o.currency, o.updated_at AS "updatedAt",
           EXISTS (SELECT FROM payments.psp_operation AS undo
                   WHERE undo.merchant_id = ${event.merchantId} AND undo.payment_order_id = o.payment_order_id
                     AND undo.attempt = o.business_attempt AND undo.operation IN ('void', 'refund')) AS "undoBegun",
           c.checkout_id AS "checkoutId", c.checkout_status AS "checkoutStatus", c.round
    FROM (SELECT ${event.checkoutId}::text AS checkout_id) AS named
    LEFT JOIN payment_order AS o ON true
    LEFT JOIN payments.checkout AS c
      ON c.merchant_id = ${event.merchantId} AND c.checkout_id = CASE WHEN o.checkout_id IS NULL THEN named.checkout_id ELSE o.checkout_id END`;
  const [row] = rows;
  return {
    order:
      row === undefined || row.paymentOrderId === null
        ? null
        : { ...row, status: row.orderStatus, amountMinor: row.amount, updatedAtMs: row.updatedAt.getTime() },
    checkout:
      row === undefined || row.checkoutId === null
        ? null
        : { checkoutId: row.checkoutId, status: row.checkoutStatus, round: row.round },
  };
}

/** Both sides of the join; an order's columns are null together, and so are a checkout's. */
type EventRow = (
  | {
      readonly paymentOrderId: string;
      readonly orderStatus: PaymentOrderStatus;
      readonly phase: PaymentOrderPhase;
      readonly sellerAccount: string;
      readonly attempt: number;
      readonly reference: string | null;
      readonly amount: bigint;
      readonly currency: string;
      readonly updatedAt: Date;
      readonly undoBegun: boolean;
    }
  | { readonly paymentOrderId: null }
) &
  (
    | { readonly checkoutId: string; readonly checkoutStatus: string; readonly round: number }
    | { readonly checkoutId: null }
  );

/** Writes what became of an event. A settled one stays settled: whoever comes second changes nothing. */
export async function settlePspEvent(
  payments: PrismaClient,
  { merchantId, eventId }: { merchantId: string; eventId: string },
  state: Exclude<PspEventState, 'received' | 'parked'>,
  reason: string | null,
): Promise<void> {
  await settlePspEvents(payments, { merchantId, eventId, state, reason });
}

interface SettledEvent {
  readonly merchantId: string;
  readonly eventId: string;
  readonly state: string;
  readonly reason: string | null;
}

const settlePspEvents = together<SettledEvent, undefined>(
  async (payments, inputs) => {
    await payments.$executeRaw`
      UPDATE payments.psp_event AS e SET state = one.state, reason = one.reason, tries = tries + 1, settled_at = now()
      FROM jsonb_to_recordset(${JSON.stringify(inputs)}::jsonb) AS one("merchantId" text, "eventId" text, state text, reason text)
      WHERE e.merchant_id = one."merchantId" AND e.event_id = one."eventId" AND e.state IN ('received', 'parked')`;
    return inputs.map(() => undefined);
  },
  ({ merchantId }) => merchantId,
);

/** Puts an event aside for a while, each time for longer; after the last time it is a dead letter. */
export async function parkPspEvent(
  payments: PrismaClient,
  key: { merchantId: string; eventId: string },
  reason: string,
): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.psp_event
    SET state = CASE WHEN tries < ${parkedSeconds.length}::int THEN 'parked' ELSE 'dead_letter' END, reason = ${reason},
        next_try_at = now() + make_interval(secs => coalesce((${[...parkedSeconds]}::int[])[tries + 1], 0)),
        settled_at = CASE WHEN tries < ${parkedSeconds.length}::int THEN NULL ELSE now() END, tries = tries + 1
    WHERE merchant_id = ${key.merchantId} AND event_id = ${key.eventId} AND state IN ('received', 'parked')`;
}

/** Takes dead letters up again: one by its id, or all that came in a span of time. Answers how many. */
export async function replayPspEvents(
  payments: PrismaClient,
  merchantId: string,
  which: { readonly eventId: string } | { readonly from: Date; readonly to: Date },
): Promise<number> {
  return 'eventId' in which
    ? payments.$executeRaw`
        UPDATE payments.psp_event SET state = 'received', reason = NULL, tries = 0, next_try_at = now(), settled_at = NULL
        WHERE merchant_id = ${merchantId} AND event_id = ${which.eventId} AND state IN ('dead_letter', 'parked', 'ignored', 'no_change')`
    : payments.$executeRaw`
        UPDATE payments.psp_event SET state = 'received', reason = NULL, tries = 0, next_try_at = now(), settled_at = NULL
        WHERE merchant_id = ${merchantId} AND received_at >= ${which.from} AND received_at <= ${which.to} AND state = 'dead_letter'`;
}

/** Events of a state in the order they came, a page at a time. `after` is the last one of the page before. */
export async function listPspEvents(
  payments: PrismaClient,
  merchantId: string,
  state: PspEventState,
  limit: number,
  after: string | null,
): Promise<PspEventRecord[]> {
  return payments.providerEvent.findMany({
    where: { merchantId, state },
    orderBy: [{ receivedAt: 'asc' }, { eventId: 'asc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_eventId: { merchantId, eventId: after } }, skip: 1 }),
  });
}

export async function findPspEvent(
  payments: PrismaClient,
  merchantId: string,
  eventId: string,
): Promise<PspEventRecord | undefined> {
  return (await payments.providerEvent.findFirst({ where: { merchantId, eventId } })) ?? undefined;
}

/** How many events stand in each state that somebody should know about, for metrics. */
export async function countPspEvents(
  payments: PrismaClient,
): Promise<{ state: string; count: bigint; oldestSeconds: number }[]> {
  return payments.$queryRaw`
    SELECT state, count(*) AS count, extract(epoch FROM now() - min(received_at))::float8 AS "oldestSeconds" FROM payments.psp_event WHERE state IN ('received', 'parked', 'dead_letter') GROUP BY state`;
}
