import type { BarrierDecision } from '../domain/checkout';
import type { AttentionReason, DeclineAdvice, FailureReason, PaymentOrderPhase } from '../domain/payment-order';
import type { PayoutLeg } from '../domain/posting';
import type { BreakOutcome } from '../domain/reconciliation';
import type { RequestedBy } from '../domain/requested-by';
import { failUnstartedOrders, finishCheckout, leavePage, recordDecision } from '../prisma/checkout';
import { cancelUnsent, findPaymentOrder, recordPhase, requestOnPaymentOrder } from '../prisma/payment-order';
import { nextBusinessAttempt, recordOperation } from '../prisma/psp-operation';
import { recordOpsAction, type OpsActionToRecord } from '../prisma/ops-action';
import type { BreakKey } from '../prisma/break';
import { markDispute, type DisputeKey } from '../prisma/dispute';
import { recordPayout, recordPayoutAction, type PayoutChange, type PayoutKey } from '../prisma/payout';
import type { ProposalKey } from '../prisma/proposal';
import { recordRefund, type RefundKey } from '../prisma/refund';
import type { FileKey } from '../prisma/settlement-file';
import type { MigrationKey } from '../prisma/plan-migration';
import type { SubscriptionKey } from '../prisma/subscription';
import type { ScheduledPayoutInput, SellerPosition } from '../workflows/messages';
import type { PaymentOutcome, PayoutStepOutcome } from '../providers/provider';
import { beating } from './beating';
import {
  appendLedger,
  bookCapture,
  moveWallet,
  type BookCaptureInput,
  type BookedCapture,
  type BookInput,
} from './book';
import type { Dependencies } from './dependencies';
import { failure, toFailure } from './failure';
import type { Failpoint } from '../failpoint';
import {
  adopt,
  lookUp,
  pay,
  requestedCapture,
  type AdoptPaymentInput,
  resultOf,
  type LookUpInput,
  type LookUpResult,
  type PayOperation,
  type PayOrderInput,
  type SentOperation,
} from './pay';
import {
  closePaymentPage,
  openPaymentPage,
  readPaymentPage,
  reopenOnPage,
  type OpenPaymentPageOutcome,
  type PageStanding,
} from './payment-page';
import { prepareBuyer, type PreparedBuyer } from './prepare-buyer';
import { decideReview, type DecideReviewInput } from './risk';
import { applyDueEvents } from './psp-events';
import { migrateSubscriptions, type MigrationStanding } from './plan-migration';
import { followCardPage, stepSubscription, type SubscriptionStep } from './subscription';
import { returnStrayPayment, type ReturnedStrayPayment } from './stray-payment';
import { decisionOf, mustFindCheckout, type CheckoutKey, type StoredDecision } from './rows';
import { releaseAvailableFunds, type ReleaseCounts } from './availability';
import type { DeliveryKey } from '../prisma/webhook-endpoint';
import { deliverWebhook, type TriedDelivery } from './deliver-webhook';
import type { NotificationKey } from '../prisma/notification';
import { announceStatements, type AnnouncedStatements } from './statements';
import { linkSeller, syncSeller, type SyncedSeller } from './seller';
import { sendNotification, type SentNotification } from './notify';
import { acceptDispute, noteReminder, sendDisputeEvidence, syncDispute, type SyncedDispute } from './dispute';
import {
  approvePayout,
  bookPayoutLeg,
  checkPayoutAccount,
  loadPayout,
  reservePayout,
  sendPayoutStep,
  startNewPayoutAttempt,
  supplyPayoutStep,
  type LoadedPayout,
  type PayoutStep,
} from './payout';
import { deleteExpired, type Tidied } from './housekeeping';
import { extendChains, verifyLedger } from './ledger-upkeep';
import { payOutOnSchedule } from './payout-schedule';
import { provePayment, type PaymentProof } from './proof';
import { carryOutProposal } from './proposal';
import {
  loadRefund,
  reinstateRefund,
  reserveRefund,
  sendRefund,
  settleRefund,
  startNewRefundAttempt,
  supplyRefund,
  type LoadedRefund,
  type SentRefund,
} from './refund';
import type { SellerKey } from '../prisma/seller';
import type { OnboardingLink } from '../providers/provider';
import { matchBankSide } from './bank';
import {
  compareAgain,
  listCases,
  openCase,
  remedyBreak,
  remindOfCase,
  resolveCase,
  settleCase,
  stillMending,
  wakeSettledCases,
  type CaseStanding,
  type OpenCase,
} from './break';
import { loadRates, type LoadedRates } from './rates';
import {
  beginReconciliation,
  collectOurSide,
  compareSides,
  failReconciliation,
  importPspSide,
  lastSettlementDay,
  matchSides,
  type ReconciliationDay,
  type ReconciliationResult,
} from './reconciliation';
import { bookSettledLines, closeRun } from './reconciliation-close';
import { mailReport } from './reconciliation-mail';
import { importFile, type FileOutcome } from './settlement-file';
import { reverse, type ReverseInput, type ReverseOutcome } from './reverse';
import { sweepCheckouts, type SweepCounts } from './sweep';

