import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../chaos/recovery';

/** What a load came to. Latencies in milliseconds. */
export interface Measured {
  readonly count: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly latencies: readonly number[];
}

/** A piece of work, which may be told when it was due (`performance.now()`). */
export type Work = (index: number, dueAt: number) => Promise<unknown>;

const measured = (count: number, seconds: number, latencies: number[]): Measured => ({
  count,
  seconds,
  perSecond: count / seconds,
  latencies,
});

/** Capacity: so many clients, each with its next piece of work as soon as it has done one. */
export async function closedLoop(count: number, abreast: number, work: Work): Promise<Measured> {
  const latencies: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const startedAt = performance.now();
      await work(next++, startedAt);
      latencies.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: Math.min(abreast, count) }, client));
  return measured(count, (performance.now() - startedAt) / 1_000, latencies);
}

/**
 * Latency at a given rate: work falls due at random moments (a Poisson process), whether or not earlier work is done, and counts from
 * when it was due. A system that stalls is charged for all who would have come meanwhile (no coordinated omission).
 */
export async function openLoop(
  perSecond: number,
  seconds: number,
  chance: () => number,
  work: Work,
): Promise<Measured> {
  const latencies: number[] = [];
  const underWay: Promise<void>[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  for (let index = 0, due = startedAt; ; index += 1) {
    due += (-Math.log(1 - chance()) / perSecond) * 1_000;
    if (due > until) break;
    const dueAt = due;
    if (dueAt > performance.now()) await pause(dueAt - performance.now());
    underWay.push(work(index, dueAt).then(() => void latencies.push(performance.now() - dueAt)));
  }
  await Promise.all(underWay);
  return measured(underWay.length, (performance.now() - startedAt) / 1_000, latencies);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The quantiles that people ask for, in whole milliseconds. */
export const quantiles = (latencies: readonly number[]): { p50: number; p95: number; p99: number } => ({
  p50: Math.round(quantile(latencies, 0.5)),
  p95: Math.round(quantile(latencies, 0.95)),
  p99: Math.round(quantile(latencies, 0.99)),
});
