import { csvLine } from './domain/csv';
import { fromMinorUnits } from './domain/money';
import type { PrismaClient } from './prisma/database';
import {
  accountTotals,
  journal,
  sellerBalancesAt,
  sellerEntries,
  type JournalLine,
  type SellerBalances,
} from './prisma/ledger-report';

/** A span of time: from on, up to and without to. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

type Balances = Readonly<Record<keyof SellerBalances, string>>;

/** One movement of a seller's balance. `amount` is signed as the balance changed. */
export interface StatementEntry {
  readonly date: string;
  readonly transaction_id: string;
  readonly kind: string;
  readonly source: string;
  readonly payment_order_id: string | null;
  readonly balance: string;
  readonly amount: string;
}

/** A seller's statement in one currency: opening and entries make the closing, to the last unit. */
export interface Statement {
  readonly seller_account: string;
  readonly currency: string;
  readonly from: string;
  readonly to: string;
  readonly opening: Balances;
  readonly entries: readonly StatementEntry[];
  readonly closing: Balances;
}

/** More entries than this are refused: a shorter period has fewer. */
export const mostStatementEntries = 50_000;

/** A statement of too many entries. Ask for a shorter period. */
export class StatementTooLong extends Error {}

/**
 * A seller's statement, read from the ledger. @throws StatementTooLong
 */
export async function sellerStatement(
  ledger: PrismaClient,
  merchantId: string,
  seller: string,
  currency: string,
  { from, to }: Period,
): Promise<Statement> {
  const at = async (before: Date): Promise<Balances> => {
    const found = (await sellerBalancesAt(ledger, merchantId, seller, before)).find((row) => row.currency === currency);
    return decimals(found, currency);
  };
  const lines = await sellerEntries(ledger, merchantId, seller, { currency, from, to }, mostStatementEntries + 1);
  if (lines.length > mostStatementEntries) throw new StatementTooLong();
  return {
    seller_account: seller,
    currency,
    from: from.toISOString(),
    to: to.toISOString(),
    opening: await at(from),
    entries: lines.map(entryOf),
    closing: await at(to),
  };
}

function decimals(balances: SellerBalances | undefined, currency: string): Balances {
  const amount = (minor: bigint | undefined): string => fromMinorUnits(minor ?? 0n, currency).amount;
  return {
    pending: amount(balances?.pending),
    available: amount(balances?.available),
    reserved: amount(balances?.reserved),
    owed: amount(balances?.owed),
  };
}

function entryOf(line: JournalLine): StatementEntry {
  const changed = line.balance === 'owed' ? line.amountMinor : -line.amountMinor;
  return {
    date: line.effectiveAt.toISOString(),
    transaction_id: line.transactionId.toString(),
    kind: line.kind,
    source: `${line.sourceType}/${line.sourceId}`,
    payment_order_id: line.paymentOrderId,
    balance: line.balance ?? '',
    amount: fromMinorUnits(changed, line.currency).amount,
  };
}

/** A statement as CSV: an opening line per balance, the entries, a closing line per balance. */
export function statementCsv(statement: Statement): string {
  const { currency, opening, closing, entries } = statement;
  const names = ['pending', 'available', 'reserved', 'owed'] as const;
  const bound = (kind: string, date: string, balances: Balances) =>
    names.map((name) => csvLine([date, '', kind, '', '', name, balances[name], currency]));
  return [
    csvLine(['date', 'transaction_id', 'kind', 'source', 'payment_order_id', 'balance', 'amount', 'currency']),
    ...bound('opening', statement.from, opening),
    ...entries.map((entry) =>
      csvLine([
        entry.date,
        entry.transaction_id,
        entry.kind,
        entry.source,
        entry.payment_order_id,
        entry.balance,
        entry.amount,
        currency,
      ]),
    ),
    ...bound('closing', statement.to, closing),
  ].join('');
}

const journalPage = 1_000;

/** The journal of a period as CSV, line by line, so that a large one needs no memory. */
export async function* journalCsv(ledger: PrismaClient, merchantId: string, period: Period): AsyncGenerator<string> {
  yield csvLine([
    'entry_id',
    'transaction_id',
    'effective_at',
    'recorded_at',
    'kind',
    'source',
    'leg',
    'payment_order_id',
    'account',
    'debit',
    'credit',
    'currency',
    'reason',
  ]);
  for (let after = 0n; ;) {
    const lines = await journal(ledger, merchantId, period, { after, limit: journalPage });
    for (const line of lines) yield journalLine(line);
    const last = lines.at(-1);
    if (last === undefined || lines.length < journalPage) return;
    after = last.entryId;
  }
}

function journalLine(line: JournalLine): string {
  const amount = (minor: bigint): string => fromMinorUnits(minor, line.currency).amount;
  return csvLine([
    line.entryId.toString(),
    line.transactionId.toString(),
    line.effectiveAt.toISOString(),
    line.recordedAt.toISOString(),
    line.kind,
    `${line.sourceType}/${line.sourceId}`,
    line.leg,
    line.paymentOrderId,
    line.account,
    line.amountMinor > 0n ? amount(line.amountMinor) : '',
    line.amountMinor < 0n ? amount(-line.amountMinor) : '',
    line.currency,
    line.reason,
  ]);
}

/** Totals that don't add up. Never expected: it means that the export must not be used. */
export class DoesNotFoot extends Error {}

/**
 * The general ledger of a period as CSV: each account with opening, debits, credits and closing, and a total per currency.
 * Debits are above zero. It foots: openings, closings, and debits less credits each sum to zero per currency.
 *
 * @throws DoesNotFoot
 */
export async function generalLedgerCsv(ledger: PrismaClient, merchantId: string, period: Period): Promise<string> {
  const rows = await accountTotals(ledger, merchantId, period);
  const out = [csvLine(['account', 'type', 'currency', 'opening', 'debit', 'credit', 'closing'])];
  for (const currency of [...new Set(rows.map((row) => row.currency))]) {
    const own = rows.filter((row) => row.currency === currency);
    const amount = (minor: bigint): string => fromMinorUnits(minor, currency).amount;
    const total = (of: (row: (typeof own)[number]) => bigint): bigint => own.reduce((sum, row) => sum + of(row), 0n);
    const [opening, debit, credit, closing] = [
      total((row) => row.openingMinor),
      total((row) => row.debitMinor),
      total((row) => row.creditMinor),
      total((row) => row.closingMinor),
    ];
    const off = own.some((row) => row.openingMinor + row.debitMinor - row.creditMinor !== row.closingMinor);
    if (off || opening !== 0n || closing !== 0n || debit !== credit) throw new DoesNotFoot(`${currency} does not foot`);
    for (const row of own)
      out.push(
        csvLine([
          row.code,
          row.type,
          currency,
          amount(row.openingMinor),
          amount(row.debitMinor),
          amount(row.creditMinor),
          amount(row.closingMinor),
        ]),
      );
    out.push(csvLine(['TOTAL', '', currency, amount(opening), amount(debit), amount(credit), amount(closing)]));
  }
  return out.join('');
}
