import { randomBytes } from 'node:crypto';
import type { StripeObject } from './store';
import type { Behaviour } from './test-payment-methods';

/** Ids look like Stripe's: a prefix and 24 characters. */
export const newId = (prefix: string): string =>
  `${prefix}_${randomBytes(18).toString('base64url').replace(/[-_]/g, '0').slice(0, 24)}`;

export type Metadata = Record<string, string>;

/** Fields every PaymentIntent handler works with; the rest is there because Stripe's answers have it. */
export interface PaymentIntent extends StripeObject {
  object: 'payment_intent';
  amount: number;
  amount_capturable: number;
  amount_received: number;
  currency: string;
  customer: string | null;
  payment_method: string | null;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'requires_capture'
    | 'canceled'
    | 'succeeded';
  capture_method: 'automatic' | 'automatic_async' | 'manual';
  latest_charge: string | null;
  metadata: Metadata;
  created: number;
}

export interface Charge extends StripeObject {
  object: 'charge';
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  currency: string;
  captured: boolean;
  balance_transaction: string | null;
  payment_intent: string;
  refunded: boolean;
  metadata: Metadata;
}

export interface BalanceTransaction extends StripeObject {
  object: 'balance_transaction';
  amount: number;
  fee: number;
  net: number;
  currency: string;
  type:
    | 'charge'
    | 'payment'
    | 'refund'
    | 'refund_failure'
    | 'adjustment'
    | 'transfer'
    | 'transfer_refund'
    | 'payment_refund'
    | 'payout'
    | 'payout_failure'
    | 'stripe_fee'
    | 'reserve_transaction';
}

const reportingCategories: Readonly<Partial<Record<BalanceTransaction['type'], string>>> = {
  charge: 'charge',
  payment: 'charge',
  refund: 'refund',
  refund_failure: 'refund_failure',
  adjustment: 'dispute',
  transfer: 'transfer',
  transfer_refund: 'transfer_reversal',
  payment_refund: 'refund',
  payout: 'payout',
  payout_failure: 'payout_reversal',
  stripe_fee: 'fee',
  reserve_transaction: 'risk_reserved_funds',
};

export const billingDetails = { address: null, email: null, name: null, phone: null, tax_id: null };

