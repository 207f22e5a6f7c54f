import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { webhookTaskQueue, type WebhookDeliveryInput } from './messages';
import { tryUntilDone } from './try-until-done';

/** One event on its way to one endpoint: tried until it is taken, over three days; `review` tries at once. */
export async function webhookDeliveryWorkflow(input: WebhookDeliveryInput): Promise<string> {
  const { deliverWebhook } = proxyActivities<Activities>({
    taskQueue: webhookTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '30 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  });
  return tryUntilDone((tries) => deliverWebhook({ ...input, tries }));
}
