import { workflowIds } from './domain/identifiers';
import { verdictOn, type PspSubject } from './domain/psp-event';
import type { PrismaClient } from './prisma/database';
import { findEventRows, parkPspEvent, settlePspEvent, type PspEventRecord } from './prisma/psp-event';
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
  const { merchantId } = event;
  const subject = event.subject as PspSubject;
  const rows = await findEventRows(payments, event, subject.payment);
  const verdict = verdictOn(merchantId, subject, event.occurredAt.getTime(), rows);
  switch (verdict.verdict) {
    case 'tell_order':
      return tell(workflowIds.paymentOrder(merchantId, there(rows.order).paymentOrderId, there(rows.checkout).round));
    case 'tell_checkout':
      return tell(workflowIds.checkout(merchantId, there(rows.checkout).checkoutId, there(rows.checkout).round));
    case 'stray': {
      const { reference, attempt } = verdict;
      const { paymentOrderId, currency } = there(rows.order);
      const stray = { merchantId, pspReference: reference, paymentOrderId, attempt, currency };
      await noteStrayPayment(payments, { ...stray, foundBy: `event ${event.eventId}` });
      await world.startStrayPayment({ merchantId, paymentOrderId, reference });
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

  async function tell(workflowId: string): Promise<void> {
    return (await world.tell(workflowId))
      ? settlePspEvent(payments, event, 'applied', null)
      : parkPspEvent(payments, event, 'the workflow it is for is not running');
  }
}

/** The row that a verdict is about: without it there would have been another one. */
function there<Row>(row: Row | null): Row {
  if (row === null) throw new Error('a verdict about a row that is not there');
  return row;
}
