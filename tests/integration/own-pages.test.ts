import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { emailWay } from '../../notifications/email';
import { firstOperator, PeopleProcess, setAuthenticator, Visit } from '../support/people';
import { MoodySmtp } from '../support/receivers';
import { checkoutBody, otherKey, platformKey, TestStack, unique, type Problem } from '../support/stack';

/** What is a seller's and a buyer's own: pages and calls that show it to them, and to nobody else. */
let stack: TestStack;
let people: PeopleProcess;
let admin: Visit;
const sellersMail = new MoodySmtp();

beforeAll(async () => {
  const smtpUrl = await sellersMail.listen();
  stack = await TestStack.start({
    withWorker: false,
    notifications: true,
    plant: (dependencies) => ({
      ...dependencies,
      notifications: {
        sendEmail: emailWay({ smtpUrl, from: 'pay@paysaga.example' }),
        publicUrl: stack.apiUrl,
        temporalUi: null,
      },
    }),
  });
  await stack.startWorker();
  people = await PeopleProcess.start(stack);
  admin = new Visit(people.url);
  await admin.post('/sign-in', firstOperator);
  await setAuthenticator(admin, firstOperator.password);
});
afterAll(async () => {
  await people.stop();
  await stack.stop();
  await sellersMail.close();
});

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const password = 'correct horse battery staple';

/** Somebody who has registered, confirmed their address, and signed in. */
async function somebody(email = `${unique('p')}@example.com`): Promise<{ email: string; id: string; visit: Visit }> {
  const visit = new Visit(people.url);
  await visit.post('/register', { name: 'Ada', email, new_password: password });
  const link = new URL(await people.linkFor(email, 'Confirm your address'));
  await visit.post('/verify', { token: link.searchParams.get('token') ?? '' });
  await visit.post('/sign-in', { email, password });
  const { rows } = await stack.owner.query<{ id: string }>('SELECT id FROM people.person WHERE email = $1', [email]);
  return { email, visit, id: rows[0]?.id ?? '' };
}

const asks = async (visit: Visit, path: string, headers: Record<string, string> = {}) =>
  stack.call<Problem & { data?: { payment_id: string }[]; next_cursor?: string | null }>(
    'GET',
    path,
    undefined,
    { Authorization: `Bearer ${(await visit.token()) ?? ''}`, ...headers },
    people.apiUrl,
  );

/** Somebody who is a seller, with an authenticator that was shown just now. */
async function sellerOf(...sellers: string[]): Promise<{ email: string; id: string; visit: Visit }> {
  const found = await somebody();
  const seats = sellers.map((seller) => `default/${seller}`).join(', ');
  const { location } = await admin.post(`/people/${found.id}/roles`, { merchants: '', sellers: seats });
  expect(location).toBe(`/people/${found.id}?done=1`);
  const visit = new Visit(people.url);
  const signedIn = await visit.post('/sign-in', { email: found.email, password });
  // X4 whoever may move money sets a second factor first.
  expect(signedIn.location).toBe('/account/authenticator');
  await setAuthenticator(visit, password);
  return { ...found, visit };
}

