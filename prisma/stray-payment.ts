import type { PrismaClient } from './database';

/** A payment at the PSP under our ids that no order waits for. */
export interface StrayPaymentRecord {
  readonly merchantId: string;
  readonly pspReference: string;
  readonly paymentOrderId: string;
  readonly attempt: number;
  readonly currency: string;
  readonly state: string;
  readonly amount: bigint | null;
  readonly problem: string | null;
  readonly foundAt: Date;
  readonly settledAt: Date | null;
}

export type StrayState = 'open' | 'refunding' | 'refunded' | 'voided' | 'nothing_there';

interface StrayKey {
  readonly merchantId: string;
  readonly pspReference: string;
}

/** Notes a stray payment, once: row first, its workflow after. Safe to repeat. */
export async function noteStrayPayment(
  payments: PrismaClient,
  stray: StrayKey & { paymentOrderId: string; attempt: number; currency: string; foundBy: string },
): Promise<void> {
  await payments.$executeRaw`
    INSERT INTO payments.stray_payment (merchant_id, psp_reference, payment_order_id, attempt, currency, found_by)
    VALUES (${stray.merchantId}, ${stray.pspReference}, ${stray.paymentOrderId}, ${stray.attempt}::int, ${stray.currency}, ${stray.foundBy})
    ON CONFLICT DO NOTHING`;
}

export async function findStrayPayment(payments: PrismaClient, key: StrayKey): Promise<StrayPaymentRecord | undefined> {
  return (
    (await payments.strayPayment.findFirst({
      where: { merchantId: key.merchantId, pspReference: key.pspReference },
    })) ?? undefined
  );
}

/** Moves a stray payment on. A settled one stays as it is. Safe to repeat. */
export async function moveStrayPayment(
  payments: PrismaClient,
  key: StrayKey,
  change: { state: StrayState; amountMinor?: bigint; problem?: string | null },
): Promise<void> {
  await payments.$executeRaw`
    UPDATE payments.stray_payment
    SET state = ${change.state}, amount = coalesce(amount, ${change.amountMinor ?? null}::bigint), problem = ${change.problem ?? null}::text,
        settled_at = CASE WHEN ${change.state} IN ('open', 'refunding') THEN NULL ELSE now() END
    WHERE merchant_id = ${key.merchantId} AND psp_reference = ${key.pspReference} AND state IN ('open', 'refunding')`;
}

/** Open ones that should be looked at again, the longest waiting first; each is given a minute. */
export async function claimStrayPayments(payments: PrismaClient, limit: number): Promise<StrayPaymentRecord[]> {
  return payments.$queryRaw`
    UPDATE payments.stray_payment AS s SET sweep_after = now() + interval '1 minute'
    FROM (SELECT merchant_id, psp_reference FROM payments.stray_payment
          WHERE state IN ('open', 'refunding') AND sweep_after <= now() ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE s.merchant_id = due.merchant_id AND s.psp_reference = due.psp_reference
    RETURNING s.merchant_id AS "merchantId", s.psp_reference AS "pspReference", s.payment_order_id AS "paymentOrderId",
              s.attempt, s.currency, s.state, s.amount, s.problem, s.found_at AS "foundAt", s.settled_at AS "settledAt"`;
}

export async function countStrayPayments(payments: PrismaClient): Promise<{ state: string; count: bigint }[]> {
  return payments.$queryRaw`
    SELECT state, count(*) AS count FROM payments.stray_payment WHERE state IN ('open', 'refunding') GROUP BY state`;
}

export async function strayPaymentsOf(
  payments: PrismaClient,
  key: { merchantId: string; paymentOrderId: string },
): Promise<StrayPaymentRecord[]> {
  const { merchantId, paymentOrderId } = key;
  return payments.strayPayment.findMany({ where: { merchantId, paymentOrderId }, orderBy: { foundAt: 'asc' } });
}
