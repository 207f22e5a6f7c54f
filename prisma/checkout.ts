import {
  aggregateOutcome,
  barrierDecisions,
  type BarrierDecision,
  type CaptureMethod,
  type CheckoutOutcome,
  type CheckoutStatus,
  type FailurePolicy,
  type OrderOutcome,
} from '../domain/checkout';
import type { Exchange } from '../domain/exchange';
import type { DeclineAdvice } from '../domain/payment-order';
import type { RequestedBy } from '../domain/requested-by';
import type { PrismaClient } from './database';
import { sqlState, storageMessage } from './storage-error';
import type { PaymentOrderRecord } from './payment-order';
import { numbered, together } from './together';

/** A checkout as a merchant posts it, validated. Amounts in minor units. */
export interface NewCheckout {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly buyerInfo: { readonly id: string } & Readonly<Record<string, unknown>>;
  /** Null: the buyer pays on the PSP's page. */
  readonly creditCardInfo: { readonly paymentMethod: string } | null;
  readonly returnUrl: string;
  readonly failurePolicy: FailurePolicy;
  readonly captureMethod: CaptureMethod;
  readonly metadata: Readonly<Record<string, string>>;
  readonly paymentOrders: readonly {
    readonly paymentOrderId: string;
    readonly sellerAccount: string;
    readonly amountMinor: bigint;
    readonly currency: string;
    readonly platformFeeMinor: bigint;
    readonly statementDescriptor: string | null;
    /** Where the buyer pays by a quote; the platform fee is in its seller's currency then. */
    readonly exchange?: Exchange & { readonly quoteId: string };
  }[];
  /** SHA-256 of the canonical body: equal bodies are the same request (I2). */
  readonly requestFingerprint: Uint8Array;
  readonly route: string;
  readonly idempotencyKey: string | null;
}

/** Why a checkout couldn't be stored. Nothing was. */
export const checkoutConflicts = [
  'idempotency_key_reused',
  'checkout_id_reused',
  'payment_order_id_reused',
  'quote_used',
] as const;
export type CheckoutConflict = (typeof checkoutConflicts)[number];

/** A stored checkout with its orders in the order they were posted. */
export interface CheckoutRecord {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly buyerInfo: unknown;
  readonly creditCardInfo: unknown;
  readonly isPaymentDone: boolean;
  readonly checkoutStatus: string;
  readonly failurePolicy: string;
  readonly captureMethod: string;
  readonly metadata: unknown;
  readonly decision: string | null;
  readonly decisionReason: string | null;
  readonly pspCustomer: string | null;
  readonly pspPaymentMethod: string | null;
  readonly cancelRequested: unknown;
  readonly captureRequested: unknown;
  /** Counts the payment methods it was tried with. */
  readonly round: number;
  readonly returnUrl: string | null;
  readonly pageReference: string | null;
  readonly pageUrl: string | null;
  readonly pageExpiresAt: Date | null;
  readonly buyerDeadlineAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly paymentOrders: PaymentOrderRecord[];
}

/** Stores a checkout, its orders and its idempotency key in one statement, or finds the same one there (I1–I3). */
export async function createCheckout(
  payments: Pick<PrismaClient, '$queryRaw'>,
  checkout: NewCheckout,
): Promise<'created' | 'replayed' | CheckoutConflict> {
  const row = {
    checkout_id: checkout.checkoutId,
    buyer_info: checkout.buyerInfo,
    seller_info: [...new Set(checkout.paymentOrders.map((order) => order.sellerAccount))].map((id) => ({ id })),
    credit_card_info: checkout.creditCardInfo === null ? {} : { payment_method: checkout.creditCardInfo.paymentMethod },
    return_url: checkout.returnUrl,
    failure_policy: checkout.failurePolicy,
    capture_method: checkout.captureMethod,
    metadata: checkout.metadata,
  };
  const orders = checkout.paymentOrders.map((order, position) => ({
    payment_order_id: order.paymentOrderId,
    position,
    seller_account: order.sellerAccount,
    amount: order.amountMinor.toString(),
    currency: order.currency,
    platform_fee: order.platformFeeMinor.toString(),
    statement_descriptor: order.statementDescriptor,
    ...(order.exchange !== undefined && {
      fx_quote_id: order.exchange.quoteId,
      seller_currency: order.exchange.sellerCurrency,
      seller_amount: order.exchange.sellerMinor.toString(),
      position_amount: order.exchange.positionMinor.toString(),
    }),
  }));
  try {
    const rows = await payments.$queryRaw<{ outcome: 'created' | 'replayed' }[]>`
      SELECT payments.create_checkout(${checkout.merchantId}, ${JSON.stringify(row)}::jsonb, ${JSON.stringify(orders)}::jsonb,
        ${checkout.requestFingerprint}::bytea, ${checkout.route}, ${checkout.idempotencyKey}::text) AS outcome`;
    return rows[0]?.outcome ?? 'created';
  } catch (error) {
    if (sqlState(error) === 'PS409') {
      return storageMessage(error).includes('idempotency_key_reused') ? 'idempotency_key_reused' : 'checkout_id_reused';
    }
    if (sqlState(error) === '23505' && storageMessage(error).includes('payment_order_pkey'))
      return 'payment_order_id_reused';
    if (sqlState(error) === '23505' && storageMessage(error).includes('payment_order_of_quote')) return 'quote_used';
    throw error;
  }
}

