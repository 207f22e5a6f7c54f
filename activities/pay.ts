import { reasonOfRejection, type PaymentOrderPhase, type PspOperation } from '../domain/payment-order';
import type { RequestedBy } from '../domain/requested-by';
import { findBuyer } from '../prisma/checkout';
import {
  beginOperation,
  recordOperation,
  recordRefusedSend,
  type BegunOperation,
  type OperationResult,
} from '../prisma/psp-operation';
import { findPaymentOrder } from '../prisma/payment-order';
import { markDeclined } from '../prisma/risk';
import { pspIdempotencyKey } from '../providers/idempotency-key';
import {
  ProviderError,
  type OperationIdentity,
  type PaymentOutcome,
  type PaymentProvider,
  type ProviderProblem,
} from '../providers/provider';
import type { Dependencies } from './dependencies';
import { failure } from './failure';
import { mustFindBuyer, prepareBuyerFirst, tryOf, type PreparedBuyer } from './prepare-buyer';
import { assessPayment, refusedByRisk, type RiskWait } from './risk';
import { decisionOf, type StoredDecision } from './rows';

export type PayOperation = Extract<PspOperation, 'charge' | 'authorize' | 'capture'>;

export interface PayOrderInput {
  readonly merchantId: string;
  readonly checkoutId: string;
  readonly paymentOrderId: string;
  /** Unset, both, where the order attaches its checkout's card itself, before it is paid. */
  readonly customer?: string;
  readonly paymentMethod?: string;
  readonly attempt: number;
}

/** What a paying step came to; the last two only a workflow or a person can say. */
export type PayOutcome = PaymentOutcome | { readonly outcome: 'expired' } | { readonly outcome: 'abandoned' };

/** What came of a step, and what the row says that a run which was started anew has perhaps not been told. */
export interface SentOperation {
  /** Nothing was sent where it waits. */
  readonly outcome: PayOutcome | RiskWait;
  /** By what the PSP says of it, this money is not to be kept. */
  readonly refused?: true;
  /** Who has asked for the order's end by now: a workflow that calls the PSP itself hears nothing else meanwhile. */
  readonly cancelRequested?: RequestedBy;
  /** With an authorization: that its capture is asked for. */
  readonly captureRequested?: true;
  /** With an authorization: what the checkout has decided for all orders. */
  readonly decision?: StoredDecision;
}

/**
 * Stripe promises its keys for 24 hours. Near the end of that a repeat could be a second charge, so from here on the
 * payment is only looked up (I6).
 */
export const keyLifeSeconds = 23 * 3600;

const phaseWhile: Readonly<Record<PayOperation, PaymentOrderPhase>> = {
  charge: 'charging',
  authorize: 'authorizing',
  capture: 'capturing',
};

export const identityOf = (
  input: { merchantId: string; paymentOrderId: string; attempt: number },
  operation: PspOperation,
): OperationIdentity => ({
  merchantId: input.merchantId,
  paymentOrderId: input.paymentOrderId,
  operation,
  attempt: input.attempt,
});

/**
 * Sends one paying operation. A retry is safe: the operation's row and key are written before the PSP hears of it, a
 * finished operation is answered from the row, and an unfinished one is repeated under the same key. A card that the order
 * attaches itself is attached first, once.
 */
