import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import { firstOperator, PeopleProcess, setAuthenticator, Visit, type Authenticator } from '../support/people';
import { TestStack, unique, type Problem } from '../support/stack';

let stack: TestStack;
let people: PeopleProcess;
let admin: Visit;
let adminsAuthenticator: Authenticator;
beforeAll(async () => {
  stack = await TestStack.start();
  people = await PeopleProcess.start(stack);
  admin = new Visit(people.url);
  const { location } = await admin.post('/sign-in', firstOperator);
  // X4 whoever may do something sets a second factor first.
  expect(location).toBe('/account/authenticator');
  ({ authenticator: adminsAuthenticator } = await setAuthenticator(admin, firstOperator.password));
});
afterAll(async () => {
  await people.stop();
  await stack.stop();
});

const password = 'correct horse battery staple';
const address = (): string => `${unique('p')}@example.com`;

async function personId(email: string): Promise<string> {
  const { rows } = await stack.owner.query<{ id: string }>('SELECT id FROM people.person WHERE email = $1', [email]);
  return rows[0]?.id ?? '';
}

/** Somebody who has registered and confirmed their address, and may do nothing yet. */
async function registered(email = address()): Promise<{ email: string; id: string; visit: Visit }> {
  const visit = new Visit(people.url);
  await visit.post('/register', { name: 'Ada', email, new_password: password });
  const link = new URL(await people.linkFor(email, 'Confirm your address'));
  await visit.post('/verify', { token: link.searchParams.get('token') ?? '' });
  return { email, id: await personId(email), visit };
}

const signIn = (visit: Visit, email: string, word = password) => visit.post('/sign-in', { email, password: word });

async function giveRoles(id: string, ...roles: string[]): Promise<void> {
  await sure();
  const fields: [string, string][] = [
    ...roles.map((role): [string, string] => ['role', role]),
    ['merchants', 'default'],
  ];
  expect((await admin.post(`/people/${id}/roles`, fields)).location).toBe(`/people/${id}?done=1`);
}

/** The administrator has shown a second factor lately. */
async function sure(): Promise<void> {
  const { rows } = await stack.owner.query<{ age: number }>(
    `SELECT extract(epoch FROM now() - max(second_factor_at))::float AS age FROM people.session JOIN people.person AS p ON p.id = person_id
     WHERE email = $1`,
    [firstOperator.email],
  );
  if ((rows[0]?.age ?? 0) > 600)
    await admin.post('/second-factor', { code: await adminsAuthenticator.code(), to: '/' });
}

/** Somebody with roles and an authenticator, signed in with both. */
async function withRoles(...roles: string[]): Promise<{
  email: string;
  id: string;
  visit: Visit;
  authenticator: Authenticator;
  recoveryCodes: string[];
}> {
  const { email, id } = await registered();
  await giveRoles(id, ...roles);
  const visit = new Visit(people.url);
  await signIn(visit, email);
  return { email, id, visit, ...(await setAuthenticator(visit, password)) };
}

const call = (method: string, path: string, token: string | undefined, body?: unknown) =>
  stack.call<Problem & { payout_status?: string; approvals?: { actor: string }[]; state?: string }>(
    method,
    path,
    body,
    { Authorization: `Bearer ${token ?? ''}` },
    people.apiUrl,
  );
const verifySeller = (token: string | undefined) =>
  call('PUT', `/v1/sellers/${unique('seller')}`, token, { kyc_status: 'verified' });

