import { alone, newId, type Entry } from './contest';
import type { Ground, Twin } from './ground';
import { closedLoop, median, quantiles } from './measure';
import { table, type Part } from './report';
import { pay } from './shop';

type Load = Pick<Entry, 'orders' | 'checkouts' | 'abreast'>;
const warming: Load = { orders: 1, checkouts: 60, abreast: 8 };
const loads: readonly Load[] = [
  { orders: 1, checkouts: 80, abreast: 24 },
  { orders: 10, checkouts: 10, abreast: 10 },
];
const singles = 60;

interface Round {
  readonly perSecond: number;
  readonly cpuMsPerOrder: number;
  readonly cpuMsByProcess: Readonly<Record<string, number>>;
}

/**
 * What judging each try costs the hot path: a worker and an API of their own whose tries are judged by the built-in rules, and a pair
 * whose tries are not judged at all, in turns on the same Postgres, Temporal and PSP.
 */
export const risk: Part = async ({ ground, rounds, say }) => {
  const judged = await ground.startTwin('judged', 'worker.ts');
  try {
    const unjudged = await ground.startTwin('unjudged', 'bench/worker-without-risk.ts');
    try {
      return await compare(ground, { judged, unjudged }, rounds, say);
    } finally {
      await unjudged.stop();
    }
  } finally {
    await judged.stop();
  }
};

interface Twins {
  readonly judged: Twin;
  readonly unjudged: Twin;
}
const both = ['judged', 'unjudged'] as const;
type Who = (typeof both)[number];

async function compare(ground: Ground, twins: Twins, rounds: number, say: (line: string) => void) {
  for (const who of both) await load(twins[who], warming);
  await checkJudged(ground);
  const figures = [];
  for (const one of loads) figures.push(await underLoad(twins, one, rounds, say));
  const latencies = await alone([twins.judged, twins.unjudged], singles, (twin) => buy(twin, 1));
  const single = Object.fromEntries([...latencies].map(([{ name }, times]) => [name, quantiles(times)]));
  const processes = Object.keys(figures[0]?.cpu_ms_by_process.judged ?? {});
  return {
    figures: { loads: figures, alone_ms: single },
    tables: [
      table([
        ['', 'orders/s, judged', 'not judged', 'ratio', 'CPU ms per order, judged', 'not judged', 'ratio'],
        ...figures.map(({ orders, per_second: rate, rate_ratio, cpu_ms_per_order: cpu, cpu_ratio }) => [
          `checkouts of ${String(orders)}`,
          ...both.map((who) => rate[who].toFixed(1)),
          inWords(rate_ratio),
          ...both.map((who) => cpu[who].toFixed(1)),
          inWords(cpu_ratio),
        ]),
      ]),
      table([
        ['CPU ms per order', ...processes],
        ...figures.flatMap(({ orders, cpu_ms_by_process: cpu }) =>
          both.map((who) => [
            `${who}, checkouts of ${String(orders)}`,
            ...processes.map((name) => (cpu[who][name] ?? 0).toFixed(1)),
          ]),
        ),
      ]),
      table([
        ['one at a time, ms', 'p50', 'p95', 'p99'],
        ...Object.entries(single).map(([name, found]) => [name, ...Object.values(found)]),
      ]),
    ],
  };
}

