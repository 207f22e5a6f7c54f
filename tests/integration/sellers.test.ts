import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { linkSeller, syncSeller } from '../../activities/seller';
import { payoutBlocks } from '../../domain/payout';
import { sellerGates, sellerStandings, type SellerStanding } from '../../domain/seller';
import { emailWay } from '../../notifications/email';
import { beginOnboarding, claimSellers } from '../../prisma/seller';
import { fillOnboarding, sellerPages } from '../support/onboarding';
import { MoodySmtp } from '../support/receivers';
import {
  checkoutBody,
  opsKey,
  otherKey,
  otherOpsKey,
  platformKey,
  TestStack,
  unique,
  type Problem,
} from '../support/stack';

/** A seller's life: onboarding at the PSP, what it still wants, suspension, and what each of them lets happen. */
const ops = { Authorization: `Bearer ${opsKey}` };
const pages = sellerPages;

interface Seller {
  readonly standing: SellerStanding;
  readonly kyc_status: string;
  readonly payout_account: string | null;
  readonly payout_account_changed_at: string | null;
  readonly takes_charges: boolean;
  readonly takes_payouts: boolean;
  readonly suspension: { readonly reason: string } | null;
  readonly requirements: {
    readonly currently_due: string[];
    readonly due_by: string | null;
    readonly disabled_reason: string | null;
  };
}

let stack: TestStack;
const smtp = new MoodySmtp();

beforeAll(async () => {
  const smtpUrl = await smtp.listen();
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
  await stack.call(
    'PUT',
    '/v1/merchants/default',
    { policies: { notifications: { tell_sellers: true }, payouts: { account_changes: 'storefront' } } },
    { Authorization: `Bearer ${platformKey}` },
  );
  await stack.startWorker();
});
afterEach(() => stack.clearFaults());
afterAll(async () => {
  await stack.stop();
  await smtp.close();
});

const read = async (seller: string): Promise<Seller> => (await stack.call<Seller>('GET', `/v1/sellers/${seller}`)).body;

const onboard = (seller: string, more: Record<string, unknown> = {}, headers = {}) =>
  stack.call<{ url: string; expires_at: string; standing: string } & Problem>(
    'POST',
    `/v1/sellers/${seller}/onboarding`,
    { country: 'DE', ...pages, ...more },
    headers,
  );

async function standsAs(seller: string, standing: SellerStanding): Promise<Seller> {
  await stack.eventually(async () => {
    const found = await read(seller);
    return found.standing === standing ? undefined : JSON.stringify(found);
  }, 45);
  return read(seller);
}

/** A seller who has been through the onboarding. */
async function onboarded(found = 'verified', seller = unique('seller'), iban?: string): Promise<string> {
  const { body } = await onboard(seller);
  const done = await fillOnboarding(body.url, { found, ...(iban !== undefined && { iban }) });
  expect(done.headers.get('location')).toBe(pages.return_url);
  return seller;
}

async function told(seller: string, kind: string): Promise<{ id: string; state: string }> {
  let found: { notification_id: string; state: string } | undefined;
  await stack.eventually(async () => {
    const { body } = await stack.call<{ data: { notification_id: string; state: string }[] }>(
      'GET',
      `/v1/notifications?resource_id=${seller}&kind=${kind}`,
    );
    found = body.data[0];
    return found !== undefined && found.state !== 'pending' ? undefined : `${kind}: ${JSON.stringify(body.data)}`;
  });
  return { id: found?.notification_id ?? '', state: found?.state ?? '' };
}

const eventsOf = async (seller: string): Promise<string[]> => {
  const { body } = await stack.call<{ data: { type: string }[] }>('GET', `/v1/events?resource_id=${seller}`);
  return body.data.map(({ type }) => type);
};

const refusal = async (seller: string): Promise<unknown> => {
  const { body } = await stack.payOut({ seller_account: seller });
  return (body as unknown as { block?: string }).block;
};

