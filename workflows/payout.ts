import {
  allHandlersFinished,
  CancellationScope,
  condition,
  currentUpdateInfo,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PayoutStep, PayoutStepOutcome } from '../activities';
import { isSettledPayout, type PayoutStatus } from '../domain/payout';
import type { PayoutLeg } from '../domain/posting';
import type { RequestedBy } from '../domain/requested-by';
import { ours, patient, psp } from './activities';
import { approveUpdate, rejectUpdate, type PayoutInput } from './messages';
import { checkActor, refused } from './person';
import { countEnd } from './outcome-metrics';
import { StepRunner } from './step-runner';
import { approvalLimitMs, payoutPollMs } from './timing';

export interface PayoutResult {
  readonly status: PayoutStatus;
}

interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/**
 * Pays a seller: the money leaves the seller's reach first (P2), two persons agree where the amount asks for it (P5), then a
 * transfer to the seller's own account at the PSP and a payout of that. Whatever fails undoes what came before, last first,
 * until the seller has the money back. Started again by news about a payout that was paid, it undoes it if a bank has
 * sent it back.
 */
export async function payoutWorkflow(input: PayoutInput): Promise<PayoutResult> {
  return CancellationScope.nonCancellable(() => new Payout(input).run());
}

class Payout {
  private readonly runner: StepRunner;
  private readonly key: { merchantId: string; payoutId: string };
  private awaitsApproval = false;
  private approvals: readonly RequestedBy[] = [];
  private approvalsNeeded = 0;
  private rejected: RequestedBy | undefined;

  constructor(private readonly input: PayoutInput) {
    const { merchantId, payoutId, sellerAccount, amount } = input;
    this.key = { merchantId, payoutId };
    this.runner = new StepRunner({
      about: { kind: 'payout', id: payoutId },
      title: `${amount.amount} ${amount.currency} to seller \`${sellerAccount}\`, payout \`${payoutId}\``,
      suppliable: ['succeeded', 'failed'],
      verbs: () => (this.awaitsApproval ? ['approve', 'reject'] : []),
      record: (act) => patient.recordPayoutAction({ ...this.key, ...act }),
      park: (reason) => ours.markPayout({ ...this.key, status: reason === null ? 'transferring' : 'needs_attention' }),
    });
    setHandler(approveUpdate, (by) => this.approve(by), { validator: (by: RequestedBy) => this.checkApproval(by) });
    setHandler(rejectUpdate, (by) => this.reject(by), { validator: (by: RequestedBy) => this.checkApproval(by) });
  }

  async run(): Promise<PayoutResult> {
    const status = await this.execute();
    this.runner.tell(status);
    countEnd('payout', status);
    await condition(allHandlersFinished);
    return { status };
  }

  private async execute(): Promise<PayoutStatus> {
    const standing = await patient.loadPayout(this.key);
    if (standing.status !== 'paid' && isSettledPayout(standing.status)) return standing.status;
    if (standing.status === 'paid') return this.afterPaid();

    const { refusal } = await this.runner.run('reserving', () => ours.reservePayout(this.key));
    if (refusal !== null) return this.end('refused', { reason: refusal, message: 'the balance does not allow it' });
    this.approvals = standing.approvals;
    this.approvalsNeeded = standing.approvalsNeeded;
    if (!standing.transferred) {
      const stop = (await this.awaitApproval()) ?? (await this.checkAccount());
      if (stop !== undefined) return this.giveBack('refused', stop);
    }
    const transfer = await this.send('transfer');
    if (transfer.outcome !== 'done') return this.giveBack('failed', whyNot(transfer));
    await this.book('transferred');
    return this.payOut();
  }

  /** From the seller's account at the PSP to the seller's bank. */
  private async payOut(): Promise<PayoutStatus> {
    for (let round = 0; ; round += 1) {
      const seen = this.runner.news;
      const outcome = await this.send('payout');
      switch (outcome.outcome) {
        case 'done':
          await this.book('paid');
          await this.mark('paid');
          return this.runner.news === seen ? 'paid' : this.afterPaid();
        case 'failed':
        case 'refused':
          return this.takeBack('failed', whyNot(outcome));
        case 'pending':
          await this.runner.awaitNews('in_transit', payoutPollMs, round, seen);
      }
    }
  }