/** Reads on the primary: this decides about money. */
export async function findCheckout(
  payments: Pick<PrismaClient, 'checkout'>,
  merchantId: string,
  checkoutId: string,
): Promise<CheckoutRecord | undefined> {
  const record = await payments.checkout.findFirst({
    where: { merchantId, checkoutId },
    include: { paymentOrders: { orderBy: { position: 'asc' } } },
  });
  return record ?? undefined;
}

/** A page of checkouts, the newest first. `after` is the last one of the page before. */
export async function listCheckouts(
  payments: PrismaClient,
  merchantId: string,
  filter: {
    readonly status?: CheckoutStatus | undefined;
    readonly sellerAccount?: string | undefined;
    readonly created?: { gte?: Date; lt?: Date } | undefined;
  },
  limit: number,
  after: string | null,
): Promise<CheckoutRecord[]> {
  return payments.checkout.findMany({
    where: {
      merchantId,
      ...(filter.status !== undefined && { checkoutStatus: filter.status }),
      ...(filter.created !== undefined && { createdAt: filter.created }),
      ...(filter.sellerAccount !== undefined && { paymentOrders: { some: { sellerAccount: filter.sellerAccount } } }),
    },
    include: { paymentOrders: { orderBy: { position: 'asc' } } },
    orderBy: [{ createdAt: 'desc' }, { checkoutId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_checkoutId: { merchantId, checkoutId: after } }, skip: 1 }),
  });
}

export interface CheckoutKey {
  readonly merchantId: string;
  readonly checkoutId: string;
}

/**
 * What was to be paid under an e-mail address, with any merchant, the newest first.
 *
 * @param email in lower case
 * @param after the last one of the page before
 */
export async function listPaymentsOfBuyer(
  payments: PrismaClient,
  email: string,
  limit: number,
  after: CheckoutKey | null,
): Promise<CheckoutRecord[]> {
  return payments.checkout.findMany({
    where: { buyerEmail: email },
    include: { paymentOrders: { orderBy: { position: 'asc' } } },
    orderBy: [{ createdAt: 'desc' }, { merchantId: 'asc' }, { checkoutId: 'desc' }],
    take: limit,
    ...(after !== null && { cursor: { merchantId_checkoutId: { ...after } }, skip: 1 }),
  });
}

/** One of them; nothing where it is under another address. */
export async function findPaymentOfBuyer(
  payments: PrismaClient,
  email: string,
  { merchantId, checkoutId }: CheckoutKey,
): Promise<CheckoutRecord | undefined> {
  const found = await payments.checkout.findFirst({
    where: { merchantId, checkoutId, buyerEmail: email },
    include: { paymentOrders: { orderBy: { position: 'asc' } } },
  });
  return found ?? undefined;
}

