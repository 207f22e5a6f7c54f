import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BarrierDecision, CaptureMethod, FailurePolicy } from '../domain/checkout';
import type { ExchangedMoney } from '../domain/exchange';
import type { Money } from '../domain/money';
import type { PaymentOrderPhase } from '../domain/payment-order';
import type { Standing } from '../domain/process';
import type { RequestedBy } from '../domain/requested-by';

/** One payment order inside a checkout's input. Nothing personal: histories are read by many. */
export interface CheckoutOrder {
  readonly paymentOrderId: string;
  readonly sellerAccount: string;
  readonly amount: Money;
  readonly platformFee: Money;
  /** Set where the buyer pays in another currency than the seller is owed; the fee is of this, then. */
  readonly exchange?: ExchangedMoney;
}

/** Input of `checkoutWorkflow`. */
export interface CheckoutInput {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly failurePolicy: FailurePolicy;
  readonly captureMethod: CaptureMethod;
  readonly paymentOrders: readonly CheckoutOrder[];
  /** Set when an earlier run may have got somewhere: the rows are read first. */
  readonly resume: boolean;
  /** Counts the payment methods it was tried with; unset means 1. Part of the workflow ids. */
  readonly round?: number;
  /** Set when the buyer chooses how to pay on the PSP's page. */
  readonly hosted?: boolean;
  /** Set when its one order attaches the card itself. Such a checkout's first run is that order's alone. */
  readonly cardWithOrder?: boolean;
  /** Set when its orders book wallet and ledger in one step. */
  readonly booksInOne?: boolean;
  /** Set when the PSP is called, and what is decided for all orders written, without the queue first. */
  readonly paysAtOnce?: boolean;
}

export interface CheckoutResult {
  readonly checkoutStatus: string;
  readonly isPaymentDone: boolean;
}

/** Input of `paymentOrderWorkflow`. */
export interface PaymentOrderInput extends CheckoutOrder {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly captureMethod: CaptureMethod;
  /** Whether this order stands and falls with its siblings: it then waits for the checkout's decisions. */
  readonly barrier: boolean;
  /** Unset, both, where this is the only order: then it attaches the card itself. */
  readonly customer?: string;
  readonly paymentMethod?: string;
  readonly resume: boolean;
  readonly round?: number;
  /** The PSP's id of a payment that the buyer made on the PSP's page: nothing is sent, that payment is taken up. */
  readonly paidOnPage?: string;
  /** Set when it is all of its checkout, without a run of the checkout's own: it also ends the checkout. */
  readonly alone?: boolean;
  /** Set when it books wallet and ledger in one step. */
  readonly booksInOne?: boolean;
  /** Set when each step is sent to the PSP without the queue first. */
  readonly paysAtOnce?: boolean;
}

/** Input of `strayPaymentWorkflow`. */
export interface StrayPaymentInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  /** The PSP's id of the payment. */
  readonly reference: string;
}

/** Input of `refundWorkflow`. */
export interface RefundInput {
  readonly merchantId: string;
  readonly refundId: string;
  readonly paymentOrderId: string;
  readonly sellerAccount: string;
  readonly amount: Money;
}

/** Input of `proofWorkflow`. */
export interface ProofInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
}

/** Input of `payoutWorkflow`. */
export interface PayoutInput {
  readonly merchantId: string;
  readonly payoutId: string;
  readonly sellerAccount: string;
  readonly amount: Money;
}

/** Input of `disputeWorkflow`. */
export interface DisputeInput {
  readonly merchantId: string;
  /** The PSP's id of it. */
  readonly disputeId: string;
  readonly paymentOrderId: string;
  readonly sellerAccount: string;
  readonly amount: Money;
}

/** Input of `scheduledPayoutWorkflow`: whom to pay out now, if there is enough to. */
export interface ScheduledPayoutInput {
  readonly merchantId: string;
  readonly sellerAccount: string;
  readonly currency: string;
}

/** Input of `adjustmentWorkflow`. */
export interface AdjustmentInput {
  readonly merchantId: string;
  readonly adjustmentId: string;
}

/** A seller, and with it a place in the order of all. */
export interface SellerPosition {
  readonly merchantId: string;
  readonly seller: string;
}

/** Input of `statementsWorkflow`: a month such as `2027-02`, or the one before. */
export interface StatementsInput {
  readonly month?: string;
}

/** Input of `notificationWorkflow`. */
export interface NotificationInput {
  readonly merchantId: string;
  readonly notificationId: string;
}

/** Input of `sellerWorkflow`. */
export interface SellerInput {
  readonly merchantId: string;
  readonly sellerId: string;
}

