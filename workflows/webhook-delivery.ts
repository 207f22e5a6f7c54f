import { condition, proxyActivities, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { reviewSignal, webhookTaskQueue, type WebhookDeliveryInput } from './messages';

/** One event on its way to one endpoint: tried until it is taken, over three days; `review` tries at once. */
export async function webhookDeliveryWorkflow(input: WebhookDeliveryInput): Promise<string> {
  const { deliverWebhook } = proxyActivities<Activities>({
    taskQueue: webhookTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '30 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  });
  const asked = { now: false };
  setHandler(reviewSignal, () => void (asked.now = true));
  for (let tries = 0; ; tries += 1) {
    asked.now = false;
    const tried = await deliverWebhook({ ...input, tries });
    if (tried.afterSeconds === null) {
      // A replay that was asked for while this one came to its end begins anew.
      if (!wasAsked(asked)) return tried.state;
      tries = -1;
      continue;
    }
    setCurrentDetails(`${String(tries + 1)} tries, the last one: ${tried.what}`);
    await condition(() => asked.now, tried.afterSeconds * 1_000);
  }
}

/** Read anew: a signal may have come while the activity ran. */
const wasAsked = (asked: { readonly now: boolean }): boolean => asked.now;
