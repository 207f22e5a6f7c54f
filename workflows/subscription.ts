import {
  condition,
  continueAsNew,
  log,
  ParentClosePolicy,
  setHandler,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { SubscriptionStep } from '../activities';
import { workflowIds } from '../domain/identifiers';
import { patient } from './activities';
import { aloneOf } from './alone';
import { reviewSignal, type CheckoutInput, type SubscriptionInput } from './messages';
import { countEnd } from './outcome-metrics';
import { describedCheckout, describedOrder } from './search-attributes';
import { Story } from './story';
import { rereadMs, waitOf } from './timing';

export interface SubscriptionResult {
  readonly reason: string;
}

/** After so many steps a run goes on as a new one, whatever the server thinks of its length. */
const mostSteps = 250;

/**
 * A buyer who pays again and again: waits for what is due, has it paid by an ordinary checkout, and goes on as a new run now and then.
 * Rows decide: each step reads them, so that this may be started again at any time. A change to the subscription is a word (`review`).
 */
export async function subscriptionWorkflow(input: SubscriptionInput): Promise<SubscriptionResult> {
  return new Subscription(input).run();
}

class Subscription {
  private reviews = 0;
  private readonly story: Story;
  /** The checkout that is being followed, and whether its run has ended. */
  private followed: { readonly checkoutId: string; ended: boolean } | undefined;

  private paying: string | undefined;

  constructor(private readonly input: SubscriptionInput) {
    setHandler(reviewSignal, () => void (this.reviews += 1));
    const { subscriptionId } = input;
    this.story = new Story(
      { kind: 'subscription', id: subscriptionId },
      () => `Subscription \`${subscriptionId}\`. Its payments: search \`CheckoutId STARTS_WITH "${subscriptionId}."\`.`,
    );
  }

  async run(): Promise<SubscriptionResult> {
    const { merchantId, subscriptionId } = this.input;
    for (let steps = 0, quiet = 0; ; steps += 1) {
      const seen = this.reviews;
      const step = await patient.stepSubscription({ merchantId, subscriptionId });
      if (step.next === 'end') {
        this.story.tell('canceled', step.reason);
        countEnd('subscription', step.reason);
        return { reason: step.reason };
      }
      // The run has ended and its row says otherwise, or it can't be followed: look again, and not at once.
      quiet = step.next === 'pay' && step.checkout.checkoutId === this.paying ? quiet + 1 : 0;
      this.paying = step.next === 'pay' ? step.checkout.checkoutId : undefined;
      await (step.next === 'wait' ? this.wait(step, seen) : this.pay(step, seen, quiet));
      const { continueAsNewSuggested } = workflowInfo();
      if (steps >= mostSteps || continueAsNewSuggested)
        return continueAsNew<typeof subscriptionWorkflow>({ merchantId, subscriptionId });
    }
  }

  private async wait(step: Extract<SubscriptionStep, { next: 'wait' }>, seen: number): Promise<void> {
    this.story.tell(step.status, `waits for ${step.for}`);
    if (step.ms > 0)
      await condition(() => this.reviews > seen, step.ms, { summary: `${step.status}: waits for ${step.for}` });
  }

  /** Until the checkout has ended, or something was changed. One that somebody else has started is looked at now and then. */
  private async pay(step: Extract<SubscriptionStep, { next: 'pay' }>, seen: number, quiet: number): Promise<void> {
    const { checkout, amount, period } = step;
    this.story.tell(
      step.status,
      `period ${String(period)}: ${amount.amount} ${amount.currency} by checkout ${checkout.checkoutId}`,
    );
    if (this.followed?.checkoutId !== checkout.checkoutId || this.followed.ended) await this.start(checkout);
    const { followed } = this;
    const isNews = (): boolean => this.reviews > seen || followed?.ended === true;
    if (followed !== undefined && quiet === 0) await condition(isNews);
    else
      await condition(isNews, waitOf(rereadMs, quiet), {
        summary: `checkout ${checkout.checkoutId} is read after this`,
      });
  }

  private async start(checkout: CheckoutInput): Promise<void> {
    const { checkoutId } = checkout;
    const common = {
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      parentClosePolicy: ParentClosePolicy.ABANDON,
    };
    const alone = aloneOf(checkout);
    try {
      const child =
        alone === undefined
          ? await startChild('checkoutWorkflow', {
              ...common,
              args: [checkout],
              workflowId: workflowIds.checkout(checkout.merchantId, checkoutId, checkout.round),
              ...describedCheckout(checkout),
            })
          : await startChild('paymentOrderWorkflow', {
              ...common,
              args: [alone],
              workflowId: workflowIds.paymentOrder(alone.merchantId, alone.paymentOrderId),
              ...describedOrder(alone),
            });
      const followed = { checkoutId, ended: false };
      this.followed = followed;
      void child.result().then(
        () => (followed.ended = true),
        () => (followed.ended = true),
      );
    } catch (error) {
      // The sweeper was faster, or an earlier run of this: its row is read until it has ended.
      log.info('the checkout can not be followed as a child', { checkoutId, error: String(error) });
      this.followed = undefined;
    }
  }
}
