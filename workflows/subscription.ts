import {
  condition,
  continueAsNew,
  log,
  ParentClosePolicy,
  patched,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { SubscriptionStep } from '../activities';
import { workflowIds } from '../domain/identifiers';
import { failureOf, ours, patient, psp } from './activities';
import { aloneOf } from './alone';
import type { CheckoutInput, SubscriptionInput } from './messages';
import { countEnd } from './outcome-metrics';
import { describedCheckout, describedOrder } from './search-attributes';
import { StepRunner } from './step-runner';
import { pagePollMs, rereadMs, waitOf } from './timing';

export interface SubscriptionResult {
  readonly reason: string;
}

/** After so many steps a run goes on as a new one, whatever the server thinks of its length. */
const mostSteps = 250;
/**
 * After so many already where nothing is under way: a worker that has just started reads the history of each subscription that is woken, and
 * a thousand of them with a year in each took it half a minute of CPU.
 */
const fewSteps = 20;

/**
 * A buyer who pays again and again: waits for what is due, has it paid by an ordinary checkout, and goes on as a new run now and then.
 * Rows decide: each step reads them, so that this may be started again at any time. A change to the subscription is a word (`review`).
 */
export async function subscriptionWorkflow(input: SubscriptionInput): Promise<SubscriptionResult> {
  return new Subscription(input).run();
}

class Subscription {
  private readonly runner: StepRunner;
  /** The checkout that is being followed, and whether its run has ended. */
  private followed: { readonly checkoutId: string; ended: boolean } | undefined;

  private paying: string | undefined;
  /** How often the page for a card was looked at. */
  private looks = 0;

  constructor(private readonly input: SubscriptionInput) {
    const { subscriptionId } = input;
    this.runner = new StepRunner({
      about: { kind: 'subscription', id: subscriptionId },
      title: `Subscription \`${subscriptionId}\`. Its payments: search \`CheckoutId STARTS_WITH "${subscriptionId}."\`.`,
      suppliable: [],
      record: (act) =>
        patient.recordOpsAction({
          merchantId: input.merchantId,
          paymentOrderId: null,
          subject: `subscription:${subscriptionId}`,
          ...act,
        }),
      park: () => Promise.resolve(),
    });
  }

  async run(): Promise<SubscriptionResult> {
    const { merchantId, subscriptionId } = this.input;
    for (let steps = 0, quiet = 0; ; steps += 1) {
      const seen = this.runner.news;
      // What nobody but a person can settle, such as a defect of ours, is parked; what is due waits meanwhile.
      const step = await this.runner.run('looking', () => ours.stepSubscription({ merchantId, subscriptionId }));
      const hasNews = step.cardPage === true && (await this.lookAtCardPage());
      if (step.next === 'end') {
        this.runner.tell('canceled', step.reason);
        countEnd('subscription', step.reason);
        return { reason: step.reason };
      }
      if (!hasNews) {
        // The run has ended and its row says otherwise, or it can't be followed: look again, and not at once.
        quiet = step.next === 'pay' && step.checkout.checkoutId === this.paying ? quiet + 1 : 0;
        this.paying = step.next === 'pay' ? step.checkout.checkoutId : undefined;
        await (step.next === 'wait' ? this.wait(step, seen) : this.pay(step, seen, quiet));
      }
      const { continueAsNewSuggested } = workflowInfo();
      const isLong = steps >= fewSteps && step.next === 'wait' && patched('short-subscription-runs');
      if (isLong || steps >= mostSteps || continueAsNewSuggested)
        return continueAsNew<typeof subscriptionWorkflow>({ merchantId, subscriptionId });
    }
  }

  /** Opens the page for a card, or reads it. Nothing new when the PSP gives no answer now: there is a next time. */
  private async lookAtCardPage(): Promise<boolean> {
    const { merchantId, subscriptionId } = this.input;
    this.looks += 1;
    try {
      const { changed } = await psp('look after the page for a card').followCardPage({ merchantId, subscriptionId });
      if (changed) this.looks = 0;
      return changed;
    } catch (error) {
      log.warn('the page for a card could not be looked after', { subscriptionId, ...failureOf(error) });
      return false;
    }
  }

  /** The page for a card is looked at now and then; a webhook shortens that. */
  private cardPageMs(step: SubscriptionStep): number {
    return step.cardPage === true ? waitOf(pagePollMs, this.looks) : Infinity;
  }

  private async wait(step: Extract<SubscriptionStep, { next: 'wait' }>, seen: number): Promise<void> {
    this.runner.tell(step.status, `waits for ${step.for}`);
    const ms = Math.min(step.ms, this.cardPageMs(step));
    if (ms > 0)
      await condition(() => this.runner.news > seen, ms, { summary: `${step.status}: waits for ${step.for}` });
  }

  /** Until the checkout has ended, or something was changed. One that somebody else has started is looked at now and then. */
  private async pay(step: Extract<SubscriptionStep, { next: 'pay' }>, seen: number, quiet: number): Promise<void> {
    const { checkout, amount, period } = step;
    this.runner.tell(
      step.status,
      `period ${String(period)}: ${amount.amount} ${amount.currency} by checkout ${checkout.checkoutId}`,
    );
    if (this.followed?.checkoutId !== checkout.checkoutId || this.followed.ended) await this.start(checkout);
    const { followed } = this;
    const isNews = (): boolean => this.runner.news > seen || followed?.ended === true;
    const isFollowed = followed !== undefined && quiet === 0;
    if (isFollowed && step.cardPage !== true) await condition(isNews);
    else
      await condition(isNews, Math.min(isFollowed ? Infinity : waitOf(rereadMs, quiet), this.cardPageMs(step)), {
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
