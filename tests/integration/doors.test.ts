import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import pino from 'pino';
import { scopes } from '../../api/scopes';
import { operations, type Operation } from '../../api/openapi/operations';
import { PrismaClient } from '../../prisma/generated/client';
import { serviceNames } from '../../prisma/services';
import { asEverybody, asMerchant, TenantPg } from '../../prisma/tenant';
import { breaches } from '../support/conformance';
import { historyText } from '../support/history';
import {
  checkoutBody,
  defaultKey,
  opsKey,
  otherKey,
  otherOpsKey,
  TestStack,
  unique,
  type Answer,
  type Problem,
} from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(() => stack.stop());

const bearer = (key: string): Record<string, string> => ({ Authorization: `Bearer ${key}` });
const bodyOf = (operation: Operation): unknown =>
  operation.method === 'get' ? undefined : (operation.example ?? (operation.body === undefined ? undefined : {}));
const ask = (operation: Operation, id: string, key: string, query = ''): Promise<Answer<Problem>> =>
  stack.call<Problem>(
    operation.method.toUpperCase(),
    operation.path.replace('{id}', id) + query,
    bodyOf(operation),
    bearer(key),
  );

interface FreshKey {
  readonly key_id: string;
  readonly api_key: string;
  readonly prefix: string;
}
const makeKey = async (wanted: readonly string[], from = defaultKey): Promise<FreshKey> => {
  const { status, body } = await stack.call<FreshKey>(
    'POST',
    '/v1/api_keys',
    { name: 'made', scopes: wanted },
    bearer(from),
  );
  expect(status).toBe(201);
  return body;
};

describe('Keys', () => {
  it('none, wrong, in the query, revoked and expired: 401, with the same body each time', async () => {
    const revoked = await makeKey(['payments:read']);
    await stack.call('POST', `/v1/api_keys/${revoked.key_id}/revoke`);
    const expired = await makeKey(['payments:read']);
    await stack.owner.query('UPDATE identity.api_key SET expires_at = now() WHERE key_id = $1', [expired.key_id]);
    const tries: [string, Record<string, string>][] = [
      ['/v1/payments', {}],
      ['/v1/payments', bearer('psk_nobody_has_ever_had_this_key')],
      [`/v1/payments?api_key=${defaultKey}&access_token=${defaultKey}`, {}],
      ['/v1/payments', bearer(revoked.api_key)],
      ['/v1/payments', bearer(expired.api_key)],
    ];
    const bodies = await Promise.all(
      tries.map(async ([path, headers]) => {
        const response = await fetch(`${stack.apiUrl}${path}`, { headers });
        expect(response.status).toBe(401);
        return response.text();
      }),
    );
    expect(new Set(bodies).size).toBe(1);
  });

  it('a valid key without the scope: 403, for every call there is', async () => {
    const { api_key: empty } = await makeKey(['keys:read']);
    for (const operation of operations.filter(({ scope }) => scope !== 'keys:read'))
      expect([operation.id, (await ask(operation, 'x', empty)).status]).toEqual([operation.id, 403]);
  });

  it("X4 a merchant's key with all a merchant may do is refused every call of operators", async () => {
    const forOperators = operations.filter(({ scope }) => scope.startsWith('ops:'));
    expect(forOperators.length).toBeGreaterThan(8);
    for (const operation of forOperators)
      expect([operation.id, (await ask(operation, 'x', defaultKey)).status]).toEqual([operation.id, 403]);
  });

  it('a key gives no scope that it lacks', async () => {
    const answer = await stack.call<Problem>('POST', '/v1/api_keys', { name: 'more', scopes: ['ops:write'] });
    expect(answer.status).toBe(403);
    expect(answer.body.detail).toContain('ops:write');
  });

  it('is shown once, hashed, and two live while it is rotated; then the old one is refused', async () => {
    const old = await makeKey(['payments:read']);
    const { status, body: fresh } = await stack.call<FreshKey & { rotated_from: string }>(
      'POST',
      `/v1/api_keys/${old.key_id}/rotate`,
      { old_key_lives_hours: 1 },
    );
    expect(status).toBe(201);
    expect(fresh.rotated_from).toBe(old.key_id);
    for (const key of [old, fresh])
      expect((await stack.call('GET', '/v1/payments', undefined, bearer(key.api_key))).status).toBe(200);
    await stack.call('POST', `/v1/api_keys/${old.key_id}/revoke`);
    // Another process asks the database; this one would remember the key for two seconds.
    const elsewhere = await stack.anotherApi();
    expect((await stack.call('GET', '/v1/payments', undefined, bearer(old.api_key), elsewhere)).status).toBe(401);
    expect((await stack.call('GET', '/v1/payments', undefined, bearer(fresh.api_key), elsewhere)).status).toBe(200);

    const { body: shown } = await stack.call<{ last_used_at: string | null }>('GET', `/v1/api_keys/${fresh.key_id}`);
    expect(shown.last_used_at).not.toBeNull();
    expect(JSON.stringify(shown)).not.toContain(fresh.api_key);
    const again = await stack.call<Problem>('POST', `/v1/api_keys/${old.key_id}/rotate`);
    expect(again.status).toBe(409);
  });

  it('a repeated call with the same Idempotency-Key shows the same key again; the database holds it in no form', async () => {
    const headers = { 'Idempotency-Key': unique('key') };
    const wanted = { name: 'twice', scopes: ['payments:read'] };
    const first = await stack.call<FreshKey>('POST', '/v1/api_keys', wanted, headers);
    const second = await stack.call<FreshKey>('POST', '/v1/api_keys', wanted, headers);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    const secret = first.body.api_key.split('_').at(-1) ?? '';
    for (const table of ['api_key', 'idempotent_answer', 'call']) {
      const { rows } = await stack.owner.query<{ dump: string }>(
        `SELECT coalesce(string_agg(t::text, ' '), '') || coalesce((SELECT string_agg(encode(body, 'escape'), ' ') FROM identity.idempotent_answer), '') AS dump FROM identity.${table} AS t`,
      );
      expect(rows[0]?.dump).not.toContain(secret);
    }
  });
});

