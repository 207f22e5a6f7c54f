import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { notificationTaskQueue, type NotificationInput } from './messages';
import { tryUntilDone } from './try-until-done';

/** One message on its way to one person: by one way after the other, over hours; `review` tries at once. */
export async function notificationWorkflow(input: NotificationInput): Promise<string> {
  const { sendNotification } = proxyActivities<Activities>({
    taskQueue: notificationTaskQueue(workflowInfo().taskQueue),
    // Longer than a try ever takes. One whose process is gone is heard of sooner; should that process live after all, the log of tries
    // lets only one of the two hand a message over.
    startToCloseTimeout: '1 minute',
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  });
  return tryUntilDone(() => sendNotification(input));
}
