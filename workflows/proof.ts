import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, PaymentProof } from '../activities';
import { pspTaskQueue, type ProofInput } from './messages';

/** Reads a payment order from every side and judges it. It is asked for by a person who waits: it tries a few times and no more. */
export async function proofWorkflow(input: ProofInput): Promise<PaymentProof> {
  const { provePayment } = proxyActivities<Activities>({
    taskQueue: pspTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '20 seconds',
    retry: { maximumAttempts: 3 },
  });
  return provePayment(input);
}