describe('Tenancy', () => {
  /** What the default merchant has, by the tag of the calls that are about it. */
  const owned: Record<string, string> = {};
  beforeAll(async () => {
    const { id, seller, payment } = await stack.paid({ available: true });
    const { rows } = await stack.owner.query<{ checkout_id: string }>(
      'SELECT checkout_id FROM payments.payment_order WHERE payment_order_id = $1',
      [id],
    );
    await stack.verifiedSeller({}, seller);
    const refund = await stack.refund(id, { amount: '5.00' });
    const payout = await stack.payOut({ seller_account: seller, amount: '5.00' });
    const dispute = await stack.outside<{ id: string }>('disputes', { payment_intent: payment, amount: 100 });
    await stack.when<{ dispute_id?: string }>(`/v1/disputes/${dispute.id}`, (found) => found.dispute_id === dispute.id);
    const proposal = await stack.call<{ proposal_id: string }>(
      'POST',
      '/v1/ledger/proposals',
      { kind: 'write_off', seller_account: seller, amount: '1.00', currency: 'EUR', reason: 'a test' },
      bearer(opsKey),
    );
    const pspEvents = await stack.owner.query<{ event_id: string }>('SELECT event_id FROM payments.psp_event LIMIT 1');
    const endpoint = await stack.call<{ endpoint_id: string }>('POST', '/v1/webhook_endpoints', {
      url: 'http://127.0.0.1:9/nobody-listens',
      types: ['nothing.at_all'],
    });
    const delivery = await stack.call<{ delivery_id: string; event_id: string }>(
      'POST',
      `/v1/webhook_endpoints/${endpoint.body.endpoint_id}/test`,
    );
    Object.assign(owned, {
      Payments: id,
      Checkouts: rows[0]?.checkout_id,
      Refunds: refund.body.refund_id,
      Payouts: payout.body.payout_id,
      Disputes: dispute.id,
      Sellers: seller,
      Ledger: proposal.body.proposal_id,
      Operations: pspEvents.rows[0]?.event_id,
      Endpoints: endpoint.body.endpoint_id,
      Deliveries: delivery.body.delivery_id,
      Events: delivery.body.event_id,
      Keys: (await makeKey(['payments:read'])).key_id,
    });
  });
  const byPath: [prefix: string, name: string][] = [
    ['/v1/payments/{id}/refunds', 'Payments'],
    ['/v1/webhook_endpoints', 'Endpoints'],
    ['/v1/webhook_deliveries', 'Deliveries'],
  ];
  const idFor = ({ path, tag }: Operation): string =>
    owned[byPath.find(([prefix]) => path.startsWith(prefix))?.[1] ?? tag] ?? '';
  /** Of the same form, and nobody's. */
  const nobodysId = (id: string): string => id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const complete = ({ id }: Operation): string => (id === 'getStatement' ? '?currency=EUR' : '');

  it("X2 every call with another merchant's id: 404, with the body of an id that nobody has", async () => {
    // Saying something of a seller makes it, as one's own.
    const about = operations.filter(({ path, id }) => path.includes('{id}') && id !== 'putSeller');
    expect(about.length).toBeGreaterThan(20);
    for (const operation of about) {
      const own = await ask(
        operation,
        idFor(operation),
        operation.scope.startsWith('ops:') ? opsKey : defaultKey,
        complete(operation),
      );
      if (operation.method === 'get') expect([operation.id, own.status]).toEqual([operation.id, 200]);
      const theirs = await ask(operation, idFor(operation), otherOpsKey, complete(operation));
      const nobodys = await ask(operation, nobodysId(idFor(operation)), otherOpsKey, complete(operation));
      expect([operation.id, theirs.status, theirs.body]).toEqual([operation.id, 404, nobodys.body]);
    }
  });

  it("X2 a seller of the same id is another merchant's own, and changes nothing here", async () => {
    const seller = owned['Sellers'] ?? '';
    const before = await stack.call('GET', `/v1/sellers/${seller}`);
    await stack.call('PUT', `/v1/sellers/${seller}`, { payout_account: 'acct_stolen' }, bearer(otherKey));
    expect((await stack.call('GET', `/v1/sellers/${seller}`)).body).toEqual(before.body);
  });

  it('X2 lists never mix', async () => {
    await stack.post(checkoutBody(), bearer(otherKey));
    const lists = operations.filter(
      ({ method, path, csv }) => method === 'get' && !path.includes('{id}') && csv === undefined,
    );
    expect(lists.length).toBeGreaterThan(8);
    for (const operation of lists) {
      const mine = await ask(operation, '', operation.scope.startsWith('ops:') ? opsKey : defaultKey, '?limit=100');
      const theirs = await ask(operation, '', otherOpsKey, '?limit=100');
      expect([operation.id, mine.status, theirs.status]).toEqual([operation.id, 200, 200]);
      const idsOf = (answer: Answer<unknown>): string[] =>
        (answer.body as { data: Record<string, unknown>[] }).data.map((row) => String(Object.values(row)[0]));
      expect(idsOf(theirs).filter((id) => idsOf(mine).includes(id))).toEqual([]);
    }
    const { body } = await stack.call<{ data: { checkout_id: string }[] }>(
      'GET',
      '/v1/checkouts',
      undefined,
      bearer(otherKey),
    );
    expect(body.data.length).toBeGreaterThan(0);
  });

  it('every table with a merchant has row-level security, forced', async () => {
    const { rows } = await stack.owner.query<{ name: string }>(
      `SELECT relnamespace::regnamespace || '.' || relname AS name FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
       WHERE attname = 'merchant_id' AND relkind = 'r' AND relnamespace::regnamespace::text = ANY($1)
         AND NOT (relrowsecurity AND relforcerowsecurity)`,
      [serviceNames],
    );
    expect(rows).toEqual([]);
  });

  it('behind the code: 1,000 interleaved queries without a WHERE on a pool of 2 show nothing of another merchant', async () => {
    const client = new PrismaClient({
      adapter: new TenantPg({ connectionString: stack.urls.payments, max: 2 }, { schema: 'payments' }),
    });
    try {
      const merchants = ['default', 'other'] as const;
      const seen = await Promise.all(
        Array.from({ length: 1_000 }, async (_, index) => {
          const merchantId = merchants[index % 2] ?? 'default';
          const rows = await asMerchant(merchantId, async () =>
            index % 3 === 0
              ? await client.$queryRaw<
                  { merchantId: string }[]
                >`SELECT merchant_id AS "merchantId" FROM payments.checkout`
              : await client.checkout.findMany({ select: { merchantId: true } }),
          );
          return rows.length > 0 && rows.every((row) => row.merchantId === merchantId);
        }),
      );
      expect(seen.filter((clean) => !clean)).toEqual([]);
      expect(await client.checkout.count()).toBe(0);
      expect(await asEverybody(async () => await client.checkout.count())).toBeGreaterThan(1);
      // Nor can a row be written for another one.
      await expect(
        asMerchant(
          'other',
          async () =>
            await client.$executeRaw`
          INSERT INTO payments.psp_customer (merchant_id, buyer_id, psp_customer) VALUES ('default', 'x', 'cus_x')`,
        ),
      ).rejects.toThrow(/row-level security/);
    } finally {
      await client.$disconnect();
    }
  });
});

