import type { RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { findLiveApiKey, noteApiKeyUsed, type ApiKeyRecord } from '../prisma/api-key';
import type { PrismaClient } from '../prisma/database';
import { asEverybody, asMerchant } from '../prisma/tenant';
import { hashApiKey } from './api-key-secret';
import { Problem } from './problem';
import type { Scope } from './scopes';

/** Who is asking, for which merchant, and what they may do. */
export interface Caller {
  readonly merchantId: string;
  /** As it is written into records: `api-key:{id}`. */
  readonly actor: string;
  readonly scopes: readonly string[];
  /** What rate limits are counted by. */
  readonly limitKey: string;
}

const bearer = /^Bearer ([A-Za-z0-9_-]{20,200})$/i;
/** A revoked key works on for at most this long. */
const rememberedMs = 2_000;
const notedEveryMs = 60_000;

/** Finds the merchant behind a bearer key. Missing, malformed, unknown, revoked and expired keys get the same answer. */
export function authenticate(identity: PrismaClient, onError: (error: unknown) => void): RequestHandler {
  const known = new LRUCache<string, ApiKeyRecord>({ max: 10_000, ttl: rememberedMs });
  const noted = new LRUCache<string, true>({ max: 10_000, ttl: notedEveryMs });
  const noteUse = ({ merchantId, keyId }: ApiKeyRecord): void => {
    if (noted.has(keyId)) return;
    noted.set(keyId, true);
    asMerchant(merchantId, () => noteApiKeyUsed(identity, merchantId, keyId)).catch(onError);
  };
  return async (request, response, next) => {
    const secret = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (secret === undefined) throw unauthenticated();
    const hash = hashApiKey(secret);
    const name = hash.toString('base64');
    const key = known.get(name) ?? (await asEverybody(() => findLiveApiKey(identity, hash)));
    if (key === undefined) throw unauthenticated();
    known.set(name, key);
    noteUse(key);
    const caller: Caller = {
      merchantId: key.merchantId,
      actor: `api-key:${key.keyId}`,
      scopes: key.scopes,
      limitKey: key.keyId,
    };
    (response.locals as { caller?: Caller }).caller = caller;
    next();
  };
}

/** Whoever is asking. @throws Problem when nobody was found out */
export function callerOf(response: Response): Caller {
  const { caller } = response.locals as { caller?: Caller };
  if (caller === undefined) throw unauthenticated();
  return caller;
}

/** The caller, when it has the scope. @throws Problem that names the scope */
export function callerWith(scope: Scope, response: Response): Caller {
  const caller = callerOf(response);
  if (!caller.scopes.includes(scope)) throw new Problem('forbidden', `the key lacks the scope ${scope}`);
  return caller;
}

const unauthenticated = (): Problem => new Problem('unauthenticated', 'send Authorization: Bearer with a live API key');