export async function pay(
  dependencies: Dependencies,
  operation: PayOperation,
  input: PayOrderInput,
): Promise<SentOperation> {
  const { failpoint } = dependencies;
  const identity = identityOf(input, operation);
  const buyer = await buyerOf(dependencies, operation, input);
  if (buyer.outcome === 'waits') return { outcome: buyer };
  const begun = await begin(dependencies, identity, phaseWhile[operation]);
  if (begun.outcome !== null) return finished(dependencies, input, begun, operation);
  checkCurrent(input, begun.businessAttempt);
  if (!begun.isBegun) return nothingToPay(dependencies, input);
  if (buyer.outcome !== 'prepared' || (begun.refusedByRisk && operation !== 'capture')) {
    const outcome = { ...(buyer.outcome === 'prepared' ? refusedByRisk : buyer), reference: null };
    await record(dependencies, input, operation, outcome);
    return { outcome };
  }
  const call = async (): Promise<PaymentOutcome> => {
    const provider = await dependencies.providerOf(input.merchantId);
    await failpoint(`${operation}.before_call`, input.paymentOrderId);
    return begun.ageSeconds > keyLifeSeconds
      ? findOldOne(provider, operation, identity, buyer.customer, begun)
      : send(provider, operation, identity, buyer, begun);
  };
  const outcome = await call().catch((error: unknown) => afterFailedSend(dependencies, identity, begun, error));
  await failpoint(`${operation}.after_call`, input.paymentOrderId);
  checkAmount(operation, outcome, begun);
  if (outcome.outcome === 'declined') await noteDecline(dependencies, input, begun.checkoutId);
  const cancelRequested = await record(dependencies, input, operation, outcome);
  await failpoint(`${operation}.after_record`, input.paymentOrderId);
  const heard = heardOf({ ...begun, cancelRequested: begun.cancelRequested ?? cancelRequested ?? null }, operation);
  return { outcome, ...heard, ...(await judged(dependencies, input, begun.checkoutId, outcome)) };
}

/**
 * The order has come to its end another way: whoever asks is a run that was reset, or one whose task somebody else has taken over. The row is
 * read again, as the statement that waited for it has not seen what it came to.
 *
 * @throws AttemptSuperseded
 */
async function nothingToPay(
  { databases }: Dependencies,
  input: { readonly merchantId: string; readonly paymentOrderId: string; readonly attempt: number },
): Promise<SentOperation> {
  const order = await findPaymentOrder(databases.payments, input);
  if (order !== undefined) checkCurrent(input, order.businessAttempt);
  return { outcome: { outcome: 'canceled', reference: '' } };
}

/** An operation that is over, as it ended. */
async function finished(
  dependencies: Dependencies,
  input: { readonly merchantId: string; readonly paymentOrderId: string },
  begun: BegunOperation,
  operation: PayOperation,
): Promise<SentOperation> {
  const outcome = begun.outcome as PaymentOutcome;
  return { outcome, ...heardOf(begun, operation), ...(await judged(dependencies, input, begun.checkoutId, outcome)) };
}

/** Where the PSP says something out of the ordinary of a payment, whether the merchant wants that money. */
async function judged(
  dependencies: Dependencies,
  { merchantId, paymentOrderId }: { readonly merchantId: string; readonly paymentOrderId: string },
  checkoutId: string,
  outcome: PaymentOutcome,
): Promise<Pick<SentOperation, 'refused'>> {
  const signals = 'signals' in outcome ? outcome.signals : undefined;
  if (signals === undefined) return {};
  const key = { merchantId, checkoutId };
  const { refused } = await assessPayment(
    dependencies,
    tryOf(key, await mustFindBuyer(dependencies, key)),
    signals,
    paymentOrderId,
  );
  return refused ? { refused } : {};
}

/** Later tries of the same buyer, address or card are judged by it. Written before the decline itself: a retry finds that and goes no further. */
async function noteDecline(
  dependencies: Dependencies,
  { merchantId, paymentOrderId }: { readonly merchantId: string; readonly paymentOrderId: string },
  checkoutId: string,
): Promise<void> {
  const { round } = await mustFindBuyer(dependencies, { merchantId, checkoutId });
  await markDeclined(dependencies.databases.risk, { merchantId, checkoutId, round }, paymentOrderId);
}

function heardOf(begun: BegunOperation, operation: PayOperation): Omit<SentOperation, 'outcome'> {
  const cancel = begun.cancelRequested !== null && { cancelRequested: begun.cancelRequested as RequestedBy };
  if (operation !== 'authorize') return { ...cancel };
  const decision = decisionOf(begun);
  return {
    ...cancel,
    ...(begun.captureRequested && { captureRequested: true as const }),
    ...(decision !== null && { decision }),
  };
}

