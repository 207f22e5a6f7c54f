import { randomUUID } from 'node:crypto';
import {
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { temporal, type google } from '@temporalio/proto';
import type { OpsVerb, ProcessKind, Standing } from '../domain/process';
import type { RequestedBy } from '../domain/requested-by';
import type { SellerLink } from '../workflows/messages';
import type { searchAttributeKeys } from '../workflows/search-attributes';

const { WorkflowExecutionStatus } = temporal.api.enums.v1;

/** How long a worker may take to answer for a process. */
const answersWithinMs = 8_000;

/** A process as lists show it. Temporal's visibility store is a moment behind. */
export interface ProcessRecord {
  readonly kind: string;
  readonly id: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  readonly phase: string | null;
  readonly needsAttention: boolean;
  readonly checkoutId: string | null;
  readonly paymentOrderId: string | null;
  readonly sellerAccount: string | null;
  readonly currency: string | null;
  readonly amountMinor: bigint | null;
  readonly startedAt: Date;
  readonly closedAt: Date | null;
}

/** What processes are looked for by; ids must be of the pattern for ids. */
export interface ProcessFilter {
  readonly kind?: ProcessKind | undefined;
  readonly needsAttention?: boolean | undefined;
  readonly running?: boolean | undefined;
  readonly phase?: string | undefined;
  readonly startedBefore?: Date | undefined;
  /** Any of these ids of anything: of a payment order, a checkout, a seller, the PSP's, or the process's own. */
  readonly about?: readonly string[] | undefined;
}

/** The workflow engine, or every worker, is away. Nothing is known to have been done. */
export class WorkflowsUnavailable extends Error {}

function queryOf(taskQueue: string, merchantId: string, filter: ProcessFilter): string {
  const equals = (name: string, value: string): string => `${name} = '${value}'`;
  const about = (filter.about ?? []).flatMap((id) =>
    ['PaymentOrderId', 'CheckoutId', 'SellerId', 'PspReference', 'BusinessId'].map((name) => equals(name, id)),
  );
  return [
    equals('MerchantId', merchantId),
    equals('TaskQueue', taskQueue),
    ...(filter.kind === undefined ? [] : [equals('Kind', filter.kind)]),
    ...(filter.needsAttention === undefined ? [] : [`NeedsAttention = ${String(filter.needsAttention)}`]),
    ...(filter.running === undefined ? [] : [`ExecutionStatus ${filter.running ? '=' : '!='} 'Running'`]),
    ...(filter.phase === undefined ? [] : [equals('Phase', filter.phase)]),
    ...(filter.startedBefore === undefined ? [] : [`StartTime < '${filter.startedBefore.toISOString()}'`]),
    ...(about.length === 0 ? [] : [`(${about.join(' OR ')})`]),
  ].join(' AND ');
}

/** A merchant's processes by what is known of them, the newest first. @throws WorkflowsUnavailable */
export async function listProcesses(
  client: Client,
  taskQueue: string,
  merchantId: string,
  filter: ProcessFilter,
  page: { readonly limit: number; readonly after: string | null },
): Promise<{ processes: ProcessRecord[]; next: string | null }> {
  const { executions, nextPageToken } = await reached(() =>
    client.withDeadline(Date.now() + answersWithinMs, () =>
      client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query: queryOf(taskQueue, merchantId, filter),
        pageSize: page.limit,
        ...(page.after !== null && { nextPageToken: Buffer.from(page.after, 'base64url') }),
      }),
    ),
  );
  return {
    processes: executions.map(processOf),
    next: nextPageToken.length === 0 ? null : Buffer.from(nextPageToken).toString('base64url'),
  };
}

