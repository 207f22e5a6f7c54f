import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { workflowIds } from '../domain/identifiers';
import { checkoutAttributes, strayPaymentAttributes } from '../workflows/search-attributes';
import type { CheckoutInput, StrayPaymentInput } from '../workflows/messages';

/**
 * Starts a checkout's workflow, or finds the running one. A failed, canceled, terminated or timed-out run may be
 * followed by another; a completed one never (I7). The unique row is the lasting guard.
 */
export async function startCheckoutWorkflow(client: Client, taskQueue: string, input: CheckoutInput): Promise<void> {
  const orders = input.paymentOrders;
  await client.workflow.start('checkoutWorkflow', {
    workflowId: workflowIds.checkout(input.merchantId, input.checkoutId, input.round),
    taskQueue,
    args: [input],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    typedSearchAttributes: checkoutAttributes(input),
    staticSummary: `${String(orders.length)} payment order(s): ${orders
      .slice(0, 3)
      .map(({ amount }) => `${amount.amount} ${amount.currency}`)
      .join(' + ')}${orders.length > 3 ? ' + …' : ''}`,
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
      typedSearchAttributes: strayPaymentAttributes(input),
      staticSummary: `gives back a payment that no order waits for: ${input.reference}`,
    });
  } catch (error) {
    // It has been given back already: an event about it came late.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
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
