import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** Tests don't wait for days: a minute of workflow time is a fifth of a second. Not used outside tests. */
const scale = 1 / 300;

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    { startTimer: (input, next) => next({ ...input, durationMs: Math.max(1, Math.ceil(input.durationMs * scale)) }) },
  ],
});
