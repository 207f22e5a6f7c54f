import {
  CancellationScope,
  condition,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { failureOf, psp } from './activities';
import { phaseQuery, reviewSignal, type StrayPaymentInput } from './messages';
import { nothingWasSent } from './ops-desk';
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
  let step = 'giving back';
  setHandler(reviewSignal, () => void (reviews += 1));
  setHandler(phaseQuery, () => step);
  let failed = false;
  for (let round = 0; ; round += 1) {
    const seen = reviews;
    try {
      const { state } = await psp('give a stray payment back').returnStrayPayment(input);
      if (failed) upsertSearchAttributes({ Phase: [], NeedsAttention: [] });
      failed = false;
      step = state;
      setCurrentDetails(`**${state}**\n\npayment \`${input.reference}\` of order \`${input.paymentOrderId}\``);
      if (state === 'refunded' || state === 'voided' || state === 'nothing_there') return { state };
    } catch (error) {
      const failure = failureOf(error);
      log.error('a stray payment could not be given back', { ...input, ...failure });
      if (!failed && !nothingWasSent(failure)) {
        upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true] });
        failed = true;
      }
      step = `failing: ${failure.message}`;
      setCurrentDetails(`**${step}**\n\npayment \`${input.reference}\` of order \`${input.paymentOrderId}\``);
    }
    await condition(() => reviews > seen, waitOf(strayRetryMs, round));
  }
}
