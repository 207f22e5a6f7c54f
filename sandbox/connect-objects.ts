import { newId, type Metadata } from './objects';
import type { StripeObject } from './store';

/** What a seller still has to say after an account was made (docs.stripe.com/connect/handling-api-verification). */
const wholeOnboarding = [
  'external_account',
  'individual.address.line1',
  'individual.dob.day',
  'individual.first_name',
  'individual.last_name',
  'tos_acceptance.date',
] as const;

/** A connected account as the platform sees it (docs.stripe.com/api/accounts/object). */
export function connectedAccount(
  created: number,
  fields: {
    country: string;
    currency: string;
    email: string | null;
    /** `made`: nobody has said anything yet; `verified`: all is said and believed; `pending`: all is said, and a document is wanted. */
    standing: 'made' | 'verified' | 'pending';
    metadata: Metadata;
  },
): StripeObject {
  const { country, currency, email, standing, metadata } = fields;
  const enabled = standing === 'verified';
  return {
    id: newId('acct').replace(/(?<=^acct_.{16}).*/, ''),
    object: 'account',
    business_type: 'individual',
    capabilities: { transfers: standing === 'made' ? 'inactive' : 'active' },
    charges_enabled: enabled,
    country,
    created,
    default_currency: currency,
    details_submitted: enabled,
    email,
    external_accounts: { object: 'list', data: [], has_more: false, url: '/v1/accounts/external_accounts' },
    metadata,
    payouts_enabled: enabled,
    requirements:
      standing === 'made'
        ? requirements({ currentlyDue: wholeOnboarding, disabledReason: 'requirements.past_due' })
        : enabled
          ? requirements({})
          : requirements({
              currentlyDue: ['individual.verification.document'],
              disabledReason: 'requirements.past_due',
            }),
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

/** What Stripe still wants to know; nothing where nothing is given. */
export const requirements = (wanted: {
  readonly currentlyDue?: readonly string[];
  readonly pastDue?: readonly string[];
  readonly pendingVerification?: readonly string[];
  readonly deadline?: number | null;
  readonly disabledReason?: string | null;
}): Record<string, unknown> => ({
  alternatives: [],
  current_deadline: wanted.deadline ?? null,
  currently_due: [...(wanted.currentlyDue ?? [])],
  disabled_reason: wanted.disabledReason ?? null,
  errors: [],
  eventually_due: [...(wanted.currentlyDue ?? [])],
  past_due: [...(wanted.pastDue ?? [])],
  pending_verification: [...(wanted.pendingVerification ?? [])],
});

/** A bank account that an account is paid out to (docs.stripe.com/api/external_account_bank_accounts). */
export const bankAccount = (
  account: string,
  fields: { country: string; currency: string; last4: string; holder: string },
): StripeObject => ({
  id: newId('ba'),
  object: 'bank_account',
  account,
  account_holder_name: fields.holder,
  account_holder_type: 'individual',
  account_type: null,
  available_payout_methods: ['standard'],
  bank_name: 'SANDBOX BANK',
  country: fields.country,
  currency: fields.currency,
  default_for_currency: true,
  fingerprint: newId('fp').slice(3, 19),
  last4: fields.last4,
  metadata: {},
  routing_number: null,
  status: 'new',
});

/** Where a seller is sent to say who it is (docs.stripe.com/api/account_links/object). */
export const accountLink = (created: number, expiresAt: number, url: string): Record<string, unknown> => ({
  object: 'account_link',
  created,
  expires_at: expiresAt,
  url,
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
