import * as build from './objects';
import { checkoutSession, setupIntent, type CheckoutSession, type SetupIntent } from './session-objects';
import type { StripeApi } from './stripe-api';
import { invalid, StripeError } from './stripe-error';
import type { StripeObject } from './store';
import { delayedMethodsFor, type Behaviour } from './test-payment-methods';

const day = 24 * 3600;

/** How a buyer's attempt on the page ended. */
export type PageAttempt =
  | { readonly next: 'done' }
  | { readonly next: 'challenge'; readonly of: string }
  | { readonly next: 'voucher'; readonly of: string }
  | { readonly next: 'again'; readonly message: string };

/** Checkout Sessions: as the API makes them, and as the buyer lives them on the hosted page. */
export class Sessions {
  constructor(private readonly api: StripeApi) {}

  create(): StripeObject {
    const { params, nowSeconds, baseUrl } = this.api.call;
    const mode = this.api.text('mode');
    if (mode !== 'payment' && mode !== 'setup') throw invalid('The sandbox knows the modes payment and setup.', 'mode');
    const customer = this.api.optionalText('customer');
    if (customer !== null) this.api.get('customer', customer, 'customer');
    const expiresAt = params['expires_at'] === undefined ? nowSeconds + day : Number(params['expires_at']);
    if (!(expiresAt >= nowSeconds + 1_800 && expiresAt <= nowSeconds + day))
      throw invalid('The `expires_at` timestamp must be between 30 minutes and 24 hours from now.', 'expires_at');
    const price = mode === 'payment' ? this.price() : null;
    const intentData = (params['payment_intent_data'] ?? {}) as Record<string, unknown>;
    const allowed = params['allowed_payment_method_types'];
    return this.api.save(
      checkoutSession(nowSeconds, {
        mode,
        customer,
        baseUrl,
        amount_total: price?.amount ?? null,
        currency: price?.currency ?? null,
        success_url: this.api.text('success_url'),
        cancel_url: this.api.optionalText('cancel_url'),
        client_reference_id: this.api.optionalText('client_reference_id'),
        expires_at: expiresAt,
        metadata: this.api.metadata(),
        payment_method_types: Array.isArray(allowed)
          ? (allowed as string[])
          : ['card', ...Object.values(delayedMethodsFor(price?.currency ?? ''))],
      }),
      {
        name: price?.name ?? null,
        intent: { ...intentData, setup: params['setup_intent_data'] ?? {} },
        requestThreeDSecure: build.requestedThreeDSecure(params) ?? null,
      },
    );
  }

  expire(id: string): StripeObject {
    const session = this.find(id);
    if (session.status !== 'open')
      throw invalid(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
        'session',
      );
    if (session.payment_intent !== null) {
      const intent = this.api.intent(session.payment_intent);
      if (intent.status !== 'canceled' && intent.status !== 'succeeded') this.api.cancelPaymentIntent(intent.id);
    }
    return this.api.save({ ...session, status: 'expired', url: null });
  }

  find = (id: string): CheckoutSession => this.api.get('checkout.session', id, 'session') as CheckoutSession;

  /** What the page shows as the thing bought. */
  nameOf = (id: string): string | null => (this.api.hidden(id)['name'] as string | null | undefined) ?? null;

  /** The buyer submits the page. A decline leaves it open for another try, as at Stripe. */
  pay(id: string, behaviour: Behaviour): PageAttempt {
    const session = this.find(id);
    if (session.status !== 'open') throw invalid('This page is no longer open.', 'session');
    try {
      return session.mode === 'setup' ? this.saveCard(session, behaviour) : this.payNow(session, behaviour);
    } catch (error) {
      if (error instanceof StripeError && error.status === 402) return { next: 'again', message: error.message };
      throw error;
    }
  }

  /** The buyer passes or fails the challenge of a page's card; a delayed payment of it ends. */
  afterChallenge(sessionId: string, of: string, passed: boolean): PageAttempt {
    const session = this.find(sessionId);
    if (of.startsWith('seti_')) {
      const setup = this.api.get('setup_intent', of) as SetupIntent;
      if (!passed) {
        this.api.save({ ...setup, status: 'requires_payment_method', next_action: null, payment_method: null });
        return { next: 'again', message: 'Your bank could not verify you. Try again, or use another card.' };
      }
      const method = this.api.get('payment_method', setup.payment_method ?? '');
      return this.cardSaved(session, setup, method, { ...this.api.hidden(method.id), challenged: true });
    }
    try {
      this.api.finishPaymentIntent(of, passed ? 'succeeded' : 'failed');
    } catch (error) {
      if (!(error instanceof StripeError) || error.status !== 402) throw error;
      return {
        next: 'again',
        message: passed ? error.message : 'Your bank could not verify you. Try again, or use another card.',
      };
    }
    this.complete(session, this.api.intent(of));
    return { next: 'done' };
  }

  /** A session follows its payment when that ends days later. */
  followPayment(intentId: string): void {
    const sessionId = this.api.hidden(intentId)['session'];
    if (typeof sessionId !== 'string') return;
    const session = this.find(sessionId);
    const intent = this.api.intent(intentId);
    if (session.status === 'complete' && intent.status === 'succeeded')
      this.api.save({ ...session, payment_status: 'paid' });
    else if (session.status === 'complete' && intent.status === 'requires_payment_method')
      this.api.save({ ...session, payment_status: 'unpaid' }, { ...this.api.hidden(session.id), asyncFailed: true });
  }