describe('Idempotency', () => {
  it('I2 the first answer again: status, body and Location; also from another API process', async () => {
    const elsewhere = await stack.anotherApi();
    const body = checkoutBody();
    const headers = { 'Idempotency-Key': unique('key'), Prefer: 'wait=30' };
    const first = await stack.post(body, headers);
    expect(first.status).toBe(200);
    await stack.refund(body.payment_orders[0]?.payment_order_id ?? '', { amount: '1.00' });
    for (const api of [stack.apiUrl, elsewhere]) {
      const again = await stack.call('POST', '/v1/payments', body, headers, api);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect([again.status, again.body, again.headers.get('location')]).toEqual([
        200,
        first.body,
        first.headers.get('location'),
      ]);
    }
    const altered = await stack.call<Problem>(
      'POST',
      '/v1/payments',
      { ...body, metadata: { a: 'b' } },
      headers,
      elsewhere,
    );
    expect([altered.status, altered.body.type]).toEqual([422, 'urn:paysaga:problem:idempotency-key-reused']);
  });

  it('I2 a refusal is an answer too: it stays, though it would be granted now', async () => {
    const { seller } = await stack.paid({ available: true });
    const headers = { 'Idempotency-Key': unique('key') };
    const wish = { seller_account: seller, amount: '1.00' };
    const first = await stack.payOut(wish, headers);
    expect(first.status).toBe(409);
    await stack.verifiedSeller({}, seller);
    const again = await stack.payOut(wish, headers);
    expect([again.status, again.body]).toEqual([409, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await stack.payOut(wish)).status).toBe(200);
  });

  it('I2 409 and Retry-After while the first one is being answered; a caller that died is taken over', async () => {
    const body = checkoutBody({ more: { capture_method: 'manual' } });
    await stack.post(body, { Prefer: 'wait=30' });
    const path = `/v1/checkouts/${body.checkout_id}/cancel`;
    const headers = { 'Idempotency-Key': unique('key') };
    const fingerprint = "sha256('null')";
    await stack.owner.query(
      `INSERT INTO identity.idempotent_answer (merchant_id, method, path, idempotency_key, request_fingerprint, locked_until, expires_at)
       VALUES ('default', 'POST', $1, $2, ${fingerprint}, now() + interval '1 minute', now() + interval '1 day')`,
      [path, headers['Idempotency-Key']],
    );
    const during = await stack.call<Problem>('POST', path, undefined, headers);
    expect([during.status, during.body.type]).toEqual([409, 'urn:paysaga:problem:request-in-progress']);
    expect(during.headers.get('retry-after')).toBe('1');
    await stack.owner.query('UPDATE identity.idempotent_answer SET locked_until = now() WHERE idempotency_key = $1', [
      headers['Idempotency-Key'],
    ]);
    expect((await stack.call('POST', path, undefined, headers)).status).toBe(202);
    expect((await stack.call('POST', path, undefined, headers)).headers.get('idempotent-replayed')).toBe('true');
  });

  it('I3 of 20 equal calls at once, in two processes, all get one answer', async () => {
    const elsewhere = await stack.anotherApi();
    const body = checkoutBody();
    const headers = { 'Idempotency-Key': unique('key'), Prefer: 'wait=30' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        stack.call('POST', '/v1/payments', body, headers, index % 2 === 0 ? elsewhere : stack.apiUrl),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({
      EUR: { charges: 1 },
    });
  });

  it('an expired key is a new one', async () => {
    const headers = { 'Idempotency-Key': unique('key') };
    const wanted = { name: 'first', scopes: ['payments:read'] };
    await stack.call('POST', '/v1/api_keys', wanted, headers);
    expect((await stack.call('POST', '/v1/api_keys', { ...wanted, name: 'second' }, headers)).status).toBe(422);
    await stack.owner.query(`UPDATE identity.idempotent_answer SET expires_at = now() WHERE idempotency_key = $1`, [
      headers['Idempotency-Key'],
    ]);
    const again = await stack.call<FreshKey>('POST', '/v1/api_keys', { ...wanted, name: 'third' }, headers);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, null]);
  });

  it('I3 what was refused before it was carried out leaves its key free', async () => {
    const headers = { 'Idempotency-Key': unique('key') };
    const body = checkoutBody();
    expect((await stack.post({ ...body, colour: 'red' }, headers)).status).toBe(422);
    const { api_key: reader } = await makeKey(['payments:read']);
    expect((await stack.post(body, { ...headers, ...bearer(reader) })).status).toBe(403);
    expect((await stack.post(body, headers)).status).toBe(202);
  });
});