describe('registering', () => {
  it('an address is confirmed by the button behind the link, and not by opening it; until then nobody signs in', async () => {
    const [visit, email] = [new Visit(people.url), address()];
    const taken = await visit.post('/register', { name: 'Ada', email, new_password: password });
    expect(taken.notice).toBe(`A mail is on its way to ${email}.`);
    const link = await people.linkFor(email, 'Confirm your address');
    await visit.get(link);
    expect((await signIn(visit, email)).notice).toContain('Confirm your address first');
    const token = new URL(link).searchParams.get('token') ?? '';
    expect((await visit.post('/verify', { token })).notice).toBe('Your address is confirmed.');
    expect((await signIn(visit, email)).status).toBe(303);
    expect((await new Visit(people.url).post('/verify', { token: `${token}x` })).status).toBe(400);
  });

  it('an address that is taken gets the same page, and its owner a mail; nothing is changed', async () => {
    const { email } = await registered();
    const visit = new Visit(people.url);
    const again = await visit.post('/register', { name: 'Eve', email, new_password: 'another password of eve' });
    const fresh = await visit.post('/register', { name: 'Eve', email: 'new-one@example.com', new_password: password });
    expect(again.text.replaceAll(email, '')).toBe(fresh.text.replaceAll('new-one@example.com', ''));
    await people.linkFor(email, 'You are registered already');
    expect((await signIn(visit, email, 'another password of eve')).status).toBe(401);
    expect((await signIn(visit, email)).status).toBe(303);
  });

  it('says what is wrong with a name, an address or a password', async () => {
    const visit = new Visit(people.url);
    const said = async (fields: Record<string, string>): Promise<string> => {
      const { status, notice } = await visit.post('/register', {
        name: 'Ada',
        email: address(),
        new_password: password,
        ...fields,
      });
      expect(status).toBe(400);
      return notice;
    };
    expect(await said({ name: ' ' })).toContain('name');
    expect(await said({ email: 'nobody' })).toContain('ada@example.com');
    expect(await said({ new_password: 'short' })).toContain('12 to 128 characters');
  });

  it('where nobody registers people are invited, and choose their password by a link', async () => {
    const closed = await PeopleProcess.start(stack, { PEOPLE_REGISTRATION: 'closed' });
    try {
      const visit = new Visit(closed.url);
      expect((await visit.get('/register')).status).toBe(403);
      expect((await visit.post('/register', { name: 'A', email: address(), new_password: password })).status).toBe(403);
    } finally {
      await closed.stop();
    }
    await sure();
    const email = address();
    expect((await admin.post('/people', { name: 'Grace', email })).status).toBe(303);
    const token = new URL(await people.linkFor(email, 'You are invited')).searchParams.get('token') ?? '';
    const visit = new Visit(people.url);
    expect((await visit.post('/reset', { token, new_password: password })).status).toBe(200);
    expect((await signIn(visit, email)).status).toBe(303);
  });
});

