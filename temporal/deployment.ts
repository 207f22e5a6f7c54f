import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';

/** What the product's workers are called together, whatever their release. */
export const deploymentName = 'paysaga';

const pollMs = 500;

/**
 * Gives the work to a release: from now on its workers take new and running workflows. Waits until workers of it poll. Safe to
 * repeat, and to go back with.
 *
 * @throws Error when none of its workers has come in time
 */
export async function makeCurrent(client: Client, buildId: string, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      await client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: client.options.namespace,
        deploymentName,
        buildId,
        version: `${deploymentName}.${buildId}`,
        identity: `release of ${buildId}`,
      });
      return;
    } catch (error) {
      // Temporal knows a release by its workers.
      if (Date.now() > deadline)
        throw new Error(`no worker with WORKER_BUILD_ID ${buildId} polls: start them first`, { cause: error });
      await pause(pollMs);
    }
  }
}
