import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { submitCard } from '../support/payment-page';
import { TestStack, unique, type Problem } from '../support/stack';

/** The time by which subscriptions are due is ahead of the real one: a year passes as fast as it is charged. */
let aheadMs = 0;
const clock = (): Date => new Date(Date.now() + aheadMs);
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ plant: (dependencies) => ({ ...dependencies, now: clock }) });
});
beforeEach(() => {
  aheadMs = 0;
});
afterEach(async () => {
  await stack.clearFaults();
  expect(await stack.differences()).toEqual([]);
});
afterAll(() => stack.stop());

interface SubscriptionView {
  readonly subscription_id: string;
  readonly subscription_status: string;
  readonly first_period_at: string;
  readonly next_period: number;
  readonly action_url: string | null;
  readonly end_reason: string | null;
  readonly credit_card_info: { readonly payment_method: string };
}
interface PeriodView {
  readonly period: number;
  readonly starts_at: string;
  readonly amount: string;
  readonly period_state: string;
  readonly tries: number;
  readonly checkout_id: string | null;
  readonly next_try_at: string | null;
  readonly decline_class: string | null;
}

async function plan(more: Record<string, unknown> = {}): Promise<string> {
  const id = unique('plan');
  const { status } = await stack.call('POST', '/v1/plans', {
    plan_id: id,
    name: 'Gold',
    seller_account: unique('seller'),
    amount: '9.90',
    currency: 'EUR',
    platform_fee: '0.99',
    interval: 'month',
    ...more,
  });
  expect(status).toBe(201);
  return id;
}

async function subscribe(planId: string, more: Record<string, unknown> = {}): Promise<string> {
  const id = unique('sub');
  const { status, body } = await stack.call<Problem>('POST', '/v1/subscriptions', {
    subscription_id: id,
    plan_id: planId,
    buyer_info: { id: unique('buyer') },
    credit_card_info: { payment_method: 'pm_card_visa' },
    ...more,
  });
  expect([status, body.detail]).toEqual([201, undefined]);
  return id;
}

const read = async (id: string): Promise<SubscriptionView> =>
  (await stack.call<SubscriptionView>('GET', `/v1/subscriptions/${id}`)).body;
const periods = async (id: string): Promise<PeriodView[]> =>
  (await stack.call<{ data: PeriodView[] }>('GET', `/v1/subscriptions/${id}/periods`)).body.data.toReversed();
const tell = (id: string, verb: string, body: object = {}) =>
  stack.call<SubscriptionView & Problem>('POST', `/v1/subscriptions/${id}/${verb}`, body);
const until = async (
  id: string,
  wanted: (found: PeriodView[], of: SubscriptionView) => boolean,
): Promise<PeriodView[]> => {
  let found: PeriodView[] = [];
  await stack.eventually(async () => {
    found = await periods(id);
    const standing = await read(id);
    return wanted(found, standing) ? undefined : JSON.stringify([standing, found]);
  }, 60);
  return found;
};
const states = (found: readonly PeriodView[]): string => found.map((period) => period.period_state).join(' ');
/** Lets a time come, and has the subscription look at the clock, as its timer would. */
async function at(id: string, time: string | number): Promise<void> {
  aheadMs = typeof time === 'string' ? Date.parse(time) - Date.now() : aheadMs + time * 24 * 3_600_000;
  await stack.client.workflow
    .getHandle(`subscription/default/${id}`)
    .signal('review')
    .catch(() => undefined);
}
/** As if it had been made then: the first period begins at that moment. */
async function anchored(id: string, time: string, zone = 'UTC'): Promise<void> {
  await stack.owner.query('UPDATE payments.subscription SET anchor = $2, time_zone = $3 WHERE subscription_id = $1', [
    id,
    time,
    zone,
  ]);
}
const charges = async (id: string): Promise<number> => {
  const { rows } = await stack.owner.query<{ count: string }>(
    `SELECT count(*) FROM payments.payment_order WHERE checkout_id LIKE $1 AND payment_order_status = 'SUCCESS'`,
    [`${id}.%`],
  );
  return Number(rows[0]?.count);
};
const later = { starts_at: new Date(Date.now() + 3_000_000).toISOString() };

