import type { DeclineAdvice, PspOperation } from '../domain/payment-order';
import type { DisputeStatus } from '../domain/dispute';
import type { SellerAccount } from '../domain/seller';
import type { PspSubject } from '../domain/psp-event';
import type { PspSignal } from '../domain/risk';
import type { LineFamily } from '../domain/reconciliation';

/** The four facts an idempotency key is made of; the PSP's object carries them as metadata (I5). */
export interface OperationIdentity {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly operation: PspOperation;
  /** Grows only on a new business attempt, such as a new card; never on a retry. */
  readonly attempt: number;
  /** Which of an order's refunds; left out for the one that undoes the order itself. */
  readonly refundId?: string;
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
  /** Has the bank challenge the buyer, also where it would not by itself. */
  readonly challenge?: boolean;
  /** The buyer is not there: what only he could do is a decline. */
  readonly offSession?: boolean;
}

export interface ReferenceInput {
  readonly identity: OperationIdentity;
  /** The PSP's id of the payment. */
  readonly reference: string;
}

/** Why a bank has said no. */
interface Decline {
  readonly code: string;
  readonly message: string;
  /** What the card network says of trying again; left out where it says nothing. */
  readonly advice?: DeclineAdvice;
}

/** What a payment has come to, as far as the PSP says. A decline is an answer, not an error. */
export type PaymentOutcome =
  | {
      readonly outcome: 'succeeded';
      readonly reference: string;
      readonly chargeReference: string | null;
      readonly receivedMinor: string;
      readonly refundedMinor: string;
      /** When the PSP makes the money available, ISO 8601; null while it doesn't say (P1). */
      readonly availableOn?: string | null;
      /** What of it is out of the ordinary; left out where nothing is. */
      readonly signals?: readonly PspSignal[];
    }
  | {
      readonly outcome: 'authorized';
      readonly reference: string;
      readonly chargeReference: string | null;
      readonly signals?: readonly PspSignal[];
    }
  | ({ readonly outcome: 'declined'; readonly reference: string | null } & Decline)
  | { readonly outcome: 'rejected'; readonly code: string; readonly message: string }
  | { readonly outcome: 'requires_action'; readonly reference: string; readonly url: string | null }
  /** The bank or the buyer takes days; `url` shows a voucher to pay, where there is one. */
  | { readonly outcome: 'processing'; readonly reference: string; readonly url?: string | null }
  | { readonly outcome: 'canceled'; readonly reference: string };

export type RefundOutcome =
  | { readonly outcome: 'refunded'; readonly reference: string; readonly pending: boolean }
  /** The money has come back: the buyer's bank would not take it (C3). */
  | { readonly outcome: 'failed'; readonly reference: string; readonly reason: string }
  | { readonly outcome: 'rejected'; readonly code: string; readonly message: string };

/** What the PSP says of a card: the same card has the same fingerprint, whoever brings it. */
export interface CardFacts {
  readonly fingerprint: string | null;
  /** Where it was issued, ISO 3166-1. */
  readonly country: string | null;
}

export type PrepareBuyerOutcome =
  | {
      readonly outcome: 'prepared';
      readonly customer: string;
      readonly paymentMethod: string;
      /** Null where it is no card. */
      readonly card: CardFacts | null;
    }
  | ({ readonly outcome: 'declined' } & Decline)
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
  readonly challenge?: boolean;
}

/** A page of the PSP on which a subscription's buyer leaves a card. */
export interface CardPageInput {
  readonly merchantId: string;
  readonly subscriptionId: string;
  /** Counts the subscription's pages; part of the page's idempotency key. */
  readonly number: number;
  readonly customer: string;
  readonly returnUrl: string;
  readonly expiresAtSeconds: number;
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
  /** Opens the PSP's page for a card that is to be charged without its buyer. Safe to repeat with the same input: it is the same page. */
  openCardPage(input: CardPageInput): Promise<OpenedPage>;
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
  /** A refund of this payment made under our identity, when its answer was lost. A failed one only when there is no other. */
  findRefund(input: ReferenceInput): Promise<RefundOutcome | undefined>;
  readRefund(reference: string): Promise<RefundOutcome>;
  /** When the money of charges becomes available, from the account's own lines since a time, the newest first. */
  availabilityOfCharges(sinceSeconds: number): Promise<{ readonly charge: string; readonly availableOn: string }[]>;
  /** What has moved in the account in a span of time, a page at a time; `next` asks for the next one, null when there is none. */
  settlementPage(span: SettlementSpan, after: string | null): Promise<SettlementPage>;
  /** All that an account holds at the PSP now, available or not; of a connected account when one is named. */
  balance(account?: string): Promise<readonly ProviderAmount[]>;
  readonly payouts: PayoutProvider;
  readonly sellers: SellerAccountProvider;
  readonly disputes: DisputeProvider;
}

/** A span of time in an account's lines; without an end, up to the newest. */
export interface SettlementSpan {
  readonly from: Date;
  readonly to?: Date;
  /** A connected account; left out, the merchant's own. */
  readonly account?: string;
}

export interface SettlementPage {
  readonly lines: readonly SettlementLine[];
  readonly next: string | null;
}

