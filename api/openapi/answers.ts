import { opsVerbs } from '../../domain/process';
import { z } from 'zod';
import { captureMethods, checkoutStatuses, failurePolicies } from '../../domain/checkout';
import { disputeStatuses } from '../../domain/dispute';
import { audiences, channels, notificationKinds, notificationStates, opsKinds } from '../../domain/notification';
import { attemptStates } from '../../prisma/notification';
import { declineAdvices, paymentOrderStatuses } from '../../domain/payment-order';
import { payoutIntervals, payoutStatuses } from '../../domain/payout';
import { pspEventStates } from '../../domain/psp-event';
import { sellerStandings } from '../../domain/seller';
import { refundStatuses } from '../../domain/refund';
import { callFactors } from '../../prisma/call';
import { periodStates, periodUnits, subscriptionStatuses, unpaidPolicies } from '../../domain/subscription';
import { proposalStates } from '../../prisma/proposal';
import { deliveryStates } from '../../prisma/webhook-endpoint';
import { listedKinds, pspSignals, riskActions, riskDecisions } from '../../domain/risk';
import { breakClasses, breakOutcomes, breakStates, remedies } from '../../domain/reconciliation';
import { fileKinds, fileStates, fileVerdicts } from '../../prisma/settlement-file';
import { scopes } from '../scopes';

/**
 * What the API answers, as its description promises it. Every answer that a test gets is held against these, so they can't
 * drift from `../../render.ts`.
 */
const id = z.string();
const time = z.iso.datetime().meta({ description: 'RFC 3339, in UTC' });
const maybeTime = time.nullable();
const amount = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .meta({ description: 'Major units', examples: ['49.90'] });
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta({ description: 'ISO 4217', examples: ['EUR'] });
const maybeText = z.string().nullable();
const nextAction = z.object({ redirect_url: z.url() }).nullable();
const open = z.record(z.string(), z.unknown());

