import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  log,
  patched,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReverseOutcome, RiskWait, SentOperation } from '../activities';
import {
  isTerminal,
  statusOfPhase,
  type AttentionReason,
  type FailureReason,
  type PaymentOrderPhase,
} from '../domain/payment-order';
import type { RequestedBy } from '../domain/requested-by';
import { failureOf, firstTry, patient, patientStorage, psp, pspOnce, type KnownFailure } from './activities';
import { Booking } from './booking';
import { OrderStanding } from './order-standing';
import {
  cancelSignal,
  captureSignal,
  decisionSignal,
  reviewSignal,
  type Decision,
  type PaymentOrderInput,
  type PaymentOrderResult,
} from './messages';
import { attentionFor, nothingWasSent, OpsDesk } from './ops-desk';
import { countEnd } from './outcome-metrics';
import { RiskDesk } from './risk-desk';
import { Saga } from './saga';
import {
  authorizationLimitMs,
  buyerActionLimitMs,
  holdBackMs,
  parkedLookUpMs,
  pendingPollMs,
  processingLimitMs,
  unknownLadderMs,
  waitOf,
  wrongKeyMs,
} from './timing';

/** What came of paying: the PSP's word, or a person's that all of it is to be undone. */
type Outcome = Exclude<SentOperation['outcome'], RiskWait> | { readonly outcome: 'compensate' };
type PayOperation = 'charge' | 'authorize' | 'capture';

/**
 * One payment order from its first call to the PSP to its last entry in the ledger, or back.
 *
 * Everything runs in a non-cancellable scope: a cancel, from the API or from the Temporal UI, is a wish that the order
 * honours at the next safe point by undoing what has happened (T4). Each step asks first what is already true, so a
 * restarted run walks the same path and does nothing twice.
 */
export async function paymentOrderWorkflow(input: PaymentOrderInput): Promise<PaymentOrderResult> {
  const order = new PaymentOrder(input);
  let canceledInTemporal = false as boolean;
  CancellationScope.current().cancelRequested.catch(() => {
    canceledInTemporal = true;
    order.cancel({ actor: 'temporal', reason: 'the workflow was canceled' });
  });
  const phase = await CancellationScope.nonCancellable(() => order.run());
  if (canceledInTemporal && phase !== 'succeeded')
    throw new CancelledFailure('canceled, and what had happened is undone');
  return { phase };
}

class PaymentOrder {
  private readonly saga = new Saga();
  private readonly desk: OpsDesk;
  private readonly booking: Booking;
  private readonly standing: OrderStanding;
  private readonly risk: RiskDesk;
  private cancelRequested: RequestedBy | undefined;
  private captureRequested = false;
  private decision: Decision | undefined;
  private reviewRequested = false;
  private sent = false;
  /** By what the PSP says of it, the merchant doesn't want this money. */
  private refusedByRisk = false;
  /** How often a wrong key was waited for. */
  private keyRounds = 0;
  private booked = false;
  /** What its checkout came to, once that is ended here. */
  private checkoutStatus: string | undefined;

  constructor(private readonly input: PaymentOrderInput) {
    setHandler(cancelSignal, (by) => this.cancel(by));
    setHandler(captureSignal, () => void (this.captureRequested = true));
    setHandler(decisionSignal, (decision) => void (this.decision = decision));
    setHandler(reviewSignal, () => void (this.reviewRequested = true));
    this.desk = new OpsDesk(this.key);
    const { merchantId, checkoutId, paymentOrderId } = input;
    this.risk = new RiskDesk({
      merchantId,
      checkoutId,
      paymentOrderId,
      subject: `payment_order:${paymentOrderId}`,
      canceled: () => this.undoWanted,
      tell: (phase, says) => this.standing.wait(phase, says),
    });
    this.standing = new OrderStanding(input, () => [...this.desk.verbs, ...this.risk.verbs], this.desk);
    this.booking = new Booking(input, (why) => this.standing.parkAndRetry('booking_failed', why));
  }

