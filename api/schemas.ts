import { z } from 'zod';
import { captureMethods, failurePolicies } from '../domain/checkout';
import { identifierPattern } from '../domain/identifiers';
import { isCurrency, MoneyError, toMinorUnits, toPositiveMinorUnits } from '../domain/money';
import { notificationIdPattern, opsKinds } from '../domain/notification';
import { payoutIntervals } from '../domain/payout';
import { mostTriesPerCard, periodUnits, unpaidPolicies } from '../domain/subscription';
import { canonicalLocale } from '../domain/locale';
import { ProviderError } from '../providers/provider';
import { toStripeAmount } from '../providers/stripe/amounts';
import { breakOutcomes, settlementDayPattern } from '../domain/reconciliation';
import { scopes } from './scopes';

export const mostPaymentOrders = 1_000;

const identifier = z.string().regex(identifierPattern, 'must be 1 to 64 characters of A-Z, a-z, 0-9, ".", "_" and "-"');
/** By its own name or an older one: runtimes list one of Asia/Kolkata and Asia/Calcutta, and know both. */
function isTimeZone(name: string): boolean {
  if (!/^(UTC|[A-Za-z_]{1,32}(\/[A-Za-z0-9_+-]{1,32}){1,2})$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
const text = (longest: number) => z.string().min(1).max(longest);

const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be in E.164 form, such as "+4915112345678"');
const email = z.email().max(254);
const locale = z
  .string()
  .max(35)
  .refine((text) => canonicalLocale(text) !== undefined, 'must be a language tag such as "de-AT"')
  .meta({ description: 'BCP 47: the language and the number format of messages', examples: ['de-AT'] });

const buyerInfo = z.strictObject({
  id: identifier,
  email: email.optional(),
  name: text(200).optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code of two capital letters')
    .optional(),
  phone: phone.optional(),
  locale: locale.optional(),
  ip: z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address').optional(),
});

const amountText = z
  .string('must be a string in major units, such as "49.90"')
  // For readers of the description; what an amount may be depends on its currency, and is checked with it.
  .meta({ pattern: '^[0-9]{1,13}(\\.[0-9]{1,4})?$', examples: ['49.90'] });

const paymentOrder = z
  .strictObject({
    payment_order_id: identifier,
    seller_account: identifier,
    amount: amountText,
    currency: z.string().meta({ pattern: '^[A-Z]{3}$', description: 'ISO 4217', examples: ['EUR'] }),
    platform_fee: amountText.optional(),
    fx_quote_id: identifier.optional(),
    statement_descriptor: z
      .string()
      .regex(/^[A-Za-z0-9 .,-]{2,22}$/, 'must be 2 to 22 characters of letters, digits, space, ".", "," and "-"')
      .optional(),
  })
  .superRefine(checkAmounts);

interface Amounts {
  readonly amount: string;
  readonly currency: string;
  readonly platform_fee?: string | undefined;
  readonly fx_quote_id?: string | undefined;
}

function checkAmounts(order: Amounts, context: z.RefinementCtx): void {
  try {
    const amountMinor = toPositiveMinorUnits({ amount: order.amount, currency: order.currency });
    toStripeAmount({ amountMinor, currency: order.currency });
    // With a quote the fee is in the seller's currency, which only the quote tells.
    if (order.platform_fee === undefined || order.fx_quote_id !== undefined) return;
    if (feeOf(order, context) > amountMinor)
      context.addIssue({ code: 'custom', path: ['platform_fee'], message: 'must not be above the amount' });
  } catch (error) {
    if (error instanceof MoneyError) context.addIssue({ code: 'custom', path: [error.field], message: error.message });
    else if (error instanceof ProviderError)
      context.addIssue({ code: 'custom', path: ['amount'], message: error.message });
    else throw error;
  }
}

function feeOf(order: Amounts, context: z.RefinementCtx): bigint {
  try {
    return toMinorUnits({ amount: order.platform_fee ?? '0', currency: order.currency });
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
    context.addIssue({ code: 'custom', path: ['platform_fee'], message: error.message });
    return 0n;
  }
}

const cardInfo = z.strictObject(
  {
    payment_method: z
      .string()
      .regex(
        /^pm_[A-Za-z0-9_]{1,250}$/,
        'must be a PSP payment method id, such as "pm_…"; card data is never sent here',
      ),
  },
  "must be an object with the PSP's payment_method",
);

/** The body of `POST /v1/payments`. Without `credit_card_info` the buyer pays on the PSP's page. */
export const checkoutBody = z.strictObject({
  checkout_id: identifier,
  buyer_info: buyerInfo,
  credit_card_info: cardInfo.optional(),
  payment_orders: z
    .array(paymentOrder)
    .min(1, 'must have at least one payment order')
    .max(mostPaymentOrders, `must have at most ${String(mostPaymentOrders)} payment orders`)
    .superRefine((orders, context) => {
      const seen = new Set<string>();
      orders.forEach(({ payment_order_id: id }, index) => {
        if (seen.has(id))
          context.addIssue({
            code: 'custom',
            path: [index, 'payment_order_id'],
            message: 'must not repeat within a checkout',
          });
        seen.add(id);
      });
    }),
  failure_policy: z.enum(failurePolicies).optional(),
  capture_method: z.enum(captureMethods).optional(),
  return_url: z.string().max(2_000).optional(),
  metadata: z
    .record(z.string().min(1).max(40), z.string().max(500))
    .refine((entries) => Object.keys(entries).length <= 50, 'must have at most 50 entries')
    .optional(),
});
export type CheckoutBody = z.infer<typeof checkoutBody>;

/** The body of cancel calls, and of capture calls for a whole checkout; may be left out. */
export const requestBody = z.strictObject({ reason: text(500).optional() });

/** The body of a capture of one payment order; without an amount all of it is captured. */
export const captureBody = requestBody.extend({ amount: amountText.optional() });

/** The body of `POST /v1/payments/{id}/refunds`; without an amount all that is left is refunded. */
export const refundBody = z.strictObject({
  refund_id: identifier.optional(),
  amount: amountText.optional(),
  reason: text(500).optional(),
});

const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code of three capital letters')
  .refine(isCurrency, 'must be an ISO 4217 currency code in upper case, such as "EUR"');

const hours = z.array(z.int().min(1).max(720)).max(mostTriesPerCard - 1);

/** The body of `POST /v1/plans`. */
export const planBody = z
  .strictObject({
    plan_id: identifier,
    name: text(200),
    seller_account: identifier,
    amount: amountText,
    currency: currencyCode,
    platform_fee: amountText.optional(),
    interval: z.enum(periodUnits),
    interval_count: z.int().min(1).max(365).optional(),
    trial_days: z.int().min(0).max(730).optional(),
    when_unpaid: z.enum(unpaidPolicies).optional(),
    dunning: z
      .strictObject({
        soft_hours: hours.optional(),
        technical_hours: hours.optional(),
        give_up_days: z.int().min(1).max(60).optional(),
      })
      .optional(),
  })
  .superRefine(checkAmounts);
export type PlanBody = z.infer<typeof planBody>;

const quantity = z.int().min(1).max(1_000_000);
const moment = z.iso.datetime({ offset: true, error: 'must be a time such as "2026-12-01T09:00:00+01:00"' });
/** Room is left for period and try, which the ids of its checkouts end in. */
const subscriptionId = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,48}$/, 'must be 1 to 48 characters of A-Z, a-z, 0-9, ".", "_" and "-"');

