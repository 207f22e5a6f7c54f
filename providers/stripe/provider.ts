import Stripe from 'stripe';
import { keyOf, pspIdempotencyKey } from '../idempotency-key';
import { declineAdvices } from '../../domain/payment-order';
import type { PspSignal } from '../../domain/risk';
import {
  ProviderError,
  type CardFacts,
  type DisputeProvider,
  type OperationIdentity,
  type PayInput,
  type PaymentOutcome,
  type OpenedPage,
  type CardPageInput,
  type PaymentPageInput,
  type PaymentPageState,
  type PaymentProvider,
  type PayoutProvider,
  type SellerAccountProvider,
  type PrepareBuyerOutcome,
  type ProviderAmount,
  type ReferenceInput,
  type RefundOutcome,
  type SettlementPage,
  type SettlementSpan,
} from '../provider';
import { fromStripeAmount, toStripeAmount } from './amounts';
import { StripeDisputes } from './disputes';
import { toProviderError } from './errors';
import { StripePayouts } from './payouts';
import { StripeSellerAccounts } from './seller-accounts';
import { balanceOf, settlementPage } from './settlement';

/** Where and how to reach Stripe. `url` points the real SDK at a stand-in that speaks Stripe's protocol. */
export interface StripeOptions {
  readonly secretKey: string;
  readonly url?: string;
  readonly timeoutMs?: number;
}

/** Shorter than the activity's start-to-close of 10 s, so that the answer to a time-out is ours and not Temporal's. */
const defaultTimeoutMs = 8_000;
/** The charge with its line in the balance, which says when the money becomes available (P1). */
const withCharge = ['latest_charge.balance_transaction'];
const withCharges = ['data.latest_charge.balance_transaction'];
const listPageSize = 100;
const mostPagesListed = 10;

/** Stripe behind the contract, on the official SDK. Temporal retries; the SDK doesn't. */
export class StripeProvider implements PaymentProvider {
  readonly payouts: PayoutProvider;
  readonly sellers: SellerAccountProvider;
  readonly disputes: DisputeProvider;
  private readonly stripe: Stripe;

  constructor(options: StripeOptions) {
    const url = options.url === undefined ? undefined : new URL(options.url);
    this.stripe = new Stripe(options.secretKey, {
      maxNetworkRetries: 0,
      timeout: options.timeoutMs ?? defaultTimeoutMs,
      telemetry: false,
      appInfo: { name: 'paysaga' },
      ...(url !== undefined && {
        host: url.hostname,
        port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
        protocol: url.protocol === 'https:' ? ('https' as const) : ('http' as const),
      }),
    });
    this.payouts = new StripePayouts(this.stripe);
    this.sellers = new StripeSellerAccounts(this.stripe);
    this.disputes = new StripeDisputes(this.stripe);
  }

  checkAmount(amount: ProviderAmount): void {
    toStripeAmount(amount);
  }

