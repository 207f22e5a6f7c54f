import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { createCodecApp, sessionKeyOf } from '../../api/codec';
import { openDatabase } from '../../prisma/database';
import { EncryptionCodec } from '../../temporal/payload-codec';
import { defaultKey, opsKey, otherOpsKey, TestStack } from '../support/stack';

const uiOrigin = 'https://temporal.example.com';
const old = { id: 'old', key: randomBytes(32) };
const fresh = { id: 'new', key: randomBytes(32) };
const secret = 'canary-in-a-payload';
const codec = new EncryptionCodec([fresh, old]);

let stack: TestStack;
let identity: ReturnType<typeof openDatabase>;
const servers: Server[] = [];
let url: string;
let secureUrl: string;

async function serve(secure: boolean): Promise<string> {
  const app = createCodecApp({
    identity,
    operators: undefined,
    logger: pino({ level: 'silent' }),
    codec,
    sessionKey: sessionKeyOf(randomBytes(32)),
    uiOrigins: [uiOrigin],
    merchantId: 'default',
    secure,
  });
  const server = createServer(app);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

beforeAll(async () => {
  stack = await TestStack.start({ withWorker: false });
  identity = openDatabase('identity', stack.urls.identity, 'one_merchant', () => undefined);
  [url, secureUrl] = [await serve(false), await serve(true)];
});
afterAll(async () => {
  for (const server of servers) server.close();
  await identity.$disconnect();
  await stack.stop();
});

interface WirePayload {
  readonly metadata: Record<string, string>;
  readonly data: string;
}
const text = (of: string): string => Buffer.from(of, 'base64').toString();
const plain: WirePayload = {
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify({ secret })).toString('base64'),
};

async function sealed(by = codec): Promise<WirePayload> {
  const [payload] = await by.encode([
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify({ secret })) },
  ]);
  return {
    metadata: Object.fromEntries(
      Object.entries(payload?.metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(payload?.data ?? []).toString('base64'),
  };
}

const ask = (path: string, body: unknown, headers: Record<string, string>, at = url): Promise<Response> =>
  fetch(`${at}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
    redirect: 'manual',
  });
const decode = async (headers: Record<string, string>, payload?: WirePayload): Promise<Response> =>
  ask('/decode', { payloads: [payload ?? (await sealed())] }, { 'X-Namespace': 'default', ...headers });
const signIn = (key: string, at = url, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${at}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ secret: key }),
  });
const cookieOf = (response: Response): string => (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

describe('X1 the codec server', () => {
  it('decodes for an operator of the platform, by key or by cookie; old keys open, what is sealed anew is under the new one', async () => {
    const response = await decode({ Authorization: `Bearer ${opsKey}` });
    expect(response.status).toBe(200);
    const { payloads } = (await response.json()) as { payloads: WirePayload[] };
    expect(JSON.parse(text(payloads[0]?.data ?? ''))).toEqual({ secret });
    expect((await decode({ Authorization: `Bearer ${opsKey}` }, await sealed(new EncryptionCodec([old])))).status).toBe(
      200,
    );
    const encoded = await ask('/encode', { payloads: [plain] }, { Authorization: `Bearer ${opsKey}` });
    const [made] = ((await encoded.json()) as { payloads: WirePayload[] }).payloads;
    expect(text(made?.metadata['encryption-key-id'] ?? '')).toBe('new');
    expect(text(made?.data ?? '')).not.toContain(secret);

    const cookie = cookieOf(await signIn(opsKey));
    expect((await decode({ Cookie: cookie, Origin: uiOrigin })).status).toBe(200);
  });

  it('nobody else: no key, a storefront, another merchant, a cookie that was changed', async () => {
    expect((await decode({})).status).toBe(401);
    expect((await decode({ Authorization: `Bearer ${defaultKey}` })).status).toBe(403);
    expect((await decode({ Authorization: `Bearer ${otherOpsKey}` })).status).toBe(403);
    const cookie = cookieOf(await signIn(opsKey));
    const changed = `${cookie.slice(0, -2)}${cookie.endsWith('A') ? 'BB' : 'AA'}`;
    expect((await decode({ Cookie: changed })).status).toBe(401);
    for (const key of [defaultKey, otherOpsKey, 'nothing']) {
      const refused = await signIn(key);
      expect(refused.status).toBe(403);
      expect(refused.headers.get('set-cookie')).toBeNull();
      expect(refused.headers.get('content-type')).toContain('text/html');
    }
  });

  it('pages of exactly the configured origins, with credentials; all others get nothing', async () => {
    const preflight = await fetch(`${url}/decode`, {
      method: 'OPTIONS',
      headers: { Origin: uiOrigin, 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(uiOrigin);
    expect(preflight.headers.get('access-control-allow-credentials')).toBe('true');
    const cookie = cookieOf(await signIn(opsKey));
    for (const origin of [
      'https://evil.example.com',
      `${uiOrigin}.evil.example`,
      'null',
      uiOrigin.replace('s:', ':'),
    ]) {
      const response = await decode({ Cookie: cookie, Origin: origin });
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await signIn(opsKey, url, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  });

  it('the cookie is for the server alone, and by TLS also for the page of the UI on another site', async () => {
    expect((await signIn(opsKey)).headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/);
    expect((await signIn(opsKey, secureUrl)).headers.get('set-cookie')).toMatch(/HttpOnly; Secure; SameSite=None/);
    expect(cookieOf(await signIn(opsKey))).not.toContain(opsKey);
  });

  it('a key that is revoked decodes nothing any more, whatever cookie was given for it', async () => {
    const cookie = cookieOf(await signIn(opsKey));
    await stack.owner.query("UPDATE identity.api_key SET revoked_at = now() WHERE key_id = 'k3'");
    await stack.eventually(async () =>
      (await decode({ Cookie: cookie })).status === 401 ? undefined : 'it still decodes',
    );
    await stack.owner.query("UPDATE identity.api_key SET revoked_at = NULL WHERE key_id = 'k3'");
    await stack.eventually(async () => ((await decode({ Cookie: cookie })).status === 200 ? undefined : 'not yet'));
  });

  it('a flipped byte, an unknown key and a body that is none are refused with a reason, and nothing is shown', async () => {
    const payload = await sealed();
    const bytes = Buffer.from(payload.data, 'base64');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const flipped = await decode({ Authorization: `Bearer ${opsKey}` }, { ...payload, data: bytes.toString('base64') });
    expect(flipped.status).toBe(400);
    expect(await flipped.text()).toContain('not as it was sealed');
    const unknown = await sealed(new EncryptionCodec([{ id: 'gone', key: randomBytes(32) }]));
    expect((await decode({ Authorization: `Bearer ${opsKey}` }, unknown)).status).toBe(400);
    for (const body of [{}, { payloads: 'x' }, { payloads: [1] }, []])
      expect((await ask('/decode', body, { Authorization: `Bearer ${opsKey}` })).status).toBe(400);
  });

  it('too many sign-ins from one place have to wait', async () => {
    const statuses: number[] = [];
    for (let tries = 0; tries < 12; tries += 1) statuses.push((await signIn('guess', secureUrl)).status);
    expect(statuses).toContain(429);
  });
});