/** Keeps the first request to cancel or capture on an open checkout. Safe to repeat. Answers false for a final one. */
export async function requestOnCheckout(
  payments: Pick<PrismaClient, '$executeRaw'>,
  verb: 'cancel' | 'capture',
  merchantId: string,
  checkoutId: string,
  by: RequestedBy,
): Promise<boolean> {
  const changed =
    verb === 'cancel'
      ? await payments.$executeRaw`
          UPDATE payments.checkout SET cancel_requested = coalesce(cancel_requested, ${JSON.stringify(by)}::jsonb), updated_at = now(),
            sweep_after = least(sweep_after, now() + interval '10 seconds')
          WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId} AND checkout_status IN ('open', 'awaiting_buyer')`
      : await payments.$executeRaw`
          UPDATE payments.checkout SET capture_requested = coalesce(capture_requested, ${JSON.stringify(by)}::jsonb), updated_at = now(),
            sweep_after = least(sweep_after, now() + interval '10 seconds')
          WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId} AND checkout_status IN ('open', 'awaiting_buyer')`;
  return changed > 0;
}

/** What attaching a checkout's card takes. */
export interface BuyerToPrepare {
  readonly buyerId: string;
  readonly email: string | null;
  readonly name: string | null;
  /** The card that the storefront brought; null where the buyer is to choose on the PSP's page. */
  readonly card: string | null;
  /** As they stand at the PSP, once the card is attached. */
  readonly pspCustomer: string | null;
  readonly pspPaymentMethod: string | null;
  /** The buyer's customer at the PSP from an earlier checkout. */
  readonly knownCustomer: string | null;
  /** Which payment method of the checkout it is. */
  readonly round: number;
  readonly failurePolicy: string;
  /** Who has asked for the checkout's end; null: nobody. */
  readonly cancelRequested: RequestedBy | null;
  readonly ip: string | null;
  readonly country: string | null;
  /** Amounts in minor units. */
  readonly orders: readonly {
    readonly payment_order_id: string;
    readonly seller_account: string;
    readonly currency: string;
    readonly amount: string;
  }[];
}

/**
 * The buyer of a checkout, in one statement, also with others that are read at the same time. Nothing when there is no such checkout.
 *
 * The buyer's id is read out first: under row security no index is used for a condition with `->>` in it, and all customers were read.
 */
export const findBuyer = together<{ merchantId: string; checkoutId: string }, BuyerToPrepare | undefined>(
  async (payments, inputs) => {
    const wire = inputs.map(({ merchantId, checkoutId }) => ({ merchant_id: merchantId, checkout_id: checkoutId }));
    const rows = await payments.$queryRaw<(BuyerToPrepare & { place: number })[]>`
      WITH buyer AS MATERIALIZED (
        SELECT place, merchant_id, checkout_id, buyer_info->>'id' AS buyer_id, buyer_info->>'email' AS email, buyer_info->>'name' AS name,
               buyer_info->>'ip' AS ip, buyer_info->>'country' AS country,
               credit_card_info->>'payment_method' AS card, psp_customer, psp_payment_method, round, failure_policy, cancel_requested
        FROM jsonb_to_recordset(${numbered(wire)}::jsonb) AS one(place int, merchant_id text, checkout_id text)
          JOIN payments.checkout USING (merchant_id, checkout_id))
      SELECT place, buyer_id AS "buyerId", email, name, card, round, failure_policy AS "failurePolicy", ip, country, buyer.psp_customer AS "pspCustomer",
             psp_payment_method AS "pspPaymentMethod", known.psp_customer AS "knownCustomer",
             cancel_requested AS "cancelRequested",
             (SELECT coalesce(jsonb_agg(jsonb_build_object('payment_order_id', o.payment_order_id, 'seller_account', o.seller_account,
                                                          'currency', o.currency, 'amount', o.amount::text) ORDER BY o.position), '[]')
              FROM payments.payment_order AS o
              WHERE o.merchant_id = buyer.merchant_id AND o.checkout_id = buyer.checkout_id) AS orders
      FROM buyer LEFT JOIN payments.psp_customer AS known USING (merchant_id, buyer_id)`;
    const byPlace = new Map(rows.map((row) => [row.place, row]));
    return inputs.map((_, place) => byPlace.get(place));
  },
);