describe('onboarding', () => {
  it('from registration to a first payout: the PSP says who the seller is, by its event', async () => {
    const seller = unique('seller');
    await stack.paid({ seller, available: true });
    expect(await read(seller)).toMatchObject({
      standing: 'registered',
      takes_charges: true,
      takes_payouts: false,
      requirements: null,
    });
    const { status, body } = await onboard(seller);
    expect(status).toBe(200);
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThan(600_000);
    const made = await standsAs(seller, 'onboarding');
    expect(made).toMatchObject({ kyc_status: 'unverified', payout_account: expect.stringMatching(/^acct_/) });
    expect(made.requirements.currently_due).toContain('external_account');
    expect(await refusal(seller)).toBe('kyc_not_verified');
    await fillOnboarding(body.url);
    expect(await standsAs(seller, 'verified')).toMatchObject({
      kyc_status: 'verified',
      takes_payouts: true,
      payout_account_changed_at: null,
    });
    const { body: payout } = await stack.payOut({ seller_account: seller });
    expect(payout.payout_status).toBe('paid');
    await stack.eventually(async () => {
      const types = await eventsOf(seller);
      return types.includes('seller.verified') ? undefined : types.join();
    });
    expect(await stack.differences()).toEqual([]);
  });

  it('a link is for one visit; who comes late is led to where another is made', async () => {
    const seller = unique('seller');
    const { body } = await onboard(seller);
    expect((await fetch(body.url, { redirect: 'manual' })).status).toBe(200);
    const again = await fetch(body.url, { redirect: 'manual' });
    expect([again.status, again.headers.get('location')]).toEqual([303, pages.refresh_url]);
    const { body: other } = await onboard(seller);
    expect(other.url).not.toBe(body.url);
    expect((await fillOnboarding(other.url)).headers.get('location')).toBe(pages.return_url);
    expect((await fillOnboarding(other.url)).headers.get('location')).toBe(pages.refresh_url);
  });

  it('what is wrong on the page is said by its field, and nothing of it is kept', async () => {
    const seller = unique('seller');
    const { body } = await onboard(seller);
    const wrong = await fillOnboarding(body.url, {
      iban: 'DE00 0000',
      terms: '',
      birthday: new Date().toISOString().slice(0, 10),
    });
    expect(wrong.status).toBe(422);
    const page = await wrong.text();
    for (const words of ['Enter an IBAN', 'Agree to the terms', 'at least 18']) expect(page).toContain(words);
    expect((await read(seller)).standing).toBe('onboarding');
  });

  it('I4 one account, however often it is asked for and whichever answer is lost', async () => {
    const seller = unique('seller');
    await stack.fault({ kind: 'drop_after_effect', method: 'POST', path: '/v1/accounts' });
    const answers = await Promise.all([onboard(seller), onboard(seller), onboard(seller)]);
    for (const { status } of answers) expect([200, 503]).toContain(status);
    expect((await onboard(seller)).status).toBe(200);
    const response = await fetch(`${stack.sandboxUrl}/v1/accounts?limit=100`, {
      headers: { Authorization: 'Bearer sk_test_default' },
    });
    const body = (await response.json()) as { data: { id: string; metadata: Record<string, string> }[] };
    expect(body.data.filter(({ metadata }) => metadata['seller_id'] === seller)).toHaveLength(1);
  });

  it('I6 an account whose key may have been forgotten is looked for, not made again', async () => {
    const seller = unique('seller');
    const key = { merchantId: 'default', sellerId: seller };
    await beginOnboarding(stack.databases.identity, key, {
      country: 'DE',
      returnUrl: pages.return_url,
      onboardingUrl: pages.refresh_url,
    });
    const provider = await stack.dependencies().providerOf('default');
    const { reference } = await provider.sellers.open({ ...key, country: 'DE', email: null });
    await stack.owner.query(
      "UPDATE identity.seller SET account_asked_at = now() - interval '30 hours' WHERE seller_id = $1",
      [seller],
    );
    await linkSeller(stack.dependencies(), key);
    expect((await read(seller)).payout_account).toBe(reference);
  });

  it('is refused by the field: country, pages that are nobody’s, another country than before', async () => {
    const seller = unique('seller');
    for (const [more, pointer] of [
      [{ country: 'Germany' }, '/country'],
      [{ refresh_url: 'https://evil.example/' }, '/refresh_url'],
      [{ return_url: 'javascript:alert(1)' }, '/return_url'],
    ] as const)
      expect((await onboard(seller, more)).body.errors).toMatchObject([{ pointer }]);
    expect((await stack.call('GET', `/v1/sellers/${seller}`)).status).toBe(404);
    await onboard(seller);
    await stack.eventually(async () => ((await read(seller)).payout_account === null ? 'no account yet' : undefined));
    expect((await onboard(seller, { country: 'AT' })).body.errors).toMatchObject([{ pointer: '/country' }]);
  });

  it('X4 who is onboarded is not verified by anybody else, and its account is changed on the PSP’s page', async () => {
    const seller = await onboarded('review');
    await standsAs(seller, 'in_review');
    const put = (body: object, headers = {}) => stack.call<Problem>('PUT', `/v1/sellers/${seller}`, body, headers);
    expect((await put({ kyc_status: 'verified' }, ops)).body.type).toMatch(/not-legal-now$/);
    expect((await put({ payout_account: 'acct_1Other' })).body.type).toMatch(/not-legal-now$/);
    expect((await put({ email: 'ada@shop.example' })).status).toBe(200);
    expect(await read(seller)).toMatchObject({ standing: 'in_review', kyc_status: 'pending' });
  });
});

