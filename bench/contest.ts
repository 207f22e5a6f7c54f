import { SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { floorCheckout, shapeAlone, shapeCheckout, shapeWithChild } from './floor/workflows';
import type { Ground } from './ground';
import { closedLoop, median } from './measure';
import { pay } from './shop';

/** What runs against what: the floor, Paysaga's own shape with nothing in it, the same with a child that it has no more, and Paysaga. */
export type Contender = 'floor' | 'shape' | 'shape_with_child' | 'paysaga' | 'paysaga_all_or_nothing';

/** One contender with checkouts of so many orders. */
export interface Entry {
  readonly contender: Contender;
  readonly orders: number;
  /** Checkouts per round, and how many at once. */
  readonly checkouts: number;
  readonly abreast: number;
}

/** What the rounds of one entry came to. */
export interface Standing extends Entry {
  /** Orders done per second in each round. */
  readonly perRound: readonly number[];
  readonly latencies: number[];
  /** CPU seconds per order, by process. */
  readonly cpuPerOrder: Readonly<Record<string, number>>;
}

let made = 0;
/** Ids that nobody has used on this ground. */
export const newId = (what: string): string => `bench-${what}-${String((made += 1))}`;

/** One checkout of a contender, from the request to its outcome. Answers its id. */
export async function checkOut(
  { client, run, floorQueue }: Ground,
  contender: Contender,
  orders: number,
): Promise<string> {
  const id = newId(contender.replaceAll('_', '-'));
  switch (contender) {
    case 'floor':
      await client.workflow.execute(floorCheckout, { workflowId: id, taskQueue: floorQueue, args: [orders] });
      break;
    case 'shape':
      await (orders === 1
        ? client.workflow.execute(shapeAlone, { workflowId: id, taskQueue: floorQueue, ...describedOrder(id) })
        : client.workflow.execute(shapeCheckout, {
            workflowId: id,
            taskQueue: floorQueue,
            args: [orders],
            ...described(id),
          }));
      break;
    case 'shape_with_child':
      await client.workflow.execute(shapeWithChild, { workflowId: id, taskQueue: floorQueue, ...described(id) });
      break;
    case 'paysaga':
      await pay(run, { id, orders, wait: true });
      break;
    case 'paysaga_all_or_nothing':
      await pay(run, { id, orders, policy: 'all_or_nothing', wait: true });
  }
  return id;
}

const keywords = (names: readonly string[], value: string) =>
  names.map((name) => ({ key: { name, type: SearchAttributeType.KEYWORD }, value }));
const ofCheckout = ['MerchantId', 'Kind', 'BusinessId', 'CheckoutId'];

/** How Paysaga's checkouts, and orders that are alone, are described to Temporal. */
const described = (id: string) => ({
  staticSummary: 'a checkout',
  typedSearchAttributes: new TypedSearchAttributes(keywords(ofCheckout, id)),
});
const describedOrder = (id: string) => ({
  staticSummary: '10.00 EUR for a seller',
  typedSearchAttributes: new TypedSearchAttributes([
    ...keywords([...ofCheckout, 'PaymentOrderId', 'SellerId', 'Currency'], id),
    { key: { name: 'AmountMinor', type: SearchAttributeType.INT }, value: 1_000 },
  ]),
});

/** Runs all entries in turn, round after round, so that a slow moment of the machine is everybody's. */
export async function contest(
  ground: Ground,
  entries: readonly Entry[],
  rounds: number,
  say: (line: string) => void,
): Promise<Standing[]> {
  const standings = entries.map((entry) => ({
    ...entry,
    perRound: [] as number[],
    latencies: [] as number[],
    cpu: new Map<string, number>(),
    done: 0,
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < standings.length; turn += 1) {
      // Who comes after whom changes, too.
      const standing = standings[(turn + round) % standings.length];
      if (standing === undefined) continue;
      const before = ground.cpu();
      const { contender, orders, checkouts, abreast } = standing;
      const result = await closedLoop(checkouts, abreast, () => checkOut(ground, contender, orders));
      const after = ground.cpu();
      for (const [name, seconds] of Object.entries(after))
        standing.cpu.set(name, (standing.cpu.get(name) ?? 0) + seconds - (before[name] ?? 0));
      standing.perRound.push(result.perSecond * orders);
      standing.latencies.push(...result.latencies);
      standing.done += checkouts * orders;
    }
    const rates = standings.map(
      ({ contender, orders, perRound }) => `${contender} ×${String(orders)} ${(perRound.at(-1) ?? 0).toFixed(1)}`,
    );
    say(`round ${String(round + 1)} of ${String(rounds)}, orders/s: ${rates.join(', ')}`);
  }
  return standings.map(({ cpu, done, ...standing }) => ({
    ...standing,
    cpuPerOrder: Object.fromEntries([...cpu].map(([name, seconds]) => [name, seconds / done])),
  }));
}

/** The median of the rounds' ratios between two entries. */
export const ratio = (one: Standing, other: Standing): number =>
  median(one.perRound.map((rate, round) => rate / (other.perRound[round] ?? Number.NaN)));

/** One after the other, in turns, with nothing else running: how long each took, in milliseconds. */
export async function alone<One>(
  among: readonly One[],
  times: number,
  work: (one: One) => Promise<unknown>,
): Promise<Map<One, number[]>> {
  const latencies = new Map<One, number[]>(among.map((one) => [one, []]));
  for (let time = 0; time < times; time += 1)
    for (const one of among) {
      const { latencies: found } = await closedLoop(1, 1, () => work(one));
      latencies.get(one)?.push(...found);
    }
  return latencies;
}