/** Notes which orders of a try the rules of risk have blocked, and that the others are not. Safe to repeat; written before any is begun. */
export async function refuseOrders(
  payments: PrismaClient,
  { merchantId, checkoutId }: { readonly merchantId: string; readonly checkoutId: string },
  paymentOrderIds: readonly string[],
): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.payment_order SET refused_by_risk = payment_order_id = ANY (${paymentOrderIds}::text[]), updated_at = now()
    WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId} AND payment_order_status = 'NOT_STARTED'
      AND refused_by_risk <> (payment_order_id = ANY (${paymentOrderIds}::text[]))`;
}

/** A card as it stands attached at the PSP. */
export interface PreparedBuyerRow {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly buyerId: string;
  readonly pspCustomer: string;
  readonly pspPaymentMethod: string;
  /** Whether the bank is to be asked to challenge the buyer. */
  readonly challenge?: boolean;
}

/**
 * Keeps the card as it stands attached at the PSP. Safe to repeat.
 *
 * @returns who has asked for the checkout's end by then; nothing where nobody has
 */
export const savePreparedBuyer = together<PreparedBuyerRow, RequestedBy | undefined>(async (payments, inputs) => {
  const wire = inputs.map((input) => ({
    merchant_id: input.merchantId,
    checkout_id: input.checkoutId,
    buyer_id: input.buyerId,
    psp_customer: input.pspCustomer,
    psp_payment_method: input.pspPaymentMethod,
    challenge: input.challenge ?? false,
  }));
  const rows = await payments.$queryRaw<{ place: number; by: RequestedBy | null }[]>`
    WITH one AS (
      SELECT * FROM jsonb_to_recordset(${numbered(wire)}::jsonb)
      AS one(place int, merchant_id text, checkout_id text, buyer_id text, psp_customer text, psp_payment_method text, challenge boolean)),
    customer AS (
      INSERT INTO payments.psp_customer (merchant_id, buyer_id, psp_customer)
      SELECT DISTINCT ON (merchant_id, buyer_id) merchant_id, buyer_id, psp_customer FROM one
      ORDER BY merchant_id, buyer_id ON CONFLICT DO NOTHING)
    UPDATE payments.checkout AS c
    SET psp_customer = one.psp_customer, psp_payment_method = one.psp_payment_method, challenge = one.challenge, updated_at = now()
    FROM one WHERE c.merchant_id = one.merchant_id AND c.checkout_id = one.checkout_id
    RETURNING one.place, c.cancel_requested AS by`;
  const byPlace = new Map(rows.map(({ place, by }) => [place, by ?? undefined]));
  return inputs.map((_, place) => byPlace.get(place));
});

/** Its one order, where a card came with it, in its first round; null for all other checkouts. */
export const onlyOrderOf = (checkout: CheckoutRecord): string | null =>
  checkout.round === 1 && checkout.paymentOrders.length === 1 && cardOf(checkout) !== null
    ? (checkout.paymentOrders[0]?.paymentOrderId ?? null)
    : null;

/** The card of a checkout, in the PSP's form; null where the buyer is to choose on the PSP's page. */
export const cardOf = (checkout: { readonly creditCardInfo: unknown }): string | null =>
  (checkout.creditCardInfo as { payment_method?: string }).payment_method ?? null;

/**
 * Notes that a page is about to be opened: until when, decided once, before the PSP hears of it, so that a repeated call
 * is word for word the same. Safe to repeat.
 *
 * @param buyerSeconds how long the buyer has in all, from the first page on
 * @param pageSeconds the shortest and longest life that the PSP allows a page
 */
export async function beginPage(
  payments: PrismaClient,
  input: { merchantId: string; checkoutId: string; buyerSeconds: number; pageSeconds: { least: number; most: number } },
): Promise<{ pageExpiresAt: Date; buyerDeadlineAt: Date }> {
  const { least, most } = input.pageSeconds;
  const rows = await payments.$queryRaw<{ pageExpiresAt: Date; buyerDeadlineAt: Date }[]>`
    UPDATE payments.checkout
    SET buyer_deadline_at = coalesce(buyer_deadline_at, now() + make_interval(secs => ${input.buyerSeconds}::float8)),
        page_expires_at = coalesce(page_expires_at, greatest(now() + make_interval(secs => ${least}::float8),
          least(now() + make_interval(secs => ${most}::float8),
                coalesce(buyer_deadline_at, now() + make_interval(secs => ${input.buyerSeconds}::float8))))),
        updated_at = now()
    WHERE merchant_id = ${input.merchantId} AND checkout_id = ${input.checkoutId}
    RETURNING page_expires_at AS "pageExpiresAt", buyer_deadline_at AS "buyerDeadlineAt"`;
  if (rows[0] === undefined) throw new Error(`there is no checkout ${input.checkoutId}`);
  return rows[0];
}

/** The buyer is on the page now. Safe to repeat. */
export async function savePage(
  payments: PrismaClient,
  input: { merchantId: string; checkoutId: string; buyerId: string; pspCustomer: string; page: string; url: string },
): Promise<void> {
  await payments.$executeRaw`
    WITH customer AS (
      INSERT INTO payments.psp_customer (merchant_id, buyer_id, psp_customer)
      VALUES (${input.merchantId}, ${input.buyerId}, ${input.pspCustomer}) ON CONFLICT DO NOTHING)
    UPDATE payments.checkout
    SET psp_customer = ${input.pspCustomer}, page_reference = ${input.page}, page_url = ${input.url},
        checkout_status = 'awaiting_buyer', updated_at = now()
    WHERE merchant_id = ${input.merchantId} AND checkout_id = ${input.checkoutId} AND checkout_status IN ('open', 'awaiting_buyer')`;
}

/** The buyer has left the page for good: its address is of no use any more. Safe to repeat. */
export async function leavePage(payments: PrismaClient, merchantId: string, checkoutId: string): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.checkout SET checkout_status = 'open', page_url = NULL, updated_at = now()
    WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId} AND checkout_status = 'awaiting_buyer'`;
}

