import * as build from './objects';
import { balanceOf, listOf, searchFor } from './reading';
import type { Call } from './call';
import { openDispute } from './dispute-opening';
import { invalid, missing, StripeError } from './stripe-error';
import type { Store, StoredObject, StripeObject } from './store';
import { behaviourOf, type Behaviour } from './test-payment-methods';
import { isVoucher, voucherAction } from './vouchers';

const twoDays = 2 * 24 * 3600;
const threeDays = 3 * 24 * 3600;
/** A bank takes days to send a refund back. */
const refundFailsAfterMs = 500;
/** docs.stripe.com/currencies: amounts of these have no minor unit at Stripe. */
const zeroDecimal = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));

/**
 * Stripe's rules over the store. Every method takes a call and answers the object that Stripe would; changes are staged
 * and kept by `commit`, so that a refused call leaves nothing behind.
 */
export class StripeApi {
  private readonly staged = new Map<string, StoredObject>();

  constructor(
    readonly store: Store,
    readonly call: Call,
  ) {}

  /** What the call changed. */
  changes(): StoredObject[] {
    return [...this.staged.values()];
  }

  // ── customers and payment methods ──

  createCustomer(): StripeObject {
    const { email, name } = this.call.params;
    return this.save(
      build.customer(this.call.nowSeconds, {
        ...(typeof email === 'string' && { email }),
        ...(typeof name === 'string' && { name }),
        metadata: this.metadata(),
      }),
    );
  }

  createPaymentMethod(): StripeObject {
    const token = (this.call.params['card'] as Record<string, unknown> | undefined)?.['token'];
    if (this.call.params['type'] !== 'card' || typeof token !== 'string') {
      throw invalid('The sandbox makes payment methods of type=card from card[token]=tok_… only.', 'type');
    }
    const behaviour = behaviourOf(token.replace(/^tok_/, 'pm_card_'));
    if (behaviour === undefined) throw missing('token', token, 'card[token]');
    return this.save(build.paymentMethod(this.call.nowSeconds, behaviour, null), { behaviour });
  }

  attachPaymentMethod(id: string): StripeObject {
    const customer = this.text('customer');
    this.get('customer', customer, 'customer');
    const { method, behaviour, fresh } = this.paymentMethod(id);
    if (typeof method['customer'] === 'string') {
      if (method['customer'] === customer) return method;
      throw invalid('The payment method you provided has already been attached to a customer.', 'payment_method');
    }
    if (!fresh && this.hidden(method.id)['used'] === true) throw this.usedUp();
    if (behaviour.decline?.on === 'attach') throw this.cardError(behaviour.decline, { payment_method: method });
    return this.save({ ...method, customer }, { behaviour });
  }

  detachPaymentMethod(id: string): StripeObject {
    const { method, behaviour } = this.paymentMethod(id);
    return this.save({ ...method, customer: null }, { behaviour, used: true });
  }

  // ── payment intents ──

