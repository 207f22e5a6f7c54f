import { newId, type Metadata } from './objects';
import type { StripeObject } from './store';

/** A connected account as the platform sees it (docs.stripe.com/api/accounts/object). */
export function connectedAccount(
  created: number,
  fields: { country: string; currency: string; email: string | null; payoutsEnabled: boolean; metadata: Metadata },
): StripeObject {
  const { country, currency, email, payoutsEnabled, metadata } = fields;
  return {
    id: newId('acct').replace(/(?<=^acct_.{16}).*/, ''),
    object: 'account',
    business_type: 'individual',
    capabilities: { transfers: 'active' },
    charges_enabled: payoutsEnabled,
    country,
    created,
    default_currency: currency,
    details_submitted: payoutsEnabled,
    email,
    external_accounts: { object: 'list', data: [], has_more: false, url: '/v1/accounts/external_accounts' },
    metadata,
    payouts_enabled: payoutsEnabled,
    requirements: requirements(payoutsEnabled),
    settings: {
      branding: {},
      card_payments: {},
      dashboard: {},
      payments: {},
      payouts: { debit_negative_balances: false, schedule: { delay_days: 2, interval: 'manual' } },
    },
    type: 'express',
  };
}

export const requirements = (satisfied: boolean): Record<string, unknown> => ({
  alternatives: [],
  current_deadline: null,
  currently_due: satisfied ? [] : ['individual.verification.document'],
  disabled_reason: satisfied ? null : 'requirements.past_due',
  errors: [],
  eventually_due: [],
  past_due: [],
  pending_verification: [],
});

/** A transfer from the platform to a connected account. */
export function transfer(
  created: number,
  fields: {
    amount: number;
    currency: string;
    destination: string;
    destinationPayment: string;
    group: string | null;
    line: string;
    metadata: Metadata;
  },
): StripeObject {
  const id = newId('tr');
  return {
    id,
    object: 'transfer',
    amount: fields.amount,
    amount_reversed: 0,
    balance_transaction: fields.line,
    created,
    currency: fields.currency,
    description: null,
    destination: fields.destination,
    destination_payment: fields.destinationPayment,
    livemode: false,
    metadata: fields.metadata,
    reversals: { object: 'list', data: [], has_more: false, url: `/v1/transfers/${id}/reversals` },
    reversed: false,
    source_transaction: null,
    source_type: 'card',
    transfer_group: fields.group,
  };
}

export function transferReversal(
  created: number,
  fields: { amount: number; currency: string; transfer: string; line: string; metadata: Metadata },
): StripeObject {
  return {
    id: newId('trr'),
    object: 'transfer_reversal',
    amount: fields.amount,
    balance_transaction: fields.line,
    created,
    currency: fields.currency,
    destination_payment_refund: null,
    metadata: fields.metadata,
    source_refund: null,
    transfer: fields.transfer,
  };
}

/** A payout from an account to its bank. */
export function payout(
  created: number,
  fields: { amount: number; currency: string; line: string; metadata: Metadata },
): StripeObject {
  return {
    id: newId('po'),
    object: 'payout',
    amount: fields.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: created + 24 * 3600,
    automatic: false,
    balance_transaction: fields.line,
    created,
    currency: fields.currency,
    description: null,
    destination: newId('ba'),
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: fields.metadata,
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: 'bank_account',
    statement_descriptor: null,
    status: 'pending',
    trace_id: null,
    type: 'bank_account',
  };
}