  async prepareBuyer(input: Parameters<PaymentProvider['prepareBuyer']>[0]): Promise<PrepareBuyerOutcome> {
    const { merchantId, checkoutId, paymentMethod } = input;
    try {
      const customer = input.customer ?? (await this.newCustomer(input));
      try {
        const attached = await this.stripe.paymentMethods.attach(
          paymentMethod,
          { customer },
          { idempotencyKey: keyOf([merchantId, checkoutId, 'attach', paymentMethod]) },
        );
        return { outcome: 'prepared', customer, paymentMethod: attached.id, card: cardFacts(attached) };
      } catch (error) {
        // A card that the storefront saved before belongs to a customer of its own making: pay with that one.
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
        const existing = await this.stripe.paymentMethods.retrieve(paymentMethod);
        if (typeof existing.customer !== 'string') throw error;
        return {
          outcome: 'prepared',
          customer: existing.customer,
          paymentMethod: existing.id,
          card: cardFacts(existing),
        };
      }
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) return { outcome: 'declined', ...declineOf(error) };
      const problem = toProviderError(error);
      if (problem.problem === 'rejected')
        return { outcome: 'rejected', code: problem.code ?? 'rejected', message: problem.message };
      throw problem;
    }
  }

  async createCustomer(input: Parameters<PaymentProvider['createCustomer']>[0]): Promise<string> {
    try {
      return await this.newCustomer(input);
    } catch (error) {
      throw toProviderError(error);
    }
  }

  private async newCustomer(input: Parameters<PaymentProvider['createCustomer']>[0]): Promise<string> {
    const { merchantId, buyerId, email, name } = input;
    const made = await this.stripe.customers.create(
      {
        metadata: { merchant_id: merchantId, buyer_id: buyerId },
        ...(email !== null && { email }),
        ...(name !== null && { name }),
      },
      { idempotencyKey: keyOf([merchantId, buyerId, 'customer', keyOf([email ?? '', name ?? ''])]) },
    );
    return made.id;
  }

  openPage(input: PaymentPageInput): Promise<OpenedPage> {
    const { merchantId, checkoutId, round } = input;
    return this.openSession(pageParameters(input), [merchantId, checkoutId, 'page', String(round)]);
  }

  openCardPage(input: CardPageInput): Promise<OpenedPage> {
    const { merchantId, subscriptionId, number } = input;
    return this.openSession(cardPageParameters(input), [merchantId, subscriptionId, 'card_page', String(number)]);
  }

  private async openSession(
    parameters: Stripe.Checkout.SessionCreateParams,
    identity: readonly string[],
  ): Promise<OpenedPage> {
    try {
      const session = await this.stripe.checkout.sessions.create(parameters, { idempotencyKey: keyOf(identity) });
      if (session.url === null) throw new ProviderError('outcome_unknown', `page ${session.id} has no URL`);
      return { outcome: 'opened', page: session.id, url: session.url };
    } catch (error) {
      const problem = toProviderError(error);
      if (problem.problem === 'rejected')
        return { outcome: 'rejected', code: problem.code ?? 'rejected', message: problem.message };
      throw problem;
    }
  }

  async readPage(page: string): Promise<PaymentPageState> {
    try {
      return pageState(await this.stripe.checkout.sessions.retrieve(page, { expand: ['setup_intent'] }));
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async closePage(page: string): Promise<PaymentPageState> {
    const standing = await this.readPage(page);
    if (standing.state !== 'open') return standing;
    try {
      await this.stripe.checkout.sessions.expire(page);
    } catch (error) {
      const problem = toProviderError(error);
      if (problem.problem !== 'rejected') throw problem;
    }
    return this.readPage(page);
  }

  charge = (input: PayInput): Promise<PaymentOutcome> => this.pay(input, 'automatic');
  authorize = (input: PayInput): Promise<PaymentOutcome> => this.pay(input, 'manual');

  private pay(input: PayInput, captureMethod: 'automatic' | 'manual'): Promise<PaymentOutcome> {
    const { identity, checkoutId, amount } = input;
    return this.answer(() =>
      this.stripe.paymentIntents.create(
        {
          amount: toStripeAmount(amount),
          currency: amount.currency.toLowerCase(),
          customer: input.customer,
          payment_method: input.paymentMethod,
          confirm: true,
          // docs.stripe.com/payments/save-and-reuse: without the buyer a challenge is declined with `authentication_required`.
          off_session: input.offSession === true,
          capture_method: captureMethod,
          // With a return URL a challenge is a redirect; without one only Stripe's own script could show it.
          ...(input.returnUrl === null || input.offSession === true
            ? { automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const } }
            : { automatic_payment_methods: { enabled: true }, return_url: input.returnUrl }),
          // docs.stripe.com/payments/3d-secure/authentication-flow#manual-three-ds
          ...(input.challenge === true &&
            input.offSession !== true && {
              payment_method_options: { card: { request_three_d_secure: 'challenge' as const } },
            }),
          transfer_group: checkoutId,
          metadata: { ...metadata(identity), checkout_id: checkoutId },
          ...(input.statementDescriptor !== null && { statement_descriptor_suffix: input.statementDescriptor }),
          expand: withCharge,
        },
        { idempotencyKey: pspIdempotencyKey(identity) },
      ),
    );
  }

  async capture({ identity, reference, amount }: ReferenceInput & { amount: ProviderAmount }): Promise<PaymentOutcome> {
    return this.answerOrState(reference, () =>
      this.stripe.paymentIntents.capture(
        reference,
        { amount_to_capture: toStripeAmount(amount), expand: withCharge },
        { idempotencyKey: pspIdempotencyKey(identity) },
      ),
    );
  }

  async void({ identity, reference }: ReferenceInput): Promise<PaymentOutcome> {
    return this.answerOrState(reference, () =>
      this.stripe.paymentIntents.cancel(reference, {}, { idempotencyKey: pspIdempotencyKey(identity) }),
    );
  }

  async refund({ identity, reference, amount }: ReferenceInput & { amount: ProviderAmount }): Promise<RefundOutcome> {
    try {
      const refund = await this.stripe.refunds.create(
        { payment_intent: reference, amount: toStripeAmount(amount), metadata: metadata(identity) },
        { idempotencyKey: pspIdempotencyKey(identity) },
      );
      return refundOutcome(refund);
    } catch (error) {
      const problem = toProviderError(error);
      if (problem.problem !== 'rejected') throw problem;
      // Refunded already, perhaps under a key that Stripe has since forgotten: what stands there decides.
      const standing = await this.findRefund({ identity, reference });
      return standing ?? { outcome: 'rejected', code: problem.code ?? 'rejected', message: problem.message };
    }
  }

  retrieve(reference: string): Promise<PaymentOutcome> {
    return this.answer(() => this.stripe.paymentIntents.retrieve(reference, { expand: withCharge }));
  }

  async find(input: Parameters<PaymentProvider['find']>[0]): Promise<PaymentOutcome | undefined> {
    try {
      const found =
        (await this.findByCustomer(input)) ??
        (await this.findBySearch(input.identity)) ??
        (await this.findBySettlementLine(input));
      return found === undefined ? undefined : outcomeOf(found);
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async findRefund({ identity, reference }: ReferenceInput): Promise<RefundOutcome | undefined> {
    try {
      const refunds = await this.stripe.refunds.list({ payment_intent: reference, limit: listPageSize });
      const ours = refunds.data.filter((refund) => isOurs(refund.metadata, identity)).map(refundOutcome);
      return ours.find((refund) => refund.outcome === 'refunded') ?? ours[0];
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async readRefund(reference: string): Promise<RefundOutcome> {
    try {
      return refundOutcome(await this.stripe.refunds.retrieve(reference));
    } catch (error) {
      throw toProviderError(error);
    }
  }

  async availabilityOfCharges(sinceSeconds: number): Promise<{ charge: string; availableOn: string }[]> {
    const found: { charge: string; availableOn: string }[] = [];
    try {
      let after: string | undefined;
      for (let page = 0; page < mostPagesListed; page += 1) {
        const lines = await this.stripe.balanceTransactions.list({
          created: { gte: sinceSeconds },
          limit: listPageSize,
          ...(after !== undefined && { starting_after: after }),
        });
        for (const line of lines.data)
          if ((line.type === 'charge' || line.type === 'payment') && line.source !== null)
            found.push({ charge: idOf(line.source), availableOn: new Date(line.available_on * 1000).toISOString() });
        after = lines.data.at(-1)?.id;
        if (!lines.has_more || after === undefined) break;
      }
      return found;
    } catch (error) {
      throw toProviderError(error);
    }
  }

  settlementPage(span: SettlementSpan, after: string | null): Promise<SettlementPage> {
    return settlementPage(this.stripe, span, after);
  }

  balance(account?: string): Promise<ProviderAmount[]> {
    return balanceOf(this.stripe, account);
  }

  private async findByCustomer(
    input: Parameters<PaymentProvider['find']>[0],
  ): Promise<Stripe.PaymentIntent | undefined> {
    if (input.customer === null) return undefined;
    let after: string | undefined;
    for (let page = 0; page < mostPagesListed; page += 1) {
      const list = await this.stripe.paymentIntents.list({
        customer: input.customer,
        created: { gte: input.sinceSeconds },
        limit: listPageSize,
        expand: withCharges,
        ...(after !== undefined && { starting_after: after }),
      });
      const ours = list.data.find((intent) => isOurs(intent.metadata, input.identity));
      if (ours !== undefined) return ours;
      after = list.data.at(-1)?.id;
      if (!list.has_more || after === undefined) return undefined;
    }
    return undefined;
  }

  private async findBySearch(identity: OperationIdentity): Promise<Stripe.PaymentIntent | undefined> {
    const result = await this.stripe.paymentIntents.search({
      query: `metadata['merchant_id']:'${identity.merchantId}' AND metadata['payment_order_id']:'${identity.paymentOrderId}'`,
      limit: listPageSize,
      expand: withCharges,
    });
    return result.data.find((intent) => isOurs(intent.metadata, identity));
  }

  /** The last rung: a line in the account's balance means that money has moved, whatever else can't be found. */
  private async findBySettlementLine(
    input: Parameters<PaymentProvider['find']>[0],
  ): Promise<Stripe.PaymentIntent | undefined> {
    let after: string | undefined;
    for (let page = 0; page < mostPagesListed; page += 1) {
      const lines = await this.stripe.balanceTransactions.list({
        created: { gte: input.sinceSeconds },
        limit: listPageSize,
        expand: ['data.source'],
        ...(after !== undefined && { starting_after: after }),
      });
      for (const { source } of lines.data) {
        if (source === null || typeof source === 'string' || source.object !== 'charge') continue;
        if (!isOurs(source.metadata, input.identity) || source.payment_intent === null) continue;
        return this.stripe.paymentIntents.retrieve(idOf(source.payment_intent), { expand: withCharge });
      }
      after = lines.data.at(-1)?.id;
      if (!lines.has_more || after === undefined) return undefined;
    }
    return undefined;
  }

  private async answer(call: () => Promise<Stripe.PaymentIntent>): Promise<PaymentOutcome> {
    try {
      return outcomeOf(await call());
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) {
        return {
          outcome: 'declined',
          reference: error.payment_intent?.id ?? null,
          ...declineOf(error),
        };
      }
      const problem = toProviderError(error);
      if (problem.problem === 'rejected')
        return { outcome: 'rejected', code: problem.code ?? 'rejected', message: problem.message };
      throw problem;
    }
  }

  /** Capture and void can find the payment further along than we knew; then its state is the answer (C5). */
  private async answerOrState(reference: string, call: () => Promise<Stripe.PaymentIntent>): Promise<PaymentOutcome> {
    const outcome = await this.answer(call);
    return outcome.outcome === 'rejected' && outcome.code === 'payment_intent_unexpected_state'
      ? this.retrieve(reference)
      : outcome;
  }
}

/**
 * The page of a checkout. One order is paid on the page by any method that the merchant's dashboard allows (with manual
 * capture by card only: delayed methods can't be held); for several orders it saves a card, which each is charged to.
 * The ids that the events will carry are on the payment itself.
 */
function pageParameters(input: PaymentPageInput): Stripe.Checkout.SessionCreateParams {
  const { order, checkoutId, merchantId, round } = input;
  const ids = { merchant_id: merchantId, checkout_id: checkoutId, round: String(round) };
  const common = {
    customer: input.customer,
    client_reference_id: checkoutId,
    success_url: input.returnUrl,
    cancel_url: input.returnUrl,
    expires_at: input.expiresAtSeconds,
    metadata: ids,
  };
  if (order === null) {
    return { ...common, mode: 'setup', allowed_payment_method_types: ['card'], setup_intent_data: { metadata: ids } };
  }
  const { identity, amount, seller, statementDescriptor } = order;
  return {
    ...common,
    mode: 'payment',
    ...(identity.operation === 'authorize' && { allowed_payment_method_types: ['card'] as const }),
    ...(input.challenge === true && {
      payment_method_options: { card: { request_three_d_secure: 'challenge' as const } },
    }),
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: amount.currency.toLowerCase(),
          unit_amount: toStripeAmount(amount),
          product_data: { name: `Your order from ${seller}` },
        },
      },
    ],
    payment_intent_data: {
      capture_method: identity.operation === 'authorize' ? 'manual' : 'automatic',
      transfer_group: checkoutId,
      metadata: { ...metadata(identity), checkout_id: checkoutId },
      ...(statementDescriptor !== null && { statement_descriptor_suffix: statementDescriptor }),
    },
  };
}