export function customer(created: number, fields: { email?: string; name?: string; metadata: Metadata }): StripeObject {
  return {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: fields.email ?? null,
    invoice_prefix: randomBytes(4).toString('hex').toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: fields.metadata,
    name: fields.name ?? null,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}

export function paymentMethod(created: number, behaviour: Behaviour, customerId: string | null): StripeObject {
  const id = newId('pm');
  const common = {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: billingDetails,
    created,
    customer: customerId,
    livemode: false,
    metadata: {},
  };
  if (behaviour.type === 'us_bank_account') {
    return {
      ...common,
      type: 'us_bank_account',
      us_bank_account: {
        account_holder_type: 'individual',
        account_type: 'checking',
        bank_name: 'STRIPE TEST BANK',
        financial_connections_account: null,
        fingerprint: newId('fp').slice(3, 19),
        last4: behaviour.last4,
        networks: { preferred: 'ach', supported: ['ach'] },
        routing_number: '110000000',
        status_details: null,
      },
    };
  }
  if (behaviour.type === 'card')
    return { ...common, type: 'card', card: { ...cardDetails(behaviour), generated_from: null } };
  return { ...common, type: behaviour.type, [behaviour.type]: delayedDetails(behaviour) };
}

/** A bank debit or voucher as both the method and its charge show it. */
const delayedDetails = (behaviour: Behaviour): Record<string, unknown> => {
  switch (behaviour.type) {
    case 'sepa_debit':
      return {
        bank_code: '37040044',
        branch_code: '',
        country: 'DE',
        fingerprint: newId('fp').slice(3, 19),
        last4: behaviour.last4,
      };
    case 'boleto':
      return { tax_id: '000.000.000-00' };
    default:
      return {};
  }
};

export function cardDetails(behaviour: Behaviour): Record<string, unknown> {
  return {
    brand: behaviour.brand ?? 'visa',
    checks: {
      address_line1_check: behaviour.checks?.line1 ?? null,
      address_postal_code_check: behaviour.checks?.postalCode ?? null,
      cvc_check: behaviour.checks?.cvc ?? 'pass',
    },
    country: behaviour.country ?? 'US',
    display_brand: behaviour.brand ?? 'visa',
    exp_month: 12,
    exp_year: 2034,
    fingerprint: `fp${behaviour.last4}`,
    funding: 'credit',
    last4: behaviour.last4,
    networks: { available: [behaviour.brand ?? 'visa'], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

export function paymentIntent(
  created: number,
  fields: Pick<PaymentIntent, 'amount' | 'currency' | 'capture_method' | 'metadata' | 'customer'> & {
    description: string | null;
    transfer_group: string | null;
    statement_descriptor_suffix: string | null;
    allowRedirects: string;
    /** `any` or `challenge`: the merchant wants one. */
    requestThreeDSecure?: string | undefined;
  },
): PaymentIntent {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    amount: fields.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: fields.allowRedirects, enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: fields.capture_method,
    client_secret: `${id}_secret_${randomBytes(9).toString('hex')}`,
    confirmation_method: 'automatic',
    created,
    currency: fields.currency,
    customer: fields.customer,
    description: fields.description,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: fields.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_options:
      fields.requestThreeDSecure === undefined ? {} : { card: { request_three_d_secure: fields.requestThreeDSecure } },
    payment_method_types: ['card'],
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    statement_descriptor: null,
    statement_descriptor_suffix: fields.statement_descriptor_suffix,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: fields.transfer_group,
  };
}

/** Why a charge came to nothing. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly declineCode?: string;
  /** Left out: what goes with the code. */
  readonly adviceCode?: string | undefined;
}

const advice: Readonly<Record<string, string>> = {
  expired_card: 'confirm_card_data',
  incorrect_cvc: 'confirm_card_data',
  insufficient_funds: 'try_again_later',
  card_velocity_exceeded: 'try_again_later',
  processing_error: 'try_again_later',
  lost_card: 'do_not_try_again',
  stolen_card: 'do_not_try_again',
  pickup_card: 'do_not_try_again',
};

/** What the card's network says of trying again; most declines come without. */
export function adviceOf({ code, declineCode, adviceCode }: Failure): { advice_code?: string } {
  const said = adviceCode ?? advice[declineCode ?? code];
  return said === undefined ? {} : { advice_code: said };
}

export function charge(
  created: number,
  intent: PaymentIntent,
  method: StripeObject,
  behaviour: Behaviour,
  result: { paid: boolean; captured: boolean; failure?: Failure },
): Charge {
  const failure = result.failure;
  return {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: result.captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: billingDetails,
    calculated_statement_descriptor: 'PAYSAGA SANDBOX',
    captured: result.captured,
    created,
    currency: intent.currency,
    customer: intent.customer,
    description: intent['description'],
    disputed: false,
    failure_balance_transaction: null,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome:
      failure === undefined
        ? {
            advice_code: null,
            network_advice_code: null,
            network_decline_code: null,
            network_status: 'approved_by_network',
            reason: null,
            risk_level: behaviour.radar?.level ?? 'normal',
            risk_score: behaviour.radar?.score ?? 12,
            seller_message: 'Payment complete.',
            type: 'authorized',
          }
        : {
            advice_code: adviceOf(failure).advice_code ?? null,
            network_advice_code: null,
            network_decline_code: '01',
            network_status: 'declined_by_network',
            reason: failure.declineCode ?? failure.code,
            risk_level: 'normal',
            risk_score: 12,
            seller_message: 'The bank did not return any further details with this decline.',
            type: 'issuer_declined',
          },
    paid: result.paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details:
      method['type'] === 'card'
        ? {
            type: 'card',
            card: {
              ...cardDetails(behaviour),
              amount_authorized: intent.amount,
              authorization_code: null,
              extended_authorization: { status: 'disabled' },
              incremental_authorization: { status: 'unavailable' },
              installments: null,
              mandate: null,
              multicapture: { status: 'unavailable' },
              network: behaviour.brand ?? 'visa',
              network_token: { used: false },
              network_transaction_id: randomBytes(8).toString('hex'),
              overcapture: { maximum_amount_capturable: intent.amount, status: 'unavailable' },
              three_d_secure: null,
            },
          }
        : behaviour.type !== 'us_bank_account'
          ? { type: behaviour.type, [behaviour.type]: delayedDetails(behaviour) }
          : {
              type: 'us_bank_account',
              us_bank_account: {
                account_holder_type: 'individual',
                account_type: 'checking',
                bank_name: 'STRIPE TEST BANK',
                fingerprint: null,
                last4: behaviour.last4,
                payment_reference: null,
                routing_number: '110000000',
              },
            },
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: result.paid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: intent['transfer_group'],
  };
}

export function balanceTransaction(
  created: number,
  fields: {
    amount: number;
    fee: number;
    currency: string;
    source: string;
    type: BalanceTransaction['type'];
    availableOn: number;
    description: string | null;
  },
): BalanceTransaction {
  return {
    id: newId('txn'),
    object: 'balance_transaction',
    amount: fields.amount,
    available_on: fields.availableOn,
    balance_type: 'payments',
    created,
    currency: fields.currency,
    description: fields.description,
    exchange_rate: null,
    fee: fields.fee,
    fee_details:
      fields.fee === 0
        ? []
        : [
            {
              amount: fields.fee,
              application: null,
              currency: fields.currency,
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: fields.amount - fields.fee,
    reporting_category: reportingCategories[fields.type] ?? fields.type,
    source: fields.source,
    status: fields.availableOn <= created ? 'available' : 'pending',
    type: fields.type,
  };
}

export function refund(
  created: number,
  source: Charge,
  fields: { amount: number; metadata: Metadata; reason: string | null; status: string },
): StripeObject {
  return {
    id: newId('re'),
    object: 'refund',
    amount: fields.amount,
    balance_transaction: null,
    charge: source.id,
    created,
    currency: source.currency,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: fields.metadata,
    payment_intent: source.payment_intent,
    reason: fields.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: fields.status,
    transfer_reversal: null,
  };
}

/** Whether a merchant wants a challenge, of a call's parameters or of the payment made by it (docs.stripe.com/payments/3d-secure/authentication-flow). */
export function requestedThreeDSecure(source: object): string | undefined {
  const options = (source as { payment_method_options?: { card?: { request_three_d_secure?: unknown } } })
    .payment_method_options;
  const wanted = options?.card?.request_three_d_secure;
  return wanted === 'any' || wanted === 'challenge' ? wanted : undefined;
}
