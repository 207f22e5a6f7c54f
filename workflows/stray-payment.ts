import {
  allHandlersFinished,
  CancellationScope,
  condition,
  currentUpdateInfo,
  log,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { RequestedBy } from '../domain/requested-by';
import { failureOf, patientStorage, psp } from './activities';
import { retryUpdate, reviewSignal, type StrayPaymentInput } from './messages';
import { nothingWasSent } from './ops-desk';
import { checkActor, refused } from './person';
import { Story } from './story';
import { strayRetryMs, waitOf } from './timing';

export interface StrayPaymentResult {
  readonly state: 'refunded' | 'voided' | 'nothing_there';
}

/**
 * Gives back a payment that succeeded after we had told the buyer otherwise, or that another attempt has replaced (U4):
 * void before capture, refund after, both booked. Tried until it is done; ops see it from the first failure on (U6). A
 * cancel changes nothing: the money must go back.
 */
export async function strayPaymentWorkflow(input: StrayPaymentInput): Promise<StrayPaymentResult> {
  return CancellationScope.nonCancellable(() => giveBack(input));
}

async function giveBack(input: StrayPaymentInput): Promise<StrayPaymentResult> {
  let reviews = 0;
  let failed = false;
  const { merchantId, paymentOrderId, reference } = input;
  const story = new Story(
    { kind: 'stray_payment', id: reference },
    () => `payment \`${reference}\` of order \`${paymentOrderId}\``,
    () => (failed ? ['retry'] : []),
  );
  setHandler(reviewSignal, () => void (reviews += 1));
  setHandler(
    retryUpdate,
    async ({ actor, reason }) => {
      const updateId = currentUpdateInfo()?.id ?? workflowInfo().runId;
      const subject = `stray_payment:${reference}`;
      const act = { action: 'retry', actor, reason, details: {}, updateId, subject };
      await patientStorage.recordOpsAction({ merchantId, paymentOrderId, ...act });
      reviews += 1;
      return 'retry accepted';
    },
    {
      validator: (by: RequestedBy) => {
        checkActor(by);
        if (!failed) throw refused('nothing waits for a person here');
      },
    },
  );
  for (let round = 0; ; round += 1) {
    const seen = reviews;
    try {
      const { state } = await psp('give a stray payment back').returnStrayPayment(input);
      if (failed) upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
      failed = false;
      story.tell(state);
      if (state === 'refunded' || state === 'voided' || state === 'nothing_there') {
        await condition(allHandlersFinished);
        return { state };
      }
    } catch (error) {
      const failure = failureOf(error);
      log.error('a stray payment could not be given back', { ...input, ...failure });
      if (!failed && !nothingWasSent(failure)) {
        upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true] });
        failed = true;
      }
      story.tell('failing', failure.message);
    }
    await condition(() => reviews > seen, waitOf(strayRetryMs, round), { summary: 'it is tried again after this' });
  }
}
