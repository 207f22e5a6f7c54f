import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import type { PrismaClient } from '../prisma/database';
import { findApiKey, type ApiKeyOwner } from '../prisma/identity';
import { Problem } from './problem';

/** What a storefront's key may be allowed to do. */
export const merchantScopes = [
  'payments:read',
  'payments:write',
  'sellers:read',
  'sellers:write',
  'payouts:read',
  'payouts:write',
] as const;
/** What an operator's key may be allowed to do; never a storefront's (X4). */
export const opsScopes = ['ops:read', 'ops:write'] as const;
export type Scope = (typeof merchantScopes)[number] | (typeof opsScopes)[number];

const bearer = /^Bearer ([A-Za-z0-9_-]{20,200})$/i;
/** A revoked key works on for at most this long. */
const rememberedMs = 2_000;

/** The stored form of a key. A random key of 128 bits or more needs a fast hash only; slow ones are for passwords. */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Finds the merchant behind a bearer key. Missing, malformed, unknown and revoked keys get the same answer. */
export function authenticate(identity: PrismaClient): RequestHandler {
  const known = new LRUCache<string, ApiKeyOwner>({ max: 10_000, ttl: rememberedMs });
  return async (request, response, next) => {
    const key = bearer.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined) throw unauthenticated();
    const hash = hashApiKey(key);
    const name = hash.toString('base64');
    const owner = known.get(name) ?? (await findApiKey(identity, hash));
    if (owner === undefined) throw unauthenticated();
    known.set(name, owner);
    (response.locals as { owner?: ApiKeyOwner }).owner = owner;
    next();
  };
}

/** The caller, when its key has the scope. */
export function callerWith(scope: Scope, _request: Request, response: Response): ApiKeyOwner {
  const { owner } = response.locals as { owner?: ApiKeyOwner };
  if (owner === undefined) throw unauthenticated();
  if (!owner.scopes.includes(scope)) throw new Problem('forbidden', `the key lacks the scope ${scope}`);
  return owner;
}

const unauthenticated = (): Problem => new Problem('unauthenticated', 'send Authorization: Bearer with a live API key');
