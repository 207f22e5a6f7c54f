import fc from 'fast-check';

/** How many histories each model lives through; `npm run models` sets it for the long run. */
export const runs = Number(process.env['PAYSAGA_MODEL_RUNS'] ?? '40');
const seed = Number(process.env['PAYSAGA_MODEL_SEED'] ?? '1');

/** One actor's steps: between two of them anybody else may have their turn. */
export type Actor = (turn: <Result>(step: () => Promise<Result>) => Promise<Result>) => Promise<void>;

/**
 * Lives through many histories of a model: in each the actors' steps are interleaved as fast-check's scheduler decides. A history
 * that breaks a rule is made smaller, and told with the seed and the order of its steps.
 */
export async function liveThrough<History>(
  histories: fc.Arbitrary<History>,
  actorsOf: (history: History) => Promise<{ actors: readonly Actor[]; check: () => Promise<void> }>,
): Promise<void> {
  console.log(`${String(runs)} histories, seed ${String(seed)}`);
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), histories, async (scheduler, history) => {
      const { actors, check } = await actorsOf(history);
      const all = Promise.all(
        actors.map((actor, number) => {
          let count = 0;
          return actor(async (step) => {
            await scheduler.schedule(Promise.resolve(), `actor ${String(number)}, step ${String((count += 1))}`);
            return step();
          });
        }),
      );
      await scheduler.waitFor(all);
      await check();
    }),
    { numRuns: runs, seed, endOnFailure: false },
  );
}

/** Somebody wants so many percent of what there is; what becomes of it; how many runs of its process there are. */
export interface Wish<Fate extends string> {
  readonly percent: number;
  readonly fate: Fate;
  readonly copies: number;
}

/** An amount in minor units, and some wishes for parts of it. */
export const wishesFor = <Fate extends string>(
  ...fates: readonly Fate[]
): fc.Arbitrary<{ amount: number; wishes: readonly Wish<Fate>[] }> =>
  fc.record({
    amount: fc.integer({ min: 100, max: 20_000 }),
    wishes: fc.array(
      fc.record({
        percent: fc.integer({ min: 1, max: 100 }),
        fate: fc.constantFrom(...fates),
        copies: fc.integer({ min: 1, max: 2 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  });

/** The part of an amount that a wish is for. */
export const partOf = (amount: number, { percent }: Wish<string>): number =>
  Math.max(1, Math.floor((amount * percent) / 100));