describe('what the PSP still wants', () => {
  it('a document by a deadline: payouts go on, the seller is told what and by when, and reminded', async () => {
    const seller = unique('seller');
    const email = `${seller}@shop.example`;
    await stack.call('PUT', `/v1/sellers/${seller}`, { email, locale: 'en' });
    await onboarded('document', seller);
    const due = await standsAs(seller, 'action_required');
    expect(due).toMatchObject({ kyc_status: 'verified', takes_payouts: true });
    expect(Date.parse(due.requirements.due_by ?? '') - Date.now()).toBeGreaterThan(13 * 86_400_000);
    expect((await told(seller, 'seller_requirements')).state).toBe('delivered');
    const [source = ''] = smtp.for(email);
    const mail = await simpleParser(source);
    expect(mail.text).toContain('a document that says who you are');
    expect(mail.text).toContain(pages.refresh_url);
    // Two days before: reminded once, and not twice.
    await stack.outside(`accounts/${due.payout_account ?? ''}/verify`, {
      currently_due: ['individual.verification.document'],
      deadline_seconds: 2 * 86_400,
    });
    await stack.eventually(async () => {
      const types = await eventsOf(seller);
      return types.filter((type) => type === 'seller.requirements_due').length === 1 ? undefined : types.join();
    });
    await syncSeller(stack.dependencies(), { merchantId: 'default', sellerId: seller });
    expect((await eventsOf(seller)).filter((type) => type === 'seller.requirements_due')).toHaveLength(1);
  });

  it('news that come late are told once: the news, and no reminder with them', async () => {
    const seller = await onboarded();
    const { payout_account: account } = await standsAs(seller, 'verified');
    await stack.outside(`accounts/${account ?? ''}/verify`, {
      currently_due: ['individual.verification.document'],
      deadline_seconds: 3 * 86_400,
    });
    await standsAs(seller, 'action_required');
    await syncSeller(stack.dependencies(), { merchantId: 'default', sellerId: seller });
    await told(seller, 'seller_requirements');
    expect(await eventsOf(seller)).not.toContain('seller.requirements_due');
    const { rows } = await stack.owner.query('SELECT reminders FROM identity.seller WHERE seller_id = $1', [seller]);
    expect(rows).toEqual([{ reminders: 1 }]);
  });

  it('past the deadline payouts stop, with the reason, and go on once all is said', async () => {
    const seller = await onboarded('document');
    await stack.paid({ seller, available: true });
    const { payout_account: account } = await standsAs(seller, 'action_required');
    await stack.outside(`accounts/${account ?? ''}/verify`, {
      payouts_enabled: false,
      currently_due: ['individual.verification.document'],
      past_due: ['individual.verification.document'],
    });
    expect(await standsAs(seller, 'restricted')).toMatchObject({ takes_charges: true, takes_payouts: false });
    expect(await refusal(seller)).toBe('kyc_not_verified');
    const { body } = await onboard(seller);
    await fillOnboarding(body.url);
    await standsAs(seller, 'verified');
    expect((await stack.payOut({ seller_account: seller })).body.payout_status).toBe('paid');
  });

  it('whom the PSP will not have is charged for no more', async () => {
    const seller = await onboarded('refused');
    expect(await standsAs(seller, 'rejected')).toMatchObject({ kyc_status: 'rejected', takes_charges: false });
    await stack.eventually(async () => {
      const body = checkoutBody({ sellers: [seller] });
      const { status } = await stack.post(body);
      return status === 409 ? undefined : String(status);
    });
    expect((await onboard(seller)).body.type).toMatch(/not-legal-now$/);
  });

  it('P5 another bank account starts the cooling time, and is told at the address of before', async () => {
    const seller = unique('seller');
    const [email, thief] = [`${seller}@shop.example`, `thief-${seller}@shop.example`];
    await stack.call('PUT', `/v1/sellers/${seller}`, { email });
    await onboarded('verified', seller);
    await standsAs(seller, 'verified');
    await stack.paid({ seller, available: true });
    await stack.call('PUT', `/v1/sellers/${seller}`, { email: thief });
    await stack.call('PUT', `/v1/sellers/${seller}`, { email: `second-${thief}` });
    await onboarded('verified', seller, 'AT61 1904 3002 3457 3201');
    await stack.eventually(async () =>
      (await read(seller)).payout_account_changed_at === null ? 'not changed' : undefined,
    );
    expect(await refusal(seller)).toBe('payout_account_changed');
    expect((await told(seller, 'payout_account_changed')).state).toBe('delivered');
    const sent = await Promise.all(smtp.for(email).map((source) => simpleParser(source)));
    expect(sent.map(({ subject }) => subject)).toEqual(['Default: your payouts go to another account now']);
    expect(sent[0]?.text).toContain('for 72 hours nothing is paid out');
    expect(smtp.for(thief)).toEqual([]);
  });

  it('an account that the PSP no longer knows is restricted, and the sweeper brings a lost life back', async () => {
    const seller = await onboarded();
    await standsAs(seller, 'verified');
    await stack.client.workflow.getHandle(`seller/default/${seller}`).terminate('lost');
    await stack.owner.query(
      "UPDATE identity.seller SET payout_account = 'acct_1Gone', sweep_after = now() WHERE seller_id = $1",
      [seller],
    );
    await stack.takeUp();
    expect((await standsAs(seller, 'restricted')).requirements.disabled_reason).toBe('account_gone');
    expect(await claimSellers(stack.databases.identity, 10)).not.toContainEqual({
      merchantId: 'default',
      sellerId: seller,
    });
  });
});