async function underLoad(twins: Twins, one: Load, rounds: number, say: (line: string) => void) {
  const results: Record<Who, Round[]> = { judged: [], unjudged: [] };
  const ratios: Record<'perSecond' | 'cpuMsPerOrder', number[]> = { perSecond: [], cpuMsPerOrder: [] };
  for (let round = 0; round < rounds; round += 1) {
    const done: Record<Who, Round[]> = { judged: [], unjudged: [] };
    for (const who of round % 2 === 0 ? outside : inside) done[who].push(await load(twins[who], one));
    for (const who of both) results[who].push(together(done[who]));
    for (const what of ['perSecond', 'cpuMsPerOrder'] as const)
      ratios[what].push(together(done.judged)[what] / together(done.unjudged)[what]);
    const [speed, cpu] = [ratios.perSecond.at(-1) ?? 0, ratios.cpuMsPerOrder.at(-1) ?? 0];
    say(
      `${String(one.orders)} order(s), round ${String(round + 1)} of ${String(rounds)}, judged by not judged: CPU ${cpu.toFixed(3)}, orders/s ${speed.toFixed(3)}`,
    );
  }
  const middle = <Value>(of: (all: readonly Round[]) => Value): Record<Who, Value> => ({
    judged: of(results.judged),
    unjudged: of(results.unjudged),
  });
  return {
    orders: one.orders,
    per_second: middle((all) => median(all.map(({ perSecond }) => perSecond))),
    cpu_ms_per_order: middle((all) => median(all.map(({ cpuMsPerOrder }) => cpuMsPerOrder))),
    cpu_ms_by_process: middle((all) => byProcess(all, median)),
    rate_ratio: meanOf(ratios.perSecond),
    cpu_ratio: meanOf(ratios.cpuMsPerOrder),
    ratios,
  };
}

// Tables grow and machines change their mind: whoever comes first and last in a round is never the one whose turns lie between.
const outside = ['judged', 'unjudged', 'unjudged', 'judged'] as const;
const inside = ['unjudged', 'judged', 'judged', 'unjudged'] as const;

/** A mean with its standard error: single rounds on a shared machine say little. */
function meanOf(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const average = mean(values);
  const squares = values.reduce((sum, one) => sum + (one - average) ** 2, 0);
  return { mean: average, error: Math.sqrt(squares / Math.max(1, values.length - 1) / values.length) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

const inWords = (found: ReturnType<typeof meanOf>): string => `${found.mean.toFixed(3)} ± ${found.error.toFixed(3)}`;

/** Loads of the same size as one. */
function together(loads: readonly Round[]): Round {
  return {
    perSecond: 1 / mean(loads.map(({ perSecond }) => 1 / perSecond)),
    cpuMsPerOrder: mean(loads.map(({ cpuMsPerOrder }) => cpuMsPerOrder)),
    cpuMsByProcess: byProcess(loads, mean),
  };
}

const byProcess = (loads: readonly Round[], of: (values: readonly number[]) => number): Record<string, number> =>
  Object.fromEntries(
    Object.keys(loads[0]?.cpuMsByProcess ?? {}).map((name) => [
      name,
      of(loads.map(({ cpuMsByProcess }) => cpuMsByProcess[name] ?? 0)),
    ]),
  );

const buy = ({ run, name }: Twin, orders: number): Promise<void> => pay(run, { id: newId(name), orders, wait: true });

async function load(twin: Twin, { orders, checkouts, abreast }: Load): Promise<Round> {
  const before = twin.cpu();
  const { perSecond } = await closedLoop(checkouts, abreast, () => buy(twin, orders));
  const cpuMsByProcess = Object.fromEntries(
    Object.entries(twin.cpu()).map(([name, seconds]) => [
      name,
      ((seconds - (before[name] ?? 0)) * 1_000) / (checkouts * orders),
    ]),
  );
  const cpuMsPerOrder = Object.values(cpuMsByProcess).reduce((sum, one) => sum + one, 0);
  return { perSecond: perSecond * orders, cpuMsPerOrder, cpuMsByProcess };
}

/** Each of the two does what its name says, or the figures mean nothing. */
async function checkJudged({ database }: Ground): Promise<void> {
  const { rows } = await database.query<{ judged: number; unjudged: number }>(
    `SELECT count(*) FILTER (WHERE checkout_id LIKE 'bench-judged-%')::int AS judged,
            count(*) FILTER (WHERE checkout_id LIKE 'bench-unjudged-%')::int AS unjudged FROM risk.assessment WHERE stage IS NOT NULL`,
  );
  const [found] = rows;
  if (found?.judged !== warming.checkouts || found.unjudged !== 0)
    throw new Error(
      `${String(warming.checkouts)} tries of the one are judged and none of the other, not ${JSON.stringify(found)}`,
    );
}
