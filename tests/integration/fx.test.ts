import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newestRates, saveRates } from '../../prisma/fx';
import { jsonRates, readJson } from '../../providers/rates/json';
import type { Dependencies } from '../../activities';
import { otherKey, TestStack, unique, type Problem } from '../support/stack';

/** Where the worker reads rates; a test may have it read elsewhere. */
let source: Dependencies['rates'];
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    plant: (dependencies) => {
      source = dependencies.rates;
      return {
        ...dependencies,
        get rates() {
          return source;
        },
      };
    },
  });
});
afterAll(() => stack.stop());

interface Loaded {
  readonly source: string | null;
  readonly added: number;
  readonly asOf: string | null;
}
interface Rates {
  readonly base: string;
  readonly rates: Record<string, string>;
  readonly source: string;
  readonly as_of: string;
  readonly is_stale: boolean;
}
interface Quote {
  readonly quote_id: string;
  readonly buyer_currency: string;
  readonly buyer_amount: string;
  readonly seller_amount: string;
  readonly mid_rate: string;
  readonly rate: string;
  readonly spread_amount: string;
  readonly spread_basis_points: number;
  readonly rate_source: string;
  readonly rate_as_of: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly is_expired: boolean;
}

const load = (): Promise<Loaded> =>
  stack.client.workflow.execute('ratesWorkflow', {
    workflowId: unique('rates'),
    taskQueue: stack.taskQueue,
    args: [],
  }) as Promise<Loaded>;
const tell = (body: object): Promise<unknown> => stack.outside('rates', body as Record<string, unknown>);
const today = (): string => `${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`;
const rates = (query = '', headers = {}) => stack.call<Rates>('GET', `/v1/fx/rates${query}`, undefined, headers);
const quote = (body: object, headers = {}) => stack.call<Quote>('POST', '/v1/fx/quotes', body, headers);
const asProblem = (body: unknown): Problem & Record<string, unknown> => body as Problem & Record<string, unknown>;
/** As if the rates had been loaded so many hours ago, and been of then. */
const age = (hours: number): Promise<unknown> =>
  stack.owner.query('UPDATE payments.fx_rate SET as_of = as_of - make_interval(hours => $1::int)', [hours]);
const forget = (): Promise<unknown> => stack.owner.query('DELETE FROM payments.fx_rate');
const fixed = { USD: '1.1588', JPY: '180.12', KWD: '0.3561' };

beforeEach(async () => {
  await forget();
  await tell({ rates: fixed, status: 200 });
});

