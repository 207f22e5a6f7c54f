import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../chaos/chance';
import { workflowIds } from '../domain/identifiers';
import { alone, checkOut, contest, newId, ratio, type Contender, type Entry, type Standing } from './contest';
import type { Ground } from './ground';
import { median, openLoop, quantiles } from './measure';
import { rate, table, type Part } from './report';
import { pay } from './shop';

const one = { orders: 1, checkouts: 80, abreast: 24 } as const;
const ten = { orders: 10, checkouts: 10, abreast: 10 } as const;

const entries: readonly Entry[] = [
  { contender: 'floor', ...one },
  { contender: 'shape', ...one },
  { contender: 'paysaga', ...one },
  { contender: 'floor', ...ten },
  { contender: 'shape', ...ten },
  { contender: 'paysaga', ...ten },
  { contender: 'paysaga_all_or_nothing', ...ten },
];

/** What `capacity` leaves for parts that come after it. */
interface Capacity {
  readonly standings: readonly {
    readonly contender: Contender;
    readonly orders: number;
    readonly per_second: number;
  }[];
}

/** Orders per second with as many clients as it takes, all contenders in turn. */
export const capacity: Part = async ({ ground, rounds, say }) => {
  const standings = await contest(ground, entries, rounds, say);
  const figures = standings.map((standing) => described(standing, standings));
  const processes = Object.keys(standings[0]?.cpuPerOrder ?? {});
  const events = await eventsPerOrder(ground);
  return {
    figures: { standings: figures, events_per_order: events },
    tables: [
      table([
        ['', 'orders/s', '× floor', '× own shape', 'p50 ms', 'p95 ms', 'p99 ms', 'CPU ms per order'],
        ...figures.map((figure) => [
          `${figure.contender}, ${String(figure.orders)} order(s)`,
          figure.per_second.toFixed(1),
          figure.to_floor?.toFixed(2) ?? '',
          figure.to_shape?.toFixed(2) ?? '',
          ...Object.values(figure.latency_ms),
          figure.cpu_ms_per_order.toFixed(1),
        ]),
      ]),
      table([
        ['CPU ms per order', ...processes],
        ...standings.map(({ contender, orders, cpuPerOrder }) => [
          `${contender}, ${String(orders)} order(s)`,
          ...processes.map((name) => ((cpuPerOrder[name] ?? 0) * 1_000).toFixed(1)),
        ]),
      ]),
      table([
        ['events in histories', ...Object.keys(events)],
        ['per order', ...Object.values(events).map((count) => count.toFixed(1))],
      ]),
    ],
    charts: [1, 10].map((orders) => ({
      title: `Orders per second, checkouts of ${String(orders)}`,
      bars: standings
        .filter((standing) => standing.orders === orders)
        .map(({ contender, perRound }) => ({
          what: contender.replaceAll('_', ' '),
          value: median(perRound),
          words: rate(perRound),
          ours: contender.startsWith('paysaga'),
        })),
    })),
  };
};

/** What a checkout of one order would cost with a run of its own and a child: own shape, emptied, with it and without. */
export const child: Part = async ({ ground, rounds, say }) => {
  const standings = await contest(
    ground,
    [...entries.slice(0, 2), { contender: 'shape_with_child', ...one }],
    rounds,
    say,
  );
  const figures = standings.map((standing) => described(standing, standings));
  const events = await Promise.all(
    (['floor', 'shape', 'shape_with_child'] as const).map(async (contender) => {
      const id = await checkOut(ground, contender, 1);
      const ids = contender === 'shape' ? [id] : [id, `${id}/0`];
      const found = await Promise.all(ids.map((one) => ground.client.workflow.getHandle(one).describe()));
      return found.reduce((sum, { historyLength }) => sum + historyLength, 0);
    }),
  );
  return {
    figures: { standings: figures },
    tables: [
      table([
        ['checkouts of one', 'per second', '× floor', 'CPU ms', 'of them Temporal', 'and the worker', 'events'],
        ...figures.map(({ contender, per_second, to_floor, cpu_ms_per_order, cpu_seconds_per_order: cpu }, index) => [
          contender,
          per_second.toFixed(1),
          to_floor?.toFixed(2) ?? '',
          cpu_ms_per_order.toFixed(1),
          ((cpu['temporal'] ?? 0) * 1_000).toFixed(1),
          ((cpu["floor's worker"] ?? 0) * 1_000).toFixed(1),
          events[index] ?? 0,
        ]),
      ]),
    ],
  };
};

