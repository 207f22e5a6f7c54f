import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OperatorTokens, scopesOfRole } from '../../api/operator-token';
import { buyerScope } from '../../api/scopes';
import { openApiDocument } from '../../api/openapi/document';
import { operations } from '../../api/openapi/operations';
import { claimOfRole, roles, type Role } from '../../domain/roles';
import { TestIssuer } from '../support/issuer';
import { TestStack, type Problem } from '../support/stack';

/** docs/access.md, tried: every call that the API describes, with every role. */
let stack: TestStack;
let issuer: TestIssuer;
let api = '';
beforeAll(async () => {
  issuer = await TestIssuer.start();
  stack = await TestStack.start({ withWorker: false });
  const operators = new OperatorTokens({
    issuer: issuer.url,
    audience: 'paysaga',
    rolesClaim: 'roles',
    merchantsClaim: 'merchants',
    sellersClaim: 'sellers',
    mfaMethods: ['mfa'],
    mfaClasses: [],
    mfaMaxAgeSeconds: 900,
  });
  api = await stack.anotherApi({}, { operators });
});
afterAll(async () => {
  await stack.stop();
  await issuer.stop();
});

const bearer = (roles: readonly Role[], amr: readonly string[], age = 60): Promise<Record<string, string>> =>
  issuer.bearer({
    roles: roles.map(claimOfRole),
    merchants: ['default'],
    amr,
    auth_time: Math.floor(Date.now() / 1_000) - age,
  });

/** Ids of every shape that the API has. There is nothing under any of them. */
const ids = [
  'nothing-of-that-name',
  '2020-01-31',
  'brk_000000000000000000000000',
  'ntf_000000000000000000000000',
  'evt_0',
  'evt_0.a',
  'receipt',
  '1',
  '0'.repeat(64),
  'checkout:nothing',
];
const idFor = (pattern: RegExp | undefined): string => {
  const found = ids.find((id) => pattern?.test(id) ?? true);
  if (found === undefined) throw new Error(`an id is missing here that fits ${String(pattern)}`);
  return encodeURIComponent(found);
};

const call = ({ method, path, idPattern, raw }: (typeof operations)[number], headers: Record<string, string>) =>
  stack.call<Problem>(
    method.toUpperCase(),
    path.replace('{id}', idFor(idPattern)),
    method === 'get' || raw !== undefined ? undefined : {},
    headers,
    api,
  );

describe('X4 role by call', () => {
  it('the calls that are tried are all that the API describes', () => {
    const { paths = {} } = openApiDocument('https://pay.example.com', '1');
    const described = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item as object)
        .filter((method) => ['get', 'post', 'put', 'delete', 'patch'].includes(method))
        .map((method) => `${method} ${path}`),
    );
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(described.sort());
  });

  it.each(roles)('%s may do what the table says, and nothing else', async (role) => {
    const [sure, unsure, stale] = await Promise.all([
      bearer([role], ['pwd', 'mfa']),
      bearer([role], ['pwd']),
      bearer([role], ['pwd', 'mfa'], 3_600),
    ]);
    const own = scopesOfRole[role];
    for (const operation of operations) {
      const { scope, orScope, id } = operation;
      const isAllowed = own.includes(scope) || (orScope !== undefined && own.includes(orScope));
      const { status, body } = await call(operation, sure);
      const refused = status === 403 ? body.type : 'let in';
      expect([id, refused]).toEqual([id, isAllowed ? 'let in' : 'urn:paysaga:problem:forbidden']);
      expect([id, status]).not.toEqual([id, 401]);
      if (!isAllowed || !scope.endsWith(':write')) continue;
      for (const headers of [unsure, stale]) {
        const without = await call(operation, headers);
        expect([id, without.status, without.body.type]).toEqual([id, 403, 'urn:paysaga:problem:second-factor-needed']);
      }
    }
  });

  it('a seller may do what the table says about itself, nothing about another one, and nothing else', async () => {
    const seat = async (seller: string, amr: readonly string[]) =>
      issuer.bearer({
        roles: [claimOfRole('seller')],
        sellers: [`default/${seller}`],
        amr,
        auth_time: Math.floor(Date.now() / 1_000) - 60,
      });
    const [itself, unsure, another] = await Promise.all([
      seat(ids[0] ?? '', ['pwd', 'mfa']),
      seat(ids[0] ?? '', ['pwd']),
      seat('another', ['pwd', 'mfa']),
    ]);
    for (const operation of operations) {
      const { id, own } = operation;
      const { status, body } = await call(operation, itself);
      const refused = status === 403 ? body.type : 'let in';
      expect([id, refused]).toEqual([id, own === undefined ? 'urn:paysaga:problem:forbidden' : 'let in']);
      if (own === undefined) continue;
      if (own.by === 'path')
        expect([id, (await call(operation, another)).body.type]).toEqual([id, 'urn:paysaga:problem:forbidden']);
      if (!own.scope.endsWith(':write')) continue;
      const without = await call(operation, unsure);
      expect([id, without.body.type]).toEqual([id, 'urn:paysaga:problem:second-factor-needed']);
    }
  });

  it('a buyer with a confirmed address sees payments, and nothing else; without one, nothing', async () => {
    const claims = { email: 'ada@example.com', merchants: ['default'], amr: ['pwd', 'mfa'] };
    const [confirmed, unconfirmed] = await Promise.all([
      issuer.bearer({ ...claims, email_verified: true }),
      issuer.bearer({ ...claims, email_verified: 'true' }),
    ]);
    for (const operation of operations) {
      const isOwn = operation.scope === buyerScope;
      const { status } = await call(operation, confirmed);
      expect([operation.id, status === 403 ? 'refused' : 'let in']).toEqual([
        operation.id,
        isOwn ? 'let in' : 'refused',
      ]);
      if (!isOwn) continue;
      expect((await call(operation, unconfirmed)).body.type).toBe('urn:paysaga:problem:forbidden');
      // X4 a key is nobody's.
      expect((await stack.call('GET', operation.path.replace('{id}', 'a:b'), undefined, {}, api)).status).toBe(401);
    }
  });

  it('nobody without a role, with a role of another program, or without a token does anything', async () => {
    const nobody = await bearer([], ['pwd', 'mfa']);
    for (const operation of operations) {
      expect([operation.id, (await call(operation, { Authorization: '' })).status]).toEqual([operation.id, 401]);
      const { status, body } = await call(operation, nobody);
      expect([operation.id, status, body.type]).toEqual([operation.id, 403, 'urn:paysaga:problem:forbidden']);
    }
  });
});
