import type { BreakRecord } from '../prisma/break';
import type { CheckoutRecord } from '../prisma/checkout';
import type { DisputeRecord } from '../prisma/dispute';
import type { OutboxRow } from '../prisma/event';
import type { PaymentOrderRecord } from '../prisma/payment-order';
import type { PayoutRecord } from '../prisma/payout';
import type { RunRecord } from '../prisma/reconciliation';
import type { SellerRecord } from '../prisma/identity';
import type { RefundRecord } from '../prisma/refund';
import type { PeriodRecord, SubscriptionRecord } from '../prisma/subscription';
import {
  renderBreak,
  renderDispute,
  renderPaymentOrder,
  renderPayout,
  renderPeriod,
  renderRefund,
  renderRun,
  renderSellerEvent,
  renderSubscription,
} from '../render';

const amounts = new Set([
  ...['amount', 'platform_fee', 'captured_amount', 'seller_amount', 'fee_amount', 'held_amount'],
  ...['our_amount', 'psp_amount', 'our_fee', 'psp_fee'],
]);
const times = /^anchor$|_(?:at|by|on|after)$/;
const words = new Set(['requested_by', 'supplied_by', 'resolved_by']);

const camel = (name: string): string => name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** A row as a repository gives it, of the row as a trigger has written it down. */
function recordOf(snapshot: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(snapshot as Record<string, unknown>).map(([name, value]) => [
      camel(name),
      value === null
        ? null
        : amounts.has(name)
          ? BigInt(value as number)
          : times.test(name) && !words.has(name)
            ? new Date(value as string)
            : value,
    ]),
  );
}

/** What an event says of its resource: as GET answered it in that moment, of a checkout without its orders. */
export function dataOf({ resourceType, snapshot }: OutboxRow): object {
  const record: unknown = recordOf(snapshot);
  switch (resourceType) {
    case 'payment':
      return renderPaymentOrder(record as PaymentOrderRecord);
    case 'refund':
      return renderRefund(record as RefundRecord);
    case 'dispute':
      return renderDispute({ ...(record as DisputeRecord), evidence: {} });
    case 'seller':
      return renderSellerEvent(record as SellerRecord);
    case 'payout':
      return renderPayout(record as PayoutRecord);
    case 'subscription':
      return renderSubscription(record as SubscriptionRecord);
    case 'subscription_period': {
      const period = record as PeriodRecord;
      return { subscription_id: period.subscriptionId, ...renderPeriod(period) };
    }
    case 'reconciliation_run':
      return renderRun({ ...(record as RunRecord), checks: [] });
    case 'reconciliation_break':
      return renderBreak(record as BreakRecord);
    default: {
      const { checkoutId, checkoutStatus, isPaymentDone, round, metadata, createdAt, updatedAt } =
        record as CheckoutRecord;
      return {
        checkout_id: checkoutId,
        checkout_status: checkoutStatus,
        is_payment_done: isPaymentDone,
        payment_attempt: round,
        metadata,
        created_at: createdAt.toISOString(),
        updated_at: updatedAt.toISOString(),
      };
    }
  }
}
