import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { importFile, type FileOutcome } from '../../activities/settlement-file';
import { settledAccounts } from '../../prisma/identity';
import { keepUpload, takeUpDropped } from '../../settlement-files';
import { startSettlementFile } from '../../temporal/orchestrator';
import { defaultKey, opsKey, otherOpsKey, TestStack, type Problem } from '../support/stack';
import { atOnce } from '../support/windows';

interface FileView {
  readonly file_id: string;
  readonly state: string;
  readonly verdict: string | null;
  readonly problem: string | null;
  readonly line_number: number | null;
  readonly lines: number | null;
  readonly new_lines: number | null;
  readonly changed_lines: number | null;
  readonly totals: readonly { readonly currency: string; readonly lines: number; readonly net: string }[];
}

const ops = { Authorization: `Bearer ${opsKey}` };
const minute = 60_000;
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    plant: (dependencies) => ({
      ...dependencies,
      reconciliationWindows: atOnce,
    }),
  });
});
afterAll(() => stack.stop());

async function upload(kind: string, content: string | Buffer, type = 'text/csv', key = opsKey) {
  const response = await fetch(`${stack.apiUrl}/v1/reconciliation/files?kind=${kind}&name=day.csv`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': type },
    body: typeof content === 'string' ? content : new Uint8Array(content),
  });
  return { status: response.status, body: (await response.json()) as FileView & Problem };
}

const fileOf = async (id: string): Promise<FileView> =>
  (await stack.call<FileView>('GET', `/v1/reconciliation/files/${id}`, undefined, ops)).body;

async function verdictOn(kind: string, content: string | Buffer, type = 'text/csv'): Promise<FileView> {
  const { body } = await upload(kind, content, type);
  await stack.eventually(async () =>
    (await fileOf(body.file_id)).state === 'received' ? 'no verdict yet' : undefined,
  );
  return fileOf(body.file_id);
}

const linesInAll = async (): Promise<number> => {
  const { rows } = await stack.owner.query<{ count: string }>(
    'SELECT (SELECT count(*) FROM reconciliation.line) + 1000000 * (SELECT count(*) FROM reconciliation.staged_line) AS count',
  );
  return Number(rows[0]?.count);
};

// ── a file that can be broken ──

interface Row {
  id: string;
  currency: string;
  gross: number;
  fee: number;
}
const places: Readonly<Record<string, number>> = { EUR: 2, JPY: 0, KWD: 3, USD: 2 };
const major = (minor: number, currency: string): string => {
  const decimals = places[currency] ?? 2;
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return minor < 0 ? `-${text}` : text;
};
const header =
  'balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id,payment_metadata[merchant_id]';
const rowText = ({ id, currency, gross, fee }: Row): string =>
  `${id},2026-11-20 10:00:00,2026-11-22 10:00:00,${currency.toLowerCase()},${major(gross, currency)},${major(fee, currency)},${major(gross - fee, currency)},charge,ch_${id.slice(4)},pi_${id.slice(4)},default`;
const totalText = (currency: string, lines: number, gross: number, fee: number): string =>
  `TOTAL,,,${currency.toLowerCase()},${major(gross, currency)},${major(fee, currency)},${major(gross - fee, currency)},${String(lines)} lines,,,`;

