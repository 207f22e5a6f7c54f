import type { PrismaClient } from './database';

/** The time by which some subscriptions are due. */
export interface TestClockRecord {
  readonly merchantId: string;
  readonly testClockId: string;
  readonly frozenAt: Date;
  readonly createdAt: Date;
}

/** Stores a test clock, once per id: one that is there stays. */
export async function createTestClock(
  payments: PrismaClient,
  clock: Pick<TestClockRecord, 'merchantId' | 'testClockId' | 'frozenAt'>,
): Promise<TestClockRecord> {
  await payments.testClock.createMany({ data: [clock], skipDuplicates: true });
  const stored = await findTestClock(payments, clock.merchantId, clock.testClockId);
  if (stored === undefined) throw new Error(`test clock ${clock.testClockId} was stored and is not there`);
  return stored;
}

export async function findTestClock(
  rows: Pick<PrismaClient, 'testClock'>,
  merchantId: string,
  testClockId: string,
): Promise<TestClockRecord | undefined> {
  return (await rows.testClock.findFirst({ where: { merchantId, testClockId } })) ?? undefined;
}

/** Puts a test clock forward; never back. Answers whether it could be. */
export async function advanceTestClock(
  payments: PrismaClient,
  { merchantId, testClockId }: Pick<TestClockRecord, 'merchantId' | 'testClockId'>,
  to: Date,
): Promise<boolean> {
  const { count } = await payments.testClock.updateMany({
    where: { merchantId, testClockId, frozenAt: { lte: to } },
    data: { frozenAt: to, updatedAt: new Date() },
  });
  return count > 0;
}

/** The live subscriptions that go by a test clock, and how many of them have not yet done what is due by it. */
export async function followersOf(
  payments: PrismaClient,
  { merchantId, testClockId }: Pick<TestClockRecord, 'merchantId' | 'testClockId'>,
): Promise<{ readonly subscriptionId: string; readonly isBehind: boolean }[]> {
  return payments.$queryRaw`
    SELECT s.subscription_id AS "subscriptionId", (s.stepped_to IS NULL OR s.stepped_to < c.frozen_at) AS "isBehind"
    FROM payments.subscription AS s JOIN payments.test_clock AS c USING (merchant_id, test_clock_id)
    WHERE s.merchant_id = ${merchantId} AND s.test_clock_id = ${testClockId} AND s.ended_at IS NULL
    ORDER BY s.subscription_id`;
}