/** A page of a list. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: maybeText.meta({ description: 'Send it as `after` for the next page; null on the last one' }),
  });

export const paymentOrderAnswer = z
  .object({
    payment_order_id: id,
    checkout_id: id,
    buyer_account: id,
    seller_account: id,
    amount,
    currency,
    platform_fee: amount.meta({ description: "In the seller's currency" }),
    exchange: z
      .object({ fx_quote_id: id, seller_currency: currency, seller_amount: amount, spread_amount: amount })
      .nullable()
      .meta({ description: 'Set where the buyer pays by a quote, in another currency than the seller is owed' }),
    captured_amount: amount.nullable(),
    refunded_amount: amount.optional(),
    disputed_amount: amount.optional(),
    statement_descriptor: maybeText,
    payment_order_status: z.enum(paymentOrderStatuses),
    phase: z.string().meta({ description: 'Finer than the status, for people' }),
    wallet_updated: z.boolean(),
    ledger_updated: z.boolean(),
    failure_reason: maybeText,
    decline_code: maybeText,
    decline_advice: z
      .enum(declineAdvices)
      .nullable()
      .meta({ description: 'What the card network says of trying this card again, where it says anything' }),
    failure_message: maybeText,
    psp_reference: maybeText,
    next_action: nextAction,
    attention_reason: maybeText,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'PaymentOrder' });

export const checkoutAnswer = z
  .object({
    checkout_id: id,
    checkout_status: z.enum(checkoutStatuses),
    is_payment_done: z.boolean().meta({ description: 'Every order is SUCCESS, with wallet and ledger updated' }),
    hosted_payment_url: z.url().nullable(),
    expires_at: maybeTime,
    next_action: nextAction,
    return_url: maybeText,
    credit_card_info: z.object({ payment_method: z.string() }).nullable(),
    payment_attempt: z.int().positive(),
    failure_policy: z.enum(failurePolicies),
    capture_method: z.enum(captureMethods),
    buyer_info: z.object({ id }),
    metadata: z.record(z.string(), z.string()),
    cancel_requested: z.boolean(),
    payment_orders: z.array(paymentOrderAnswer),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Checkout' });

export const refundAnswer = z
  .object({
    refund_id: id,
    payment_order_id: id,
    amount,
    currency,
    refund_status: z.enum(refundStatuses),
    method: z.enum(['refund', 'void']),
    seller_currency: currency.meta({ description: 'Of the two parts' }),
    seller_amount: amount,
    platform_fee_amount: amount,
    reason: maybeText,
    failure_reason: maybeText,
    psp_reference: maybeText,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Refund' });

export const disputeAnswer = z
  .object({
    dispute_id: id,
    payment_order_id: id,
    amount,
    currency,
    dispute_status: z.enum(disputeStatuses),
    psp_status: z.string(),
    reason: maybeText,
    held_amount: amount,
    seller_currency: currency,
    seller_amount: amount,
    is_charge_refundable: z.boolean(),
    evidence_due_by: maybeTime,
    evidence_given: z.array(z.string()),
    evidence_sent: z.boolean(),
    evidence_submitted: z.boolean(),
    accepted: z.boolean(),
    opened_at: time,
    closed_at: maybeTime,
    updated_at: time,
  })
  .meta({ id: 'Dispute' });

export const payoutAnswer = z
  .object({
    payout_id: id,
    seller_account: id,
    amount,
    currency,
    payout_status: z.enum(payoutStatuses),
    payout_account: z.string(),
    scheduled: z.boolean(),
    approvals_needed: z.int(),
    approvals: z.array(open),
    failure_reason: maybeText,
    failure_message: maybeText,
    psp_transfer: maybeText,
    psp_payout: maybeText,
    psp_transfer_reversal: maybeText,
    created_at: time,
    updated_at: time,
    paid_at: maybeTime,
  })
  .meta({ id: 'Payout' });

const rate = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .meta({ description: 'A decimal', examples: ['1.1588'] });

export const ratesAnswer = z
  .object({
    base: currency,
    rates: z.record(z.string(), rate).meta({ description: 'What one unit of `base` is worth, in the middle' }),
    source: z.string(),
    as_of: time.meta({ description: 'The moment the rates are of, by their source' }),
    loaded_at: time,
    is_stale: z.boolean().meta({ description: 'Too old to be quoted by' }),
  })
  .meta({ id: 'FxRates' });

export const quoteAnswer = z
  .object({
    quote_id: id,
    buyer_currency: currency,
    buyer_amount: amount,
    seller_currency: currency,
    seller_amount: amount,
    fixed_side: z.enum(['seller', 'buyer']).meta({ description: 'Whose amount was given' }),
    mid_rate: rate,
    rate: rate.meta({ description: "The buyer's currency for one unit of the seller's, with the spread" }),
    spread_basis_points: z.int(),
    spread_amount: amount.meta({ description: "In the seller's currency, with what rounding left over" }),
    rate_source: z.string(),
    rate_as_of: time,
    created_at: time,
    expires_at: time,
    is_expired: z.boolean(),
  })
  .meta({ id: 'FxQuote' });

export const positionsAnswer = z
  .object({
    currency: currency.meta({ description: 'What all is valued in' }),
    rate_source: z.string(),
    rate_as_of: time,
    is_stale: z.boolean(),
    positions: z.array(
      z.object({
        currency,
        amount: z.string().meta({ description: 'Above zero: so much of it is held against other currencies' }),
        worth: maybeText.meta({ description: 'Null where the source has no rate of it' }),
      }),
    ),
    unbooked_gain: maybeText.meta({
      description: 'What all positions together have gained since they were last revalued',
    }),
    revalued_as_of: maybeText.meta({ description: 'The rates by which they were last revalued' }),
  })
  .meta({ id: 'FxPositions' });

export const planAnswer = z
  .object({
    plan_id: id,
    name: z.string(),
    seller_account: id,
    amount: amount.meta({ description: 'For one of it, each period' }),
    currency,
    platform_fee: amount,
    interval: z.enum(periodUnits),
    interval_count: z.int(),
    trial_days: z.int(),
    when_unpaid: z.enum(unpaidPolicies),
    dunning: z.object({
      soft_hours: z.array(z.int()).meta({ description: 'Hours after each failed try until the next' }),
      technical_hours: z.array(z.int()),
      give_up_days: z.int(),
    }),
    created_at: time,
  })
  .meta({ id: 'Plan' });

export const subscriptionAnswer = z
  .object({
    subscription_id: id,
    plan_id: id,
    quantity: z.int(),
    subscription_status: z.enum(subscriptionStatuses),
    buyer_info: z.object({ id }),
    credit_card_info: z
      .object({ payment_method: z.string() })
      .nullable()
      .meta({ description: 'Null until its buyer has left a card' }),
    card_page_url: maybeText.meta({ description: 'Where its buyer leaves a card, while that is wanted' }),
    time_zone: z.string(),
    first_period_at: time.meta({
      description:
        'All periods are counted from here, after the trial. Later, where its buyer leaves a card later, or after a change at once',
    }),
    next_period: z.int(),
    test_clock_id: maybeText,
    action_url: maybeText.meta({ description: 'Where the buyer can pay what the card could not' }),
    paused: z.boolean(),
    resume_at: maybeTime,
    cancel_at_period_end: z.boolean(),
    ended_at: maybeTime,
    end_reason: maybeText.meta({ description: '`canceled`, `unpaid`, `no_card` or `page_refused`' }),
    metadata: open,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Subscription' });

export const periodAnswer = z
  .object({
    period: z.int(),
    starts_at: time,
    ends_at: time,
    plan_id: id,
    quantity: z.int(),
    amount,
    currency,
    period_state: z.enum(periodStates),
    tries: z.int(),
    checkout_id: maybeText.meta({ description: 'The checkout that pays for it, or tries to' }),
    next_try_at: maybeTime,
    decline_class: maybeText,
    decline_code: maybeText,
    settled_at: maybeTime,
  })
  .meta({ id: 'SubscriptionPeriod' });

export const upcomingAnswer = z
  .object({
    subscription_id: id,
    upcoming: z
      .object({
        period: z.int(),
        starts_at: time,
        ends_at: time,
        plan_id: id,
        quantity: z.int(),
        amount,
        currency,
        adjustment_amount: z
          .string()
          .meta({ description: 'What of it changes within earlier periods have added; may be below zero' }),
        is_skipped: z.boolean().meta({ description: 'It begins while the subscription is paused' }),
      })
      .nullable(),
  })
  .meta({ id: 'UpcomingPeriod' });

export const planMigrationAnswer = z
  .object({
    migration_id: id,
    from_plan_id: id,
    to_plan_id: id,
    prorate: z.boolean(),
    moved: z.int(),
    left: z.int().meta({ description: 'How many live subscriptions the plan still has' }),
    requested_by: z.string(),
    created_at: time,
    finished_at: maybeTime,
  })
  .meta({ id: 'PlanMigration' });

export const testClockAnswer = z
  .object({
    test_clock_id: id,
    frozen_at: time,
    subscriptions: z.int().meta({ description: 'Live ones that go by it' }),
    behind: z.int().meta({ description: 'How many of them have not yet done what is due by it' }),
    created_at: time,
  })
  .meta({ id: 'TestClock' });

const kycStatus = z.enum(['unverified', 'pending', 'verified', 'rejected']);

export const sellerAnswer = z
  .object({
    seller_account: id,
    standing: z.enum(sellerStandings),
    takes_charges: z.boolean().meta({ description: 'Whether new checkouts for it are taken' }),
    takes_payouts: z.boolean().meta({ description: 'Whether its standing lets money leave for its bank' }),
    suspension: z
      .object({ since: time, reason: maybeText })
      .nullable()
      .meta({ description: 'The seller itself is not told the reason' }),
    requirements: z
      .object({
        currently_due: z.array(z.string()),
        past_due: z.array(z.string()),
        pending_verification: z.array(z.string()),
        disabled_reason: maybeText,
        due_by: maybeTime,
        read_at: maybeTime,
      })
      .nullable()
      .meta({
        description: 'What the PSP wants to know, in its words; null of a seller that was never sent to its onboarding',
      }),
    kyc_status: kycStatus,
    payout_account: maybeText,
    payout_account_changed_at: maybeTime,
    onboarding_url: maybeText.meta({ description: 'Your page that opens the onboarding, where it was said' }),
    email: maybeText,
    phone: maybeText,
    locale: maybeText,
    payout_schedules: z.array(
      z.object({
        currency,
        interval: z.enum(payoutIntervals),
        day: z.int().optional(),
        minimum_amount: amount,
        time_zone: z.string(),
        active: z.boolean(),
        last_result: open.nullable(),
      }),
    ),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Seller' });

export const onboardingAnswer = z
  .object({
    seller_account: id,
    standing: z.enum(sellerStandings),
    url: z.string().meta({ description: 'For the seller alone: send its browser there at once, and keep it nowhere' }),
    expires_at: time,
  })
  .meta({ id: 'OnboardingLink' });

const balances = { pending: amount, available: amount, reserved: amount, owed: amount };

const parts = { amount, paid_amount: amount, refunded_amount: amount };

export const buyerPaymentAnswer = z
  .object({
    payment_id: z.string(),
    merchant: z.object({ merchant_id: id, name: z.string() }),
    checkout_id: id,
    checkout_status: z.enum(checkoutStatuses),
    totals: z.array(z.object({ currency, ...parts })),
    lines: z.array(
      z.object({
        payment_order_id: id,
        seller_account: id,
        statement_descriptor: maybeText,
        payment_order_status: z.enum(paymentOrderStatuses),
        currency,
        ...parts,
      }),
    ),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'BuyerPayment' });

export const walletAnswer = z
  .object({
    seller_account: id,
    kyc_status: kycStatus,
    balances: z.array(z.object({ currency, ...balances })),
  })
  .meta({ id: 'Wallet' });

export const statementAnswer = z
  .object({
    seller_account: id,
    currency,
    from: time,
    to: time,
    opening: z.object(balances),
    entries: z.array(
      z.object({
        date: time,
        transaction_id: z.string(),
        kind: z.string(),
        source: z.string(),
        payment_order_id: maybeText,
        balance: z.string(),
        amount,
      }),
    ),
    closing: z.object(balances),
  })
  .meta({ id: 'Statement' });

export const proofAnswer = z
  .looseObject({
    payment_order_id: id,
    verdict: z.enum(['proved', 'in_progress', 'broken']),
    checks: z.array(z.object({ check: z.string(), ok: z.boolean(), detail: z.string() })),
    operations: z.array(open),
    transactions: z.array(open),
    psp: open,
    ops_actions: z.array(open),
    workflows: z.array(open),
  })
  .meta({ id: 'Proof' });

export const proposalAnswer = z
  .looseObject({
    proposal_id: id,
    kind: z.enum(['adjustment', 'write_off', 'period_close']),
    reason: z.string(),
    state: z.enum(proposalStates),
    proposed_by: z.string(),
    proposed_at: time,
    decided_by: maybeText,
    decided_why: maybeText,
    decided_at: maybeTime,
    problem: maybeText,
    done_at: maybeTime,
  })
  .meta({ id: 'Proposal' });

export const pspEventAnswer = z
  .object({
    event_id: z.string(),
    type: z.string(),
    state: z.enum(pspEventStates),
    reason: maybeText,
    payment_order_id: maybeText,
    checkout_id: maybeText,
    subject: open,
    tries: z.int(),
    deliveries: z.int(),
    occurred_at: time,
    received_at: time,
    settled_at: maybeTime,
  })
  .meta({ id: 'PspEvent' });

export const apiKeyAnswer = z
  .object({
    key_id: z.string(),
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(z.enum(scopes)),
    created_by: z.string(),
    created_at: time,
    expires_at: maybeTime,
    last_used_at: maybeTime,
    revoked_at: maybeTime,
    rotated_from: maybeText,
  })
  .meta({ id: 'ApiKey' });

/** The one answer that holds the key itself. */
export const freshApiKeyAnswer = apiKeyAnswer
  .extend({ api_key: z.string().meta({ description: 'The key. It is shown this once' }) })
  .meta({ id: 'FreshApiKey' });