  private payNow(session: CheckoutSession, behaviour: Behaviour): PageAttempt {
    const intent = session.payment_intent === null ? this.newIntent(session) : this.api.intent(session.payment_intent);
    const method = build.paymentMethod(this.api.call.nowSeconds, behaviour, null);
    this.api.save({ ...method, customer: session.customer }, { behaviour });
    this.api.save({ ...session, payment_intent: intent.id });
    const confirmed = this.api.confirm(intent, method.id) as build.PaymentIntent;
    if (confirmed.status === 'requires_action') {
      const voucher = (confirmed['next_action'] as { type: string }).type !== 'redirect_to_url';
      if (!voucher) return { next: 'challenge', of: confirmed.id };
      this.complete(this.find(session.id), confirmed);
      return { next: 'voucher', of: confirmed.id };
    }
    this.complete(this.find(session.id), confirmed);
    return { next: 'done' };
  }

  private saveCard(session: CheckoutSession, behaviour: Behaviour): PageAttempt {
    const { nowSeconds } = this.api.call;
    const data = (this.api.hidden(session.id)['intent'] as { setup?: { metadata?: build.Metadata } } | undefined)
      ?.setup;
    const setup =
      session.setup_intent === null
        ? this.api.save(setupIntent(nowSeconds, { customer: session.customer, metadata: data?.metadata ?? {} }))
        : (this.api.get('setup_intent', session.setup_intent) as SetupIntent);
    this.api.save({ ...session, setup_intent: setup.id });
    if (behaviour.decline?.on === 'attach') {
      this.api.save({
        ...setup,
        last_setup_error: { type: 'card_error', code: behaviour.decline.code, message: behaviour.decline.message },
      });
      return { next: 'again', message: behaviour.decline.message };
    }
    const method = this.api.save(build.paymentMethod(nowSeconds, behaviour, null), { behaviour });
    if (behaviour.requiresAction !== undefined) {
      const url = `${this.api.call.baseUrl}/c/authenticate/${setup.id}`;
      this.api.save(
        {
          ...setup,
          status: 'requires_action',
          payment_method: method.id,
          next_action: { type: 'redirect_to_url', redirect_to_url: { return_url: null, url } },
        },
        { session: session.id },
      );
      return { next: 'challenge', of: setup.id };
    }
    return this.cardSaved(session, setup, method, { behaviour });
  }

  private cardSaved(
    session: CheckoutSession,
    setup: SetupIntent,
    method: StripeObject,
    hidden: Record<string, unknown>,
  ): PageAttempt {
    const { behaviour } = hidden as { behaviour: Behaviour };
    this.api.save(
      { ...method, customer: session.customer },
      { behaviour, ...(behaviour.challengeOnce === true && { challenged: true }) },
    );
    this.api.save({ ...setup, status: 'succeeded', payment_method: method.id, next_action: null });
    this.api.save({ ...this.find(session.id), setup_intent: setup.id, status: 'complete', url: null });
    return { next: 'done' };
  }

  private complete(session: CheckoutSession, intent: build.PaymentIntent): void {
    this.api.save({
      ...session,
      payment_intent: intent.id,
      status: 'complete',
      payment_status: intent.status === 'succeeded' ? 'paid' : 'unpaid',
      url: null,
    });
  }

  private newIntent(session: CheckoutSession): build.PaymentIntent {
    const data = (this.api.hidden(session.id)['intent'] ?? {}) as {
      metadata?: build.Metadata;
      capture_method?: build.PaymentIntent['capture_method'];
      transfer_group?: string;
      statement_descriptor_suffix?: string;
    };
    return this.api.save(
      build.paymentIntent(this.api.call.nowSeconds, {
        amount: session.amount_total ?? 0,
        currency: session.currency ?? '',
        customer: session.customer,
        capture_method: data.capture_method ?? 'automatic_async',
        metadata: data.metadata ?? {},
        description: null,
        transfer_group: data.transfer_group ?? null,
        statement_descriptor_suffix: data.statement_descriptor_suffix ?? null,
        allowRedirects: 'always',
        requestThreeDSecure:
          (this.api.hidden(session.id)['requestThreeDSecure'] as string | null | undefined) ?? undefined,
      }),
      { session: session.id },
    );
  }

  private price(): { amount: number; currency: string; name: string } {
    const items = this.api.call.params['line_items'];
    const [item, ...others] = Array.isArray(items) ? (items as Record<string, unknown>[]) : [];
    const data = item?.['price_data'] as
      { currency?: string; unit_amount?: string; product_data?: { name?: string } } | undefined;
    const amount = Number(data?.unit_amount);
    if (others.length > 0 || data?.currency === undefined || !Number.isSafeInteger(amount) || amount < 1)
      throw invalid(
        'The sandbox takes one line item with price_data.currency and price_data.unit_amount.',
        'line_items',
      );
    return { amount, currency: data.currency.toLowerCase(), name: data.product_data?.name ?? 'Your order' };
  }
}
