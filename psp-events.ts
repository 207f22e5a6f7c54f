import { workflowIds } from './domain/identifiers';
import type { PaymentOrderPhase, PaymentOrderStatus } from './domain/payment-order';
import { verdictOn, type PspEventRows, type PspSubject } from './domain/psp-event';
import { findCheckoutStanding } from './prisma/checkout';
import type { PrismaClient } from './prisma/database';
import { findOrderByReference, findPaymentOrder, type PaymentOrderRecord } from './prisma/payment-order';
import { parkPspEvent, settlePspEvent, type PspEventRecord } from './prisma/psp-event';
import { noteStrayPayment } from './prisma/stray-payment';
import type { StrayPaymentInput } from './workflows/messages';

/** What applying an event reaches: rows, and the workflows to tell. The same for the API and the worker. */
export interface EventWorld {
  readonly payments: PrismaClient;
  /** Tells a workflow to ask the PSP now. Answers false when it isn't running. */
  readonly tell: (workflowId: string) => Promise<boolean>;
  readonly startStrayPayment: (input: StrayPaymentInput) => Promise<void>;
}

/**
 * Compares a stored event with our rows and tells the one workflow whose state would change (W3). Safe to repeat, and
 * safe to lose half-way: an event that isn't settled is taken up again.
 */
export async function applyPspEvent(world: EventWorld, event: PspEventRecord): Promise<void> {
  const { payments } = world;
  const subject = event.subject as PspSubject;
  const order = await orderOf(payments, event.merchantId, subject);
  const checkoutId = order?.checkoutId ?? event.checkoutId;
  const checkout = checkoutId === null ? undefined : await findCheckoutStanding(payments, event.merchantId, checkoutId);
  const verdict = verdictOn(event.merchantId, subject, event.occurredAt.getTime(), {
    order: order === undefined ? null : rowOf(order),
    checkout: checkout ?? null,
  });
  switch (verdict.verdict) {
    case 'tell_order':
    case 'tell_checkout': {
      const round = checkout?.round;
      const workflowId =
        verdict.verdict === 'tell_order' && order !== undefined
          ? workflowIds.paymentOrder(event.merchantId, order.paymentOrderId, round)
          : workflowIds.checkout(event.merchantId, checkoutId ?? '', round);
      if (await world.tell(workflowId)) return settlePspEvent(payments, event, 'applied', null);
      return parkPspEvent(payments, event, 'the workflow it is for is not running');
    }
    case 'stray': {
      const { reference, attempt } = verdict;
      const paymentOrderId = order?.paymentOrderId ?? '';
      const currency = order?.currency ?? '';
      const stray = { merchantId: event.merchantId, pspReference: reference, paymentOrderId, attempt, currency };
      await noteStrayPayment(payments, { ...stray, foundBy: `event ${event.eventId}` });
      await world.startStrayPayment({ merchantId: event.merchantId, paymentOrderId, reference });
      return settlePspEvent(payments, event, 'applied', 'no order waits for this payment: it goes back');
    }
    case 'no_change':
      return settlePspEvent(payments, event, 'no_change', null);
    case 'ignored':
    case 'dead_letter':
      return settlePspEvent(payments, event, verdict.verdict, verdict.reason);
    case 'later':
      return parkPspEvent(payments, event, verdict.reason);
  }
}

/** By our own id where the PSP's object carries it, else by the PSP's id of the payment. */
async function orderOf(
  payments: PrismaClient,
  merchantId: string,
  { metadata, payment }: PspSubject,
): Promise<PaymentOrderRecord | undefined> {
  if (metadata.payment_order_id !== undefined)
    return findPaymentOrder(payments, { merchantId, paymentOrderId: metadata.payment_order_id });
  return payment === null ? undefined : findOrderByReference(payments, merchantId, payment);
}

const rowOf = (order: PaymentOrderRecord): NonNullable<PspEventRows['order']> => ({
  status: order.paymentOrderStatus as PaymentOrderStatus,
  phase: order.phase as PaymentOrderPhase,
  attempt: order.businessAttempt,
  reference: order.pspReference,
  amountMinor: order.amount,
  currency: order.currency,
  updatedAtMs: order.updatedAt.getTime(),
});