export const merchantAnswer = z
  .object({
    merchant_id: z.string(),
    name: z.string(),
    time_zone: z.string(),
    return_urls: z.array(z.string()),
    policies: z.object({
      platform_fee_on_refund: z.enum(['returned', 'kept']),
      dispute_loss: z.enum(['seller', 'platform']),
      dispute_fee: z.enum(['seller', 'platform']),
      payouts: z.object({
        approval_above: z.record(z.string(), z.string()),
        cooling_hours: z.number(),
        account_changes: z.enum(['seller', 'storefront']),
      }),
      reconciliation: z.object({ approval_above: z.record(z.string(), z.string()) }),
      fx: z.object({
        spread_basis_points: z.int(),
        quote_seconds: z.int(),
        reporting_currency: maybeText,
      }),
      notifications: z.object({ tell_buyers: z.boolean(), tell_sellers: z.boolean(), locale: z.string() }),
    }),
    psp: z.object({
      provider: maybeText,
      has_own_account: z.boolean().meta({ description: "Without one of its own it uses the platform's" }),
      livemode: z.boolean().nullable().meta({ description: 'Whether its key moves real money' }),
    }),
    created_at: time,
  })
  .meta({ id: 'Merchant' });

export const runAnswer = z
  .object({
    settlement_date: z.iso.date(),
    time_zone: z.string().meta({ description: "The PSP account's own: the day is a day there" }),
    starts_at: time,
    ends_at: time,
    state: z.enum(['running', 'balanced', 'breaks', 'failed']),
    totals: z
      .array(
        z.object({
          currency: z.string(),
          family: z.string(),
          lines: z.int(),
          matched: z.int(),
          booked: z.int(),
          amount: z.string(),
          fee: z.string(),
          net: z.string(),
        }),
      )
      .meta({ description: "The PSP's lines of that day, in above zero" }),
    breaks: z
      .array(
        z.object({
          class: z.string(),
          opened: z.int(),
          mended: z.int(),
          closed: z.int(),
          resolved: z.int(),
          open: z.int(),
        }),
      )
      .meta({
        description: "That day's mismatches by class: found, mended by themselves, closed, resolved, still open",
      }),
    checks: z
      .array(z.object({ check: z.string(), ok: z.boolean(), details: z.array(z.string()) }))
      .meta({ description: "The night's own questions" }),
    times_run: z.int(),
    started_at: time,
    finished_at: maybeTime,
  })
  .meta({ id: 'ReconciliationRun' });

