import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Failpoint, FailpointSpecification } from '../../failpoint';

export const noFailpoints: Failpoint = () => Promise.resolve();

/** Each gap kills once for each key, for the only one given, or for a share of all. */
export const kills = (
  folder: string,
  gaps: readonly { name: string; key?: string; share?: number }[],
): FailpointSpecification => ({
  folder,
  points: gaps.map((gap) => ({ ...gap, do: 'kill' })),
});

/** What was struck: `gap key`. */
export function struck(folder: string): string[] {
  const root = join(folder, 'struck');
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) =>
    readdirSync(join(root, name)).map((file) => `${name} ${decodeURIComponent(file.replace(/\.\d+$/, ''))}`),
  );
}
