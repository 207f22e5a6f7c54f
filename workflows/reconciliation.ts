import {
  ActivityFailure,
  CancellationScope,
  executeChild,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setCurrentDetails,
  sleep,
  startChild,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import type { Activities, BreakKey, OpenCase, ReconciliationDay, ReconciliationResult } from '../activities';
import { workflowIds } from '../domain/identifiers';
import { breakWorkflow } from './break';
import { reviewSignal, type ReconciliationInput } from './messages';
import { attributesOf } from './search-attributes';

const {
  beginReconciliation,
  compareSides,
  failReconciliation,
  lastSettlementDay,
  listCases,
  stillMending,
  wakeSettledCases,
} = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});
/** A PSP or a database that is away is waited for: the night's answer comes later, and it comes. */
const { bookSettledLines, closeRun, collectOurSide, importPspSide, matchBankSide, matchSides } =
  proxyActivities<Activities>({
    startToCloseTimeout: '2 hours',
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '5 seconds', maximumInterval: '5 minutes' },
  });

/** A mail server that is away for a whole night has its reason: the report can still be read. */
const { mailReport } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '6 hours',
  retry: { initialInterval: '10 seconds', maximumInterval: '10 minutes' },
});

/** More mismatches than this at once are no cases but one disaster: the rest become cases with the next run. */
const mostCases = 2_000;
/** How long the run waits, round by round, for what its cases have told processes to do. */
const mendingRoundsMs = [1_000, 2_000, 3_000, 5_000, 10_000, 15_000, 20_000, 30_000, 40_000];

/**
 * Reconciles one settlement day of one PSP account: our side and the PSP's are taken over, compared to the unit, and what
 * differs is named. Each mismatch becomes a case of its own, which does what can safely be done; then what agrees is booked, and the
 * night's own questions are answered. Run again it brings the same day up to date, and finds the same (R8).
 */
export async function reconciliationWorkflow({ merchantId, date }: ReconciliationInput): Promise<ReconciliationResult> {
  setCurrentDetails(`**${date}**: reading both sides`);
  try {
    const startedAt = new Date().toISOString();
    const day = await beginReconciliation({ account: merchantId, date });
    await Promise.all([collectOurSide(day), importPspSide(day)]);
    setCurrentDetails(`**${day.date}**: comparing`);
    const result = patched('cases') ? await settle(day, startedAt) : await compareSides(day);
    setCurrentDetails(`**${day.date}**: ${result.state}, ${String(result.openBreaks)} open breaks`);
    if (result.openBreaks > 0) callAPerson();
    if (patched('cases')) await tellPeople({ account: merchantId, date });
    return result;
  } catch (error) {
    // A defect, or a key that the PSP refuses: the next night tries again, and people are told of this one.
    await CancellationScope.nonCancellable(() => failReconciliation({ account: merchantId, date }));
    callAPerson();
    throw error;
  }
}

async function settle(day: ReconciliationDay, startedAt: string): Promise<ReconciliationResult> {
  await matchSides(day);
  await matchBankSide(day);
  const cases = await openCases(day);
  setCurrentDetails(`**${day.date}**: ${String(cases)} mismatches, mending`);
  for (const [round, roundMs] of mendingRoundsMs.entries()) {
    const { mending } = await stillMending(day);
    if (mending > 0) await sleep(roundMs);
    else if (round === 0 && cases === 0) break;
    // What was mended may have moved money at the PSP: of a day that isn't over that is part of it.
    await Promise.all([collectOurSide(day), ...(mending === 0 ? [importPspSide(day)] : [])]);
    await matchSides(day);
    if (mending === 0) break;
  }
  await wakeSettledCases({ merchants: day.merchants, since: startedAt });
  setCurrentDetails(`**${day.date}**: booking`);
  await bookSettledLines(day);
  setCurrentDetails(`**${day.date}**: checking`);
  return closeRun(day);
}

/** Each mismatch its own workflow, which outlives this run; one that runs already looks at its row again. */
async function openCases({ merchants }: ReconciliationDay): Promise<number> {
  let [opened, after]: [number, BreakKey | null] = [0, null];
  while (opened < mostCases) {
    const page: OpenCase[] = await listCases({ merchants, after });
    for (const found of page) await openCase(found);
    const last = page.at(-1);
    if (last === undefined) break;
    opened += page.length;
    after = { merchantId: last.merchantId, breakId: last.breakId };
  }
  return opened;
}

async function openCase(found: OpenCase): Promise<void> {
  const workflowId = workflowIds.break(found.merchantId, found.breakId);
  try {
    await startChild(breakWorkflow, {
      workflowId,
      args: [found],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: attributesOf({
        kind: 'break',
        id: found.breakId,
        merchantId: found.merchantId,
        breakClass: found.class,
        paymentOrderId: found.paymentOrderId,
      }),
      staticSummary: `${found.class.replaceAll('_', ' ')}: ${found.key}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // It may end in this very moment.
    await getExternalWorkflowHandle(workflowId)
      .signal(reviewSignal)
      .catch(() => undefined);
  }
}

/** Beside the run, which is over, whatever becomes of the mail. */
async function tellPeople(run: { account: string; date: string }): Promise<void> {
  try {
    await startChild(reportMailWorkflow, {
      workflowId: workflowIds.reportMail(run.account, run.date),
      args: [run],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `the report of ${run.date}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Sends a settlement day's report to people where mail is configured, once, and for as long as the mail server may need. */
export async function reportMailWorkflow(run: { account: string; date: string }): Promise<void> {
  try {
    await mailReport(run);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.error('the report could not be mailed', { ...run, message: error.cause?.message });
    callAPerson();
  }
}

const callAPerson = (): void => upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true] });

/** Every night by a schedule of the account's own: the day that has just ended there. One that is being run already is left to that. */
export async function nightlyReconciliationWorkflow({ merchantId }: { merchantId: string }): Promise<void> {
  const { date } = await lastSettlementDay({ account: merchantId });
  try {
    await executeChild(reconciliationWorkflow, {
      workflowId: workflowIds.reconciliation(merchantId, date),
      args: [{ merchantId, date }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: attributesOf({ kind: 'reconciliation', id: date, merchantId }),
      staticSummary: `settlement day ${date}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