export type { BookedCapture, BookInput } from './book';
export type { Dependencies, Orchestrator, ReconciliationWindows, RunState, SendMail } from './dependencies';
export type { SentOperation } from './pay';
export type { OpenedPaymentPage, PageStanding } from './payment-page';
export type { ReleaseCounts } from './availability';
export type { SubscriptionStep } from './subscription';
export type { SyncedDispute } from './dispute';
export type { Tidied } from './housekeeping';
export type { LoadedRates } from './rates';
export { usualWindows } from './reconciliation';
export type { CaseStanding, OpenCase } from './break';
export type { ReconciliationDay, ReconciliationResult } from './reconciliation';
export type { FileOutcome } from './settlement-file';
export type { BreakKey } from '../prisma/break';
export type { PayoutStep } from './payout';
export type { PaymentProof } from './proof';
export type { PayoutStepOutcome } from '../providers/provider';
export type { SentRefund } from './refund';
export type { PreparedBuyer } from './prepare-buyer';
export type { RiskWait } from './risk';
export type { ReverseOutcome } from './reverse';

interface OrderKey {
  readonly merchantId: string;
  readonly paymentOrderId: string;
}

/** A checkout's row as a restarted workflow needs it. */
export interface LoadedCheckout {
  readonly decision: StoredDecision | null;
  readonly cancelRequested: RequestedBy | null;
  readonly captureRequested: boolean;
  readonly paymentOrders: readonly { readonly paymentOrderId: string; readonly phase: PaymentOrderPhase }[];
}

/** A payment order's row as a restarted workflow needs it, with what its checkout has decided and been asked. */
export interface LoadedPaymentOrder {
  readonly phase: PaymentOrderPhase;
  readonly businessAttempt: number;
  /** How many payment methods its checkout was tried with; the newest one's run looks after the order. */
  readonly round: number;
  readonly decision: StoredDecision | null;
  readonly cancelRequested: RequestedBy | null;
  readonly captureRequested: boolean;
}

/** A person's word on an outcome. */
export interface SuppliedInput extends OrderKey {
  readonly operation: PayOperation;
  readonly attempt: number;
  readonly supplied: RequestedBy & { readonly outcome: string; readonly psp_reference?: string };
}

