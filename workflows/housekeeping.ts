import { proxyActivities } from '@temporalio/workflow';
import type { Activities, Tidied } from '../activities';

const { deleteExpired } = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

/** Every night by a schedule: deletes what nobody may ask for any more. */
export async function housekeepingWorkflow(): Promise<Tidied> {
  return deleteExpired();
}
