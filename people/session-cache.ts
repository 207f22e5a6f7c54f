import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createClient } from '@redis/client';
import type { Logger } from '../log';
import type { Visitor } from './visitor';

/** What was read of a session, and when it ends by itself. */
export interface FoundSession {
  readonly visitor: Visitor;
  readonly expiresAt: Date;
}

/** Spares the database the reading of sessions that were read a moment ago. It is never asked about what moves money: the API is, by token. */
export interface SessionCache {
  /** Who a cookie stands for, from memory, or else by `load`, which asks the database. */
  visitor(cookie: string, load: () => Promise<FoundSession | undefined>): Promise<Visitor | undefined>;
  /** What is remembered of a person holds no more. To be called after what has changed it is committed. */
  forget(personId: string): Promise<void>;
  close(): Promise<void>;
}

/** Where there is no Redis. */
export const noSessionCache: SessionCache = {
  visitor: async (_cookie, load) => (await load())?.visitor,
  forget: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const prefix = 'paysaga:people:';
/** So long it may take at most until what was changed while Redis was away is seen. */
const rememberedMs = 60_000;
const generationLastsMs = 3_600_000;
const patienceMs = 500;

interface Remembered {
  readonly visitor: Visitor;
  /** How often the person had been forgotten when the session was read. */
  readonly generation: string;
  /** Milliseconds since 1970, whatever Redis makes of its own clock. */
  readonly until: number;
}

/**
 * Sessions in Redis. An entry counts only while its person was not forgotten since: the generation is read *before* the session, so that a
 * change that comes between the two makes the entry void instead of old. Where Redis does not answer, the database does. Entries are signed
 * for their place: who can write to Redis makes nobody an administrator.
 */
export function redisSessionCache(url: string, secret: string, logger: Logger): SessionCache {
  const client = createClient({
    url,
    // Nothing waits for a Redis that is away.
    disableOfflineQueue: true,
    socket: { connectTimeout: patienceMs, reconnectStrategy: (tries) => Math.min(100 * 2 ** tries, 5_000) },
  });
  let isTold = false;
  client.on('error', (error: unknown) => {
    if (!isTold) logger.warn({ err: error }, 'the cache of sessions does not answer: the database is asked');
    isTold = true;
  });
  client.on('ready', () => {
    isTold = false;
  });
  // It comes when it can; until then there is none.
  client.connect().catch(() => undefined);

  const asked = async <Answer>(work: () => Promise<Answer>): Promise<Answer | undefined> => {
    if (!client.isReady) return undefined;
    try {
      return await Promise.race([
        work(),
        new Promise<never>((_resolve, reject) =>
          setTimeout(() => reject(new Error(`no answer in ${String(patienceMs)} ms`)), patienceMs).unref(),
        ),
      ]);
    } catch (error) {
      client.emit('error', error);
      return undefined;
    }
  };
  const generationOf = (personId: string) =>
    asked(async () => (await client.get(`${prefix}generation:${personId}`)) ?? '0');

  const signature = (key: string, body: string): Buffer =>
    createHmac('sha256', secret).update(`session cache\0${key}\0${body}`).digest();
  const signed = (key: string, entry: Remembered): string => {
    const body = JSON.stringify(entry);
    return `${signature(key, body).toString('base64url')}.${body}`;
  };
  /** An entry that we have put there, while it lasts. */
  const opened = (key: string, text: string): Remembered | undefined => {
    const dot = text.indexOf('.');
    const [given, body] = [Buffer.from(text.slice(0, dot), 'base64url'), text.slice(dot + 1)];
    const right = signature(key, body);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    const entry = JSON.parse(body) as Remembered;
    return entry.until > Date.now() ? entry : undefined;
  };

  return {
    async visitor(cookie, load) {
      // Who reads Redis can't sign in with what is there.
      const key = `${prefix}session:${createHash('sha256').update(cookie).digest('base64url')}`;
      const text = await asked(() => client.get(key));
      const known = typeof text === 'string' ? opened(key, text) : undefined;
      if (known !== undefined && (await generationOf(known.visitor.person.id)) === known.generation)
        return revived(known.visitor);
      const first = await load();
      if (first === undefined) return undefined;
      const generation = await generationOf(first.visitor.person.id);
      if (generation === undefined) return first.visitor;
      // Once more, after the generation: whose it is was not known before.
      const found = await load();
      if (found === undefined) return undefined;
      const left = Math.min(rememberedMs, found.expiresAt.getTime() - Date.now());
      const entry = signed(key, { visitor: found.visitor, generation, until: Date.now() + left });
      if (left > 0) await asked(() => client.set(key, entry, { expiration: { type: 'PX', value: left } }));
      return found.visitor;
    },
    async forget(personId) {
      const key = `${prefix}generation:${personId}`;
      await asked(() => client.multi().incr(key).pExpire(key, generationLastsMs).exec());
    },
    async close() {
      if (client.isOpen) await client.close().catch(() => client.destroy());
    },
  };
}

/** JSON has no dates. */
const revived = (visitor: Visitor): Visitor => ({
  ...visitor,
  secondFactorAt: visitor.secondFactorAt === null ? null : new Date(visitor.secondFactorAt),
});