/** Who pays and with what. A capture needs neither. */
async function buyerOf(
  dependencies: Dependencies,
  operation: PayOperation,
  { merchantId, checkoutId, customer, paymentMethod }: PayOrderInput,
): Promise<PreparedBuyer> {
  if (customer !== undefined && paymentMethod !== undefined) return { outcome: 'prepared', customer, paymentMethod };
  if (operation === 'capture') return { outcome: 'prepared', customer: '', paymentMethod: '' };
  return prepareBuyerFirst(dependencies, { merchantId, checkoutId });
}

export interface AdoptPaymentInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly operation: Exclude<PayOperation, 'capture'>;
  readonly attempt: number;
  /** The PSP's id of the payment. */
  readonly reference: string;
}

/**
 * Takes up a payment that the buyer made on the PSP's page, as if this attempt had sent it. A retry is safe: it reads the
 * payment, and records what it found once.
 */
export async function adopt(dependencies: Dependencies, input: AdoptPaymentInput): Promise<SentOperation> {
  const { operation, reference } = input;
  const begun = await begin(dependencies, identityOf(input, operation), phaseWhile[operation]);
  if (begun.outcome !== null) return finished(dependencies, input, begun, operation);
  checkCurrent(input, begun.businessAttempt);
  if (!begun.isBegun) return nothingToPay(dependencies, input);
  const provider = await dependencies.providerOf(input.merchantId);
  const outcome = await provider.retrieve(reference);
  checkAmount(operation, outcome, begun);
  if (outcome.outcome === 'declined') await noteDecline(dependencies, input, begun.checkoutId);
  const cancelRequested = await record(dependencies, input, operation, outcome);
  return {
    outcome,
    ...(cancelRequested !== undefined && { cancelRequested }),
    ...(await judged(dependencies, input, begun.checkoutId, outcome)),
  };
}

/**
 * Keeps what an operation came to. Money that has come in is kept with the policies that hold for it from now on.
 *
 * @returns who has asked for the order's end by now
 */
async function record(
  { databases, policiesOf }: Dependencies,
  input: { merchantId: string; paymentOrderId: string; attempt: number },
  operation: PayOperation,
  outcome: PaymentOutcome,
): Promise<RequestedBy | undefined> {
  const result = resultOf(operation, input.attempt, outcome);
  if (outcome.outcome !== 'succeeded') return recordOperation(databases.payments, input, result);
  const captured = {
    amountMinor: BigInt(outcome.receivedMinor),
    availableOn: typeof outcome.availableOn === 'string' ? new Date(outcome.availableOn) : null,
    policies: await policiesOf(input.merchantId),
  };
  return recordOperation(databases.payments, input, { ...result, captured });
}

/** Notes an operation as about to be sent. @throws NotFound when there is no such order */
export async function begin(
  { databases }: Dependencies,
  identity: OperationIdentity,
  phase: PaymentOrderPhase,
): Promise<BegunOperation> {
  const begun = await beginOperation(databases.payments, {
    ...identity,
    idempotencyKey: pspIdempotencyKey(identity),
    phase,
  });
  if (begun === undefined) throw failure('NotFound', `there is no payment order ${identity.paymentOrderId}`);
  return begun;
}

/**
 * A run that was reset to before a later attempt must not send its own: the buyer may have paid by the later one (I5).
 *
 * @throws AttemptSuperseded
 */
export function checkCurrent(input: { paymentOrderId: string; attempt: number }, newest: number): void {
  const { paymentOrderId: id, attempt } = input;
  if (newest > attempt)
    throw failure(
      'AttemptSuperseded',
      `attempt ${String(attempt)} of payment order ${id} is over: attempt ${String(newest)} has begun`,
    );
}