/** Every activity there is. All are safe to retry; each says why where it is written. */
export interface Activities {
  prepareBuyer(input: CheckoutKey): Promise<PreparedBuyer>;
  openPaymentPage(input: CheckoutKey): Promise<OpenPaymentPageOutcome>;
  readPaymentPage(input: CheckoutKey): Promise<PageStanding>;
  closePaymentPage(input: CheckoutKey): Promise<PageStanding>;
  leavePaymentPage(input: CheckoutKey): Promise<void>;
  reopenOnPage(input: CheckoutKey & { fromRound: number }): Promise<{ reopened: boolean }>;
  adoptPayment(input: AdoptPaymentInput): Promise<SentOperation>;
  returnStrayPayment(input: { merchantId: string; reference: string }): Promise<ReturnedStrayPayment>;
  applyDueEvents(): Promise<{ events: number; strays: number; processes: number }>;
  chargePaymentOrder(input: PayOrderInput): Promise<SentOperation>;
  authorizePaymentOrder(input: PayOrderInput): Promise<SentOperation>;
  capturePaymentOrder(input: PayOrderInput): Promise<SentOperation>;
  lookUpPaymentOrder(input: LookUpInput): Promise<LookUpResult>;
  reversePayment(input: ReverseInput): Promise<ReverseOutcome>;
  creditWallet(input: BookInput): Promise<void>;
  debitWallet(input: BookInput): Promise<void>;
  appendLedger(input: BookInput): Promise<void>;
  bookCapture(input: BookCaptureInput): Promise<BookedCapture>;
  loadCheckout(input: CheckoutKey): Promise<LoadedCheckout>;
  loadPaymentOrder(input: OrderKey): Promise<LoadedPaymentOrder>;
  recordPhase(
    input: OrderKey & {
      phase: PaymentOrderPhase;
      failureReason?: FailureReason;
      attentionReason?: AttentionReason;
      failureMessage?: string;
      attempt?: number;
    },
  ): Promise<void>;
  cancelUnsent(
    input: OrderKey & { attempt: number; failureReason: FailureReason },
  ): Promise<{ readonly phase: PaymentOrderPhase }>;
  recordCancelRequest(input: OrderKey & { by: RequestedBy }): Promise<void>;
  recordDecision(
    input: CheckoutKey & { round?: number; decision: BarrierDecision; reason: string },
  ): Promise<StoredDecision>;
  recordSuppliedOutcome(input: SuppliedInput): Promise<{ readonly outcome: PaymentOutcome }>;
  recordOpsAction(input: OpsActionToRecord): Promise<void>;
  decideReview(input: DecideReviewInput): Promise<{ verdict: 'approved' | 'rejected' }>;
  loadRefund(input: RefundKey): Promise<LoadedRefund>;
  reserveRefund(input: RefundKey): Promise<void>;
  sendRefund(input: RefundKey): Promise<SentRefund>;
  settleRefund(input: RefundKey): Promise<void>;
  reinstateRefund(input: RefundKey & { reason: string }): Promise<void>;
  markRefund(input: RefundKey & { status: 'requested' | 'needs_attention' | 'voided' }): Promise<void>;
  supplyRefund(
    input: RefundKey & { outcome: 'succeeded' | 'failed'; reference: string | undefined } & RequestedBy,
  ): Promise<SentRefund>;
  startNewRefundAttempt(input: RefundKey): Promise<number>;
  releaseAvailableFunds(): Promise<ReleaseCounts>;
  loadPayout(input: PayoutKey): Promise<LoadedPayout>;
  reservePayout(input: PayoutKey): Promise<{ refusal: string | null }>;
  bookPayoutLeg(input: PayoutKey & { leg: PayoutLeg }): Promise<void>;
  approvePayout(input: PayoutKey & { by: RequestedBy }): Promise<readonly RequestedBy[]>;
  checkPayoutAccount(input: PayoutKey): Promise<{ refusal: string | null; message: string }>;
  sendPayoutStep(input: PayoutKey & { step: PayoutStep }): Promise<PayoutStepOutcome>;
  startNewPayoutAttempt(input: PayoutKey & { step: PayoutStep }): Promise<void>;
  supplyPayoutStep(
    input: PayoutKey & {
      step: PayoutStep;
      outcome: 'succeeded' | 'failed';
      reference: string | undefined;
      actor: string;
    },
  ): Promise<PayoutStepOutcome>;
  markPayout(input: PayoutKey & PayoutChange): Promise<void>;
  recordPayoutAction(
    input: PayoutKey & { action: string; actor: string; reason: string; details: unknown; updateId: string },
  ): Promise<void>;
  stepSubscription(input: SubscriptionKey): Promise<SubscriptionStep>;
  followCardPage(input: SubscriptionKey): Promise<{ readonly changed: boolean }>;
  migrateSubscriptions(input: MigrationKey): Promise<MigrationStanding>;
  payOutOnSchedule(input: ScheduledPayoutInput & { dueOn: string }): Promise<{ result: string }>;
  carryOutProposal(input: ProposalKey): Promise<{ problem: string | null }>;
  provePayment(input: OrderKey): Promise<PaymentProof>;
  announceStatements(input: { month: string; after: SellerPosition | null }): Promise<AnnouncedStatements>;
  syncSeller(input: SellerKey): Promise<SyncedSeller>;
  linkSeller(input: SellerKey): Promise<OnboardingLink>;
  sendNotification(input: NotificationKey): Promise<SentNotification>;
  deliverWebhook(input: DeliveryKey & { tries: number }): Promise<TriedDelivery>;
  extendChains(): Promise<{ added: number }>;
  verifyLedger(): Promise<{ problems: string[] }>;
  deleteExpired(): Promise<Tidied>;
  loadRates(): Promise<LoadedRates>;
  lastSettlementDay(input: { account: string }): Promise<{ date: string }>;
  beginReconciliation(input: { account: string; date: string }): Promise<ReconciliationDay>;
  collectOurSide(day: ReconciliationDay): Promise<{ items: number }>;
  importPspSide(day: ReconciliationDay): Promise<{ lines: number; changed: number }>;
  compareSides(day: ReconciliationDay): Promise<ReconciliationResult>;
  failReconciliation(input: { account: string; date: string }): Promise<void>;
  matchSides(day: ReconciliationDay): Promise<void>;
  matchBankSide(day: ReconciliationDay): Promise<void>;
  listCases(input: { merchants: readonly string[]; after: BreakKey | null }): Promise<OpenCase[]>;
  stillMending(day: ReconciliationDay): Promise<{ mending: number }>;
  wakeSettledCases(input: { merchants: readonly string[]; since: string }): Promise<void>;
  bookSettledLines(day: ReconciliationDay): Promise<void>;
  closeRun(day: ReconciliationDay): Promise<ReconciliationResult>;
  mailReport(input: { account: string; date: string }): Promise<void>;
  openCase(input: BreakKey): Promise<CaseStanding>;
  remedyBreak(input: BreakKey): Promise<void>;
  resolveCase(
    input: BreakKey & { by: RequestedBy; outcome: BreakOutcome },
  ): Promise<{ settled: boolean; message: string }>;
  settleCase(input: BreakKey): Promise<void>;
  compareAgain(input: BreakKey): Promise<void>;
  remindOfCase(input: BreakKey & { given: number; overdue: boolean }): Promise<void>;
  importFile(input: FileKey): Promise<FileOutcome>;
  syncDispute(input: DisputeKey & { paymentOrderId: string }): Promise<SyncedDispute>;
  sendDisputeEvidence(input: DisputeKey): Promise<void>;
  acceptDispute(input: DisputeKey): Promise<void>;
  noteReminder(input: DisputeKey & { reminders: number }): Promise<void>;
  noteDisputeProblem(input: DisputeKey & { problem: string | null }): Promise<void>;
  startNewAttempt(input: OrderKey & { operation: PayOperation; current: number }): Promise<number>;
  failUnstartedOrders(
    input: CheckoutKey & {
      phase: 'declined' | 'rejected' | 'canceled' | 'expired';
      failureReason: FailureReason;
      code: string | null;
      message: string | null;
      advice?: DeclineAdvice;
      round?: number;
    },
  ): Promise<void>;
  finishCheckout(input: CheckoutKey & { round?: number }): Promise<{ checkoutStatus: string; isPaymentDone: boolean }>;
  sweepCheckouts(): Promise<SweepCounts>;
}

