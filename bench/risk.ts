import { alone, newId, type Entry } from './contest';
import type { Ground, Twin } from './ground';
import { closedLoop, median, quantiles } from './measure';
import { rate, table, type Part } from './report';
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

async function compare(
  ground: Ground,
  twins: { readonly judged: Twin; readonly unjudged: Twin },
  rounds: number,
  say: (line: string) => void,
) {
  for (const twin of [twins.judged, twins.unjudged]) await load(twin, warming);
  await checkJudged(ground);
  const figures = [];
  for (const one of loads) {
    const results: { readonly judged: Round; readonly unjudged: Round }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Tables grow and machines change their mind: who comes first and last in a round is never the one whose turn lies between.
      const turns = round % 2 === 0 ? outside : inside;
      const done: Record<(typeof turns)[number], Round[]> = { judged: [], unjudged: [] };
      for (const who of turns) done[who].push(await load(twins[who], one));
      const result = { judged: together(done.judged), unjudged: together(done.unjudged) };
      results.push(result);
      const { judged, unjudged } = result;
      say(
        `${String(one.orders)} order(s), round ${String(round + 1)} of ${String(rounds)}: CPU per order ${ratioOf(judged.cpuMsPerOrder, unjudged.cpuMsPerOrder)} of that without, orders/s ${ratioOf(judged.perSecond, unjudged.perSecond)}`,
      );
    }
    const of = (who: 'judged' | 'unjudged', what: 'perSecond' | 'cpuMsPerOrder'): number[] =>
      results.map((result) => result[who][what]);
    const ratio = (what: 'perSecond' | 'cpuMsPerOrder'): number =>
      median(results.map((one) => one.judged[what] / one.unjudged[what]));
    figures.push({
      orders: one.orders,
      per_second: { judged: median(of('judged', 'perSecond')), unjudged: median(of('unjudged', 'perSecond')) },
      cpu_ms_per_order: {
        judged: median(of('judged', 'cpuMsPerOrder')),
        unjudged: median(of('unjudged', 'cpuMsPerOrder')),
      },
      cpu_ratio: ratio('cpuMsPerOrder'),
      rate_ratio: ratio('perSecond'),
      rounds: results,
    });
  }
  const latencies = await alone([twins.judged, twins.unjudged], singles, (twin) => buy(twin, 1));
  const single = Object.fromEntries([...latencies].map(([{ name }, times]) => [name, quantiles(times)]));
  return {
    figures: { loads: figures, alone_ms: single },
    tables: [
      table([
        ['', 'orders/s, judged', 'not judged', 'ratio', 'CPU ms per order, judged', 'not judged', 'ratio'],
        ...figures.map((one) => [
          `checkouts of ${String(one.orders)}`,
          rate([one.per_second.judged]),
          rate([one.per_second.unjudged]),
          one.rate_ratio.toFixed(3),
          rate([one.cpu_ms_per_order.judged]),
          rate([one.cpu_ms_per_order.unjudged]),
          one.cpu_ratio.toFixed(3),
        ]),
      ]),
      table([
        ['CPU ms per order', ...Object.keys(figures[0]?.rounds[0]?.judged.cpuMsByProcess ?? {})],
        ...figures.flatMap(({ orders, rounds: all }) =>
          (['judged', 'unjudged'] as const).map((who) => [
            `${who}, checkouts of ${String(orders)}`,
            ...Object.keys(all[0]?.judged.cpuMsByProcess ?? {}).map((name) =>
              median(all.map((round) => round[who].cpuMsByProcess[name] ?? 0)).toFixed(1),
            ),
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

const outside = ['judged', 'unjudged', 'unjudged', 'judged'] as const;
const inside = ['unjudged', 'judged', 'judged', 'unjudged'] as const;

/** Loads of the same size as one. */
function together(loads: readonly Round[]): Round {
  const mean = (of: (one: Round) => number): number => loads.reduce((sum, one) => sum + of(one), 0) / loads.length;
  return {
    perSecond: 1 / mean(({ perSecond }) => 1 / perSecond),
    cpuMsPerOrder: mean(({ cpuMsPerOrder }) => cpuMsPerOrder),
    cpuMsByProcess: Object.fromEntries(
      Object.keys(loads[0]?.cpuMsByProcess ?? {}).map((name) => [
        name,
        mean(({ cpuMsByProcess }) => cpuMsByProcess[name] ?? 0),
      ]),
    ),
  };
}

const ratioOf = (one: number, other: number): string => (one / other).toFixed(3);

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
