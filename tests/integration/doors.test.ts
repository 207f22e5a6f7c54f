import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import pino from 'pino';
import { buyerScope, merchantScopes } from '../../api/scopes';
import type { Operation } from '../../api/openapi/operation';
import { operations } from '../../api/openapi/operations';
import { PrismaClient } from '../../prisma/generated/client';
import { schemaNames } from '../../prisma/services';
import { asEverybody, asMerchant, TenantPg } from '../../prisma/tenant';
import { accountOfKey } from '../../sandbox/wire';
import { breaches } from '../support/conformance';
import { historyText } from '../support/history';
import {
  type Answer,
  carrierOf,
  checkoutBody,
  defaultKey,
  opsKey,
  otherKey,
  otherOpsKey,
  platformKey,
  type Problem,
  TestStack,
  unique,
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

/** The default merchant's own key for a call. */
const keyFor = ({ scope }: Operation): string =>
  /^(ops|reconciliation|risk):/.test(scope) ? opsKey : scope.startsWith('merchants:') ? platformKey : defaultKey;
/** The platform's calls are about every merchant. */
/** Exchange rates are the same for everybody. */
const isNobodys = ({ id }: Operation): boolean => id === 'getFxRates';
/** For people alone: `own-pages.test.ts` tries whose rows they show. */
const isBuyers = ({ scope }: Operation): boolean => scope === buyerScope;
const isPlatforms = ({ scope }: Operation): boolean => scope.startsWith('merchants:');

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
      expect([operation.id, (await ask(operation, 'x', empty)).status]).toEqual([
        operation.id,
        isBuyers(operation) ? 401 : 403,
      ]);
  });

  it("X4 a merchant's key with all a merchant may do is refused every call of operators", async () => {
    const forOperators = operations.filter(({ scope }) => /^(ops|reconciliation|risk):/.test(scope));
    expect(forOperators.length).toBeGreaterThan(8);
    for (const operation of forOperators)
      expect([operation.id, (await ask(operation, 'x', defaultKey)).status]).toEqual([operation.id, 403]);
  });

  it("X4 the platform's calls are refused to every key of a merchant and of operators, and its scopes are given by none", async () => {
    const forPlatform = operations.filter(isPlatforms);
    expect(forPlatform.length).toBeGreaterThan(3);
    for (const operation of forPlatform)
      for (const key of [defaultKey, opsKey, otherOpsKey])
        expect([operation.id, (await ask(operation, 'default', key)).status]).toEqual([operation.id, 403]);
    const wish = { name: 'more', scopes: ['merchants:write'] };
    for (const [path, key] of [
      ['/v1/api_keys', defaultKey],
      ['/v1/merchants/other/api_keys', platformKey],
    ] as const) {
      const { status, body } = await stack.call<Problem>('POST', path, wish, bearer(key));
      expect([status, body.type]).toEqual([403, 'urn:paysaga:problem:forbidden']);
    }
  });

  it('a merchant is made, given a key, and pays with an account of its own; its secrets are never shown', async () => {
    const merchantId = unique('m');
    const platform = { ...bearer(platformKey), 'Idempotency-Key': unique('key') };
    const secret = `sk_test_${unique('own').replace('-', '')}`;
    const wish = {
      merchant_id: merchantId,
      name: 'Acme',
      time_zone: 'Europe/Berlin',
      return_urls: ['https://acme.example'],
      policies: { platform_fee_on_refund: 'kept' },
      psp: { secret_key: secret, webhook_secret: `whsec_${unique('own')}` },
    };
    const made = await stack.call<Record<string, unknown>>('POST', '/v1/merchants', wish, platform);
    expect([made.status, made.headers.get('location')]).toEqual([201, `/v1/merchants/${merchantId}`]);
    expect(made.body).toMatchObject({
      merchant_id: merchantId,
      policies: { platform_fee_on_refund: 'kept', dispute_loss: 'seller' },
      psp: { has_own_account: true, livemode: false },
    });
    const again = await stack.call('POST', '/v1/merchants', wish, platform);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    const taken = await stack.call<Problem>('POST', '/v1/merchants', wish, bearer(platformKey));
    expect([taken.status, taken.body.type]).toEqual([422, 'urn:paysaga:problem:id-reused']);

    const keyWish = { name: 'storefront', scopes: ['payments:write', 'payments:read'] };
    const keyHeaders = { ...platform, 'Idempotency-Key': unique('key') };
    const path = `/v1/merchants/${merchantId}/api_keys`;
    const key = await stack.call<FreshKey>('POST', path, keyWish, keyHeaders);
    expect((await stack.call<FreshKey>('POST', path, keyWish, keyHeaders)).body).toEqual(key.body);
    const body = checkoutBody();
    const paid = await stack.post(body, { ...bearer(key.body.api_key), Prefer: 'wait=30' });
    expect(paid.body.checkout_status).toBe('paid');
    expect(stack.sandbox.store.list(accountOfKey(secret), 'payment_intent')).toHaveLength(1);
    expect((await stack.call('GET', `/v1/checkouts/${body.checkout_id}`)).status).toBe(404);

    const changed = await stack.call<Record<string, unknown>>(
      'PUT',
      `/v1/merchants/${merchantId}`,
      { name: 'Acme Inc' },
      bearer(platformKey),
    );
    expect(changed.body).toEqual({ ...made.body, name: 'Acme Inc' });
    const listed = await stack.call<{ data: { merchant_id: string }[] }>(
      'GET',
      '/v1/merchants?limit=100',
      undefined,
      bearer(platformKey),
    );
    expect(listed.body.data.map((merchant) => merchant.merchant_id)).toEqual(
      expect.arrayContaining(['default', 'other', merchantId]),
    );
    for (const table of ['merchant', 'psp_account', 'api_key', 'call', 'idempotent_answer']) {
      const { rows } = await stack.owner.query<{ dump: string }>(
        `SELECT coalesce(string_agg(t::text, ' '), '') || coalesce((SELECT string_agg(encode(body, 'escape'), ' ') FROM identity.idempotent_answer), '') AS dump FROM identity.${table} AS t`,
      );
      for (const hidden of [secret, wish.psp.webhook_secret, key.body.api_key.split('_').slice(2).join('_')])
        expect(rows[0]?.dump).not.toContain(hidden);
    }
    const { rows: record } = await stack.owner.query<{ path: string }>(
      "SELECT path FROM identity.call WHERE actor = 'api-key:k6' AND path LIKE $1 || '%' ORDER BY call_id",
      [`/v1/merchants/${merchantId}`],
    );
    expect(record.map((call) => call.path)).toEqual([path, path, `/v1/merchants/${merchantId}`]);
  });

  it('X4 a secret that was answered once is answered again to whoever might make the call, and to nobody else', async () => {
    const body = { name: 'shop', scopes: ['payments:read'] };
    const key = { 'Idempotency-Key': unique('k') };
    const first = await stack.call<FreshKey>('POST', '/v1/api_keys', body, { ...bearer(defaultKey), ...key });
    expect(first.status).toBe(201);
    const { api_key: reader } = await makeKey(['keys:read', 'payments:read']);
    const without = await stack.call<Problem>('POST', '/v1/api_keys', body, { ...bearer(reader), ...key });
    expect([without.status, without.body.type]).toEqual([403, 'urn:paysaga:problem:forbidden']);
    expect(JSON.stringify(without.body)).not.toContain(first.body.api_key);
    const { api_key: another } = await makeKey(['keys:read', 'keys:write', 'payments:read']);
    const again = await stack.call<FreshKey>('POST', '/v1/api_keys', body, { ...bearer(another), ...key });
    expect(again.body.api_key).toBe(first.body.api_key);
  });

  it.each([
    [{ name: 'x' }, '/merchant_id'],
    [{ merchant_id: 'a/b', name: 'x' }, '/merchant_id'],
    [{ merchant_id: 'm', name: 'x', time_zone: 'Mars/Phobos' }, '/time_zone'],
    [
      { merchant_id: 'm', name: 'x', psp: { secret_key: 'pk_live_1', webhook_secret: 'whsec_12345678' } },
      '/psp/secret_key',
    ],
    [
      { merchant_id: 'm', name: 'x', policies: { payouts: { approval_above: { EURO: '1' } } } },
      '/policies/payouts/approval_above/EURO',
    ],
    [{ merchant_id: 'm', name: 'x', return_urls: ['javascript:alert(1)'] }, '/return_urls/0'],
  ])('a merchant with a mistake is refused, and none is made: %j', async (wish, pointer) => {
    const { status, body } = await stack.call<Problem>('POST', '/v1/merchants', wish, bearer(platformKey));
    expect([status, body.errors?.map((error) => error.pointer)]).toEqual([422, [pointer]]);
    expect((await stack.call('GET', '/v1/merchants/m', undefined, bearer(platformKey))).status).toBe(404);
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
    const secret = first.body.api_key.split('_').slice(2).join('_');
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
    await stack.client.workflow.execute('ratesWorkflow', {
      workflowId: unique('rates'),
      taskQueue: stack.taskQueue,
      args: [],
    });
    const quote = await stack.call<{ quote_id: string }>('POST', '/v1/fx/quotes', {
      buyer_currency: 'USD',
      seller_currency: 'EUR',
      seller_amount: '1.00',
    });
    const pspEvents = await stack.owner.query<{ event_id: string }>('SELECT event_id FROM payments.psp_event LIMIT 1');
    const endpoint = await stack.call<{ endpoint_id: string }>('POST', '/v1/webhook_endpoints', {
      url: 'http://127.0.0.1:9/nobody-listens',
      types: ['nothing.at_all'],
    });
    const delivery = await stack.call<{ delivery_id: string; event_id: string }>(
      'POST',
      `/v1/webhook_endpoints/${endpoint.body.endpoint_id}/test`,
    );
    // A day of the PSP's on which there is a line that nobody has booked.
    await stack.outside('settlement_lines/faults', { kind: 'foreign', source: 'ch_x', secret_key: 'sk_test_default' });
    const settlementDate = new Date().toISOString().slice(0, 10);
    const found = await stack.reconcile(settlementDate);
    const file = await fetch(`${stack.apiUrl}/v1/reconciliation/files?kind=settlement`, {
      method: 'POST',
      headers: { ...bearer(opsKey), 'Content-Type': 'text/csv' },
      body: 'no file',
    });
    const entry = await stack.call<{ entry_id: string }>(
      'POST',
      '/v1/risk/list_entries',
      { list: 'allow', kind: 'buyer', value: 'nobody', reason: 'a test' },
      bearer(opsKey),
    );
    const recurring = { plan_id: unique('plan'), subscription_id: unique('sub') };
    await stack.call('POST', '/v1/plans', {
      plan_id: recurring.plan_id,
      name: 'Gold',
      seller_account: seller,
      amount: '9.90',
      currency: 'EUR',
      interval: 'month',
      trial_days: 14,
    });
    await stack.call('POST', '/v1/subscriptions', {
      ...recurring,
      buyer_info: { id: 'buyer' },
      credit_card_info: { payment_method: 'pm_card_visa' },
    });
    const migration = unique('migration');
    await stack.call('POST', '/v1/plans', {
      plan_id: `${recurring.plan_id}-2`,
      name: 'Gold',
      seller_account: seller,
      amount: '12.90',
      currency: 'EUR',
      interval: 'month',
    });
    await stack.call('POST', '/v1/plan_migrations', {
      migration_id: migration,
      from_plan_id: recurring.plan_id,
      to_plan_id: `${recurring.plan_id}-2`,
    });
    await stack.call('POST', '/v1/test_clocks', { test_clock_id: migration, frozen_at: new Date().toISOString() });
    const contact = { name: 'Doors', email: 'doors@shop.example' };
    await stack.call('PUT', '/v1/contacts/doors', contact, bearer(opsKey));
    const notificationId = `ntf_${'d'.repeat(24)}`;
    await stack.owner.query(
      `INSERT INTO events.notification (merchant_id, notification_id, event_id, kind, audience, recipient, resource_type, resource_id, state, started)
       VALUES ('default', $1, 'evt_doors', 'receipt', 'buyer', 'checkout:doors', 'checkout', 'doors', 'failed', 1)`,
      [notificationId],
    );
    Object.assign(owned, {
      Contacts: 'doors',
      Notifications: notificationId,
      'Plan migrations': migration,
      'Test clocks': migration,
      Plans: recurring.plan_id,
      Subscriptions: recurring.subscription_id,
      Entries: entry.body.entry_id,
      Files: ((await file.json()) as { file_id: string }).file_id,
      Runs: settlementDate,
      Breaks: found[0]?.break_id,
      Payments: id,
      Processes: `payment_order:${id}`,
      Checkouts: rows[0]?.checkout_id,
      Refunds: refund.body.refund_id,
      Payouts: payout.body.payout_id,
      Disputes: dispute.id,
      Sellers: seller,
      FX: quote.body.quote_id,
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
    ['/v1/contacts', 'Contacts'],
    ['/v1/webhook_endpoints', 'Endpoints'],
    ['/v1/webhook_deliveries', 'Deliveries'],
    ['/v1/reconciliation/runs', 'Runs'],
    ['/v1/reconciliation/breaks', 'Breaks'],
    ['/v1/reconciliation/files', 'Files'],
    ['/v1/ops/processes', 'Processes'],
    ['/v1/risk/assessments', 'Checkouts'],
    ['/v1/risk/list_entries', 'Entries'],
  ];
  const idFor = ({ path, tag }: Operation): string =>
    owned[byPath.find(([prefix]) => path.startsWith(prefix))?.[1] ?? tag] ?? '';
  /** Of the same form, and nobody's. */
  const nobodysId = (id: string): string => id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const complete = ({ id }: Operation): string => (id === 'getStatement' ? '?currency=EUR' : '');

  it("X2 every call with another merchant's id: 404, with the body of an id that nobody has", async () => {
    // Saying something of a seller or a contact makes it, as one's own; previews are nobody's.
    const about = operations.filter(
      (operation) =>
        operation.path.includes('{id}') &&
        !['putSeller', 'onboardSeller', 'putContact', 'previewNotification'].includes(operation.id) &&
        !isBuyers(operation) &&
        !isPlatforms(operation),
    );
    expect(about.length).toBeGreaterThan(20);
    for (const operation of about) {
      const own = await ask(operation, idFor(operation), keyFor(operation), complete(operation));
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
      (operation) =>
        operation.method === 'get' &&
        !operation.path.includes('{id}') &&
        // Sellers of the same id are each merchant's own: sellers.test.ts lists them.
        !['getRiskRules', 'getFxPositions', 'listSellers'].includes(operation.id) &&
        operation.text === undefined &&
        !isNobodys(operation) &&
        !isBuyers(operation) &&
        !isPlatforms(operation),
    );
    expect(lists.length).toBeGreaterThan(8);
    for (const operation of lists) {
      const mine = await ask(operation, '', keyFor(operation), '?limit=100');
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
      [schemaNames],
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

  it('I2 what has had its time is deleted by the upkeep, and nothing else is', async () => {
    const headers = { 'Idempotency-Key': unique('key') };
    const [old, young] = [await stack.paid(), await stack.paid()];
    const first = await stack.refund(old.id, { amount: '1.00' }, headers);
    await stack.refund(young.id, { amount: '1.00' }, { 'Idempotency-Key': unique('key') });
    const count = async (sql: string): Promise<number> =>
      Number((await stack.owner.query<{ count: string }>(`SELECT count(*) FROM ${sql}`)).rows[0]?.count);
    const live = 'identity.idempotent_answer WHERE expires_at > now()';
    await stack.owner.query('UPDATE identity.idempotent_answer SET expires_at = now() WHERE idempotency_key = $1', [
      headers['Idempotency-Key'],
    ]);
    const [answers, keys] = [await count(live), await count('payments.idempotency_key')];
    const tidy = () =>
      stack.client.workflow.execute('housekeepingWorkflow', {
        workflowId: unique('housekeeping'),
        taskQueue: stack.taskQueue,
        args: [],
      });
    await tidy();
    expect([await count('identity.idempotent_answer'), await count('payments.idempotency_key')]).toEqual([
      answers,
      keys,
    ]);
    // The answer is forgotten, and its key still guards what was made under it.
    const again = await stack.refund(old.id, { amount: '1.00' }, headers);
    expect(again.body.refund_id).toBe(first.body.refund_id);
    await stack.owner.query(
      "UPDATE payments.idempotency_key SET created_at = now() - interval '401 days' WHERE idempotency_key = $1",
      [headers['Idempotency-Key']],
    );
    await tidy();
    expect(await count('payments.idempotency_key')).toBe(keys - 1);
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
    const { api_key: key } = await makeKey(merchantScopes);
    const post = (api: string, more: Record<string, string> = {}) =>
      stack.call<Problem>('POST', '/v1/payments', {}, { ...bearer(key), ...more }, api);
    // Both have a connection for their counting: one whose connection takes longer than a second counts by itself, as it should.
    for (const api of [one, two]) await stack.call('GET', '/v1/payments', undefined, bearer(key), api);
    const answers = [];
    for (let turn = 0; turn < 6; turn += 1) answers.push(await post(turn % 2 === 0 ? one : two));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 422]);
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"writes";q=6;w=60');
    expect(answers[5]?.headers.get('ratelimit')).toMatch(/^"writes";r=0;t=\d+$/);
    // Each of them once from the shared count, and from then on from memory.
    for (const api of [one, two, one, two, one, two]) {
      // A forged address changes nothing.
      const refused = await post(api, { 'X-Forwarded-For': '203.0.113.9' });
      expect([refused.status, refused.body.type]).toEqual([429, 'urn:paysaga:problem:rate-limited']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const { api_key: elses } = await makeKey(merchantScopes, otherKey);
    expect((await stack.call('POST', '/v1/payments', {}, bearer(elses), one)).status).toBe(422);
    expect((await stack.call('GET', '/v1/payments', undefined, bearer(key), one)).status).toBe(200);
  });

  it('X3 a burst counts each request once: the limit is reached neither sooner nor later', async () => {
    const api = await stack.anotherApi({ writesPerMinute: 300 });
    const { api_key: key } = await makeKey(merchantScopes);
    const burst = async (size: number) => {
      const answers = await Promise.all(
        Array.from({ length: size }, () => stack.call('POST', '/v1/payments', {}, bearer(key), api)),
      );
      return answers.map(({ status }) => status).filter((status) => status === 422).length;
    };
    expect([await burst(200), await burst(200), await burst(20)]).toEqual([200, 100, 0]);
  });

  it('X3 one buyer, and one checkout, can try only so many cards', async () => {
    const api = await stack.anotherApi({ checkoutsPerBuyerPer10Minutes: 2, cardsPerCheckoutPerHour: 2 });
    const buyer = unique('buyer');
    const statuses = [];
    for (let turn = 0; turn < 3; turn += 1)
      statuses.push((await stack.call('POST', '/v1/payments', checkoutBody({ buyer }), {}, api)).status);
    expect(statuses).toEqual([202, 202, 429]);

    const elsewhere = await stack.anotherApi({ checkoutsPerAddressPer10Minutes: 2 });
    const from = async (ip: string) => {
      const body = checkoutBody();
      const said = { ...body, buyer_info: { id: unique('buyer'), ip } };
      return (await stack.call('POST', '/v1/payments', said, {}, elsewhere)).status;
    };
    expect([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8::3')]).toEqual([202, 202, 429]);
    expect(await from('2001:db8:0:1::1')).toBe(202);
    // However many are allowed, no more than a tenth of them, and at least ten, come at once.
    const narrow = await stack.anotherApi({ checkoutsPerAddressPer10Minutes: 50 });
    const crowd = await Promise.all(
      Array.from({ length: 14 }, () => {
        const body = { ...checkoutBody(), buyer_info: { id: unique('buyer'), ip: '2001:db8:2::1' } };
        return stack.call<Problem>('POST', '/v1/payments', body, {}, narrow);
      }),
    );
    expect(crowd.filter(({ status }) => status === 202)).toHaveLength(10);
    expect(crowd.find(({ status }) => status === 429)).toMatchObject({
      body: { type: 'urn:paysaga:problem:rate-limited', detail: 'at most 10 in 10 seconds: try again later' },
    });
    const { rows } = await stack.owner.query<{ key: string }>('SELECT key FROM identity.rate_limit');
    expect(JSON.stringify(rows)).not.toContain('2001:db8');

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

  it('X4 says from where and by what right, is searched by each of them, and is handed over as CSV', async () => {
    const [mark, other] = [unique('seller'), unique('seller')];
    const before = new Date().toISOString();
    const from = (address: string) => ({ ...bearer(opsKey), 'X-Forwarded-For': `198.51.100.1, ${address}` });
    await stack.call('PUT', `/v1/sellers/${mark}`, { kyc_status: 'verified' }, from('203.0.113.7'));
    await stack.call('PUT', `/v1/sellers/${other}`, { kyc_status: 'verified' }, bearer(opsKey));
    const search = async (query: string) => {
      const { body } = await stack.call<{ data: { path: string }[] }>(
        'GET',
        `/v1/calls?${query}`,
        undefined,
        bearer(opsKey),
      );
      return body.data.map(({ path }) => path);
    };
    const { body } = await stack.call<{ data: unknown[] }>(
      'GET',
      `/v1/calls?path=/v1/sellers/${mark}`,
      undefined,
      bearer(opsKey),
    );
    // Only the proxy in front is believed: what stands before its word, anybody can write.
    expect(body.data).toMatchObject([{ remote_address: '203.0.113.7', factor: 'api_key' }]);
    const both = [`/v1/sellers/${other}`, `/v1/sellers/${mark}`];
    expect(await search(`started_from=${before}&actor=api-key:k3&factor=api_key`)).toEqual(both);
    expect(await search(`started_from=${before}&factor=second_factor`)).toEqual([]);
    expect(await search(`started_to=${before}&path=/v1/sellers/${mark}`)).toEqual([]);
    const wrong = await stack.call<Problem>('GET', '/v1/calls?factor=shouting', undefined, bearer(opsKey));
    expect([wrong.status, wrong.body.errors?.[0]?.pointer]).toEqual([422, 'factor']);

    const csv = await fetch(`${stack.apiUrl}/v1/calls?started_from=${before}`, {
      headers: { ...bearer(opsKey), Accept: 'text/csv' },
    });
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename=calls-default.csv');
    const [head, ...lines] = (await csv.text()).trimEnd().split('\r\n');
    expect(head).toMatch(/^call_id,started_at,/);
    expect(lines.map((line) => line.split(',')[7])).toEqual(both);
  });

  it('is handed over whole, however long it is', async () => {
    await stack.owner.query(
      `INSERT INTO identity.call (merchant_id, actor, method, path, request_id, status, finished_at)
       SELECT 'default', 'api-key:long', 'POST', '/v1/long/' || n, 'r', 200, now() FROM generate_series(1, 2500) AS n`,
    );
    const csv = await fetch(`${stack.apiUrl}/v1/calls?actor=api-key:long&format=csv`, { headers: bearer(opsKey) });
    const lines = (await csv.text()).trimEnd().split('\r\n');
    expect(new Set(lines).size).toBe(2_501);
  });

  it('is append-only for its own role, and for its owner', async () => {
    const role = new pg.Client({ connectionString: stack.urls.identity, options: '-c paysaga.merchant=*' });
    await role.connect();
    try {
      await expect(role.query('DELETE FROM identity.call')).rejects.toMatchObject({ code: '42501' });
      await expect(role.query("UPDATE identity.call SET actor = 'nobody'")).rejects.toMatchObject({ code: '42501' });
      await expect(role.query("UPDATE identity.call SET remote_address = '::1'")).rejects.toMatchObject({
        code: '42501',
      });
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

/** Copies of a body, each with one value of it replaced, however deep, or one field added that nobody knows. */
function plantedCopies(body: unknown, planted: string): { body: unknown; unknownField: boolean }[] {
  if (typeof body !== 'object' || body === null) return [{ body: planted, unknownField: false }];
  const isList = Array.isArray(body);
  const within = Object.entries(body).flatMap(([name, value]) =>
    plantedCopies(value, planted).map(({ body: copy, unknownField }) => ({
      body: isList
        ? body.map((one: unknown, place) => (String(place) === name ? copy : one))
        : { ...body, [name]: copy },
      unknownField,
    })),
  );
  const replaced = { body: planted, unknownField: false };
  return isList
    ? [...within, replaced]
    : [...within, replaced, { body: { ...body, [unknownName]: planted }, unknownField: true }];
}
const unknownName = 'canary7canary';

describe('Logs', () => {
  it('X1 V12 canaries in every field are in no log line, no history and no error body', async () => {
    const lines: string[] = [];
    const api = await stack.anotherApi(
      {},
      { logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) },
    );
    const canary = unknownName;
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
      const example = operation.example ?? {};
      for (const planted of [canary, `${canary} ${card}`, `${canary}\r\n${defaultKey}`])
        for (const { body: copy, unknownField } of plantedCopies(example, planted)) {
          const answer = await stack.call<Problem>(
            operation.method.toUpperCase(),
            operation.path.replace('{id}', 'x'),
            copy,
            { ...bearer(keyFor(operation)), 'Idempotency-Key': unique('key') },
            api,
          );
          if (answer.status < 400) continue;
          const said = JSON.stringify(answer.body);
          // An unknown field is named; what it held is not said again.
          errors.push(unknownField ? said.replaceAll(`/${unknownName}`, '') : said);
        }
    }
    expect(errors.length).toBeGreaterThan(150);
    for (const secret of [canary, card, defaultKey]) {
      expect(errors.filter((error) => error.includes(secret))).toEqual([]);
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    }
    for (const workflowId of new Set([
      carrierOf(body),
      `payment-order/default/${body.payment_orders[0]?.payment_order_id ?? ''}`,
    ]))
      expect(await historyText(stack.client, workflowId)).not.toContain(canary);
  });
});
