import { disputeFee, withLine } from './dispute-opening';
import type { StripeObject } from './store';
import type { StripeApi } from './stripe-api';
import { invalid } from './stripe-error';

/** How the sandbox can be told to move a dispute on. */
export const disputeOutcomes = ['won', 'lost', 'withdrawn', 'escalate', 'reopen', 'warning_closed'] as const;
export type DisputeOutcome = (typeof disputeOutcomes)[number];

/** Disputes: a bank takes a charge back, asks about it, and decides (docs.stripe.com/api/disputes). */
export class Disputes {
  constructor(private readonly api: StripeApi) {}

  update(id: string): StripeObject {
    const dispute = this.api.get('dispute', id, 'dispute');
    if (!/needs_response$/.test(String(dispute['status'])))
      throw invalid(
        `This dispute is ${String(dispute['status'])}: its evidence can't be changed.`,
        'dispute',
        'dispute_not_open',
      );
    const given = (this.api.call.params['evidence'] ?? {}) as Record<string, string>;
    const evidence = { ...(dispute['evidence'] as Record<string, string>), ...given };
    const details = dispute['evidence_details'] as Record<string, unknown>;
    const submitted = this.api.call.params['submit'] !== 'false';
    const next = {
      ...dispute,
      evidence,
      evidence_details: {
        ...details,
        has_evidence: true,
        submission_count: Number(details['submission_count']) + (submitted ? 1 : 0),
      },
    };
    if (!submitted) return this.api.save(next);
    const inquiry = String(dispute['status']).startsWith('warning');
    const reviewed = this.api.save({ ...next, status: inquiry ? 'warning_under_review' : 'under_review' });
    // As in Stripe's own test mode, the words decide (docs.stripe.com/testing#evidence).
    const text = evidence['uncategorized_text'];
    if (text === 'winning_evidence') return this.finish(reviewed.id, inquiry ? 'warning_closed' : 'won');
    return text === 'losing_evidence' ? this.finish(reviewed.id, inquiry ? 'escalate' : 'lost') : reviewed;
  }

  close(id: string): StripeObject {
    const dispute = this.api.get('dispute', id, 'dispute');
    if (!/needs_response$/.test(String(dispute['status'])))
      throw invalid('This dispute is already closed.', 'dispute', 'dispute_already_closed');
    return this.api.save({ ...dispute, status: 'lost' });
  }

  /** The sandbox's own verb: what the bank does next. `reopen` is a second chargeback after a won one. */
  finish(id: string, outcome: DisputeOutcome, returnedFee = 0): StripeObject {
    const dispute = this.api.get('dispute', id, 'dispute');
    const amount = Number(dispute['amount']);
    const held = -(dispute['balance_transactions'] as { amount: number }[]).reduce((sum, line) => sum + line.amount, 0);
    switch (outcome) {
      case 'won':
      case 'withdrawn': {
        const status = outcome === 'won' ? 'won' : 'prevented';
        const ended = { ...dispute, status };
        return this.api.save(held > 0 ? withLine(this.api, ended, held, -returnedFee) : ended);
      }
      case 'lost':
      case 'warning_closed':
        return this.api.save({ ...dispute, status: outcome });
      case 'escalate':
      case 'reopen':
        return this.api.save(
          withLine(
            this.api,
            { ...dispute, status: 'needs_response', is_charge_refundable: false },
            -amount,
            disputeFee,
          ),
        );
    }
  }
}