describe('rates', () => {
  it('are loaded from the central bank’s list, once, and shown for any base', async () => {
    expect((await rates()).status).toBe(503);
    const first = await load();
    expect(first).toMatchObject({ source: 'ecb', asOf: today() });
    expect(first.added).toBeGreaterThan(25);
    expect(await load()).toMatchObject({ added: 0 });

    const euros = await rates();
    expect(euros.body).toMatchObject({ base: 'EUR', source: 'ecb', as_of: today(), is_stale: false, rates: fixed });
    const dollars = await rates('?base=USD');
    expect(dollars.body).toMatchObject({ base: 'USD', rates: { EUR: '0.8629616845', JPY: '155.4366586' } });
    expect(Object.keys(dollars.body.rates)).not.toContain('USD');
  });

  it('that the bank corrects count from then on, and what it had said stays', async () => {
    await load();
    await tell({ rates: { USD: '1.2' } });
    expect(await load()).toMatchObject({ added: 1 });
    expect((await rates()).body.rates).toMatchObject({ USD: '1.2', JPY: '180.12' });
    const { rows } = await stack.owner.query<{ rate: string }>(
      "SELECT trim_scale(rate)::text AS rate FROM payments.fx_rate WHERE currency = 'USD' ORDER BY loaded_at",
    );
    expect(rows.map(({ rate }) => rate)).toEqual(['1.1588', '1.2']);
  });

  it('of yesterday never take the place of those of today', async () => {
    await load();
    const older = JSON.stringify({ base: 'EUR', date: '2026-01-02', rates: { USD: 9 } });
    await saveRates(stack.databases.payments, readJson('ecb', older));
    expect((await rates()).body.rates).toMatchObject(fixed);
  });

  it('of a day that is still to come are left out: they would be the newest ones for ever', async () => {
    const old = source;
    source = {
      name: 'prophet',
      read: () =>
        Promise.resolve([
          { source: 'prophet', base: 'EUR', asOf: new Date(Date.now() + 30 * 3_600_000), rates: new Map() },
        ]),
    };
    try {
      expect(await load()).toEqual({ source: 'prophet', added: 0, asOf: null, revalued: 0 });
    } finally {
      source = old;
    }
  });

  it('come from a JSON service as well', async () => {
    const old = source;
    source = jsonRates('service', { from: `${stack.sandboxUrl}/rates/latest.json` });
    try {
      expect(await load()).toMatchObject({ source: 'service', asOf: today() });
      expect((await rates()).body).toMatchObject({ source: 'service', rates: fixed });
    } finally {
      source = old;
    }
  });

  it('stay as they are while the source is away, and are taken up when it is back', async () => {
    await load();
    await tell({ rates: { USD: '1.3' }, status: 503 });
    const loading = load();
    // Two tries have failed by then, with five seconds between.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect((await rates()).body.rates).toMatchObject(fixed);
    await tell({ status: 200 });
    expect(await loading).toMatchObject({ added: 1 });
    expect((await rates()).body.rates).toMatchObject({ USD: '1.3' });
  });

  it('the base must be a currency that has a rate', async () => {
    await load();
    const odd = await rates('?base=euro');
    expect([odd.status, asProblem(odd.body).errors?.[0]?.pointer]).toEqual([422, 'base']);
    const unlisted = await rates('?base=XOF');
    expect(asProblem(unlisted.body).errors?.[0]?.detail).toMatch(/^must be one of AUD, .*USD, ZAR$/);
  });
});