  cancel(by: RequestedBy): void {
    this.cancelRequested ??= by;
  }

  async run(): Promise<PaymentOrderPhase> {
    const phase = await this.execute();
    this.standing.tell(phase);
    countEnd('payment_order', phase);
    if (this.input.alone === true) await this.endCheckout();
    else if (this.input.resume || workflowInfo().parent === undefined) await this.standing.report('final');
    await condition(allHandlersFinished);
    return phase;
  }

  /** Nobody else would: there is no run of the checkout's own. */
  private async endCheckout(): Promise<void> {
    const { merchantId, checkoutId } = this.input;
    const round = { merchantId, checkoutId, round: this.round };
    this.checkoutStatus ??= (await patient.finishCheckout(round)).checkoutStatus;
    countEnd('checkout', this.checkoutStatus);
  }

  private get key() {
    return { merchantId: this.input.merchantId, paymentOrderId: this.input.paymentOrderId };
  }

  /**
   * Whether the PSP may have been asked for something that this run's history says nothing of: what a run does itself, without the queue, is
   * written down at the end of its task, and a worker that dies before has the task done again, with what was heard meanwhile.
   */
  private get mayHaveSent(): boolean {
    return this.input.paysAtOnce === true && patched('sent-in-a-lost-task');
  }

  /** Cancels the order unless something was sent: its row says so. Answers its phase. */
  private async cancelUnsent(): Promise<PaymentOrderPhase> {
    const wish = { ...this.key, attempt: this.standing.attempt, failureReason: this.undoReason };
    return (await patient.cancelUnsent(wish)).phase;
  }

  private get undoWanted(): boolean {
    return this.cancelRequested !== undefined || this.decision?.decision === 'undo';
  }

  private get undoReason(): FailureReason {
    if (this.cancelRequested !== undefined) return 'canceled';
    return this.decision?.reason === 'canceled'
      ? 'canceled'
      : this.decision?.reason === 'expired'
        ? 'expired'
        : 'another_order_failed';
  }

  private async execute(): Promise<PaymentOrderPhase> {
    if (this.input.resume) {
      const standing = await patientStorage.loadPaymentOrder(this.key);
      if (isTerminal(statusOfPhase(standing.phase))) return standing.phase;
      this.standing.attempt = standing.businessAttempt;
      this.sent = standing.phase !== 'not_started';
      this.captureRequested ||= standing.captureRequested;
      this.decision ??= standing.decision ?? undefined;
      if (standing.cancelRequested !== null) this.cancel(standing.cancelRequested);
    }
    if (this.undoWanted && !this.sent && this.input.paidOnPage === undefined) {
      const standing = this.mayHaveSent ? await this.cancelUnsent() : undefined;
      if (standing === undefined) return this.standing.finish('canceled', this.undoReason);
      if (isTerminal(statusOfPhase(standing))) return standing;
    }

    this.saga.register('give the money back', () => this.giveBack());
    const paid = await this.collect();
    if (paid !== 'captured') return paid;
    if (this.refusedByRisk) return this.undo('blocked_by_risk');

    this.saga.register('reverse the booking', () => this.booking.book('refund_requested', false));
    const completes = !this.input.barrier && !this.undoWanted;
    this.booked = true;
    const { checkoutStatus } = await this.booking.bookCapture(completes);
    this.checkoutStatus = checkoutStatus;
    if (completes) return 'succeeded';
    if (this.input.barrier && !this.undoWanted) {
      this.standing.tell('captured');
      await this.standing.report('captured');
      await condition(() => this.decision?.decision === 'settle' || this.undoWanted);
    }
    // A settled checkout has promised the buyer success: a cancel that comes later is a refund's business.
    if (this.decision?.decision === 'settle') return this.standing.finish('succeeded');
    return this.undo();
  }

