import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const { sweepCheckouts } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 3 },
});

/**
 * Every 15 seconds by a schedule: starts what is stored and not started, restarts what was terminated, wakes what
 * should have moved on (T5).
 */
export async function sweeperWorkflow(): Promise<SweepResult> {
  return sweepCheckouts();
}

export interface SweepResult {
  readonly looked: number;
  readonly started: number;
  readonly alarms: number;
}