  /** A bank can send back what it took, days later: then all of it is undone (P2). */
  private async afterPaid(): Promise<PayoutStatus> {
    for (;;) {
      const seen = this.runner.news;
      const outcome = await this.send('payout');
      if (outcome.outcome === 'failed') {
        await this.mark('returning');
        await this.book('returned');
        return this.takeBack('returned', whyNot(outcome));
      }
      await this.book('paid');
      if (this.runner.news === seen) return 'paid';
    }
  }

  private async takeBack(status: 'failed' | 'returned', why: Refusal): Promise<PayoutStatus> {
    await this.mark('returning');
    // Who says that it can't be taken back has it tried again: the money is not here yet (U6).
    while ((await this.send('transfer_reversal')).outcome === 'refused');
    await this.book('transfer_reversed');
    return this.giveBack(status, why);
  }

  private async giveBack(status: 'failed' | 'returned' | 'refused', why: Refusal): Promise<PayoutStatus> {
    await this.book('failed');
    return this.end(status, why);
  }

  private async end(status: PayoutStatus, why?: Refusal): Promise<PayoutStatus> {
    await this.mark(status, why);
    return status;
  }

  private mark(status: PayoutStatus, why?: Refusal): Promise<void> {
    return this.runner.run(status, () =>
      ours.markPayout({
        ...this.key,
        status,
        ...(why !== undefined && { failureReason: why.reason, failureMessage: why.message }),
      }),
    );
  }

  private book(leg: PayoutLeg): Promise<void> {
    return this.runner.run(`booking ${leg}`, () => ours.bookPayoutLeg({ ...this.key, leg }));
  }

  private send(step: PayoutStep): Promise<PayoutStepOutcome> {
    const { amount } = this.input;
    return this.runner.run<PayoutStepOutcome>(
      step,
      () =>
        psp(`${step.replace('_', ' ')} of ${amount.amount} ${amount.currency}`).sendPayoutStep({ ...this.key, step }),
      {
        onRetry: () => ours.startNewPayoutAttempt({ ...this.key, step }),
        onSupplied: ({ actor, outcome, psp_reference: reference }) =>
          patient.supplyPayoutStep({
            ...this.key,
            step,
            actor,
            outcome: outcome === 'failed' ? 'failed' : 'succeeded',
            reference,
          }),
      },
    );
  }

  private async checkAccount(): Promise<Refusal | undefined> {
    const { refusal, message } = await this.runner.run('checking the account', () =>
      psp('check the payout account').checkPayoutAccount(this.key),
    );
    return refusal === null ? undefined : { reason: refusal, message };
  }

  private async awaitApproval(): Promise<Refusal | undefined> {
    if (this.approvals.length >= this.approvalsNeeded) return undefined;
    // Open before the row says so: whoever reads that may decide at once.
    this.awaitsApproval = true;
    await this.mark('awaiting_approval');
    const decided = await condition(
      () => this.rejected !== undefined || this.approvals.length >= this.approvalsNeeded,
      approvalLimitMs,
      { summary: 'persons are awaited who approve it; after this the seller has the money back' },
    );
    this.awaitsApproval = false;
    if (this.rejected !== undefined)
      return { reason: 'rejected', message: `${this.rejected.actor}: ${this.rejected.reason}` };
    return decided ? undefined : { reason: 'not_approved', message: 'not approved in time' };
  }

  private async approve(by: RequestedBy): Promise<string> {
    await this.keepAct('approve', by);
    this.approvals = await patient.approvePayout({ ...this.key, by });
    return `${String(this.approvals.length)} of ${String(this.approvalsNeeded)} approvals`;
  }

  private async reject(by: RequestedBy): Promise<string> {
    await this.keepAct('reject', by);
    this.rejected ??= by;
    return 'rejected';
  }

  private keepAct(action: string, { actor, reason }: RequestedBy): Promise<void> {
    const updateId = currentUpdateInfo()?.id ?? workflowInfo().runId;
    return patient.recordPayoutAction({ ...this.key, action, actor, reason, details: {}, updateId });
  }

  private checkApproval(by: RequestedBy): void {
    checkActor(by);
    if (!this.awaitsApproval) throw refused('no approval is awaited');
    if (this.approvals.some(({ actor }) => actor === by.actor)) throw refused('another person must approve it too');
  }
}

const whyNot = (outcome: PayoutStepOutcome): Refusal =>
  outcome.outcome === 'failed' || outcome.outcome === 'refused'
    ? { reason: outcome.code, message: outcome.message }
    : { reason: outcome.outcome, message: '' };
