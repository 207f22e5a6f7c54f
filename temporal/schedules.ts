import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';

/** The schedule that keeps every open checkout under a running workflow. */
export async function ensureSweeperSchedule(client: Client, taskQueue: string): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: `sweeper-${taskQueue}`,
      spec: { intervals: [{ every: '15 seconds' }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'sweeperWorkflow',
        workflowId: `sweeper/${taskQueue}`,
        taskQueue,
        args: [],
        workflowExecutionTimeout: '5 minutes',
        staticSummary: 'Brings stored checkouts under a running workflow',
      },
      // A missed sweep is made up for by the next one (T8).
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