describe('Size and rate', () => {
  it('X3 one key, two processes, one limit: 429 with Retry-After; other keys and merchants go on', async () => {
    const [one, two] = [await stack.anotherApi({ writesPerMinute: 6 }), await stack.anotherApi({ writesPerMinute: 6 })];
    const { api_key: key } = await makeKey([...scopes].filter((scope) => !scope.startsWith('ops:')));
    const post = (api: string, more: Record<string, string> = {}) =>
      stack.call<Problem>('POST', '/v1/payments', {}, { ...bearer(key), ...more }, api);
    const answers = [];
    for (let turn = 0; turn < 6; turn += 1) answers.push(await post(turn % 2 === 0 ? one : two));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 422]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"writes";q=6;w=60');
    expect(answers[5]?.headers.get('ratelimit')).toMatch(/^"writes";r=0;t=\d+$/);
    for (const api of [one, two]) {
      // A forged address changes nothing.
      const refused = await post(api, { 'X-Forwarded-For': '203.0.113.9' });
      expect([refused.status, refused.body.type]).toEqual([429, 'urn:paysaga:problem:rate-limited']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await stack.call('POST', '/v1/payments', {}, bearer(otherKey), one)).status).toBe(422);
    expect((await stack.call('GET', '/v1/payments', undefined, bearer(key), one)).status).toBe(200);
  });

  it('X3 one buyer, and one checkout, can try only so many cards', async () => {
    const api = await stack.anotherApi({ checkoutsPerBuyerPer10Minutes: 2, cardsPerCheckoutPerHour: 2 });
    const buyer = unique('buyer');
    const statuses = [];
    for (let turn = 0; turn < 3; turn += 1)
      statuses.push((await stack.call('POST', '/v1/payments', checkoutBody({ buyer }), {}, api)).status);
    expect(statuses).toEqual([202, 202, 429]);

    const declined = checkoutBody({ paymentMethod: 'pm_card_chargeDeclined' });
    await stack.post(declined, { Prefer: 'wait=30' });
    const tried = [];
    for (let turn = 0; turn < 3; turn += 1)
      tried.push(
        (
          await stack.call(
            'POST',
            `/v1/checkouts/${declined.checkout_id}/payment_method`,
            { credit_card_info: { payment_method: 'pm_card_chargeDeclined' } },
            { Prefer: 'wait=30' },
            api,
          )
        ).status,
      );
    expect(tried).toEqual([200, 200, 429]);
  });

  it('no other origin is let in', async () => {
    const response = await fetch(`${stack.apiUrl}/v1/payments`, {
      method: 'OPTIONS',
      headers: { ...bearer(defaultKey), Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD');
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('the record of calls', () => {
  it('X4 holds who asked for what, why, and what became of it', async () => {
    const seller = unique('seller');
    const reason = `because ${unique('reason')}`;
    await stack.call('PUT', `/v1/sellers/${seller}`, { kyc_status: 'verified' }, bearer(opsKey));
    await stack.call('POST', `/v1/checkouts/${unique('c')}/cancel`, { reason });
    const { body } = await stack.call<{ data: Record<string, unknown>[] }>(
      'GET',
      '/v1/calls',
      undefined,
      bearer(opsKey),
    );
    expect(body.data[1]).toMatchObject({
      actor: 'api-key:k3',
      method: 'PUT',
      path: `/v1/sellers/${seller}`,
      status: 200,
    });
    expect(body.data[0]).toMatchObject({ actor: 'api-key:k1', method: 'POST', status: 404, reason });
  });

  it('is append-only for its own role, and for its owner', async () => {
    const role = new pg.Client({ connectionString: stack.urls.identity, options: '-c paysaga.merchant=*' });
    await role.connect();
    try {
      await expect(role.query('DELETE FROM identity.call')).rejects.toMatchObject({ code: '42501' });
      await expect(role.query("UPDATE identity.call SET actor = 'nobody'")).rejects.toMatchObject({ code: '42501' });
      await expect(stack.owner.query('DELETE FROM identity.call')).rejects.toMatchObject({ code: '42501' });
      await expect(stack.owner.query('TRUNCATE identity.call')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await role.end();
    }
  });
});

describe('the description', () => {
  it('answers what breaks it are caught', () => {
    expect(breaches('GET', '/v1/payments/x', 200, 'application/json', {}).length).toBeGreaterThan(0);
    expect(breaches('GET', '/v1/payments/x', 418, 'application/json', {})).toEqual([
      'GET /v1/payments/{id} is not said to answer 418',
    ]);
  });

  it('is served, and readable without anything from elsewhere', async () => {
    const document = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).length).toBe(new Set(operations.map(({ path }) => path)).size);
    const page = await fetch(`${stack.apiUrl}/docs`);
    const text = await page.text();
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) expect((await fetch(new URL(source, stack.apiUrl))).status).toBe(200);
    expect(text).not.toContain('://');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it('every call has an example that is accepted as such, and every refusal has one', async () => {
    for (const operation of operations) {
      if (operation.body === undefined) continue;
      expect([operation.id, operation.body.safeParse(operation.example).success]).toEqual([operation.id, true]);
    }
    const { components } = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as {
      components: { responses: Record<string, { content: Record<string, { examples: object }> }> };
    };
    for (const { content } of Object.values(components.responses))
      expect(Object.keys(content['application/problem+json']?.examples ?? {}).length).toBeGreaterThan(0);
  });

  it('a path that it does not tell of is not there', async () => {
    for (const path of ['/v1/nothing', '/v1/payments/x/y', '/v1'])
      expect((await stack.call('GET', path)).status).toBe(404);
  });
});

describe('Lists', () => {
  it('have cursors and filters: every row once, the newest first', async () => {
    const seller = unique('seller');
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const body = checkoutBody();
      const orders = body.payment_orders.map((order) => ({ ...order, seller_account: seller }));
      await stack.post({ ...body, payment_orders: orders }, { Prefer: 'wait=30' });
      made.unshift(body.checkout_id);
    }
    interface Page {
      readonly data: {
        readonly checkout_id: string;
        readonly payment_order_status: string;
        readonly created_at: string;
      }[];
      readonly has_more: boolean;
      readonly next_cursor: string | null;
    }
    for (const list of ['checkouts', 'payments']) {
      const found: string[] = [];
      for (let after = ''; ;) {
        const { body } = await stack.call<Page>('GET', `/v1/${list}?seller_account=${seller}&limit=2${after}`);
        found.push(...body.data.map((row) => row.checkout_id));
        if (!body.has_more) break;
        after = `&after=${body.next_cursor ?? ''}`;
      }
      expect(found).toEqual(made);
    }
    const { body: none } = await stack.call<Page>(
      'GET',
      `/v1/payments?seller_account=${seller}&payment_order_status=FAILED`,
    );
    expect(none.data).toEqual([]);
    const { body: all } = await stack.call<Page>('GET', `/v1/payments?seller_account=${seller}`);
    const third = all.data[2]?.created_at ?? '';
    const { body: late } = await stack.call<Page>(
      'GET',
      `/v1/payments?seller_account=${seller}&created_from=${encodeURIComponent(third)}`,
    );
    expect(late.data.map((row) => row.checkout_id)).toEqual(made.slice(0, 3));
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=101', 'limit'],
    ['after=%20', 'after'],
    ['created_from=yesterday', 'created_from'],
    ['seller_account=a/b', 'seller_account'],
    ['payment_order_status=DONE', 'payment_order_status'],
  ])('%s is refused by name', async (query, name) => {
    const { status, body } = await stack.call<Problem>('GET', `/v1/payments?${query}`);
    expect(status).toBe(422);
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual([name]);
  });
});

describe('Logs', () => {
  it('X1 V12 canaries in every field are in no log line, no history and no error body', async () => {
    const lines: string[] = [];
    const api = await stack.anotherApi(
      {},
      { logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) },
    );
    const canary = 'canary7canary';
    const card = '4242424242424242';
    const body = checkoutBody({
      more: {
        buyer_info: { id: unique('buyer'), email: `${canary}@example.com`, name: `${canary}\r\nSet-Cookie: x` },
        metadata: { note: canary },
      },
    });
    const good = await stack.call('POST', '/v1/payments', body, { Prefer: 'wait=30', 'Idempotency-Key': canary }, api);
    expect(good.status).toBe(200);
    const errors: string[] = [];
    for (const operation of operations.filter(({ body: schema }) => schema !== undefined)) {
      const example = (operation.example ?? {}) as Record<string, unknown>;
      for (const planted of [canary, `${canary} ${card}`, `${canary}\r\n${defaultKey}`])
        for (const field of [...Object.keys(example), canary]) {
          const key = operation.scope.startsWith('ops:') ? opsKey : defaultKey;
          const answer = await stack.call<Problem>(
            operation.method.toUpperCase(),
            operation.path.replace('{id}', 'x'),
            { ...example, [field]: planted },
            { ...bearer(key), 'Idempotency-Key': unique('key') },
            api,
          );
          // An unknown field is named; what it held is not said again.
          if (answer.status >= 400 && field !== canary) errors.push(JSON.stringify(answer.body));
          else if (answer.status >= 400) errors.push(JSON.stringify(answer.body).replaceAll(`/${canary}`, ''));
        }
    }
    expect(errors.length).toBeGreaterThan(40);
    for (const secret of [canary, card, defaultKey]) {
      expect(errors.filter((error) => error.includes(secret))).toEqual([]);
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    }
    const histories = [
      `checkout/default/${body.checkout_id}`,
      `payment-order/default/${body.payment_orders[0]?.payment_order_id ?? ''}`,
    ];
    for (const workflowId of histories) expect(await historyText(stack.client, workflowId)).not.toContain(canary);
  });
});
