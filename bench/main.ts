import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { books } from './book';
import { checkOut } from './contest';
import { Ground } from './ground';
import { growth, sizes } from './growth';
import { capacity, child, latency } from './hot-path';
import { keys } from './keys';
import { machine } from './machine';
import { closedLoop } from './measure';
import { accept, reads } from './requests';
import { picture, type Chart, type Part } from './report';
import { risk } from './risk';

/** In this order: capacity says which rates are tried for latency, and what fills tables comes last. */
const parts: Readonly<Record<string, Part>> = {
  capacity,
  latency,
  reads,
  keys,
  risk,
  books,
  accept,
  child,
  sizes,
  growth,
};
const long = ['child', 'sizes', 'growth'];

const usage = `Usage: npm run bench -- [options]

  --full          also the long parts: what a child costs, checkouts of up to 1,000 orders, and a million stored orders
  --only PARTS    only these, with commas between: ${Object.keys(parts).join(', ')}
  --rounds N      rounds of capacity; each ratio is the median of the rounds' (7)
  --shards N      on Temporal's full server with so many history shards, instead of the dev server
  --workers N     worker processes (1)
  --json FILE     the figures, for programs
  --picture FILE  the figures as bars, SVG

Measures Paysaga, doing all its work, against the same checkouts with nothing in them on the same Temporal server, and its books
against pgbench on the same Postgres. Figures of two runs don't compare; ratios do.`;

interface Options {
  readonly parts: readonly string[];
  readonly rounds: number;
  readonly shards: number | undefined;
  readonly workers: number;
  readonly json: string | undefined;
  readonly picture: string | undefined;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string', default: '7' },
      shards: { type: 'string' },
      workers: { type: 'string', default: '1' },
      json: { type: 'string' },
      picture: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const whole = (name: 'rounds' | 'shards' | 'workers', value: string): number => {
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < 1)
      throw new RangeError(`--${name} must be a whole number above zero, not ${value}`);
    return number;
  };
  const only = values.only?.split(',');
  const unknown = only?.filter((name) => !Object.hasOwn(parts, name)) ?? [];
  if (unknown.length > 0)
    throw new RangeError(`--only: there is no ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  return {
    parts: Object.keys(parts).filter((name) =>
      only === undefined ? values.full || !long.includes(name) : only.includes(name),
    ),
    rounds: whole('rounds', values.rounds),
    shards: values.shards === undefined ? undefined : whole('shards', values.shards),
    workers: whole('workers', values.workers),
    json: values.json,
    picture: values.picture,
  };
}

const say = (line: string): void => console.log(line);

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const ground = await Ground.prepare(options, say);
  try {
    for (const contender of ['floor', 'shape', 'paysaga'] as const)
      await closedLoop(60, 8, () => checkOut(ground, contender, 1));
    // As any database is that is older than a minute: its statistics are there.
    await ground.database.query('ANALYZE');
    const memory = [ground.workerMemoryMb()];
    const figures: Record<string, unknown> = {};
    const charts: Chart[] = [];
    for (const name of options.parts) {
      say(`\n## ${name}\n`);
      const result = await parts[name]?.({ ground, rounds: options.rounds, say, earlier: figures });
      figures[name] = result?.figures;
      charts.push(...(result?.charts ?? []));
      for (const lines of result?.tables ?? []) say(`\n${lines}`);
      memory.push(ground.workerMemoryMb());
    }
    say(`\nThe worker's memory after each part, MB: ${memory.join(', ')}`);
    const server =
      options.shards === undefined
        ? "Temporal's dev server"
        : `Temporal's full server, ${String(options.shards)} history shards`;
    const about = {
      date: new Date().toISOString(),
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: __dirname, encoding: 'utf8' }).trim(),
      machine: machine(),
      server,
      workers: options.workers,
    };
    say(`\n${Object.values(about).join(' · ')}`);
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ ...about, worker_memory_mb: memory, ...figures }, null, 2)}\n`);
    if (options.picture !== undefined) writeFileSync(options.picture, picture(`${server}, ${about.machine}`, charts));
    return 0;
  } finally {
    await ground.leave();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