/** The page that takes a subscription's card: a SetupIntent for charges without the buyer (docs.stripe.com/payments/save-and-reuse). */
function cardPageParameters(input: CardPageInput): Stripe.Checkout.SessionCreateParams {
  const ids = {
    merchant_id: input.merchantId,
    subscription_id: input.subscriptionId,
    card_page: String(input.number),
  };
  return {
    mode: 'setup',
    customer: input.customer,
    client_reference_id: input.subscriptionId,
    success_url: input.returnUrl,
    cancel_url: input.returnUrl,
    expires_at: input.expiresAtSeconds,
    metadata: ids,
    allowed_payment_method_types: ['card'],
    setup_intent_data: { metadata: ids },
  };
}

/** Our words for a Checkout Session's state. `complete` says that the buyer is done, not that the money has come. */
function pageState(session: Stripe.Checkout.Session): PaymentPageState {
  if (session.status === 'expired') return { state: 'expired' };
  if (session.status !== 'complete') return { state: 'open' };
  const intent = session.payment_intent;
  if (session.mode === 'payment' && intent !== null) return { state: 'paid', reference: idOf(intent) };
  const setup = session.setup_intent;
  if (typeof setup === 'object' && setup?.payment_method && setup.customer) {
    return { state: 'card_saved', customer: idOf(setup.customer), paymentMethod: idOf(setup.payment_method) };
  }
  throw new ProviderError('outcome_unknown', `page ${session.id} is complete and holds neither payment nor card`);
}