function described(standing: Standing, all: readonly Standing[]) {
  const { contender, orders, perRound, latencies, cpuPerOrder } = standing;
  const to = (other: Contender): number | undefined => {
    const found = all.find((one) => one.contender === other && one.orders === orders);
    return found === undefined ? undefined : ratio(standing, found);
  };
  return {
    contender,
    orders,
    per_second: median(perRound),
    per_round: perRound,
    to_floor: to('floor'),
    to_shape: to('shape'),
    latency_ms: quantiles(latencies),
    cpu_ms_per_order: Object.values(cpuPerOrder).reduce((sum, seconds) => sum + seconds, 0) * 1_000,
    cpu_seconds_per_order: cpuPerOrder,
  };
}

/** The events of a checkout's histories, its own and its orders', per order. */
async function eventsPerOrder(ground: Ground): Promise<Record<string, number>> {
  const lengths = async (ids: readonly string[]): Promise<number> => {
    const found = await Promise.all(ids.map((id) => ground.client.workflow.getHandle(id).describe()));
    return found.reduce((sum, { historyLength }) => sum + historyLength, 0);
  };
  const counts: Record<string, number> = {};
  for (const orders of [1, 10]) {
    const numbers = Array.from({ length: orders }, (_, index) => index);
    for (const contender of ['floor', 'shape'] as const) {
      const id = await checkOut(ground, contender, orders);
      const own = contender === 'shape' && orders === 1 ? [] : numbers.map((index) => `${id}/${String(index)}`);
      counts[`${contender}, ${String(orders)}`] = (await lengths([id, ...own])) / orders;
    }
    const id = await checkOut(ground, 'paysaga', orders);
    counts[`paysaga, ${String(orders)}`] =
      (await lengths([
        ...(orders === 1 ? [] : [workflowIds.checkout('default', id)]),
        ...numbers.map((index) => workflowIds.paymentOrder('default', `${id}-${String(index + 1)}`)),
      ])) / orders;
  }
  return counts;
}

const aloneTimes = 40;
const seconds = 15;

/** Latency: one checkout at a time, and at 30, 60 and 90 % of capacity with arrivals that don't wait for each other. */
export const latency: Part = async ({ ground, earlier, say }) => {
  const single = await alone(['floor', 'shape', 'paysaga'] as const, aloneTimes, (contender) =>
    checkOut(ground, contender, 1),
  );
  const rows: (string | number)[][] = [];
  const figures: Record<string, unknown> = {};
  for (const [contender, times] of single) {
    const found = quantiles(times);
    figures[`${contender}_alone_ms`] = found;
    rows.push([`${contender}, one at a time, done`, ...Object.values(found)]);
  }
  const known = (earlier['capacity'] as Capacity | undefined)?.standings;
  for (const share of [0.3, 0.6, 0.9])
    for (const contender of ['floor', 'paysaga'] as const) {
      const most = known?.find((standing) => standing.contender === contender && standing.orders === 1)?.per_second;
      if (most === undefined) {
        say('capacity was not measured: no latency at shares of it');
        return { figures, tables: [table([['ms', 'p50', 'p95', 'p99'], ...rows])] };
      }
      const { accepted, done } = await atRate(ground, contender, most * share);
      const what = `${contender} at ${String(share * 100)} % of ${most.toFixed(0)}/s`;
      if (accepted !== undefined) rows.push([`${what}, accepted`, ...Object.values(accepted)]);
      rows.push([`${what}, done`, ...Object.values(done)]);
      figures[`${contender}_at_${String(share * 100)}_percent_ms`] = { accepted, done };
    }
  return { figures, tables: [table([['ms', 'p50', 'p95', 'p99'], ...rows])] };
};

/** Both moments count from when the checkout was due. */
async function atRate(ground: Ground, contender: 'floor' | 'paysaga', perSecond: number) {
  const chance = new Chance(1);
  const load = (work: Parameters<typeof openLoop>[3]) => openLoop(perSecond, seconds, () => chance.next(), work);
  if (contender === 'floor') {
    const { latencies } = await load(() => checkOut(ground, 'floor', 1));
    return { accepted: undefined, done: quantiles(latencies) };
  }
  const dueAt = new Map<string, number>();
  const { latencies } = await load(async (_, due) => {
    const id = newId('rate');
    dueAt.set(id, due);
    await pay(ground.run, { id, orders: 1, wait: false });
  });
  for (;;) {
    const { rows } = await ground.database.query<{ id: string; at: Date; done: boolean }>(
      'SELECT checkout_id AS id, updated_at AS at, is_payment_done AS done FROM payments.checkout WHERE checkout_id = ANY ($1)',
      [[...dueAt.keys()]],
    );
    if (rows.some(({ done }) => !done)) {
      await pause(500);
      continue;
    }
    const done = rows.map(({ id, at }) => at.getTime() - (performance.timeOrigin + (dueAt.get(id) ?? Number.NaN)));
    return { accepted: quantiles(latencies), done: quantiles(done) };
  }
}
