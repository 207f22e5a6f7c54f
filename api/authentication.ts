import type { RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { findLiveApiKey, noteApiKeyUsed, type ApiKeyRecord } from '../prisma/api-key';
import type { CallFactor } from '../prisma/call';
import type { PrismaClient } from '../prisma/database';
import { asEverybody, asMerchant } from '../prisma/tenant';
import { hashApiKey } from './api-key-secret';
import type { Buyer, OperatorTokens, SecondFactor } from './operator-token';
import { Problem } from './problem';
import type { OwnScope, Scope } from './scopes';

/** Who is asking, for which merchant, and what they may do. */
export interface Caller {
  readonly merchantId: string;
  /** As it is written into records: `api-key:{id}`, or `operator:{subject}`. */
  readonly actor: string;
  readonly scopes: readonly string[];
  /** The sellers that the person is; an API key is none. */
  readonly sellers: readonly string[];
  /** What rate limits are counted by. */
  readonly limitKey: string;
  /** A person's; an API key is none, and has none to show. */
  readonly secondFactor: SecondFactor | 'not_a_person';
  /** What it has shown, for the record. */
  readonly factor: CallFactor;
}

const bearer = /^Bearer ([A-Za-z0-9_-]{20,200})$/i;
/** Header, claims and signature of a JSON Web Token. */
const bearerToken = /^Bearer ([A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{2,8000}\.[A-Za-z0-9_-]{10,2000})$/i;
/** A revoked key works on for at most this long. */
const rememberedMs = 2_000;
const notedEveryMs = 60_000;

/**
 * Finds who is behind an API key, or behind an operator's token where operators sign in. What is missing, malformed, unknown,
 * revoked or expired gets the same answer.
 */
export function authenticate(
  identity: PrismaClient,
  operators: OperatorTokens | undefined,
  onError: (error: unknown) => void,
): RequestHandler {
  const known = new LRUCache<string, ApiKeyRecord>({ max: 10_000, ttl: rememberedMs });
  const noted = new LRUCache<string, true>({ max: 10_000, ttl: notedEveryMs });
  const noteUse = ({ merchantId, keyId }: ApiKeyRecord): void => {
    if (noted.has(keyId)) return;
    noted.set(keyId, true);
    asMerchant(merchantId, () => noteApiKeyUsed(identity, merchantId, keyId)).catch(onError);
  };
  return async (request, response, next) => {
    const locals = response.locals as { caller?: Caller };
    const authorization = request.headers.authorization ?? '';
    const token = operators === undefined ? undefined : bearerToken.exec(authorization)?.[1];
    if (operators !== undefined && token !== undefined) {
      const operator = await operators.read(token, request.get('paysaga-merchant'));
      const actor = `operator:${operator.subject}`;
      const { merchantId, scopes, sellers, secondFactor } = operator;
      locals.caller = {
        merchantId,
        actor,
        scopes,
        sellers,
        limitKey: actor,
        secondFactor,
        factor: secondFactor === 'none' ? 'sign_in' : 'second_factor',
      };
      next();
      return;
    }
    const secret = bearer.exec(authorization)?.[1];
    if (secret === undefined) throw unauthenticated();
    const hash = hashApiKey(secret);
    const name = hash.toString('base64');
    let key = known.get(name);
    if (key === undefined) {
      key = await asEverybody(() => findLiveApiKey(identity, hash));
      if (key === undefined) throw unauthenticated();
      // Only what was just read is remembered: one that is in use all the time would never be looked at again.
      known.set(name, key);
    }
    noteUse(key);
    locals.caller = {
      merchantId: key.merchantId,
      actor: `api-key:${key.keyId}`,
      scopes: key.scopes,
      sellers: [],
      limitKey: key.keyId,
      secondFactor: 'not_a_person',
      factor: 'api_key',
    };
    next();
  };
}

/** Finds whose address a person's token has confirmed; API keys are nobody's. */
export function authenticateBuyer(operators: OperatorTokens | undefined): RequestHandler {
  return async (request, response, next) => {
    const token = bearerToken.exec(request.headers.authorization ?? '')?.[1];
    if (operators === undefined || token === undefined)
      throw new Problem('unauthenticated', 'send Authorization: Bearer with the token of somebody who has signed in');
    (response.locals as { buyer?: Buyer }).buyer = await operators.readBuyer(token);
    next();
  };
}

/** Whose payments are asked for. @throws Problem when nobody was found out */
export function buyerOf(response: Response): Buyer {
  const { buyer } = response.locals as { buyer?: Buyer };
  if (buyer === undefined) throw unauthenticated();
  return buyer;
}

/** What rate limits are counted by. @throws Problem when nobody was found out */
export function limitKeyOf(response: Response): string {
  const { buyer } = response.locals as { buyer?: Buyer };
  return buyer === undefined ? callerOf(response).limitKey : `buyer:${buyer.subject}`;
}

/** Whoever is asking. @throws Problem when nobody was found out */
export function callerOf(response: Response): Caller {
  const { caller } = response.locals as { caller?: Caller };
  if (caller === undefined) throw unauthenticated();
  return caller;
}

/**
 * The caller, when it has the scope, or one of them; a person needs a recent second factor besides for whatever changes something.
 *
 * @throws Problem that names what is lacking
 */
export function callerWith(scope: Scope | readonly Scope[], response: Response): Caller {
  const caller = callerOf(response);
  const wanted = typeof scope === 'string' ? [scope] : scope;
  if (!wanted.some((one) => caller.scopes.includes(one)))
    throw new Problem('forbidden', `the key lacks the scope ${wanted.join(' or ')}`);
  if (wanted.some((one) => one.endsWith(':write'))) {
    if (caller.secondFactor === 'none')
      throw new Problem('second-factor-needed', 'sign in with a second factor for this');
    if (caller.secondFactor === 'too_old')
      throw new Problem('second-factor-needed', 'your second factor was shown too long ago for this: show it again');
  }
  return caller;
}

/**
 * The caller, when it has the scope, or is the seller that it asks about.
 *
 * @throws Problem that names what is lacking; the same for another seller, whether or not there is one
 */
export function callerAbout(
  sellerId: string,
  { scope, own }: { readonly scope: Scope; readonly own: OwnScope },
  response: Response,
): Caller {
  const { sellers } = callerOf(response);
  return callerWith(sellers.includes(sellerId) ? [scope, own] : scope, response);
}

const unauthenticated = (): Problem => new Problem('unauthenticated', 'send Authorization: Bearer with a live API key');
