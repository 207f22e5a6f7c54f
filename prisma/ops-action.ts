import type { PrismaClient } from './database';
import type { PaymentOrderKey } from './payment-order';

/** A person's act, as it was written down with who and why. */
export interface OpsActionRecord {
  readonly service: 'payments' | 'payouts';
  readonly opsActionId: bigint;
  /** What it is about, such as `refund:r-1`. */
  readonly subject: string;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly details: unknown;
  readonly recordedAt: Date;
}

/** A place in the one list of both services: the newest first, and of one moment those about payments first. */
export interface OpsActionCursor {
  readonly recordedAt: Date;
  readonly service: 'payments' | 'payouts';
  readonly opsActionId: bigint;
}

const newestFirst = [{ recordedAt: 'desc' }, { opsActionId: 'desc' }] as const;

function behind(service: 'payments' | 'payouts', after: OpsActionCursor | null) {
  if (after === null) return {};
  const { recordedAt } = after;
  if (after.service === service)
    return { OR: [{ recordedAt: { lt: recordedAt } }, { recordedAt, opsActionId: { lt: after.opsActionId } }] };
  return { recordedAt: service === 'payouts' ? { lte: recordedAt } : { lt: recordedAt } };
}

/** What people have done about payment orders and what belongs to them, the newest first. */
export async function listPaymentActions(
  payments: PrismaClient,
  merchantId: string,
  filter: { readonly actor: string | undefined; readonly paymentOrderId: string | undefined },
  limit: number,
  after: OpsActionCursor | null,
): Promise<OpsActionRecord[]> {
  const { actor, paymentOrderId } = filter;
  const rows = await payments.opsAction.findMany({
    where: {
      merchantId,
      ...(actor !== undefined && { actor }),
      ...(paymentOrderId !== undefined && { paymentOrderId }),
      ...behind('payments', after),
    },
    orderBy: [...newestFirst],
    take: limit,
  });
  return rows.map(({ subject, paymentOrderId: order, ...row }) => ({
    ...row,
    service: 'payments',
    subject: subject ?? `payment_order:${order ?? ''}`,
  }));
}

/** What people have done about payouts, the newest first. */
export async function listPayoutActions(
  payouts: PrismaClient,
  merchantId: string,
  filter: { readonly actor: string | undefined },
  limit: number,
  after: OpsActionCursor | null,
): Promise<OpsActionRecord[]> {
  const { actor } = filter;
  const rows = await payouts.payoutOpsAction.findMany({
    where: { merchantId, ...(actor !== undefined && { actor }), ...behind('payouts', after) },
    orderBy: [...newestFirst],
    take: limit,
  });
  return rows.map(({ payoutId, ...row }) => ({ ...row, service: 'payouts', subject: `payout:${payoutId}` }));
}

/** A person's act about a payment order, about a `subject` that belongs to one, or about one that belongs to none. */
export interface OpsActionToRecord extends Pick<PaymentOrderKey, 'merchantId'> {
  readonly paymentOrderId: string | null;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly details: unknown;
  readonly updateId: string;
  readonly subject?: string;
}

/** Writes down a person's act, once per Temporal update. */
export async function recordOpsAction(payments: PrismaClient, action: OpsActionToRecord): Promise<void> {
  await payments.$executeRaw`
    INSERT INTO payments.ops_action (merchant_id, payment_order_id, action, actor, reason, details, update_id, subject)
    VALUES (${action.merchantId}, ${action.paymentOrderId}, ${action.action}, ${action.actor}, ${action.reason},
            ${JSON.stringify(action.details ?? {})}::jsonb, ${action.updateId}, ${action.subject ?? null}::text)
    ON CONFLICT DO NOTHING`;
}

/** What people have done about an order. */
export async function opsActionsOf(
  payments: PrismaClient,
  key: PaymentOrderKey,
): Promise<Record<string, string | null>[]> {
  const { merchantId, paymentOrderId } = key;
  const rows = await payments.opsAction.findMany({
    where: { merchantId, paymentOrderId },
    orderBy: { opsActionId: 'asc' },
  });
  return rows.map(({ action, actor, reason, subject, recordedAt }) => ({
    action,
    actor,
    reason,
    subject,
    recorded_at: recordedAt.toISOString(),
  }));
}
