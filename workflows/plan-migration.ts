import { continueAsNew } from '@temporalio/workflow';
import { ours, patient } from './activities';
import type { PlanMigrationInput } from './messages';
import { countEnd } from './outcome-metrics';
import { StepRunner } from './step-runner';

export interface PlanMigrationResult {
  readonly moved: number;
}

/** After so many batches a run goes on as a new one. */
const mostBatches = 500;

/**
 * Moves all subscriptions of a plan to another one, some at a time. Rows decide: what was moved is no longer of the plan, so that this
 * may be started again at any time.
 */
export async function planMigrationWorkflow(input: PlanMigrationInput): Promise<PlanMigrationResult> {
  const { merchantId, migrationId } = input;
  const runner = new StepRunner({
    about: { kind: 'plan_migration', id: migrationId },
    title: `Migration \`${migrationId}\` of subscriptions from one plan to another`,
    suppliable: [],
    record: (act) =>
      patient.recordOpsAction({
        merchantId,
        paymentOrderId: null,
        subject: `plan_migration:${migrationId}`,
        ...act,
      }),
    park: () => Promise.resolve(),
  });
  for (let batches = 0; batches < mostBatches; batches += 1) {
    const { moved, finished } = await runner.run('moving', () =>
      ours.migrateSubscriptions({ merchantId, migrationId }),
    );
    if (!finished) continue;
    runner.tell('finished', `${String(moved)} moved`);
    countEnd('plan_migration', 'finished');
    return { moved };
  }
  return continueAsNew<typeof planMigrationWorkflow>({ merchantId, migrationId });
}
