import {
  findPlanMigration,
  finishPlanMigration,
  moveSubscription,
  subscriptionsOfPlan,
  type MigrationKey,
} from '../prisma/plan-migration';
import type { Dependencies } from './dependencies';
import { failure } from './failure';

/** So many subscriptions are moved by one call. */
const batch = 50;

/** How far a migration has come. */
export interface MigrationStanding {
  readonly moved: number;
  readonly finished: boolean;
}

/**
 * Moves the next subscriptions of a plan to another one. A retry is safe: each is moved and counted in one transaction, and one that
 * was moved is no longer of the plan.
 *
 * @throws NotFound
 */
export async function migrateSubscriptions(
  { databases, failpoint }: Dependencies,
  key: MigrationKey,
): Promise<MigrationStanding> {
  const { payments } = databases;
  const migration = await findPlanMigration(payments, key);
  if (migration === undefined) throw failure('NotFound', `there is no migration ${key.migrationId}`);
  if (migration.finishedAt !== null) return { moved: migration.moved, finished: true };
  const next = await subscriptionsOfPlan(payments, key.merchantId, migration.fromPlanId, batch);
  for (const subscription of next) {
    await moveSubscription(payments, subscription, migration);
    await failpoint('plan_migration.after_one', subscription.subscriptionId);
  }
  if (next.length === 0) await finishPlanMigration(payments, key);
  const { moved } = (await findPlanMigration(payments, key)) ?? migration;
  return { moved, finished: next.length === 0 };
}