/** The only registration of activities. Each one's errors leave through toFailure. */
export function createActivities(dependencies: Dependencies): Activities {
  const { payments } = dependencies.databases;
  return guarded(dependencies.failpoint, {
    prepareBuyer: (input) => prepareBuyer(dependencies, input),
    openPaymentPage: (input) => openPaymentPage(dependencies, input),
    readPaymentPage: (input) => readPaymentPage(dependencies, input),
    closePaymentPage: (input) => closePaymentPage(dependencies, input),
    leavePaymentPage: (input) => leavePage(payments, input.merchantId, input.checkoutId),
    reopenOnPage: (input) => reopenOnPage(dependencies, input),
    adoptPayment: (input) => adopt(dependencies, input),
    returnStrayPayment: (input) => returnStrayPayment(dependencies, input),
    applyDueEvents: () => applyDueEvents(dependencies),
    chargePaymentOrder: (input) => pay(dependencies, 'charge', input),
    authorizePaymentOrder: (input) => pay(dependencies, 'authorize', input),
    capturePaymentOrder: (input) => pay(dependencies, 'capture', input),
    lookUpPaymentOrder: (input) => lookUp(dependencies, input),
    reversePayment: (input) => reverse(dependencies, input),
    creditWallet: (input) => moveWallet(dependencies, input),
    debitWallet: (input) => moveWallet(dependencies, input),
    appendLedger: (input) => appendLedger(dependencies, input),
    bookCapture: (input) => bookCapture(dependencies, input),
    loadCheckout: (input) => loadCheckout(dependencies, input),
    loadPaymentOrder: (input) => loadPaymentOrder(dependencies, input),
    recordPhase: (input) => recordPhase(payments, input, input),
    cancelUnsent: async (input) => {
      const phase = await cancelUnsent(payments, input, input);
      if (phase === undefined) throw failure('NotFound', `there is no payment order ${input.paymentOrderId}`);
      return { phase };
    },
    recordCancelRequest: async (input) => void (await requestOnPaymentOrder(payments, 'cancel', input, input.by)),
    recordDecision: (input) => recordDecision(payments, input),
    recordSuppliedOutcome: (input) => recordSuppliedOutcome(dependencies, input),
    recordOpsAction: (input) => recordOpsAction(payments, input),
    decideReview: (input) => decideReview(dependencies, input),
    startNewAttempt: (input) => nextBusinessAttempt(payments, input, input.operation, input.current),
    failUnstartedOrders: (input) =>
      failUnstartedOrders(payments, {
        ...input,
        declineCode: input.code,
        declineAdvice: input.advice ?? null,
        failureMessage: input.message,
      }),
    finishCheckout: async (input) => {
      const { status, isPaymentDone } = await finishCheckout(payments, input);
      return { checkoutStatus: status, isPaymentDone };
    },
    sweepCheckouts: () => sweepCheckouts(dependencies),
    loadRefund: (input) => loadRefund(dependencies, input),
    reserveRefund: (input) => reserveRefund(dependencies, input),
    sendRefund: (input) => sendRefund(dependencies, input),
    settleRefund: (input) => settleRefund(dependencies, input),
    reinstateRefund: (input) => reinstateRefund(dependencies, input),
    markRefund: (input) => recordRefund(payments, input, input),
    supplyRefund: (input) => supplyRefund(dependencies, input),
    startNewRefundAttempt: (input) => startNewRefundAttempt(dependencies, input),
    releaseAvailableFunds: () => releaseAvailableFunds(dependencies),
    loadPayout: (input) => loadPayout(dependencies, input),
    reservePayout: (input) => reservePayout(dependencies, input),
    bookPayoutLeg: (input) => bookPayoutLeg(dependencies, input),
    approvePayout: (input) => approvePayout(dependencies, input),
    checkPayoutAccount: (input) => checkPayoutAccount(dependencies, input),
    sendPayoutStep: (input) => sendPayoutStep(dependencies, input),
    startNewPayoutAttempt: (input) => startNewPayoutAttempt(dependencies, input),
    supplyPayoutStep: (input) => supplyPayoutStep(dependencies, input),
    markPayout: (input) => recordPayout(dependencies.databases.payouts, input, input),
    recordPayoutAction: (input) => recordPayoutAction(dependencies.databases.payouts, input),
    stepSubscription: (input) => stepSubscription(dependencies, input),
    followCardPage: (input) => followCardPage(dependencies, input),
    migrateSubscriptions: (input) => migrateSubscriptions(dependencies, input),
    payOutOnSchedule: (input) => payOutOnSchedule(dependencies, input),
    carryOutProposal: (input) => carryOutProposal(dependencies, input),
    provePayment: (input) => provePayment(dependencies, input),
    announceStatements: (input) => beating(() => announceStatements(dependencies, input)),
    syncSeller: (input) => beating(() => syncSeller(dependencies, input)),
    linkSeller: (input) => beating(() => linkSeller(dependencies, input)),
    sendNotification: (input) => beating(() => sendNotification(dependencies, input)),
    deliverWebhook: (input) => deliverWebhook(dependencies, input),
    extendChains: () => extendChains(dependencies),
    verifyLedger: () => beating(() => verifyLedger(dependencies)),
    deleteExpired: () => deleteExpired(dependencies),
    loadRates: () => loadRates(dependencies),
    lastSettlementDay: (input) => lastSettlementDay(dependencies, input),
    beginReconciliation: (input) => beginReconciliation(dependencies, input),
    collectOurSide: (day) => beating(() => collectOurSide(dependencies, day)),
    importPspSide: (day) => beating(() => importPspSide(dependencies, day)),
    compareSides: (day) => beating(() => compareSides(dependencies, day)),
    failReconciliation: (input) => failReconciliation(dependencies, input),
    matchSides: (day) => beating(() => matchSides(dependencies, day)),
    matchBankSide: (day) => beating(() => matchBankSide(dependencies, day)),
    listCases: (input) => listCases(dependencies, input),
    stillMending: (day) => stillMending(dependencies, day),
    wakeSettledCases: (input) => beating(() => wakeSettledCases(dependencies, input)),
    bookSettledLines: (day) => beating(() => bookSettledLines(dependencies, day)),
    closeRun: (day) => beating(() => closeRun(dependencies, day)),
    mailReport: (input) => mailReport(dependencies, input),
    openCase: (input) => openCase(dependencies, input),
    remedyBreak: (input) => beating(() => remedyBreak(dependencies, input)),
    resolveCase: (input) => resolveCase(dependencies, input),
    settleCase: (input) => beating(() => settleCase(dependencies, input)),
    compareAgain: (input) => beating(() => compareAgain(dependencies, input)),
    remindOfCase: (input) => remindOfCase(dependencies, input),
    importFile: (input) => beating(() => importFile(dependencies, input)),
    syncDispute: (input) => syncDispute(dependencies, input),
    sendDisputeEvidence: (input) => sendDisputeEvidence(dependencies, input),
    acceptDispute: (input) => acceptDispute(dependencies, input),
    noteReminder: (input) => noteReminder(dependencies, input),
    noteDisputeProblem: (input) => markDispute(payments, input, input),
  });
}