/** The body of `POST /v1/subscriptions`. */
export const subscriptionBody = z.strictObject({
  subscription_id: subscriptionId,
  plan_id: identifier,
  quantity: quantity.optional(),
  buyer_info: buyerInfo,
  credit_card_info: cardInfo
    .optional()
    .meta({ description: 'Left out: its buyer leaves a card on a page of the PSP, and it begins then' }),
  time_zone: z
    .string()
    .refine(isTimeZone, 'must be a time zone of the IANA database, such as "Europe/Berlin"')
    .optional(),
  starts_at: moment.optional(),
  trial_days: z.int().min(0).max(730).optional(),
  test_clock_id: identifier.optional().meta({ description: 'It goes by this clock, and not by the time' }),
  return_url: z.string().max(2_000).optional(),
  metadata: z
    .record(z.string().min(1).max(40), z.string().max(500))
    .refine((entries) => Object.keys(entries).length <= 48, 'must have at most 48 entries')
    .optional(),
});
export type SubscriptionBody = z.infer<typeof subscriptionBody>;

const prorate = z
  .boolean()
  .optional()
  .meta({ description: 'Whether the rest of the period that runs is charged, or credited, on the next one' });

/** The body of `POST /v1/subscriptions/{id}/payment_method`: another card, or a page for its buyer to leave one on. */
export const subscriptionCardBody = z
  .strictObject({ credit_card_info: cardInfo.optional(), on_page: z.literal(true).optional() })
  .refine(
    (body) => (body.credit_card_info === undefined) !== (body.on_page === undefined),
    'must have either credit_card_info or on_page',
  );

