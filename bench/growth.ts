import { contest, checkOut, type Entry } from './contest';
import { chained, fill } from './fill';
import { closedLoop, median } from './measure';
import { reads } from './requests';
import { pay } from './shop';
import { table, type Part } from './report';

const stored = [0, 100_000, 1_000_000];
const entries: readonly Entry[] = (['floor', 'paysaga'] as const).map((contender) => ({
  contender,
  orders: 1,
  checkouts: 150,
  abreast: 32,
}));

/** The same with a hundred thousand and a million orders already there. */
export const growth: Part = async (scene) => {
  const { ground, rounds, say } = scene;
  const figures: Record<string, unknown> = {};
  const rows: (string | number)[][] = [];
  for (const orders of stored) {
    say(`${orders.toLocaleString('en')} stored orders …`);
    await fill(ground.database, (id) => pay(ground.run, { id, orders: 1, wait: true }), orders);
    await chained(ground.database);
    const [floor, ours] = await contest(ground, entries, rounds, say);
    if (floor === undefined || ours === undefined) continue;
    // The engine's own growth is not ours: the floor ran beside it.
    const cpu = Object.values(ours.cpuPerOrder).reduce((sum, seconds) => sum + seconds, 0) * 1_000;
    const perSecond = median(ours.perRound);
    const asked = await reads(scene);
    figures[String(orders)] = {
      per_second: perSecond,
      floor_per_second: median(floor.perRound),
      cpu_ms_per_order: cpu,
      cpu_seconds_per_order: ours.cpuPerOrder,
      reads: asked.figures,
    };
    rows.push([
      orders.toLocaleString('en'),
      perSecond.toFixed(1),
      median(floor.perRound).toFixed(1),
      cpu.toFixed(1),
      ...Object.values(asked.figures as Record<string, { per_second: number }>).map(({ per_second }) =>
        per_second.toFixed(0),
      ),
    ]);
  }
  return {
    figures,
    tables: [
      table([
        ['stored orders', 'orders/s', 'floor', 'CPU ms per order', 'status/s', 'checkout/s', 'events/s', 'wallet/s'],
        ...rows,
      ]),
    ],
  };
};

/** Checkouts from one order to a thousand. */
export const sizes: Part = async ({ ground, say }) => {
  const rows: (string | number)[][] = [];
  const figures: Record<string, unknown> = {};
  for (const orders of [1, 3, 10, 100, 1_000]) {
    const checkouts = Math.max(1, Math.min(30, Math.floor(300 / orders)));
    const before = ground.workerMemoryMb();
    const rates: Record<string, number> = {};
    for (const contender of orders === 1_000 ? (['paysaga'] as const) : (['floor', 'paysaga'] as const)) {
      const { perSecond } = await closedLoop(checkouts, 8, () => checkOut(ground, contender, orders));
      rates[contender] = perSecond * orders;
    }
    const after = ground.workerMemoryMb();
    figures[String(orders)] = { ...rates, memory_mb: [before, after] };
    rows.push([orders, rates['floor']?.toFixed(1) ?? '', (rates['paysaga'] ?? Number.NaN).toFixed(1), before, after]);
    say(`${String(orders)} order(s): ${JSON.stringify(rates)}`);
  }
  return {
    figures,
    tables: [table([['orders per checkout', 'floor orders/s', 'orders/s', 'memory before, MB', 'after'], ...rows])],
  };
};
