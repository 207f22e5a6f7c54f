import { CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import { patient } from './activities';
import type { AdjustmentInput } from './messages';

export interface AdjustmentResult {
  readonly problem: string | null;
}

/** Carries out what two persons have agreed to do to the book; its row says what it is, and what became of it. */
export async function adjustmentWorkflow(input: AdjustmentInput): Promise<AdjustmentResult> {
  const result = await CancellationScope.nonCancellable(() =>
    patient.carryOutProposal({ merchantId: input.merchantId, proposalId: input.adjustmentId }),
  );
  setCurrentDetails(result.problem === null ? '**done**' : `**refused**: ${result.problem}`);
  return result;
}
