import { getExternalWorkflowHandle, log, upsertSearchAttributes } from '@temporalio/workflow';
import { workflowIds } from '../domain/identifiers';
import type { OpsVerb } from '../domain/process';
import type { AttentionReason, FailureReason, PaymentOrderPhase } from '../domain/payment-order';
import { failureOf, local, localOr, patientStorage, storage } from './activities';
import { orderReportSignal, type OrderReport, type PaymentOrderInput } from './messages';
import type { OpsDesk, Verdict } from './ops-desk';
import { Story } from './story';
import { parkedRetryMs } from './timing';

/** How a payment order stands for everybody else: on its row, in the Temporal UI and its search, and for its checkout. */
export class OrderStanding {
  phase: PaymentOrderPhase = 'not_started';
  /** The business attempt that it is about. */
  attempt = 1;
  /** The PSP's id of the payment, once it is known. */
  reference: string | undefined;
  private readonly story: Story;

  constructor(
    private readonly input: PaymentOrderInput,
    verbs: () => readonly OpsVerb[],
    private readonly desk: OpsDesk,
  ) {
    const { amount, sellerAccount, checkoutId, paymentOrderId, paidOnPage } = input;
    this.reference = paidOnPage;
    this.story = new Story(
      { kind: 'payment_order', id: paymentOrderId },
      () =>
        `${amount.amount} ${amount.currency} for seller \`${sellerAccount}\`, checkout \`${checkoutId}\`, business attempt ${String(this.attempt)}${this.reference === undefined ? '' : `, at the PSP \`${this.reference}\``}`,
      verbs,
    );
  }

  private get key() {
    return { merchantId: this.input.merchantId, paymentOrderId: this.input.paymentOrderId };
  }

  /** Writes the order's last word. */
  async finish(phase: PaymentOrderPhase, failureReason?: FailureReason): Promise<PaymentOrderPhase> {
    const change = { ...this.key, attempt: this.attempt, phase, ...(failureReason !== undefined && { failureReason }) };
    await localOr(
      () => local.recordPhase(change),
      () => patientStorage.recordPhase(change),
    );
    return phase;
  }

  /** Shows a phase that people should be able to search for. */
  async enter(phase: PaymentOrderPhase): Promise<void> {
    this.tell(phase);
    upsertSearchAttributes({ Phase: [phase], ...this.atThePsp });
    const change = { ...this.key, attempt: this.attempt, phase };
    await localOr(
      () => local.recordPhase(change),
      () => patientStorage.recordPhase(change),
    );
  }

  private get atThePsp() {
    return this.reference === undefined ? {} : { PspReference: [this.reference] };
  }

  /** Makes the order findable first, and written second: the row may be just what can't be reached. */
  async park(reason: AttentionReason, why: string): Promise<void> {
    this.desk.open(reason);
    this.tell('needs_attention', `${reason}: ${why}`);
    upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true], ...this.atThePsp });
    log.error('payment order needs attention', { ...this.key, reason, why });
    try {
      await storage.recordPhase({
        ...this.key,
        attempt: this.attempt,
        phase: 'needs_attention',
        attentionReason: reason,
        failureMessage: why,
      });
    } catch (error) {
      failureOf(error);
    }
  }

  unpark(): void {
    this.desk.close();
    upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
  }

  /** Parks the order until a person says what to do, or it is time to try again. */
  async parkAndRetry(reason: AttentionReason, why: string): Promise<Verdict | undefined> {
    await this.park(reason, why);
    const verdict = await this.desk.nextVerdict(parkedRetryMs, () => false);
    this.unpark();
    return verdict;
  }

  /** What an activity is called in the Temporal UI. */
  summary(verb: string): string {
    return `${verb} ${this.input.amount.amount} ${this.input.amount.currency}`;
  }

  /** Shows a phase in the Temporal UI. */
  tell(phase: PaymentOrderPhase, more = ''): void {
    this.phase = phase;
    this.story.tell(phase, more);
  }

  /** Shows that nothing is sent yet, and why. */
  wait(phase: 'held' | 'in_review', says: string): void {
    this.story.tell(phase, says);
  }

  /** A checkout that is away rereads the rows when it is back, so nothing depends on this arriving. */
  async report(state: OrderReport['state']): Promise<void> {
    const checkout = getExternalWorkflowHandle(
      workflowIds.checkout(this.input.merchantId, this.input.checkoutId, this.input.round),
    );
    try {
      await checkout.signal(orderReportSignal, { paymentOrderId: this.input.paymentOrderId, state });
    } catch (error) {
      log.warn('the checkout could not be told', { state, error: String(error) });
    }
  }
}