/** The card that was brought is of no use: the buyer has paid on the page. Safe to repeat. */
export async function forgetCard(payments: PrismaClient, merchantId: string, checkoutId: string): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.checkout SET credit_card_info = '{}', updated_at = now()
    WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId}`;
}

/** How an attempt to open a checkout again ended; the last three changed nothing. */
export type ReopenOutcome = 'reopened' | 'replayed' | 'page' | 'unknown' | 'in_progress' | 'final';

/**
 * Opens a declined checkout for a new business attempt: with a new card, or with a new page when `card` is null (U3).
 *
 * @param fromRound the round that has ended; a repeat after success is then told 'replayed'
 */
export async function reopenCheckout(
  payments: PrismaClient,
  input: { merchantId: string; checkoutId: string; card: string | null; fromRound: number | null },
): Promise<ReopenOutcome> {
  const rows = await payments.$queryRaw<{ outcome: ReopenOutcome }[]>`
    SELECT payments.reopen_checkout(${input.merchantId}, ${input.checkoutId}, ${input.card}::text, ${input.fromRound}::int) AS outcome`;
  return rows[0]?.outcome ?? 'final';
}

/** The buyer's customer at the merchant's PSP account, if one was made before. */
export async function findPspCustomer(
  payments: PrismaClient,
  merchantId: string,
  buyerId: string,
): Promise<string | undefined> {
  const row = await payments.providerCustomer.findFirst({ where: { merchantId, buyerId } });
  return row?.pspCustomer;
}

/**
 * Stores what an all_or_nothing checkout decides, if the move is legal, and answers the decision that stands.
 * A repeat, or a restarted checkout that would decide otherwise, gets the first decision. A run of an earlier `round`, as
 * after a reset, decides for nobody: the orders are in another one's hands.
 */
export async function recordDecision(
  payments: PrismaClient,
  input: { merchantId: string; checkoutId: string; round?: number; decision: BarrierDecision; reason: string },
): Promise<{ decision: BarrierDecision; reason: string }> {
  const from = input.decision === 'capture' ? [''] : input.decision === 'settle' ? ['capture'] : ['', 'capture'];
  const round = input.round ?? null;
  const rows = await payments.$queryRaw<{ decision: string; reason: string; late: boolean }[]>`
    WITH moved AS (
      UPDATE payments.checkout SET decision = ${input.decision}, decision_reason = ${input.reason}, updated_at = now()
      WHERE merchant_id = ${input.merchantId} AND checkout_id = ${input.checkoutId} AND coalesce(decision, '') = ANY(${from}::text[])
        AND round = coalesce(${round}::int, round)
      RETURNING decision, decision_reason)
    SELECT decision, decision_reason AS reason, false AS late FROM moved
    UNION ALL
    SELECT decision, decision_reason, round > coalesce(${round}::int, round) FROM payments.checkout
    WHERE merchant_id = ${input.merchantId} AND checkout_id = ${input.checkoutId} AND NOT EXISTS (SELECT FROM moved)`;
  const standing = rows[0];
  if (standing?.late === true) return { decision: input.decision, reason: input.reason };
  const decision = barrierDecisions.find((candidate) => candidate === standing?.decision);
  if (standing === undefined || decision === undefined)
    throw new Error(`checkout ${input.checkoutId} has no decision to stand by`);
  return { decision, reason: standing.reason };
}

/** Ends orders of this round that never started, before any of them reached the PSP: declined on attaching the card, or canceled. Safe to repeat. */
export async function failUnstartedOrders(
  payments: PrismaClient,
  input: {
    merchantId: string;
    checkoutId: string;
    phase: 'declined' | 'canceled' | 'rejected' | 'expired';
    failureReason: string;
    declineCode: string | null;
    declineAdvice: DeclineAdvice | null;
    failureMessage: string | null;
    round?: number;
  },
): Promise<void> {
  const round = input.round ?? null;
  await payments.$executeRaw`
    UPDATE payments.payment_order
    SET phase = ${input.phase}, payment_order_status = 'FAILED', failure_reason = ${input.failureReason},
        decline_code = ${input.declineCode}, decline_advice = ${input.declineAdvice}, failure_message = ${input.failureMessage}, updated_at = now()
    WHERE merchant_id = ${input.merchantId} AND checkout_id = ${input.checkoutId} AND payment_order_status = 'NOT_STARTED'
      AND EXISTS (SELECT FROM payments.checkout
                  WHERE merchant_id = ${input.merchantId} AND checkout_id = ${input.checkoutId} AND round = coalesce(${round}::int, round))`;
}

/**
 * Writes the final word on a checkout, once; a repeat answers the same. A round that a later one has replaced ends nothing: it answers how
 * the checkout stands.
 *
 * @param round whose run it is; left out by runs of before 0.8.0
 * @throws RangeError while an order is still open
 */
export async function finishCheckout(
  payments: PrismaClient,
  { merchantId, checkoutId, round = null }: { merchantId: string; checkoutId: string; round?: number | null },
): Promise<CheckoutOutcome> {
  const orders = await payments.$queryRaw<
    (OrderOutcome & { round: number; checkoutStatus: CheckoutStatus; isPaymentDone: boolean })[]
  >`
    SELECT o.payment_order_status AS status, o.wallet_updated AS "walletUpdated", o.ledger_updated AS "ledgerUpdated",
           o.failure_reason AS "failureReason", c.round, c.checkout_status AS "checkoutStatus", c.is_payment_done AS "isPaymentDone"
    FROM payments.payment_order AS o JOIN payments.checkout AS c USING (merchant_id, checkout_id)
    WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId}`;
  const [standing] = orders;
  // Another card was brought in the moment after the last order's end.
  if (standing !== undefined && round !== null && standing.round > round)
    return { status: standing.checkoutStatus, isPaymentDone: standing.isPaymentDone };
  const outcome = aggregateOutcome(orders);
  await payments.$executeRaw`
    UPDATE payments.checkout SET checkout_status = ${outcome.status}, is_payment_done = ${outcome.isPaymentDone}, updated_at = now()
    WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId} AND checkout_status IN ('open', 'awaiting_buyer')
      AND (${round}::int IS NULL OR round = ${round}::int)`;
  return outcome;
}

/**
 * Ends a checkout whose orders are all SUCCESS and booked, in one statement with others that end at the same time; any other as
 * {@link finishCheckout} does. Safe to repeat.
 */
export async function finishPaidCheckout(payments: PrismaClient, key: CheckoutRound): Promise<CheckoutOutcome> {
  return (await finishIfPaid(payments, key)) ? { status: 'paid', isPaymentDone: true } : finishCheckout(payments, key);
}

interface CheckoutRound {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly round: number;
}

const finishIfPaid = together<CheckoutRound, boolean>(async (payments, inputs) => {
  const rows = await payments.$queryRaw<{ place: number }[]>`
    WITH one AS (
      SELECT place, c.merchant_id, c.checkout_id
      FROM jsonb_to_recordset(${numbered(inputs)}::jsonb) AS one(place int, "merchantId" text, "checkoutId" text, round int)
      JOIN payments.checkout AS c ON c.merchant_id = one."merchantId" AND c.checkout_id = one."checkoutId" AND c.round = one.round
      WHERE c.checkout_status IN ('open', 'awaiting_buyer')
      ORDER BY c.merchant_id, c.checkout_id FOR UPDATE OF c),
    paid AS (
      UPDATE payments.checkout AS c SET checkout_status = 'paid', is_payment_done = true, updated_at = now()
      FROM one
      WHERE c.merchant_id = one.merchant_id AND c.checkout_id = one.checkout_id
        AND NOT EXISTS (
          SELECT FROM payments.payment_order AS o
          WHERE o.merchant_id = c.merchant_id AND o.checkout_id = c.checkout_id
            AND NOT (o.payment_order_status = 'SUCCESS' AND o.wallet_updated AND o.ledger_updated))
      RETURNING c.merchant_id, c.checkout_id)
    SELECT place FROM one JOIN paid USING (merchant_id, checkout_id)`;
  const places = new Set(rows.map(({ place }) => place));
  return inputs.map((_, place) => places.has(place));
});

/** An open checkout that the sweeper should look at. */
export interface CheckoutToSweep {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly round: number;
  /** Its one order, where a card came with it, in its first round. */
  readonly onlyOrder: string | null;
  readonly ordersOpen: boolean;
  readonly cancelRequested: boolean;
  readonly captureRequested: boolean;
  /** A card has been brought while the buyer is on the page. */
  readonly cardGiven: boolean;
  /** Orders of it with a request of their own, to be signalled again. */
  readonly requests: readonly {
    readonly paymentOrderId: string;
    readonly cancel: RequestedBy | null;
    readonly capture: RequestedBy | null;
  }[];
}

/** Open checkouts whose time to be looked at has come, the longest waiting first. */
export async function findCheckoutsToSweep(payments: PrismaClient, limit: number): Promise<CheckoutToSweep[]> {
  return payments.$queryRaw<CheckoutToSweep[]>`
    SELECT merchant_id AS "merchantId", checkout_id AS "checkoutId", round,
           CASE WHEN round = 1 AND credit_card_info->>'payment_method' IS NOT NULL
                THEN (SELECT min(o.payment_order_id) FROM payments.payment_order o
                      WHERE o.merchant_id = c.merchant_id AND o.checkout_id = c.checkout_id HAVING count(*) = 1) END AS "onlyOrder",
           cancel_requested IS NOT NULL AS "cancelRequested", capture_requested IS NOT NULL AS "captureRequested",
           checkout_status = 'awaiting_buyer' AND credit_card_info->>'payment_method' IS NOT NULL AS "cardGiven",
           EXISTS (SELECT FROM payments.payment_order o
                   WHERE o.merchant_id = c.merchant_id AND o.checkout_id = c.checkout_id
                     AND o.payment_order_status IN ('NOT_STARTED', 'EXECUTING')) AS "ordersOpen",
           (SELECT coalesce(jsonb_agg(jsonb_build_object('paymentOrderId', o.payment_order_id, 'cancel', o.cancel_requested,
                                                         'capture', o.capture_requested)), '[]')
            FROM payments.payment_order o
            WHERE o.merchant_id = c.merchant_id AND o.checkout_id = c.checkout_id AND o.payment_order_status IN ('NOT_STARTED', 'EXECUTING')
              AND (o.cancel_requested IS NOT NULL OR o.capture_requested IS NOT NULL)) AS requests
    FROM payments.checkout c
    WHERE checkout_status IN ('open', 'awaiting_buyer') AND sweep_after <= now()
    ORDER BY sweep_after LIMIT ${limit}`;
}

/** Looks again later, each time twice as late but within a minute: whatever happens to a workflow is healed soon (V9). */
export async function postponeSweep(payments: PrismaClient, merchantId: string, checkoutId: string): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.checkout
    SET sweep_count = sweep_count + 1, sweep_after = now() + least(interval '1 minute', interval '15 seconds' * (2 ^ least(sweep_count, 2)))
    WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId}`;
}