export const breakAnswer = z
  .object({
    break_id: z.string(),
    settlement_date: z.iso.date().meta({ description: 'The day of its first movement' }),
    class: z.enum(breakClasses),
    treatment: z.enum(['wait', 'auto', 'person', 'investigate']).meta({ description: 'Who it is for' }),
    against: z.enum(['psp', 'bank']).meta({ description: 'Whose word ours differs from: `psp_amount` is theirs' }),
    key: z.string().meta({ description: 'What it is about', examples: ['charge/order-1001-1'] }),
    payment_order_id: maybeText,
    our_amount: maybeText,
    psp_amount: maybeText,
    our_fee: maybeText,
    psp_fee: maybeText,
    our_currencies: z.array(z.string()),
    psp_currencies: z.array(z.string()),
    psp_lines: z.array(z.string()),
    state: z.enum(breakStates),
    remedy: z.enum(remedies).nullable().meta({ description: 'What was done about it by itself' }),
    remedy_note: maybeText,
    due_at: maybeTime,
    reminders: z.int(),
    overdue_since: maybeTime,
    proposed: z
      .object({ actor: z.string(), reason: z.string(), outcome: z.enum(breakOutcomes) })
      .nullable()
      .meta({ description: 'What a first person has proposed where two are needed' }),
    outcome: z.enum(breakOutcomes).nullable(),
    resolution: maybeText,
    resolved_by: open.nullable(),
    opened_at: time,
    updated_at: time,
    closed_at: maybeTime,
  })
  .meta({ id: 'ReconciliationBreak' });

