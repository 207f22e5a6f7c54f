import type { Call } from './call';
import { balanceTransaction, newId, type Charge } from './objects';
import type { StripeObject } from './store';
import { invalid } from './stripe-error';

const evidenceDays = 7;
/** Stripe's own fee of a dispute, in the currency's minor units. */
export const disputeFee = 1_500;

/** What of the API a dispute needs to come about. */
interface Stage {
  readonly call: Call;
  get(kind: string, id: string, param?: string): StripeObject;
  save<T extends StripeObject>(value: T): T;
}

/** A buyer goes to the bank about a charge. An inquiry takes no money. */
export function openDispute(
  api: Stage,
  chargeId: string,
  fields: { amount?: number; reason: string; inquiry: boolean; fee?: number },
): StripeObject {
  const { nowSeconds } = api.call;
  const charge = api.get('charge', chargeId, 'charge') as Charge;
  if (!charge.captured) throw invalid('Only a captured charge can be disputed.', 'charge');
  const amount = fields.amount ?? charge.amount_captured;
  api.save({ ...charge, disputed: true });
  const made: StripeObject = {
    id: newId('dp'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: nowSeconds,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { enhanced_evidence: {} },
    evidence_details: {
      due_by: nowSeconds + evidenceDays * 24 * 3600,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: fields.inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      type: 'card',
      card: { brand: 'visa', case_type: 'chargeback', network: 'visa', network_reason_code: '10' },
    },
    reason: fields.reason,
    status: fields.inquiry ? 'warning_needs_response' : 'needs_response',
  };
  return api.save(fields.inquiry ? made : withLine(api, made, -amount, fields.fee ?? disputeFee));
}

/** The dispute with one more line in the account's balance: money taken, or given back. */
export function withLine(api: Stage, dispute: StripeObject, amount: number, fee: number): StripeObject {
  const { nowSeconds } = api.call;
  const line = api.save(
    balanceTransaction(nowSeconds, {
      amount,
      fee,
      currency: String(dispute['currency']),
      source: dispute.id,
      type: 'adjustment',
      availableOn: nowSeconds,
      description: amount < 0 ? `Chargeback withdrawal for ${String(dispute['charge'])}` : 'Chargeback reversal',
    }),
  );
  return { ...dispute, balance_transactions: [...(dispute['balance_transactions'] as StripeObject[]), line] };
}