/**
 * Marks a row whose workflow has ended while it is still open: that is a defect, shown until someone looks. A row that
 * was finished since it was read is left alone: the last activity writes it before the workflow closes.
 *
 * @returns whether there was anything to mark
 */
export async function raiseAlarm(
  payments: PrismaClient,
  merchantId: string,
  checkoutId: string,
  alarm: string,
): Promise<boolean> {
  const marked = await payments.$executeRaw`
    UPDATE payments.checkout SET alarm = ${alarm}, sweep_after = now() + interval '10 minutes', updated_at = now()
    WHERE merchant_id = ${merchantId} AND checkout_id = ${checkoutId} AND checkout_status IN ('open', 'awaiting_buyer')`;
  return marked > 0;
}

/** A merchant's checkouts that are not settled and have been left alone since a moment, the longest waiting first. */
export async function unsettledCheckouts(
  payments: PrismaClient,
  merchantId: string,
  untouchedSince: Date,
  limit: number,
): Promise<CheckoutRecord[]> {
  return payments.checkout.findMany({
    where: { merchantId, checkoutStatus: { in: ['open', 'awaiting_buyer'] }, updatedAt: { lt: untouchedSince } },
    include: { paymentOrders: { orderBy: { position: 'asc' } } },
    orderBy: { updatedAt: 'asc' },
    take: limit,
  });
}

