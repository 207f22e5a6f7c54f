import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carrierOf, checkoutBody, otherKey, type Problem, TestStack, unique } from '../support/stack';

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(() => stack.stop());

const order = (more: Record<string, unknown>): object => ({ ...checkoutBody().payment_orders[0], ...more });
const withOrder = (more: Record<string, unknown>): object => ({ ...checkoutBody(), payment_orders: [order(more)] });
const repeated = (() => {
  const [first] = checkoutBody().payment_orders;
  return { ...checkoutBody(), payment_orders: [first, first] };
})();

describe('bad input names the field and leaves no row', () => {
  const cases: readonly (readonly [name: string, body: unknown, status: number, pointer: string])[] = [
    ['no body', undefined, 400, ''],
    ['not JSON', '{"checkout_id":', 400, ''],
    ['not an object', '[]', 422, ''],
    ['1 MB body', JSON.stringify({ ...checkoutBody(), metadata: { a: 'x'.repeat(1_000_000) } }), 413, ''],
    ['amount as number', withOrder({ amount: 10 }), 422, '/payment_orders/0/amount'],
    ['amount 1e3', withOrder({ amount: '1e3' }), 422, '/payment_orders/0/amount'],
    ['amount -1', withOrder({ amount: '-1' }), 422, '/payment_orders/0/amount'],
    ['amount 0', withOrder({ amount: '0' }), 422, '/payment_orders/0/amount'],
    ['amount 0.001 USD', withOrder({ amount: '0.001', currency: 'USD' }), 422, '/payment_orders/0/amount'],
    [
      'amount 1.5 JPY',
      withOrder({ amount: '1.5', currency: 'JPY', platform_fee: '0' }),
      422,
      '/payment_orders/0/amount',
    ],
    [
      'amount the PSP can not represent',
      withOrder({ amount: '1.234', currency: 'KWD', platform_fee: '0' }),
      422,
      '/payment_orders/0/amount',
    ],
    ['amount too large', withOrder({ amount: '99999999999999.00' }), 422, '/payment_orders/0/amount'],
    ['unknown currency', withOrder({ currency: 'EUX' }), 422, '/payment_orders/0/currency'],
    ['lower-case currency', withOrder({ currency: 'eur' }), 422, '/payment_orders/0/currency'],
    ['platform_fee above the amount', withOrder({ platform_fee: '10.01' }), 422, '/payment_orders/0/platform_fee'],
    ['platform_fee malformed', withOrder({ platform_fee: '-1' }), 422, '/payment_orders/0/platform_fee'],
    ['duplicate payment_order_id', repeated, 422, '/payment_orders/1/payment_order_id'],
    ['0 orders', { ...checkoutBody(), payment_orders: [] }, 422, '/payment_orders'],
    ['1,001 orders', checkoutBody({ orders: 1001 }), 422, '/payment_orders'],
    ['unknown field', { ...checkoutBody(), colour: 'red' }, 422, '/colour'],
    ['unknown field in an order', withOrder({ tax: '1.00' }), 422, '/payment_orders/0/tax'],
    ['a card number', withOrder({ seller_account: '4242424242424242' }), 422, '/payment_orders/0/seller_account'],
    [
      'a card number in groups',
      { ...checkoutBody(), metadata: { note: 'card 4242 4242 4242 4242 please' } },
      422,
      '/metadata/note',
    ],
    ['no buyer id', { ...checkoutBody(), buyer_info: { name: 'Ada' } }, 422, '/buyer_info/id'],
    ['a bad e-mail', { ...checkoutBody(), buyer_info: { id: 'b', email: 'nope' } }, 422, '/buyer_info/email'],
    [
      'a card without a payment method',
      { ...checkoutBody(), credit_card_info: {} },
      422,
      '/credit_card_info/payment_method',
    ],
    ['a bad id', { ...checkoutBody(), checkout_id: 'a/b' }, 422, '/checkout_id'],
    ['a bad policy', { ...checkoutBody(), failure_policy: 'some' }, 422, '/failure_policy'],
  ];

  it.each(cases)('%s', async (_name, body, status, pointer) => {
    const before = await stack.count('payments.checkout');
    const ordersBefore = await stack.count('payments.payment_order');
    const answer = await stack.call<Problem>('POST', '/v1/payments', body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.type).toMatch(/^urn:paysaga:problem:/);
    expect(answer.body.errors?.map((error) => error.pointer)).toContain(pointer);
    expect(JSON.stringify(answer.body)).not.toContain('4242424242424242');
    expect(await stack.count('payments.checkout')).toBe(before);
    expect(await stack.count('payments.payment_order')).toBe(ordersBefore);
  });

  it('a bad or repeated Idempotency-Key is named', async () => {
    const answer = await stack.call<Problem>('POST', '/v1/payments', checkoutBody(), {
      'Idempotency-Key': 'x'.repeat(256),
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.[0]?.pointer).toBe('Idempotency-Key');
  });

  it('M1 an id that merely looks numeric is no card number', async () => {
    expect(
      (await stack.post({ ...checkoutBody(), metadata: { order: '1732190000000', batch: '4242424242424241' } })).status,
    ).toBe(202);
  });
});

describe('I1-I3, I7 the same request again', () => {
  it('I3 50 equal requests at once: one checkout, one workflow, one charge', async () => {
    const body = checkoutBody();
    const answers = await Promise.all(Array.from({ length: 50 }, () => stack.post(body)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1);
    await stack.final(body.checkout_id);
    const { rows } = await stack.owner.query<{ count: string }>(
      'SELECT count(*) FROM payments.checkout WHERE checkout_id = $1',
      [body.checkout_id],
    );
    expect(rows).toEqual([{ count: '1' }]);
    expect(await stack.pspTotals(body.checkout_id)).toMatchObject({ EUR: { charges: 1 } });
    const runs = [];
    for await (const run of stack.client.workflow.list({
      query: `WorkflowId = '${carrierOf(body)}'`,
    }))
      runs.push(run.runId);
    expect(runs).toHaveLength(1);
  });

  it('I2 the same checkout_id with another amount: 422 and no change', async () => {
    const body = checkoutBody();
    await stack.post(body, { Prefer: 'wait=30' });
    const answer = await stack.call<Problem>('POST', '/v1/payments', {
      ...body,
      payment_orders: [{ ...body.payment_orders[0], amount: '11.00' }],
    });
    expect(answer.status).toBe(422);
    expect(answer.body.type).toBe('urn:paysaga:problem:checkout-id-reused');
    const { body: standing } = await stack.call<{ amount: string }>(
      'GET',
      `/v1/payments/${body.payment_orders[0]?.payment_order_id ?? ''}`,
    );
    expect(standing.amount).toBe('10.00');
  });

  it('I2 keys: same key and body replays, other body 422, another key replays too, quoted equals bare', async () => {
    const key = unique('key');
    const body = checkoutBody();
    expect((await stack.post(body, { 'Idempotency-Key': key })).headers.get('idempotent-replayed')).toBeNull();
    expect((await stack.post(body, { 'Idempotency-Key': `"${key}"` })).headers.get('idempotent-replayed')).toBe('true');
    expect((await stack.post(body, { 'Idempotency-Key': unique('key') })).headers.get('idempotent-replayed')).toBe(
      'true',
    );
    const other = await stack.call<Problem>('POST', '/v1/payments', checkoutBody(), { 'Idempotency-Key': key });
    expect(other.status).toBe(422);
    expect(other.body.type).toBe('urn:paysaga:problem:idempotency-key-reused');
  });

  it('I3 a refused body does not burn the key', async () => {
    const key = unique('key');
    const body = checkoutBody();
    expect((await stack.post({ ...body, colour: 'red' }, { 'Idempotency-Key': key })).status).toBe(422);
    expect((await stack.post(body, { 'Idempotency-Key': key })).status).toBe(202);
  });

  it('a payment_order_id of another checkout: 422 and no row', async () => {
    const first = checkoutBody();
    await stack.post(first);
    const second = checkoutBody();
    const answer = await stack.call<Problem>('POST', '/v1/payments', {
      ...second,
      payment_orders: first.payment_orders,
    });
    expect(answer.status).toBe(422);
    expect((await stack.checkout(second.checkout_id)).status).toBe(404);
  });

  it('I1 the same key from two merchants makes two checkouts', async () => {
    const key = unique('key');
    const body = checkoutBody();
    expect((await stack.post(body, { 'Idempotency-Key': key })).headers.get('idempotent-replayed')).toBeNull();
    expect(
      (await stack.post(body, { 'Idempotency-Key': key, Authorization: `Bearer ${otherKey}` })).headers.get(
        'idempotent-replayed',
      ),
    ).toBeNull();
  });
});

describe('doors', () => {
  it.each([
    ['none', undefined],
    ['wrong', 'Bearer psk_test_wrong_wrong_wrong_wrong'],
    ['malformed', 'Basic abc'],
    ['short', 'Bearer x'],
  ])('a key that is %s: 401 with the same body', async (_name, authorization) => {
    const response = await fetch(`${stack.apiUrl}/v1/checkouts/x`, {
      headers: authorization === undefined ? {} : { Authorization: authorization },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      type: 'urn:paysaga:problem:unauthenticated',
      title: 'A valid API key is needed',
      status: 401,
      detail: 'send Authorization: Bearer with a live API key',
    });
  });

  it('a revoked key: 401; a key without the scope: 403', async () => {
    await stack.owner
      .query(`INSERT INTO identity.api_key (key_id, merchant_id, name, secret_hash, scopes, revoked_at) VALUES
      ('r', 'default', 'revoked', sha256('psk_test_revoked_revoked_x'), '{payments:read}', now()), ('s', 'default', 'reader', sha256('psk_test_reader_reader_reader'), '{payments:read}', NULL)`);
    expect(
      (await stack.call('GET', '/v1/checkouts/x', undefined, { Authorization: 'Bearer psk_test_revoked_revoked_x' }))
        .status,
    ).toBe(401);
    expect((await stack.post(checkoutBody(), { Authorization: 'Bearer psk_test_reader_reader_reader' })).status).toBe(
      403,
    );
  });

  it("X2 another merchant's ids answer 404, like ids that do not exist", async () => {
    const body = checkoutBody();
    await stack.post(body);
    const id = body.payment_orders[0]?.payment_order_id ?? '';
    for (const [method, path] of [
      ['GET', `/v1/checkouts/${body.checkout_id}`],
      ['GET', `/v1/payments/${id}`],
      ['POST', `/v1/checkouts/${body.checkout_id}/cancel`],
      ['POST', `/v1/payments/${id}/cancel`],
      ['POST', `/v1/checkouts/${body.checkout_id}/capture`],
      ['POST', `/v1/payments/${id}/capture`],
    ] as const) {
      const theirs = await stack.call<Problem>(method, path, undefined, { Authorization: `Bearer ${otherKey}` });
      const nobodys = await stack.call<Problem>(
        method,
        path.replace(body.checkout_id, 'nosuch').replace(id, 'nosuch'),
        undefined,
        { Authorization: `Bearer ${otherKey}` },
      );
      expect(theirs).toMatchObject({ status: 404 });
      expect(theirs.body).toEqual(nobodys.body);
    }
    const own = { ...checkoutBody(), payment_orders: [order({ seller_account: 'only-of-default' })] };
    await stack.post(own);
    expect((await stack.call('GET', '/v1/sellers/only-of-default/wallet')).status).toBe(200);
    expect(
      (
        await stack.call('GET', '/v1/sellers/only-of-default/wallet', undefined, {
          Authorization: `Bearer ${otherKey}`,
        })
      ).status,
    ).toBe(404);
  });

  it('an API key is not in the database', async () => {
    const { rows } = await stack.owner.query<{ text: string }>('SELECT t::text AS text FROM identity.api_key t');
    expect(rows.map((row) => row.text).join()).not.toContain('psk_test_default');
  });

  it('health, readiness and metrics answer without a key', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await fetch(`${stack.apiUrl}${path}`)).status).toBe(200);
    expect(await (await fetch(`${stack.apiUrl}/metrics`)).text()).toContain('paysaga_http_request_duration_seconds');
  });
});
