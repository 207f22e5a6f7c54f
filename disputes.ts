import { fromMinorUnits } from './domain/money';
import type { PspSubject } from './domain/psp-event';
import type { DisputeRecord } from './prisma/dispute';
import type { MoneyProcess } from './workflows/messages';

/** The order that a dispute is about. */
interface DisputedOrder {
  readonly paymentOrderId: string;
  readonly sellerAccount: string;
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** The workflow that follows a dispute the PSP tells of. Its row is written by its first step, from what the PSP says when asked. */
export const disputeProcessOf = (merchantId: string, subject: PspSubject, order: DisputedOrder): MoneyProcess => ({
  workflow: 'disputeWorkflow',
  input: {
    merchantId,
    disputeId: subject.object,
    paymentOrderId: order.paymentOrderId,
    sellerAccount: order.sellerAccount,
    amount: fromMinorUnits(
      subject.amountMinor === null ? order.amountMinor : BigInt(subject.amountMinor),
      subject.currency ?? order.currency,
    ),
  },
});

/** The workflow that follows a stored dispute. */
export const disputeProcess = (dispute: DisputeRecord, sellerAccount: string): MoneyProcess => ({
  workflow: 'disputeWorkflow',
  input: {
    merchantId: dispute.merchantId,
    disputeId: dispute.disputeId,
    paymentOrderId: dispute.paymentOrderId,
    sellerAccount,
    amount: fromMinorUnits(dispute.amount, dispute.currency),
  },
});
