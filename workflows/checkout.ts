import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  currentUpdateInfo,
  executeChild,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  patched,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type { RiskWait } from '../activities';
import type { BarrierDecision } from '../domain/checkout';
import { workflowIds } from '../domain/identifiers';
import {
  isTerminal,
  reasonOfRejection,
  statusOfPhase,
  type DeclineAdvice,
  type PaymentOrderPhase,
} from '../domain/payment-order';
import type { RequestedBy } from '../domain/requested-by';
import { failureOf, firstTry, local, localOr, patient, patientStorage, psp } from './activities';
import {
  cancelSignal,
  captureSignal,
  decisionSignal,
  orderReportSignal,
  retryUpdate,
  reviewSignal,
  type CheckoutInput,
  type CheckoutOrder,
  type CheckoutResult,
  type Decision,
  type PaymentOrderInput,
} from './messages';
import { nothingWasSent } from './ops-desk';
import { countEnd } from './outcome-metrics';
import { RiskDesk } from './risk-desk';
import { checkActor, refused } from './person';
import { PaymentPage, type Buyer } from './payment-page';
import type { paymentOrderWorkflow } from './payment-order';
import { describedOrder } from './search-attributes';
import { Story } from './story';
import { rereadMs, waitOf, authorizationLimitMs } from './timing';

/**
 * One checkout: prepares the buyer's card, runs one child per payment order, and says what it came to.
 *
 * Children outlive it (ABANDON): money in flight is never cut off by what happens to the parent (T3). A restarted
 * checkout finds its children running or done and follows their rows instead of their results.
 */
export async function checkoutWorkflow(input: CheckoutInput): Promise<CheckoutResult> {
  const checkout = new Checkout(input);
  let canceledInTemporal = false as boolean;
  CancellationScope.current().cancelRequested.catch(() => {
    canceledInTemporal = true;
    checkout.cancel({ actor: 'temporal', reason: 'the workflow was canceled' });
  });
  const result = await CancellationScope.nonCancellable(() => checkout.run());
  if (canceledInTemporal && !result.isPaymentDone)
    throw new CancelledFailure('canceled, and what had happened is undone');
  return result;
}

/** How often an order that can't be reached is tried; after that its own restart reads the row. */
const signalRounds = 6;

type Progress = 'open' | 'authorized' | 'captured' | 'succeeded' | 'failed';

class Checkout {
  private readonly progress = new Map<string, Progress>();
  private readonly barrier: boolean;
  private cancelRequested: RequestedBy | undefined;
  private captureRequested = false;
  private decision: Decision | undefined;
  /** Counts reviews, so that each follower of an order wakes once per review. */
  private reviews = 0;
  private resume: boolean;
  private readonly story: Story;
  private readonly risk: RiskDesk;
  /** Whether a call that moves no money keeps failing, so that a person is called. */
  private stuck = false;
  /** Whether any order may have got somewhere: from then on a cancel is the orders' business. */
  private touched = false;

  constructor(private readonly input: CheckoutInput) {
    // A single order is charged in one step: there is nobody to wait for.
    this.barrier = input.failurePolicy === 'all_or_nothing' && input.paymentOrders.length > 1;
    this.resume = input.resume;
    for (const order of input.paymentOrders) this.progress.set(order.paymentOrderId, 'open');
    setHandler(cancelSignal, (by) => this.cancel(by));
    setHandler(captureSignal, () => void (this.captureRequested = true));
    setHandler(reviewSignal, () => void (this.reviews += 1));
    const { merchantId, checkoutId, paymentOrders, failurePolicy, captureMethod } = input;
    this.risk = new RiskDesk({
      merchantId,
      checkoutId,
      paymentOrderId: paymentOrders[0]?.paymentOrderId ?? checkoutId,
      subject: `checkout:${checkoutId}`,
      canceled: () => this.cancelRequested !== undefined,
      tell: (phase, says) => this.tell(phase, says),
    });
    this.story = new Story(
      { kind: 'checkout', id: input.checkoutId },
      () => `${String(paymentOrders.length)} payment order(s), ${failurePolicy}, ${captureMethod} capture`,
      () => (this.stuck ? ['retry'] : this.risk.verbs),
    );
    setHandler(retryUpdate, (by) => this.retry(by), {
      validator: (by: RequestedBy) => {
        checkActor(by);
        if (!this.stuck) throw refused('nothing waits for a person here');
      },
    });
    setHandler(orderReportSignal, ({ paymentOrderId, state }) => {
      if (state === 'final') this.reviews += 1;
      else if (this.progress.get(paymentOrderId) === 'open' || state === 'captured')
        this.advance(paymentOrderId, state);
    });
  }

