import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kill } from './faults';
import type { Posted } from './load';

/** What processes met at their failpoints, as they wrote it down. */
export interface Hits {
  /** How often each gap was reached, and how often what was done there. */
  readonly gaps: ReadonlyMap<string, { readonly reached: number; readonly kills: number; readonly others: number }>;
  /** For each kill, after how long the same step was at the same gap again. */
  readonly comebacksMs: readonly number[];
  /** Kills after which the step did not have to come back: somebody else had brought it to its end. */
  readonly elsewhere: number;
}

/** Reads what `failpoint.ts` has written into its folder. */
export function readHits(folder: string): Hits {
  const files = join(folder, 'hits');
  const gaps = new Map<string, { reached: number; kills: number; others: number }>();
  const steps = new Map<string, { at: number; killed: boolean }[]>();
  for (const file of existsSync(files) ? readdirSync(files) : []) {
    for (const line of readFileSync(join(files, file), 'utf8').split('\n')) {
      const [at, name, key, done] = line.split('\t');
      if (at === undefined || name === undefined || done === undefined) continue;
      const gap = gaps.get(name) ?? { reached: 0, kills: 0, others: 0 };
      gap.reached += 1;
      if (done === 'kill') gap.kills += 1;
      else if (done !== '') gap.others += 1;
      gaps.set(name, gap);
      const step = `${name} ${key ?? ''}`;
      steps.set(step, [...(steps.get(step) ?? []), { at: Number(at), killed: done === 'kill' }]);
    }
  }
  const comebacksMs: number[] = [];
  let elsewhere = 0;
  for (const visits of steps.values()) {
    visits.sort((a, b) => a.at - b.at);
    for (const [index, { at, killed }] of visits.entries()) {
      if (!killed) continue;
      const next = visits[index + 1];
      if (next === undefined) elsewhere += 1;
      else comebacksMs.push(next.at - at);
    }
  }
  return { gaps, comebacksMs, elsewhere };
}

/** For each kill of a part, after how long every plain payment that was under way then had come to its end. */
export function recoveriesMs(kills: readonly Kill[], posted: readonly Posted[]): Map<string, number[]> {
  const plain = posted.filter(({ story, settledAt }) => story === 'plain' && settledAt !== undefined);
  const recoveries = new Map<string, number[]>();
  for (const { part, at } of kills) {
    const ends = plain
      .filter(({ postedAt, settledAt = 0 }) => postedAt <= at && settledAt >= at)
      .map(({ settledAt = 0 }) => settledAt - at);
    if (ends.length > 0) recoveries.set(part, [...(recoveries.get(part) ?? []), Math.max(...ends)]);
  }
  return recoveries;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