/** The body of `POST /v1/plan_migrations`. */
export const planMigrationBody = z.strictObject({
  migration_id: identifier,
  from_plan_id: identifier,
  to_plan_id: identifier,
  prorate,
});

/** The body of `POST /v1/test_clocks`. */
export const testClockBody = z.strictObject({ test_clock_id: identifier, frozen_at: moment });
/** The body of `POST /v1/test_clocks/{id}/advance`. */
export const testClockAdvanceBody = z.strictObject({ frozen_at: moment });

/** The body of `POST /v1/subscriptions/{id}/change`. */
export const subscriptionChangeBody = z
  .strictObject({
    plan_id: identifier.optional(),
    quantity: quantity.optional(),
    prorate,
    at: z
      .enum(['next_period', 'now'])
      .optional()
      .meta({ description: '`now`: the period that runs ends, and a new one begins and is charged at once' }),
  })
  .refine((body) => body.plan_id !== undefined || body.quantity !== undefined, 'must have plan_id, quantity or both')
  .refine((body) => body.at !== 'now' || body.prorate !== undefined, {
    path: ['prorate'],
    error: 'must say whether the rest of the period that runs is credited, where another one begins now',
  });
export type SubscriptionChangeBody = z.infer<typeof subscriptionChangeBody>;

/** The body of `POST /v1/subscriptions/{id}/pause`; without a time it stays so until it is resumed. */
export const pauseBody = z.strictObject({
  resume_at: moment.optional(),
});

/** The body of `POST /v1/subscriptions/{id}/cancel`. */
export const subscriptionCancelBody = z.strictObject({
  at: z.enum(['now', 'period_end', 'never']),
  reason: text(500).optional(),
});

/** The body of `POST /v1/payouts`; without an amount all that is available is paid out. */
export const payoutBody = z.strictObject({
  payout_id: identifier.optional(),
  seller_account: identifier,
  amount: amountText.optional(),
  currency: currencyCode,
});

/** The body of `POST /v1/fx/quotes`: one of the two amounts; the other one is the answer. */
export const quoteBody = z
  .strictObject({
    quote_id: identifier.optional(),
    buyer_currency: currencyCode,
    seller_currency: currencyCode,
    buyer_amount: amountText.optional(),
    seller_amount: amountText.optional(),
  })
  .superRefine((quote, context) => {
    const problem = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (quote.buyer_currency === quote.seller_currency)
      problem('buyer_currency', 'must differ from the seller_currency: there is nothing to convert');
    if (quote.buyer_amount === undefined && quote.seller_amount === undefined)
      problem('seller_amount', 'or buyer_amount is needed');
    if (quote.buyer_amount !== undefined && quote.seller_amount !== undefined)
      problem('buyer_amount', 'must be left out when seller_amount is given: it is what the quote answers');
  });
export type QuoteBody = z.infer<typeof quoteBody>;

/** What is given with an act that a person must answer for. */
export const reasonBody = z.strictObject({ reason: text(500) });

