import { randomBytes } from 'node:crypto';
import { newId, type Metadata } from './objects';
import type { StripeObject } from './store';

export interface CheckoutSession extends StripeObject {
  object: 'checkout.session';
  mode: 'payment' | 'setup';
  status: 'open' | 'complete' | 'expired';
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  payment_intent: string | null;
  setup_intent: string | null;
  customer: string | null;
  amount_total: number | null;
  currency: string | null;
  success_url: string;
  cancel_url: string | null;
  expires_at: number;
  payment_method_types: string[];
  url: string | null;
}

export interface SetupIntent extends StripeObject {
  object: 'setup_intent';
  status: 'requires_payment_method' | 'requires_action' | 'succeeded' | 'canceled';
  customer: string | null;
  payment_method: string | null;
  metadata: Metadata;
}

export function checkoutSession(
  created: number,
  fields: Pick<
    CheckoutSession,
    | 'mode'
    | 'customer'
    | 'amount_total'
    | 'currency'
    | 'success_url'
    | 'cancel_url'
    | 'expires_at'
    | 'payment_method_types'
  > & {
    metadata: Metadata;
    client_reference_id: string | null;
    baseUrl: string;
  },
): CheckoutSession {
  const { baseUrl, ...given } = fields;
  const id = newId('cs_test');
  return {
    id,
    object: 'checkout.session',
    after_expiration: null,
    allow_promotion_codes: null,
    amount_subtotal: fields.amount_total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    consent: null,
    consent_collection: null,
    created,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer_creation: null,
    customer_details: null,
    customer_email: null,
    invoice: null,
    invoice_creation: null,
    livemode: false,
    locale: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'always',
    payment_method_options: {},
    payment_status: fields.mode === 'setup' ? 'no_payment_required' : 'unpaid',
    phone_number_collection: { enabled: false },
    recovered_from: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: `${baseUrl}/c/pay/${id}`,
    ...given,
  };
}

export function setupIntent(created: number, fields: Pick<SetupIntent, 'customer' | 'metadata'>): SetupIntent {
  const id = newId('seti');
  return {
    id,
    object: 'setup_intent',
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomBytes(9).toString('hex')}`,
    created,
    description: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
    ...fields,
  };
}