describe('a buyer', () => {
  it('sees what was paid under the confirmed address, with every merchant, however the storefront wrote it, and nothing else', async () => {
    const { email, visit } = await somebody();
    const bought = (more: object = {}) => ({
      ...checkoutBody({ more: { buyer_info: { id: unique('buyer'), email: email.toUpperCase() } } }),
      ...more,
    });
    const [first, foreign, strangers] = [bought(), bought(), checkoutBody()];
    await stack.post(first, { Prefer: 'wait=30' });
    await stack.call('POST', '/v1/payments', foreign, { ...bearer(otherKey), Prefer: 'wait=30' });
    await stack.post({ ...strangers, buyer_info: { id: 'b', email: `x${email}` } }, { Prefer: 'wait=30' });
    const { body } = await asks(visit, '/v1/buyer/payments');
    expect(body.data?.map((one) => one.payment_id)).toEqual([
      `other:${foreign.checkout_id}`,
      `default:${first.checkout_id}`,
    ]);
    expect(JSON.stringify(body)).not.toContain('platform_fee');
    const page = await visit.get('/payments');
    expect(page.text).toContain('Other');
    expect(page.text).not.toContain(strangers.checkout_id);

    // A page at a time.
    const { body: one } = await asks(visit, '/v1/buyer/payments?limit=1');
    expect(one.next_cursor).toBe(`other:${foreign.checkout_id}`);
    const { body: two } = await asks(visit, `/v1/buyer/payments?limit=1&after=${one.next_cursor ?? ''}`);
    expect([two.data?.map(({ payment_id: id }) => id), two.next_cursor]).toEqual([
      [`default:${first.checkout_id}`],
      null,
    ]);

    // What is somebody else's is answered like what is not there.
    const theirs = await asks(visit, `/v1/buyer/payments/default:${strangers.checkout_id}`);
    const nobodys = await asks(visit, '/v1/buyer/payments/default:nothing');
    expect([theirs.status, theirs.body.detail]).toEqual([404, nobodys.body.detail]);
    expect((await visit.get(`/payments/default:${strangers.checkout_id}`)).status).toBe(404);
  });

  it('has a receipt that says what was given back', async () => {
    const { email, visit } = await somebody();
    const body = checkoutBody({ orders: 2, more: { buyer_info: { id: 'b', email } } });
    await stack.post(body, { Prefer: 'wait=30' });
    const order = body.payment_orders[0]?.payment_order_id ?? '';
    await stack.call('POST', `/v1/payments/${order}/refunds`, { amount: '4.00' }, { Prefer: 'wait=30' });
    const { body: payment } = await asks(visit, `/v1/buyer/payments/default:${body.checkout_id}`);
    expect(payment).toMatchObject({
      merchant: { merchant_id: 'default', name: 'Default' },
      checkout_status: 'paid',
      totals: [{ currency: 'EUR', amount: '20.00', paid_amount: '20.00', refunded_amount: '4.00' }],
      lines: [
        { payment_order_id: order, paid_amount: '10.00', refunded_amount: '4.00' },
        { paid_amount: '10.00', refunded_amount: '0.00' },
      ],
    });
    const page = await visit.get(`/payments/default:${body.checkout_id}`);
    expect(page.text).toContain('<h1>Receipt</h1>');
    expect(page.text).toMatch(/Paid: 20\.00 EUR<\/strong\s*>, of which 4\.00 EUR was given back/);
  });

  it('may do nothing about the merchant, and the address stays out of its events', async () => {
    const { email, visit } = await somebody();
    const body = checkoutBody({ more: { buyer_info: { id: 'b', email } } });
    await stack.post(body, { Prefer: 'wait=30' });
    for (const path of ['/v1/checkouts', `/v1/checkouts/${body.checkout_id}`, '/v1/payouts', '/v1/sellers'])
      expect((await asks(visit, path, { 'Paysaga-Merchant': 'default' })).status).toBe(403);
    expect((await visit.get('/approvals')).status).toBe(403);
    expect((await visit.get('/selling')).status).toBe(403);
    expect((await visit.get('/people')).status).toBe(403);
    await stack.eventually(async () => {
      const { rows } = await stack.owner.query<{ data: object }>(
        'SELECT data FROM events.event WHERE resource_id = $1',
        [body.checkout_id],
      );
      expect(JSON.stringify(rows)).not.toContain(email);
      return rows.length > 0 ? undefined : 'no event yet';
    });
    const { rows } = await stack.owner.query<{ snapshot: object }>('SELECT snapshot FROM payments.outbox');
    expect(JSON.stringify(rows)).not.toContain(email);
  });

  it('is found by an index: a million of other people cost nothing', async () => {
    // As the API sees it: under row security an index is of use to leakproof operators only.
    const client = new pg.Client({ connectionString: stack.urls.payments, options: '-c paysaga.merchant=*' });
    await client.connect();
    await client.query('SET enable_seqscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      "EXPLAIN SELECT checkout_id FROM payments.checkout WHERE buyer_email = 'ada@example.com' ORDER BY created_at DESC LIMIT 20",
    );
    await client.end();
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
      /checkout_by_buyer_email[^]*Index Cond: \(buyer_email/,
    );
  });
});

