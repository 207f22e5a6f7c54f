import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';

/** The schedules that heal what was left behind. Safe to repeat. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  await ensure(client, taskQueue, {
    name: 'sweeper',
    every: '15 seconds',
    workflowType: 'sweeperWorkflow',
    staticSummary: 'Brings stored checkouts under a running workflow',
  });
  await ensure(client, taskQueue, {
    name: 'psp-events',
    every: '10 seconds',
    workflowType: 'pspEventsWorkflow',
    staticSummary: "Takes up the PSP's events that nobody has finished",
  });
}

async function ensure(
  client: Client,
  taskQueue: string,
  schedule: { name: string; every: '15 seconds' | '10 seconds'; workflowType: string; staticSummary: string },
): Promise<void> {
  const { name, every, workflowType, staticSummary } = schedule;
  try {
    await client.schedule.create({
      scheduleId: `${name}-${taskQueue}`,
      spec: { intervals: [{ every }] },
      action: {
        type: 'startWorkflow',
        workflowType,
        workflowId: `${name}/${taskQueue}`,
        taskQueue,
        args: [],
        workflowExecutionTimeout: '5 minutes',
        staticSummary,
      },
      // A missed run is made up for by the next one (T8).
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