const ids = [
  'refundId',
  'payoutId',
  'disputeId',
  'breakId',
  'fileId',
  'deliveryId',
  'proposalId',
  'paymentOrderId',
  'checkoutId',
  'date',
];

/** What an activity works on, for its failpoint. */
function keyOf(input: Readonly<Record<string, unknown>> = {}): string {
  const name = ids.find((id) => typeof input[id] === 'string');
  return name === undefined ? '' : (input[name] as string);
}

function guarded(failpoint: Failpoint, activities: Activities): Activities {
  type Input = Readonly<Record<string, unknown>>;
  const wrap = (name: string, activity: (...input: Input[]) => Promise<unknown>) => {
    const gap = `${name}.completing`;
    return async (...input: Input[]) => {
      try {
        const result = await activity(...input);
        await failpoint(gap, keyOf(input[0]));
        return result;
      } catch (error) {
        throw toFailure(error);
      }
    };
  };
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [name, wrap(name, activity as never)]),
  ) as unknown as Activities;
}

async function loadCheckout({ databases }: Dependencies, key: CheckoutKey): Promise<LoadedCheckout> {
  const checkout = await mustFindCheckout(databases, key);
  return {
    decision: decisionOf(checkout),
    cancelRequested: checkout.cancelRequested as RequestedBy | null,
    captureRequested: checkout.captureRequested !== null,
    paymentOrders: checkout.paymentOrders.map(({ paymentOrderId, phase }) => ({
      paymentOrderId,
      phase: phase as PaymentOrderPhase,
    })),
  };
}

