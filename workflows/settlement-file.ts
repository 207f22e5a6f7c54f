import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  startChild,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities, FileOutcome } from '../activities';
import { workflowIds } from '../domain/identifiers';
import type { SettlementFileInput } from './messages';
import { reconciliationWorkflow } from './reconciliation';
import { attributesOf } from './search-attributes';

const { importFile } = proxyActivities<Activities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '5 minutes' },
});

/** A file of a year has no more. */
const mostDays = 370;

/**
 * Takes a settlement file or a bank statement over, whole or not at all, and has the days reconciled again that it tells of (R4). A
 * file that is refused calls a person, who sends another.
 */
export async function settlementFileWorkflow({ merchantId, fileId }: SettlementFileInput): Promise<FileOutcome> {
  const outcome = await importFile({ merchantId, fileId });
  const { state, verdict, problem } = outcome;
  setCurrentDetails([`**${verdict ?? state}**`, ...(problem === null ? [] : [problem])].join('\n\n'));
  if (state === 'rejected') upsertSearchAttributes({ Phase: ['file_rejected'], NeedsAttention: [true] });
  if (verdict === 'accepted' || verdict === 'corrected')
    for (const date of outcome.days.slice(0, mostDays)) await reconcile(merchantId, date);
  return outcome;
}

/** A day that is being run has read its lines already, or will read these. */
async function reconcile(merchantId: string, date: string): Promise<void> {
  try {
    await startChild(reconciliationWorkflow, {
      workflowId: workflowIds.reconciliation(merchantId, date),
      args: [{ merchantId, date }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: attributesOf({ kind: 'reconciliation', id: date, merchantId }),
      staticSummary: `settlement day ${date}, after a file`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
