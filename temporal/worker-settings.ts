import type { WorkerOptions } from '@temporalio/worker';

/** What every worker of ours is set to, the empty ones that it is measured against, too. */
export const workerSettings = {
  shutdownGraceTime: '10 seconds',
  // Workflows whose worker has died go on elsewhere after so long: their histories are short, and read again in no time.
  stickyQueueScheduleToStartTimeout: '5 seconds',
} as const satisfies Partial<WorkerOptions>;

/** What one that runs workflows is set to besides. */
export const workflowWorkerSettings = (slots: { workflows: number; activities: number; cached?: number }) =>
  ({
    ...workerSettings,
    maxCachedWorkflows: slots.cached ?? 1_000,
    maxConcurrentWorkflowTaskExecutions: Math.max(2, slots.workflows),
    maxConcurrentActivityTaskExecutions: slots.activities,
  }) as const satisfies Partial<WorkerOptions>;
