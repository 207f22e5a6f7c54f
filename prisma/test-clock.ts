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

/** Puts a test clock forward; never back. Answers whether it could be. Who has nothing to do by the new time has done it. */
export async function advanceTestClock(
  payments: PrismaClient,
  { merchantId, testClockId }: Pick<TestClockRecord, 'merchantId' | 'testClockId'>,
  to: Date,
): Promise<boolean> {
  return payments.$transaction(async (rows) => {
    const { count } = await rows.testClock.updateMany({
      where: { merchantId, testClockId, frozenAt: { lte: to } },
      data: { frozenAt: to, updatedAt: new Date() },
    });
    if (count === 0) return false;
    await rows.$executeRaw`
      UPDATE payments.subscription AS s SET stepped_to = ${to}::timestamptz
      FROM payments.plan AS p
      WHERE p.merchant_id = s.merchant_id AND p.plan_id = s.plan_id
        AND s.merchant_id = ${merchantId} AND s.test_clock_id = ${testClockId} AND s.ended_at IS NULL AND s.stepped_to IS NOT NULL
        AND s.cancel_requested IS NULL AND (s.resume_at IS NULL OR s.resume_at > ${to}::timestamptz)
        AND (s.payment_method IS NULL
             OR payments.period_start(s.anchor, s.time_zone, p.period_unit, p.period_count, s.next_period - s.anchor_period) > ${to}::timestamptz)
        AND NOT EXISTS (SELECT FROM payments.subscription_period AS o
                        WHERE o.merchant_id = s.merchant_id AND o.subscription_id = s.subscription_id AND o.period_state = 'open')`;
    return true;
  });
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