  /** Gets the money, by one charge or by authorization and capture. Answers `captured` or the final phase it ended in. */
  private async collect(): Promise<PaymentOrderPhase> {
    if (this.input.captureMethod === 'automatic' && !this.input.barrier)
      return this.settledAs(await this.pay('charge'));

    const authorized = await this.pay('authorize');
    if (authorized.outcome === 'authorized') this.standing.reference = authorized.reference;
    if (authorized.outcome !== 'authorized') return this.settledAs(authorized);
    if (this.refusedByRisk) return this.undo('blocked_by_risk');
    this.standing.tell('authorized');
    if (this.input.barrier) await this.standing.report('authorized');
    const mayCapture = () =>
      this.input.barrier ? this.decision !== undefined && this.decision.decision !== 'undo' : this.captureRequested;
    const decided = await condition(() => mayCapture() || this.undoWanted, authorizationLimitMs, {
      summary: 'authorized: the capture is awaited; after this the hold is released',
    });
    if (this.undoWanted) return this.undo();
    if (!decided) return this.undo('expired');

    const captured = await this.pay('capture');
    if (captured.outcome === 'compensate') return this.undo();
    if (captured.outcome !== 'succeeded') return this.undo('capture_failed');
    this.booking.capturedMinor = captured.receivedMinor;
    return 'captured';
  }

  /** The order's phase after an outcome that ends its paying. */
  private async settledAs(outcome: Outcome): Promise<PaymentOrderPhase> {
    switch (outcome.outcome) {
      case 'succeeded':
        return 'captured';
      case 'declined':
        return 'declined';
      case 'rejected':
        return 'rejected';
      case 'canceled':
        return this.standing.finish('canceled', this.undoWanted ? this.undoReason : 'canceled');
      case 'expired':
        return this.standing.finish('expired', 'expired');
      case 'abandoned':
        return this.standing.finish('abandoned', 'abandoned');
      case 'authorized':
      case 'requires_action':
      case 'processing':
      case 'compensate':
        return this.undo();
    }
  }

  /** Sends one operation until its outcome is known, whoever makes it known. */
  private async pay(operation: PayOperation): Promise<Outcome> {
    this.standing.tell(operation === 'charge' ? 'charging' : operation === 'authorize' ? 'authorizing' : 'capturing');
    this.sent = true;
    const through = firstTry(this.input.paysAtOnce);
    const outcome = await this.untilKnown(operation, () =>
      this.send(operation, through(this.standing.summary(operation))),
    );
    return outcome.outcome === 'requires_action' || outcome.outcome === 'processing'
      ? this.awaitBuyer(operation, outcome.outcome)
      : outcome;
  }

  private async send(operation: PayOperation, through: ReturnType<typeof psp>): Promise<Outcome> {
    const canceled = { outcome: 'canceled', reference: '' } as const;
    for (let by = through; ; by = psp(this.standing.summary(operation))) {
      const outcome = await this.risk.through(() => this.asNewest(() => this.sendAttempt(operation, by), canceled));
      if (outcome !== 'canceled') return outcome;
      // Where nothing was sent, an end that is wished for needs no undoing. What was sent is sent again, and heard of.
      if (!this.mayHaveSent || (await this.cancelUnsent()) === 'canceled') return canceled;
    }
  }

  private async sendAttempt(operation: PayOperation, through: ReturnType<typeof psp>): Promise<Outcome | RiskWait> {
    const { merchantId, checkoutId, paymentOrderId, customer, paymentMethod, paidOnPage } = this.input;
    if (paidOnPage !== undefined && operation !== 'capture') {
      const adopted = { ...this.key, operation, attempt: this.standing.attempt, reference: paidOnPage };
      return this.heard(await through.adoptPayment(adopted));
    }
    const input = { merchantId, checkoutId, paymentOrderId, customer, paymentMethod, attempt: this.standing.attempt };
    switch (operation) {
      case 'charge':
        return this.heard(await through.chargePaymentOrder(input));
      case 'authorize':
        return this.heard(await through.authorizePaymentOrder(input));
      case 'capture':
        return this.heard(await through.capturePaymentOrder(input));
    }
  }