describe('X4 what moves money belongs to a person with a recent second factor', () => {
  it('who has registered may do nothing until an administrator gives a role, which ends what was begun before', async () => {
    const { email, id } = await registered();
    const visit = new Visit(people.url);
    await signIn(visit, email);
    const before = await visit.token();
    expect((await call('GET', '/v1/payments', before)).status).toBe(403);
    await giveRoles(id, 'support');
    await pause(2_500);
    expect((await call('GET', '/v1/payments', before)).status).toBe(401);
    await signIn(visit, email);
    expect((await call('GET', '/v1/payments', await visit.token())).status).toBe(200);
  });

  it('a password alone reads; a code makes it a person who may act; later it is asked for again', async () => {
    const { email, id } = await registered();
    await giveRoles(id, 'ops');
    const visit = new Visit(people.url);
    await signIn(visit, email);
    const weak = await verifySeller(await visit.token());
    expect([weak.status, weak.body.type]).toEqual([403, 'urn:paysaga:problem:second-factor-needed']);
    const { authenticator } = await setAuthenticator(visit, password);
    expect((await verifySeller(await visit.token())).status).toBe(200);

    await stack.owner.query(
      `UPDATE people.session SET second_factor_at = now() - interval '17 minutes' WHERE person_id = $1`,
      [id],
    );
    const old = await verifySeller(await visit.token());
    expect([old.status, old.body.detail]).toEqual([403, expect.stringContaining('too long ago')]);
    expect((await call('GET', '/v1/calls', await visit.token())).status).toBe(200);
    expect((await visit.post('/second-factor', { code: await authenticator.code(), to: '/approvals' })).location).toBe(
      '/approvals',
    );
    expect((await verifySeller(await visit.token())).status).toBe(200);
  });

  it('a second person decides on the page, and the record says who and by what right', async () => {
    const { seller } = await stack.verifiedSeller();
    const by = await withRoles('finance');
    const other = await withRoles('finance');
    const proposed = await call('POST', '/v1/ledger/proposals', await by.visit.token(), {
      kind: 'write_off',
      seller_account: seller,
      amount: '3.00',
      currency: 'EUR',
      reason: 'closed shop',
    });
    expect(proposed.status).toBe(201);
    const { proposal_id: id } = proposed.body as unknown as { proposal_id: string };
    const fields = { kind: 'proposals', verb: 'approve', id, reason: 'agreed', merchant: 'default' };
    expect((await by.visit.get('/approvals')).text).toContain(id);
    const own = await by.visit.post('/approvals', fields);
    expect([own.status, own.notice]).toEqual([409, 'you have proposed it: another person must approve it']);
    const support = await withRoles('support');
    expect((await support.visit.get('/approvals')).text).toContain('For ops and finance to decide.');
    expect((await support.visit.post('/approvals', fields)).status).toBe(403);
    expect((await other.visit.post('/approvals', fields)).location).toBe('/approvals?merchant=default&done=approved');
    const { rows } = await stack.owner.query(
      'SELECT proposed_by, decided_by FROM ledger.proposal WHERE proposal_id = $1',
      [id],
    );
    expect(rows).toEqual([{ proposed_by: `operator:${by.id}`, decided_by: `operator:${other.id}` }]);
    const { rows: calls } = await stack.owner.query('SELECT factor FROM identity.call WHERE path = $1 AND actor = $2', [
      `/v1/ledger/proposals/${id}/approve`,
      `operator:${other.id}`,
    ]);
    expect(calls).toEqual([{ factor: 'second_factor' }]);
  });
});

describe('codes', () => {
  it('RFC 6238 5.2 a code is taken once; a wrong one and a used recovery code are none', async () => {
    const { email, authenticator, recoveryCodes } = await withRoles('ops');
    expect(recoveryCodes.length).toBe(10);
    const visit = new Visit(people.url);
    expect((await signIn(visit, email)).location).toBe('/sign-in/code?to=%2F');
    expect((await visit.get('/account')).status).toBe(303);
    const code = await authenticator.code();
    expect((await visit.post('/sign-in/code', { code })).status).toBe(303);
    expect((await verifySeller(await visit.token())).status).toBe(200);

    const thief = new Visit(people.url);
    await signIn(thief, email);
    const replayed = await thief.post('/sign-in/code', { code });
    expect([replayed.status, await thief.token()]).toEqual([401, undefined]);
    await signIn(thief, email);
    expect((await thief.post('/sign-in/code', { code: '000000' })).status).toBe(401);

    const [recovery = ''] = recoveryCodes;
    const lost = new Visit(people.url);
    await signIn(lost, email);
    expect((await lost.post('/sign-in/recovery-code', { code: recovery })).status).toBe(303);
    expect((await lost.get('/account')).status).toBe(200);
    const again = new Visit(people.url);
    await signIn(again, email);
    expect((await again.post('/sign-in/recovery-code', { code: recovery })).status).toBe(401);
    await people.mailTo(email, 'One of your recovery codes was used');
  });

  it('ten wrong codes lock, in a session that is open as well, and an administrator unlocks', async () => {
    const { email, id, visit, authenticator } = await withRoles('ops');
    const codes = Array.from({ length: 12 }, (_, index) => String(100_000 + index));
    const open = await Promise.all(codes.map((code) => visit.post('/second-factor', { code })));
    expect(open.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2);
    expect((await visit.post('/second-factor', { code: await authenticator.code() })).status).toBe(429);

    const guessing = new Visit(people.url);
    for (const code of codes) {
      await signIn(guessing, email);
      await guessing.post('/sign-in/code', { code });
    }
    await signIn(guessing, email);
    expect((await guessing.post('/sign-in/code', { code: await authenticator.code() })).status).toBe(429);
    await sure();
    expect((await admin.post(`/people/${id}/unlock`)).status).toBe(303);
    await signIn(guessing, email);
    expect((await guessing.post('/sign-in/code', { code: await authenticator.code() })).status).toBe(303);
  });
});

