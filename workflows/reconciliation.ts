import {
  CancellationScope,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import type { Activities, ReconciliationResult } from '../activities';
import { workflowIds } from '../domain/identifiers';
import type { ReconciliationInput } from './messages';

const { beginReconciliation, compareSides, failReconciliation, lastSettlementDay } = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '12 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});
/** A PSP or a database that is away is waited for: the night's answer comes later, and it comes. */
const { collectOurSide, importPspSide } = proxyActivities<Activities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '5 seconds', maximumInterval: '5 minutes' },
});

/**
 * Reconciles one settlement day of one PSP account: our side and the PSP's are taken over, compared to the unit, and what
 * differs is named. Run again it brings the same day up to date, and finds the same (R8).
 */
export async function reconciliationWorkflow({ merchantId, date }: ReconciliationInput): Promise<ReconciliationResult> {
  setCurrentDetails(`**${date}**: reading both sides`);
  try {
    const day = await beginReconciliation({ account: merchantId, date });
    await Promise.all([collectOurSide(day), importPspSide(day)]);
    setCurrentDetails(`**${day.date}**: comparing`);
    const result = await compareSides(day);
    setCurrentDetails(`**${day.date}**: ${result.state}, ${String(result.openBreaks)} open breaks`);
    if (result.openBreaks > 0) callAPerson();
    return result;
  } catch (error) {
    // A defect, or a key that the PSP refuses: the next night tries again, and people are told of this one.
    await CancellationScope.nonCancellable(() => failReconciliation({ account: merchantId, date }));
    callAPerson();
    throw error;
  }
}

const callAPerson = (): void => upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true] });

/** Every night by a schedule of the account's own: the day that has just ended there. One that is being run already is left to that. */
export async function nightlyReconciliationWorkflow({ merchantId }: { merchantId: string }): Promise<void> {
  const { date } = await lastSettlementDay({ account: merchantId });
  try {
    await executeChild(reconciliationWorkflow, {
      workflowId: workflowIds.reconciliation(merchantId, date),
      args: [{ merchantId, date }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `settlement day ${date}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