const idOf = (value: string | { id: string }): string => (typeof value === 'string' ? value : value.id);

/** The SDK's error has an empty `decline_code` where Stripe's answer has none, as for an expired card: the code says it then. */
function declineOf(error: { decline_code?: string; code?: string; advice_code?: string; message?: string }) {
  const code = [error.decline_code, error.code].find((one) => one !== undefined && one !== '') ?? 'card_declined';
  const advice = declineAdvices.find((one) => one === error.advice_code);
  return { code, message: error.message ?? 'The payment was declined.', ...(advice !== undefined && { advice }) };
}

const metadata = (identity: OperationIdentity): Record<string, string> => ({
  merchant_id: identity.merchantId,
  payment_order_id: identity.paymentOrderId,
  operation: identity.operation,
  attempt: String(identity.attempt),
  ...(identity.refundId !== undefined && { refund_id: identity.refundId }),
});

const isOurs = (found: Stripe.Metadata | null, identity: OperationIdentity): boolean =>
  found?.['refund_id'] === identity.refundId &&
  Object.entries(metadata(identity)).every(([name, value]) => found?.[name] === value);

/** Our words for a refund's state. The enum is open: a status not known here is no outcome (U1). */
function refundOutcome(refund: Stripe.Refund): RefundOutcome {
  switch (refund.status) {
    case 'succeeded':
      return { outcome: 'refunded', reference: refund.id, pending: false };
    case 'pending':
    case 'requires_action':
      return { outcome: 'refunded', reference: refund.id, pending: true };
    case 'failed':
    case 'canceled':
      return { outcome: 'failed', reference: refund.id, reason: refund.failure_reason ?? refund.status };
    default:
      throw new ProviderError(
        'outcome_unknown',
        `refund ${refund.id} is in a state not known here: ${String(refund.status)}`,
      );
  }
}

