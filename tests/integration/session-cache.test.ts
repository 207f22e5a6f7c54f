import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '@redis/client';
import pino from 'pino';
import { freePort } from '../../local/ports';
import { redisSessionCache, type FoundSession, type SessionCache } from '../../people/session-cache';
import { findRedis } from '../../scripts/tools.mjs';
import { firstOperator, PeopleProcess, setAuthenticator, Visit, type Authenticator } from '../support/people';
import { TestStack } from '../support/stack';

/** Sessions remembered in Redis: nobody is let in for longer, and nothing depends on it. */
const program = findRedis();
if (program === undefined) console.warn('no Redis: what the sign-in service remembers there is not tried');

(program === undefined ? describe.skip : describe)('sessions in Redis', () => {
  let stack: TestStack;
  let people: PeopleProcess;
  let redis: ChildProcess | undefined;
  let port = 0;
  let operator: Visit;
  let authenticator: Authenticator;
  const url = (): string => `redis://127.0.0.1:${String(port)}`;

  async function startRedis(): Promise<void> {
    redis = spawn(program ?? '', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
      stdio: 'ignore',
    });
    for (let tries = 0; tries < 100; tries += 1) {
      const socket = connect(port, '127.0.0.1');
      const isThere = await Promise.race([
        once(socket, 'connect').then(
          () => true,
          () => false,
        ),
        pause(200, false),
      ]);
      socket.destroy();
      if (isThere) return;
      await pause(100);
    }
    throw new Error('Redis did not start');
  }
  async function stopRedis(): Promise<void> {
    if (redis === undefined) return;
    const ended = once(redis, 'exit');
    redis.kill('SIGKILL');
    await ended;
    redis = undefined;
  }

  beforeAll(async () => {
    port = await freePort();
    await startRedis();
    stack = await TestStack.start({ withWorker: false });
    people = await PeopleProcess.start(stack, { PEOPLE_SESSION_CACHE_URL: url() });
    operator = new Visit(people.url);
    await operator.post('/sign-in', firstOperator);
    ({ authenticator } = await setAuthenticator(operator, firstOperator.password));
  });
  afterAll(async () => {
    await people.stop();
    await stack.stop();
    await stopRedis();
  });

  /** What a page says of its visitor; changed behind the service's back it shows whether the page was read from memory. */
  const nameShown = async (): Promise<string> =>
    /<p>([^,<]*), first@example\.com</.exec((await operator.get('/account')).text)?.[1] ?? '';
  const rename = (name: string) =>
    stack.owner.query('UPDATE people.person SET name = $1 WHERE email = $2', [name, firstOperator.email]);

  it('a page is shown from memory, until something is done about its visitor', async () => {
    const before = await nameShown();
    await rename('Renamed');
    expect(await nameShown()).toBe(before);
    await operator.post('/account/sessions/end');
    expect(await nameShown()).toBe('Renamed');
  });

  it('who has signed out is out at once, with the cookie of before, too', async () => {
    const visit = new Visit(people.url);
    const { email, password } = firstOperator;
    await visit.post('/sign-in', { email, password });
    await visit.post('/sign-in/code', { code: await authenticator.code() });
    expect((await visit.get('/account')).status).toBe(200);
    const cookies = [...visit.cookies];
    await visit.post('/sign-out');
    for (const [name, value] of cookies) visit.cookies.set(name, value);
    expect((await visit.get('/account')).location).toContain('/sign-in');
  });

  it('a second factor that was just shown counts at once', async () => {
    await stack.owner.query("UPDATE people.session SET second_factor_at = now() - interval '1 hour'");
    await operator.post('/account/sessions/end');
    await operator.get('/account');
    const invite = () => operator.post('/people', { name: 'Grace', email: 'grace@example.com' });
    expect((await invite()).location).toContain('/second-factor');
    await operator.post('/second-factor', { code: await authenticator.code(), to: '/' });
    expect((await invite()).location).toMatch(/^\/people\/./);
  });

  it('nobody who reads Redis can sign in with what is there', async () => {
    await operator.get('/account');
    const client = createClient({ url: url() });
    await client.connect();
    const keys = await client.keys('*');
    const values = await Promise.all(keys.map((key) => client.get(key)));
    await client.close();
    expect(keys.some((key) => key.startsWith('paysaga:people:session:'))).toBe(true);
    const { rows } = await stack.owner.query<{ token: string }>('SELECT token FROM people.session');
    expect(rows.length).toBeGreaterThan(0);
    for (const { token } of rows) expect(JSON.stringify([keys, values])).not.toContain(token);
    for (const cookie of operator.cookies.values()) expect(JSON.stringify([keys, values])).not.toContain(cookie);
  });

  it('nobody who writes to Redis becomes somebody else', async () => {
    await operator.get('/account');
    const client = createClient({ url: url() });
    await client.connect();
    for (const key of await client.keys('paysaga:people:session:*')) {
      const text = (await client.get(key)) ?? '';
      await client.set(key, text.replace('first@example.com', 'other@example.com'));
    }
    expect((await operator.get('/account')).text).toContain('first@example.com');
    // Nor is one entry good in another's place: the cookie of nobody.
    const [mine = ''] = await client.keys('paysaga:people:session:*');
    const stranger = new Visit(people.url);
    stranger.cookies.set('paysaga.session_token', 'made-up');
    const place = `paysaga:people:session:${createHash('sha256').update('made-up').digest('base64url')}`;
    await client.set(place, (await client.get(mine)) ?? '');
    expect((await stranger.get('/account')).location).toContain('/sign-in');
    await client.close();
  });

  it('without Redis the database is asked, and with it again it is remembered again', async () => {
    await stopRedis();
    expect((await operator.get('/account')).status).toBe(200);
    await rename('Without');
    expect(await nameShown()).toBe('Without');
    await startRedis();
    await stack.eventually(async () => {
      await rename('First');
      const first = await nameShown();
      await rename('Second');
      return first === 'First' && (await nameShown()) === 'First' ? undefined : 'nothing is remembered yet';
    });
  });

  describe('what changes while it is read', () => {
    const session = (name: string): FoundSession => ({
      visitor: {
        sessionId: 's',
        factor: null,
        secondFactorAt: new Date(),
        person: {
          id: 'p',
          name,
          email: 'p@example.com',
          roles: '',
          merchants: '',
          sellers: '',
          twoFactorEnabled: false,
        },
        roles: [],
        sellers: [],
      },
      expiresAt: new Date(Date.now() + 3_600_000),
    });
    let cache: SessionCache;
    beforeAll(async () => {
      cache = redisSessionCache(url(), 'the secret', pino({ level: 'silent' }));
      await pause(500);
    });
    afterAll(() => cache.close());

    it('is not remembered as it was before', async () => {
      const loaded: string[] = [];
      const load = (name: string, meanwhile?: () => Promise<void>) => async (): Promise<FoundSession> => {
        loaded.push(name);
        const found = session(name);
        // Read, and then changed by somebody else before it is remembered.
        if (meanwhile !== undefined && loaded.length === 2) await meanwhile();
        return found;
      };
      await cache.visitor(
        'cookie',
        load('before', () => cache.forget('p')),
      );
      expect((await cache.visitor('cookie', load('after')))?.person.name).toBe('after');
      expect((await cache.visitor('cookie', load('never')))?.person.name).toBe('after');
      expect(loaded).toEqual(['before', 'before', 'after', 'after']);
      expect((await cache.visitor('cookie', load('never')))?.secondFactorAt).toBeInstanceOf(Date);
    });

    it('a session that is over is not remembered', async () => {
      const over = { ...session('over'), expiresAt: new Date(Date.now() - 1) };
      await cache.visitor('other', () => Promise.resolve(over));
      expect(await cache.visitor('other', () => Promise.resolve(undefined))).toBeUndefined();
    });
  });
});