async function loadPaymentOrder({ databases }: Dependencies, key: OrderKey): Promise<LoadedPaymentOrder> {
  const order = await findPaymentOrder(databases.payments, key);
  if (order === undefined) throw failure('NotFound', `there is no payment order ${key.paymentOrderId}`);
  const checkout = await mustFindCheckout(databases, order);
  return {
    phase: order.phase as PaymentOrderPhase,
    businessAttempt: order.businessAttempt,
    round: checkout.round,
    decision: decisionOf(checkout),
    cancelRequested: (order.cancelRequested ?? checkout.cancelRequested) as RequestedBy | null,
    captureRequested: order.captureRequested !== null || checkout.captureRequested !== null,
  };
}

/** Takes a person's word for an outcome, and keeps whose word it was. A retry is safe: the first word stands. */
async function recordSuppliedOutcome(
  { databases, policiesOf }: Dependencies,
  input: SuppliedInput,
): Promise<{ readonly outcome: PaymentOutcome }> {
  const { actor, reason, outcome: word, psp_reference: reference = '' } = input.supplied;
  const order = await findPaymentOrder(databases.payments, input);
  if (order === undefined) throw failure('NotFound', `there is no payment order ${input.paymentOrderId}`);
  const outcome: PaymentOutcome =
    word === 'succeeded'
      ? {
          outcome: 'succeeded',
          reference,
          chargeReference: null,
          receivedMinor: (requestedCapture(order) ?? order.amount).toString(),
          refundedMinor: '0',
        }
      : word === 'authorized'
        ? { outcome: 'authorized', reference, chargeReference: null }
        : word === 'declined'
          ? {
              outcome: 'declined',
              reference: reference === '' ? null : reference,
              code: 'supplied_by_ops',
              message: reason,
            }
          : { outcome: 'canceled', reference: reference === '' ? (order.pspReference ?? '') : reference };
  await recordOperation(databases.payments, input, {
    ...resultOf(input.operation, input.attempt, outcome),
    suppliedBy: { actor, reason },
    ...(outcome.outcome === 'succeeded' && {
      captured: {
        amountMinor: BigInt(outcome.receivedMinor),
        availableOn: null,
        policies: await policiesOf(input.merchantId),
      },
    }),
  });
  return { outcome };
}
