import { proxyActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../activities';

const { extendChains, verifyLedger } = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '5 minutes',
  retry: { maximumAttempts: 3 },
});

/** Every minute by a schedule: adds what was posted to the hash chains, off the way of any payment (L8). */
export async function ledgerChainWorkflow(): Promise<{ added: number }> {
  return extendChains();
}

/** Every night by a schedule: proves every book, and shows ops what doesn't (L6, V10). */
export async function ledgerCheckWorkflow(): Promise<{ problems: string[] }> {
  const result = await verifyLedger();
  if (result.problems.length > 0) {
    upsertSearchAttributes({ Phase: ['needs_attention'], NeedsAttention: [true] });
    setCurrentDetails(
      `**the ledger does not prove itself**\n\n${result.problems
        .slice(0, 20)
        .map((problem) => `- ${problem}`)
        .join('\n')}`,
    );
  }
  return result;
}