function send(
  provider: PaymentProvider,
  operation: PayOperation,
  identity: OperationIdentity,
  buyer: { readonly customer: string; readonly paymentMethod: string },
  begun: BegunOperation,
): Promise<PaymentOutcome> {
  const amount = { amountMinor: begun.amount, currency: begun.currency };
  if (operation === 'capture') {
    const part = { ...amount, amountMinor: begun.captureAmount ?? begun.amount };
    if (begun.pspReference === null)
      throw failure('InvariantViolated', `payment order ${identity.paymentOrderId} has no authorization to capture`);
    return provider.capture({ identity, reference: begun.pspReference, amount: part });
  }
  return provider[operation]({
    identity,
    checkoutId: begun.checkoutId,
    amount,
    customer: buyer.customer,
    paymentMethod: buyer.paymentMethod,
    statementDescriptor: begun.statementDescriptor,
    returnUrl: begun.returnUrl,
    challenge: begun.challenge,
    offSession: begun.offSession,
  });
}

/** Failures that mean the PSP has not executed this very send. */
const withoutEffect: readonly unknown[] = ['unavailable', 'rate_limited', 'misconfigured'] satisfies ProviderProblem[];

/**
 * Counts a send that certainly had no effect. When an earlier send was never answered the outcome stays unknown all the
 * same, and not merely a matter of keys or of reaching the PSP: such an order must not be abandoned or taken for unsent (U1).
 */
async function afterFailedSend(
  { databases }: Dependencies,
  identity: OperationIdentity,
  begun: BegunOperation,
  error: unknown,
): Promise<never> {
  const problem = error instanceof ProviderError ? error.problem : undefined;
  if (!withoutEffect.includes(problem)) throw error;
  await recordRefusedSend(databases.payments, identity, identity.operation, identity.attempt);
  const unanswered = begun.sends - 1 - begun.refusedSends;
  if (unanswered === 0) throw error;
  const { message, retryAfterMs } = error as ProviderError;
  throw failure(
    'ProviderOutcomeUnknown',
    `an earlier call was never answered, and now: ${message}`,
    retryAfterMs ?? undefined,
  );
}

async function findOldOne(
  provider: PaymentProvider,
  operation: PayOperation,
  identity: OperationIdentity,
  customer: string,
  begun: BegunOperation,
): Promise<PaymentOutcome> {
  const sinceSeconds = Math.floor(begun.firstSentAt.getTime() / 1000) - 300;
  const found =
    begun.pspReference !== null
      ? await provider.retrieve(begun.pspReference)
      : await provider.find({ identity, customer, sinceSeconds });
  if (found === undefined || (operation === 'capture' && found.outcome === 'authorized')) {
    throw failure(
      'ProviderOutcomeUnknown',
      'the key is too old to be sent again, and no payment was found under our ids',
    );
  }
  return found;
}

/** The PSP's amount must be ours to the last unit; anything else is no success but a case for a person (W4). */
function checkAmount(
  operation: PayOperation,
  outcome: PaymentOutcome,
  order: { amount: bigint; captureAmount: bigint | null },
): void {
  const due = operation === 'capture' ? (order.captureAmount ?? order.amount) : order.amount;
  if (outcome.outcome === 'succeeded' && BigInt(outcome.receivedMinor) !== due) {
    throw failure(
      'InvariantViolated',
      `the PSP took ${outcome.receivedMinor} minor units where ${due.toString()} were due`,
    );
  }
}

/** How much of an order the merchant wants captured; null: all of it. */
export function requestedCapture(order: { captureRequested: unknown }): bigint | null {
  const requested = order.captureRequested as { amount_minor?: string } | null;
  return requested?.amount_minor === undefined ? null : BigInt(requested.amount_minor);
}

