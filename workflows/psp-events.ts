import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const { applyDueEvents } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 3 },
});

export interface EventSweepResult {
  readonly events: number;
  readonly strays: number;
  readonly processes: number;
}

/**
 * Every 10 seconds by a schedule: takes up the PSP's events that nobody has finished (an API killed after its 200, an event that
 * came before its row), and stray payments, refunds, disputes and payouts without a running workflow.
 */
export async function pspEventsWorkflow(): Promise<EventSweepResult> {
  return applyDueEvents();
}
