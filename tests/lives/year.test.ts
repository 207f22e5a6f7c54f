import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Chance } from '../../chaos/chance';
import { kills, struck } from '../support/failpoints';
import { submitCard } from '../support/payment-page';
import { TestStack, unique } from '../support/stack';
import { WorkerProcesses } from '../support/worker-process';

/** `npm run subscription-year` sets them for the long run; `npm test` has fewer, and worker processes that are not killed. */
const isKilled = process.env['PAYSAGA_SUBSCRIPTIONS_KILLS'] === 'true';
const count = Number(process.env['PAYSAGA_SUBSCRIPTIONS'] ?? '10');
const seed = Number(process.env['PAYSAGA_SUBSCRIPTIONS_SEED'] ?? '1');
const day = 24 * 3_600_000;
const days = 366;
const stride = count > 500 ? 18 : count > 100 ? 12 : 6;

jest.setTimeout(600_000 + count * 15_000);

let stack: TestStack;
let workers: WorkerProcesses | undefined;
const folder = mkdtempSync(join(tmpdir(), 'paysaga-year-'));
beforeAll(async () => {
  const accidents = new Chance(seed + 1);
  stack = await TestStack.start({
    withWorker: !isKilled,
    plant: (dependencies) => ({
      ...dependencies,
      // What a kill between two steps looks like to the activity that is run again: it has happened, and nobody knows.
      failpoint: () =>
        accidents.happens(0.02)
          ? Promise.reject(Object.assign(new Error('interrupted here'), { name: 'DriverAdapterError' }))
          : Promise.resolve(),
    }),
  });
  if (!isKilled) return;
  workers = new WorkerProcesses(stack, {
    // All of them go on at the same time, which a cache that is smaller than that serves worst of all.
    WORKER_CACHED_WORKFLOWS: String(1_000 + 3 * count),
  });
  // Some eight kills at each of the gaps that a period has, over the whole year: each takes its worker's start from the others.
  const share = Math.min(0.02, 1 / count);
  workers.keep(
    kills(folder, [
      { name: 'subscription.before_step', share },
      { name: 'subscription.after_step', share },
      { name: 'charge.before_call', share },
      { name: 'charge.after_call', share },
    ]),
  );
});
afterAll(async () => {
  workers?.stop();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A clock carries so many; all of them are put forward together. */
const perClock = 50;
const clocks: string[] = [];
let now = new Date(Date.UTC(2027, 0, 1));
async function pass(passedMs: number): Promise<void> {
  now = new Date(now.getTime() + passedMs);
  for (const id of clocks) await post(`/v1/test_clocks/${id}/advance`, { frozen_at: now.toISOString() });
}

/** One subscriber, and what has been asked of it. */
interface Subscriber {
  readonly id: string;
  readonly seller: string;
  readonly plans: readonly string[];
  /** One of another interval. */
  readonly otherPlan: string;
  /** From which period on they are counted from when. */
  readonly anchors: { readonly period: number; readonly at: Date }[];
  /** From when to when, by the real clock, nothing may be charged. */
  readonly quiet: { from: Date; to: Date | null }[];
  /** Its own, so that a seed means the same however many live beside it. */
  readonly chance: Chance;
  ended: boolean;
}

const post = (path: string, body: object) =>
  stack.call<{ detail?: string; first_period_at?: string; next_period?: number }>('POST', path, body);
const declines = ['insufficient_funds', 'do_not_honor', 'processing_error', 'expired_card', 'authentication_required'];
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'];

/** How often they pay: every month most of them. */
const intervals = [
  ...Array.from({ length: 5 }, () => ({ interval: 'month', interval_count: 1 })),
  ...Array.from({ length: 3 }, () => ({ interval: 'month', interval_count: 3 })),
  { interval: 'week', interval_count: 4 },
  { interval: 'year', interval_count: 1 },
];

async function subscribe(index: number): Promise<Subscriber> {
  const chance = new Chance(seed * 100_000 + index);
  const [seller, id] = [unique('seller'), unique('sub')];
  const terms = { seller_account: seller, currency: 'EUR', when_unpaid: chance.one(['cancel', 'keep', 'keep']) };
  const interval = intervals[index % intervals.length];
  const plans = [];
  for (const amount of ['9.90', '15.00']) {
    const planId = unique('plan');
    await post('/v1/plans', { plan_id: planId, name: 'P', amount, platform_fee: '0.50', ...terms, ...interval });
    plans.push(planId);
  }
  const otherPlan = unique('plan');
  const otherInterval = interval?.interval === 'month' ? { interval: 'year' } : { interval: 'month' };
  await post('/v1/plans', { plan_id: otherPlan, name: 'O', amount: '60.00', ...terms, ...otherInterval });
  const made = await post('/v1/subscriptions', {
    subscription_id: id,
    plan_id: plans[0],
    buyer_info: { id: unique('buyer') },
    credit_card_info: { payment_method: 'pm_card_visa' },
    time_zone: chance.one(zones),
    // The end of a month as often as not.
    starts_at: new Date(Date.UTC(2027, 0, chance.one([1, 15, 28, 29, 30, 31]), chance.whole(8, 20), 30)).toISOString(),
    test_clock_id: clocks[Math.floor(index / perClock)],
  });
  expect(made.status).toBe(201);
  const anchors = [{ period: 0, at: new Date(made.body.first_period_at ?? '') }];
  return { id, seller, plans, otherPlan, anchors, quiet: [], chance, ended: false };
}

interface Standing {
  readonly subscription_status: string;
  readonly next_period: number;
  readonly action_url: string | null;
}
const read = async ({ id }: Subscriber): Promise<Standing> =>
  (await stack.call<Standing>('GET', `/v1/subscriptions/${id}`)).body;

/** What a subscriber, a merchant, a bank or a machine does at some moment. */
async function live(subscriber: Subscriber, status: string): Promise<void> {
  const { id, plans, quiet, chance } = subscriber;
  const tell = (verb: string, body: object = {}) => post(`/v1/subscriptions/${id}/${verb}`, body);
  if (chance.happens(0.2))
    await stack.fault({
      kind: 'decline',
      decline_code: chance.one(declines),
      times: chance.whole(1, 2),
      metadata: { checkout_id: `${id}.${String((await read(subscriber)).next_period)}` },
    });
  const resting = quiet.at(-1);
  if (status === 'paused') {
    if (!chance.happens(0.3)) return;
    if (resting?.to === null) resting.to = new Date();
    await tell('resume');
    return;
  }
  const url = status === 'past_due' ? (await read(subscriber)).action_url : null;
  if (url !== null) {
    const reaction = chance.next();
    if (reaction < 0.5) await submitCard(url, '4242424242424242');
    else if (reaction < 0.75) await tell('payment_method', { credit_card_info: { payment_method: 'pm_card_amex' } });
  }
  const deed = chance.next();
  if (deed < 0.04) {
    await tell('pause');
    await stack.eventually(async () =>
      ['paused', 'canceled'].includes((await read(subscriber)).subscription_status) ? undefined : 'not paused yet',
    );
    if ((await read(subscriber)).subscription_status === 'paused') quiet.push({ from: new Date(), to: null });
  } else if (deed < 0.07) await tell('change', { quantity: chance.whole(1, 5), prorate: chance.happens(0.5) });
  else if (deed < 0.09) await tell('change', { plan_id: chance.one(plans), prorate: chance.happens(0.5) });
  else if (deed < 0.1) await tell('cancel', { at: chance.one(['now', 'period_end']) });
  // What is gone is brought back by the sweeper.
  else if (deed < 0.13)
    await stack.client.workflow
      .getHandle(`subscription/default/${id}`)
      .terminate('a year has accidents')
      .catch(() => undefined);
  else if (deed < 0.15) {
    const planId = chance.one([...plans, subscriber.otherPlan]);
    const terms = { plan_id: planId, quantity: chance.whole(1, 3), prorate: chance.happens(0.7) };
    const { status: answered, body } = await tell('change', { ...terms, at: 'now' });
    const [period, from] = [body.next_period ?? 0, new Date(body.first_period_at ?? '')];
    if (answered === 202 && from.getTime() !== subscriber.anchors.at(-1)?.at.getTime())
      subscriber.anchors.push({ period, at: from });
  }
}

async function statuses(): Promise<Map<string, string>> {
  const { rows } = await stack.owner.query<{ id: string; status: string }>(
    'SELECT subscription_id AS id, subscription_status AS status FROM payments.subscription',
  );
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/** Does something for each, some at a time. */
async function abreast<One>(all: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Nothing is due that nobody has looked at: each has been paid, tried, or waits for its buyer. */
async function settled(): Promise<void> {
  let [left, since] = [-1, 0];
  await stack.eventually(
    async () => {
      const { rows } = await stack.owner.query<{ id: string }>(
        `SELECT s.subscription_id AS id FROM payments.subscription AS s JOIN payments.plan AS p USING (merchant_id, plan_id)
       LEFT JOIN payments.subscription_period AS o
         ON o.merchant_id = s.merchant_id AND o.subscription_id = s.subscription_id AND o.period_state = 'open'
       LEFT JOIN payments.checkout AS c ON c.merchant_id = o.merchant_id AND c.checkout_id = o.checkout_id
       WHERE s.ended_at IS NULL AND (
         (o.period IS NULL AND payments.period_start(s.anchor, s.time_zone, p.period_unit, p.period_count, s.next_period - s.anchor_period) <= $1)
         OR (o.period IS NULL AND s.cancel_requested IS NOT NULL)
         OR (s.paused_at IS NULL AND o.checkout_id IS NULL AND o.try_after <= $1)
         OR c.checkout_status IN ('open', 'paid', 'failed', 'canceled', 'expired'))`,
        [now],
      );
      if (rows.length === 0) return undefined;
      if (rows.length !== left) {
        [left, since] = [rows.length, Date.now()];
        return `${String(left)} have something to do`;
      }
      if (Date.now() - since < 3_000) {
        await pause(500);
        return `they are at it, ${String(rows.length)} of them`;
      }
      since = Date.now();
      await stack.takeUp();
      await abreast(rows, async ({ id }) => {
        await stack.client.workflow
          .getHandle(`subscription/default/${id}`)
          .signal('review')
          .catch(() =>
            stack.owner.query('UPDATE payments.subscription SET sweep_after = now() WHERE subscription_id = $1', [id]),
          );
      });
      return `${String(rows.length)} have something to do: ${rows.map(({ id }) => id).join(' ')}`;
    },
    300 + count * 2,
  );
}

/** Wall clock of a moment in a zone. */
function localOf(moment: Date, zone: string): { month: number; day: number; time: string } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(moment);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const month = part('year') * 12 + part('month') - 1;
  return { month, day: part('day'), time: `${String(part('hour'))}:${String(part('minute'))}` };
}

describe('a year of subscriptions', () => {
  it(`S1 S2 each due period of ${String(count)} subscriptions is charged once, and nothing else is`, async () => {
    for (let clock = 0; clock * perClock < count; clock += 1) {
      const id = unique('clock');
      await post('/v1/test_clocks', { test_clock_id: id, frozen_at: now.toISOString() });
      clocks.push(id);
    }
    const subscribers: Subscriber[] = [];
    await abreast([...Array(count).keys()], async (index) => void subscribers.push(await subscribe(index)));
    for (let passed = 0; passed < days; passed += stride) {
      await pass(stride * day);
      await settled();
      const before = await statuses();
      await abreast(subscribers, async (subscriber) => {
        if (!subscriber.ended) await live(subscriber, before.get(subscriber.id) ?? '');
      });
      await settled();
      const after = await statuses();
      for (const subscriber of subscribers) {
        if (subscriber.ended || after.get(subscriber.id) !== 'canceled') continue;
        subscriber.ended = true;
        const resting = subscriber.quiet.at(-1);
        if (resting?.to === null) resting.to = new Date();
        subscriber.quiet.push({ from: new Date(), to: null });
      }
      if (count > 50) console.log(`${new Date().toISOString()} day ${String(passed + stride)} of ${String(days)}`);
    }
    await stack.clearFaults();

    // What a buyer has just paid on a page is heard of a moment later; paid on one that was being taken back, it comes back to him.
    await stack.eventually(async () => {
      await stack.takeUp();
      const { totals } = (await (await fetch(`${stack.sandboxUrl}/_sandbox/totals`)).json()) as {
        totals: { EUR: { captured: number; refunded: number } };
      };
      const { rows: sums } = await stack.owner.query<{ amount: string }>(
        `SELECT sum(amount)::text AS amount FROM payments.subscription_period WHERE period_state = 'paid'`,
      );
      const kept = String(totals.EUR.captured - totals.EUR.refunded);
      return kept === sums[0]?.amount ? undefined : `the PSP kept ${kept}, paid was ${sums[0]?.amount ?? ''}`;
    });

    const { rows: wrong } = await stack.owner.query(
      `SELECT p.subscription_id, p.period, p.period_state, count(o.*)::int AS paid, sum(o.amount)::text AS amount, p.amount::text AS due
       FROM payments.subscription_period AS p
       LEFT JOIN payments.payment_order AS o ON o.merchant_id = p.merchant_id AND o.payment_order_status = 'SUCCESS'
         AND (o.checkout_id = p.subscription_id || '.' || p.period OR o.checkout_id LIKE p.subscription_id || '.' || p.period || '.%')
       GROUP BY p.merchant_id, p.subscription_id, p.period
       HAVING count(o.*) <> (p.period_state = 'paid' AND p.amount > 0)::int OR (p.period_state = 'paid' AND p.amount > 0 AND sum(o.amount) <> p.amount)`,
    );
    expect(wrong).toEqual([]);
    // The periods of each are all that there were, and no one is missing.
    const { rows: gaps } = await stack.owner.query(
      `SELECT s.subscription_id FROM payments.subscription AS s LEFT JOIN payments.subscription_period AS p USING (merchant_id, subscription_id)
       GROUP BY s.merchant_id, s.subscription_id HAVING count(p.*) <> s.next_period OR coalesce(max(p.period), -1) <> s.next_period - 1`,
    );
    expect(gaps).toEqual([]);
    if (isKilled) {
      const { rows: counts } = await stack.owner.query(
        'SELECT period_state, count(*)::int, sum(amount)::text FROM payments.subscription_period GROUP BY 1 ORDER BY 1',
      );
      console.log(`${String(struck(folder).length)} kills of the worker; periods: ${JSON.stringify(counts)}`);
    }
    await stack.eventually(async () => {
      const problems = await stack.differences();
      return problems.length === 0 ? undefined : JSON.stringify(problems);
    });

    const { rows: periods } = await stack.owner.query<{
      id: string;
      period: number;
      at: Date;
      zone: string;
      unit: string;
      every: number;
    }>(
      `SELECT p.subscription_id AS id, p.period, p.starts_at AS at, s.time_zone AS zone, pl.period_unit AS unit, pl.period_count AS every
       FROM payments.subscription_period AS p JOIN payments.subscription AS s USING (merchant_id, subscription_id)
       JOIN payments.plan AS pl ON pl.merchant_id = p.merchant_id AND pl.plan_id = p.plan_id ORDER BY 1, p.period`,
    );
    expect(periods.length).toBeGreaterThan(count * 3);
    const months = periods.filter(({ unit }) => unit === 'month');
    const anchorsOf = new Map(subscribers.map((subscriber) => [subscriber.id, subscriber.anchors]));
    months.forEach(({ id, period, at, zone, every }, index) => {
      const anchor = anchorsOf.get(id)?.findLast((one) => one.period <= period);
      if (anchor === undefined) throw new Error(`${id} is nobody's`);
      if (anchor.period === period) expect([id, period, at]).toEqual([id, period, anchor.at]);
      const [is, from, before] = [localOf(at, zone), localOf(anchor.at, zone), months[index - 1]];
      const last = new Date(Date.UTC(Math.floor(is.month / 12), (is.month % 12) + 1, 0)).getUTCDate();
      expect([id, is.day, is.time]).toEqual([id, Math.min(from.day, last), from.time]);
      if (before?.id === id && before.period === period - 1 && anchor.period < period)
        expect([id, is.month - localOf(before.at, zone).month]).toEqual([id, every]);
    });

    // Nothing was begun while it was paused, or when it had ended.
    for (const { id, quiet } of subscribers)
      for (const { from, to } of quiet) {
        const { rows } = await stack.owner.query(
          'SELECT checkout_id, created_at FROM payments.checkout WHERE checkout_id LIKE $1 AND created_at > $2 AND created_at < $3',
          [`${id}.%`, from, to ?? new Date()],
        );
        expect(rows).toEqual([]);
      }
  });
});
