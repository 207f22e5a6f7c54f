import type { WorkerOptions } from '@temporalio/worker';

/** What every worker of ours is set to, the empty ones that it is measured against, too. */
export const workerSettings = {
  shutdownGraceTime: '10 seconds',
  // Workflows whose worker has died go on elsewhere after so long: their histories are short, and read again in no time.
  stickyQueueScheduleToStartTimeout: '5 seconds',
} as const satisfies Partial<WorkerOptions>;

/**
 * What one that runs workflows is set to besides. Half of its polls are for runs that nobody has in memory: most payments begin and
 * end in one task. With the SDK's two in ten a task now and then found nobody at its partition, and waited there for two seconds.
 */
export const workflowWorkerSettings = (slots: { workflows: number; activities: number; cached?: number }) =>
  ({
    ...workerSettings,
    maxCachedWorkflows: slots.cached ?? 1_000,
    maxConcurrentWorkflowTaskExecutions: Math.max(2, slots.workflows),
    maxConcurrentWorkflowTaskPolls: Math.min(20, Math.max(2, slots.workflows)),
    nonStickyToStickyPollRatio: 0.5,
    maxConcurrentActivityTaskExecutions: slots.activities,
  }) as const satisfies Partial<WorkerOptions>;
