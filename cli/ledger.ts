import { parseArgs } from 'node:util';
import { readLedgerConfig, serviceUrls } from '../config';
import { fromMinorUnits } from '../domain/money';
import { checkLedger } from '../ledger-check';
import { closeDatabases, openDatabases, type Databases } from '../prisma/database';
import { accountTotals, ageing } from '../prisma/ledger-report';
import { generalLedgerCsv, journalCsv, sellerStatement, statementCsv, type Period } from '../statements';
import { environment, runCommand, UsageError } from './environment';

const usage = `Usage: npm run -s ledger -- <command> [options]

  verify                               prove every book: sums, hash chain, positions, wallets
  trial-balance [--at T]               every account's balance
  statement --seller S --currency C [--from T] [--to T] [--csv]
  general-ledger --from T --to T       accounts with opening, debit, credit, closing (CSV)
  journal --from T --to T              every entry of a period (CSV)
  ageing [--at T]                      what sellers owe, by how long

  --merchant M   whose book; "default" unless said otherwise
  T is a time such as 2026-11-01 or 2026-11-01T00:00:00Z; a period begins with --from and ends before --to.

Reads LEDGER_DATABASE_URL and the other services' variables, or else the local stack's run.json.`;

type Options = Readonly<Record<string, string | boolean | undefined>>;
const dayMs = 24 * 3_600_000;

/** `npm run ledger`: what people ask the ledger. Exits 1 when it doesn't prove itself, 2 when it was asked wrongly. */
async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [command] = positionals;
  const run = command === undefined ? undefined : commands[command];
  if (values['help'] === true || run === undefined) {
    console.log(usage);
    return values['help'] === true ? 0 : 2;
  }
  const databases = openDatabases(serviceUrls(readLedgerConfig(environment())), 'everything', () => undefined);
  try {
    return await run(databases, values);
  } finally {
    await closeDatabases(databases);
  }
}

function readArguments() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        merchant: text,
        seller: text,
        currency: text,
        from: text,
        to: text,
        at: text,
        csv: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const commands: Readonly<Record<string, (databases: Databases, options: Options) => Promise<number>>> = {
  verify: async (databases) => {
    const checks = await checkLedger(databases);
    for (const { merchantId, links, head, problems } of checks) {
      console.log(
        `${merchantId}: ${problems.length === 0 ? 'proved' : `${String(problems.length)} problem(s)`}, ${links} links, head ${head ?? 'none'}`,
      );
      for (const problem of problems) console.log(`  ${problem}`);
    }
    if (checks.length === 0) console.log('there is no book yet');
    return checks.some(({ problems }) => problems.length > 0) ? 1 : 0;
  },
  'trial-balance': async ({ ledger }, options) => {
    const rows = await accountTotals(ledger, merchantOf(options), {
      from: null,
      to: timeOf(options, 'at', new Date()),
    });
    const sums = new Map<string, bigint>();
    for (const row of rows) {
      sums.set(row.currency, (sums.get(row.currency) ?? 0n) + row.closingMinor);
      const { amount } = fromMinorUnits(
        row.normalSide === 'debit' ? row.closingMinor : -row.closingMinor,
        row.currency,
      );
      console.log(
        `${row.code.padEnd(48)} ${row.type.padEnd(10)} ${amount.padStart(18)} ${row.currency} ${row.normalSide}`,
      );
    }
    for (const [currency, sum] of sums)
      console.log(`${currency}: debits and credits ${sum === 0n ? 'are equal' : `differ by ${sum.toString()}`}`);
    return [...sums.values()].some((sum) => sum !== 0n) ? 1 : 0;
  },
  statement: async ({ ledger }, options) => {
    const [seller, currency] = [needed(options, 'seller'), needed(options, 'currency')];
    const to = timeOf(options, 'to', new Date());
    const period = { from: timeOf(options, 'from', new Date(to.getTime() - 30 * dayMs)), to };
    const statement = await sellerStatement(ledger, merchantOf(options), seller, currency, period);
    process.stdout.write(options['csv'] === true ? statementCsv(statement) : `${JSON.stringify(statement, null, 2)}\n`);
    return 0;
  },
  'general-ledger': async ({ ledger }, options) => {
    process.stdout.write(await generalLedgerCsv(ledger, merchantOf(options), periodOf(options)));
    return 0;
  },
  journal: async ({ ledger }, options) => {
    for await (const line of journalCsv(ledger, merchantOf(options), periodOf(options))) process.stdout.write(line);
    return 0;
  },
  ageing: async ({ ledger }, options) => {
    const rows = await ageing(ledger, merchantOf(options), timeOf(options, 'at', new Date()));
    for (const row of rows) {
      const amount = (minor: bigint): string => fromMinorUnits(minor, row.currency).amount.padStart(12);
      console.log(
        `${row.seller.padEnd(32)} ${row.currency} owes ${amount(row.owed)}: up to 30 days ${amount(row.upTo30)}, 60 ${amount(row.upTo60)}, 90 ${amount(row.upTo90)}, older ${amount(row.over90)}`,
      );
    }
    if (rows.length === 0) console.log('nobody owes anything');
    return 0;
  },
};

const merchantOf = (options: Options): string => String(options['merchant'] ?? 'default');

function needed(options: Options, name: string): string {
  const value = options[name];
  if (typeof value !== 'string') throw new UsageError(`--${name} is needed`);
  return value;
}

function timeOf(options: Options, name: string, otherwise: Date): Date {
  const value = options[name];
  const time = value === undefined ? otherwise : new Date(String(value));
  if (Number.isNaN(time.getTime())) throw new UsageError(`--${name} must be a time such as 2026-11-01`);
  return time;
}

function periodOf(options: Options): Period {
  needed(options, 'from');
  needed(options, 'to');
  return { from: timeOf(options, 'from', new Date()), to: timeOf(options, 'to', new Date()) };
}

runCommand(main, usage);
