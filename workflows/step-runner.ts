import {
  condition,
  currentUpdateInfo,
  log,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { AttentionReason } from '../domain/payment-order';
import type { OpsVerb, ProcessKind } from '../domain/process';
import type { RequestedBy } from '../domain/requested-by';
import { failureOf, type KnownFailure } from './activities';
import { retryUpdate, reviewSignal, supplyOutcomeUpdate, type SuppliedOutcome } from './messages';
import { attentionFor, nothingWasSent } from './ops-desk';
import { checkActor, refused } from './person';
import { Story } from './story';
import { holdBackMs, parkedLookUpMs, parkedRetryMs, unknownLadderMs, waitOf } from './timing';

/** An act of a person, as it is written down. */
export interface OpsAct extends RequestedBy {
  readonly action: string;
  readonly details: unknown;
  readonly updateId: string;
}

/** What a process that moves money step by step brings to its runner. */
export interface RunnerWorld {
  readonly about: { readonly kind: ProcessKind; readonly id: string };
  /** What the process is about, for people. */
  readonly title: string;
  /** What a person may say besides what the runner itself takes. */
  readonly verbs?: () => readonly OpsVerb[];
  /** The outcomes that a person may supply for the step that is in doubt. */
  readonly suppliable: readonly SuppliedOutcome['outcome'][];
  readonly record: (act: OpsAct) => Promise<void>;
  /** Shown on the row; may fail without harm. */
  readonly park: (reason: AttentionReason | null, why: string) => Promise<void>;
}

type Verdict = { readonly verb: 'retry' } | { readonly verb: 'supply_outcome'; readonly supplied: SuppliedOutcome };

/**
 * Runs the steps of a process that moves money, each until it is done: what never reached the PSP is sent again, an unknown
 * outcome climbs the ladder of look-ups (U1, U2), and what nobody but a person can settle is parked where ops see it and can
 * say `retry` or `supply_outcome`. A step must be safe to repeat; it never gives up (U6).
 */
export class StepRunner {
  private reviews = 0;
  private parked: AttentionReason | undefined;
  private verdict: Verdict | undefined;
  private step = 'starting';
  private readonly story: Story;

  constructor(private readonly world: RunnerWorld) {
    setHandler(reviewSignal, () => void (this.reviews += 1));
    this.story = new Story(
      world.about,
      () => world.title,
      () => [...this.verbs, ...(world.verbs?.() ?? [])],
    );
    setHandler(retryUpdate, (by) => this.accept(by, { verb: 'retry' }), {
      validator: (by: RequestedBy) => this.check(by),
    });
    setHandler(supplyOutcomeUpdate, (supplied) => this.accept(supplied, { verb: 'supply_outcome', supplied }), {
      validator: (supplied: SuppliedOutcome) => this.checkSupplied(supplied),
    });
  }

  /**
   * Counts the news there was. What comes after the last question to the PSP must be asked about before the process ends:
   * nobody would start it again for news that it has been told of.
   */
  get news(): number {
    return this.reviews;
  }

  private get verbs(): readonly OpsVerb[] {
    if (this.parked === undefined || this.verdict !== undefined) return [];
    const mayBeSupplied = this.parked !== 'booking_failed' && this.world.suppliable.length > 0;
    return mayBeSupplied ? ['retry', 'supply_outcome'] : ['retry'];
  }

  /** Shows where the process stands. */
  tell(step: string, more = ''): void {
    this.step = step;
    this.story.tell(step, more);
  }

  /**
   * Does a step until it is done.
   *
   * @param onRetry what a person's `retry` does before the step is tried again
   * @param onSupplied turns a person's word into the step's result; without it no word can settle the step
   */
  async run<Result>(
    step: string,
    call: () => Promise<Result>,
    options: {
      readonly onRetry?: () => Promise<unknown>;
      readonly onSupplied?: (supplied: SuppliedOutcome) => Promise<Result>;
    } = {},
  ): Promise<Result> {
    for (let round = 0; ; round += 1) {
      this.tell(step);
      const seen = this.reviews;
      let failure: KnownFailure;
      try {
        const result = await call();
        await this.unpark();
        return result;
      } catch (error) {
        failure = failureOf(error);
      }
      log.warn('a step did not end well', { step, title: this.world.title, ...failure });
      const waitMs = await this.afterFailure(step, failure, round, options.onSupplied !== undefined);
      await condition(() => this.reviews > seen || this.verdict !== undefined, waitMs, {
        summary: `${this.parked === undefined ? '' : 'a person is awaited; '}${step} is tried again after this`,
      });
      const { verdict } = this;
      this.verdict = undefined;
      if (verdict?.verb === 'supply_outcome' && options.onSupplied !== undefined) {
        const result = await options.onSupplied(verdict.supplied);
        await this.unpark();
        return result;
      }
      if (verdict?.verb === 'retry') await options.onRetry?.();
    }
  }

  /**
   * Waits until there is news, or it is time to ask the PSP.
   *
   * @param seen the count of news before the PSP was last asked: what has come since must not be waited for again
   */
  async awaitNews(step: string, waits: readonly number[], round: number, seen: number): Promise<void> {
    this.tell(step);
    await condition(() => this.reviews > seen, waitOf(waits, round), {
      summary: `${step}: the PSP is asked after this, or at its first word`,
    });
  }

  /** How long to wait before the step is tried again, and whether a person is called meanwhile. */
  private async afterFailure(step: string, failure: KnownFailure, round: number, suppliable: boolean): Promise<number> {
    if (nothingWasSent(failure)) {
      this.tell(step, `the PSP can't be reached: ${failure.message}`);
      return waitOf(holdBackMs, round);
    }
    const attention = attentionFor(failure);
    const ours = !suppliable || failure.type === 'StorageUnavailable';
    const reason = attention === 'outcome_unknown' && ours ? 'booking_failed' : attention;
    const onLadder = reason === 'outcome_unknown' && round < unknownLadderMs.length;
    if (onLadder) {
      this.tell('unknown', failure.message);
      upsertSearchAttributes({ Phase: ['unknown'] });
      return waitOf(unknownLadderMs, round);
    }
    await this.park(reason, failure.message);
    return reason === 'booking_failed' ? parkedRetryMs : parkedLookUpMs;
  }

  private async park(reason: AttentionReason, why: string): Promise<void> {
    this.parked = reason;
    this.tell('needs_attention', `${reason}: ${why}`);
    upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true] });
    log.error('a process needs attention', { title: this.world.title, reason, why });
    try {
      await this.world.park(reason, why);
    } catch (error) {
      failureOf(error);
    }
  }

  private async unpark(): Promise<void> {
    if (this.step === 'unknown' || this.parked !== undefined) upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
    if (this.parked === undefined) return;
    this.parked = undefined;
    await this.world.park(null, '');
  }

  private async accept(by: RequestedBy, verdict: Verdict): Promise<string> {
    const { actor, reason, ...details } = by as SuppliedOutcome;
    const updateId = currentUpdateInfo()?.id ?? workflowInfo().runId;
    await this.world.record({ action: verdict.verb, actor, reason, details, updateId });
    this.verdict = verdict;
    return `${verdict.verb} accepted`;
  }

  private check(by: RequestedBy | undefined): void {
    checkActor(by);
    if (this.parked === undefined) throw refused('nothing waits for a person here');
  }

  private checkSupplied(supplied: SuppliedOutcome | undefined): void {
    this.check(supplied);
    const { suppliable } = this.world;
    if (this.parked === 'booking_failed') throw refused('no outcome can settle this: retry instead');
    if (supplied === undefined || !suppliable.includes(supplied.outcome))
      throw refused(`outcome must be one of: ${suppliable.join(', ')}`);
    if (supplied.outcome === 'succeeded' && (supplied.psp_reference ?? '') === '')
      throw refused("psp_reference is needed: the PSP's id of what was done");
  }
}