/** A random number source that a seed brings back. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function goodFile(prefix: string, next: () => number): { rows: Row[]; lines: string[]; totals: string[] } {
  const rows = Array.from({ length: 12 + Math.floor(next() * 20) }, (_none, index): Row => {
    const gross = 1_000 + Math.floor(next() * 90_000);
    return {
      id: `txn_${prefix}x${String(index)}`,
      currency: ['EUR', 'JPY', 'KWD'][index % 3] ?? 'EUR',
      gross: index % 11 === 10 ? -gross : gross,
      fee: Math.floor(next() * 300) + 1,
    };
  });
  const totals = ['EUR', 'JPY', 'KWD'].map((currency) => {
    const of = rows.filter((row) => row.currency === currency);
    const sum = (name: 'gross' | 'fee'): number => of.reduce((all, row) => all + row[name], 0);
    return totalText(currency, of.length, sum('gross'), sum('fee'));
  });
  return { rows, lines: rows.map(rowText), totals };
}

const joined = (lines: readonly string[], totals: readonly string[], end = '\n'): string =>
  [header, ...lines, ...totals].map((line) => `${line}${end}`).join('');

type Mutation = (
  file: ReturnType<typeof goodFile>,
  next: () => number,
) => { content: Buffer; wanted: readonly string[] };
const text = (content: string, ...wanted: string[]) => ({ content: Buffer.from(content), wanted });
const pick = (items: readonly unknown[], next: () => number): number => Math.floor(next() * items.length);
/** The file with one line changed. */
const changed = (
  { lines, totals }: ReturnType<typeof goodFile>,
  next: () => number,
  how: (line: string) => string | string[],
): string => joined(lines.toSpliced(pick(lines, next), 1, ...[how(lines[pick(lines, () => 0)] ?? '')].flat()), totals);

const mutations: Readonly<Record<string, Mutation>> = {
  untouched: ({ lines, totals }) => text(joined(lines, totals), 'accepted'),
  shuffled: ({ lines, totals }, next) =>
    text(
      joined(
        lines.toSorted(() => next() - 0.5),
        totals.toReversed(),
      ),
      'accepted',
    ),
  'windows line ends and a byte order mark': ({ lines, totals }) =>
    text(`\uFEFF${joined(lines, totals, '\r\n')}`, 'accepted'),
  packed: ({ lines, totals }) => ({ content: gzipSync(joined(lines, totals)), wanted: ['accepted'] }),
  'packed and cut': ({ lines, totals }, next) => {
    const packed = gzipSync(joined(lines, totals));
    return { content: packed.subarray(0, 12 + Math.floor(next() * (packed.length - 24))), wanted: ['cut_short'] };
  },
  'packed and bent': ({ lines, totals }, next) => {
    const packed = Buffer.from(gzipSync(joined(lines, totals)));
    const at = 20 + Math.floor(next() * (packed.length - 30));
    packed[at] = (packed[at] ?? 0) ^ 0xff;
    // A bent length may ask for more than there is.
    return { content: packed, wanted: ['malformed', 'cut_short', 'wrong_totals', 'doubled'] };
  },
  'cut in a line': ({ lines, totals }, next) => {
    const whole = joined(lines, totals);
    const from = header.length + 2;
    const to = whole.indexOf('TOTAL') - 1;
    return text(whole.slice(0, from + Math.floor(next() * (to - from))), 'cut_short', 'empty');
  },
  'cut in the totals': ({ lines, totals }, next) => {
    const whole = joined(lines, totals);
    const from = whole.indexOf('TOTAL') + 1;
    return text(whole.slice(0, from + Math.floor(next() * (whole.length - from - 2))), 'cut_short', 'wrong_totals');
  },
  'cut in the header': (_file, next) => text(header.slice(0, Math.floor(next() * 60)), 'malformed', 'empty'),
  'a line is gone': ({ lines, totals }, next) =>
    text(joined(lines.toSpliced(pick(lines, next), 1), totals), 'wrong_totals'),
  'a line twice': ({ lines, totals }, next) => {
    const line = lines[pick(lines, next)] ?? '';
    return text(joined(lines.toSpliced(pick(lines, next), 0, line), totals), 'doubled');
  },
  'another gross': ({ rows, totals }, next) => {
    const place = pick(rows, next);
    const lines = rows.map((row, index) =>
      index === place
        ? rowText(row).replace(`,${major(row.gross, row.currency)},`, `,${major(row.gross + 7, row.currency)},`)
        : rowText(row),
    );
    return text(joined(lines, totals), 'malformed');
  },
  'another gross and net': ({ rows, totals }, next) => {
    const place = pick(rows, next);
    const lines = rows.map((row, index) => rowText(index === place ? { ...row, gross: row.gross + 100 } : row));
    return text(joined(lines, totals), 'wrong_totals');
  },
  'another currency': ({ rows, totals }, next) => {
    const euros = rows.flatMap((row, index) => (row.currency === 'EUR' ? [index] : []));
    const place = euros[pick(euros, next)] ?? 0;
    const lines = rows.map((row, index) => rowText(index === place ? { ...row, currency: 'USD' } : row));
    return text(joined(lines, totals), 'wrong_totals');
  },
  'a currency that is none': (file, next) =>
    text(
      changed(file, next, (line) => line.replace(/,(eur|jpy|kwd),/, ',xxq,')),
      'malformed',
    ),
  'a float': (file, next) =>
    text(
      changed(file, next, (line) => line.replace(/,(eur|jpy|kwd),[^,]+/, ',$1,1e3')),
      'malformed',
    ),
  'a day that is none': (file, next) =>
    text(
      changed(file, next, (line) => line.replace('2026-11-20', '2026-13-40')),
      'malformed',
    ),
  'a comma is gone': (file, next) =>
    text(
      changed(file, next, (line) => line.replace(',', '')),
      'malformed',
    ),
  'a quote is open': (file, next) =>
    text(
      changed(file, next, (line) => line.replace(',charge,', ',"charge,')),
      'cut_short',
      'malformed',
    ),
  'bytes that are no text': (file, next) =>
    text(
      changed(file, next, (line) => line.replace('txn_', 'txn\u0000;')),
      'malformed',
    ),
  'a total says more': ({ rows, lines, totals }) => {
    const euros = rows.filter((row) => row.currency === 'EUR');
    const sum = (name: 'gross' | 'fee'): number => euros.reduce((all, row) => all + row[name], 0);
    return text(
      joined(lines, [totalText('EUR', euros.length, sum('gross') + 1, sum('fee')), ...totals.slice(1)]),
      'wrong_totals',
    );
  },
  'a total counts wrong': ({ lines, totals }) =>
    text(
      joined(
        lines,
        totals.map((line) => line.replace(/,(\d+) lines/, ',9$1 lines')),
      ),
      'wrong_totals',
    ),
  'a total is gone': ({ lines, totals }) => text(joined(lines, totals.slice(1)), 'wrong_totals'),
  'no totals': ({ lines }) => text(joined(lines, []), 'cut_short'),
  'a line behind the totals': ({ lines, totals }) =>
    text(joined(lines.slice(1), [...totals, lines[0] ?? '']), 'wrong_totals'),
  'a column is gone': ({ lines, totals }) =>
    text(joined(lines, totals).replace('currency,gross', 'currency,brutto'), 'malformed'),
  'nothing but a header': () => text(`${header}\n`, 'empty'),
  nothing: () => text('', 'empty'),
};

