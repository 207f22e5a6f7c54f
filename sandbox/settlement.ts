import { balanceTransaction, type BalanceTransaction } from './objects';
import { isListed } from './reading';
import type { Store, StripeObject } from './store';
import type { StripeApi } from './stripe-api';
import { missing } from './stripe-error';

export const lineFaults = ['missing', 'late', 'doubled', 'amount', 'currency', 'fee', 'foreign'] as const;
export type LineFault = (typeof lineFaults)[number];

/**
 * The sandbox's own verb: what a PSP's account of what it has moved gets wrong. The money itself stays as it is.
 *
 * @param about the id of a line's object (a charge, a refund …), and how much, how late or in what
 */
export function spoilLine(
  api: StripeApi,
  kind: LineFault,
  about: { source: string; by?: number; currency?: string; seconds?: number; type?: BalanceTransaction['type'] },
): StripeObject {
  const { nowSeconds, account } = api.call;
  if (kind === 'foreign')
    return api.save(
      balanceTransaction(nowSeconds, {
        amount: about.by ?? 1_234,
        fee: 0,
        currency: about.currency ?? 'eur',
        source: about.source,
        type: about.type ?? 'adjustment',
        availableOn: nowSeconds,
        description: 'nobody here knows',
      }),
    );
  const line = lineOf(api.store, account, about.source);
  const [amount, fee] = [Number(line['amount']), Number(line['fee'])];
  switch (kind) {
    case 'missing':
      return api.save(line, { listedFrom: null });
    case 'late':
      return api.save(line, { listedFrom: nowSeconds + (about.seconds ?? 86_400) });
    case 'doubled':
      return api.save({ ...line, id: `${line.id}_again` });
    case 'amount':
      return api.save({ ...line, amount: amount + (about.by ?? 1), net: amount + (about.by ?? 1) - fee });
    case 'fee':
      return api.save({ ...line, fee: fee + (about.by ?? 1), net: amount - fee - (about.by ?? 1) });
    case 'currency':
      return api.save({ ...line, currency: about.currency ?? 'usd' });
  }
}

function lineOf(store: Store, account: string, source: string): StripeObject {
  const found = store.list(account, 'balance_transaction').find(({ value }) => value['source'] === source);
  if (found === undefined) throw missing('balance_transaction', source, 'source');
  return found.value;
}

/** The lines of a span of time that the PSP tells of, the oldest first. */
const linesBetween = (store: Store, account: string, from: number, to: number, nowSeconds: number): StripeObject[] =>
  store
    .list(account, 'balance_transaction')
    .filter((stored) => isListed(stored, nowSeconds))
    .map(({ value }) => value)
    .filter((line) => Number(line['created']) >= from && Number(line['created']) < to)
    .reverse();

/** Amounts of a report are in major units: of JPY 1,000 as "1000", of KWD 1.2 as "1.200". */
const decimals = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

function major(minor: number, currency: string): string {
  const places = decimals(currency);
  const digits = String(Math.abs(minor)).padStart(places + 1, '0');
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return minor < 0 ? `-${text}` : text;
}

const cell = (value: unknown): string => {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const utc = (seconds: unknown): string => new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ');
const ourIds = ['merchant_id', 'payment_order_id', 'refund_id', 'payout_id'] as const;

/**
 * The account's itemized report of a span of time, with its totals at the end: one row per currency. `wrong_totals` makes
 * them say more than there is.
 */
export function settlementFile(
  store: Store,
  account: string,
  span: { from: number; to: number },
  nowSeconds: number,
  wrongTotals: boolean,
): string {
  const lines = linesBetween(store, account, span.from, span.to, nowSeconds);
  const rows = lines.map((line) => {
    const source = store.find(account, String(line['source']))?.value;
    const metadata = (source?.['metadata'] ?? {}) as Readonly<Record<string, string>>;
    const currency = String(line['currency']);
    const amounts = ['amount', 'fee', 'net'].map((name) => major(Number(line[name]), currency));
    return [
      line.id,
      utc(line['created']),
      utc(line['available_on']),
      currency,
      ...amounts,
      line['reporting_category'],
      line['source'],
      source?.['payment_intent'],
      ...ourIds.map((name) => metadata[name]),
    ];
  });
  const totals = [...new Set(lines.map((line) => String(line['currency'])))].sort().map((currency) => {
    const of = lines.filter((line) => line['currency'] === currency);
    const sum = (name: string): number => of.reduce((all, line) => all + Number(line[name]), 0);
    const more = wrongTotals ? 1 : 0;
    const sums = [sum('amount') + more, sum('fee'), sum('net') + more].map((minor) => major(minor, currency));
    return ['TOTAL', '', '', currency, ...sums, `${String(of.length)} lines`, '', '', ...ourIds.map(() => '')];
  });
  const header = [
    ...[
      'balance_transaction_id',
      'created_utc',
      'available_on_utc',
      'currency',
      'gross',
      'fee',
      'net',
      'reporting_category',
    ],
    ...['source_id', 'payment_intent_id', ...ourIds.map((name) => `payment_metadata[${name}]`)],
  ];
  return [header, ...rows, ...totals].map((row) => `${row.map(cell).join(',')}\n`).join('');
}

/** What the platform's bank says of a span of time: its payouts from the PSP as CAMT.053, each an entry. */
export function bankStatement(
  store: Store,
  account: string,
  span: { from: number; to: number },
  nowSeconds: number,
  currency: string,
  openingMinor: number,
): string {
  const paid = linesBetween(store, account, span.from, span.to, nowSeconds).filter(
    (line) =>
      ['payout', 'payout_failure', 'payout_cancel'].includes(String(line['type'])) && line['currency'] === currency,
  );
  const code = currency.toUpperCase();
  const amount = (minor: number): string =>
    `<Amt Ccy="${code}">${major(Math.abs(minor), currency)}</Amt><CdtDbtInd>${minor < 0 ? 'DBIT' : 'CRDT'}</CdtDbtInd>`;
  const balance = (kind: string, minor: number): string =>
    `<Bal><Tp><CdOrPrtry><Cd>${kind}</Cd></CdOrPrtry></Tp>${amount(minor)}</Bal>`;
  const closing = paid.reduce((sum, line) => sum - Number(line['amount']), openingMinor);
  const entries = paid.map(
    (line, index) =>
      `<Ntry>${amount(-Number(line['amount']))}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${utc(line['available_on']).slice(0, 10)}</Dt></BookgDt><AcctSvcrRef>BANK-${line.id}-${String(index)}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>${String(line['source'])}</EndToEndId></Refs><RmtInf><Ustrd>STRIPE PAYOUT ${String(line['source'])}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>${account}</MsgId></GrpHdr><Stmt><Id>${String(span.from)}</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>${balance('OPBD', openingMinor)}${balance('CLBD', closing)}${entries.join('\n')}</Stmt></BkToCstmrStmt></Document>
`;
}