/** What an outcome means for the operation's row and the order's phase. */
export function resultOf(operation: PayOperation, attempt: number, outcome: PaymentOutcome): OperationResult {
  const base: OperationResult = {
    operation,
    attempt,
    finalOutcome: outcome,
    phase: phaseWhile[operation],
    failureReason: null,
    declineCode: null,
    declineAdvice: null,
    failureMessage: null,
    pspReference: 'reference' in outcome ? outcome.reference : null,
    pspChargeReference: null,
    nextActionUrl: null,
    suppliedBy: null,
    captured: null,
  };
  // A capture that failed leaves an authorization to be released first: only the workflow can end that order.
  const ends = operation !== 'capture';
  switch (outcome.outcome) {
    case 'succeeded':
      return { ...base, phase: 'captured', pspChargeReference: outcome.chargeReference };
    case 'authorized':
      return {
        ...base,
        phase: ends ? 'authorized' : 'capturing',
        finalOutcome: ends ? outcome : null,
        pspChargeReference: outcome.chargeReference,
      };
    case 'declined':
      return {
        ...base,
        ...(ends && { phase: 'declined', failureReason: 'declined' }),
        declineCode: outcome.code,
        declineAdvice: outcome.advice ?? null,
        failureMessage: outcome.message,
      };
    case 'rejected':
      return {
        ...base,
        ...(ends && { phase: 'rejected', failureReason: reasonOfRejection(outcome.code) }),
        declineCode: outcome.code,
        failureMessage: outcome.message,
      };
    case 'requires_action':
      return { ...base, finalOutcome: null, phase: 'requires_action', nextActionUrl: outcome.url };
    case 'processing':
      return { ...base, finalOutcome: null, phase: 'processing', nextActionUrl: outcome.url ?? null };
    case 'canceled':
      return base;
  }
}

/** Looks for a payment under our ids with its buyer. A buyer without a customer there has never been charged. */
export async function find(
  { databases }: Dependencies,
  provider: PaymentProvider,
  input: { merchantId: string; paymentOrderId: string; attempt: number; customer?: string },
  checkoutId: string,
  operation: PayOperation,
  sinceSeconds: number,
): Promise<PaymentOutcome | undefined> {
  const { merchantId } = input;
  const customer = input.customer ?? (await findBuyer(databases.payments, { merchantId, checkoutId }))?.pspCustomer;
  if (customer === undefined || customer === null) return undefined;
  return provider.find({ identity: identityOf(input, operation), customer, sinceSeconds });
}

export interface LookUpInput {
  readonly merchantId: string;
  readonly paymentOrderId: string;
  readonly operation: PayOperation;
  readonly attempt: number;
  /** Unset where the order attached its card itself. */
  readonly customer?: string;
}

export interface LookUpResult {
  readonly outcome: PaymentOutcome | { readonly outcome: 'not_found' };
  /** By what the PSP says of it, this money is not to be kept. */
  readonly refused?: true;
}

/**
 * Asks the PSP what became of a payment, by reference or by our ids (U2). A retry is safe: it reads, and records what
 * it found. `not_found` is no proof that nothing happened.
 */
export async function lookUp(dependencies: Dependencies, input: LookUpInput): Promise<LookUpResult> {
  const { databases, providerOf } = dependencies;
  const order = await findPaymentOrder(databases.payments, input);
  if (order === undefined) throw failure('NotFound', `there is no payment order ${input.paymentOrderId}`);
  // The row tells of the newest attempt's payment.
  checkCurrent(input, order.businessAttempt);
  const provider = await providerOf(input.merchantId);
  const sinceSeconds = Math.floor(order.createdAt.getTime() / 1000) - 300;
  const found =
    order.pspReference !== null
      ? await provider.retrieve(order.pspReference)
      : await find(dependencies, provider, input, order.checkoutId, input.operation, sinceSeconds);
  // Still authorized, so the capture we ask about hasn't happened (yet).
  if (found === undefined || (input.operation === 'capture' && found.outcome === 'authorized'))
    return { outcome: { outcome: 'not_found' } };
  checkAmount(input.operation, found, { amount: order.amount, captureAmount: requestedCapture(order) });
  if (found.outcome === 'declined') await noteDecline(dependencies, input, order.checkoutId);
  await record(dependencies, input, input.operation, found);
  return { outcome: found, ...(await judged(dependencies, input, order.checkoutId, found)) };
}