describe('suspension', () => {
  it('a suspended seller is charged for and paid out no more, with the reason; what was taken is answered as before', async () => {
    const seller = await onboarded();
    await standsAs(seller, 'verified');
    const email = `${seller}@shop.example`;
    await stack.call('PUT', `/v1/sellers/${seller}`, { email });
    await stack.paid({ seller, available: true });
    const taken = checkoutBody({ sellers: [seller] });
    expect((await stack.post(taken, { Prefer: 'wait=30' })).body.checkout_status).toBe('paid');
    const suspend = (headers: Record<string, string>, body: object = { reason: 'sells what it does not have' }) =>
      stack.call<Seller & Problem>('POST', `/v1/sellers/${seller}/suspend`, body, headers);
    expect((await suspend({})).status).toBe(403);
    expect((await suspend(ops, {})).body.errors).toMatchObject([{ pointer: '/reason' }]);
    const { body } = await suspend(ops);
    expect(body).toMatchObject({
      standing: 'suspended',
      suspension: { reason: 'sells what it does not have' },
      takes_charges: false,
    });
    expect((await suspend(ops)).body.type).toMatch(/not-legal-now$/);
    expect(await refusal(seller)).toBe('seller_suspended');
    await stack.eventually(async () => {
      const { status } = await stack.post(checkoutBody({ sellers: [seller] }));
      return status === 409 ? undefined : String(status);
    });
    const other = unique('seller');
    const { body: refused } = await stack.call<Problem>(
      'POST',
      '/v1/payments',
      checkoutBody({ sellers: [other, seller] }),
    );
    expect(refused).toMatchObject({
      type: 'urn:paysaga:problem:seller-not-accepting',
      errors: [{ pointer: '/payment_orders/1/seller_account', detail: 'is suspended: sells what it does not have' }],
    });
    // Nothing of it was stored, and what was stored before is answered as it was.
    expect((await stack.call('GET', `/v1/sellers/${other}`)).status).toBe(404);
    expect((await stack.post(taken)).body.checkout_status).toBe('paid');
    expect((await told(seller, 'seller_suspended')).state).toBe('delivered');
    // The PSP's word does not lift it.
    await syncSeller(stack.dependencies(), { merchantId: 'default', sellerId: seller });
    expect((await read(seller)).standing).toBe('suspended');
    const back = await stack.call<Seller>(
      'POST',
      `/v1/sellers/${seller}/reinstate`,
      { reason: 'has shown its papers' },
      ops,
    );
    expect(back.body).toMatchObject({ standing: 'verified', suspension: null });
    expect((await stack.payOut({ seller_account: seller })).body.payout_status).toBe('paid');
    const { body: acts } = await stack.call<{ data: { action: string; process_id: string }[] }>(
      'GET',
      '/v1/ops/actions?limit=100',
      undefined,
      ops,
    );
    expect(
      acts.data.filter(({ process_id: about }) => about === `seller:${seller}`).map(({ action }) => action),
    ).toEqual(['reinstate', 'suspend']);
  });

  it('what was taken before and not sent yet is refused without a charge', async () => {
    const seller = unique('seller');
    await stack.paid({ seller });
    // The PSP is away until the seller is stopped.
    await stack.fault({ kind: 'error_before_effect', method: 'POST', path: '/v1/customers', times: 500 });
    const body = checkoutBody({ sellers: [seller] });
    await stack.post(body);
    await stack.call('POST', `/v1/sellers/${seller}/suspend`, { reason: 'stolen goods' }, ops);
    await stack.eventually(async () => {
      const { status } = await stack.post(checkoutBody({ sellers: [seller] }));
      return status === 409 ? undefined : String(status);
    });
    // The worker may not know of it for two seconds more.
    await pause(2_200);
    await stack.clearFaults();
    const checkout = await stack.final(body.checkout_id);
    expect(checkout).toMatchObject({ checkout_status: 'failed' });
    expect(checkout.payment_orders).toMatchObject([
      { payment_order_status: 'FAILED', failure_reason: 'seller_not_accepting' },
    ]);
    // A buyer gets money back whatever the seller's standing.
    expect(await stack.differences()).toEqual([]);
  });

  it('refunds are made for a suspended seller all the same', async () => {
    const { id, seller } = await stack.paid();
    await stack.call('POST', `/v1/sellers/${seller}/suspend`, { reason: 'stolen goods' }, ops);
    const { body } = await stack.call<{ refund_status: string }>(
      'POST',
      `/v1/payments/${id}/refunds`,
      {},
      { Prefer: 'wait=30' },
    );
    expect(body.refund_status).toBe('succeeded');
  });

  it('no subscription begins with a suspended seller', async () => {
    const seller = unique('seller');
    await stack.paid({ seller });
    const plan = {
      plan_id: unique('plan'),
      name: 'Box',
      seller_account: seller,
      amount: '10.00',
      currency: 'EUR',
      interval: 'month',
    };
    expect((await stack.call('POST', '/v1/plans', plan)).status).toBe(201);
    await stack.call('POST', `/v1/sellers/${seller}/suspend`, { reason: 'stolen goods' }, ops);
    await stack.eventually(async () => {
      const body = {
        subscription_id: unique('sub'),
        plan_id: plan.plan_id,
        buyer_info: { id: 'b1' },
        credit_card_info: { payment_method: 'pm_card_visa' },
      };
      const { status, body: answer } = await stack.call<Problem>('POST', '/v1/subscriptions', body);
      return status === 409 && answer.errors?.[0]?.pointer === '/plan_id' ? undefined : JSON.stringify(answer);
    });
  });

  it('X2 nobody stops, lists or onboards another merchant’s seller', async () => {
    const { seller } = await stack.paid();
    const theirs = { Authorization: `Bearer ${otherOpsKey}` };
    expect((await stack.call('POST', `/v1/sellers/${seller}/suspend`, { reason: 'no' }, theirs)).status).toBe(404);
    const list = await stack.call<{ data: { seller_account: string }[] }>('GET', '/v1/sellers?limit=100', undefined, {
      Authorization: `Bearer ${otherKey}`,
    });
    expect(list.body.data.map(({ seller_account: id }) => id)).not.toContain(seller);
    expect(await read(seller)).toMatchObject({ standing: 'registered' });
  });
});

describe('lists', () => {
  it('of those who stand in one way', async () => {
    const seller = await onboarded('review');
    await standsAs(seller, 'in_review');
    const ids = async (standing: string): Promise<string[]> => {
      const { body } = await stack.call<{ data: { seller_account: string }[] }>(
        'GET',
        `/v1/sellers?standing=${standing}&limit=100`,
      );
      return body.data.map(({ seller_account: id }) => id);
    };
    expect(await ids('in_review')).toContain(seller);
    expect(await ids('verified')).not.toContain(seller);
    expect((await stack.call<Problem>('GET', '/v1/sellers?standing=nice')).body.errors).toMatchObject([
      { pointer: 'standing' },
    ]);
  });

  it('the gates and the payout blocks say the same', () => {
    expect(payoutBlocks).toContain('seller_suspended');
    for (const standing of sellerStandings)
      expect(sellerGates[standing].payouts).toBe(standing === 'verified' || standing === 'action_required');
  });
});