const time = (example: string) => z.iso.datetime({ offset: true, error: `must be a time such as "${example}"` });
const proposalId = { proposal_id: identifier.optional(), reason: text(500) };

/** The body of `POST /v1/ledger/proposals`: what one person wants done to the book, for another to decide. */
export const proposalBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('adjustment'),
    ...proposalId,
    currency: currencyCode,
    effective_at: time('2026-11-20T00:00:00Z'),
    lines: z
      .array(
        z.strictObject({
          account: z.string().max(120),
          debit: amountText.optional(),
          credit: amountText.optional(),
        }),
      )
      .max(50),
  }),
  z.strictObject({
    kind: z.literal('write_off'),
    ...proposalId,
    seller_account: identifier,
    amount: amountText,
    currency: currencyCode,
  }),
  z.strictObject({ kind: z.literal('period_close'), ...proposalId, through: time('2026-10-31T23:59:59.999Z') }),
]);
export type ProposalBody = z.infer<typeof proposalBody>;

const payoutSchedule = z
  .strictObject({
    currency: currencyCode,
    interval: z.enum(payoutIntervals),
    day: z.int().min(1).max(28).optional(),
    minimum_amount: amountText.optional(),
    active: z.boolean().optional(),
  })
  .refine(({ interval, day = 1 }) => interval !== 'weekly' || day <= 7, {
    path: ['day'],
    message: 'must be 1 (Monday) to 7 (Sunday) for weekly payouts',
  })
  .refine(({ interval, day }) => interval !== 'daily' || day === undefined, {
    path: ['day'],
    message: 'must be left out for daily payouts',
  });

/** The body of `PUT /v1/sellers/{id}`; what is left out stays as it is. */
export const sellerBody = z.strictObject({
  payout_account: z
    .string()
    .regex(/^acct_[A-Za-z0-9]{1,64}$/, 'must be the id of the seller\'s account at the PSP, "acct_…"')
    .optional(),
  kyc_status: z.enum(['unverified', 'pending', 'verified', 'rejected']).optional(),
  email: email.nullable().meta({ description: 'Where the seller is told of payouts; null takes it away' }).optional(),
  phone: phone.nullable().optional(),
  locale: locale.nullable().optional(),
  payout_schedules: z.array(payoutSchedule).max(20).optional(),
});

/** The body of `POST /v1/sellers/{id}/onboarding`. */
export const onboardingBody = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be the country of the seller, by ISO 3166-1, such as "DE"')
    .meta({ description: 'Said once: an account keeps its country' }),
  return_url: z.string().max(2_000).meta({ description: 'Where the seller comes back to, done or not' }),
  refresh_url: z.string().max(2_000).meta({
    description: 'Your page that makes this call again: a link is good once and for minutes. Mails lead there, too',
  }),
});

/** Evidence that the PSP takes as text (docs.stripe.com/api/disputes/update). */
const evidenceText = text(20_000).optional();
const evidenceFields = z.strictObject({
  access_activity_log: evidenceText,
  billing_address: evidenceText,
  cancellation_policy_disclosure: evidenceText,
  cancellation_rebuttal: evidenceText,
  customer_email_address: evidenceText,
  customer_name: evidenceText,
  customer_purchase_ip: evidenceText,
  duplicate_charge_explanation: evidenceText,
  duplicate_charge_id: evidenceText,
  product_description: evidenceText,
  refund_policy_disclosure: evidenceText,
  refund_refusal_explanation: evidenceText,
  service_date: evidenceText,
  shipping_address: evidenceText,
  shipping_carrier: evidenceText,
  shipping_date: evidenceText,
  shipping_tracking_number: evidenceText,
  uncategorized_text: evidenceText,
});

/** The body of `POST /v1/disputes/{id}/evidence`. With `submit` it goes to the bank, for good. */
export const evidenceBody = z.strictObject({
  evidence: evidenceFields.refine((given) => Object.keys(given).length > 0, {
    message: 'must hold at least one piece of evidence',
  }),
  submit: z.boolean().optional(),
});

/** The body of `POST /v1/checkouts/{id}/payment_method`: as in `POST /v1/payments`. */
export const paymentMethodBody = z.strictObject({ credit_card_info: cardInfo });