export const fileAnswer = z
  .object({
    file_id: z.string().meta({ description: 'The SHA-256 of its content' }),
    kind: z.enum(fileKinds),
    name: z.string(),
    size: z.int(),
    state: z.enum(fileStates),
    verdict: z.enum(fileVerdicts).nullable(),
    problem: maybeText,
    line_number: z.int().nullable().meta({ description: 'Where the problem is, counted from 1' }),
    lines: z.int().nullable(),
    new_lines: z.int().nullable(),
    changed_lines: z.int().nullable(),
    totals: z.array(
      z.object({ currency: z.string(), lines: z.int(), amount: z.string(), fee: z.string(), net: z.string() }),
    ),
    settlement_dates: z.array(z.iso.date()).meta({ description: 'The days that it tells of: they are run again' }),
    received_by: z.string(),
    received_at: time,
    finished_at: maybeTime,
  })
  .meta({ id: 'SettlementFile' });

export const eventAnswer = z
  .object({
    event_id: z.string(),
    type: z.string().meta({ examples: ['payment.succeeded'] }),
    resource_type: z.enum([
      'checkout',
      'payment',
      'refund',
      'dispute',
      'payout',
      'webhook_endpoint',
      'reconciliation_run',
      'reconciliation_break',
      'seller',
      'subscription',
      'subscription_period',
      'statement',
    ]),
    resource_id: z.string(),
    resource_version: z
      .int()
      .meta({ description: 'Counts the changes of the resource that are told of: a higher one is later' }),
    occurred_at: time,
    data: open.meta({ description: 'The resource as GET answered it then; of a checkout without its orders' }),
  })
  .meta({ id: 'Event' });

