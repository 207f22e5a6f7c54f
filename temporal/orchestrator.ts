import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { workflowIds } from '../domain/identifiers';
import { aloneOf } from '../workflows/alone';
import {
  attributesOf,
  describedCheckout,
  describedOrder,
  searchAttributeKeys,
  wholeLifeOf,
  type About,
} from '../workflows/search-attributes';
import type {
  CheckoutInput,
  MoneyProcess,
  SettlementFileInput,
  StrayPaymentInput,
  NotificationInput,
  WebhookDeliveryInput,
} from '../workflows/messages';

/** A run that failed, was canceled, terminated or timed out may be followed by another; a completed one never (I7). */
const onceIfItWorks = {
  workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
  workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
} as const;

/**
 * Starts what carries a checkout out, or finds the running one: the run of its only order where that is all there is to do,
 * its own run else, and whenever an earlier one has got somewhere. The unique row is the lasting guard.
 */
export function startCheckoutWorkflow(client: Client, taskQueue: string, input: CheckoutInput): Promise<unknown> {
  const alone = aloneOf(input);
  if (alone === undefined) return startParent(client, taskQueue, input);
  return client.workflow.start('paymentOrderWorkflow', {
    workflowId: workflowIds.paymentOrder(alone.merchantId, alone.paymentOrderId),
    taskQueue,
    args: [alone],
    ...onceIfItWorks,
    ...describedOrder(alone),
  });
}

async function startParent(client: Client, taskQueue: string, input: CheckoutInput): Promise<void> {
  await client.workflow.start('checkoutWorkflow', {
    workflowId: workflowIds.checkout(input.merchantId, input.checkoutId, input.round),
    taskQueue,
    args: [input],
    ...onceIfItWorks,
    ...describedCheckout(input),
  });
}

