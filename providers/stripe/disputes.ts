import type Stripe from 'stripe';
import type { DisputeStatus } from '../../domain/dispute';
import { keyOf } from '../idempotency-key';
import type { DisputeProvider, DisputeState } from '../provider';
import { fromStripeAmount } from './amounts';
import { toProviderError } from './errors';

/** Our words for Stripe's (docs.stripe.com/disputes/how-disputes-work). A word not known here is an open dispute. */
const standings: Readonly<Record<string, DisputeStatus>> = {
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'inquiry_closed',
  needs_response: 'needs_response',
  appeal_needs_response: 'needs_response',
  under_review: 'under_review',
  appeal_under_review: 'under_review',
  won: 'won',
  lost: 'lost',
  prevented: 'withdrawn',
};

/** Disputes at Stripe. What moved is told by the dispute's own balance transactions, never by its status (D2). */
export class StripeDisputes implements DisputeProvider {
  constructor(private readonly stripe: Stripe) {}

  async read(reference: string): Promise<DisputeState> {
    try {
      return stateOf(await this.stripe.disputes.retrieve(reference));
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async sendEvidence(input: Parameters<DisputeProvider['sendEvidence']>[0]): Promise<void> {
    const { merchantId, reference, evidence, revision, submit } = input;
    try {
      await this.stripe.disputes.update(
        reference,
        { evidence: { ...evidence }, submit },
        { idempotencyKey: keyOf([merchantId, 'dispute', reference, 'evidence', String(revision), String(submit)]) },
      );
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async accept({ merchantId, reference }: Parameters<DisputeProvider['accept']>[0]): Promise<void> {
    try {
      await this.stripe.disputes.close(
        reference,
        {},
        { idempotencyKey: keyOf([merchantId, 'dispute', reference, 'accept']) },
      );
    } catch (error) {
      const problem = toProviderError(error);
      if (problem.problem !== 'rejected' || (await this.read(reference)).standing !== 'lost') throw problem;
    }
  }
}

function stateOf(dispute: Stripe.Dispute): DisputeState {
  const { payment_intent: payment, charge, evidence_details: details } = dispute;
  const minor = (amount: number, currency: string): string =>
    (amount < 0 ? -fromStripeAmount(-amount, currency) : fromStripeAmount(amount, currency)).toString();
  return {
    reference: dispute.id,
    payment: payment === null ? null : typeof payment === 'string' ? payment : payment.id,
    charge: typeof charge === 'string' ? charge : charge.id,
    amountMinor: minor(dispute.amount, dispute.currency),
    currency: dispute.currency.toUpperCase(),
    reason: dispute.reason,
    status: dispute.status,
    standing: standings[dispute.status] ?? 'under_review',
    refundable: dispute.is_charge_refundable,
    evidenceDueBy: details.due_by === null ? null : new Date(details.due_by * 1000).toISOString(),
    openedAt: new Date(dispute.created * 1000).toISOString(),
    lines: dispute.balance_transactions.map((line) => ({
      lineId: line.id,
      amountMinor: minor(line.amount, line.currency),
      feeMinor: minor(line.fee, line.currency),
      currency: line.currency.toUpperCase(),
    })),
  };
}