export const contactAnswer = z
  .object({
    contact_id: id,
    name: z.string(),
    email: maybeText,
    phone: maybeText,
    has_chat: z.boolean(),
    has_push: z.boolean(),
    locale: maybeText,
    kinds: z.array(z.enum(opsKinds)).meta({ description: 'Empty: all' }),
    active: z.boolean(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Contact' });

export const notificationAnswer = z
  .object({
    notification_id: z.string(),
    event_id: z.string(),
    kind: z.enum(notificationKinds),
    audience: z.enum(audiences),
    recipient: z.string().meta({ description: 'Whose address: a contact, a seller, or what a buyer has bought' }),
    resource_type: z.string(),
    resource_id: z.string(),
    state: z.enum(notificationStates),
    reason: maybeText.meta({ description: 'Why it failed, or is not needed' }),
    channel: z.enum(channels).nullable().meta({ description: 'By which way it was delivered' }),
    tries: z.int(),
    next_try_at: maybeTime,
    delivered_at: maybeTime,
    created_at: time,
    updated_at: time,
    attempts: z
      .array(
        z.object({
          attempt: z.int(),
          channel: z.enum(channels),
          to: z.string().meta({ description: 'Enough of the address to recognise it by' }),
          state: z.enum(attemptStates),
          detail: maybeText,
          started_at: time,
          ended_at: maybeTime,
        }),
      )
      .optional()
      .meta({ description: 'The log; of one notification only, not in lists' }),
  })
  .meta({ id: 'Notification' });

export const bounceAnswer = z
  .object({ email: z.string(), reason: z.string(), notification: notificationAnswer.nullable() })
  .meta({ id: 'NotificationBounce' });

export const previewAnswer = z
  .object({
    kind: z.enum(notificationKinds),
    locale: z.string(),
    subject: z.string(),
    html: z.string(),
    text: z.string(),
    short: z.string(),
  })
  .meta({ id: 'NotificationPreview' });

export const endpointAnswer = z
  .object({
    endpoint_id: z.string(),
    url: z.string(),
    types: z.array(z.string()).meta({ description: 'Empty: all' }),
    disabled_at: maybeTime,
    disabled_reason: maybeText,
    previous_secret_until: maybeTime,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'WebhookEndpoint' });

/** The answers that hold a secret. */
export const freshEndpointAnswer = endpointAnswer
  .extend({ secret: z.string().meta({ description: 'Signs what is sent there. It is shown this once' }) })
  .meta({ id: 'FreshWebhookEndpoint' });

export const deliveryAnswer = z
  .object({
    delivery_id: z.string(),
    endpoint_id: z.string(),
    event_id: z.string(),
    state: z.enum(deliveryStates),
    attempts: z.int(),
    reply: z
      .object({ status: z.int().nullable(), problem: maybeText, bytes: z.int().nullable(), ms: z.int().nullable() })
      .nullable()
      .meta({ description: 'Of the last try; what the receiver said is not kept' }),
    next_try_at: maybeTime,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'WebhookDelivery' });

export const processAnswer = z
  .object({
    process_id: z.string().meta({ examples: ['payment_order:order-1001-1'] }),
    kind: z.string(),
    workflow_id: z.string(),
    status: z.string().meta({ description: 'Of the workflow: running, completed, terminated …' }),
    phase: maybeText,
    needs_attention: z.boolean(),
    checkout_id: maybeText,
    payment_order_id: maybeText,
    seller_account: maybeText,
    amount: maybeText,
    currency: maybeText,
    started_at: time,
    closed_at: maybeTime,
    temporal_url: maybeText.meta({ description: 'Its page in the Temporal UI' }),
  })
  .meta({ id: 'Process' });

export const standingAnswer = z
  .object({
    process_id: z.string(),
    kind: z.string(),
    workflow_id: z.string(),
    status: z.string(),
    phase: maybeText.meta({ description: 'By its own word; null where no worker could be asked' }),
    says: maybeText,
    since: maybeTime,
    verbs: z.array(z.enum(opsVerbs)).meta({ description: 'What a person may tell it now' }),
    temporal_url: maybeText,
  })
  .meta({ id: 'Standing' });

export const wordAnswer = z.object({ message: z.string(), process: standingAnswer }).meta({ id: 'Word' });

export const actionAnswer = z
  .object({
    process_id: z.string(),
    action: z.string(),
    actor: z.string(),
    reason: z.string(),
    details: open,
    recorded_at: time,
  })
  .meta({ id: 'OpsAction' });

export const callAnswer = z
  .object({
    call_id: z.string(),
    actor: z.string(),
    method: z.string(),
    path: z.string(),
    reason: maybeText,
    idempotency_key: maybeText,
    request_id: z.string(),
    started_at: time,
    finished_at: maybeTime,
    status: z.int().nullable(),
    replayed: z.boolean(),
    remote_address: maybeText.meta({ description: 'From where it came' }),
    factor: z.enum(callFactors).nullable().meta({ description: 'What its caller had to show' }),
  })
  .meta({ id: 'Call' });

const findings = z
  .array(
    z.object({
      rule_id: z.string(),
      says: z.string().meta({ description: 'Why it spoke, in words' }),
      score: z.int(),
      action: z.enum(riskActions).nullable(),
      payment_order_id: maybeText.meta({ description: 'Null where it is about the whole checkout' }),
    }),
  )
  .meta({ description: 'The rules that spoke' });

export const ruleSetAnswer = z
  .object({
    version: z.int().meta({ description: '0: what is built in' }),
    mode: z.enum(['live', 'dry_run']),
    rules: z.array(z.looseObject({ rule_id: z.string() })).meta({ description: 'As in `createRiskRuleSet`' }),
    thresholds: z.looseObject({}).nullable(),
    review: z.looseObject({}).nullable(),
    reason: z.string(),
    created_by: maybeText,
    created_at: maybeTime,
  })
  .meta({ id: 'RiskRuleSet' });

export const riskRulesAnswer = z
  .object({ live: ruleSetAnswer, dry_run: ruleSetAnswer.nullable() })
  .meta({ id: 'RiskRules' });

export const assessmentAnswer = z
  .object({
    checkout_id: z.string(),
    payment_attempt: z.int().meta({ description: 'Counts the payment methods that it was tried with' }),
    buyer_account: z.string(),
    assessed_at: time,
    rules_version: z.int().nullable(),
    decision: z.enum(riskDecisions).nullable().meta({ description: 'Null while it is being judged' }),
    score: z.int(),
    findings,
    waits_until: maybeTime,
    otherwise: z
      .enum(['allow', 'block'])
      .nullable()
      .meta({ description: 'What happens where no person has spoken by then' }),
    verdict: z.enum(['approved', 'rejected']).nullable(),
    verdict_by: maybeText,
    verdict_reason: maybeText,
    psp_signals: z.array(z.enum(pspSignals)),
    dry_run: z
      .object({ rules_version: z.int(), decision: z.enum(riskDecisions).nullable(), findings: findings.nullable() })
      .nullable()
      .meta({ description: 'What rules on trial would have made of it' }),
    declined: z.boolean(),
    refunded: z.boolean(),
    disputed: z.boolean(),
  })
  .meta({ id: 'RiskAssessment' });

export const assessmentsAnswer = z.object({ data: z.array(assessmentAnswer) }).meta({ id: 'RiskAssessments' });

export const listEntryAnswer = z
  .object({
    entry_id: z.string(),
    list: z.enum(['allow', 'block']),
    kind: z.enum(listedKinds),
    shown: z.string().meta({ description: 'Enough of it to recognise it by' }),
    reason: z.string(),
    created_by: z.string(),
    created_at: time,
    expires_at: maybeTime,
    removed_at: maybeTime,
    removed_by: maybeText,
    removed_reason: maybeText,
  })
  .meta({ id: 'RiskListEntry' });