describe('locks', () => {
  it('ten wrong passwords lock, whether or not there is somebody; a hundred at once are counted as a hundred', async () => {
    const { email, id } = await registered();
    const visit = new Visit(people.url);
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, n) => signIn(visit, email, `guess number ${String(n)}`)),
    );
    expect(guesses.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
    const right = await signIn(visit, email);
    expect(right.status).toBe(429);
    const nobody = address();
    for (let n = 0; n < 10; n += 1) await signIn(visit, nobody, `guess number ${String(n)}`);
    const unknown = await signIn(visit, nobody);
    expect([unknown.status, unknown.text.replaceAll(nobody, '').length]).toEqual([
      429,
      right.text.replaceAll(email, '').length,
    ]);
    await people.mailTo(email, 'Too many wrong passwords');

    await sure();
    expect((await admin.get(`/people/${id}`)).text).toContain('locked');
    await admin.post(`/people/${id}/unlock`);
    expect((await signIn(visit, email)).status).toBe(303);
  });

  it('a lock ends by itself, and a new password by mail ends it at once', async () => {
    const { email } = await registered();
    const visit = new Visit(people.url);
    for (let n = 0; n < 10; n += 1) await signIn(visit, email, `guess number ${String(n)}`);
    expect((await signIn(visit, email)).status).toBe(429);
    await visit.post('/forgot', { email });
    const token = new URL(await people.linkFor(email, 'Choose a new password')).searchParams.get('token') ?? '';
    await visit.post('/reset', { token, new_password: 'quite another password' });
    expect((await signIn(visit, email, 'quite another password')).status).toBe(303);

    const other = await registered();
    const waiting = new Visit(people.url);
    for (let n = 0; n < 10; n += 1) await signIn(waiting, other.email, `guess number ${String(n)}`);
    await stack.owner.query(
      `UPDATE people.failed_try SET locked_until = now() - interval '1 second' WHERE locked_until > now()`,
    );
    expect((await signIn(waiting, other.email)).status).toBe(303);
  });
});

