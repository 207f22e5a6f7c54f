import type { PrismaClient } from './database';
import { lockSubscription, type SubscriptionKey } from './subscription';
import { changeTerms } from './subscription-change';

export interface MigrationKey {
  readonly merchantId: string;
  readonly migrationId: string;
}

/** From which plan to which one. */
export interface MigrationWay {
  readonly migrationId: string;
  readonly fromPlanId: string;
  readonly toPlanId: string;
}

/** All subscriptions of one plan on their way to another. */
export interface MigrationRecord extends MigrationKey, MigrationWay {
  readonly prorate: boolean;
  readonly moved: number;
  readonly finishedAt: Date | null;
  readonly requestedBy: string;
  readonly requestFingerprint: Uint8Array;
  readonly createdAt: Date;
}

/**
 * Stores a migration, once per id: one that is there stays. It is not stored where one under way has the same plan to move, or leads
 * back to it over whatever plans: two such would hand the same subscriptions to each other for ever.
 */
export async function createPlanMigration(
  payments: PrismaClient,
  migration: Omit<MigrationRecord, 'moved' | 'finishedAt' | 'createdAt'>,
): Promise<MigrationRecord | { readonly inTheWay: MigrationWay }> {
  const { merchantId, fromPlanId, toPlanId } = migration;
  return payments.$transaction(async (rows) => {
    // Of two that are posted at once the second sees the first.
    await rows.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`plan migrations of ${merchantId}`}, 0))`;
    const known = await findPlanMigration(rows, migration);
    if (known !== undefined) return known;
    const [inTheWay] = await rows.$queryRaw<MigrationWay[]>`
      WITH RECURSIVE under_way AS (
        SELECT migration_id AS "migrationId", from_plan_id AS "fromPlanId", to_plan_id AS "toPlanId"
        FROM payments.plan_migration WHERE merchant_id = ${merchantId} AND finished_at IS NULL
      ), way AS (
        SELECT * FROM under_way WHERE "fromPlanId" = ${toPlanId}
        UNION SELECT next.* FROM way JOIN under_way AS next ON next."fromPlanId" = way."toPlanId"
      )
      SELECT * FROM under_way WHERE "fromPlanId" = ${fromPlanId}
      UNION ALL SELECT * FROM way WHERE "toPlanId" = ${fromPlanId}
      LIMIT 1`;
    if (inTheWay !== undefined) return { inTheWay };
    return rows.planMigration.create({
      data: { ...migration, requestFingerprint: new Uint8Array(migration.requestFingerprint) },
    });
  });
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
    await changeTerms(rows, subscription, {
      planId: migration.toPlanId,
      prorate: migration.prorate,
      at: 'next_period',
    });
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