/** Where a seller tells the PSP who it is: for its eyes alone. */
export interface SellerLink {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** Input of `webhookDeliveryWorkflow`. */
export interface WebhookDeliveryInput {
  readonly merchantId: string;
  readonly deliveryId: string;
}

/** Input of `breakWorkflow`: a mismatch that reconciliation has found. Its row has the rest. */
export interface BreakInput {
  readonly merchantId: string;
  readonly breakId: string;
  readonly class: string;
  readonly key: string;
  readonly paymentOrderId: string | null;
}

/** Input of `settlementFileWorkflow`. */
export interface SettlementFileInput {
  readonly merchantId: string;
  readonly fileId: string;
}

/** Input of `subscriptionWorkflow`. */
export interface SubscriptionInput {
  readonly merchantId: string;
  readonly subscriptionId: string;
}

/** Input of `planMigrationWorkflow`. */
export interface PlanMigrationInput {
  readonly merchantId: string;
  readonly migrationId: string;
}

/** A process that moves money back or out, or settles a mismatch, by its workflow. Its row comes first, and a start is safe to repeat. */
export type MoneyProcess =
  | { readonly workflow: 'refundWorkflow'; readonly input: RefundInput }
  | { readonly workflow: 'payoutWorkflow'; readonly input: PayoutInput }
  | { readonly workflow: 'disputeWorkflow'; readonly input: DisputeInput }
  | { readonly workflow: 'adjustmentWorkflow'; readonly input: AdjustmentInput }
  | { readonly workflow: 'breakWorkflow'; readonly input: BreakInput }
  | { readonly workflow: 'subscriptionWorkflow'; readonly input: SubscriptionInput }
  | { readonly workflow: 'planMigrationWorkflow'; readonly input: PlanMigrationInput }
  | { readonly workflow: 'sellerWorkflow'; readonly input: SellerInput };

export interface PaymentOrderResult {
  readonly phase: PaymentOrderPhase;
}

/** The PSP queue beside a worker's main queue: it alone is rate-limited. */
export const pspTaskQueue = (taskQueue: string): string => `${taskQueue}-psp`;

/** The queue that people are written to from: a mail server that is slow holds up nothing else. */
export const notificationTaskQueue = (taskQueue: string): string => `${taskQueue}-notifications`;

/** The queue that webhooks are sent from: receivers that are slow hold up nothing else. */
export const webhookTaskQueue = (taskQueue: string): string => `${taskQueue}-webhooks`;

/** API or ops → checkout, payment order. */
export const cancelSignal = defineSignal<[RequestedBy]>('cancel');
export const captureSignal = defineSignal<[RequestedBy]>('capture');
/** Payment order → checkout: how far it has come. */
export const orderReportSignal = defineSignal<[OrderReport]>('orderReport');
/** Checkout → payment order: what was decided for all. */
export const decisionSignal = defineSignal<[Decision]>('decision');
/** Sweeper, webhook → checkout: read rows and page again. Anyone → payment order, stray payment: ask the PSP now. */
export const reviewSignal = defineSignal('review');

export interface OrderReport {
  readonly paymentOrderId: string;
  readonly state: 'authorized' | 'captured' | 'final';
}

export interface Decision {
  readonly decision: BarrierDecision;
  readonly reason: string;
}

/** Ops verbs, sent from the Temporal UI, the CLI or code. A refused one says why and changes nothing. */
export const retryUpdate = defineUpdate<string, [RequestedBy]>('retry');
export const supplyOutcomeUpdate = defineUpdate<string, [SuppliedOutcome]>('supply_outcome');
export const abandonUpdate = defineUpdate<string, [RequestedBy]>('abandon');
/** Whatever has happened is to be undone, as if the buyer had canceled. */
export const compensateUpdate = defineUpdate<string, [RequestedBy]>('compensate');

/** Two persons' consent to a payout above the limit, or one's no. */
export const approveUpdate = defineUpdate<string, [RequestedBy]>('approve');
export const rejectUpdate = defineUpdate<string, [RequestedBy]>('reject');

/** Another link to the PSP's onboarding. */
export const onboardingLinkUpdate = defineUpdate<SellerLink>('onboarding_link');

/** A person's word on a mismatch: `outcome` is `psp_is_right` or `explained`. */
export const resolveUpdate = defineUpdate<string, [RequestedBy & { readonly outcome?: string }]>('resolve');

/** What a person read off the PSP's own dashboard. */
export interface SuppliedOutcome extends RequestedBy {
  readonly outcome: 'succeeded' | 'authorized' | 'declined' | 'canceled' | 'refunded' | 'failed';
  readonly psp_reference?: string;
}

export const phaseQuery = defineQuery<string>('phase');
export const standingQuery = defineQuery<Standing>('standing');

/** One settlement day of one PSP account, such as 2026-11-20. */
export interface ReconciliationInput {
  readonly merchantId: string;
  readonly date: string;
}