/** Which of some ids are a merchant's checkouts. */
export async function knownCheckouts(
  payments: PrismaClient,
  merchantId: string,
  checkoutIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await payments.checkout.findMany({
    where: { merchantId, checkoutId: { in: [...checkoutIds] } },
    select: { checkoutId: true },
  });
  return new Set(rows.map(({ checkoutId }) => checkoutId));
}

/** Checkouts whose word isn't that of their orders (V4): paid means that every order is, booked in wallet and ledger. */
export async function checkoutsThatContradict(
  payments: PrismaClient,
  merchantId: string,
  limit: number,
): Promise<{ checkoutId: string; isPaymentDone: boolean }[]> {
  return payments.$queryRaw`
    SELECT c.checkout_id AS "checkoutId", c.is_payment_done AS "isPaymentDone"
    FROM payments.checkout AS c
    JOIN LATERAL (
      SELECT bool_and(o.payment_order_status = 'SUCCESS' AND o.wallet_updated AND o.ledger_updated) AS all_done
      FROM payments.payment_order AS o WHERE o.merchant_id = c.merchant_id AND o.checkout_id = c.checkout_id) AS orders ON true
    WHERE c.merchant_id = ${merchantId} AND c.checkout_status NOT IN ('open', 'awaiting_buyer') AND c.is_payment_done <> coalesce(orders.all_done, false)
    ORDER BY c.created_at LIMIT ${limit}`;
}

