import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

/**
 * A named gap between two effects, where a fault test may have the process killed, an error thrown, time pass, or the reply lost.
 * In production it is one call that does nothing. `key` is what is being worked on.
 */
export type Failpoint = (name: string, key: string) => Promise<void>;

const point = z.strictObject({
  /** The gap, or `*.completing` for that of every activity. */
  name: z.string().min(1),
  /** Only for this key. */
  key: z.string().optional(),
  do: z.enum(['kill', 'throw', 'delay', 'drop']),
  /** How likely it strikes a key, decided by the seed: the same key meets the same fate in each run. */
  share: z.number().min(0).max(1).default(1),
  /** How often it strikes one key. Once, so that who comes back gets through. */
  times: z.number().int().positive().default(1),
  /** How often it strikes in all. */
  most: z.number().int().positive().optional(),
  /** How long a delay is. */
  ms: z.number().int().positive().default(1_000),
});

const specification = z.strictObject({
  seed: z.number().int().default(1),
  /**
   * Where processes write down what they met: `struck/{name}/{key}.{n}` for each strike, `hits/{pid}` for each time that a gap was
   * reached. A file `off` in it disarms them all.
   */
  folder: z.string().min(1),
  points: z.array(point),
});

/** How failpoints are armed: `PAYSAGA_FAILPOINTS`, as JSON. */
export type FailpointSpecification = z.input<typeof specification>;
type Armed = z.output<typeof point>;

/** What a failpoint throws: the storage error that an activity or a request meets when its connection breaks. */
export class Interrupted extends Error {
  override readonly name: string = 'DriverAdapterError';
}

/** Asks the API to answer nothing and to close the connection. */
export class ReplyDropped extends Interrupted {}

/** @throws Error that names what is wrong with the specification */
export function readFailpoints(text: string): z.output<typeof specification> {
  return specification.parse(JSON.parse(text));
}

/** The failpoints of this process; off unless configured. */
export function failpoints(armed: z.output<typeof specification> | undefined): Failpoint {
  if (armed === undefined) return () => Promise.resolve();
  const { folder, points, seed } = armed;
  mkdirSync(join(folder, 'hits'), { recursive: true });
  const hits = openSync(join(folder, 'hits', String(process.pid)), 'a');
  return async (name, key) => {
    if (existsSync(join(folder, 'off'))) return;
    const struck = points.find(
      (candidate) =>
        isAt(candidate, name, key) && fate(seed, name, key) < candidate.share && strikes(folder, candidate, name, key),
    );
    // Written at once: what comes next may be the end of this process.
    writeSync(hits, `${String(Date.now())}\t${name}\t${key}\t${struck?.do ?? ''}\n`);
    switch (struck?.do) {
      case undefined:
        return;
      case 'kill':
        process.kill(process.pid, 'SIGKILL');
        // The signal is on its way: nothing more is done.
        return new Promise(() => undefined);
      case 'delay':
        await pause(struck.ms);
        return;
      case 'throw':
        throw new Interrupted(`interrupted at ${name}`);
      case 'drop':
        throw new ReplyDropped(`the reply is dropped at ${name}`);
    }
  };
}

const isAt = ({ name: wanted, key: only }: Armed, name: string, key: string): boolean =>
  (wanted.startsWith('*') ? name.endsWith(wanted.slice(1)) : wanted === name) && (only === undefined || only === key);

/** From 0 up to and without 1. */
const fate = (seed: number, name: string, key: string): number =>
  createHash('sha256')
    .update(`${String(seed)} ${name} ${key}`)
    .digest()
    .readUInt32BE() /
  2 ** 32;

/** Remembered by a file, so that it holds for the process that comes after, and for those beside it. */
function strikes(folder: string, { times, most }: Armed, name: string, key: string): boolean {
  const struck = join(folder, 'struck', name);
  mkdirSync(struck, { recursive: true });
  if (most !== undefined && readdirSync(struck).length >= most) return false;
  for (let count = 1; count <= times; count += 1) {
    try {
      closeSync(openSync(join(struck, `${encodeURIComponent(key)}.${String(count)}`), 'wx'));
      return true;
    } catch {
      // It was struck so often before.
    }
  }
  return false;
}
