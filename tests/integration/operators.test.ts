import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { OperatorTokens } from '../../api/operator-token';
import { freePort } from '../../local/ports';
import { TestIssuer } from '../support/issuer';
import { opsKey, TestStack, unique, type Problem } from '../support/stack';

let issuer: TestIssuer;
let stack: TestStack;
let api = '';
beforeAll(async () => {
  issuer = await TestIssuer.start();
  stack = await TestStack.start();
  const settings = {
    audience: 'paysaga',
    rolesClaim: 'roles',
    merchantsClaim: 'paysaga_merchants',
    sellersClaim: 'paysaga_sellers',
    mfaMethods: ['mfa', 'otp'],
    mfaClasses: ['urn:strong'],
    mfaMaxAgeSeconds: 900,
  };
  api = await stack.anotherApi({}, { operators: new OperatorTokens({ ...settings, issuer: issuer.url }) });
});
afterAll(async () => {
  await stack.stop();
  await issuer.stop();
});

const token = (
  claims: Record<string, unknown> = {},
  how: Parameters<TestIssuer['bearer']>[1] = {},
): Promise<Record<string, string>> =>
  issuer.bearer(
    {
      roles: ['paysaga-operator'],
      paysaga_merchants: ['default'],
      amr: ['pwd', 'otp'],
      auth_time: Math.floor(Date.now() / 1000) - 60,
      ...claims,
    },
    how,
  );
const call = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
  stack.call<Problem & { data: { actor: string }[] }>(method, path, body, headers, api);

describe('operators sign in as people', () => {
  it('X4 a role and a second factor move money; the person is on record', async () => {
    const seller = unique('seller');
    const { status } = await call('PUT', `/v1/sellers/${seller}`, await token(), { kyc_status: 'verified' });
    expect(status).toBe(200);
    const { body } = await call('GET', '/v1/calls', await token());
    expect(body.data[0]).toMatchObject({
      actor: 'operator:grace',
      factor: 'second_factor',
      remote_address: '127.0.0.1',
    });
  });

  it('X4 without a second factor an operator sees and does nothing; a class of sign-in may stand for it', async () => {
    const weak = await token({ amr: ['pwd'] });
    expect((await call('GET', '/v1/calls', weak)).status).toBe(200);
    const refused = await call('PUT', `/v1/sellers/${unique('seller')}`, weak, { kyc_status: 'verified' });
    expect([refused.status, refused.body.type]).toEqual([403, 'urn:paysaga:problem:second-factor-needed']);
    const strong = await token({ amr: ['pwd'], acr: 'urn:strong' });
    expect((await call('PUT', `/v1/sellers/${unique('seller')}`, strong, { kyc_status: 'verified' })).status).toBe(200);
  });

  it('a viewer only looks, somebody without a role does not, and nobody signed in pays', async () => {
    const viewer = await token({ roles: ['paysaga-viewer'] });
    expect((await call('GET', '/v1/payments', viewer)).status).toBe(200);
    expect((await call('PUT', `/v1/sellers/${unique('s')}`, viewer, { kyc_status: 'verified' })).status).toBe(403);
    expect((await call('GET', '/v1/payments', await token({ roles: ['admin'] }))).status).toBe(403);
    expect((await call('POST', '/v1/payments', await token(), {})).status).toBe(403);
  });

  it('X2 acts for the merchants of the token and for no other', async () => {
    expect((await call('GET', '/v1/calls', { ...(await token()), 'Paysaga-Merchant': 'other' })).status).toBe(403);
    const several = await token({ paysaga_merchants: ['default', 'other'] });
    expect((await call('GET', '/v1/calls', several)).status).toBe(403);
    expect((await call('GET', '/v1/calls', { ...several, 'Paysaga-Merchant': 'other' })).body.data).toEqual([]);
    const all = await token({ paysaga_merchants: '*' });
    expect((await call('GET', '/v1/calls', { ...all, 'Paysaga-Merchant': 'default' })).status).toBe(200);
    expect((await call('GET', '/v1/calls', { ...all, 'Paysaga-Merchant': '*' })).status).toBe(403);
  });

  it('a token that is expired, of another issuer, for somebody else, forged or unsigned: 401, as for a wrong key', async () => {
    const { privateKey: stranger } = await generateKeyPair('ES256');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"grace"}').toString('base64url')}.AAAAAAAAAAAA`;
    const bad = [
      await token({}, { expires: Math.floor(Date.now() / 1000) - 60 }),
      await token({}, { from: 'https://evil.example' }),
      await token({}, { audience: 'somebody-else' }),
      await token({}, { by: stranger }),
      { Authorization: `Bearer ${unsigned}` },
      { Authorization: 'Bearer psk_nobody_has_ever_had_this_key' },
    ];
    const answers = await Promise.all(bad.map((headers) => call('GET', '/v1/calls', headers)));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  it('while the sign-in service is away tokens get 503, and API keys go on', async () => {
    const away = await stack.anotherApi(
      {},
      {
        operators: new OperatorTokens({
          issuer: `http://127.0.0.1:${String(await freePort())}`,
          audience: 'paysaga',
          rolesClaim: 'roles',
          merchantsClaim: 'paysaga_merchants',
          sellersClaim: 'paysaga_sellers',
          mfaMethods: [],
          mfaClasses: [],
          mfaMaxAgeSeconds: 900,
        }),
      },
    );
    const { status, body } = await stack.call<Problem>('GET', '/v1/calls', undefined, await token(), away);
    expect([status, body.type]).toEqual([503, 'urn:paysaga:problem:sign-in-unavailable']);
    expect((await stack.call('GET', '/v1/calls', undefined, { Authorization: `Bearer ${opsKey}` }, away)).status).toBe(
      200,
    );
  });
});