  cancel(by: RequestedBy): void {
    this.cancelRequested ??= by;
  }

  /** A person has mended what was wrong, such as the PSP's key: it is tried at once. */
  private async retry({ actor, reason }: RequestedBy): Promise<string> {
    const { merchantId, checkoutId } = this.key;
    await patientStorage.recordOpsAction({
      merchantId,
      paymentOrderId: this.input.paymentOrders[0]?.paymentOrderId ?? checkoutId,
      subject: `checkout:${checkoutId}`,
      action: 'retry',
      actor,
      reason,
      details: {},
      updateId: currentUpdateInfo()?.id ?? workflowInfo().runId,
    });
    this.reviews += 1;
    return 'retry accepted';
  }

  async run(): Promise<CheckoutResult> {
    await this.execute();
    const key = this.key;
    if (this.input.hosted === true && this.cancelRequested === undefined && !this.every('succeeded')) {
      // A decline opens the page again, as a round of its own with a run of its own.
      const { reopened } = await patientStorage.reopenOnPage({ ...key, fromRound: this.round });
      if (reopened) {
        this.tell('declined', 'the page is open again, in another run');
        return { checkoutStatus: 'open', isPaymentDone: false };
      }
    }
    const ofRound = { ...key, round: this.round };
    const outcome = await localOr(
      () => local.finishCheckout(ofRound),
      () => patientStorage.finishCheckout(ofRound),
    );
    this.tell(outcome.checkoutStatus);
    countEnd('checkout', outcome.checkoutStatus);
    await condition(allHandlersFinished);
    return outcome;
  }

  private get key() {
    return { merchantId: this.input.merchantId, checkoutId: this.input.checkoutId };
  }

  private get round(): number {
    return this.input.round ?? 1;
  }

  private async execute(): Promise<void> {
    if (this.resume) await this.reread();
    if (this.settled()) return;
    if (this.cancelRequested !== undefined && !this.touched) return this.cancelUnstarted();
    const buyer = await this.buyer();
    if (buyer === undefined) return;
    if (this.cancelRequested !== undefined && !this.touched && buyer.paidOnPage === undefined)
      return this.cancelUnstarted();
    this.touched = true;
    this.tell('paying');
    const orders = Promise.all(this.input.paymentOrders.map((order) => this.follow(order, buyer)));
    await Promise.all([orders, this.barrier ? this.decideForAll() : this.passOnRequests()]);
  }

  /** Who pays. A single order finds out itself, in the step that charges: there is nobody to do it once for. */
  private buyer(): Promise<Partial<Buyer> | undefined> {
    if (this.input.hosted === true) return this.buyerFromPage();
    if (this.input.cardWithOrder === true) return Promise.resolve({});
    return this.prepareBuyer();
  }

  /** Attaches the card to the buyer's customer once for all orders. Nothing when that already ended the checkout. */
  private async prepareBuyer(): Promise<Buyer | undefined> {
    this.tell('preparing the card');
    const through = firstTry(this.input.paysAtOnce);
    const buyer = await this.unlessHeld(() =>
      this.untilItWorks('preparing the card', () => through('attach the card').prepareBuyer(this.key)),
    );
    if (buyer === undefined) return undefined;
    if (buyer.outcome === 'prepared') {
      const { cancelRequested, ...prepared } = buyer;
      if (cancelRequested !== undefined) this.cancel(cancelRequested);
      return prepared;
    }
    await this.refuseBuyer(buyer);
    return undefined;
  }

  /** Waits until the buyer has paid, or left a card, on the PSP's page. Nothing when that already ended the checkout. */
  private async buyerFromPage(): Promise<Buyer | undefined> {
    this.tell('opening the payment page');
    const opened = await this.unlessHeld(() =>
      this.untilItWorks('opening the payment page', () => psp('open the payment page').openPaymentPage(this.key)),
    );
    if (opened === undefined) return undefined;
    if (opened.outcome !== 'opened') {
      await this.refuseBuyer(opened);
      return undefined;
    }
    this.tell('waiting for the buyer on the payment page');
    const page = new PaymentPage(this.key, {
      canceled: () => this.cancelRequested !== undefined,
      reviews: () => this.reviews,
    });
    const end = await page.end(opened);
    switch (end.end) {
      case 'buyer':
        return end.buyer;
      case 'card_given':
        return this.prepareBuyer();
      case 'canceled':
        await this.cancelUnstarted();
        return undefined;
      case 'expired':
        await patientStorage.failUnstartedOrders({
          ...this.key,
          round: this.round,
          phase: 'expired',
          failureReason: 'expired',
          code: null,
          message: 'The buyer did not pay in time.',
        });
        return undefined;
    }
  }