describe('S1 the calendar', () => {
  const starts = async (anchor: string, zone: string, unit: string, count: number, upTo: number): Promise<string[]> => {
    const { rows } = await stack.owner.query<{ at: Date }>(
      'SELECT payments.period_start($1, $2, $3, $4, n) AS at FROM generate_series(0, $5::int) AS n ORDER BY n',
      [anchor, zone, unit, count, upTo],
    );
    return rows.map((row) => row.at.toISOString());
  };

  it('a month that lacks the day has its last one, and the next one has the day again', async () => {
    expect(await starts('2026-01-31T09:00:00Z', 'UTC', 'month', 1, 4)).toEqual([
      '2026-01-31T09:00:00.000Z',
      '2026-02-28T09:00:00.000Z',
      '2026-03-31T09:00:00.000Z',
      '2026-04-30T09:00:00.000Z',
      '2026-05-31T09:00:00.000Z',
    ]);
    expect((await starts('2028-01-31T09:00:00Z', 'UTC', 'month', 1, 1))[1]).toBe('2028-02-29T09:00:00.000Z');
    expect(await starts('2028-02-29T09:00:00Z', 'UTC', 'year', 1, 4)).toEqual([
      '2028-02-29T09:00:00.000Z',
      '2029-02-28T09:00:00.000Z',
      '2030-02-28T09:00:00.000Z',
      '2031-02-28T09:00:00.000Z',
      '2032-02-29T09:00:00.000Z',
    ]);
  });

  it('is the buyer’s: the same time of day over daylight saving, and the day as it is there', async () => {
    // Midnight in Berlin is another day in UTC; its clocks change on 29 March.
    expect(await starts('2026-01-30T23:30:00Z', 'Europe/Berlin', 'month', 1, 3)).toEqual([
      '2026-01-30T23:30:00.000Z',
      '2026-02-27T23:30:00.000Z',
      '2026-03-30T22:30:00.000Z',
      '2026-04-29T22:30:00.000Z',
    ]);
  });

  it('an hour that a day lacks is the next one, an hour that it has twice is charged once', async () => {
    const spring = await starts('2026-03-28T01:30:00Z', 'Europe/Berlin', 'day', 1, 2);
    expect(spring).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z']);
    const autumn = await starts('2026-10-24T00:30:00Z', 'Europe/Berlin', 'day', 1, 2);
    expect(autumn).toEqual(['2026-10-24T00:30:00.000Z', '2026-10-25T01:30:00.000Z', '2026-10-26T01:30:00.000Z']);
  });

  it('whatever anchor, zone and interval: each period begins after the one before it', async () => {
    const { rows } = await stack.owner.query(`
      WITH tried AS (
        SELECT '2026-01-01'::timestamptz + (random() * 1500) * interval '1 day' AS anchor, unit, 1 + floor(random() * 6)::int AS count, zone
        FROM generate_series(1, 60), (VALUES ('day'), ('week'), ('month'), ('year')) AS u(unit),
             (VALUES ('UTC'), ('Europe/Berlin'), ('America/New_York'), ('Pacific/Auckland'), ('Asia/Kathmandu')) AS z(zone)),
      starts AS (
        SELECT tried.*, n, payments.period_start(anchor, zone, unit, count, n) AS at,
               lead(payments.period_start(anchor, zone, unit, count, n)) OVER (PARTITION BY anchor, zone, unit, count ORDER BY n) AS next
        FROM tried, generate_series(0, 24) AS n)
      SELECT FROM starts WHERE next IS NOT NULL AND next <= at
        OR (unit IN ('month', 'year') AND extract(day FROM at AT TIME ZONE zone) <> least(
             extract(day FROM anchor AT TIME ZONE zone),
             extract(day FROM date_trunc('month', at AT TIME ZONE zone) + interval '1 month - 1 day')))`);
    expect(rows).toHaveLength(0);
  });
});

