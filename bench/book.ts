import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { RunFile } from '../local/stack';
import { closeDatabases, openDatabases, type Databases } from '../prisma/database';
import { appendTransaction } from '../prisma/ledger';
import { connectionOptions } from '../prisma/tenant';
import { applyMovement } from '../prisma/wallet';
import { findOnPath } from '../scripts/tools.mjs';
import { closedLoop } from './measure';
import { table, type Part } from './report';

/** Postings per second by so many writers for so many sellers, of ours and of pgbench with the same statement. */
interface BookFigure {
  readonly what: 'append' | 'credit';
  readonly writers: number;
  readonly sellers: number;
  readonly perSecond: number;
  readonly pgbenchPerSecond: number | undefined;
}

const secondsEach = 5;

/** The books alone, as a part of the benchmark. */
export const books: Part = async ({ ground, say }) => {
  const figures = await measureBooks(ground.run, say);
  const rows = figures.map(({ what, writers, sellers, perSecond, pgbenchPerSecond }) => [
    `${what}, ${String(sellers)} seller(s), ${String(writers)} writer(s)`,
    perSecond.toFixed(0),
    pgbenchPerSecond?.toFixed(0) ?? '',
    pgbenchPerSecond === undefined ? '' : (perSecond / pgbenchPerSecond).toFixed(2),
  ]);
  return {
    figures,
    tables: [table([['postings', 'per second', 'pgbench', '× pgbench'], ...rows])],
    charts: (['append', 'credit'] as const).map((kind) => ({
      title: `${kind === 'append' ? 'Ledger appends' : 'Wallet credits'} per second, 64 writers`,
      bars: figures
        .filter(({ what, writers }) => what === kind && writers === 64)
        .flatMap(({ sellers, perSecond, pgbenchPerSecond }) => [
          bar(`Paysaga, ${String(sellers)} seller(s)`, perSecond, true),
          ...(pgbenchPerSecond === undefined
            ? []
            : [bar(`pgbench, ${String(sellers)} seller(s)`, pgbenchPerSecond, false)]),
        ]),
    })),
  };
};

const bar = (what: string, value: number, ours: boolean) => ({ what, value, words: value.toFixed(0), ours });

/** The ledger and the wallets without what is around them: the calls that activities make, beside pgbench on the same tables. */
async function measureBooks(run: RunFile, say: (line: string) => void): Promise<BookFigure[]> {
  const pgbench = findOnPath('pgbench');
  if (pgbench === undefined) say('no pgbench on this machine: the books are measured alone');
  const databases = openDatabases(run.databaseUrls, 'everything', () => undefined);
  const figures: BookFigure[] = [];
  try {
    for (const sellers of [1, 1_000])
      for (const writers of [1, 8, 64])
        for (const what of ['append', 'credit'] as const) {
          // First a short go, so that accounts and plans are there.
          await post(databases, what, sellers, Math.max(writers * 4, 200), writers);
          const trial = await post(databases, what, sellers, Math.max(writers * 10, 300), writers);
          const count = Math.ceil(trial.perSecond * secondsEach);
          const { perSecond } = await post(databases, what, sellers, count, writers);
          const theirs = pgbench === undefined ? undefined : pgbenchRate(pgbench, run, what, sellers, writers);
          figures.push({ what, writers, sellers, perSecond, pgbenchPerSecond: theirs });
          say(
            `${what}, ${String(sellers)} seller(s), ${String(writers)} writer(s): ${perSecond.toFixed(0)}/s${theirs === undefined ? '' : `, pgbench ${theirs.toFixed(0)}/s`}`,
          );
        }
    return figures;
  } finally {
    await closeDatabases(databases);
  }
}

function post(databases: Databases, what: 'append' | 'credit', sellers: number, count: number, writers: number) {
  return closedLoop(count, writers, async () => {
    const input = {
      merchantId: 'default',
      paymentOrderId: `book-${randomUUID()}`,
      currency: 'EUR',
      order: {
        sellerAccount: `bench-${String(1 + Math.floor(Math.random() * sellers))}`,
        amountMinor: 1_000n,
        platformFeeMinor: 0n,
      },
      kind: 'capture',
    } as const;
    await (what === 'append'
      ? appendTransaction(databases.ledger, { ...input, effectiveAt: new Date() })
      : applyMovement(databases.wallet, input));
  });
}

function pgbenchRate(program: string, run: RunFile, what: string, sellers: number, writers: number): number {
  const url = what === 'append' ? run.databaseUrls.ledger : run.databaseUrls.wallet;
  const words = ['--no-vacuum', '--protocol', 'prepared', '--client', String(writers)];
  const output = execFileSync(
    program,
    [
      ...words,
      ...[
        '--jobs',
        String(Math.min(2, writers)),
        '--time',
        String(secondsEach),
        '--define',
        `sellers=${String(sellers)}`,
      ],
      ...['--file', join(__dirname, 'pgbench', `${what}.sql`), url],
    ],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      // As workers do: they see all merchants' rows.
      env: { ...process.env, PGOPTIONS: connectionOptions('everything').options },
    },
  );
  return Number(/tps = ([\d.]+)/.exec(output)?.[1] ?? Number.NaN);
}