  /** What was told to the run before this one, perhaps, and stands on the row. */
  private heard({ outcome, refused, cancelRequested, captureRequested, decision }: SentOperation): Outcome | RiskWait {
    if (refused === true) this.refusedByRisk = true;
    if (cancelRequested !== undefined) this.cancel(cancelRequested);
    const isNews =
      (captureRequested === true && !this.captureRequested) || (decision !== undefined && this.decision === undefined);
    if (isNews && patched('heard-with-authorization')) {
      this.captureRequested ||= captureRequested === true;
      this.decision ??= decision;
    }
    return outcome;
  }

  /**
   * Makes a call as the newest attempt at paying the order. A run that was reset to before that attempt began goes on with
   * it; where another round's run looks after the order there is `nothing` left to do here.
   */
  private async asNewest<Result>(call: () => Promise<Result>, nothing: Result): Promise<Result> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (failureOf(error).type !== 'AttemptSuperseded') throw error;
        const { round, businessAttempt } = await patientStorage.loadPaymentOrder(this.key);
        if (round !== this.round) return nothing;
        this.standing.attempt = businessAttempt;
      }
    }
  }

  private get round(): number {
    return this.input.round ?? 1;
  }

  private async untilKnown(operation: PayOperation, first: () => Promise<Outcome>): Promise<Outcome> {
    let heldBack = 0;
    for (let send = first; ; send = () => this.send(operation, psp(this.standing.summary(operation)))) {
      let failure: KnownFailure;
      try {
        const outcome = await send();
        this.keyIsRight();
        return outcome;
      } catch (error) {
        failure = failureOf(error);
      }
      if (failure.type !== 'ProviderMisconfigured') this.keyIsRight();
      log.warn('the PSP call did not end well', { operation, ...failure });
      if (nothingWasSent(failure) && patched('nothing-was-sent')) {
        // The PSP was not reached, or its breaker is open: there is no outcome to be in doubt about, only a wait.
        // What the buyer paid on the page is paid, whether or not the PSP answers us now.
        const mayStop = () => operation !== 'capture' && this.undoWanted && this.input.paidOnPage === undefined;
        this.standing.tell(this.standing.phase, `the PSP can't be reached: ${failure.message}`);
        await condition(() => this.reviewRequested || mayStop(), waitOf(holdBackMs, heldBack), {
          summary: `the PSP can't be reached: the ${operation} is sent after this`,
        });
        this.reviewRequested = false;
        if (mayStop()) return { outcome: 'canceled', reference: '' };
        heldBack += 1;
        continue;
      }
      const reason = attentionFor(failure);
      if (reason === 'outcome_unknown') {
        const found = await this.climbLadder(operation);
        if (found !== undefined) return found;
      }
      const settled = await this.askPerson(operation, reason, failure.message);
      if (settled !== undefined) return settled;
    }
  }

  private keyIsRight(): void {
    if (this.keyRounds > 0) this.standing.unpark();
    this.keyRounds = 0;
  }

  /** The ladder of an unknown outcome (U1, U2): look it up, send the same key again, each round later than the last. */
  private async climbLadder(operation: PayOperation): Promise<Outcome | undefined> {
    await this.standing.enter('unknown');
    for (const waitMs of unknownLadderMs) {
      await condition(() => this.reviewRequested, waitMs, {
        summary: `the outcome of the ${operation} is unknown: the PSP is asked after this`,
      });
      this.reviewRequested = false;
      const outcome = (await this.lookUp(operation)) ?? (await this.attemptOnce(operation));
      if (outcome !== undefined) {
        upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
        return outcome;
      }
    }
    return undefined;
  }

  private async lookUp(operation: PayOperation): Promise<Outcome | undefined> {
    const answer = await this.ask(operation);
    return typeof answer === 'string' ? undefined : answer;
  }

  /** Looks the payment up. No answer is not the same as not found: only the latter says anything about the money. */
  private async ask(operation: PayOperation): Promise<Outcome | 'not_found' | 'no_answer'> {
    const { customer } = this.input;
    const lookUp = async () => {
      const { attempt } = this.standing;
      const through = pspOnce(this.standing.summary(`look up the ${operation} of`));
      const found = await through.lookUpPaymentOrder({ ...this.key, operation, attempt, customer });
      if (found.refused === true) this.refusedByRisk = true;
      return found.outcome;
    };
    try {
      const outcome = await this.asNewest(lookUp, { outcome: 'canceled', reference: '' });
      return outcome.outcome === 'not_found' ? 'not_found' : outcome;
    } catch (error) {
      failureOf(error);
      return 'no_answer';
    }
  }

  private async attemptOnce(operation: PayOperation): Promise<Outcome | undefined> {
    try {
      return await this.send(operation, pspOnce(this.standing.summary(`${operation} again`)));
    } catch (error) {
      failureOf(error);
      return undefined;
    } finally {
      this.standing.tell('unknown');
    }
  }

  /** Parks the order until a person or the PSP settles it. Answers the outcome, or nothing when it should be sent again. */
  private async askPerson(operation: PayOperation, reason: AttentionReason, why: string): Promise<Outcome | undefined> {
    await this.standing.park(reason, why);
    for (;;) {
      // A wrong key is mended for all orders at once: each tries by itself, so that nobody needs to tell a thousand.
      const heals = reason === 'psp_misconfigured' && patched('keys-heal');
      const waitMs = heals ? waitOf(wrongKeyMs, this.keyRounds) : parkedLookUpMs;
      const undoWasWanted = this.undoWanted;
      const verdict = await this.desk.nextVerdict(
        waitMs,
        () => this.reviewRequested || (heals && this.undoWanted && !undoWasWanted),
      );
      this.reviewRequested = false;
      if (heals) this.keyRounds += 1;
      const answer = await this.ask(operation);
      if (typeof answer !== 'string' || verdict !== undefined) this.standing.unpark();
      // Also when the PSP knows by now what has happened: then that is undone.
      if (verdict?.verb === 'compensate') this.cancel(verdict.by);
      if (typeof answer !== 'string') return answer;
      switch (verdict?.verb) {
        case undefined:
          if (!heals || answer !== 'not_found' || this.desk.isSpokenTo) continue;
          // Nothing is there, and nothing will be sent for who wants its end by now.
          if (operation !== 'capture' && this.undoWanted && this.input.paidOnPage === undefined) {
            this.standing.unpark();
            return { outcome: 'compensate' };
          }
          // It may be executed from here on: what a person could say of it while it was not is closed.
          this.desk.close();
          return undefined;
        case 'abandon':
          return { outcome: 'abandoned' };
        case 'compensate':
          return { outcome: 'compensate' };
        case 'supply_outcome':
          return (
            await patientStorage.recordSuppliedOutcome({
              ...this.key,
              operation,
              attempt: this.standing.attempt,
              supplied: verdict.supplied,
            })
          ).outcome;
        case 'retry':
          // The last attempt was sent long ago and look-up has just shown again that it never happened: a new one is
          // safe, and the only way past an error that the PSP keeps under the old key (I4). Without that answer the
          // same key is sent again.
          if (reason === 'outcome_unknown' && operation !== 'capture' && answer === 'not_found') {
            this.standing.attempt = await patientStorage.startNewAttempt({
              ...this.key,
              operation,
              current: this.standing.attempt,
            });
          }
          return undefined;
      }
    }
  }

  /** The buyer is at a challenge, or a bank takes its days: ask now and then, and give up at the deadline. */
  private async awaitBuyer(operation: PayOperation, state: 'requires_action' | 'processing'): Promise<Outcome> {
    this.standing.tell(state);
    let late = false as boolean;
    const clock = new CancellationScope();
    const limitMs = state === 'requires_action' ? buyerActionLimitMs : processingLimitMs;
    clock
      .run(() => sleep(limitMs, { summary: 'so long the buyer, or a bank, may take' }))
      .then(
        () => (late = true),
        () => undefined,
      );
    try {
      for (let round = 0; ; round += 1) {
        await condition(() => this.reviewRequested || this.undoWanted || late, waitOf(pendingPollMs, round), {
          summary: `${state}: the PSP is asked after this`,
        });
        this.reviewRequested = false;
        if (this.undoWanted || late) {
          const reversed = await this.reverse();
          // The PSP may have been faster than the buyer's patience: then it counts, and is undone as a capture would be.
          if (reversed.outcome !== 'captured_meanwhile')
            return this.undoWanted ? { outcome: 'canceled', reference: '' } : { outcome: 'expired' };
        }
        const outcome = await this.lookUp(operation);
        if (outcome !== undefined && outcome.outcome !== 'requires_action' && outcome.outcome !== 'processing')
          return outcome;
      }
    } finally {
      clock.cancel();
    }
  }

  // ── undoing ──

  /** Undoes everything that has happened, then writes why. What is final stays as it is: a run that was reset may not know. */
  private async undo(reason: FailureReason = this.undoReason): Promise<PaymentOrderPhase> {
    if (patched('final-stays-final')) {
      const standing = await patientStorage.loadPaymentOrder(this.key);
      if (isTerminal(statusOfPhase(standing.phase))) return standing.phase;
      if (standing.round !== this.round) return 'canceled';
      this.standing.attempt = standing.businessAttempt;
    }
    if (this.cancelRequested !== undefined)
      await patientStorage.recordCancelRequest({ ...this.key, by: this.cancelRequested });
    await this.saga.compensate();
    if (this.standing.phase === 'refunded') return this.standing.finish('refunded', reason);
    return this.standing.finish(
      reason === 'expired' || reason === 'canceled' || reason === 'capture_failed' ? reason : 'voided',
      reason,
    );
  }

  /** Void or refund, by what stands at the PSP (C5), until it is done. */
  private async giveBack(): Promise<void> {
    const reversed = await this.reverse(true);
    if (reversed.outcome === 'refunded') {
      // A refund means that money had moved, also when this run never saw it: a run before this one did, or somebody on
      // the PSP's dashboard. All of it belongs in the ledger; what stands there already stays as it is.
      if (!this.booked) {
        this.booking.capturedMinor ??= reversed.capturedMinor;
        await this.booking.book('capture', false);
        await this.booking.book('refund_requested', false);
      }
      await this.booking.bookLedgerOnly('refund_succeeded');
      this.standing.phase = 'refunded';
    } else this.standing.phase = 'voided';
  }

  private async reverse(refundCaptured = false): Promise<ReverseOutcome> {
    this.standing.tell(refundCaptured ? 'refunding' : 'voiding');
    for (let round = 0; ; round += 1) {
      try {
        const reverse = () =>
          psp(this.standing.summary('give back')).reversePayment({
            ...this.key,
            customer: this.input.customer,
            attempt: this.standing.attempt,
            refundCaptured,
          });
        const reversed = await this.asNewest(reverse, { outcome: 'voided' });
        if (reversed.outcome !== 'refund_pending') return reversed;
        await condition(() => this.reviewRequested, waitOf(pendingPollMs, round));
        this.reviewRequested = false;
      } catch (error) {
        const failure = failureOf(error);
        if (nothingWasSent(failure) && patched('nothing-was-sent')) {
          await condition(() => this.reviewRequested, waitOf(holdBackMs, round));
          this.reviewRequested = false;
          continue;
        }
        const verdict = await this.standing.parkAndRetry('compensation_failed', failure.message);
        if (verdict?.verb === 'supply_outcome')
          return { outcome: verdict.supplied.outcome === 'refunded' ? 'refunded' : 'voided' };
      }
    }
  }
}
