import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { SellerPosition, StatementsInput } from './messages';

const { announceStatements } = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

/** On the first of each month by a schedule: tells of the statements of the month before, one per seller who had entries in it. */
export async function statementsWorkflow(input: StatementsInput = {}): Promise<number> {
  const month = input.month ?? monthBefore(new Date());
  let told = 0;
  for (let after: SellerPosition | null = null; ;) {
    const { announced, next }: { announced: number; next: SellerPosition | null } = await announceStatements({
      month,
      after,
    });
    told += announced;
    if (next === null) return told;
    after = next;
  }
}

/** As `2027-02`, in UTC. */
function monthBefore(now: Date): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
}
