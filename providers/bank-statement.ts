import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { BankEntry } from '../domain/bank-entry';
import { FileRefused, RunningTotals } from '../domain/file-verdict';
import { isCurrency, MoneyError, toMinorUnits } from '../domain/money';

const mostUnpacked = 64 * 1024 * 1024;

/**
 * Reads a bank statement: CAMT.053 (ISO 20022, any version) or CSV, plain or gzip. Booked entries only; opening and closing balances
 * of a CAMT statement must be explained by its entries, a CSV must end in its totals.
 *
 * @throws FileRefused that says what is wrong, and where
 */
export function readBankStatement(content: Buffer): { entries: BankEntry[]; totals: RunningTotals } {
  const text = unpack(content)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  if (text.trim() === '') throw new FileRefused('empty', 'there is nothing in it');
  return /^\s*</.test(text) ? readCamt(text) : readCsv(text);
}

function unpack(content: Buffer): Buffer {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content;
  try {
    return gunzipSync(content, { maxOutputLength: mostUnpacked });
  } catch (error) {
    const { code } = error as { code?: string };
    throw code === 'Z_BUF_ERROR'
      ? new FileRefused('cut_short', 'it is packed, and ends in the middle')
      : new FileRefused('malformed', 'it says it is packed with gzip, and is not whole, or too large');
  }
}

const namesPsp = (text: string): boolean => /\bstripe\b/i.test(text) || /\bpo_[A-Za-z0-9]+/.test(text);

function minorUnits(amount: string, currency: string, place: string, line: number | null): bigint {
  const text = amount.trim();
  const negative = text.startsWith('-');
  if (!isCurrency(currency))
    throw new FileRefused('malformed', `${place}: "${currency.slice(0, 10)}" is no currency`, line);
  try {
    // Banks write more decimals than a currency has.
    const plain = (negative ? text.slice(1) : text).replace(/^(\d+\.\d*?)0+$/, '$1').replace(/\.$/, '');
    const minor = toMinorUnits({ amount: plain, currency });
    return negative ? -minor : minor;
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
    throw new FileRefused('malformed', `${place}: the amount must be a decimal of ${currency}`, line);
  }
}

const isDay = (text: string): boolean => /^20\d{2}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

// ── CAMT.053 ──

type Node = Readonly<Record<string, unknown>>;
const lists = new Set(['Stmt', 'Bal', 'Ntry', 'NtryDtls', 'TxDtls', 'Ustrd']);
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  // Amounts stay text: no float ever.
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: true,
  isArray: (name) => lists.has(name),
});

const node = (value: unknown): Node => (typeof value === 'object' && value !== null ? (value as Node) : {});
const list = (value: unknown): Node[] => (Array.isArray(value) ? value.map(node) : []);
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof node(value)['#text'] === 'string' ? (node(value)['#text'] as string) : '';
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => node(inner)[name], value);

function readCamt(text: string): { entries: BankEntry[]; totals: RunningTotals } {
  if (/<!DOCTYPE|<!ENTITY/i.test(text))
    throw new FileRefused('malformed', 'a document type has no place in a bank statement', 1);
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const isCut = !/<\/(\w+:)?Document>\s*$/.test(text);
    throw new FileRefused(isCut ? 'cut_short' : 'malformed', valid.err.msg, valid.err.line);
  }
  const statements = list(at(parser.parse(text), 'Document', 'BkToCstmrStmt', 'Stmt'));
  if (statements.length === 0) throw new FileRefused('malformed', 'there is no Document/BkToCstmrStmt/Stmt in it');
  const totals = new RunningTotals();
  const entries = statements.flatMap((statement) => entriesOf(statement, totals));
  mustBeUnique(entries);
  return { entries, totals };
}