describe('a seller', () => {
  it('sees its own balance, payouts and statement, and nothing of another one', async () => {
    const { seller } = await stack.verifiedSeller();
    const { seller: another } = await stack.verifiedSeller();
    await stack.paid({ seller, available: true });
    const { body: payout } = await stack.payOut({ seller_account: seller, amount: '30.00' });
    await stack.paid({ seller: another, available: true });
    const { body: foreign } = await stack.payOut({ seller_account: another, amount: '30.00' });
    const { visit } = await sellerOf(seller);

    const page = await visit.get('/selling');
    expect(page.text).toContain('60.00');
    expect(page.text).toContain(payout.payout_id);
    expect(page.text).not.toContain(foreign.payout_id);
    const month = new Date().toISOString().slice(0, 7);
    const csv = await visit.get(`/selling/statement?seller=default/${seller}&currency=EUR&month=${month}`);
    expect(csv.text).toContain('90.00');
    expect((await visit.get(`/selling/statement?currency=EUR&month=soon`)).status).toBe(400);

    expect((await visit.get(`/selling?seller=default/${another}`)).status).toBe(403);
    for (const path of ['', '/wallet', '/statement?currency=EUR']) {
      expect((await asks(visit, `/v1/sellers/${seller}${path}`)).status).toBe(200);
      expect((await asks(visit, `/v1/sellers/${another}${path}`)).status).toBe(403);
    }
    const { body: listed } = await asks(visit, '/v1/payouts');
    expect(JSON.stringify(listed)).toContain(payout.payout_id);
    expect(JSON.stringify(listed)).not.toContain(foreign.payout_id);
    expect((await asks(visit, `/v1/payouts?seller_account=${another}`)).status).toBe(403);
    expect((await asks(visit, `/v1/payouts/${payout.payout_id}`)).status).toBe(200);
    expect((await asks(visit, `/v1/payouts/${foreign.payout_id}`)).status).toBe(404);
    expect((await asks(visit, '/v1/checkouts')).status).toBe(403);
    // Of another merchant the same seller is somebody else.
    expect((await asks(visit, `/v1/sellers/${seller}`, { 'Paysaga-Merchant': 'other' })).status).toBe(403);
  });

  it('P5, X4 changes where its money goes with a second factor shown lately; it cools, and the old address is told', async () => {
    const { seller, account } = await stack.verifiedSeller();
    const email = `${seller}@shop.example`;
    await stack.call('PUT', `/v1/sellers/${seller}`, { email, locale: 'en' });
    await stack.paid({ seller, available: true });
    const { visit, id } = await sellerOf(seller);
    const change = () => visit.post('/selling/account', { seller: `default/${seller}`, payout_account: 'acct_1Other' });

    await stack.owner.query(
      "UPDATE people.session SET second_factor_at = now() - interval '1 hour' WHERE person_id = $1",
      [id],
    );
    const unsure = await change();
    expect(unsure.location).toBe(
      `/second-factor?to=${encodeURIComponent(`/selling?seller=${encodeURIComponent(`default/${seller}`)}`)}`,
    );
    const said = await stack.call<Problem>(
      'PUT',
      `/v1/sellers/${seller}`,
      { payout_account: 'acct_1Other' },
      { Authorization: `Bearer ${(await visit.token()) ?? ''}` },
      people.apiUrl,
    );
    expect(said.body.type).toBe('urn:paysaga:problem:second-factor-needed');
    expect((await stack.call<{ payout_account: string }>('GET', `/v1/sellers/${seller}`)).body.payout_account).toBe(
      account,
    );

    await stack.owner.query('UPDATE people.session SET second_factor_at = now() WHERE person_id = $1', [id]);
    expect((await change()).location).toContain('done=1');
    const { body } = await stack.payOut({ seller_account: seller });
    expect((body as unknown as { block: string }).block).toBe('payout_account_changed');
    await stack.eventually(() =>
      Promise.resolve(
        sellersMail.for(email).some((mail) => mail.includes('another account')) ? undefined : 'nobody was told',
      ),
    );
    const { rows } = await stack.owner.query<{ actor: string; factor: string }>(
      `SELECT actor, factor FROM identity.call WHERE path = $1 AND actor LIKE 'operator:%' AND status = 200`,
      [`/v1/sellers/${seller}`],
    );
    expect(rows).toEqual([{ actor: `operator:${id}`, factor: 'second_factor' }]);
    const happened = await stack.owner.query(
      "SELECT FROM people.happening WHERE person_id = $1 AND kind = 'payout_account_said'",
      [id],
    );
    expect(happened.rowCount).toBe(1);
  });

  it('says nothing else of itself, and not why it was suspended', async () => {
    const seller = unique('seller');
    await stack.call('PUT', `/v1/sellers/${seller}`, { email: 'a@b.example' });
    const { visit } = await sellerOf(seller);
    const token = `Bearer ${(await visit.token()) ?? ''}`;
    for (const body of [
      { email: 'x@y.example' },
      { kyc_status: 'verified' },
      { payout_account: 'acct_1A', locale: 'de' },
    ])
      expect(
        (await stack.call('PUT', `/v1/sellers/${seller}`, body, { Authorization: token }, people.apiUrl)).status,
      ).toBe(403);
    await stack.owner.query(
      "UPDATE identity.seller SET suspended_at = now(), suspended_by = 'x', suspension_reason = 'a secret' WHERE seller_id = $1",
      [seller],
    );
    const { body } = await asks(visit, `/v1/sellers/${seller}`);
    expect(JSON.stringify(body)).toContain('"standing":"suspended"');
    expect(JSON.stringify(body)).not.toContain('a secret');
    expect((await visit.get('/selling')).text).not.toContain('a secret');
  });

  it('is one no more at once when an administrator takes it away', async () => {
    const { seller } = await stack.verifiedSeller();
    const { visit, id, email } = await sellerOf(seller);
    const token = { Authorization: `Bearer ${(await visit.token()) ?? ''}` };
    const look = async () => (await stack.call('GET', `/v1/sellers/${seller}`, undefined, token, people.apiUrl)).status;
    expect(await look()).toBe(200);
    await admin.post(`/people/${id}/roles`, { merchants: '', sellers: '' });
    await stack.eventually(async () => ((await look()) === 401 ? undefined : 'still let in'));
    const again = new Visit(people.url);
    await again.post('/sign-in', { email, password });
    expect((await again.get('/selling')).status).not.toBe(200);
  });

  it('an administrator says who is one as merchant/seller, and is told what is wrong', async () => {
    const { id } = await somebody();
    const wrong = await admin.post(`/people/${id}/roles`, { merchants: '', sellers: 'ada' });
    expect([wrong.status, wrong.notice]).toEqual([400, expect.stringContaining('is no seller: give')]);
  });

  it("a merchant's people who are also a seller of another one are nobody there but that seller", async () => {
    const { id, email } = await somebody();
    await admin.post(`/people/${id}/roles`, [
      ['role', 'support'],
      ['merchants', 'other'],
      ['sellers', 'default/ada'],
    ]);
    const visit = new Visit(people.url);
    await visit.post('/sign-in', { email, password });
    const merchant = (one: string) => ({ 'Paysaga-Merchant': one });
    expect((await asks(visit, '/v1/checkouts', merchant('other'))).status).toBe(200);
    expect((await asks(visit, '/v1/checkouts', merchant('default'))).status).toBe(403);
    expect((await asks(visit, '/v1/sellers/ada', merchant('default'))).status).not.toBe(403);
    expect((await asks(visit, '/v1/checkouts')).status).toBe(403);
  });
});

describe('X4 policies.payouts.account_changes', () => {
  it("where it is `seller` a storefront's key names the first account, and no other one", async () => {
    const merchantId = unique('m');
    const platform = bearer(platformKey);
    await stack.call('POST', '/v1/merchants', { merchant_id: merchantId, name: 'New' }, platform);
    const { body: key } = await stack.call<{ api_key: string }>(
      'POST',
      `/v1/merchants/${merchantId}/api_keys`,
      { name: 'shop', scopes: ['sellers:read', 'sellers:write'] },
      platform,
    );
    const put = (account: string) =>
      stack.call<Problem>('PUT', '/v1/sellers/ada', { payout_account: account }, bearer(key.api_key));
    expect((await put('acct_1First')).status).toBe(200);
    expect((await put('acct_1First')).status).toBe(200);
    const refused = await put('acct_1Second');
    expect([refused.status, refused.body.type]).toEqual([403, 'urn:paysaga:problem:second-factor-needed']);
    const policies = { payouts: { account_changes: 'storefront' } };
    await stack.call('PUT', `/v1/merchants/${merchantId}`, { policies }, platform);
    expect((await put('acct_1Second')).status).toBe(200);
  });
});