describe('passwords', () => {
  it('a link for a new password holds once, ends all sessions, and is told of', async () => {
    const { email } = await registered();
    const old = new Visit(people.url);
    await signIn(old, email);
    const visit = new Visit(people.url);
    await visit.post('/forgot', { email });
    const token = new URL(await people.linkFor(email, 'Choose a new password')).searchParams.get('token') ?? '';
    expect((await visit.post('/reset', { token, new_password: 'short' })).status).toBe(400);
    const both = await Promise.all(
      ['the first new password', 'the second new password'].map((word) =>
        visit.post('/reset', { token, new_password: word }),
      ),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect((await visit.post('/reset', { token, new_password: 'a third new password' })).status).toBe(400);
    expect((await old.get('/account')).status).toBe(303);
    expect((await signIn(visit, email)).status).toBe(401);
    const { rows } = await stack.owner.query('SELECT FROM people.verification WHERE identifier LIKE $1', [
      `%${token}%`,
    ]);
    expect(rows).toEqual([]);
  });

  it('neither words nor time tell whether there is somebody of an address', async () => {
    const { email } = await registered();
    const visit = new Visit(people.url);
    const sorted = (times: number[]): number =>
      times.sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
    const took = async (work: () => Promise<unknown>): Promise<number> => {
      const begun = performance.now();
      await work();
      const lasted = performance.now() - begun;
      // What goes on behind an answer is not counted for the next one.
      await pause(100);
      return lasted;
    };
    for (const attempt of [
      (to: string) => signIn(visit, to, 'not the password'),
      (to: string) => visit.post('/forgot', { email: to }),
      (to: string) => visit.post('/register', { name: 'Eve', email: to, new_password: password }),
    ]) {
      const [known, unknown]: [number[], number[]] = [[], []];
      for (let round = 0; round < 9; round += 1) {
        known.push(await took(() => attempt(email)));
        unknown.push(await took(() => attempt(address())));
      }
      // What gives it away is a password that isn't hashed, or a mail that is waited for: ten times, not two.
      expect(sorted(known) / sorted(unknown)).toBeGreaterThan(0.25);
      expect(sorted(known) / sorted(unknown)).toBeLessThan(4);
      const texts = await Promise.all(
        [email, address()].map(async (to) => (await attempt(to)).text.replaceAll(to, '')),
      );
      expect(texts[0]).toBe(texts[1]);
    }
  });

  it('a password is changed by whoever knows it, and ends the other sessions', async () => {
    const { email } = await registered();
    const [one, two] = [new Visit(people.url), new Visit(people.url)];
    await signIn(one, email);
    await signIn(two, email);
    expect(
      (await one.post('/account/password', { password: 'not it at all', new_password: 'the next password' })).status,
    ).toBe(401);
    expect((await one.post('/account/password', { password, new_password: 'the next password' })).status).toBe(303);
    expect((await one.get('/account')).status).toBe(200);
    expect((await two.get('/account')).status).toBe(303);
  });
});

describe('sessions and tokens', () => {
  it('a session that somebody has planted is not taken up at sign-in', async () => {
    const { email } = await registered();
    const thief = new Visit(people.url);
    await signIn(thief, (await registered()).email);
    const planted = thief.cookies.get('paysaga.session_token') ?? '';
    const victim = new Visit(people.url);
    victim.cookies.set('paysaga.session_token', planted);
    await victim.post('/sign-out');
    victim.cookies.set('paysaga.session_token', 'made-up-by-somebody.signature');
    await signIn(victim, email);
    expect([planted, 'made-up-by-somebody.signature']).not.toContain(victim.cookies.get('paysaga.session_token'));
    const { authenticator } = await setAuthenticator(victim, password);
    const before = victim.cookies.get('paysaga.session_token');
    await victim.post('/sign-out');
    await signIn(victim, email);
    await victim.post('/sign-in/code', { code: await authenticator.code() });
    expect(victim.cookies.get('paysaga.session_token')).not.toBe(before);
  });

  it('after signing out neither the cookie nor a token that was given before does anything', async () => {
    const { visit } = await withRoles('ops');
    const token = await visit.token();
    expect((await call('GET', '/v1/payments', token)).status).toBe(200);
    const cookies = new Map(visit.cookies);
    await visit.post('/sign-out');
    const replay = new Visit(people.url);
    for (const [name, value] of cookies) replay.cookies.set(name, value);
    expect((await replay.get('/account')).status).toBe(303);
    // As with API keys: within two seconds.
    await pause(2_500);
    expect((await call('GET', '/v1/payments', token)).status).toBe(401);
  });

  it('a token without signature, of another key, of a public key as secret, or for somebody else: 401', async () => {
    const { visit } = await withRoles('ops');
    const token = (await visit.token()) ?? '';
    const [header = '', claims = ''] = token.split('.');
    const { keys } = (await (await fetch(`${people.url}/jwks`)).json()) as { keys: (JWK & { kid: string })[] };
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const byOther = (changed: object, kid = keys[0]?.kid ?? ''): Promise<string> =>
      new SignJWT({ ...said, ...changed }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
    const publicKey = await exportSPKI((await importJWK(keys[0] ?? {}, 'ES256', { extractable: true })) as CryptoKey);
    const confused = `${part({ alg: 'HS256', kid: keys[0]?.kid })}.${claims}`;
    const embedded = await new SignJWT(said)
      .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK((await generateKeyPair('ES256')).publicKey) })
      .sign(privateKey);
    const forged = [
      `${part({ alg: 'none' })}.${claims}.AAAAAAAAAAAA`,
      `${part({ alg: 'none' })}.${claims}.`,
      await byOther({}),
      await byOther({}, 'another'),
      embedded,
      `${confused}.${createHmac('sha256', publicKey).update(confused).digest('base64url')}`,
      `${header}.${part({ ...said, roles: ['paysaga-admin'] })}.${token.split('.')[2] ?? ''}`,
    ];
    for (const one of forged) expect((await call('GET', '/v1/payments', one)).status).toBe(401);
    expect((await call('GET', '/v1/payments', token)).status).toBe(200);
  });

  it('RFC 7662 only the API is told whether a token holds', async () => {
    const { visit } = await withRoles('support');
    const token = (await visit.token()) ?? '';
    const introspect = async (client: string, what: string): Promise<unknown> => {
      const answer = await fetch(`${people.url}/oauth/introspect`, {
        method: 'POST',
        headers: { Authorization: `Basic ${Buffer.from(client).toString('base64')}` },
        body: new URLSearchParams({ token: what }),
      });
      return answer.status === 200 ? answer.json() : answer.status;
    };
    const client = 'paysaga-api:what-the-api-says-to-the-sign-in-service';
    expect(await introspect('paysaga-api:guess', token)).toBe(401);
    expect(await introspect(client, token)).toMatchObject({ active: true });
    expect(await introspect(client, 'nonsense')).toEqual({ active: false });
    expect(await introspect(client, `${token}x`)).toEqual({ active: false });
  });

  it("X1 what a page of somebody else posts is refused, and nobody is sent to somebody else's page", async () => {
    const { email } = await registered();
    const visit = new Visit(people.url);
    const fields = { email, password };
    expect((await visit.post('/sign-in', fields, { Origin: 'https://evil.example' })).status).toBe(403);
    expect((await visit.post('/sign-in', fields, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', '/%09/evil.example\n'])
      expect((await new Visit(people.url).post('/sign-in', { ...fields, to })).location).toMatch(/^\/($|%09)/);
    const shown = await visit.get(`/sign-in?to=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(shown.text).not.toContain('<script>alert');
  });

  it("the library's own calls are not to be reached", async () => {
    const { visit } = await withRoles('support');
    for (const path of [
      '/auth/sign-in/email',
      '/auth/sign-up/email',
      '/auth/two-factor/disable',
      '/auth/two-factor/verify-totp',
      '/auth/update-user',
      '/auth/change-email',
      '/auth/passkey/delete-passkey',
      '/auth/revoke-sessions',
    ])
      expect((await visit.post(path, { email: 'a@example.com', password, name: 'x' })).status).toBe(404);
    for (const path of ['/auth/token', '/auth/get-session', '/auth/list-sessions', '/auth/error', '/auth/ok'])
      expect((await visit.get(path)).status).toBe(404);
  });
});

describe('administration', () => {
  it('is for administrators with a recent second factor, and not about themselves', async () => {
    const { visit, id } = await withRoles('ops');
    for (const path of ['/people', `/people/${id}`, '/happenings']) expect((await visit.get(path)).status).toBe(403);
    for (const verb of ['roles', 'suspend', 'unlock', 'remove-second-factor'])
      expect((await visit.post(`/people/${id}/${verb}`, { role: 'admin', why: 'x' })).status).toBe(403);
    await sure();
    const own = await personId(firstOperator.email);
    expect((await admin.post(`/people/${own}/roles`, { role: 'admin' })).status).toBe(403);

    const second = await withRoles('admin');
    await stack.owner.query(
      `UPDATE people.session SET second_factor_at = now() - interval '1 hour' WHERE person_id = $1`,
      [second.id],
    );
    expect((await second.visit.post(`/people/${id}/roles`, { role: 'admin' })).location).toBe(
      `/second-factor?to=${encodeURIComponent(`/people/${id}`)}`,
    );
  });

  it('who is suspended is out at once, and told so only with the right password', async () => {
    const { email, id, visit, authenticator } = await withRoles('ops');
    const token = await visit.token();
    await sure();
    expect((await admin.post(`/people/${id}/suspend`, { why: '' })).status).toBe(400);
    await admin.post(`/people/${id}/suspend`, { why: 'has left' });
    expect((await visit.get('/account')).status).toBe(303);
    await pause(2_500);
    expect((await call('GET', '/v1/payments', token)).status).toBe(401);
    expect((await signIn(visit, email)).notice).toContain('suspended');
    expect((await signIn(visit, email, 'not the password')).notice).toBe('E-mail address or password is wrong.');
    await admin.post(`/people/${id}/reinstate`);
    await signIn(visit, email);
    expect((await visit.post('/sign-in/code', { code: await authenticator.code() })).status).toBe(303);
  });

  it('V12 what happened is written down with where from, and nobody changes it', async () => {
    const { id, visit } = await withRoles('risk');
    await visit.post('/sign-out');
    const { rows } = await stack.owner.query<{ kind: string; remote_address: string; by_person_id: string | null }>(
      'SELECT kind, remote_address, by_person_id FROM people.happening WHERE person_id = $1 ORDER BY happening_id',
      [id],
    );
    expect(rows.map(({ kind }) => kind)).toEqual([
      'registered',
      'address_confirmed',
      'roles_changed',
      'signed_in',
      'authenticator_set',
      'signed_out',
    ]);
    expect(new Set(rows.map(({ remote_address: from }) => from)).size).toBe(1);
    expect(rows[2]?.by_person_id).toBe(await personId(firstOperator.email));
    for (const statement of [
      `UPDATE people.happening SET kind = 'signed_in'`,
      'DELETE FROM people.happening',
      'TRUNCATE people.happening',
    ])
      await expect(stack.owner.query(statement)).rejects.toMatchObject({ code: '42501' });
    const metrics = await (await fetch(`${people.url}/metrics`)).text();
    expect(metrics).toMatch(/paysaga_people_happenings_total\{kind="authenticator_set"\} [1-9]/);
    expect((await admin.get(`/people/${id}`)).text).toMatch(
      new RegExp(`roles changed[\\s\\S]*${firstOperator.email}[\\s\\S]*roles: risk; merchants: default`),
    );
    const { text: registrations } = await admin.get('/happenings?kind=registered');
    expect(registrations).toContain('<td>registered</td>');
    expect(registrations).not.toContain('<td>signed in</td>');
    const { rows: who } = await stack.owner.query<{ email: string }>('SELECT email FROM people.person WHERE id = $1', [
      id,
    ]);
    const { text: csv } = await admin.get(`/happenings.csv?email=${encodeURIComponent(who[0]?.email ?? '')}`);
    const lines = csv.trim().split('\r\n');
    expect(lines[0]).toBe('happened_at,kind,person,by,factor,remote_address,user_agent,details');
    expect(lines.slice(1).map((line) => line.split(',')[1])).toEqual(rows.map(({ kind }) => kind).reverse());
    expect((await admin.get('/happenings?email=nobody@example.com')).status).toBe(404);
    expect((await visit.get('/happenings.csv')).status).not.toBe(200);
  });

  it('a lost authenticator is removed by an administrator, and set anew', async () => {
    const { id, email } = await withRoles('ops');
    await sure();
    await admin.post(`/people/${id}/remove-second-factor`);
    const visit = new Visit(people.url);
    expect((await signIn(visit, email)).location).toBe('/account/authenticator');
    await setAuthenticator(visit, password);
    expect((await verifySeller(await visit.token())).status).toBe(200);
  });

  it('the last administrator is let in again from a shell, and it is written down', async () => {
    const { id, email, visit } = await withRoles('admin');
    const letIn = (...words: string[]) =>
      spawnSync(process.execPath, ['--import', 'tsx', 'cli/let-in.ts', ...words], {
        encoding: 'utf8',
        env: { ...process.env, PEOPLE_DATABASE_URL: stack.urls.people },
      });
    expect(letIn().status).toBe(2);
    expect(letIn(address())).toMatchObject({ status: 1, stderr: expect.stringContaining('there is nobody') });
    expect(letIn(email).status).toBe(0);
    expect((await visit.get('/account')).status).toBe(303);
    expect((await signIn(visit, email)).location).toBe('/account/authenticator');
    const { rows } = await stack.owner.query(
      "SELECT details FROM people.happening WHERE person_id = $1 AND kind = 'authenticator_removed'",
      [id],
    );
    expect(rows).toEqual([{ details: { by: 'command line' } }]);
  });
});
