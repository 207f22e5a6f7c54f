import {
  type ActivityInterfaceFor,
  ActivityFailure,
  ApplicationFailure,
  patched,
  proxyActivities,
  proxyLocalActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import { isFailureType, type FailureType } from '../domain/failure-types';
import { pspTaskQueue } from './messages';

const firstPauseMs = 500;
const fewTries = {
  initialInterval: firstPauseMs,
  backoffCoefficient: 2,
  maximumInterval: '8 seconds',
  maximumAttempts: 5,
} as const;

/**
 * Calls to the PSP, each with a line for the Temporal UI: ordinary activities on their own rate-limited queue. Few attempts with the same key; what is still
 * open after them goes to the look-up ladder, which a person can watch.
 */
export const psp = (summary: string) =>
  proxyActivities<Activities>({
    taskQueue: pspTaskQueue(workflowInfo().taskQueue),
    summary,
    startToCloseTimeout: '10 seconds',
    scheduleToCloseTimeout: '5 minutes',
    retry: fewTries,
  });

/**
 * A call's first try: a local activity, where the run was begun for that, without a task of the queue's and the three events that one
 * leaves. Whatever it fails with, or when there is no room for it now, the same call is made through the queue, as any other, and as late as a retry
 * would be: both walk the same path, under the same key.
 */
export const firstTry = (atOnce: boolean | undefined) => (summary: string) =>
  atOnce === true ? triedFirst(summary) : psp(summary);

function triedFirst(summary: string): ReturnType<typeof psp> {
  const atOnce = proxyLocalActivities<Activities>({
    summary,
    startToCloseTimeout: '10 seconds',
    retry: { maximumAttempts: 1 },
  });
  return calledAs(async (name, input) => {
    try {
      return await (atOnce[name] as Call)(...input);
    } catch (error) {
      const pauseMs = pauseAfter(error);
      if (pauseMs > 0) await sleep(pauseMs, { summary: `${summary} is tried again after this` });
      return (psp(summary)[name] as Call)(...input);
    }
  });
}

/** How long after a failed first try the next one may come: as the PSP says, or as the first pause between two tries of the queue. */
function pauseAfter(error: unknown): number {
  if (error instanceof ActivityFailure) return 0;
  if (!(error instanceof ApplicationFailure)) throw error;
  const [told] = (error.details ?? []) as ({ readonly retryAfterMs?: number } | undefined)[];
  return told?.retryAfterMs ?? (error.nonRetryable === true ? 0 : firstPauseMs);
}

/** The same for what may need many calls: it beats, so that a worker that dies is found out as soon. */
export const pspAtLength = (summary: string) =>
  proxyActivities<Activities>({
    taskQueue: pspTaskQueue(workflowInfo().taskQueue),
    summary,
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '10 seconds',
    scheduleToCloseTimeout: '10 minutes',
    retry: fewTries,
  });

/** One attempt, for the rounds of the ladder. */
export const pspOnce = (summary: string) =>
  proxyActivities<Activities>({
    taskQueue: pspTaskQueue(workflowInfo().taskQueue),
    summary,
    startToCloseTimeout: '10 seconds',
    scheduleToCloseTimeout: '5 minutes',
    retry: { maximumAttempts: 1 },
  });

/** Our own database on the hot path: local activities, without a round trip through the task queue. */
export const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 seconds',
  retry: {
    initialInterval: '100 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '1 second',
    maximumAttempts: 3,
  },
});

/** The same as ordinary activities: they outlast a database that is away for a while. */
export const storage = proxyActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    maximumAttempts: 10,
  },
});

/**
 * Our own database on the fast path, and as an ordinary activity when that keeps failing: a step costs no round trip through
 * the task queue. `ours` gives up at last, and its caller parks; `patient` is tried until it works.
 */
export const ours = fastOr(() => storage);
export const patient = fastOr(() => patientStorage);

function fastOr(slow: () => ActivityInterfaceFor<Activities>): ActivityInterfaceFor<Activities> {
  return calledAs((name, input) =>
    localOr(
      () => (local[name] as Call)(...input),
      () => (slow()[name] as Call)(...input),
    ),
  );
}

type Call = (...input: unknown[]) => Promise<unknown>;

/** All activities, each called as `call` does it. */
function calledAs(
  call: (name: keyof Activities, input: unknown[]) => Promise<unknown>,
): ActivityInterfaceFor<Activities> {
  return new Proxy({} as ActivityInterfaceFor<Activities>, {
    get:
      (_target, name: keyof Activities) =>
      (...input: unknown[]) =>
        call(name, input),
  });
}

/** For what must be written sooner or later and has no other way: tried until it works. */
export const patientStorage = proxyActivities<Activities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** The failure's name from the closed list, and its words for people. */
export interface KnownFailure {
  readonly type: FailureType | 'TimedOut';
  readonly message: string;
}

/** Reads an activity's failure. Anything that isn't one is a defect and thrown on. */
export function failureOf(error: unknown): KnownFailure {
  if (!(error instanceof ActivityFailure)) throw error;
  const cause = error.cause;
  if (cause instanceof ApplicationFailure && isFailureType(cause.type))
    return { type: cause.type, message: cause.message };
  return { type: 'TimedOut', message: cause?.message ?? error.message };
}

/** Runs on the fast path, and as an ordinary activity when the fast path keeps failing. */
export async function localOr<Result>(fast: () => Promise<Result>, slow: () => Promise<Result>): Promise<Result> {
  try {
    return await fast();
  } catch (error) {
    // A local activity's failure comes as it was thrown, without an ActivityFailure around it, once its tries are used up.
    const isBare = error instanceof ApplicationFailure && patched('local-activities-fail-bare');
    if (!(error instanceof ActivityFailure || isBare)) throw error;
    return slow();
  }
}