/** The body of `POST /v1/api_keys`. */
export const apiKeyBody = z.strictObject({
  name: text(100),
  scopes: z.array(z.enum(scopes)).min(1, 'must name at least one scope').max(scopes.length),
  expires_at: time('2027-11-20T00:00:00Z').optional(),
});

/** The body of `POST /v1/api_keys/{id}/rotate`. */
export const rotateBody = z.strictObject({ old_key_lives_hours: z.int().min(0).max(720).optional() });

const signingSecret = z.string().regex(/^whsec_\S{8,200}$/, 'must be a signing secret, "whsec_…"');
const decimal = z.string().regex(/^\d{1,15}(\.\d{1,4})?$/, 'must be a decimal, such as "10000"');
/** Above which amounts two persons are needed. */
const approvalAbove = z.record(
  z.string().regex(/^([A-Z]{3}|\*)$/, 'must be a currency, or "*" for every other one'),
  decimal,
);
/** What is said of a merchant; what is left out stays as it is. Policies are frozen on each order when its money is captured. */
const merchantFields = {
  name: text(200),
  time_zone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'must be a name of the IANA database, such as "Europe/Berlin"')
    .meta({ description: "The PSP account's own: its days are settled by it", examples: ['Europe/Berlin'] })
    .optional(),
  return_urls: z
    .array(z.url({ protocol: /^https?$/, error: 'must be a URL such as https://shop.example' }).max(2_000))
    .max(50)
    .meta({ description: 'Where buyers may be sent back to' })
    .optional(),
  policies: z
    .strictObject({
      platform_fee_on_refund: z.enum(['returned', 'kept']).optional(),
      dispute_loss: z.enum(['seller', 'platform']).optional(),
      dispute_fee: z.enum(['seller', 'platform']).optional(),
      payouts: z
        .strictObject({
          approval_above: approvalAbove.optional(),
          cooling_hours: z.number().min(0).max(8_760).optional(),
          account_changes: z
            .enum(['seller', 'storefront'])
            .meta({
              description:
                'Who may name another payout account of a seller who was not onboarded: `seller`, signed in and with a second factor, or the `storefront`, too',
            })
            .optional(),
        })
        .optional(),
      reconciliation: z.strictObject({ approval_above: approvalAbove.optional() }).optional(),
      fx: z
        .strictObject({
          spread_basis_points: z.int().min(0).max(2_000).optional(),
          quote_seconds: z.int().min(60).max(86_400).optional(),
          reporting_currency: currencyCode.nullable().optional(),
        })
        .optional(),
      notifications: z
        .strictObject({
          tell_buyers: z.boolean().optional(),
          tell_sellers: z.boolean().optional(),
          locale: locale.optional(),
        })
        .optional(),
    })
    .optional(),
  psp: z
    .strictObject({
      secret_key: z.string().regex(/^(sk|rk)_(test|live)_\S{1,200}$/, 'must be a Stripe secret key'),
      webhook_secret: signingSecret,
      previous_webhook_secret: signingSecret.optional(),
    })
    .meta({
      description: "The merchant's own account at the PSP; without it the platform's is used. Never shown again",
    })
    .optional(),
};

/** The body of `POST /v1/merchants`. */
export const merchantBody = z.strictObject({ merchant_id: identifier, ...merchantFields });
/** The body of `PUT /v1/merchants/{id}`. */
export const merchantChangeBody = z.strictObject({ ...merchantFields, name: merchantFields.name.optional() });

const mustBeDay = 'must be a day such as "2026-11-20"';
const day = z.iso.date({ error: mustBeDay }).regex(settlementDayPattern, mustBeDay);
/** The body of `POST /v1/reconciliation/runs`: settlement days, both included. */
export const runsBody = z
  .strictObject({ from: day, to: day })
  .refine(({ from, to }) => !(Date.parse(from) > Date.parse(to)), { path: ['to'], error: 'must not be before from' })
  .refine(({ from, to }) => !(Date.parse(to) - Date.parse(from) > 92 * 24 * 3_600_000), {
    path: ['to'],
    error: 'must be within 92 days of from',
  });

