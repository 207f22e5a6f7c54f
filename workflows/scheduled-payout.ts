import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { patient } from './activities';
import type { ScheduledPayoutInput } from './messages';

export interface ScheduledPayoutResult {
  readonly result: string;
}

/** Set by Temporal on what a schedule starts. */
const scheduledFor = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** One run of a seller's payout schedule. The day is the schedule's own, so that a run made up for later pays for its day. */
export async function scheduledPayoutWorkflow(input: ScheduledPayoutInput): Promise<ScheduledPayoutResult> {
  const dueOn = (workflowInfo().typedSearchAttributes.get(scheduledFor) ?? workflowInfo().startTime)
    .toISOString()
    .slice(0, 10);
  return patient.payOutOnSchedule({ ...input, dueOn });
}