/**
 * Which of these tries at paying are no longer on their way to the PSP: it has answered, or waits for the buyer, or the checkout has come to
 * its end or to another card; and whether money of it came, or is held.
 */
export async function endedTries(
  payments: PrismaClient,
  merchantId: string,
  tries: readonly { readonly checkoutId: string; readonly round: number }[],
): Promise<{ checkoutId: string; round: number; wentWell: boolean }[]> {
  return payments.$queryRaw`
    SELECT tried."checkoutId", tried.round, c.round = tried.round AND EXISTS (
      SELECT FROM payments.payment_order AS o
      WHERE o.merchant_id = c.merchant_id AND o.checkout_id = c.checkout_id
        AND o.phase IN ('authorized', 'capturing', 'captured', 'succeeded')) AS "wentWell"
    FROM jsonb_to_recordset(${JSON.stringify(tries)}::jsonb) AS tried("checkoutId" text, round int)
    JOIN payments.checkout AS c ON c.merchant_id = ${merchantId} AND c.checkout_id = tried."checkoutId"
    WHERE c.round > tried.round OR c.checkout_status <> 'open'
      OR NOT EXISTS (
        SELECT FROM payments.payment_order AS o
        WHERE o.merchant_id = c.merchant_id AND o.checkout_id = c.checkout_id
          AND o.phase IN ('not_started', 'charging', 'authorizing', 'unknown'))`;
}