describe('R4 settlement files', () => {
  it('1,000 mutated files: each verdict is right, nothing is half taken over, and the reason is said', async () => {
    const dependencies = stack.dependencies();
    const { reconciliation } = dependencies.databases;
    const run = (work: () => Promise<FileOutcome>): Promise<FileOutcome> => new MockActivityEnvironment().run(work);
    const names = Object.keys(mutations);
    let expected = await linesInAll();
    const wrong: string[] = [];
    const seen = new Set<string>();
    for (let seed = 0; seed < 1_000; seed += 1) {
      const next = random(seed);
      const name = names[seed % names.length] ?? '';
      const file = goodFile(`f${String(seed)}`, next);
      const { content, wanted } = mutations[name]?.(file, next) ?? text('');
      const { fileId } = await keepUpload(reconciliation, parts(content, next), {
        merchantId: 'other',
        kind: 'settlement',
        name: `mutated-${String(seed)}`,
        timeZone: 'UTC',
        receivedBy: 'test',
      });
      const key = { merchantId: 'other', fileId };
      const outcome = await run(() => importFile(dependencies, key));
      if (!wanted.includes(outcome.verdict ?? ''))
        wrong.push(`${String(seed)} ${name}: ${String(outcome.verdict)} ${outcome.problem ?? ''}`);
      const isAccepted = outcome.verdict === 'accepted';
      if (isAccepted !== (outcome.state === 'accepted')) wrong.push(`${String(seed)} ${name}: ${outcome.state}`);
      if (!isAccepted && (outcome.problem ?? '') === '') wrong.push(`${String(seed)} ${name}: no reason`);
      if (isAccepted) expected += file.rows.length;
      seen.add(outcome.verdict ?? '');
      if (seed % 50 === 0) expect(await linesInAll()).toBe(expected);
    }
    expect(wrong).toEqual([]);
    expect(await linesInAll()).toBe(expected);
    expect([...seen].sort()).toEqual(['accepted', 'cut_short', 'doubled', 'empty', 'malformed', 'wrong_totals']);
    const { rows } = await stack.owner.query('SELECT FROM reconciliation.file_part');
    expect(rows).toEqual([]);
  }, 600_000);

  it('a file by the API: taken over once, the same again is the same, a corrected one is believed, and its day is run', async () => {
    const next = random(7);
    const file = goodFile('api', next);
    const content = joined(file.lines, file.totals);
    const first = await upload('settlement', content);
    expect([first.status, first.body.file_id]).toEqual([
      202,
      createHash('sha256').update(`settlement\0${content}`).digest('hex'),
    ]);
    const verdict = await verdictOn('settlement', content);
    expect(verdict).toMatchObject({
      state: 'accepted',
      verdict: 'accepted',
      new_lines: file.rows.length,
      changed_lines: 0,
    });
    expect(verdict.totals.map(({ currency }) => currency)).toEqual(['EUR', 'JPY', 'KWD']);
    expect((await upload('settlement', content)).status).toBe(200);

    // R2 R4: one line costs more than was said; the others are as they were.
    const [one, ...others] = file.rows;
    const corrected = { ...(one ?? { id: '', currency: 'EUR', gross: 0 }), fee: (one?.fee ?? 0) + 5 };
    const rows = [corrected, ...others];
    const totals = ['EUR', 'JPY', 'KWD'].map((currency) => {
      const of = rows.filter((row) => row.currency === currency);
      return totalText(
        currency,
        of.length,
        of.reduce((sum, row) => sum + row.gross, 0),
        of.reduce((sum, row) => sum + row.fee, 0),
      );
    });
    const again = await verdictOn('settlement', gzipSync(joined(rows.map(rowText), totals)), 'application/gzip');
    expect(again).toMatchObject({ verdict: 'corrected', new_lines: 0, changed_lines: 1 });
    expect(await verdictOn('settlement', joined(rows.map(rowText).toReversed(), totals))).toMatchObject({
      verdict: 'unchanged',
    });

    await stack.eventually(async () => {
      const run = await stack.call<{ state?: string }>('GET', '/v1/reconciliation/runs/2026-11-20', undefined, ops);
      return run.body.state === 'breaks' ? undefined : `the day is ${run.body.state ?? 'not run'}`;
    });
    const refused = await verdictOn('settlement', joined(file.lines, []));
    expect(refused).toMatchObject({
      state: 'rejected',
      verdict: 'cut_short',
      problem: expect.stringContaining('TOTAL') as unknown,
    });
    await stack.found(`WorkflowId = 'settlement-file/default/${refused.file_id}' AND Phase = 'file_rejected'`, 1);
  });

  it("X2 another merchant's files are its own; who may not hand in may not; what is no file is refused by name", async () => {
    const { body } = await upload('settlement', header);
    const theirs = await stack.call('GET', `/v1/reconciliation/files/${body.file_id}`, undefined, {
      Authorization: `Bearer ${otherOpsKey}`,
    });
    expect(theirs.status).toBe(404);
    expect((await upload('settlement', header, 'text/csv', defaultKey)).status).toBe(403);
    expect((await upload('settlement', '{}', 'application/json')).status).toBe(415);
    const kind = await upload('nothing', header);
    expect([kind.status, kind.body.errors?.[0]?.pointer]).toEqual([422, 'kind']);
    const list = await stack.call<{ data: FileView[]; has_more: boolean }>(
      'GET',
      '/v1/reconciliation/files?limit=3',
      undefined,
      ops,
    );
    expect(list.body.data).toHaveLength(3);
    expect(list.body.has_more).toBe(true);
  });

  it('files that are dropped into a folder are taken up once and put aside; one that is being written is left alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paysaga-drop-'));
    try {
      const place = join(folder, 'default', 'settlement');
      mkdirSync(place, { recursive: true });
      const file = goodFile('dropped', random(9));
      const old = new Date(Date.now() - minute);
      writeFileSync(join(place, 'one.csv'), joined(file.lines, file.totals));
      utimesSync(join(place, 'one.csv'), old, old);
      writeFileSync(join(place, 'two.csv'), 'still being writ');
      const look = () =>
        takeUpDropped({
          folder,
          reconciliation: stack.databases.reconciliation,
          accounts: () => settledAccounts(stack.databases.identity),
          start: (key) => startSettlementFile(stack.client, stack.taskQueue, key),
        });
      expect(await look()).toBe(1);
      expect(await look()).toBe(0);
      expect(readdirSync(place).sort()).toEqual(['taken', 'two.csv']);
      await stack.eventually(async () => {
        const { rows } = await stack.owner.query<{ verdict: string }>(
          "SELECT verdict FROM reconciliation.file WHERE received_by = 'folder:one.csv'",
        );
        return rows[0]?.verdict === 'accepted' ? undefined : 'not taken over yet';
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("the sandbox's own file says what its lines say, and the API's lines and the file's are the same lines", async () => {
    await stack.paid();
    const now = Math.floor(Date.now() / 1000);
    const span = `from=${String(now - 86_400)}&to=${String(now + 86_400)}&secret_key=sk_test_default`;
    const read = async (more = '') =>
      (await fetch(`${stack.sandboxUrl}/_sandbox/settlement_file?${span}${more}`)).text();
    expect(await verdictOn('settlement', await read('&fault=wrong_totals'))).toMatchObject({ verdict: 'wrong_totals' });
    expect(await verdictOn('settlement', await read())).toMatchObject({ verdict: 'accepted' });
    const day = new Date().toISOString().slice(0, 10);
    await stack.reconcile(day);
    const { rows } = await stack.owner.query<{ matched: boolean }>(
      "SELECT bool_and(matched_at IS NOT NULL AND booked_amount IS NOT NULL) AS matched FROM reconciliation.line WHERE created_at > now() - interval '1 hour'",
    );
    expect(rows).toEqual([{ matched: true }]);
  });
});

describe('R1 three ways: the bank', () => {
  const payouts: string[] = [];

  async function payOutToBank(amount: number): Promise<string> {
    const response = await fetch(`${stack.sandboxUrl}/v1/payouts`, {
      method: 'POST',
      headers: { Authorization: 'Bearer sk_test_default', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ amount: String(amount), currency: 'eur' }),
    });
    const payout = (await response.json()) as { id: string };
    expect(response.status).toBe(200);
    return payout.id;
  }
  const bankBalance = async (code: string): Promise<number> => {
    const { rows } = await stack.owner.query<{ balance: string }>(
      "SELECT balance FROM ledger.account_balance WHERE merchant_id = 'default' AND code = $1 AND currency = 'EUR'",
      [code],
    );
    return Number(rows[0]?.balance ?? 0);
  };
  const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const csv = (entries: readonly (readonly [string, number, string, string])[]): string =>
    [
      'entry_id,account,booked_on,amount,currency,text',
      ...entries.map(([id, amount, on, words]) => `${id},DE1,${on},${major(amount, 'EUR')},EUR,${words}`),
      `TOTAL,,,${major(
        entries.reduce((sum, [, amount]) => sum + amount, 0),
        'EUR',
      )},EUR,${String(entries.length)} entries`,
      '',
    ].join('\n');

  it('the PSP’s payouts by CAMT.053: by id; then what is in the bank is booked there, and nothing is left between', async () => {
    await stack.paid({ amount: '9000.00', fee: '0.00', available: true });
    payouts.push(await payOutToBank(100_000), await payOutToBank(50_000));
    await stack.reconcile(day(0));
    // On its way: out of the PSP, not in the bank.
    const between = await bankBalance('psp_clearing');
    expect(between).toBe(150_000);
    const now = Math.floor(Date.now() / 1000);
    const statement = await (
      await fetch(
        `${stack.sandboxUrl}/_sandbox/bank_statement?from=${String(now - 86_400)}&to=${String(now + 86_400)}&secret_key=sk_test_default&opening=777`,
      )
    ).text();
    expect(await verdictOn('bank', statement.replace('</Stmt>', ''), 'application/xml')).toMatchObject({
      verdict: 'malformed',
    });
    expect(await verdictOn('bank', statement.slice(0, -30), 'application/xml')).toMatchObject({ verdict: 'cut_short' });
    expect(await verdictOn('bank', statement.replace('1000.00', '1000.01'), 'application/xml')).toMatchObject({
      verdict: 'wrong_totals',
    });
    expect(await verdictOn('bank', statement, 'application/xml')).toMatchObject({ state: 'accepted', new_lines: 2 });
    await stack.reconcile(day(0));
    expect([await bankBalance('bank'), await bankBalance('psp_clearing')]).toEqual([150_000, 0]);
  });

  it('by amount one to one, several payouts of a day as one entry, another amount, money from nobody, and a payout that never came', async () => {
    const single = 33_300;
    await payOutToBank(single);
    const parts = [11_100, 22_200];
    for (const part of parts) await payOutToBank(part);
    const short = await payOutToBank(44_400);
    await stack.reconcile(day(0));
    const before = await bankBalance('bank');
    await verdictOn(
      'bank',
      csv([
        ['b-other', 5_000, day(0), 'SOMEBODY ELSE: rent'],
        ['b-single', single, day(1), 'STRIPE'],
        ['b-short', 44_000, day(1), `STRIPE ${short}`],
        ['b-nobody', 12_345, day(1), 'STRIPE we know nothing of'],
      ]),
    );
    const open = async () => {
      await stack.reconcile(day(0));
      const { rows } = await stack.owner.query<{ class: string; key: string; remedy: string | null }>(
        "SELECT class, key, remedy FROM reconciliation.break WHERE against = 'bank' AND state = 'open' ORDER BY class, key",
      );
      return rows;
    };
    expect(await open()).toEqual([
      { class: 'amount', key: 'bank-entry/b-short', remedy: null },
      { class: 'unknown', key: 'bank-entry/b-nobody', remedy: 'suspense' },
    ]);
    expect(await bankBalance('bank')).toBe(before + single + 12_345);
    // One entry for two payouts of the day.
    await verdictOn('bank', csv([['b-both', 33_300, day(1), 'STRIPE']]));
    expect(await open()).toHaveLength(2);
    const { rows: groups } = await stack.owner.query(
      "SELECT matched_by FROM reconciliation.bank_entry WHERE entry_id IN ('b-single', 'b-both') ORDER BY entry_id",
    );
    expect(groups).toEqual([{ matched_by: 'group' }, { matched_by: 'amount' }]);
    // The bank is right about the short one: a person says so.
    const { rows } = await stack.owner.query<{ break_id: string }>(
      "SELECT break_id FROM reconciliation.break WHERE key = 'bank-entry/b-short'",
    );
    const said = await stack.call(
      'POST',
      `/v1/reconciliation/breaks/${rows[0]?.break_id ?? ''}/resolve`,
      { reason: 'the bank has kept a fee', outcome: 'psp_is_right' },
      ops,
    );
    expect(said.status).toBe(200);
    await stack.eventually(async () =>
      (await bankBalance('psp_adjustments')) === 400 ? undefined : 'the fee is not booked',
    );
    expect(await bankBalance('psp_clearing')).toBe(0);
    // Days later the bank has not said a word of one.
    const lost = await payOutToBank(6_600);
    await stack.reconcile(day(0));
    await verdictOn('bank', csv([['b-late', 100, day(20), 'SOMEBODY ELSE']]));
    const found = await open();
    expect(found.filter(({ class: name }) => name === 'missing_there')).toEqual([
      { class: 'missing_there', key: `bank/${lost}`, remedy: null },
    ]);
  });
});

/** A file comes in pieces of any size. */
async function* parts(content: Buffer, next: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length;) {
    const size = 1 + Math.floor(next() * 2_000);
    yield content.subarray(at, at + size);
    at += size;
    await Promise.resolve();
  }
}
