import Stripe from 'stripe';
import type { PspClaim, PspMetadata } from '../../domain/psp-event';
import type { ProviderEvent } from '../provider';
import { fromStripeAmount } from './amounts';

/** Events older than this are refused, however well signed: nobody can play back an old one (docs.stripe.com/webhooks#replay-attacks). */
const toleranceSeconds = 300;

/** A webhook that isn't what it says, or that nobody can read. Nothing of it is kept. */
export class WebhookRefused extends Error {
  constructor(
    readonly why: 'signature' | 'shape',
    message: string,
  ) {
    super(message);
    this.name = 'WebhookRefused';
  }
}

/** What each type of event claims. Types not named here only repeat what one of these says. */
const claims: Readonly<Record<string, PspClaim>> = {
  'payment_intent.succeeded': 'succeeded',
  'payment_intent.amount_capturable_updated': 'authorized',
  'payment_intent.payment_failed': 'declined',
  'payment_intent.processing': 'processing',
  'payment_intent.requires_action': 'requires_action',
  'payment_intent.canceled': 'canceled',
  'checkout.session.completed': 'page_completed',
  'checkout.session.async_payment_succeeded': 'page_completed',
  'checkout.session.async_payment_failed': 'page_completed',
  'checkout.session.expired': 'page_expired',
  'refund.created': 'refund_changed',
  'refund.updated': 'refund_changed',
  'refund.failed': 'refund_changed',
  'charge.dispute.created': 'dispute_changed',
  'charge.dispute.updated': 'dispute_changed',
  'charge.dispute.closed': 'dispute_changed',
  'charge.dispute.funds_withdrawn': 'dispute_changed',
  'charge.dispute.funds_reinstated': 'dispute_changed',
  'payout.paid': 'payout_changed',
  'payout.failed': 'payout_changed',
  'payout.canceled': 'payout_changed',
  'account.updated': 'account_changed',
  'account.external_account.created': 'account_changed',
  'account.external_account.updated': 'account_changed',
  'account.external_account.deleted': 'account_changed',
  'account.application.deauthorized': 'account_changed',
};

/** The types that an endpoint at Stripe has to be made for: all that say something new, and no other. */
export const subscribedEvents: readonly string[] = Object.keys(claims);

/**
 * Checks an event's signature over the raw bytes (W1) and says what it claims. Any one of the live secrets will do, so
 * that a secret can be changed without losing an event.
 *
 * @throws WebhookRefused when no secret fits, the time is off by more than five minutes, or it isn't an event
 */
export function readStripeEvent(
  rawBody: Buffer,
  signature: string,
  secrets: readonly string[],
  nowSeconds = Math.floor(Date.now() / 1000),
): ProviderEvent {
  return providerEvent(verified(rawBody, signature, secrets, nowSeconds));
}

function verified(rawBody: Buffer, signature: string, secrets: readonly string[], nowSeconds: number): Stripe.Event {
  let refusal: unknown;
  for (const secret of secrets) {
    try {
      return Stripe.webhooks.constructEvent(rawBody, signature, secret, toleranceSeconds, undefined, nowSeconds * 1000);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal instanceof Stripe.errors.StripeSignatureVerificationError || refusal === undefined
    ? new WebhookRefused('signature', 'the signature fits none of the live secrets, or is too old')
    : new WebhookRefused('shape', 'the body is not a JSON object');
}

/** What is signed is Stripe's, but it is read like anything else that comes from outside. */
function isEvent(
  value: unknown,
): value is Stripe.Event & { data: { object: Record<string, unknown> & { id: string } } } {
  const event = value as
    | (Partial<Record<'id' | 'type' | 'created' | 'livemode', unknown>> & { data?: { object?: { id?: unknown } } })
    | null;
  return (
    typeof event?.id === 'string' &&
    typeof event.type === 'string' &&
    typeof event.livemode === 'boolean' &&
    Number.isSafeInteger(event.created) &&
    typeof event.data?.object?.id === 'string'
  );
}

function providerEvent(event: unknown): ProviderEvent {
  if (!isEvent(event))
    throw new WebhookRefused(
      'shape',
      'the body is not an event: id, type, created, livemode and data.object.id are needed',
    );
  const { object } = event.data;
  const claim = claims[event.type] ?? 'told_elsewhere';
  const isPayment = event.type.startsWith('payment_intent.');
  const hasStatus = claim === 'refund_changed' || claim === 'payout_changed';
  const hasAmount = /^(payment_intent|refund|charge\.dispute|payout)\./.test(event.type);
  const currency = typeof object['currency'] === 'string' ? object['currency'] : null;
  const amount =
    hasAmount && typeof object['amount'] === 'number' && Number.isSafeInteger(object['amount'])
      ? object['amount']
      : null;
  return {
    eventId: event.id,
    type: event.type,
    occurredAt: new Date(event.created * 1000),
    livemode: event.livemode,
    account: event.account ?? null,
    subject: {
      claim,
      object: object.id,
      payment: isPayment ? object.id : typeof object['payment_intent'] === 'string' ? object['payment_intent'] : null,
      amountMinor: amount === null || currency === null ? null : minorUnits(amount, currency),
      currency: hasAmount && currency !== null ? currency.toUpperCase() : null,
      ...(hasStatus && typeof object['status'] === 'string' && { status: object['status'] }),
      metadata: ourMetadata(object['metadata']),
    },
  };
}

/** An amount in a currency that we don't know is compared as it stands, and then differs. */
function minorUnits(amount: number, currency: string): string {
  try {
    return fromStripeAmount(amount, currency).toString();
  } catch {
    return String(amount);
  }
}

const ourNames = [
  'merchant_id',
  'checkout_id',
  'subscription_id',
  'payment_order_id',
  'operation',
  'attempt',
  'round',
  'refund_id',
  'payout_id',
] as const;

/** Only our own ids are kept; what else stands in an object's metadata is none of our business. */
function ourMetadata(metadata: unknown): PspMetadata {
  if (typeof metadata !== 'object' || metadata === null) return {};
  const given = metadata as Record<string, unknown>;
  return Object.fromEntries(
    ourNames.flatMap((name) =>
      typeof given[name] === 'string' && given[name].length <= 64 ? [[name, given[name]]] : [],
    ),
  );
}