  /** Asks until it is neither held back nor under review. Nothing when the buyer has given up meanwhile, which ends the checkout. */
  private async unlessHeld<Result>(ask: () => Promise<Result | RiskWait | undefined>): Promise<Result | undefined> {
    const answer = await this.risk.through(ask);
    if (answer !== 'canceled') return answer;
    await this.cancelUnstarted();
    return undefined;
  }

  private refuseBuyer(refusal: {
    readonly outcome: 'declined' | 'rejected';
    readonly code: string;
    readonly message: string;
    readonly advice?: DeclineAdvice;
  }): Promise<void> {
    const { outcome, code, message, advice } = refusal;
    return patientStorage.failUnstartedOrders({
      ...this.key,
      round: this.round,
      phase: outcome,
      failureReason: outcome === 'declined' ? 'declined' : reasonOfRejection(code),
      code,
      message,
      ...(advice !== undefined && { advice }),
    });
  }

  /**
   * Repeats a call that moves no money until it works or the buyer gives up, which ends the checkout. Meanwhile ops see
   * it, as the PSP's key may be wrong. `review` tries at once.
   */
  private async untilItWorks<Result>(what: string, call: () => Promise<Result>): Promise<Result | undefined> {
    for (let round = 0; ; round += 1) {
      try {
        const result = await call();
        if (this.stuck) upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
        this.stuck = false;
        return result;
      } catch (error) {
        const failure = failureOf(error);
        log.error('a call to the PSP failed', { ...this.key, what, ...failure });
        // A PSP that can't be reached is no case for people: the breaker shows it, and it is waited for.
        const waits = nothingWasSent(failure) && patched('quiet-while-held-back');
        if (!waits && !this.stuck) {
          this.stuck = true;
          upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true] });
        }
        const seen = this.reviews;
        this.tell(what, failure.message);
        await condition(() => this.cancelRequested !== undefined || this.reviews > seen, waitOf(rereadMs, round), {
          summary: `${what} is tried again after this`,
        });
        if (this.cancelRequested !== undefined && !this.touched) {
          await this.cancelUnstarted();
          return undefined;
        }
      }
    }
  }

  private cancelUnstarted(): Promise<void> {
    return patientStorage.failUnstartedOrders({
      ...this.key,
      round: this.round,
      phase: 'canceled',
      failureReason: 'canceled',
      code: null,
      message: null,
    });
  }

  /** Follows one order to its end: as its parent where it can be, by its row where it can't. */
  private async follow(order: CheckoutOrder, buyer: Partial<Buyer>): Promise<void> {
    const id = order.paymentOrderId;
    if (this.isFinal(id)) return;
    for (let round = 0; ; round += 1) {
      const seen = this.reviews;
      try {
        const { phase } = await executeChild<typeof paymentOrderWorkflow>(
          'paymentOrderWorkflow',
          // A cancel may stand on the row already when the buyer has just paid.
          this.childOptions(order, buyer, this.resume || round > 0 || buyer.paidOnPage !== undefined),
        );
        this.learn(id, phase);
      } catch (error) {
        // Running or finished under another run, terminated, canceled: unknown until the row is read.
        log.warn('the order can not be followed as a child: reading its row', {
          paymentOrderId: id,
          error: String(error),
        });
        await this.reread();
      }
      if (this.isFinal(id)) return;
      await condition(() => this.isFinal(id) || this.reviews > seen, waitOf(rereadMs, round), {
        summary: `the row of order ${id} is read after this`,
      });
      await this.reread();
      if (this.isFinal(id)) return;
    }
  }

  private childOptions(order: CheckoutOrder, buyer: Partial<Buyer>, resume: boolean) {
    const { merchantId, checkoutId, captureMethod, round, booksInOne, paysAtOnce } = this.input;
    const child: PaymentOrderInput = {
      ...order,
      merchantId,
      checkoutId,
      captureMethod,
      barrier: this.barrier,
      ...(buyer.customer !== undefined && { customer: buyer.customer }),
      ...(buyer.paymentMethod !== undefined && { paymentMethod: buyer.paymentMethod }),
      resume,
      ...(round !== undefined && { round }),
      ...(booksInOne === true && { booksInOne }),
      ...(paysAtOnce === true && { paysAtOnce }),
      ...(buyer.paidOnPage !== undefined && { paidOnPage: buyer.paidOnPage }),
    };
    return {
      args: [child] as [PaymentOrderInput],
      workflowId: workflowIds.paymentOrder(merchantId, order.paymentOrderId, round),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      ...describedOrder({
        merchantId,
        checkoutId,
        ...order,
        ...(buyer.paidOnPage !== undefined && { pspReference: buyer.paidOnPage }),
      }),
    };
  }

  // ── all or nothing ──

  /** Authorize all, then capture all, then settle; or undo all. Each decision is stored before an order hears of it. */
  private async decideForAll(): Promise<void> {
    if (this.decision === undefined) {
      await condition(() => this.every('authorized') || this.any('failed') || this.cancelRequested !== undefined);
      if (!this.mustUndo() && this.input.captureMethod === 'manual') {
        this.tell('authorized', 'waiting for the capture call');
        const asked = await condition(() => this.captureRequested || this.mustUndo(), authorizationLimitMs, {
          summary: 'authorized: the capture is awaited; after this the holds are released',
        });
        if (!asked) return this.undoAll('expired');
      }
      if (this.mustUndo()) return this.undoAll(this.undoReason());
      await this.decide('capture', 'every order is authorized');
    } else await this.announce();

    if (this.decision?.decision === 'capture') {
      await condition(() => this.every('captured') || this.any('failed') || this.cancelRequested !== undefined);
      await (this.mustUndo() ? this.undoAll(this.undoReason()) : this.decide('settle', 'every order is captured'));
    }
  }

  private mustUndo = (): boolean => this.any('failed') || this.cancelRequested !== undefined;
  private undoReason = (): string => (this.cancelRequested !== undefined ? 'canceled' : 'another_order_failed');
  private undoAll = (reason: string): Promise<void> => this.decide('undo', reason);

  private async decide(decision: BarrierDecision, reason: string): Promise<void> {
    const { recordDecision } = this.input.paysAtOnce === true ? patient : patientStorage;
    this.decision = await recordDecision({ ...this.key, round: this.round, decision, reason });
    this.tell(this.decision.decision, this.decision.reason);
    await this.announce();
  }

  private async announce(): Promise<void> {
    const { decision } = this;
    if (decision !== undefined) await this.toOpenOrders((order) => order.signal(decisionSignal, decision));
  }

  // ── orders that stand alone ──

  /** Hands requests on to the orders they are about, whenever they come. */
  private async passOnRequests(): Promise<void> {
    await condition(() => this.settled() || this.cancelRequested !== undefined || this.captureRequested);
    if (this.captureRequested)
      await this.toOpenOrders((order) =>
        order.signal(captureSignal, { actor: 'checkout', reason: 'the checkout is to be captured' }),
      );
    await condition(() => this.settled() || this.cancelRequested !== undefined);
    const { cancelRequested } = this;
    if (cancelRequested !== undefined) await this.toOpenOrders((order) => order.signal(cancelSignal, cancelRequested));
  }

  /** Signals every open order. One that isn't there yet, or is just being restarted, is tried again for a while. */
  private async toOpenOrders(
    send: (order: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      this.input.paymentOrders.map(async ({ paymentOrderId }) => {
        for (let round = 0; round < signalRounds && !this.isFinal(paymentOrderId); round += 1) {
          try {
            await send(
              getExternalWorkflowHandle(
                workflowIds.paymentOrder(this.input.merchantId, paymentOrderId, this.input.round),
              ),
            );
            return;
          } catch (error) {
            log.warn('an order could not be told', { paymentOrderId, round, error: String(error) });
            await condition(() => this.isFinal(paymentOrderId), waitOf(rereadMs, round));
          }
        }
      }),
    );
  }

  // ── what is known of the orders ──

  private advance(id: string, to: Progress): void {
    if (!this.isFinal(id)) this.progress.set(id, to);
  }

  private learn(id: string, phase: PaymentOrderPhase): void {
    const status = statusOfPhase(phase);
    if (isTerminal(status)) this.advance(id, status === 'SUCCESS' ? 'succeeded' : 'failed');
    else if (phase === 'authorized' || phase === 'captured') this.advance(id, phase);
  }

  private async reread(): Promise<void> {
    const row = await patientStorage.loadCheckout(this.key);
    for (const order of row.paymentOrders) {
      this.learn(order.paymentOrderId, order.phase);
      this.touched ||= order.phase !== 'not_started';
    }
    this.decision ??= row.decision ?? undefined;
    this.captureRequested ||= row.captureRequested;
    if (row.cancelRequested !== null) this.cancel(row.cancelRequested);
  }

  private isFinal = (id: string): boolean => ['succeeded', 'failed'].includes(this.progress.get(id) ?? '');
  private settled = (): boolean => [...this.progress.keys()].every(this.isFinal);
  private any = (progress: Progress): boolean => [...this.progress.values()].includes(progress);
  private every = (progress: 'authorized' | 'captured' | 'succeeded'): boolean =>
    [...this.progress.values()].every(
      (at) => at === progress || at === 'succeeded' || (progress === 'authorized' && at === 'captured'),
    );

  private tell(step: string, says = ''): void {
    this.story.tell(step, says);
  }
}
