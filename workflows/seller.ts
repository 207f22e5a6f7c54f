import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { failureOf, patient, pspAtLength } from './activities';
import { onboardingLinkUpdate, type SellerInput, type SellerLink } from './messages';
import { countEnd } from './outcome-metrics';
import { refused } from './person';
import { StepRunner } from './step-runner';
import { sellerPollMs } from './timing';

export interface SellerResult {
  readonly standing: string;
}

/** After so many looks a run goes on as a new one. */
const mostLooks = 50;

/**
 * A seller's life at the PSP: its account is made, read at each piece of news and once a day, and the seller is reminded of what is still
 * wanted. It ends only where the PSP will not have the seller: who is verified today may be asked again tomorrow. The row decides, so that this may be started again
 * at any time; a cancel changes nothing.
 */
export async function sellerWorkflow(input: SellerInput): Promise<SellerResult> {
  return CancellationScope.nonCancellable(() => new SellerLife(input).run());
}

class SellerLife {
  private readonly runner: StepRunner;
  private readonly key: SellerInput;

  constructor({ merchantId, sellerId }: SellerInput) {
    this.key = { merchantId, sellerId };
    this.runner = new StepRunner({
      about: { kind: 'seller', id: sellerId },
      title: `Seller \`${sellerId}\`. Its payouts and payments: search \`SellerId = "${sellerId}"\`.`,
      suppliable: [],
      record: (act) =>
        patient.recordOpsAction({ merchantId, paymentOrderId: null, subject: `seller:${sellerId}`, ...act }),
      park: () => Promise.resolve(),
    });
    setHandler(onboardingLinkUpdate, () => this.link());
  }

  async run(): Promise<SellerResult> {
    for (let looks = 1; ; looks += 1) {
      const seen = this.runner.news;
      const { standing, ended, wanted, dueBy, remindInMs } = await this.runner.run('reading', () =>
        pspAtLength('read the account').syncSeller(this.key),
      );
      const until = dueBy === null ? '' : `, by ${dueBy}`;
      this.runner.tell(standing, wanted.length === 0 ? '' : `the PSP wants ${wanted.join(', ')}${until}`);
      if (ended && this.runner.news === seen) {
        countEnd('seller', standing);
        await condition(allHandlersFinished);
        return { standing };
      }
      await condition(() => this.runner.news > seen, Math.min(sellerPollMs, remindInMs ?? Infinity), {
        summary: `${standing}: the PSP is asked again after this, or at its first word`,
      });
      if (looks >= mostLooks || workflowInfo().continueAsNewSuggested) {
        await condition(allHandlersFinished);
        return continueAsNew<typeof sellerWorkflow>(this.key);
      }
    }
  }

  private async link(): Promise<SellerLink> {
    try {
      return await pspAtLength('make a link to the onboarding').linkSeller(this.key);
    } catch (error) {
      throw refused(failureOf(error).message);
    }
  }
}