/** Starts the return of a stray payment, or finds the running one. Safe to repeat: its row is the lasting guard. */
export async function startStrayPaymentWorkflow(
  client: Client,
  taskQueue: string,
  input: StrayPaymentInput,
): Promise<void> {
  try {
    await client.workflow.start('strayPaymentWorkflow', {
      workflowId: workflowIds.strayPayment(input.merchantId, input.reference),
      taskQueue,
      args: [input],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      typedSearchAttributes: attributesOf({
        kind: 'stray_payment',
        id: input.reference,
        merchantId: input.merchantId,
        paymentOrderId: input.paymentOrderId,
        pspReference: input.reference,
      }),
      staticSummary: `gives back a payment that no order waits for: ${input.reference}`,
      staticDetails: wholeLifeOf(input.paymentOrderId),
    });
  } catch (error) {
    // It has been given back already: an event about it came late.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

function idOf({ workflow, input }: MoneyProcess): string {
  switch (workflow) {
    case 'refundWorkflow':
      return workflowIds.refund(input.merchantId, input.refundId);
    case 'payoutWorkflow':
      return workflowIds.payout(input.merchantId, input.payoutId);
    case 'disputeWorkflow':
      return workflowIds.dispute(input.merchantId, input.disputeId);
    case 'adjustmentWorkflow':
      return workflowIds.adjustment(input.merchantId, input.adjustmentId);
    case 'breakWorkflow':
      return workflowIds.break(input.merchantId, input.breakId);
    case 'subscriptionWorkflow':
      return workflowIds.subscription(input.merchantId, input.subscriptionId);
    case 'planMigrationWorkflow':
      return workflowIds.planMigration(input.merchantId, input.migrationId);
    case 'sellerWorkflow':
      return workflowIds.seller(input.merchantId, input.sellerId);
  }
}

function aboutOf({ workflow, input }: MoneyProcess): About {
  switch (workflow) {
    case 'refundWorkflow':
      return { kind: 'refund', id: input.refundId, ...input };
    case 'payoutWorkflow':
      return { kind: 'payout', id: input.payoutId, ...input };
    case 'disputeWorkflow':
      return { kind: 'dispute', id: input.disputeId, ...input, pspReference: input.disputeId };
    case 'adjustmentWorkflow':
      return { kind: 'adjustment', id: input.adjustmentId, merchantId: input.merchantId };
    case 'breakWorkflow':
      return {
        kind: 'break',
        id: input.breakId,
        merchantId: input.merchantId,
        breakClass: input.class,
        paymentOrderId: input.paymentOrderId,
      };
    case 'subscriptionWorkflow':
      return { kind: 'subscription', id: input.subscriptionId, merchantId: input.merchantId };
    case 'planMigrationWorkflow':
      return { kind: 'plan_migration', id: input.migrationId, merchantId: input.merchantId };
    case 'sellerWorkflow':
      return { kind: 'seller', id: input.sellerId, merchantId: input.merchantId, sellerAccount: input.sellerId };
  }
}

/** The line that lists show. */
const summaryOf = ({ workflow, input }: MoneyProcess): string => {
  switch (workflow) {
    case 'refundWorkflow':
      return `refund of ${input.amount.amount} ${input.amount.currency}, order ${input.paymentOrderId}`;
    case 'payoutWorkflow':
      return `payout of ${input.amount.amount} ${input.amount.currency} to ${input.sellerAccount}`;
    case 'disputeWorkflow':
      return `dispute about ${input.amount.amount} ${input.amount.currency}, order ${input.paymentOrderId}`;
    case 'adjustmentWorkflow':
      return `adjustment ${input.adjustmentId}`;
    case 'breakWorkflow':
      return `${input.class.replaceAll('_', ' ')}: ${input.key}`;
    case 'subscriptionWorkflow':
      return `subscription ${input.subscriptionId}`;
    case 'planMigrationWorkflow':
      return `migration ${input.migrationId}`;
    case 'sellerWorkflow':
      return `seller ${input.sellerId}`;
  }
};

/**
 * Starts a process that moves money back or out, or wakes the one that runs. Safe to repeat, also when it has ended: it
 * reads its row first, and every step of it is done once.
 */
export async function startMoneyProcess(client: Client, taskQueue: string, process: MoneyProcess): Promise<void> {
  const { workflow, input } = process;
  await client.workflow.signalWithStart(workflow, {
    workflowId: idOf(process),
    taskQueue,
    args: [input],
    signal: 'review',
    signalArgs: [],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    typedSearchAttributes: attributesOf(aboutOf(process)),
    staticSummary: summaryOf(process),
    ...('paymentOrderId' in input &&
      input.paymentOrderId !== null && { staticDetails: wholeLifeOf(input.paymentOrderId) }),
  });
}

/** Starts the sending of a message to a person, or wakes the one that waits: it is tried at once. Safe to repeat. */
export async function startNotification(
  client: Client,
  taskQueue: string,
  { merchantId, notificationId }: NotificationInput,
): Promise<void> {
  await client.workflow.signalWithStart('notificationWorkflow', {
    workflowId: workflowIds.notification(merchantId, notificationId),
    taskQueue,
    args: [{ merchantId, notificationId }],
    signal: 'review',
    signalArgs: [],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    typedSearchAttributes: attributesOf({ kind: 'notification', id: notificationId, merchantId }),
    staticSummary: 'a message on its way to somebody',
  });
}

/** Starts the delivery of an event to an endpoint, or wakes the one that runs: a replay is sent at once. Safe to repeat. */
export async function startWebhookDelivery(
  client: Client,
  taskQueue: string,
  { merchantId, deliveryId }: WebhookDeliveryInput,
): Promise<void> {
  await client.workflow.signalWithStart('webhookDeliveryWorkflow', {
    workflowId: workflowIds.webhookDelivery(merchantId, deliveryId),
    taskQueue,
    args: [{ merchantId, deliveryId }],
    signal: 'review',
    signalArgs: [],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    typedSearchAttributes: attributesOf({ kind: 'webhook_delivery', id: deliveryId, merchantId }),
    staticSummary: 'an event on its way to an endpoint',
  });
}

/** Starts the reconciliation of a settlement day, or finds the running one. Safe to repeat: a day run again comes to the same. */
export async function startReconciliation(
  client: Client,
  taskQueue: string,
  merchantId: string,
  date: string,
): Promise<string> {
  const workflowId = workflowIds.reconciliation(merchantId, date);
  await client.workflow.start('reconciliationWorkflow', {
    workflowId,
    taskQueue,
    args: [{ merchantId, date }],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    typedSearchAttributes: attributesOf({ kind: 'reconciliation', id: date, merchantId }),
    staticSummary: `settlement day ${date}`,
  });
  return workflowId;
}

/** Starts the reading of a file that was handed in, or finds the running one. Safe to repeat: a file that has its verdict keeps it. */
export async function startSettlementFile(
  client: Client,
  taskQueue: string,
  { merchantId, fileId }: SettlementFileInput,
): Promise<void> {
  await client.workflow.start('settlementFileWorkflow', {
    workflowId: workflowIds.settlementFile(merchantId, fileId),
    taskQueue,
    args: [{ merchantId, fileId }],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    typedSearchAttributes: attributesOf({ kind: 'settlement_file', id: fileId, merchantId }),
    staticSummary: 'a file that was handed in',
  });
}

/** Whether a workflow runs, has completed, or is gone (never started, terminated, failed, canceled or timed out). */
export async function runState(client: Client, workflowId: string): Promise<'running' | 'completed' | 'gone'> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' || status.name === 'PAUSED'
      ? 'running'
      : status.name === 'COMPLETED'
        ? 'completed'
        : 'gone';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}

/** A merchant's checkouts with a run of their own or of an order that was started before a time, by workflow id, from Temporal's (lagging) visibility store. */
export async function runningCheckouts(
  client: Client,
  taskQueue: string,
  merchantId: string,
  startedBefore: Date,
  limit: number,
): Promise<Map<string, string>> {
  const query = `WorkflowType IN ('checkoutWorkflow', 'paymentOrderWorkflow') AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}' AND MerchantId = '${merchantId}' AND StartTime < '${startedBefore.toISOString()}'`;
  const checkouts = new Map<string, string>();
  for await (const { workflowId, typedSearchAttributes } of client.workflow.list({ query })) {
    checkouts.set(workflowId, typedSearchAttributes.get(searchAttributeKeys.CheckoutId) ?? '');
    if (checkouts.size >= limit) break;
  }
  return checkouts;
}

/** Signals a workflow. Answers false when it isn't running: the row has the request, and a restart reads the row. */
export async function signalWorkflow(
  client: Client,
  workflowId: string,
  name: string,
  ...args: unknown[]
): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(name, ...args);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** A step of a run, as its history has it. */
interface HistoryStep {
  readonly name: string;
  readonly at: string;
  readonly done_at: string | null;
  readonly attempts: number;
  readonly outcome: string;
}

const mostSteps = 200;

/** The last run of a workflow with its steps in short; nothing when Temporal doesn't keep it any more. */
export async function runRecord(client: Client, workflowId: string) {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const standing = await handle.describe();
    return {
      workflow_id: workflowId,
      run_id: standing.runId,
      type: standing.type,
      status: standing.status.name.toLowerCase(),
      started_at: standing.startTime.toISOString(),
      closed_at: standing.closeTime?.toISOString() ?? null,
      steps: stepsOf(await handle.fetchHistory()),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

function stepsOf({ events }: History): HistoryStep[] {
  const steps = new Map<string, HistoryStep>();
  const timeOf = (event: { eventTime?: unknown }): string => {
    const time = event.eventTime as { seconds?: unknown; nanos?: number | null } | null | undefined;
    return new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();
  };
  const end = (id: unknown, event: object, outcome: string): void => {
    const step = steps.get(String(id));
    if (step !== undefined) steps.set(String(id), { ...step, done_at: timeOf(event), outcome });
  };
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled)
      steps.set(String(event.eventId), {
        name: scheduled.activityType?.name ?? 'activity',
        at: timeOf(event),
        done_at: null,
        attempts: 1,
        outcome: 'open',
      });
    const started = event.activityTaskStartedEventAttributes;
    if (started) {
      const step = steps.get(String(started.scheduledEventId));
      if (step !== undefined) steps.set(String(started.scheduledEventId), { ...step, attempts: started.attempt ?? 1 });
    }
    if (event.activityTaskCompletedEventAttributes)
      end(event.activityTaskCompletedEventAttributes.scheduledEventId, event, 'done');
    if (event.activityTaskFailedEventAttributes)
      end(event.activityTaskFailedEventAttributes.scheduledEventId, event, 'failed');
    if (event.activityTaskTimedOutEventAttributes)
      end(event.activityTaskTimedOutEventAttributes.scheduledEventId, event, 'timed out');
    const marker = event.markerRecordedEventAttributes;
    if (marker?.markerName === 'core_local_activity') {
      const at = timeOf(event);
      const failed = marker.failure !== null && marker.failure !== undefined;
      steps.set(String(event.eventId), {
        name: localActivityName(marker.details?.['data']?.payloads?.[0]?.data),
        at,
        done_at: at,
        attempts: 1,
        outcome: failed ? 'failed' : 'done',
      });
    }
  }
  return [...steps.values()].slice(0, mostSteps);
}

/** The SDK keeps a local activity's name inside its marker. */
function localActivityName(data: Uint8Array | null | undefined): string {
  try {
    const { activity_type: name } = JSON.parse(Buffer.from(data ?? []).toString('utf8')) as { activity_type?: string };
    return name ?? 'local activity';
  } catch {
    return 'local activity';
  }
}
