import { condition, currentUpdateInfo, setHandler, workflowInfo } from '@temporalio/workflow';
import type { AttentionReason } from '../domain/payment-order';
import type { OpsVerb } from '../domain/process';
import type { RequestedBy } from '../domain/requested-by';
import { patientStorage, type KnownFailure } from './activities';
import { abandonUpdate, compensateUpdate, retryUpdate, supplyOutcomeUpdate, type SuppliedOutcome } from './messages';
import { checkActor, refused } from './person';

/** What a person decided about a parked order. */
export type Verdict =
  | { readonly verb: 'retry' }
  | { readonly verb: 'abandon' }
  | { readonly verb: 'compensate'; readonly by: RequestedBy }
  | { readonly verb: 'supply_outcome'; readonly supplied: SuppliedOutcome };

/** Outcomes that settle each kind of trouble. */
const suppliable: Readonly<Record<AttentionReason, readonly SuppliedOutcome['outcome'][]>> = {
  outcome_unknown: ['succeeded', 'authorized', 'declined', 'canceled'],
  compensation_failed: ['refunded', 'canceled'],
  psp_misconfigured: [],
  invariant_violated: ['succeeded', 'authorized', 'declined', 'canceled'],
  booking_failed: [],
};

/** Troubles that can end in everything being undone: the PSP is asked what stands there, and that is given back. */
const compensable: readonly AttentionReason[] = ['outcome_unknown', 'psp_misconfigured', 'invariant_violated'];

/**
 * Where people act on one payment order: four verbs, each with actor and reason, legal only while the order is parked
 * for a reason that the verb can settle. Each is written down once per update.
 */
export class OpsDesk {
  private reason: AttentionReason | undefined;
  private verdict: Verdict | undefined;
  /** How many words are being written down. */
  private hearing = 0;

  constructor(private readonly key: { merchantId: string; paymentOrderId: string }) {
    setHandler(retryUpdate, (by) => this.accept(by, { verb: 'retry' }), {
      validator: (by: RequestedBy) => void this.check(by),
    });
    setHandler(abandonUpdate, (by) => this.accept(by, { verb: 'abandon' }), {
      validator: (by: RequestedBy) => this.checkAbandon(by),
    });
    setHandler(compensateUpdate, (by) => this.accept(by, { verb: 'compensate', by }), {
      validator: (by: RequestedBy) => this.checkCompensate(by),
    });
    setHandler(supplyOutcomeUpdate, (supplied) => this.accept(supplied, { verb: 'supply_outcome', supplied }), {
      validator: (supplied: SuppliedOutcome) => this.checkSupplied(supplied),
    });
  }

  /** What a person may say now. */
  get verbs(): readonly OpsVerb[] {
    const { reason } = this;
    if (reason === undefined || this.verdict !== undefined) return [];
    return [
      'retry',
      ...(suppliable[reason].length > 0 ? (['supply_outcome'] as const) : []),
      ...(reason === 'psp_misconfigured' ? (['abandon'] as const) : []),
      ...(compensable.includes(reason) ? (['compensate'] as const) : []),
    ];
  }

  /** Whether a person has spoken, or is speaking: that word counts, whatever else has come up. */
  get isSpokenTo(): boolean {
    return this.verdict !== undefined || this.hearing > 0;
  }

  open(reason: AttentionReason): void {
    this.reason = reason;
    this.verdict = undefined;
  }

  close(): void {
    this.reason = undefined;
    this.verdict = undefined;
  }

  /** Waits for a verdict, for as long as given or until `awake` says there is something else to do. */
  async nextVerdict(timeoutMs: number, awake: () => boolean): Promise<Verdict | undefined> {
    await condition(() => this.verdict !== undefined || awake(), timeoutMs, {
      summary: 'a person is awaited; after this it is tried again',
    });
    return this.verdict;
  }

  private async accept(by: RequestedBy, verdict: Verdict): Promise<string> {
    const { actor, reason, ...details } = by as SuppliedOutcome;
    this.hearing += 1;
    try {
      await patientStorage.recordOpsAction({
        ...this.key,
        action: verdict.verb,
        actor,
        reason,
        details,
        updateId: currentUpdateInfo()?.id ?? workflowInfo().runId,
      });
      this.verdict = verdict;
    } finally {
      this.hearing -= 1;
    }
    return `${verdict.verb} accepted`;
  }

  private check(by: RequestedBy | undefined): AttentionReason {
    checkActor(by);
    if (this.reason === undefined) throw refused('this order is not waiting for a person');
    if (this.verdict !== undefined) throw refused('another decision has just been taken');
    return this.reason;
  }

  private checkAbandon(by: RequestedBy | undefined): void {
    const reason = this.check(by);
    if (reason === 'outcome_unknown' || reason === 'invariant_violated')
      throw refused('the outcome at the PSP is unknown: supply it, or retry');
    if (reason !== 'psp_misconfigured')
      throw refused('money stands at the PSP: it can be returned or booked, not abandoned');
  }

  private checkCompensate(by: RequestedBy | undefined): void {
    const reason = this.check(by);
    if (!compensable.includes(reason))
      throw refused(
        reason === 'compensation_failed'
          ? 'it is being undone already: retry'
          : 'what has happened must be booked before it can be undone: retry',
      );
  }

  private checkSupplied(supplied: SuppliedOutcome | undefined): void {
    const allowed = suppliable[this.check(supplied)];
    if (supplied === undefined || !allowed.includes(supplied.outcome)) {
      throw refused(
        allowed.length === 0
          ? 'no outcome can settle this: retry instead'
          : `outcome must be one of: ${allowed.join(', ')}`,
      );
    }
    if (
      (supplied.outcome === 'succeeded' || supplied.outcome === 'authorized') &&
      (supplied.psp_reference ?? '') === ''
    ) {
      throw refused('psp_reference is needed: the PSP\'s id of the payment, such as "pi_…"');
    }
  }
}

/** Which failures a person must settle, and under which heading. Everything else may have happened: unknown (U1). */
export function attentionFor(failure: KnownFailure): AttentionReason {
  switch (failure.type) {
    case 'ProviderMisconfigured':
      return 'psp_misconfigured';
    case 'InvariantViolated':
    case 'IdempotencyConflict':
    case 'NotFound':
    case 'ValidationFailed':
    case 'ProviderRejected':
    case 'AttemptSuperseded':
      return 'invariant_violated';
    case 'ProviderUnavailable':
    case 'ProviderRateLimited':
    case 'StorageUnavailable':
    case 'OrchestratorUnavailable':
    case 'RatesUnavailable':
    case 'ProviderOutcomeUnknown':
    case 'TimedOut':
      return 'outcome_unknown';
  }
}

/** Whether a failure proves that the PSP has not executed anything: it wasn't reached, or refused at the door (U1). */
export const nothingWasSent = (failure: KnownFailure): boolean =>
  failure.type === 'ProviderUnavailable' || failure.type === 'ProviderRateLimited';
