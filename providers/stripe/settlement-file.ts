import { parse, CsvError } from 'csv-parse';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { PassThrough, Readable } from 'node:stream';
import { FileRefused, RunningTotals } from '../../domain/file-verdict';
import { isCurrency, MoneyError, toMinorUnits } from '../../domain/money';
import type { LineFamily } from '../../domain/reconciliation';
import type { SettlementLine } from '../provider';

/** docs.stripe.com/reports/reporting-categories */
const families: Readonly<Record<string, LineFamily>> = {
  charge: 'charge',
  refund: 'refund',
  refund_failure: 'refund',
  partial_capture_reversal: 'refund',
  transfer: 'transfer',
  transfer_reversal: 'transfer',
  dispute: 'dispute',
  dispute_reversal: 'dispute',
  payout: 'payout',
  payout_reversal: 'payout',
  fee: 'fee',
  risk_reserved_funds: 'reserve',
  network_cost: 'fee',
  tax: 'fee',
};

const needed = [
  'balance_transaction_id',
  'created_utc',
  'available_on_utc',
  'currency',
  'gross',
  'fee',
  'net',
  'reporting_category',
  'source_id',
] as const;

/** A line of a file, with where it is in it. */
export interface FileLine extends SettlementLine {
  readonly lineNumber: number;
}

const atOnce = 1_000;
/** The rows that say what the file comes to, one per currency, behind all lines. */
const totalsMark = 'TOTAL';

/**
 * Reads a settlement file: the columns of Stripe's itemized reports (docs.stripe.com/reports/report-types), plain or gzip, then one
 * row `TOTAL` per currency with the sums, and the number of lines in `reporting_category`. Reads as it comes, a batch in
 * memory at a time; the totals are compared at the end, so nothing may be taken over before (R4).
 *
 * @throws FileRefused that says what is wrong, and where
 */
export async function readSettlementFile(
  content: AsyncIterable<Uint8Array>,
  take: (lines: readonly FileLine[]) => Promise<void>,
): Promise<RunningTotals> {
  const reader = new Rows();
  for await (const { record, lineNumber } of rowsOf(content)) {
    reader.read(record, lineNumber);
    if (reader.waiting.length >= atOnce) await take(reader.waiting.splice(0));
  }
  if (reader.waiting.length > 0) await take(reader.waiting.splice(0));
  return reader.finish();
}

class Rows {
  readonly waiting: FileLine[] = [];
  private columns: ReadonlyMap<string, number> | undefined;
  private readonly found = new RunningTotals();
  private readonly said = new RunningTotals();
  private closing = false;
  /** What is wrong with the last row: the file is cut short there, unless another row follows. */
  private broken: FileRefused | undefined;

  read(record: readonly string[], lineNumber: number): void {
    if (this.broken !== undefined) throw this.broken;
    if (this.columns === undefined) {
      this.columns = columnsOf(record);
      return;
    }
    try {
      this.row(record, lineNumber, this.columns);
    } catch (error) {
      if (!(error instanceof FileRefused) || error.verdict !== 'malformed') throw error;
      this.broken = error;
    }
  }

  finish(): RunningTotals {
    if (this.columns === undefined) throw new FileRefused('empty', 'there is nothing in it');
    if (this.broken !== undefined)
      throw new FileRefused('cut_short', `it ends in the middle: ${this.broken.message}`, this.broken.lineNumber);
    if (!this.closing)
      throw this.found.list().length === 0
        ? new FileRefused('empty', 'there is a header, and nothing else')
        : new FileRefused('cut_short', `the ${totalsMark} rows at its end are missing`);
    this.found.mustBe(this.said);
    return this.found;
  }

