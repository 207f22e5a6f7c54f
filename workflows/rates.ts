import { proxyActivities } from '@temporalio/workflow';
import type { Activities, LoadedRates } from '../activities';

const { loadRates } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 3, maximumAttempts: 5 },
});

/** Every half hour by a schedule: takes up what currencies are worth. One that comes to nothing leaves the rates there are. */
export async function ratesWorkflow(): Promise<LoadedRates> {
  return loadRates();
}