function entriesOf(statement: Node, totals: RunningTotals): BankEntry[] {
  const bankAccount = textOf(at(statement, 'Acct', 'Id', 'IBAN')) || textOf(at(statement, 'Acct', 'Id', 'Othr', 'Id'));
  if (bankAccount === '') throw new FileRefused('malformed', 'Stmt/Acct/Id is missing');
  const balance = (...codes: readonly string[]): { amount: bigint; currency: string } | undefined => {
    const found = list(statement['Bal']).find((bal) => codes.includes(textOf(at(bal, 'Tp', 'CdOrPrtry', 'Cd'))));
    return found === undefined ? undefined : signed(found, 'Bal');
  };
  const opening = balance('OPBD', 'PRCD');
  const closing = balance('CLBD');
  if (opening === undefined || closing === undefined)
    throw new FileRefused('malformed', 'Stmt/Bal must have an opening (OPBD or PRCD) and a closing balance (CLBD)');
  const entries: BankEntry[] = [];
  let moved = 0n;
  for (const [index, entry] of list(statement['Ntry']).entries()) {
    const status = textOf(at(entry, 'Sts', 'Cd')) || textOf(entry['Sts']);
    if (status !== 'BOOK') continue;
    const { amount, currency } = signed(entry, 'Ntry');
    const bookedOn = (textOf(at(entry, 'BookgDt', 'Dt')) || textOf(at(entry, 'BookgDt', 'DtTm'))).slice(0, 10);
    if (!isDay(bookedOn)) throw new FileRefused('malformed', 'Ntry/BookgDt must be a day');
    const details = list(entry['NtryDtls']).flatMap((detail) => list(detail['TxDtls']));
    const reference = [
      textOf(entry['NtryRef']),
      textOf(entry['AddtlNtryInf']),
      ...details.flatMap((detail) => [
        textOf(at(detail, 'Refs', 'EndToEndId')),
        textOf(at(detail, 'RltdPties', 'Dbtr', 'Nm')) || textOf(at(detail, 'RltdPties', 'Dbtr', 'Pty', 'Nm')),
        ...(Array.isArray(at(detail, 'RmtInf', 'Ustrd'))
          ? (at(detail, 'RmtInf', 'Ustrd') as unknown[]).map(textOf)
          : []),
        textOf(at(detail, 'RmtInf', 'Strd', 'CdtrRefInf', 'Ref')),
      ]),
    ]
      .filter((part) => part !== '')
      .join(' ')
      .slice(0, 2_000);
    const entryId =
      textOf(entry['AcctSvcrRef']) ||
      createHash('sha256')
        .update([bankAccount, bookedOn, amount, currency, reference, index].join('\0'))
        .digest('hex')
        .slice(0, 32);
    moved += amount;
    totals.add(currency, amount, 0n, amount);
    entries.push({
      entryId,
      bankAccount,
      bookedOn,
      amountMinor: amount,
      currency,
      reference,
      isPsp: namesPsp(reference),
    });
  }
  if (opening.amount + moved !== closing.amount || opening.currency !== closing.currency)
    throw new FileRefused(
      'wrong_totals',
      `${bankAccount}: opening ${opening.amount.toString()} and entries ${moved.toString()} are not closing ${closing.amount.toString()} (smallest units)`,
    );
  return entries;
}

function signed(of: Node, place: string): { amount: bigint; currency: string } {
  const currency = textOf(node(of['Amt'])['@Ccy']);
  const amount = minorUnits(textOf(of['Amt']), currency, place, null);
  switch (textOf(of['CdtDbtInd'])) {
    case 'CRDT':
      return { amount, currency };
    case 'DBIT':
      return { amount: -amount, currency };
    default:
      throw new FileRefused('malformed', `${place}/CdtDbtInd must be CRDT or DBIT`);
  }
}

// ── CSV ──

const needed = ['entry_id', 'account', 'booked_on', 'amount', 'currency', 'text'] as const;

function readCsv(text: string): { entries: BankEntry[]; totals: RunningTotals } {
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true });
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number };
    throw code === 'CSV_QUOTE_NOT_CLOSED'
      ? new FileRefused('cut_short', 'it ends inside of a quoted cell', lines ?? null)
      : new FileRefused('malformed', (error as Error).message, lines ?? null);
  }
  const [header = [], ...body] = rows;
  const columns = new Map(header.map((name, index) => [name.trim(), index]));
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) throw new FileRefused('malformed', `missing columns: ${missing.join(', ')}`, 1);
  const [found, said] = [new RunningTotals(), new RunningTotals()];
  const entries: BankEntry[] = [];
  let closing = false;
  for (const [index, row] of body.entries()) {
    const line = index + 2;
    const isLast = index === body.length - 1;
    const wrong = (what: string): never => {
      throw new FileRefused(isLast && !closing ? 'cut_short' : 'malformed', what, line);
    };
    if (row.length !== header.length) wrong(`has ${String(row.length)} columns, the header ${String(header.length)}`);
    const cell = (name: (typeof needed)[number]): string => row[columns.get(name) ?? -1]?.trim() ?? '';
    const currency = cell('currency').toUpperCase();
    const amount = minorUnits(cell('amount'), currency, 'amount', line);
    if (cell('entry_id') === 'TOTAL') {
      const count =
        /^(\d{1,9}) entr(?:y|ies)$/.exec(cell('text'))?.[1] ?? wrong('text of a total must be "12 entries"');
      closing = true;
      said.add(currency, amount, 0n, amount, Number(count));
      continue;
    }
    if (closing) wrong('an entry behind the totals');
    if (cell('entry_id') === '' || cell('account') === '') wrong('entry_id and account are needed');
    if (!isDay(cell('booked_on'))) wrong('booked_on must be a day, such as 2026-11-20');
    found.add(currency, amount, 0n, amount);
    entries.push({
      entryId: cell('entry_id').slice(0, 255),
      bankAccount: cell('account'),
      bookedOn: cell('booked_on'),
      amountMinor: amount,
      currency,
      reference: cell('text').slice(0, 2_000),
      isPsp: namesPsp(cell('text')),
    });
  }
  if (!closing)
    throw entries.length === 0
      ? new FileRefused('empty', 'there is a header, and nothing else')
      : new FileRefused('cut_short', 'the TOTAL rows at its end are missing');
  found.mustBe(said);
  mustBeUnique(entries);
  return { entries, totals: found };
}

function mustBeUnique(entries: readonly BankEntry[]): void {
  const seen = new Set<string>();
  for (const { entryId } of entries) {
    if (seen.has(entryId)) throw new FileRefused('doubled', `entry ${entryId} is there twice`);
    seen.add(entryId);
  }
}