describe('M4 quotes', () => {
  it('say what a price is in the buyer’s currency, with the rate, its source and its time, and the spread as its own amount', async () => {
    await load();
    const id = unique('q');
    const body = { quote_id: id, buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '49.90' };
    const told = await quote(body);
    expect(told.status).toBe(201);
    expect(told.headers.get('location')).toBe(`/v1/fx/quotes/${id}`);
    // 49.90 × 1.1588 × 1.02, rounded up; 58.99 are worth 50.91 in the middle.
    expect(told.body).toMatchObject({
      buyer_amount: '58.99',
      seller_amount: '49.90',
      fixed_side: 'seller',
      mid_rate: '1.1588',
      rate: '1.181976',
      spread_basis_points: 200,
      spread_amount: '1.01',
      rate_source: 'ecb',
      rate_as_of: today(),
      is_expired: false,
    });
    expect(Date.parse(told.body.expires_at) - Date.parse(told.body.created_at)).toBe(900_000);
    expect((await stack.call<Quote>('GET', `/v1/fx/quotes/${id}`)).body).toEqual(told.body);
  });

  it('go the other way, too: what a seller gets of what a buyer pays', async () => {
    await load();
    const told = await quote({ buyer_currency: 'JPY', seller_currency: 'KWD', buyer_amount: '10000' });
    // 10,000 / (180.12 / 0.3561 × 1.02) = 19.382…, rounded down to what the PSP moves dinars in.
    expect(told.body).toMatchObject({ buyer_amount: '10000', seller_amount: '19.380', fixed_side: 'buyer' });
  });

  it('are told once: the same id is the same quote, whatever rates are by now; another wish under it is refused', async () => {
    await load();
    const body = { quote_id: unique('q'), buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '10.00' };
    const first = await quote(body);
    await tell({ rates: { USD: '2' } });
    await load();
    const again = await quote(body);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.body).toEqual(first.body);
    expect((await quote({ ...body, seller_amount: '10' })).body).toEqual(first.body);
    const other = await quote({ ...body, seller_amount: '10.01' });
    expect([other.status, asProblem(other.body).type]).toEqual([422, 'urn:paysaga:problem:id-reused']);
    const fresh = await quote({ ...body, quote_id: unique('q') });
    expect(fresh.body.mid_rate).toBe('2');
  });

  it('at the same moment under one id: one is kept, and all are told it', async () => {
    await load();
    const body = { quote_id: unique('q'), buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '10.00' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => quote(body)));
    expect(new Set(answers.map((answer) => answer.body.created_at)).size).toBe(1);
  });

  it('follow the merchant’s own spread and time', async () => {
    await load();
    await stack.owner.query(
      `UPDATE identity.merchant SET policies = policies || '{"fx": {"spreadBasisPoints": 0, "quoteSeconds": 60}}' WHERE merchant_id = 'other'`,
    );
    const told = await quote(
      { buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '100.00' },
      { Authorization: `Bearer ${otherKey}` },
    );
    expect(told.body).toMatchObject({ buyer_amount: '115.88', rate: '1.1588', spread_amount: '0.00' });
    expect(Date.parse(told.body.expires_at) - Date.parse(told.body.created_at)).toBe(60_000);
  });

  it('a stale rate refuses, and says how old it is', async () => {
    await load();
    await age(72);
    expect((await rates()).body.is_stale).toBe(true);
    const refused = await quote({ buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '10.00' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '300']);
    const problem = asProblem(refused.body);
    expect(problem.type).toBe('urn:paysaga:problem:rates-unavailable');
    expect(problem['max_age_hours']).toBe(48);
    expect(problem.detail).toMatch(/^the newest rates, by ecb, are of \d{4}-.*: older than 48 hours/);
    await load();
    expect((await quote({ buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '10.00' })).status).toBe(201);
  });

  it.each([
    [{ buyer_currency: 'EUR', seller_currency: 'EUR', seller_amount: '1.00' }, '/buyer_currency'],
    [{ buyer_currency: 'USD', seller_currency: 'EUR' }, '/seller_amount'],
    [{ buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '1.00', buyer_amount: '1.00' }, '/buyer_amount'],
    [{ buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '0.00' }, '/seller_amount'],
    [{ buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: '1.001' }, '/seller_amount'],
    [{ buyer_currency: 'USD', seller_currency: 'EUR', seller_amount: 1 }, '/seller_amount'],
    [{ buyer_currency: 'IDR', seller_currency: 'EUR', buyer_amount: '1.00' }, '/buyer_amount'],
    [{ buyer_currency: 'XOF', seller_currency: 'EUR', seller_amount: '1.00' }, '/buyer_currency'],
    [{ buyer_currency: 'EUR', seller_currency: 'XOF', buyer_amount: '1.00' }, '/seller_currency'],
    [{ buyer_currency: 'KWD', seller_currency: 'EUR', buyer_amount: '1.001' }, '/buyer_amount'],
    [{ buyer_currency: 'dollars', seller_currency: 'EUR', seller_amount: '1.00' }, '/buyer_currency'],
  ])('%j is refused, and %s is named', async (body, pointer) => {
    await load();
    const refused = await quote(body);
    expect(refused.status).toBe(422);
    expect(asProblem(refused.body).errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it('nobody changes what was told: neither rates nor quotes can be written over by the service', async () => {
    await load();
    for (const sql of [
      'UPDATE payments.fx_quote SET buyer_amount = 1',
      'DELETE FROM payments.fx_quote',
      'UPDATE payments.fx_rate SET rate = 1',
      'DELETE FROM payments.fx_rate',
    ])
      await expect(stack.databases.payments.$executeRawUnsafe(sql)).rejects.toThrow(/permission denied/);
    expect((await newestRates(stack.databases.payments))?.rates.size).toBeGreaterThan(25);
  });
});
