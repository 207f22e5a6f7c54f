import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { answer, submitCard } from '../support/payment-page';
import { opsKey, TestStack, unique, type Problem } from '../support/stack';

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
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
  readonly credit_card_info: { readonly payment_method: string } | null;
  readonly card_page_url: string | null;
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
  readonly decline_code: string | null;
}

async function plan(more: Record<string, unknown> = {}): Promise<string> {
  const id = unique('plan');
  const { status, body } = await stack.call<Problem>('POST', '/v1/plans', {
    plan_id: id,
    name: 'Gold',
    seller_account: unique('seller'),
    amount: '9.90',
    currency: 'EUR',
    platform_fee: '0.99',
    interval: 'month',
    ...more,
  });
  expect([status, body.detail]).toEqual([201, undefined]);
  return id;
}

/** Each goes by a clock of its own: a year passes as fast as it is charged. */
const clockOf = (id: string): string => `clock-${id}`;
async function time(id: string): Promise<number> {
  const { body } = await stack.call<{ frozen_at: string }>('GET', `/v1/test_clocks/${clockOf(id)}`);
  return Date.parse(body.frozen_at);
}
const day = 24 * 3_600_000;

async function subscribe(planId: string, more: Record<string, unknown> = {}): Promise<string> {
  const id = unique('sub');
  await stack.call('POST', '/v1/test_clocks', { test_clock_id: clockOf(id), frozen_at: new Date().toISOString() });
  const { status, body } = await stack.call<Problem>('POST', '/v1/subscriptions', {
    subscription_id: id,
    plan_id: planId,
    buyer_info: { id: unique('buyer') },
    credit_card_info: { payment_method: 'pm_card_visa' },
    test_clock_id: clockOf(id),
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
/** Lets a time come, or so many days pass. */
async function at(id: string, until: string | number): Promise<void> {
  const to = typeof until === 'string' ? Date.parse(until) : (await time(id)) + until * day;
  const { status } = await stack.call('POST', `/v1/test_clocks/${clockOf(id)}/advance`, {
    frozen_at: new Date(to).toISOString(),
  });
  expect(status).toBe(202);
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
    expect((await read(id)).credit_card_info?.payment_method).not.toBe('pm_card_visa');

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
    const hours = (Date.parse(failed?.next_try_at ?? '') - (await time(id))) / 3_600_000;
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

  it('a card that its network says is not to be tried again is not, whatever the bank’s code', async () => {
    const id = await subscribe(await plan(), later);
    await stack.fault({
      kind: 'decline',
      decline_code: 'insufficient_funds',
      advice_code: 'do_not_try_again',
      metadata: { checkout_id: `${id}.0` },
    });
    await at(id, 1);
    await until(id, (_all, { action_url: url }) => url !== null);
    expect((await periods(id))[0]).toMatchObject({ decline_class: 'hard', decline_code: 'insufficient_funds' });
    const { body } = await stack.call('GET', `/v1/payments/${id}.0`);
    expect(body).toMatchObject({ decline_code: 'insufficient_funds', decline_advice: 'do_not_try_again' });
  });

  it('a card that was declined ten times within a day is left alone, whichever subscription it was for', async () => {
    const buyer = { buyer_info: { id: unique('buyer') } };
    const daily = { interval: 'day', when_unpaid: 'keep', dunning: { soft_hours: Array(9).fill(1), give_up_days: 1 } };
    const first = await subscribe(await plan(daily), buyer);
    await until(first, (found) => states(found) === 'paid');
    const { credit_card_info: card } = await read(first);
    await at(first, 14 / 24);
    const sharing = { ...buyer, credit_card_info: card, test_clock_id: clockOf(first) };
    const second = `${first}-b`;
    for (let tries = 0; tries < 10; tries += 1) {
      const checkout = tries === 0 ? `${second}.0` : `${second}.0.${String(tries)}`;
      await stack.fault({ kind: 'decline', decline_code: 'insufficient_funds', metadata: { checkout_id: checkout } });
    }
    expect(await subscribe(await plan(daily), { ...sharing, subscription_id: second })).not.toBe(second);
    for (let tries = 1; tries < 10; tries += 1) {
      await until(second, ([period]) => period?.tries === tries && period.next_try_at !== null);
      await at(first, 1.01 / 24);
    }
    await until(second, (found) => states(found) === 'failed');

    await at(first, 2 / 24);
    await until(first, (_all, { action_url: url }) => url !== null);
    expect((await periods(first))[1]).toMatchObject({ decline_class: 'hard', decline_code: 'card_network_limit' });
    expect(await charges(first)).toBe(1);
    const { action_url: url } = await read(first);
    await submitCard(url ?? '', '4242424242424242');
    await until(first, (found) => states(found) === 'paid paid');
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
    await tell(id, 'pause', { resume_at: new Date((await time(id)) + 40 * day).toISOString() });
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
      detail: 'must be a plan of the same interval, unless it begins at once ("at": "now")',
    });
  });

  it('T5 whose workflow is gone is taken up again by the sweeper, and charges nothing twice', async () => {
    const id = await subscribe(await plan());
    await until(id, (found) => states(found) === 'paid');
    await stack.client.workflow.getHandle(`subscription/default/${id}`).terminate();
    await stack.owner.query(
      "UPDATE payments.test_clock SET frozen_at = frozen_at + interval '32 days' WHERE test_clock_id = $1",
      [clockOf(id)],
    );
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
    ['/v1/subscriptions', { test_clock_id: 'nobodys' }, '/test_clock_id'],
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

describe('a card that its buyer leaves on a page of the PSP', () => {
  const withoutCard = { credit_card_info: undefined };

  it('lets the subscription begin then, and not before; the trial is counted from there', async () => {
    const id = await subscribe(await plan({ trial_days: 7 }), withoutCard);
    await until(id, (_all, { card_page_url: url }) => url !== null);
    const before = await read(id);
    expect(before).toMatchObject({ subscription_status: 'incomplete', credit_card_info: null });
    // Nothing is due meanwhile, however long it takes.
    await at(id, 3);
    expect(await periods(id)).toEqual([]);
    await submitCard(before.card_page_url ?? '', '4242424242424242');
    await until(id, (_all, { subscription_status: status }) => status === 'trialing');
    const begun = await read(id);
    expect(begun).toMatchObject({
      card_page_url: null,
      credit_card_info: { payment_method: expect.stringMatching(/^pm_/) as unknown },
    });
    expect(Date.parse(begun.first_period_at) - (await time(id))).toBe(7 * day);
    await at(id, 7.01);
    await until(id, (found) => states(found) === 'paid');
    expect(await charges(id)).toBe(1);
  });

  it('that is left after a challenge is charged without its buyer from then on', async () => {
    const id = await subscribe(await plan(), withoutCard);
    await until(id, (_all, { card_page_url: url }) => url !== null);
    const { card_page_url: url } = await read(id);
    const { location } = await submitCard(url ?? '', '4000002500003155');
    await answer(url ?? '', location, 'succeeded');
    await until(id, (found) => states(found) === 'paid');
    await at(id, 32);
    await until(id, (found) => states(found) === 'paid paid');
    expect(await charges(id)).toBe(2);
  });

  it('takes the place of one that no longer works, and pays what is open', async () => {
    const id = await subscribe(await plan(), {
      ...later,
      credit_card_info: { payment_method: 'pm_card_chargeDeclinedExpiredCard' },
    });
    await at(id, 1);
    await until(id, (_all, { action_url: url }) => url !== null);
    // Asked for twice, it is one page.
    for (let times = 0; times < 2; times += 1) {
      expect((await tell(id, 'payment_method', { on_page: true })).status).toBe(202);
      await until(id, (_all, { card_page_url: url }) => url !== null);
    }
    const { rows } = await stack.owner.query(
      'SELECT card_page_number FROM payments.subscription WHERE subscription_id = $1',
      [id],
    );
    expect(rows).toEqual([{ card_page_number: 1 }]);
    await submitCard((await read(id)).card_page_url ?? '', '5555555555554444');
    await until(id, (found, { card_page_url: url }) => states(found) === 'paid' && url === null);
    expect(await charges(id)).toBe(1);
    expect((await stack.checkout(`${id}.0.1`)).body.checkout_status).toBe('canceled');
  });

  it('that nobody leaves in time ends what has not begun, and nothing else', async () => {
    const planId = await plan();
    const [fresh, live] = [await subscribe(planId, withoutCard), await subscribe(planId)];
    await until(live, (found) => states(found) === 'paid');
    await tell(live, 'payment_method', { on_page: true });
    for (const id of [fresh, live]) {
      await until(id, (_all, { card_page_url: url }) => url !== null);
      const { rows } = await stack.owner.query<{ card_page: string }>(
        'SELECT card_page FROM payments.subscription WHERE subscription_id = $1',
        [id],
      );
      await fetch(`${stack.sandboxUrl}/v1/checkout/sessions/${rows[0]?.card_page ?? ''}/expire`, {
        method: 'POST',
        headers: bearer('sk_test_default'),
      });
      await until(id, (_all, { card_page_url: url }) => url === null);
    }
    expect(await read(fresh)).toMatchObject({ subscription_status: 'canceled', end_reason: 'no_card' });
    expect(await read(live)).toMatchObject({ subscription_status: 'active', end_reason: null });
    expect(await charges(fresh)).toBe(0);
  });

  it('is not waited for when one is given, or when it is canceled', async () => {
    const planId = await plan();
    const [given, canceled] = [await subscribe(planId, withoutCard), await subscribe(planId, withoutCard)];
    await tell(given, 'payment_method', { credit_card_info: { payment_method: 'pm_card_visa' } });
    await until(given, (found) => states(found) === 'paid');
    await until(canceled, (_all, { card_page_url: url }) => url !== null);
    const { rows } = await stack.owner.query<{ card_page: string }>(
      'SELECT card_page FROM payments.subscription WHERE subscription_id = $1',
      [canceled],
    );
    await tell(canceled, 'cancel', { at: 'now' });
    await until(
      canceled,
      (_all, { subscription_status: status, card_page_url: url }) => status === 'canceled' && url === null,
    );
    const page = await fetch(`${stack.sandboxUrl}/v1/checkout/sessions/${rows[0]?.card_page ?? ''}`, {
      headers: bearer('sk_test_default'),
    });
    expect(await page.json()).toMatchObject({ status: 'expired' });
  });
});

describe('a period that could not be charged whatever the card', () => {
  const times = async (id: string): Promise<number> => {
    const { rows } = await stack.owner.query('SELECT FROM payments.checkout WHERE checkout_id LIKE $1', [`${id}.%`]);
    return rows.length;
  };
  const ops = { Authorization: `Bearer ${opsKey}` };

  it('S2 waits for a suspended seller, day by day, without a try of the card; then it is charged once', async () => {
    const seller = unique('seller');
    const id = await subscribe(await plan({ seller_account: seller }), later);
    const say = async (verb: string): Promise<void> => {
      const { status } = await stack.call('POST', `/v1/sellers/${seller}/${verb}`, { reason: 'papers are read' }, ops);
      expect(status).toBe(200);
      // Every process has heard of it by then.
      await pause(2_100);
    };
    await say('suspend');
    await at(id, 1);
    const waits = (tries: number) => (found: PeriodView[]) =>
      found[0]?.tries === tries && found[0].decline_class === 'seller' && found[0].next_try_at !== null;
    await until(id, waits(1));
    expect(await read(id)).toMatchObject({ subscription_status: 'past_due', action_url: null });
    await at(id, 1);
    await until(id, waits(2));
    const { rows } = await stack.owner.query(
      'SELECT card_tries FROM payments.subscription_period WHERE subscription_id = $1',
      [id],
    );
    expect(rows).toEqual([{ card_tries: 0 }]);
    await say('reinstate');
    await at(id, 1);
    await until(id, (found, { subscription_status: status }) => states(found) === 'paid' && status === 'active');
    expect(await charges(id)).toBe(1);
  });

  it('S2 refused by risk: the card is not tried again, and a page that is refused as well has none after it for a day', async () => {
    const buyer = unique('buyer');
    const listed = await stack.call<{ entry_id: string }>(
      'POST',
      '/v1/risk/list_entries',
      { list: 'block', kind: 'buyer', value: buyer, reason: 'charged back twice' },
      ops,
    );
    expect(listed.status).toBe(201);
    const id = await subscribe(await plan(), { ...later, buyer_info: { id: buyer } });
    await at(id, 1);
    const refused = (found: PeriodView[]) =>
      found[0]?.tries === 2 && found[0].checkout_id === null && found[0].next_try_at !== null;
    const [period] = await until(id, refused);
    expect(period).toMatchObject({ decline_class: 'hard', period_state: 'open' });
    expect(Date.parse(period?.next_try_at ?? '') - (await time(id))).toBe(day);
    expect(await times(id)).toBe(2);
    // He is let in again: the next page stands.
    const removed = await stack.call(
      'POST',
      `/v1/risk/list_entries/${listed.body.entry_id}/remove`,
      { reason: 'settled' },
      ops,
    );
    expect(removed.status).toBe(200);
    await at(id, 1);
    await until(id, (_all, { action_url: url }) => url !== null);
    await submitCard((await read(id)).action_url ?? '', '4242424242424242');
    await until(id, (found) => states(found) === 'paid');
    expect([await times(id), await charges(id)]).toEqual([3, 1]);
  });

  it('M2 a few cents are paid together with later ones, and what a PSP can not charge exactly waits', async () => {
    const passes = async (id: string, days: number): Promise<void> => {
      const { length } = await periods(id);
      await at(id, days);
      await until(id, (found) => found.length > length && found.every((one) => one.period_state === 'paid'));
    };
    const pennies = await subscribe(await plan({ amount: '0.20', platform_fee: '0.02', interval: 'day' }));
    await until(pennies, (found) => states(found) === 'paid');
    for (let passed = 0; passed < 4; passed += 1) await passes(pennies, 1);
    // Stripe takes no less than half a euro.
    expect((await periods(pennies)).map(({ amount }) => amount)).toEqual(['0.00', '0.00', '0.60', '0.00', '0.00']);
    const { body } = await stack.call<{ upcoming: unknown }>('GET', `/v1/subscriptions/${pennies}/upcoming`);
    expect(body.upcoming).toMatchObject({ adjustment_amount: '0.40', amount: '0.60' });
    const { rows } = await stack.owner.query(
      'SELECT platform_fee::int AS fee FROM payments.subscription_period WHERE subscription_id = $1 AND amount > 0',
      [pennies],
    );
    expect(rows).toEqual([{ fee: 6 }]);

    const terms = { amount: '1.000', platform_fee: '0', currency: 'KWD', interval: 'day', interval_count: 3 };
    const dinars = await subscribe(await plan(terms));
    await until(dinars, (found) => states(found) === 'paid');
    await at(dinars, 1);
    await tell(dinars, 'change', { quantity: 2, prorate: true });
    await passes(dinars, 2);
    await passes(dinars, 3);
    // Two thirds of another dinar are 0.666, of which Stripe takes tens of fils; 0.006 wait for four more.
    expect((await periods(dinars)).map(({ amount }) => amount)).toEqual(['1.000', '2.660', '2.000']);
    expect([await charges(pennies), await charges(dinars)]).toEqual([1, 3]);
  });
});

describe('changes within a period', () => {
  it('S2 with prorate: the rest of the period goes on the next one, once, and the preview says so', async () => {
    const id = await subscribe(
      await plan({ interval: 'day', interval_count: 10, amount: '10.00', platform_fee: '1.00' }),
    );
    await until(id, (found) => states(found) === 'paid');
    await at(id, 5);
    for (let times = 0; times < 2; times += 1) await tell(id, 'change', { quantity: 3, prorate: true });
    const { body } = await stack.call<{ upcoming: Record<string, string> }>('GET', `/v1/subscriptions/${id}/upcoming`);
    // Two more for half of the time.
    expect(body.upcoming).toMatchObject({ adjustment_amount: '10.00', amount: '40.00' });
    await at(id, 6);
    const found = await until(id, (all) => states(all) === 'paid paid');
    expect(found.map(({ amount }) => amount)).toEqual(['10.00', '40.00']);
    await at(id, 10);
    const last = await until(id, (all) => states(all) === 'paid paid paid');
    expect(last[2]?.amount).toBe('30.00');
    await expect(
      stack.databases.payments.subscriptionAdjustment.updateMany({
        where: { subscriptionId: id },
        data: { amount: 1n },
      }),
    ).rejects.toThrow(/stays as it is/);
  });

  it('what a smaller plan gives back is taken from the next periods until nothing is left; one that costs nothing is paid', async () => {
    const id = await subscribe(
      await plan({ interval: 'day', interval_count: 10, amount: '10.00', platform_fee: '1.00' }),
      {
        quantity: 5,
      },
    );
    await until(id, (found) => states(found) === 'paid');
    await at(id, 2);
    await tell(id, 'change', { quantity: 1, prorate: true });
    for (const days of [9, 10, 10, 10]) {
      await at(id, days);
      await stack.eventually(async () => {
        const { body } = await stack.call<{ behind: number }>('GET', `/v1/test_clocks/${clockOf(id)}`);
        return body.behind === 0 ? undefined : 'not done yet';
      });
    }
    const found = await periods(id);
    // 40.00 for 8 of 10 days: 32.00 to give back, from periods of 10.00.
    expect(found.map(({ amount, period_state: state }) => [amount, state])).toEqual([
      ['50.00', 'paid'],
      ['0.00', 'paid'],
      ['0.00', 'paid'],
      ['0.00', 'paid'],
      ['8.00', 'paid'],
    ]);
    expect(await charges(id)).toBe(2);
  });

  it('only what is charged for the rest of a period is given back: a change that did not count brings nothing', async () => {
    const id = await subscribe(await plan({ interval: 'day', interval_count: 10, amount: '10.00' }));
    await until(id, (found) => states(found) === 'paid');
    await at(id, 5);
    await tell(id, 'change', { quantity: 3 });
    await tell(id, 'change', { quantity: 1, prorate: true });
    const upcoming = async () =>
      (await stack.call<{ upcoming: Record<string, string> }>('GET', `/v1/subscriptions/${id}/upcoming`)).body.upcoming;
    expect(await upcoming()).toMatchObject({ adjustment_amount: '0.00', amount: '10.00' });
    await tell(id, 'change', { quantity: 3 });
    // Three more than the one that is paid for, for half of the time.
    await tell(id, 'change', { quantity: 4, prorate: true });
    expect(await upcoming()).toMatchObject({ adjustment_amount: '15.00', amount: '55.00' });
    await tell(id, 'change', { quantity: 1, prorate: true });
    expect(await upcoming()).toMatchObject({ adjustment_amount: '0.00', amount: '10.00' });
  });

  it('S1 S2 at once: the rest is credited, another period begins and is charged, and later ones are counted from there', async () => {
    const seller = { seller_account: unique('seller') };
    const monthly = await plan({ ...seller, amount: '10.00' });
    const yearly = await plan({ ...seller, interval: 'year', amount: '100.00', platform_fee: '10.00' });
    const id = await subscribe(await plan({ ...seller, interval: 'day', interval_count: 10, amount: '10.00' }));
    await until(id, (found) => states(found) === 'paid');
    await at(id, 4);

    const ask = `/v1/subscriptions/${id}/upcoming?plan_id=${yearly}&at=now&prorate=true`;
    const { body: asked } = await stack.call<{ upcoming: Record<string, string> }>('GET', ask);
    expect(asked.upcoming).toMatchObject({ period: 1, adjustment_amount: '-6.00', amount: '94.00' });
    expect(await read(id)).toMatchObject({ next_period: 1 });
    const wish = { plan_id: yearly, at: 'now', prorate: true };
    const answers = await Promise.all([tell(id, 'change', wish), tell(id, 'change', wish)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const found = await until(id, (all) => states(all) === 'paid paid');
    expect(found[1]).toMatchObject({ starts_at: asked.upcoming['starts_at'], amount: '94.00', checkout_id: `${id}.1` });
    const now = new Date(await time(id));
    expect(Date.parse(found[1]?.starts_at ?? '')).toBe(now.getTime());
    expect((await read(id)).first_period_at).toBe(now.toISOString());
    // Where the first plan would have begun its next period nothing is due.
    await at(id, 6.5);
    expect(states(await periods(id))).toBe('paid paid');

    // And back to each month, without credit, on the 31st.
    const last = new Date(Date.UTC(now.getUTCFullYear() + 1, 0, 31, 12));
    await at(id, last.toISOString());
    const before = await until(id, (all) => !states(all).includes('open'));
    await tell(id, 'change', { plan_id: monthly, at: 'now', prorate: false });
    await until(id, (all) => all.length === before.length + 1 && states(all).endsWith('paid'));
    await at(id, 62);
    const all = await until(id, (each) => each.length === before.length + 3 && states(each).endsWith('paid'));
    const days = all.slice(-3).map((period) => period.starts_at.slice(5, 10));
    expect(days).toEqual(['01-31', expect.stringMatching(/^02-2[89]$/), '03-31']);
    expect(all.slice(-3).map((period) => period.amount)).toEqual(['10.00', '10.00', '10.00']);
    expect(await charges(id)).toBe(all.length);
  });

  it('at once is refused where there is no paid period to end, and what is wrong is named', async () => {
    const id = await subscribe(await plan(), later);
    const change = (body: object) => tell(id, 'change', body);
    const now = { quantity: 2, at: 'now', prorate: true };
    const why = async (): Promise<unknown> => {
      const { status, body } = await change(now);
      return [status, body.type, body.detail];
    };
    const refused = (detail: string) => [409, 'urn:paysaga:problem:not-legal-now', detail];
    expect(await why()).toEqual(refused('its first period has not begun: change it for the next period'));
    await stack.fault({ kind: 'decline', decline_code: 'insufficient_funds', metadata: { checkout_id: `${id}.0` } });
    await at(id, 1);
    await until(id, ([first]) => first?.decline_class === 'soft');
    expect(await why()).toEqual(refused('the present period is not paid yet'));
    await at(id, 3.1);
    await until(id, (found) => states(found) === 'paid');
    await tell(id, 'pause');
    expect(await why()).toEqual(refused('the subscription is paused: resume it first'));
    await tell(id, 'resume');
    await tell(id, 'cancel', { at: 'period_end' });
    expect(await why()).toEqual(refused('the subscription is about to end'));

    const bare = await change({ quantity: 2, at: 'now' });
    expect([bare.status, bare.body.errors?.[0]?.pointer]).toEqual([422, '/prorate']);
    const foreign = await change({ plan_id: await plan({ interval: 'year' }), at: 'now', prorate: true });
    expect([foreign.status, foreign.body.errors?.[0]?.pointer]).toEqual([422, '/plan_id']);
    const asked = await stack.call<Problem>('GET', `/v1/subscriptions/${id}/upcoming?quantity=2&at=now`);
    expect([asked.status, asked.body.errors?.[0]?.pointer]).toEqual([422, 'prorate']);
    expect(await charges(id)).toBe(1);
  });

  it('what a period that nobody paid was to bring is put on the next one again', async () => {
    const id = await subscribe(
      await plan({
        interval: 'day',
        interval_count: 10,
        amount: '10.00',
        when_unpaid: 'keep',
        dunning: { soft_hours: [], give_up_days: 1 },
      }),
    );
    await until(id, (found) => states(found) === 'paid');
    await at(id, 5);
    await tell(id, 'change', { quantity: 2, prorate: true });
    await stack.fault({ kind: 'decline', decline_code: 'insufficient_funds', metadata: { checkout_id: `${id}.1` } });
    await at(id, 6);
    await until(id, (found) => states(found) === 'paid failed');
    await at(id, 10);
    const found = await until(id, (all) => states(all) === 'paid failed paid');
    expect(found.map(({ amount }) => amount)).toEqual(['10.00', '25.00', '25.00']);
  });
});

describe('all subscriptions of a plan', () => {
  it('go over to another one, each once, and those that ended stay', async () => {
    const seller = unique('seller');
    const [gold, better] = [
      await plan({ seller_account: seller }),
      await plan({ seller_account: seller, amount: '12.90' }),
    ];
    const ids = [];
    for (let count = 0; count < 6; count += 1) ids.push(await subscribe(gold, { ...later, quantity: count + 1 }));
    await tell(ids[0] ?? '', 'cancel', { at: 'now' });
    await until(ids[0] ?? '', (_all, { subscription_status: status }) => status === 'canceled');
    const migration = { migration_id: unique('migration'), from_plan_id: gold, to_plan_id: better };
    const [first, again] = [
      await stack.call('POST', '/v1/plan_migrations', migration),
      await stack.call('POST', '/v1/plan_migrations', migration),
    ];
    expect([first.status, again.status]).toEqual([202, 200]);
    await stack.when<{ finished_at: string | null }>(
      `/v1/plan_migrations/${migration.migration_id}`,
      ({ finished_at: at }) => at !== null,
    );
    const { body } = await stack.call('GET', `/v1/plan_migrations/${migration.migration_id}`);
    expect(body).toMatchObject({ moved: 5, left: 0 });
    const { rows } = await stack.owner.query<{ plan_id: string; count: string }>(
      'SELECT plan_id, count(*)::text FROM payments.subscription WHERE subscription_id = ANY($1) GROUP BY 1 ORDER BY 2',
      [ids],
    );
    expect(rows).toEqual([
      { plan_id: gold, count: '1' },
      { plan_id: better, count: '5' },
    ]);
    const third = ids[3] ?? '';
    await at(third, 1);
    expect((await until(third, (found) => states(found) === 'paid'))[0]?.amount).toBe('51.60');
  });

  it('are never moved to and fro: what leads back to a plan under way is refused, also of two at once', async () => {
    const seller = unique('seller');
    const [a, b, c] = [
      await plan({ seller_account: seller }),
      await plan({ seller_account: seller }),
      await plan({ seller_account: seller }),
    ];
    const move = (from: string, to: string) =>
      stack.call<Problem>('POST', '/v1/plan_migrations', {
        migration_id: unique('migration'),
        from_plan_id: from,
        to_plan_id: to,
      });
    const finish = () =>
      stack.owner.query('UPDATE payments.plan_migration SET finished_at = coalesce(finished_at, now())');
    // Under way for as long as the test wants: no run moves anything.
    const underWay = (from: string, to: string) =>
      stack.owner.query(
        `INSERT INTO payments.plan_migration (merchant_id, migration_id, from_plan_id, to_plan_id, prorate, requested_by, request_fingerprint, sweep_after)
         VALUES ('default', $1, $2, $3, false, 'test', '', now() + interval '1 day')`,
        [unique('migration'), from, to],
      );
    await underWay(a, b);
    await underWay(b, c);
    for (const [from, to, pointer] of [
      [b, a, '/from_plan_id'],
      [c, a, '/to_plan_id'],
      [a, c, '/from_plan_id'],
    ] as const) {
      const { status, body } = await move(from, to);
      expect([status, body.type, body.errors?.[0]?.pointer]).toEqual([
        409,
        'urn:paysaga:problem:not-legal-now',
        pointer,
      ]);
    }
    await finish();
    const both = await Promise.all([move(a, b), move(b, a)]);
    const taken = both.filter(({ status }) => status === 202).length;
    // The first may have had nothing to move, and be at its end already.
    expect(taken).toBeGreaterThanOrEqual(1);
    expect(both.every(({ status }) => status === 202 || status === 409)).toBe(true);
    await finish();
    expect((await move(b, a)).status).toBe(202);
  });

  it.each([
    [{ to_plan_id: 'nobodys' }, '/to_plan_id', 'there is no such plan: POST /v1/plans makes one'],
    [{ from_plan_id: 'nobodys' }, '/from_plan_id', 'there is no such plan: POST /v1/plans makes one'],
    [{ to_plan_id: 'other' }, '/to_plan_id', 'must be a plan of the same interval'],
  ])('%j is refused', async (wrong, pointer, detail) => {
    const seller = unique('seller');
    const [from, to] = [await plan({ seller_account: seller }), await plan({ seller_account: seller })];
    const other = await plan({ seller_account: seller, interval: 'week' });
    const { status, body } = await stack.call<Problem>('POST', '/v1/plan_migrations', {
      migration_id: unique('migration'),
      from_plan_id: from,
      to_plan_id: to,
      ...('to_plan_id' in wrong && wrong.to_plan_id === 'other' ? { to_plan_id: other } : wrong),
    });
    expect([status, body.errors]).toEqual([422, [{ pointer, detail }]]);
  });
});

describe('O1 what is told of a subscription', () => {
  it('its states, its changes and its periods, each in their order', async () => {
    const id = await subscribe(await plan({ amount: '3.00', platform_fee: '0' }));
    await until(id, (found) => states(found) === 'paid');
    await tell(id, 'change', { quantity: 2 });
    await tell(id, 'cancel', { at: 'now' });
    await until(id, (_all, { subscription_status: status }) => status === 'canceled');
    // Through the relay: one that it could not read would hold up all events behind it.
    interface Told {
      readonly type: string;
      readonly resource_version: number;
      readonly data: object;
    }
    const about = (resource: string, wanted: (type: string) => boolean) =>
      stack.when<{ data: Told[] }>(`/v1/events?resource_id=${resource}`, ({ data }) =>
        data.some(({ type }) => wanted(type)),
      );
    const told = (await about(id, (type) => type === 'subscription.canceled')).data;
    expect(told[0]).toMatchObject({ type: 'subscription.active', resource_version: 1 });
    expect(told.at(-1)?.type).toBe('subscription.canceled');
    expect(told.map(({ type }) => type)).toContain('subscription.changed');
    expect(told.map((one) => one.resource_version)).toEqual(told.map((_one, index) => index + 1));
    const { data } = await about(`${id}.0`, (type) => type.startsWith('subscription_period.'));
    const periodsTold = data.filter(({ type }) => type.startsWith('subscription_period.'));
    expect(periodsTold).toMatchObject([{ type: 'subscription_period.paid', resource_version: 2 }]);
    // What they say is what GET answers.
    expect({ ...told.at(-1)?.data, updated_at: '' }).toEqual({ ...(await read(id)), updated_at: '' });
    expect(periodsTold[0]?.data).toEqual({ subscription_id: id, ...(await periods(id))[0] });
  });
});

describe('a step that a defect of ours keeps from ending', () => {
  it('is parked where ops see it, charges nothing, and goes on by their word', async () => {
    const id = await subscribe(await plan(), later);
    await stack.owner.query(
      `ALTER TABLE payments.subscription_period ADD CONSTRAINT planted CHECK (subscription_id <> '${id}') NOT VALID`,
    );
    await at(id, 1);
    const process = `/v1/ops/processes/subscription:${id}`;
    await stack.eventually(async () => {
      const { body } = await stack.call<{ verbs: string[] }>('GET', process, undefined, bearer(opsKey));
      return body.verbs.includes('retry') ? undefined : JSON.stringify(body);
    }, 60);
    await stack.owner.query('ALTER TABLE payments.subscription_period DROP CONSTRAINT planted');
    const { status } = await stack.call(
      'POST',
      `${process}/retry`,
      { reason: 'the constraint is gone' },
      bearer(opsKey),
    );
    expect(status).toBeLessThan(300);
    await until(id, (found) => states(found) === 'paid');
    const { rows } = await stack.owner.query('SELECT action, subject FROM payments.ops_action WHERE subject = $1', [
      `subscription:${id}`,
    ]);
    expect(rows).toEqual([{ action: 'retry', subject: `subscription:${id}` }]);
  });
});

describe('a test clock', () => {
  it('goes forward only, tells who is behind, and is not for real money', async () => {
    const id = await subscribe(await plan());
    await until(id, (found) => states(found) === 'paid');
    const back = await stack.call<Problem>('POST', `/v1/test_clocks/${clockOf(id)}/advance`, {
      frozen_at: '2020-01-01T00:00:00Z',
    });
    expect([back.status, back.body.errors?.[0]?.pointer]).toEqual([422, '/frozen_at']);
    await at(id, 32);
    await stack.when<{ behind: number; subscriptions: number }>(
      `/v1/test_clocks/${clockOf(id)}`,
      ({ behind, subscriptions }) => behind === 0 && subscriptions === 1,
    );
    expect(states(await periods(id))).toBe('paid paid');
    await stack.owner.query("UPDATE identity.psp_account SET livemode = true WHERE merchant_id = 'default'");
    try {
      const refused = await stack.call<Problem>('POST', '/v1/test_clocks', {
        test_clock_id: unique('clock'),
        frozen_at: '2027-01-01T00:00:00Z',
      });
      expect([refused.status, refused.body.type]).toEqual([403, 'urn:paysaga:problem:forbidden']);
    } finally {
      await stack.owner.query("UPDATE identity.psp_account SET livemode = NULL WHERE merchant_id = 'default'");
    }
  });
});
