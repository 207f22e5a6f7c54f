import { allHandlersFinished, CancellationScope, condition, log, upsertSearchAttributes } from '@temporalio/workflow';
import type { SyncedDispute } from '../activities';
import { nextReminder, takesEvidence, type DisputeStatus } from '../domain/dispute';
import { patient, psp } from './activities';
import type { DisputeInput } from './messages';
import { countEnd } from './outcome-metrics';
import { StepRunner } from './step-runner';
import { disputePollMs, waitOf } from './timing';

export interface DisputeResult {
  readonly status: DisputeStatus;
}

/**
 * Follows one dispute: reads it from the PSP at each piece of news, books its lines, sends evidence, and reminds people
 * before the evidence is due (D4). What it believes is what the PSP says when asked; a bank that opens a closed dispute again
 * starts it again. A cancel changes nothing: the money is disputed all the same.
 */
export async function disputeWorkflow(input: DisputeInput): Promise<DisputeResult> {
  return CancellationScope.nonCancellable(() => new Dispute(input).run());
}

class Dispute {
  private readonly runner: StepRunner;
  private readonly key: { merchantId: string; disputeId: string };
  private reminding = false;

  constructor(private readonly input: DisputeInput) {
    const { merchantId, disputeId, paymentOrderId, amount } = input;
    this.key = { merchantId, disputeId };
    this.runner = new StepRunner({
      about: { kind: 'dispute', id: disputeId },
      title: `${amount.amount} ${amount.currency} of payment order \`${paymentOrderId}\`, dispute \`${disputeId}\``,
      suppliable: [],
      record: (act) => patient.recordOpsAction({ merchantId, paymentOrderId, subject: `dispute:${disputeId}`, ...act }),
      park: (reason, why) =>
        patient.noteDisputeProblem({ ...this.key, problem: reason === null ? null : `${reason}: ${why}` }),
    });
  }

  async run(): Promise<DisputeResult> {
    const status = await this.follow();
    this.calm();
    this.runner.tell(status);
    countEnd('dispute', status);
    await condition(allHandlersFinished);
    return { status };
  }

  private async follow(): Promise<DisputeStatus> {
    const { paymentOrderId } = this.input;
    for (let round = 0; ; round += 1) {
      const seen = this.runner.news;
      const standing = await this.runner.run('reading', () =>
        psp('read the dispute and book its lines').syncDispute({ ...this.key, paymentOrderId }),
      );
      if (standing.closed) {
        if (this.runner.news === seen) return standing.status;
        continue;
      }
      if (standing.wantsAccepted && takesEvidence(standing.status)) {
        await this.runner.run('accepting', () => psp('accept the dispute').acceptDispute(this.key));
        continue;
      }
      if (standing.wantsEvidenceSent && takesEvidence(standing.status)) {
        await this.runner.run('sending evidence', () => psp('send evidence').sendDisputeEvidence(this.key));
        continue;
      }
      const waitMs = await this.remind(standing);
      await this.runner.awaitNews(standing.status, [Math.min(waitMs, waitOf(disputePollMs, round))], 0, seen);
    }
  }

  /** Reminds people whose time runs out; answers how long until the next reminder. */
  private async remind({ status, evidenceDueBy, reminders }: SyncedDispute): Promise<number> {
    if (evidenceDueBy === null || !takesEvidence(status)) {
      this.calm();
      return Number.MAX_SAFE_INTEGER;
    }
    const next = nextReminder(Date.parse(evidenceDueBy), Date.now(), reminders);
    if (next === undefined) return Number.MAX_SAFE_INTEGER;
    if (next.inMs > 0) return next.inMs;
    this.reminding = true;
    upsertSearchAttributes({ Phase: ['evidence_due'], NeedsAttention: [true] });
    log.warn('evidence is due', { ...this.key, evidenceDueBy, reminder: next.given });
    await patient.noteReminder({ ...this.key, reminders: next.given });
    return nextReminder(Date.parse(evidenceDueBy), Date.now(), next.given)?.inMs ?? Number.MAX_SAFE_INTEGER;
  }

  private calm(): void {
    if (this.reminding) upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
    this.reminding = false;
  }
}