/** Our words for a PaymentIntent's state. The enum is open: a status not known here is no outcome (U1). */
function outcomeOf(intent: Stripe.PaymentIntent): PaymentOutcome {
  const charge = intent.latest_charge;
  const chargeReference = charge === null ? null : typeof charge === 'string' ? charge : charge.id;
  switch (intent.status) {
    case 'succeeded':
      return {
        outcome: 'succeeded',
        reference: intent.id,
        chargeReference,
        receivedMinor: fromStripeAmount(intent.amount_received, intent.currency).toString(),
        refundedMinor: fromStripeAmount(
          charge === null || typeof charge === 'string' ? 0 : charge.amount_refunded,
          intent.currency,
        ).toString(),
        availableOn: availableOn(charge),
        ...signalsOf(charge),
      };
    case 'requires_capture':
      return { outcome: 'authorized', reference: intent.id, chargeReference, ...signalsOf(charge) };
    case 'requires_action': {
      // A voucher waits for days to be paid at an agent: nobody has to be challenged now.
      if (intent.next_action?.type.endsWith('_display_details') === true)
        return { outcome: 'processing', reference: intent.id, url: voucherUrl(intent.next_action) };
      return {
        outcome: 'requires_action',
        reference: intent.id,
        url: intent.next_action?.redirect_to_url?.url ?? null,
      };
    }
    case 'processing':
      return { outcome: 'processing', reference: intent.id };
    case 'canceled':
      return { outcome: 'canceled', reference: intent.id };
    case 'requires_payment_method':
    case 'requires_confirmation': {
      return { outcome: 'declined', reference: intent.id, ...declineOf(intent.last_payment_error ?? {}) };
    }
    default:
      throw new ProviderError(
        'outcome_unknown',
        `payment ${intent.id} is in a state not known here: ${String(intent.status)}`,
      );
  }
}

