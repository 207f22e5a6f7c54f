import type { PspOperation } from '../domain/payment-order';
import type { PspSubject } from '../domain/psp-event';

/** The four facts an idempotency key is made of; the PSP's object carries them as metadata (I5). */
export interface OperationIdentity {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly operation: PspOperation;
  /** Grows only on a new business attempt, such as a new card; never on a retry. */
  readonly attempt: number;
}

/** Money at the PSP's door: minor units by ISO 4217; the provider translates to the PSP's own units or refuses. */
export interface ProviderAmount {
  readonly amountMinor: bigint;
  readonly currency: string;
}

export interface PayInput {
  readonly identity: OperationIdentity;
  readonly checkoutId: string;
  readonly amount: ProviderAmount;
  readonly customer: string;
  readonly paymentMethod: string;
  readonly statementDescriptor: string | null;
  /** Where the PSP sends the buyer after a challenge; null where the PSP's own script is to show it. */
  readonly returnUrl: string | null;
}

export interface ReferenceInput {
  readonly identity: OperationIdentity;
  /** The PSP's id of the payment. */
  readonly reference: string;
}

/** What a payment has come to, as far as the PSP says. A decline is an answer, not an error. */
export type PaymentOutcome =
  | {
      readonly outcome: 'succeeded';
      readonly reference: string;
      readonly chargeReference: string | null;
      readonly receivedMinor: string;
      readonly refundedMinor: string;
    }
  | { readonly outcome: 'authorized'; readonly reference: string; readonly chargeReference: string | null }
  | { readonly outcome: 'declined'; readonly reference: string | null; readonly code: string; readonly message: string }
  | { readonly outcome: 'rejected'; readonly code: string; readonly message: string }
  | { readonly outcome: 'requires_action'; readonly reference: string; readonly url: string | null }
  /** The bank or the buyer takes days; `url` shows a voucher to pay, where there is one. */
  | { readonly outcome: 'processing'; readonly reference: string; readonly url?: string | null }
  | { readonly outcome: 'canceled'; readonly reference: string };

export type RefundOutcome =
  | { readonly outcome: 'refunded'; readonly reference: string; readonly pending: boolean }
  | { readonly outcome: 'rejected'; readonly code: string; readonly message: string };

export type PrepareBuyerOutcome =
  | { readonly outcome: 'prepared'; readonly customer: string; readonly paymentMethod: string }
  | { readonly outcome: 'declined'; readonly code: string; readonly message: string }
  | { readonly outcome: 'rejected'; readonly code: string; readonly message: string };

/** A page of the PSP on which the buyer pays, or leaves a card for several orders. */
export interface PaymentPageInput {
  readonly merchantId: string;
  readonly checkoutId: string;
  /** Counts the payment methods that the checkout was tried with; part of the page's idempotency key. */
  readonly round: number;
  readonly customer: string;
  readonly returnUrl: string;
  readonly expiresAtSeconds: number;
  /** The one order that is paid on the page itself; null when the page only takes a card for several. */
  readonly order: {
    readonly identity: OperationIdentity;
    readonly amount: ProviderAmount;
    readonly seller: string;
    readonly statementDescriptor: string | null;
  } | null;
}

/** What has become of a page. `paid` names the payment, which may still be processing. */
export type PaymentPageState =
  | { readonly state: 'open' }
  | { readonly state: 'paid'; readonly reference: string }
  | { readonly state: 'card_saved'; readonly customer: string; readonly paymentMethod: string }
  | { readonly state: 'expired' };

export type OpenedPage =
  | { readonly outcome: 'opened'; readonly page: string; readonly url: string }
  | { readonly outcome: 'rejected'; readonly code: string; readonly message: string };

/** An event as the PSP sent it, signature checked. */
export interface ProviderEvent {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date;
  readonly livemode: boolean;
  /** The connected account it is about; null for the merchant's own. */
  readonly account: string | null;
  readonly subject: PspSubject;
}

/** How a call to the PSP failed, in the words activities decide by. */
export type ProviderProblem =
  'unavailable' | 'rate_limited' | 'outcome_unknown' | 'idempotency_conflict' | 'misconfigured' | 'rejected';

/** A failed call. `retryAfterMs` is the PSP's wish after a 429. */
export class ProviderError extends Error {
  constructor(
    readonly problem: ProviderProblem,
    message: string,
    readonly code: string | null = null,
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = 'ProviderError';
  }
}

/**
 * One PSP account of one merchant. Every call that moves money carries a key made of its business identity, so that
 * repeating it for as long as the PSP keeps keys has one effect. Calls throw {@link ProviderError} and nothing else.
 */
export interface PaymentProvider {
  /** @throws ProviderError `rejected` when the PSP can't represent the amount exactly (M2) */
  checkAmount(amount: ProviderAmount): void;
  /** Makes the buyer a customer. Safe to repeat: the same buyer is the same customer. */
  createCustomer(input: {
    readonly merchantId: string;
    readonly buyerId: string;
    readonly email: string | null;
    readonly name: string | null;
  }): Promise<string>;
  /** Opens the PSP's page. Safe to repeat with the same input: it is the same page. */
  openPage(input: PaymentPageInput): Promise<OpenedPage>;
  readPage(page: string): Promise<PaymentPageState>;
  /** Closes a page that is still open, and says what it has come to: the buyer may have been faster. */
  closePage(page: string): Promise<PaymentPageState>;
  /** Makes the buyer a customer, if `customer` is null, and attaches the card, so that several orders can be charged to it. */
  prepareBuyer(input: {
    readonly merchantId: string;
    readonly buyerId: string;
    readonly checkoutId: string;
    readonly customer: string | null;
    readonly paymentMethod: string;
    readonly email: string | null;
    readonly name: string | null;
  }): Promise<PrepareBuyerOutcome>;
  /** Authorizes and captures in one step. */
  charge(input: PayInput): Promise<PaymentOutcome>;
  authorize(input: PayInput): Promise<PaymentOutcome>;
  capture(input: ReferenceInput & { readonly amount: ProviderAmount }): Promise<PaymentOutcome>;
  /** Ends a payment before its capture. */
  void(input: ReferenceInput): Promise<PaymentOutcome>;
  /** Gives captured money back. */
  refund(input: ReferenceInput & { readonly amount: ProviderAmount }): Promise<RefundOutcome>;
  retrieve(reference: string): Promise<PaymentOutcome>;
  /**
   * Looks a payment up by our ids when its answer was lost: lists by customer first, which reads its own writes, then
   * searches, then goes through the account's settlement lines (U2). Nothing found is no proof that there is nothing; the caller asks again.
   */
  find(input: {
    readonly identity: OperationIdentity;
    readonly customer: string | null;
    readonly sinceSeconds: number;
  }): Promise<PaymentOutcome | undefined>;
  /** A refund of this payment made under our identity, when its answer was lost. */
  findRefund(input: ReferenceInput): Promise<RefundOutcome | undefined>;
}

/** The code of a call that was held back by the circuit breaker: nothing was sent. */
export const circuitOpen = 'circuit_open';

/** The state of a PSP's circuit breaker: `open` means that calls are held back for now. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** The provider of a merchant's own PSP account. @throws ProviderError `misconfigured` when it has none */
export type ProviderOfMerchant = (merchantId: string) => Promise<PaymentProvider>;
