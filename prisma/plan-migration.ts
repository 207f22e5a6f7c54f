import type { PrismaClient } from './database';
import { changeTerms, lockSubscription, type SubscriptionKey } from './subscription';

export interface MigrationKey {
  readonly merchantId: string;
  readonly migrationId: string;
}

/** All subscriptions of one plan on their way to another. */
export interface MigrationRecord extends MigrationKey {
  readonly fromPlanId: string;
  readonly toPlanId: string;
  readonly prorate: boolean;
  readonly moved: number;
  readonly finishedAt: Date | null;
  readonly requestedBy: string;
  readonly requestFingerprint: Uint8Array;
  readonly createdAt: Date;
}

/** Stores a migration, once per id: one that is there stays. */
export async function createPlanMigration(
  payments: PrismaClient,
  migration: Omit<MigrationRecord, 'moved' | 'finishedAt' | 'createdAt'>,
): Promise<MigrationRecord> {
  await payments.planMigration.createMany({
    data: [{ ...migration, requestFingerprint: new Uint8Array(migration.requestFingerprint) }],
    skipDuplicates: true,
  });
  const stored = await findPlanMigration(payments, migration);
  if (stored === undefined) throw new Error(`migration ${migration.migrationId} was stored and is not there`);
  return stored;
}

export async function findPlanMigration(
  rows: Pick<PrismaClient, 'planMigration'>,
  { merchantId, migrationId }: MigrationKey,
): Promise<MigrationRecord | undefined> {
  return (await rows.planMigration.findFirst({ where: { merchantId, migrationId } })) ?? undefined;
}

/** How many of a plan's subscriptions are alive. */
export function countSubscriptionsOf(payments: PrismaClient, merchantId: string, planId: string): Promise<number> {
  return payments.subscription.count({ where: { merchantId, planId, endedAt: null } });
}

/** The next of a plan's live subscriptions. */
export async function subscriptionsOfPlan(
  payments: PrismaClient,
  merchantId: string,
  planId: string,
  limit: number,
): Promise<SubscriptionKey[]> {
  return payments.subscription.findMany({
    where: { merchantId, planId, endedAt: null },
    orderBy: { subscriptionId: 'asc' },
    take: limit,
    select: { merchantId: true, subscriptionId: true },
  });
}

/** Moves one subscription, and counts it, in one transaction: moved once, however often this is tried. */
export async function moveSubscription(
  payments: PrismaClient,
  key: SubscriptionKey,
  migration: MigrationRecord,
): Promise<void> {
  await payments.$transaction(async (rows) => {
    const subscription = await lockSubscription(rows, key);
    if (subscription?.endedAt !== null || subscription.planId !== migration.fromPlanId) return;
    await changeTerms(rows, subscription, { planId: migration.toPlanId, prorate: migration.prorate });
    await rows.planMigration.updateMany({
      where: { merchantId: migration.merchantId, migrationId: migration.migrationId },
      data: { moved: { increment: 1 } },
    });
  });
}

/** Nothing is left to move. Safe to repeat. */
export async function finishPlanMigration(
  payments: PrismaClient,
  { merchantId, migrationId }: MigrationKey,
): Promise<void> {
  await payments.planMigration.updateMany({
    where: { merchantId, migrationId, finishedAt: null },
    data: { finishedAt: new Date() },
  });
}

/** Migrations whose workflow should be looked at; each is given an hour. */
export async function claimPlanMigrations(payments: PrismaClient, limit: number): Promise<MigrationKey[]> {
  return payments.$queryRaw`
    UPDATE payments.plan_migration AS m SET sweep_after = now() + interval '1 hour'
    FROM (SELECT merchant_id, migration_id FROM payments.plan_migration
          WHERE finished_at IS NULL AND sweep_after <= now() ORDER BY sweep_after LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS due
    WHERE m.merchant_id = due.merchant_id AND m.migration_id = due.migration_id
    RETURNING m.merchant_id AS "merchantId", m.migration_id AS "migrationId"`;
}