describe('S2 a subscription', () => {
  it('charges the first period at once and each later one when it begins, once, as an ordinary checkout', async () => {
    const id = await subscribe(await plan(), { quantity: 3 });
    const [first] = await until(id, (found) => states(found) === 'paid');
    expect(first).toMatchObject({ period: 0, amount: '29.70', tries: 1, checkout_id: `${id}.0` });
    const checkout = await stack.checkout(`${id}.0`);
    expect(checkout.body).toMatchObject({ checkout_status: 'paid', metadata: { subscription_id: id, period: '0' } });
    // The name of a test card has become a card of the buyer's own.
    expect((await read(id)).credit_card_info.payment_method).not.toBe('pm_card_visa');

    for (let month = 1; month <= 3; month += 1) {
      await at(id, 31);
      await until(id, (found) => found.length === month + 1 && states(found).endsWith('paid'));
    }
    expect(await charges(id)).toBe(4);
    // Looked at again and again, nothing more is charged.
    await Promise.all(Array.from({ length: 8 }, () => at(id, 0)));
    await stack.takeUp();
    expect(await charges(id)).toBe(4);
  });

  it('that slept over several periods charges each of them, in their order', async () => {
    const id = await subscribe(await plan({ interval: 'week' }));
    await until(id, (found) => states(found) === 'paid');
    await at(id, 22);
    const found = await until(id, (all) => states(all) === 'paid paid paid paid');
    expect(found.map(({ period }) => period)).toEqual([0, 1, 2, 3]);
    expect(await charges(id)).toBe(4);
  });

  it('a trial costs nothing, and the month’s end is counted from its end', async () => {
    const id = await subscribe(await plan({ trial_days: 14 }), later);
    expect(await read(id)).toMatchObject({ subscription_status: 'trialing' });
    await anchored(id, '2027-01-31T09:00:00Z');
    await at(id, '2027-01-30T09:00:00Z');
    expect(await periods(id)).toEqual([]);
    await at(id, '2027-01-31T09:00:01Z');
    await until(id, (found) => states(found) === 'paid');
    await at(id, '2027-02-28T09:00:01Z');
    const found = await until(id, (all) => states(all) === 'paid paid');
    expect(found[1]?.starts_at).toBe('2027-02-28T09:00:00.000Z');
    const { body } = await stack.call<{ upcoming: PeriodView }>('GET', `/v1/subscriptions/${id}/upcoming`);
    expect(body.upcoming).toMatchObject({ period: 2, starts_at: '2027-03-31T09:00:00.000Z', amount: '9.90' });
  });

  it('a soft decline is tried again in three days, and the next day of plenty pays', async () => {
    const id = await subscribe(await plan(), later);
    await stack.fault({ kind: 'decline', decline_code: 'insufficient_funds', metadata: { checkout_id: `${id}.0` } });
    await at(id, 1);
    const [failed] = await until(id, ([first]) => first?.next_try_at !== null && first?.decline_class === 'soft');
    const hours = (Date.parse(failed?.next_try_at ?? '') - clock().getTime()) / 3_600_000;
    expect(hours).toBeCloseTo(72, 1);
    expect(await read(id)).toMatchObject({ subscription_status: 'past_due' });
    await at(id, 2);
    expect(await charges(id)).toBe(0);
    await at(id, 1.01);
    const found = await until(id, (all) => states(all) === 'paid');
    expect(found[0]).toMatchObject({ tries: 2, checkout_id: `${id}.0.1` });
    await until(id, (_all, { subscription_status: status }) => status === 'active');
    expect(await charges(id)).toBe(1);
  });

  it('a card that never works is not tried again: the buyer gets a link, and pays there', async () => {
    const id = await subscribe(await plan(), {
      ...later,
      credit_card_info: { payment_method: 'pm_card_authenticationRequired' },
    });
    await at(id, 1);
    await until(id, (_all, { action_url: url }) => url !== null);
    const { action_url: url } = await read(id);
    expect((await periods(id))[0]).toMatchObject({ decline_class: 'authentication' });
    await submitCard(url ?? '', '4242424242424242');
    await until(id, (all) => states(all) === 'paid');
    expect(await charges(id)).toBe(1);
  });

  it('a new card pays an unpaid period at once, and its page is taken back', async () => {
    const id = await subscribe(await plan(), {
      ...later,
      credit_card_info: { payment_method: 'pm_card_chargeDeclinedExpiredCard' },
    });
    await at(id, 1);
    await until(id, (_all, { action_url: url }) => url !== null);
    expect(
      (await tell(id, 'payment_method', { credit_card_info: { payment_method: 'pm_card_mastercard' } })).status,
    ).toBe(202);
    const found = await until(id, (all) => states(all) === 'paid');
    expect(found[0]?.tries).toBe(3);
    expect(await charges(id)).toBe(1);
    expect((await stack.checkout(`${id}.0.1`)).body.checkout_status).toBe('canceled');
  });

  it('that nobody pays ends when its plan says so, and goes on when it says that', async () => {
    const policies = { dunning: { soft_hours: [24], give_up_days: 5 } };
    for (const [whenUnpaid, status] of [
      ['cancel', 'canceled'],
      ['keep', 'unpaid'],
    ] as const) {
      aheadMs = 0;
      const id = await subscribe(await plan({ ...policies, when_unpaid: whenUnpaid }), later);
      for (const checkout of [`${id}.0`, `${id}.0.1`])
        await stack.fault({ kind: 'decline', decline_code: 'insufficient_funds', metadata: { checkout_id: checkout } });
      await at(id, 1);
      await until(id, ([first]) => (first?.next_try_at ?? null) !== null);
      await at(id, 1.01);
      await until(id, (all, standing) => states(all) === 'failed' && standing.subscription_status === status);
      await at(id, 31);
      if (whenUnpaid === 'keep')
        await until(id, (all, standing) => states(all) === 'failed paid' && standing.subscription_status === 'active');
      expect(await charges(id)).toBe(whenUnpaid === 'keep' ? 1 : 0);
      if (whenUnpaid === 'cancel') expect(await read(id)).toMatchObject({ end_reason: 'unpaid' });
    }
  });

  it('paused charges nothing; what began meanwhile is skipped, and the calendar stays', async () => {
    const id = await subscribe(await plan());
    await until(id, (found) => states(found) === 'paid');
    await tell(id, 'pause');
    await until(id, (_all, { subscription_status: status }) => status === 'paused');
    await at(id, 65);
    await until(id, (found) => states(found) === 'paid skipped skipped');
    await tell(id, 'resume');
    await until(id, (_all, { subscription_status: status }) => status === 'active');
    expect(await charges(id)).toBe(1);
    await at(id, 30);
    await until(id, (found) => states(found) === 'paid skipped skipped paid');
    expect(await charges(id)).toBe(2);
  });

  it('resumes by itself at the time it was paused to', async () => {
    const id = await subscribe(await plan());
    await until(id, (found) => states(found) === 'paid');
    await tell(id, 'pause', { resume_at: new Date(clock().getTime() + 40 * 24 * 3_600_000).toISOString() });
    await at(id, 32);
    await until(id, (found) => states(found) === 'paid skipped');
    await at(id, 9);
    await until(id, (_all, { subscription_status: status }) => status === 'active');
    await at(id, 25);
    await until(id, (found) => states(found) === 'paid skipped paid');
  });

  it('canceled at the period’s end is not charged again; now, it is over at once', async () => {
    const planId = await plan();
    const [late, soon] = [await subscribe(planId), await subscribe(planId)];
    for (const id of [late, soon]) await until(id, (found) => states(found) === 'paid');
    await tell(late, 'cancel', { at: 'period_end' });
    await tell(soon, 'cancel', { at: 'now', reason: 'no longer wanted' });
    await until(soon, (_all, { subscription_status: status }) => status === 'canceled');
    expect(await read(late)).toMatchObject({ subscription_status: 'active', cancel_at_period_end: true });
    await at(late, 32);
    await until(late, (_all, { subscription_status: status }) => status === 'canceled');
    expect([await charges(late), await charges(soon)]).toEqual([1, 1]);
    const refused = await tell(soon, 'resume');
    expect([refused.status, refused.body.type]).toEqual([409, 'urn:paysaga:problem:already-final']);
  });

  it('another quantity and another plan count from the next period on', async () => {
    const seller = unique('seller');
    const [gold, silver] = [
      await plan({ seller_account: seller }),
      await plan({ seller_account: seller, amount: '5.00', platform_fee: '0.00' }),
    ];
    const id = await subscribe(gold);
    await until(id, (found) => states(found) === 'paid');
    expect((await tell(id, 'change', { plan_id: silver, quantity: 4 })).status).toBe(202);
    await at(id, 32);
    const found = await until(id, (all) => states(all) === 'paid paid');
    expect(found.map(({ amount }) => amount)).toEqual(['9.90', '20.00']);
    const other = await tell(id, 'change', { plan_id: await plan({ seller_account: seller, interval: 'year' }) });
    expect(other.body.errors?.[0]).toEqual({
      pointer: '/plan_id',
      detail: 'must be a plan of the same seller, currency and interval',
    });
  });

  it('T5 whose workflow is gone is taken up again by the sweeper, and charges nothing twice', async () => {
    const id = await subscribe(await plan());
    await until(id, (found) => states(found) === 'paid');
    await stack.client.workflow.getHandle(`subscription/default/${id}`).terminate();
    aheadMs += 32 * 24 * 3_600_000;
    await stack.owner.query('UPDATE payments.subscription SET sweep_after = now() WHERE subscription_id = $1', [id]);
    await stack.takeUp();
    await until(id, (found) => states(found) === 'paid paid');
    expect(await charges(id)).toBe(2);
  });

  it('nobody writes over what was settled', async () => {
    const id = await subscribe(await plan());
    await until(id, (found) => states(found) === 'paid');
    await expect(
      stack.databases.payments.subscriptionPeriod.updateMany({
        where: { subscriptionId: id },
        data: { periodState: 'open', settledAt: null },
      }),
    ).rejects.toThrow(/it stays so/);
  });

  it.each([
    ['/v1/plans', { interval: 'fortnight' }, '/interval'],
    ['/v1/plans', { amount: '0.00' }, '/amount'],
    ['/v1/plans', { platform_fee: '10.00' }, '/platform_fee'],
    ['/v1/plans', { dunning: { soft_hours: Array.from({ length: 10 }, () => 24) } }, '/dunning/soft_hours'],
    ['/v1/subscriptions', { plan_id: 'nobodys' }, '/plan_id'],
    ['/v1/subscriptions', { time_zone: 'Berlin' }, '/time_zone'],
    ['/v1/subscriptions', { starts_at: '2020-01-01T00:00:00Z' }, '/starts_at'],
    ['/v1/subscriptions', { quantity: 0 }, '/quantity'],
  ])('%s with %j is refused, and %s is named', async (path, wrong, pointer) => {
    const good =
      path === '/v1/plans'
        ? {
            plan_id: unique('plan'),
            name: 'P',
            seller_account: 'ada',
            amount: '9.90',
            currency: 'EUR',
            interval: 'month',
          }
        : {
            subscription_id: unique('sub'),
            plan_id: await plan(),
            buyer_info: { id: 'b' },
            credit_card_info: { payment_method: 'pm_card_visa' },
          };
    const { status, body } = await stack.call<Problem>('POST', path, { ...good, ...wrong });
    expect(status).toBe(422);
    expect(body.errors?.map((error) => error.pointer)).toContain(pointer);
  });
});