/** The body of `POST /v1/reconciliation/breaks/{id}/resolve`. */
export const resolveBody = z.strictObject({
  reason: reasonBody.shape.reason,
  outcome: z.enum(breakOutcomes, { error: 'must be "psp_is_right" or "explained"' }).default('explained'),
});

/** The bodies of what a person tells a process: why, and what the verb needs besides. */
export const wordBodies = {
  retry: reasonBody,
  abandon: reasonBody,
  compensate: reasonBody,
  approve: reasonBody,
  reject: reasonBody,
  resolve: resolveBody,
  supply_outcome: z.strictObject({
    reason: reasonBody.shape.reason,
    outcome: z.enum(['succeeded', 'authorized', 'declined', 'canceled', 'refunded', 'failed']),
    psp_reference: z
      .string()
      .regex(/^[A-Za-z0-9_]{1,255}$/, 'must be the id at the PSP, such as "pi_…"')
      .optional(),
  }),
} as const;

/** The body of `PUT /v1/contacts/{id}`: all of it, what is left out is not there any more. */
export const contactBody = z
  .strictObject({
    name: text(200),
    email: email.optional(),
    phone: phone.optional(),
    chat_url: z
      .string()
      .max(2_000)
      .meta({ description: 'A chat\'s incoming webhook, which takes `{"text"}`. Never shown again' })
      .optional(),
    push_subscription: z
      .strictObject({
        endpoint: z.string().max(2_000),
        keys: z.strictObject({
          p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}=?$/, "must be the browser's public key, as it gives it"),
          auth: z.string().regex(/^[A-Za-z0-9_-]{22}={0,2}$/, "must be the browser's secret, as it gives it"),
        }),
        expirationTime: z.number().nullable().optional(),
      })
      .meta({ description: "What a browser's `PushSubscription.toJSON()` says. Never shown again" })
      .optional(),
    locale: locale.optional(),
    kinds: z
      .array(z.enum(opsKinds, `must be one of ${opsKinds.join(', ')}`))
      .max(opsKinds.length)
      .meta({ description: 'Of what they are told; empty: of all' })
      .default([]),
    active: z.boolean().default(true),
  })
  .refine(
    (contact) =>
      [contact.email, contact.phone, contact.chat_url, contact.push_subscription].some((way) => way !== undefined),
    { path: ['email'], error: 'or phone, chat_url or push_subscription is needed: without one nobody is reached' },
  );

/** The body of `POST /v1/notification_bounces`. */
export const bounceBody = z.strictObject({
  email,
  reason: text(200),
  notification_id: z
    .string()
    .regex(notificationIdPattern, 'must be the id of a notification, as its Message-ID has it')
    .optional(),
});
/** The body of `POST /v1/notification_bounces/forget`. */
export const forgetBounceBody = z.strictObject({ email });

/** The body of `POST /v1/webhook_endpoints`. Without types it is told of all. */
export const endpointBody = z.strictObject({
  url: z.string().max(2_000),
  types: z
    .array(z.string().regex(/^[a-z_]{1,40}\.[a-z_]{1,40}$/, 'must be a type such as "payment.succeeded"'))
    .max(50)
    .optional(),
});

/** The body of `POST /v1/webhook_endpoints/{id}/rotate_secret`. */
export const rotateEndpointBody = z.strictObject({ old_secret_lives_hours: z.int().min(0).max(720).optional() });

/** The body of `POST /v1/psp_events/replay`: a span of time in which events came. */
export const replayBody = z
  .strictObject({
    from: z.iso.datetime({ offset: true, error: 'must be a time such as "2026-11-20T00:00:00Z"' }),
    to: z.iso.datetime({ offset: true, error: 'must be a time such as "2026-11-21T00:00:00Z"' }),
  })
  .refine(({ from, to }) => !(Date.parse(from) > Date.parse(to)), { path: ['to'], message: 'must not be before from' });

/** A JSON pointer (RFC 6901) of a zod path. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