function processOf(info: temporal.api.workflow.v1.IWorkflowExecutionInfo): ProcessRecord {
  const fields = info.searchAttributes?.indexedFields ?? {};
  const value = (key: keyof typeof searchAttributeKeys): unknown => {
    const data = fields[key]?.data;
    return data === undefined || data === null ? null : (JSON.parse(Buffer.from(data).toString('utf8')) as unknown);
  };
  const word = (key: keyof typeof searchAttributeKeys): string | null => {
    const found = value(key);
    return typeof found === 'string' ? found : null;
  };
  const amount = value('AmountMinor');
  return {
    kind: word('Kind') ?? '',
    id: word('BusinessId') ?? '',
    workflowId: info.execution?.workflowId ?? '',
    runId: info.execution?.runId ?? '',
    status: (WorkflowExecutionStatus[info.status ?? 0] ?? '').replace('WORKFLOW_EXECUTION_STATUS_', '').toLowerCase(),
    phase: word('Phase'),
    needsAttention: value('NeedsAttention') === true,
    checkoutId: word('CheckoutId'),
    paymentOrderId: word('PaymentOrderId'),
    sellerAccount: word('SellerId'),
    currency: word('Currency'),
    amountMinor: typeof amount === 'number' ? BigInt(amount) : null,
    startedAt: timeOf(info.startTime) ?? new Date(0),
    closedAt: timeOf(info.closeTime),
  };
}

const timeOf = (time: google.protobuf.ITimestamp | null | undefined): Date | null =>
  time === null || time === undefined
    ? null
    : new Date(Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6));

/** How a process stands by its own word; nothing when there is no such run. @throws WorkflowsUnavailable */
export async function standingOf(
  client: Client,
  workflowId: string,
): Promise<{ status: string; runId: string; standing: Standing | null } | undefined> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { status, runId } = await reached(() =>
      client.withDeadline(Date.now() + answersWithinMs, () => handle.describe()),
    );
    // Without a worker, or by one of an older version, nobody can say more.
    const standing = await client
      .withDeadline(Date.now() + answersWithinMs, () => handle.query<Standing>('standing'))
      .catch(() => null);
    return { status: status.name.toLowerCase(), runId, standing };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** What became of a person's word: taken, with the process's answer, or refused, with the sentence that says why. */
export type WordOutcome =
  | { readonly outcome: 'taken'; readonly message: string }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'not_running' };

/**
 * Tells a process what a person has decided. Safe to repeat with the same update id: it is taken once.
 *
 * @throws WorkflowsUnavailable when nobody has answered; the word may have been taken all the same
 */
export async function tellProcess(
  client: Client,
  workflowId: string,
  verb: OpsVerb,
  by: RequestedBy,
  updateId: string = randomUUID(),
): Promise<WordOutcome> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const message = await reached(() =>
      client.withDeadline(Date.now() + answersWithinMs, () =>
        handle.executeUpdate<string, [RequestedBy]>(verb, { args: [by], updateId }),
      ),
    );
    // A word that was taken and then lost to another one, such as a second person's.
    return message.startsWith('refused: ')
      ? { outcome: 'refused', why: message.slice('refused: '.length) }
      : { outcome: 'taken', message };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { outcome: 'not_running' };
    if (error instanceof WorkflowUpdateFailedError)
      return { outcome: 'refused', why: (error.cause?.message ?? error.message).replace(/^refused: /, '') };
    throw error;
  }
}

/** What became of asking a seller's workflow for a link to the PSP's onboarding. */
export type LinkOutcome =
  | { readonly outcome: 'made'; readonly link: SellerLink }
  | { readonly outcome: 'not_running' }
  | { readonly outcome: 'refused'; readonly why: string };

/** Has a seller's workflow make a link to the PSP's onboarding. @throws WorkflowsUnavailable */
export async function askForSellerLink(client: Client, workflowId: string): Promise<LinkOutcome> {
  try {
    const link = await reached(() =>
      client.withDeadline(Date.now() + answersWithinMs, () =>
        client.workflow.getHandle(workflowId).executeUpdate<SellerLink, []>('onboarding_link'),
      ),
    );
    return { outcome: 'made', link };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { outcome: 'not_running' };
    if (error instanceof WorkflowUpdateFailedError)
      return { outcome: 'refused', why: (error.cause?.message ?? error.message).replace(/^refused: /, '') };
    throw error;
  }
}

async function reached<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isAway(error))
      throw new WorkflowsUnavailable('nobody has answered', { cause: error });
    throw error;
  }
}

/** gRPC: DEADLINE_EXCEEDED, UNAVAILABLE. */
const awayCodes: ReadonlySet<number> = new Set([4, 14]);

function isAway(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && awayCodes.has(cause.code);
}
