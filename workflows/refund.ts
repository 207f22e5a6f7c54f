import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { SentRefund } from '../activities';
import type { RefundStatus } from '../domain/refund';
import { ours, patient, psp } from './activities';
import type { RefundInput } from './messages';
import { countEnd } from './outcome-metrics';
import { StepRunner } from './step-runner';
import { refundPollMs, voidPollMs } from './timing';

export interface RefundResult {
  readonly status: RefundStatus;
}

/**
 * Gives money back: taken from seller and fee first, then asked of the PSP until it is known, then booked as gone, or
 * given back to both when the PSP can't (C2, C3). Once asked for it goes on to its end: a cancel changes nothing. Started
 * again by news about a refund that had ended, it reads the row and the PSP and books what has changed.
 */
export async function refundWorkflow(input: RefundInput): Promise<RefundResult> {
  return CancellationScope.nonCancellable(() => new Refund(input).run());
}

class Refund {
  private readonly runner: StepRunner;
  private readonly key: { merchantId: string; refundId: string };

  constructor(private readonly input: RefundInput) {
    const { merchantId, refundId, paymentOrderId, amount } = input;
    this.key = { merchantId, refundId };
    this.runner = new StepRunner({
      about: { kind: 'refund', id: refundId },
      title: `${amount.amount} ${amount.currency} of payment order \`${paymentOrderId}\`, refund \`${refundId}\``,
      suppliable: ['succeeded', 'failed'],
      record: (act) => patient.recordOpsAction({ merchantId, paymentOrderId, subject: `refund:${refundId}`, ...act }),
      park: (reason) => ours.markRefund({ ...this.key, status: reason === null ? 'requested' : 'needs_attention' }),
    });
  }

  async run(): Promise<RefundResult> {
    const status = await this.execute();
    this.runner.tell(status);
    countEnd('refund', status);
    await condition(allHandlersFinished);
    return { status };
  }

  private async execute(): Promise<RefundStatus> {
    const standing = await patient.loadRefund(this.key);
    if (standing.status === 'failed' || standing.status === 'voided') return standing.status;
    if (standing.method === 'void' && (await this.isVoided())) return 'voided';

    await this.runner.run('reserving', () => ours.reserveRefund(this.key));
    for (let round = 0; ; round += 1) {
      const seen = this.runner.news;
      const sent = await this.send();
      switch (sent.outcome) {
        case 'succeeded':
          await this.runner.run('booking', () => ours.settleRefund(this.key));
          if (this.runner.news === seen) return 'succeeded';
          break;
        case 'failed':
        case 'not_allowed':
          await this.runner.run('reinstating', () => ours.reinstateRefund({ ...this.key, reason: sent.reason }));
          return 'failed';
        case 'pending':
          await this.runner.awaitNews('pending', refundPollMs, round, seen);
      }
    }
  }

  private send(): Promise<SentRefund> {
    const { amount } = this.input;
    return this.runner.run<SentRefund>(
      'refunding',
      () => psp(`refund ${amount.amount} ${amount.currency}`).sendRefund(this.key),
      {
        onRetry: () => patient.startNewRefundAttempt(this.key),
        onSupplied: ({ actor, reason, outcome, psp_reference: reference }) =>
          patient.supplyRefund({
            ...this.key,
            actor,
            reason,
            outcome: outcome === 'failed' ? 'failed' : 'succeeded',
            reference,
          }),
      },
    );
  }

  /** An authorized order is released whole by its own workflow. Captured meanwhile, it is refunded like any other (C5). */
  private async isVoided(): Promise<boolean> {
    for (let round = 0; ; round += 1) {
      const seen = this.runner.news;
      const { orderStatus } = await patient.loadRefund(this.key);
      if (orderStatus === 'SUCCESS') return false;
      if (orderStatus === 'FAILED') {
        await patient.markRefund({ ...this.key, status: 'voided' });
        return true;
      }
      await this.runner.awaitNews('voiding', voidPollMs, round, seen);
    }
  }
}