  createPaymentIntent(): StripeObject {
    const amount = this.amount('amount');
    const currency = this.text('currency').toLowerCase();
    if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${currency}`, 'currency');
    const captureMethod = this.call.params['capture_method'] ?? 'automatic_async';
    if (captureMethod !== 'automatic' && captureMethod !== 'automatic_async' && captureMethod !== 'manual') {
      throw invalid('Invalid capture_method: must be one of automatic, automatic_async, or manual', 'capture_method');
    }
    const customer = this.optionalText('customer');
    if (customer !== null) this.get('customer', customer, 'customer');
    const redirects = (this.call.params['automatic_payment_methods'] as Record<string, unknown> | undefined)?.[
      'allow_redirects'
    ];
    const intent = build.paymentIntent(this.call.nowSeconds, {
      amount,
      currency,
      customer,
      capture_method: captureMethod,
      metadata: this.metadata(),
      description: this.optionalText('description'),
      transfer_group: this.optionalText('transfer_group'),
      statement_descriptor_suffix: this.optionalText('statement_descriptor_suffix'),
      allowRedirects: redirects === 'never' ? 'never' : 'always',
      requestThreeDSecure: build.requestedThreeDSecure(this.call.params),
    });
    const method = this.optionalText('payment_method');
    if (this.call.params['confirm'] !== 'true')
      return this.save({
        ...intent,
        ...(method !== null && { payment_method: method, status: 'requires_confirmation' }),
      });
    if (method === null)
      throw invalid(
        "You cannot confirm this PaymentIntent because it's missing a payment method.",
        'payment_method',
        'payment_intent_unexpected_state',
      );
    return this.confirm(intent, method);
  }

  confirmPaymentIntent(id: string): StripeObject {
    const intent = this.intent(id);
    if (!['requires_confirmation', 'requires_payment_method', 'requires_action'].includes(intent.status))
      throw this.unexpectedState(intent, 'confirm');
    return this.confirm(intent, this.optionalText('payment_method') ?? intent.payment_method ?? '');
  }

  capturePaymentIntent(id: string): StripeObject {
    const intent = this.intent(id);
    if (intent.status !== 'requires_capture') throw this.unexpectedState(intent, 'capture');
    const amount =
      this.call.params['amount_to_capture'] === undefined ? intent.amount_capturable : this.amount('amount_to_capture');
    if (amount > intent.amount_capturable) {
      throw invalid(
        'The amount to capture cannot be greater than the amount authorized.',
        'amount_to_capture',
        'amount_too_large',
      );
    }
    const authorized = this.get('charge', intent.latest_charge ?? '') as build.Charge;
    const captured = this.settle(
      { ...authorized, captured: true, amount_captured: amount },
      amount,
      this.behaviourOfIntent(intent),
    );
    return this.save({
      ...intent,
      status: 'succeeded',
      amount_received: amount,
      amount_capturable: 0,
      latest_charge: captured.id,
      metadata: { ...intent.metadata, ...this.metadata() },
    });
  }

  cancelPaymentIntent(id: string): StripeObject {
    const intent = this.intent(id);
    if (['succeeded', 'canceled'].includes(intent.status)) throw this.unexpectedState(intent, 'cancel');
    if (intent.status === 'requires_capture' && intent.latest_charge !== null) {
      const authorized = this.get('charge', intent.latest_charge) as build.Charge;
      this.save({ ...authorized, refunded: true, amount_refunded: authorized.amount });
    }
    return this.save({
      ...intent,
      status: 'canceled',
      amount_capturable: 0,
      next_action: null,
      canceled_at: this.call.nowSeconds,
      cancellation_reason: this.optionalText('cancellation_reason'),
    });
  }

  /** The sandbox's own verb: the buyer passes or fails the 3-D Secure challenge, or a delayed method ends. */
  finishPaymentIntent(id: string, outcome: 'succeeded' | 'failed'): StripeObject {
    const intent = this.intent(id);
    if (intent.status !== 'requires_action' && intent.status !== 'processing')
      throw this.unexpectedState(intent, 'finish');
    const { method, behaviour } = this.paymentMethod(intent.payment_method ?? '');
    if (outcome === 'failed' || behaviour.requiresAction === 'then_declines' || behaviour.delayed === 'fails') {
      const failure =
        intent.status === 'requires_action' && outcome === 'failed' && behaviour.delayed === undefined
          ? {
              code: 'payment_intent_authentication_failure',
              message: 'The provided PaymentMethod has failed authentication.',
            }
          : behaviour.delayed === 'fails'
            ? {
                code: 'payment_method_provider_decline',
                declineCode: 'insufficient_funds',
                message: 'The account has insufficient funds.',
              }
            : { code: 'card_declined', declineCode: 'generic_decline', message: 'Your card was declined.' };
      return this.fail(intent, method, behaviour, failure);
    }
    return this.succeed(intent, method, behaviour);
  }

  // ── refunds ──

  createRefund(): StripeObject {
    const intentId = this.optionalText('payment_intent');
    const chargeId = this.optionalText('charge') ?? (intentId === null ? null : this.intent(intentId).latest_charge);
    if (chargeId === null)
      throw invalid('One of the following params should be provided for this request: payment_intent or charge.');
    const charge = this.get('charge', chargeId, 'charge') as build.Charge;
    if (!charge.captured)
      throw invalid(`This Charge (${charge.id}) has not been captured: cancel its PaymentIntent instead.`, 'charge');
    const left = charge.amount_captured - charge.amount_refunded;
    const amount = this.call.params['amount'] === undefined ? left : this.amount('amount');
    if (left <= 0) throw invalid(`Charge ${charge.id} has already been refunded.`, 'charge', 'charge_already_refunded');
    if (amount > left)
      throw invalid(
        `Refund amount (${String(amount)}) is greater than unrefunded amount on charge (${String(left)})`,
        'amount',
      );
    if (charge['disputed'] === true && !this.refundableWhileDisputed(charge.id))
      throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, 'charge', 'charge_disputed');
    const behaviour = this.behaviourOfMethod(charge['payment_method'] as string);
    const pending = behaviour.refund === 'pending';
    const made = build.refund(this.call.nowSeconds, charge, {
      amount,
      metadata: this.metadata(),
      reason: this.optionalText('reason'),
      status: pending ? 'pending' : 'succeeded',
    });
    const line = this.save(
      build.balanceTransaction(this.call.nowSeconds, {
        amount: -amount,
        fee: 0,
        currency: charge.currency,
        source: made.id,
        type: 'refund',
        availableOn: this.call.nowSeconds,
        description: null,
      }),
    );
    this.save({ ...charge, amount_refunded: charge.amount_refunded + amount, refunded: amount === left });
    const hidden = behaviour.refund === 'fails' ? { finishAtMs: Date.now() + refundFailsAfterMs } : {};
    return this.save({ ...made, balance_transaction: line.id }, hidden);
  }

  private refundableWhileDisputed(chargeId: string): boolean {
    return this.store
      .list(this.call.account, 'dispute')
      .filter(({ value }) => value['charge'] === chargeId)
      .every(
        ({ value }) =>
          value['is_charge_refundable'] === true || value['status'] === 'won' || value['status'] === 'prevented',
      );
  }

  /** The sandbox's own verb: a refund goes through, or fails and the money is back, even one that had succeeded. */
  finishRefund(id: string, outcome: 'succeeded' | 'failed' = 'succeeded'): StripeObject {
    const refund = this.get('refund', id);
    const { status } = refund;
    if (!(status === 'pending' || (status === 'succeeded' && outcome === 'failed')))
      throw invalid(`Refund ${id} is ${String(status)}.`, 'id');
    if (outcome === 'succeeded') return this.save({ ...refund, status: outcome });
    const [charge, amount] = [this.get('charge', refund['charge'] as string) as build.Charge, Number(refund['amount'])];
    const line = this.save(
      build.balanceTransaction(this.call.nowSeconds, {
        amount,
        fee: 0,
        currency: charge.currency,
        source: id,
        type: 'refund_failure',
        availableOn: this.call.nowSeconds,
        description: null,
      }),
    );
    this.save({ ...charge, amount_refunded: charge.amount_refunded - amount, refunded: false });
    return this.save({
      ...refund,
      status: outcome,
      failure_balance_transaction: line.id,
      failure_reason: 'expired_or_canceled_card',
    });
  }

  // ── reading ──

  /** One object by kind and id. */
  get(kind: string, id: string, param = 'id'): StripeObject {
    const found = this.staged.get(id) ?? this.store.find(this.call.account, id);
    if (found === undefined || found.value.object !== kind) throw missing(kind, id, param);
    return found.value;
  }

  find(kind: string, id: string): StripeObject | undefined {
    const found = this.lookUp(id);
    return found?.object === kind ? found : undefined;
  }

  /** Any object of the account by its id, for `expand`. */
  lookUp(id: string): StripeObject | undefined {
    return (this.staged.get(id) ?? this.store.find(this.call.account, id))?.value;
  }

  list = (kind: string, url: string, fields: readonly string[]): Record<string, unknown> =>
    listOf(this.store, this.call, kind, url, fields);
  search = (kind: string, url: string, lagSeconds: number): Record<string, unknown> =>
    searchFor(this.store, this.call, this.text('query'), kind, url, lagSeconds);
  balance = (): Record<string, unknown> => balanceOf(this.store, this.call);

  // ── for all of the above, and for the payment page ──

  confirm(intent: build.PaymentIntent, methodId: string): StripeObject {
    const { method, behaviour, fresh } = this.paymentMethod(methodId);
    if (typeof method['customer'] === 'string' && method['customer'] !== intent.customer) {
      throw invalid('The provided PaymentMethod belongs to another Customer: set `customer` to it.', 'payment_method');
    }
    if (method['customer'] === null) {
      // Stripe lets an unattached card pay once. Its test names make a new card at each use, which hides the rule, so a
      // name counts here as one card per customer.
      if (!fresh && this.hidden(method.id)['used'] === true) throw this.usedUp();
      if (fresh && intent.customer !== null) {
        const usedNames = (this.hidden(intent.customer)['usedNames'] as string[] | undefined) ?? [];
        if (usedNames.includes(methodId)) throw this.usedUp();
        this.save(this.get('customer', intent.customer), { usedNames: [...usedNames, methodId] });
      }
      this.save(method, { behaviour, used: true });
    }
    const bound: build.PaymentIntent = { ...intent, payment_method: method.id, payment_method_types: [behaviour.type] };
    if (this.call.orderedDecline !== undefined) {
      return this.fail(bound, method, behaviour, {
        code: 'card_declined',
        ...this.call.orderedDecline,
        message: 'Your card was declined.',
      });
    }
    if (behaviour.decline !== undefined) return this.fail(bound, method, behaviour, behaviour.decline);
    const wanted = behaviour.challengeOnRequest === true && build.requestedThreeDSecure(bound) !== undefined;
    if ((behaviour.requiresAction !== undefined || wanted) && this.hidden(method.id)['challenged'] !== true) {
      // docs.stripe.com/declines/codes: nobody is there who could pass a challenge.
      if (this.call.params['off_session'] === 'true')
        return this.fail(bound, method, behaviour, {
          code: 'authentication_required',
          declineCode: 'authentication_required',
          message: 'Your card was declined. This transaction requires authentication.',
        });
      const url = `${this.call.baseUrl}/c/authenticate/${bound.id}`;
      return this.save({
        ...bound,
        status: 'requires_action',
        next_action: { type: 'redirect_to_url', redirect_to_url: { return_url: this.optionalText('return_url'), url } },
      });
    }
    if (isVoucher(behaviour.type)) {
      return this.save({
        ...bound,
        status: 'requires_action',
        next_action: voucherAction(
          behaviour.type,
          `${this.call.baseUrl}/c/voucher/${bound.id}`,
          this.call.nowSeconds + threeDays,
        ),
      });
    }
    if (behaviour.delayed !== undefined) return this.save({ ...bound, status: 'processing' });
    return this.succeed(bound, method, behaviour);
  }

  private succeed(intent: build.PaymentIntent, method: StripeObject, behaviour: Behaviour): StripeObject {
    const manual = intent.capture_method === 'manual';
    const made = build.charge(this.call.nowSeconds, intent, method, behaviour, { paid: true, captured: !manual });
    const charge = manual ? this.save(made) : this.settle(made, intent.amount, behaviour);
    return this.save({
      ...intent,
      next_action: null,
      last_payment_error: null,
      latest_charge: charge.id,
      status: manual ? 'requires_capture' : 'succeeded',
      amount_capturable: manual ? intent.amount : 0,
      amount_received: manual ? 0 : intent.amount,
    });
  }

  /** A decline is an executed call: the intent and its failed charge stay, and the answer is 402. */
  private fail(intent: build.PaymentIntent, method: StripeObject, behaviour: Behaviour, failure: build.Failure): never {
    const charge = this.save(
      build.charge(this.call.nowSeconds, intent, method, behaviour, { paid: false, captured: false, failure }),
    );
    const error = {
      type: 'card_error',
      code: failure.code,
      ...(failure.declineCode !== undefined && { decline_code: failure.declineCode }),
      ...build.adviceOf(failure),
      message: failure.message,
      charge: charge.id,
      payment_method: method,
    };
    const failed = this.save({
      ...intent,
      status: 'requires_payment_method',
      payment_method: null,
      next_action: null,
      latest_charge: charge.id,
      last_payment_error: error,
    });
    throw this.cardError(failure, { charge: charge.id, payment_intent: failed, payment_method: method });
  }

  private settle(charge: build.Charge, amount: number, behaviour: Behaviour): build.Charge {
    const fee = Math.round((amount * 29) / 1000) + (zeroDecimal.has(charge.currency) ? 0 : 30);
    const line = this.save(
      build.balanceTransaction(this.call.nowSeconds, {
        amount,
        fee: Math.min(fee, amount),
        currency: charge.currency,
        source: charge.id,
        type: behaviour.type === 'card' ? 'charge' : 'payment',
        availableOn: this.call.nowSeconds + (behaviour.availableAtOnce === true ? 0 : twoDays),
        description: null,
      }),
    );
    const settled = this.save({ ...charge, balance_transaction: line.id });
    if (behaviour.dispute === undefined) return settled;
    openDispute(this, charge.id, behaviour.dispute);
    return this.get('charge', charge.id) as build.Charge;
  }

  /** A stored payment method, or a new card made from one of Stripe's test names. */
  private paymentMethod(id: string): { method: StripeObject; behaviour: Behaviour; fresh: boolean } {
    const behaviour = behaviourOf(id);
    if (behaviour !== undefined) {
      return { method: build.paymentMethod(this.call.nowSeconds, behaviour, null), behaviour, fresh: true };
    }
    const method = this.get('payment_method', id, 'payment_method');
    return { method, behaviour: this.hidden(id)['behaviour'] as Behaviour, fresh: false };
  }

  private behaviourOfMethod = (id: string): Behaviour => this.paymentMethod(id).behaviour;
  private behaviourOfIntent = (intent: build.PaymentIntent): Behaviour =>
    this.behaviourOfMethod(intent.payment_method ?? '');
  intent = (id: string): build.PaymentIntent => this.get('payment_intent', id, 'intent') as build.PaymentIntent;

  hidden(id: string): Readonly<Record<string, unknown>> {
    return (this.staged.get(id) ?? this.store.find(this.call.account, id))?.hidden ?? {};
  }

  /** Keeps an object as this call leaves it, in another account than the caller's where that is said. */
  save<T extends StripeObject>(value: T, hidden?: Record<string, unknown>, account = this.call.account): T {
    this.staged.set(value.id, { account, value, hidden: hidden ?? this.hidden(value.id) });
    return value;
  }

  metadata(): build.Metadata {
    const given = this.call.params['metadata'];
    if (given === undefined || given === '') return {};
    return Object.fromEntries(
      Object.entries(given as Record<string, unknown>).map(([name, value]) => [name, String(value)]),
    );
  }

  text(name: string): string {
    const value = this.call.params[name];
    if (typeof value !== 'string' || value === '')
      throw invalid(`Missing required param: ${name}.`, name, 'parameter_missing');
    return value;
  }

  optionalText(name: string): string | null {
    const value = this.call.params[name];
    return typeof value === 'string' && value !== '' ? value : null;
  }

  amount(name: string): number {
    const value = this.text(name);
    const amount = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(amount))
      throw invalid(`Invalid integer: ${value}`, name, 'parameter_invalid_integer');
    if (amount < 1) throw invalid('This value must be greater than or equal to 1.', name, 'parameter_invalid_integer');
    if (amount > 999_999_999_999) throw invalid('Amount must be no more than 999999999999.', name, 'amount_too_large');
    return amount;
  }

  private usedUp(): StripeError {
    return invalid(
      'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
      'payment_method',
    );
  }

  private unexpectedState(intent: build.PaymentIntent, verb: string): StripeError {
    return new StripeError(
      400,
      {
        type: 'invalid_request_error',
        code: 'payment_intent_unexpected_state',
        payment_intent: intent,
        message: `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
      },
      true,
    );
  }

  private cardError(
    failure: build.Failure,
    about: { charge?: string; payment_intent?: unknown; payment_method?: unknown },
  ): StripeError {
    return new StripeError(
      402,
      {
        type: 'card_error',
        code: failure.code,
        ...(failure.declineCode !== undefined && { decline_code: failure.declineCode }),
        ...build.adviceOf(failure),
        message: failure.message,
        ...about,
      },
      true,
    );
  }
}