/** What a card is known by. */
const cardFacts = ({ card }: Stripe.PaymentMethod): CardFacts | null =>
  card === undefined ? null : { fingerprint: card.fingerprint ?? null, country: card.country };

/** What Radar and the bank's checks say of a charge (docs.stripe.com/api/charges/object), where it is not what they mostly say. */
function signalsOf(charge: Stripe.PaymentIntent['latest_charge']): { signals?: readonly PspSignal[] } {
  if (charge === null || typeof charge === 'string') return {};
  const checks = charge.payment_method_details?.card?.checks;
  const said: readonly (readonly [PspSignal, boolean])[] = [
    ['risk_elevated', charge.outcome?.risk_level === 'elevated'],
    ['risk_highest', charge.outcome?.risk_level === 'highest'],
    ['cvc_failed', checks?.cvc_check === 'fail'],
    ['address_failed', checks?.address_line1_check === 'fail'],
    ['postal_code_failed', checks?.address_postal_code_check === 'fail'],
  ];
  const signals = said.filter(([, is]) => is).map(([signal]) => signal);
  return signals.length === 0 ? {} : { signals };
}

/** When a charge's money becomes available, where its line is there already. */
function availableOn(charge: Stripe.PaymentIntent['latest_charge']): string | null {
  const line = charge === null || typeof charge === 'string' ? null : charge.balance_transaction;
  return line === null || typeof line === 'string' ? null : new Date(line.available_on * 1000).toISOString();
}

/** Stripe's own page of a voucher, wherever the voucher's kind keeps it. */
function voucherUrl(action: Stripe.PaymentIntent.NextAction): string | null {
  const details = Object.entries(action).find(([name]) => name.endsWith('_display_details'))?.[1] as
    { hosted_voucher_url?: string | null } | undefined;
  return details?.hosted_voucher_url ?? null;
}
