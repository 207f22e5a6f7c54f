import {
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { RiskWait } from '../activities';
import type { OpsVerb } from '../domain/process';
import type { RequestedBy } from '../domain/requested-by';
import { patientStorage } from './activities';
import { approveUpdate, rejectUpdate } from './messages';
import { checkActor, refused } from './person';
import { reviewPollMs, waitOf } from './timing';

const isWait = (answer: unknown): answer is RiskWait =>
  (answer as { outcome?: unknown } | undefined)?.outcome === 'waits';

/** What the desk needs of the run it is in. */
interface Surroundings {
  readonly merchantId: string;
  readonly checkoutId: string;
  /** Where the word is put on record. */
  readonly paymentOrderId: string;
  /** Such as `checkout:c-1`. */
  readonly subject: string;
  /** Whether nobody wants to pay any more. */
  readonly canceled: () => boolean;
  /** Shows how it stands. */
  readonly tell: (phase: 'held' | 'in_review', says: string) => void;
}

/** Where a try at paying waits before anything is sent: for a hold to pass, or for a person's word on it. */
export class RiskDesk {
  private review: RiskWait | undefined;
  private decided = false;

  constructor(private readonly around: Surroundings) {
    const validator = (by: RequestedBy): void => {
      checkActor(by);
      if (this.review === undefined || this.decided) throw refused('nothing is under review here');
    };
    setHandler(approveUpdate, (by) => this.decide(true, by), { validator });
    setHandler(rejectUpdate, (by) => this.decide(false, by), { validator });
  }

  /** What a person may say now. */
  get verbs(): readonly OpsVerb[] {
    return this.review === undefined || this.decided ? [] : ['approve', 'reject'];
  }

  /** Asks until it may go on, or nobody wants to pay any more. */
  async through<Answer>(ask: () => Promise<Answer | RiskWait>): Promise<Answer | 'canceled'> {
    for (let round = 0; ; round += 1) {
      const answer = await ask();
      if (!isWait(answer)) return this.leave(answer);
      await this.wait(answer, round);
      if (this.around.canceled()) return this.leave('canceled');
    }
  }

  /**
   * Waits until it is worth asking again: the time has come, a person has spoken, or nobody wants to pay any more. A review is looked at
   * now and then besides: to a run that was reset its person has spoken already.
   */
  private async wait(found: RiskWait, round: number): Promise<void> {
    const isReview = found.kind === 'review';
    if (isReview && this.review === undefined) {
      this.review = found;
      upsertSearchAttributes({ Phase: ['in_review'], NeedsAttention: [true] });
    }
    this.around.tell(isReview ? 'in_review' : 'held', found.says);
    // A little longer than the database, by whose clock it is judged.
    const leftMs = Math.max(1_000, Date.parse(found.until) - Date.now() + 250);
    await condition(
      () => this.decided || this.around.canceled(),
      isReview ? Math.min(leftMs, waitOf(reviewPollMs, round)) : leftMs,
      {
        summary: isReview ? 'a person is to look at it; after this the row is read' : 'held back by the rules of risk',
      },
    );
  }

  private async leave<Answer>(answer: Answer): Promise<Answer> {
    if (this.review !== undefined) {
      await condition(allHandlersFinished);
      this.review = undefined;
      this.decided = false;
      upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
    }
    return answer;
  }

  private async decide(approved: boolean, by: RequestedBy): Promise<string> {
    const { merchantId, checkoutId, paymentOrderId, subject } = this.around;
    const { verdict } = await patientStorage.decideReview({
      merchantId,
      checkoutId,
      round: this.review?.round ?? 1,
      approved,
      by,
      subject,
      paymentOrderId,
      updateId: currentUpdateInfo()?.id ?? workflowInfo().runId,
    });
    this.decided = true;
    return verdict;
  }
}