  private row(record: readonly string[], lineNumber: number, columns: ReadonlyMap<string, number>): void {
    const wrong = (what: string): never => {
      throw new FileRefused('malformed', what, lineNumber);
    };
    if (record.length !== columns.size)
      wrong(`has ${String(record.length)} columns, the header ${String(columns.size)}`);
    const cell = (name: string): string => record[columns.get(name) ?? -1]?.trim() ?? '';
    const currency = cell('currency').toUpperCase();
    if (!isCurrency(currency)) wrong('currency must be an ISO 4217 code');
    const amount = (name: 'gross' | 'fee' | 'net'): bigint => {
      const text = cell(name);
      const negative = text.startsWith('-');
      try {
        const minor = toMinorUnits({ amount: negative ? text.slice(1) : text, currency });
        return negative ? -minor : minor;
      } catch (error) {
        if (!(error instanceof MoneyError)) throw error;
        return wrong(`${name} must be a decimal with the decimals of ${currency}`);
      }
    };
    const [gross, fee, net] = [amount('gross'), amount('fee'), amount('net')];
    if (net !== gross - fee) wrong('net must be gross less fee');
    const lineId = cell('balance_transaction_id');
    if (lineId === totalsMark) {
      const count = /^(\d{1,9}) lines?$/.exec(cell('reporting_category'))?.[1];
      if (count === undefined) wrong('reporting_category of a total must be a number of lines, such as "12 lines"');
      if (this.said.has(currency)) wrong(`there are two totals of ${currency}`);
      this.closing = true;
      this.said.add(currency, gross, fee, net, Number(count));
      return;
    }
    if (this.closing) throw new FileRefused('wrong_totals', 'a line behind the totals', lineNumber);
    if (!/^[A-Za-z0-9_]{1,255}$/.test(lineId)) wrong('balance_transaction_id must be an id of the PSP');
    const category = cell('reporting_category');
    if (!/^[a-z_]{1,64}$/.test(category)) wrong('reporting_category must be one of the PSP');
    const time = (name: 'created_utc' | 'available_on_utc'): Date => {
      const text = cell(name);
      const date = new Date(`${text.replace(' ', 'T').replace(/Z$/, '')}Z`);
      return /^20\d{2}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z?$/.test(text) && !Number.isNaN(date.getTime())
        ? date
        : wrong(`${name} must be a time in UTC, such as 2026-11-20 13:45:00`);
    };
    const maybe = (text: string): string | null => (text === '' ? null : text);
    const metadata = Object.fromEntries(
      [...columns.keys()].flatMap((name) => {
        const key = /^(?:payment_|refund_|transfer_)?metadata\[(\w{1,40})\]$/.exec(name)?.[1];
        return key === undefined || cell(name) === '' ? [] : [[key, cell(name)]];
      }),
    );
    this.found.add(currency, gross, fee, net);
    this.waiting.push({
      lineNumber,
      lineId,
      type: category,
      family: families[category] ?? 'other',
      amountMinor: gross,
      feeMinor: fee,
      netMinor: net,
      currency,
      source: maybe(cell('source_id')),
      parent: maybe(cell('payment_intent_id')),
      metadata,
      createdAt: time('created_utc'),
      availableOn: time('available_on_utc'),
    });
  }
}

function columnsOf(record: readonly string[]): ReadonlyMap<string, number> {
  const names = record.map((name) => name.trim());
  const columns = new Map(names.map((name, index) => [name, index]));
  if (columns.size !== names.length) throw new FileRefused('malformed', 'a column is named twice', 1);
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) throw new FileRefused('malformed', `missing columns: ${missing.join(', ')}`, 1);
  return columns;
}

/** The rows of a file as they come; one that is packed is unpacked on the way. */
async function* rowsOf(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ record: readonly string[]; lineNumber: number }> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: 65_536,
  });
  const source = await unpacked(content);
  // What goes wrong on the way arrives where the rows are read.
  const flowing = pipeline(source, parser).catch(() => undefined);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { record, lineNumber: info.lines };
  } catch (error) {
    throw refusalOf(error);
  } finally {
    source.destroy();
    await flowing;
  }
}

async function unpacked(content: AsyncIterable<Uint8Array>): Promise<Readable> {
  const chunks = content[Symbol.asyncIterator]();
  const first = await chunks.next();
  const whole = Readable.from(
    (async function* () {
      if (first.done !== true) yield first.value;
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
    })(),
    { objectMode: false },
  );
  const isPacked = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!isPacked) return whole;
  const out = new PassThrough();
  pipeline(whole, createGunzip(), out).catch((error: unknown) => out.destroy(error as Error));
  return out;
}

function refusalOf(error: unknown): unknown {
  if (error instanceof CsvError) {
    const lines = (error as unknown as { lines?: number }).lines ?? null;
    return error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? new FileRefused('cut_short', 'it ends inside of a quoted cell', lines)
      : new FileRefused('malformed', error.message, lines);
  }
  const { code } = error as { code?: string };
  if (code === 'Z_BUF_ERROR') return new FileRefused('cut_short', 'it is packed, and ends in the middle');
  if (code?.startsWith('Z_') === true)
    return new FileRefused('malformed', 'it says it is packed with gzip, and is not whole');
  return error;
}
