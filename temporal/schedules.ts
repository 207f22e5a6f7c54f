import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import type { ScheduledPayoutInput } from '../workflows/messages';
import { attributesOf } from '../workflows/search-attributes';

/** A schedule of the product's own. */
interface Upkeep {
  readonly name: string;
  readonly every: '10 seconds' | '15 seconds' | '1 minute' | '30 minutes' | '1 day' | 'first of a month';
  readonly offset?: '2 hours' | '3 hours';
  readonly workflowType: string;
  readonly staticSummary: string;
  readonly timeout?: '2 hours';
  /** Whether it doesn't wait for its first time. */
  readonly atOnce?: true;
}

const upkeep: readonly Upkeep[] = [
  {
    name: 'sweeper',
    every: '15 seconds',
    workflowType: 'sweeperWorkflow',
    staticSummary: 'Brings stored checkouts under a running workflow',
  },
  {
    name: 'psp-events',
    every: '10 seconds',
    workflowType: 'pspEventsWorkflow',
    staticSummary: "Takes up the PSP's events that nobody has finished, and processes without a workflow",
  },
  {
    name: 'availability',
    every: '15 seconds',
    workflowType: 'availabilityWorkflow',
    staticSummary: 'Makes available what the PSP says is available',
  },
  {
    name: 'ledger-chain',
    every: '1 minute',
    workflowType: 'ledgerChainWorkflow',
    staticSummary: 'Adds what was posted to the hash chains',
  },
  {
    name: 'ledger-check',
    every: '1 day',
    offset: '2 hours',
    workflowType: 'ledgerCheckWorkflow',
    staticSummary: 'Proves every book',
    timeout: '2 hours',
  },
  {
    name: 'rates',
    every: '30 minutes',
    workflowType: 'ratesWorkflow',
    staticSummary: 'Takes up what currencies are worth',
    atOnce: true,
  },
  {
    name: 'statements',
    every: 'first of a month',
    workflowType: 'statementsWorkflow',
    staticSummary: 'Tells of the statements of the month before',
    timeout: '2 hours',
  },
  {
    name: 'housekeeping',
    every: '1 day',
    offset: '3 hours',
    workflowType: 'housekeepingWorkflow',
    staticSummary: 'Deletes what has had its time: kept answers, old idempotency keys',
    timeout: '2 hours',
  },
];

/** The schedules that heal what was left behind, and keep the books. Safe to repeat. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  for (const schedule of upkeep) await ensure(client, taskQueue, schedule);
}

async function ensure(client: Client, taskQueue: string, schedule: Upkeep): Promise<void> {
  const { name, every, offset, workflowType, staticSummary, timeout = '5 minutes', atOnce } = schedule;
  try {
    await client.schedule.create({
      scheduleId: `${name}-${taskQueue}`,
      spec:
        every === 'first of a month'
          ? { calendars: [{ dayOfMonth: 1, hour: 4 }] }
          : { intervals: [{ every, ...(offset !== undefined && { offset }) }] },
      action: {
        type: 'startWorkflow',
        workflowType,
        workflowId: `${name}/${taskQueue}`,
        taskQueue,
        args: [],
        workflowExecutionTimeout: timeout,
        staticSummary,
      },
      // A missed run is made up for by the next one (T8).
      policies: {
        overlap: ScheduleOverlapPolicy.SKIP,
        // Not so the one of a month.
        catchupWindow: every === 'first of a month' ? '10 days' : '1 minute',
      },
      ...(atOnce !== undefined && { state: { triggerImmediately: true } }),
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** Makes a schedule, or brings one up to date; whether it is paused stays as people have left it unless it is said. */
async function put(client: Client, options: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { scheduleId, spec, action, policies, state } = options;
    await client.schedule.getHandle(scheduleId).update((standing) => ({
      ...standing,
      spec,
      action,
      ...(policies !== undefined && { policies }),
      state: { ...standing.state, ...state },
    }));
  }
}

/** When a seller is paid out without asking. */
export interface PayoutScheduleSettings extends ScheduledPayoutInput {
  readonly payoutInterval: string;
  readonly day: number;
  readonly timeZone: string;
  readonly active: boolean;
}

const weekdays = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
/** In the small hours, when the day before is booked. */
const payoutHour = 3;

/** Makes a seller's payout schedule in Temporal, or brings it up to date. Safe to repeat. */
export async function putPayoutSchedule(
  client: Client,
  taskQueue: string,
  settings: PayoutScheduleSettings,
): Promise<void> {
  const { merchantId, sellerAccount, currency, payoutInterval, day, timeZone, active } = settings;
  const when =
    payoutInterval === 'weekly'
      ? { dayOfWeek: weekdays[day - 1] ?? 'MONDAY' }
      : payoutInterval === 'monthly'
        ? { dayOfMonth: day }
        : {};
  const options = {
    scheduleId: `payouts/${merchantId}/${sellerAccount}/${currency}`,
    spec: { calendars: [{ hour: payoutHour, minute: 0, ...when }], timezone: timeZone },
    action: {
      type: 'startWorkflow',
      workflowType: 'scheduledPayoutWorkflow',
      workflowId: `scheduled-payout/${merchantId}/${sellerAccount}/${currency}`,
      taskQueue,
      args: [{ merchantId, sellerAccount, currency }],
      typedSearchAttributes: attributesOf({
        kind: 'scheduled_payout',
        id: sellerAccount,
        merchantId,
        sellerAccount,
      }),
      staticSummary: `${payoutInterval} payout of seller ${sellerAccount} in ${currency}`,
    },
    // A run that was missed is made up for within a day; its payout is of its own day, so none is made twice (T8, P4).
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: '1 day' },
    state: { paused: !active },
  } satisfies ScheduleOptions;
  await put(client, options);
}

/** When the PSP has closed its day, and outside of the hours that daylight saving takes away or gives twice. */
const reconciliationTime = { hour: 4, minute: 15 };

/** Makes a PSP account's nightly reconciliation, by the account's own zone, or brings it up to date. Safe to repeat. */
export async function putReconciliationSchedule(
  client: Client,
  taskQueue: string,
  { account, timeZone }: { readonly account: string; readonly timeZone: string },
): Promise<void> {
  const options = {
    scheduleId: `reconciliation/${account}`,
    spec: { calendars: [reconciliationTime], timezone: timeZone },
    action: {
      type: 'startWorkflow',
      workflowType: 'nightlyReconciliationWorkflow',
      workflowId: `nightly-reconciliation/${account}`,
      taskQueue,
      args: [{ merchantId: account }],
      staticSummary: `reconciles the last settlement day of ${account}`,
    },
    // A night that was missed is made up for within the day; one that fails never stops the next (T8).
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day', pauseOnFailure: false },
  } satisfies ScheduleOptions;
  await put(client, options);
}