/** One line of the PSP's own account of what it has moved. In above zero, minor units; net is amount less fee (R2). */
export interface SettlementLine {
  readonly lineId: string;
  /** In the PSP's words. */
  readonly type: string;
  readonly family: LineFamily;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly netMinor: bigint;
  readonly currency: string;
  /** The PSP's object that it is about, and the payment that this hangs on. */
  readonly source: string | null;
  readonly parent: string | null;
  /** Of that object: our ids, where it is ours. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly availableOn: Date;
}

/** What makes a payout's key: each step has its own (I5, P4). */
export interface PayoutIdentity {
  readonly merchantId: string;
  readonly payoutId: string;
  readonly step: 'transfer' | 'payout' | 'transfer_reversal';
  readonly attempt: number;
}

/** A seller's own account at the PSP, as far as payouts go. */
export interface PayoutAccount {
  readonly reference: string;
  readonly payoutsEnabled: boolean;
  /** What the PSP still wants to know, in its own words. */
  readonly missing: readonly string[];
}

/** What a step of a payout has come to. `refused`: nothing was done, and this very step will never be. */
export type PayoutStepOutcome =
  | { readonly outcome: 'done'; readonly reference: string }
  | { readonly outcome: 'pending'; readonly reference: string }
  | { readonly outcome: 'failed'; readonly reference: string; readonly code: string; readonly message: string }
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string };

interface PayoutStepInput {
  readonly identity: PayoutIdentity;
  /** The seller's account. */
  readonly account: string;
  readonly amount: ProviderAmount;
}

/** Money out: to a seller's account at the PSP, and out of that to the bank. Each call carries a key; `find…` looks a lost answer up (U2). */
export interface PayoutProvider {
  readAccount(reference: string): Promise<PayoutAccount | undefined>;
  transfer(input: PayoutStepInput): Promise<PayoutStepOutcome>;
  findTransfer(input: PayoutStepInput): Promise<PayoutStepOutcome | undefined>;
  payOut(input: PayoutStepInput): Promise<PayoutStepOutcome>;
  findPayout(input: PayoutStepInput & { readonly sinceSeconds: number }): Promise<PayoutStepOutcome | undefined>;
  readPayout(input: { readonly account: string; readonly reference: string }): Promise<PayoutStepOutcome>;
  /** Takes a transfer back from the seller's account. Looks first: it is safe to repeat for ever. */
  reverseTransfer(input: PayoutStepInput & { readonly transfer: string }): Promise<PayoutStepOutcome>;
}

/** Where a seller tells the PSP who it is. Whoever has it can: it is for the seller alone, for some minutes, and once. */
export interface OnboardingLink {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** Sellers' own accounts at the PSP: made, sent to its onboarding, and read. */
export interface SellerAccountProvider {
  /** Makes a seller's account. The same seller is asked for under the same key for as long as keys live. */
  open(input: {
    readonly merchantId: string;
    readonly sellerId: string;
    /** ISO 3166-1. */
    readonly country: string;
    readonly email: string | null;
  }): Promise<{ readonly reference: string }>;
  /** The account made for a seller, when its answer was lost and its key may be too old. */
  find(input: {
    readonly merchantId: string;
    readonly sellerId: string;
    readonly sinceSeconds: number;
  }): Promise<{ readonly reference: string } | undefined>;
  /** Undefined when the PSP does not know it, or it isn't ours. */
  read(reference: string): Promise<SellerAccount | undefined>;
  /** Each call makes another link. */
  link(input: {
    readonly account: string;
    readonly returnUrl: string;
    readonly refreshUrl: string;
  }): Promise<OnboardingLink>;
}

/** One line of the PSP's balance about a dispute: below zero when money was taken. Minor units, as strings. */
export interface DisputeLine {
  readonly lineId: string;
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly currency: string;
}

/** A dispute as it stands at the PSP. */
export interface DisputeState {
  readonly reference: string;
  readonly payment: string | null;
  readonly charge: string;
  readonly amountMinor: string;
  readonly currency: string;
  readonly reason: string;
  /** The PSP's own word. */
  readonly status: string;
  readonly standing: DisputeStatus;
  readonly refundable: boolean;
  readonly evidenceDueBy: string | null;
  readonly openedAt: string;
  readonly lines: readonly DisputeLine[];
}

/** Disputes: what the PSP says of one, and our side of the story. */
export interface DisputeProvider {
  read(reference: string): Promise<DisputeState>;
  /** Sends evidence, and with `submit` hands it to the bank for good. Safe to repeat with the same revision. */
  sendEvidence(input: {
    readonly merchantId: string;
    readonly reference: string;
    readonly evidence: Readonly<Record<string, string>>;
    readonly revision: number;
    readonly submit: boolean;
  }): Promise<void>;
  /** Gives the dispute up. Safe to repeat: what is closed stays closed. */
  accept(input: { readonly merchantId: string; readonly reference: string }): Promise<void>;
}

/** The code of a call that was held back by the circuit breaker: nothing was sent. */
export const circuitOpen = 'circuit_open';

/** The state of a PSP's circuit breaker: `open` means that calls are held back for now. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** The provider of a merchant's own PSP account. @throws ProviderError `misconfigured` when it has none */
export type ProviderOfMerchant = (merchantId: string) => Promise<PaymentProvider>;
