import { proxyActivities } from '@temporalio/workflow';
import type { Activities, ReleaseCounts } from '../activities';

const { releaseAvailableFunds } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { maximumAttempts: 3 },
});

/** Every 15 seconds by a schedule: makes available what the PSP says is available by now (P1). */
export async function availabilityWorkflow(): Promise<ReleaseCounts> {
  return releaseAvailableFunds();
}
